"""Check format, lint, types, imports and risky code; print what is wrong, and end with one line for each check.

With --advisories, as `make check` calls it, the package registry is asked about known weaknesses as well.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "imports": ["lint-imports"],
    # Medium and above: what is low here are asserts for the type checker and empty default words named "token".
    "security": ["bandit", "--quiet", "--severity-level=medium", "-c", "pyproject.toml", "-r", "src", "scripts"],
}
ADVICE = {"format": "make format puts it right", "lint": "make format mends part of it"}
ASK_FOR_ADVISORIES = ["pip-audit", "--skip-editable", "--progress-spinner=off", "--format=json", "--timeout=15"]


def main() -> int:
    """Run all checks, so that one answer shows everything; return the number that failed."""
    failed = []
    for name, command in CHECKS.items():
        done = subprocess.run([TOOLS / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr)
    for name in CHECKS:
        advice = f" ({ADVICE[name]})" if name in failed and name in ADVICE else ""
        print(f"{name:10} {'FAILED' + advice if name in failed else 'ok'}")
    if "--advisories" in sys.argv:
        is_clean, says = advisories()
        print(f"{'advisories':10} {says}")
        failed += [] if is_clean else ["advisories"]
    return len(failed)


def advisories() -> tuple[bool, str]:
    """Ask the package registry for known weaknesses of what is installed; return whether none is known, and in words.

    Without a network, or with a registry that does not tell, nothing fails: it is said that nobody was asked.
    """
    done = subprocess.run([TOOLS / ASK_FOR_ADVISORIES[0], *ASK_FOR_ADVISORIES[1:]], capture_output=True, text=True)
    return judged(done.stdout)


def judged(answer: str) -> tuple[bool, str]:
    """Return what pip-audit's JSON means: a weakness fails, no answer at all is said and does not."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        return True, "NOT ASKED: the registry could not be reached. Run this where it can, before a release."
    told = [one for one in packages if "skip_reason" not in one]
    weak = [f"{one['name']} {one['version']}: {flaw['id']}" for one in told for flaw in one["vulns"]]
    if weak:
        return False, f"FAILED: {'; '.join(weak)}. Raise the version in pyproject.toml and lock again."
    if not told:
        return True, f"NOT ASKED: the registry here tells nothing of {len(packages)} packages. Run this where it does."
    return True, "ok" if len(told) == len(packages) else f"ok, but of {len(packages) - len(told)} nothing is known"


if __name__ == "__main__":
    sys.exit(main())
