"""Run every test on SQLite, then the tests that touch a database again on a real PostgreSQL.

Tests of what single pages say and look like are not run again: tests/conftest.py says which of tests/web are. Nor are
the few that say themselves that the engine is no matter to them (`one_engine`).

Both runs always happen, so that one answer shows everything; the exit code is non-zero if either failed.
Further arguments go to both runs of pytest. The last line printed is pytest's own.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COUNTS = ROOT / "build" / "tests-on-sqlite.json"
AGAIN = "database and not page and not one_engine"
NO_TESTS = 5


def run(arguments: list[str]) -> int:
    """Run pytest once and return its exit code."""
    # Two at a time; tests/conftest.py says which tests belong to one worker.
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # The tests start hundreds of processes; without stored bytecode each would compile Django and Glimmer anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(command, cwd=ROOT, env=environment).returncode


def main(extra: list[str]) -> int:
    """Run both and return 0 only if both passed; the second alone may have no test, when `extra` names some."""
    COUNTS.parent.mkdir(exist_ok=True)
    COUNTS.unlink(missing_ok=True)
    print("All tests, on SQLite.", flush=True)
    first = run(["--database=sqlite", f"--counts-to={COUNTS}", *extra])
    print("\nThe tests that touch a database, again on PostgreSQL.", flush=True)
    second = run(["--database=postgres", "-m", AGAIN, f"--counts-from={COUNTS}", *extra])
    if second == NO_TESTS and extra:
        second = 0
    return first or second


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
