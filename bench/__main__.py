"""Run the benchmarks, print one table and write build/bench.json: `python -m bench [--short] [JOB ...]`.

A job is a module of this folder with a function `rows()` (or `rows(short=...)`) that returns dicts of job, ours,
peer, peer_value, ratio, unit, target, target_met and note. Each job runs in a process of its own, so that one job's
settings, imports and threads do not weigh on the next. Numbers from two runs cannot be compared; ratios in one can.
"""

import argparse
import importlib
import inspect
import json
import os
import pkgutil
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
RESULT = ROOT / "build" / "bench.json"
COLUMNS = ("job", "ours", "peer", "peer_value", "ratio", "unit", "target", "target_met", "note")


class BadRow(ValueError):
    """A job returned a row without the agreed columns."""


def job_names() -> list[str]:
    """Return the modules of this folder that define `rows`, by their source, without importing them."""
    modules = (module.name for module in pkgutil.iter_modules([str(FOLDER)]))
    return sorted(name for name in modules if "\ndef rows(" in "\n" + (FOLDER / f"{name}.py").read_text())


def rows_of(job: str, *, short: bool) -> list[dict[str, Any]]:
    """Run one job in this process; raise BadRow if a row lacks a column or has one more."""
    rows = importlib.import_module(f"bench.{job}").rows
    takes_short = "short" in inspect.signature(rows).parameters
    result = rows(short=short) if takes_short else rows()
    for row in result:
        if set(row) != set(COLUMNS):
            raise BadRow(f"A row of bench/{job}.py has columns {sorted(row)}, but must have {sorted(COLUMNS)}.")
    return result


def rows_in_own_process(job: str, *, short: bool) -> list[dict[str, Any]] | None:
    """Run one job in a process of its own and return its rows, or None if it failed; its error is then on screen."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "rows.json"
        command = [sys.executable, "-m", "bench", "--into", str(answer), *(["--short"] if short else []), job]
        done = subprocess.run(command, cwd=ROOT)
        return json.loads(answer.read_text()) if done.returncode == 0 else None


def shown(value: Any) -> str:
    """Return a value as a person reads it: three figures that matter, no more."""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if value is None:
        return "-"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print the rows as one table, whatever the width of the terminal."""
    cores = os.cpu_count()
    table = Table(title=f"Glimmer on {cores} cores, Python {platform.python_version()}", show_lines=False)
    for column in COLUMNS:
        table.add_column(
            column.replace("_", " "), justify="right" if column in {"ours", "peer_value", "ratio"} else "left"
        )
    for row in rows:
        table.add_row(*(shown(row[column]) for column in COLUMNS))
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table)


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line; end with the list of jobs on an unknown one."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n")[0])
    parser.add_argument("jobs", nargs="*", metavar="JOB", help="some jobs only: " + ", ".join(job_names()))
    parser.add_argument("--short", action="store_true", help="a few seconds only: shows that it runs, not how fast")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    unknown = sorted(set(asked.jobs) - set(job_names()))
    if unknown:
        parser.error(f"there is no job {', '.join(unknown)}; there are: {', '.join(job_names())}")
    return asked


def main() -> int:
    """Run the jobs asked for; return 1 if one failed to run. A target that is missed is shown, and is no failure."""
    asked = arguments()
    if asked.into:
        asked.into.write_text(json.dumps(rows_of(asked.jobs[0], short=asked.short)))
        return 0
    rows: list[dict[str, Any]] = []
    failed = []
    for job in asked.jobs or job_names():
        print(f"Measuring {job} ...", file=sys.stderr, flush=True)
        measured = rows_in_own_process(job, short=asked.short)
        rows += measured or []
        if measured is None:
            failed.append(job)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n")
    print_table(rows)
    if failed:
        print(f"Could not be measured: {', '.join(failed)}. The errors are above.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
