"""A folder of jobs, each a module with a function `rows()` (or `rows(short=...)`): run them, show one table, keep it.

Each job runs in a process of its own, so that one job's settings, imports and threads do not weigh on the next.
"""

import argparse
import importlib
import inspect
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
Rows = list[dict[str, Any]]


class BadRow(ValueError):
    """A job returned a row without the agreed columns."""


@dataclass(frozen=True)
class JobFolder:
    """One folder of jobs. `columns` are what every row holds; `numbers` those that are shown to the right.

    `doing` is said while a job runs; the rows go to build/PACKAGE.json.
    """

    package: str
    columns: tuple[str, ...]
    numbers: frozenset[str]
    doing: str

    @property
    def folder(self) -> Path:
        """Where the modules are."""
        return ROOT / self.package

    @property
    def result(self) -> Path:
        """The file that the rows of the last run are written to."""
        return ROOT / "build" / f"{self.package}.json"

    def names(self) -> list[str]:
        """Return the modules of the folder that define `rows`, by their source, without importing them."""
        return sorted(path.stem for path in self.folder.glob("*.py") if "\ndef rows(" in "\n" + path.read_text())

    def rows_of(self, job: str, *, short: bool) -> Rows:
        """Run one job in this process; raise BadRow if a row lacks a column or has one more."""
        rows = importlib.import_module(f"{self.package}.{job}").rows
        result: Rows = rows(short=short) if "short" in inspect.signature(rows).parameters else rows()
        for row in result:
            if set(row) != set(self.columns):
                where = f"{self.package}/{job}.py"
                raise BadRow(f"A row of {where} has columns {sorted(row)}, but must have {sorted(self.columns)}.")
        return result

    def rows_in_own_process(self, job: str, *, short: bool) -> Rows | None:
        """Run one job in a process of its own and return its rows, or None if it failed; its error is on screen."""
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder) / "rows.json"
            brief = ["--short"] if short else []
            command = [sys.executable, "-m", self.package, "--into", str(answer), *brief, job]
            done = subprocess.run(command, cwd=ROOT)
            return json.loads(answer.read_text()) if done.returncode == 0 else None

    def print_table(self, rows: Rows) -> None:
        """Print the rows as one table, whatever the width of the terminal."""
        title = f"Glimmer on {os.cpu_count()} cores, Python {platform.python_version()}"
        table = Table(title=title, show_lines=False)
        for column in self.columns:
            table.add_column(column.replace("_", " "), justify="right" if column in self.numbers else "left")
        for row in rows:
            table.add_row(*(shown(row[column]) for column in self.columns))
        console = Console(width=None if sys.stdout.isatty() else 200)
        console.print(table)

    def main(self, description: str) -> int:
        """Run the jobs asked for; return 1 if one failed to run. An aim that is missed is shown, and is no failure."""
        asked = self._arguments(description)
        if asked.into:
            asked.into.write_text(json.dumps(self.rows_of(asked.jobs[0], short=asked.short)))
            return 0
        rows: Rows = []
        failed = []
        for job in asked.jobs or self.names():
            print(f"{self.doing} {job} ...", file=sys.stderr, flush=True)
            measured = self.rows_in_own_process(job, short=asked.short)
            rows += measured or []
            if measured is None:
                failed.append(job)
        self.result.parent.mkdir(exist_ok=True)
        self.result.write_text(json.dumps(rows, indent=1) + "\n")
        self.print_table(rows)
        if failed:
            print(f"Could not be run: {', '.join(failed)}. The errors are above.", file=sys.stderr)
        return 1 if failed else 0

    def _arguments(self, description: str) -> argparse.Namespace:
        names = self.names()
        parser = argparse.ArgumentParser(prog=f"python -m {self.package}", description=description)
        parser.add_argument("jobs", nargs="*", metavar="JOB", help="some jobs only: " + ", ".join(names))
        parser.add_argument("--short", action="store_true", help="a few seconds only: shows that it runs")
        parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
        asked = parser.parse_args()
        unknown = sorted(set(asked.jobs) - set(names))
        if unknown:
            parser.error(f"there is no job {', '.join(unknown)}; there are: {', '.join(names)}")
        return asked


def shown(value: Any) -> str:
    """Return a value as a person reads it: three figures that matter, no more."""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if value is None:
        return "-"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
