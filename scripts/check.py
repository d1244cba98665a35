"""Check format, lint, types and the import contract; print what is wrong and end with one line for each check."""

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
}
ADVICE = {"format": "make format puts it right", "lint": "make format mends part of it"}


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
        print(f"{name:8} {'FAILED' + advice if name in failed else 'ok'}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
