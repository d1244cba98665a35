"""Two people dispense the last vial at the same moment, a thousand times on each engine: never negative, never both.

Each race is a page with one vial, two live sessions of two patients, and two threads with connections of their own that
take it for theirs. One stands in the register; the other person is told that somebody wrote there first. Afterwards the
whole register is read again: every page balances, is chained, and never fell below nothing.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.support.live_server import RunningClinic
from tests.support.migrated import begin_with
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[1]
RACES = 1_000
# So many in one process: what a process keeps of its sessions does not weigh on the next.
AT_A_TIME = 100
SHORT = 4
CLAIM = "the last vial goes once, and the book never falls below nothing"
TOLD = "ChangedMeanwhile"
AFTERWARDS = """
import json, django; django.setup()
from django.db.models import Min
from glimmer.records.controlled import broken_pages
from glimmer.records.models import RegisterEntry, RegisterPage
taken = RegisterEntry.objects.filter(kind="administration")
print(json.dumps({"pages": RegisterPage.objects.count(), "taken": taken.count(), "broken": len(broken_pages()),
    "lowest": RegisterEntry.objects.aggregate(least=Min("balance"))["least"],
    "sessions": taken.values("session").distinct().count()}))
"""


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return one row for each database engine; the short form is SQLite alone."""
    return [_row(engine, SHORT if short else RACES) for engine in (("SQLite",) if short else ("SQLite", "PostgreSQL"))]


def _row(engine: str, races: int) -> dict[str, Any]:
    server = PostgresServer().start() if engine == "PostgreSQL" else None
    try:
        with tempfile.TemporaryDirectory(prefix="glimmer-races-") as folder:
            clinic = RunningClinic(Path(folder), server.create_database("races") if server else "")
            if server is None:
                begin_with(Path(folder))
            clinic.glimmer("migrate")
            found = _raced(clinic, engine, races)
            book = json.loads(_run(clinic, "-c", AFTERWARDS))
    finally:
        if server is not None:
            server.stop()
    wrong = found["both"] + found["neither"] + found["other"] + found["not nothing"]
    book_holds = book["lowest"] >= 0 and book["broken"] == 0 and book["taken"] == book["sessions"] == book["pages"]
    return {
        "job": f"register_races: {races:,} races for the last vial, {engine}",
        "claim": CLAIM,
        "aim": "0 both, 0 neither, 0 below nothing",
        "measured": (
            f"{found['one']:,} one of two, {found['both']} both, {found['neither']} neither, {found['other']} fault; "
            f"{book['pages']:,} pages, {book['taken']:,} vials taken, lowest balance {book['lowest']}, "
            f"{book['broken']} pages broken"
        ),
        "met": wrong == 0 and found["one"] == races == book["pages"] and book_holds,
        "note": "two threads, one connection each; the register read again afterwards",
    }


def _raced(clinic: RunningClinic, engine: str, races: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for start in range(0, races, AT_A_TIME):
        rounds = min(AT_A_TIME, races - start)
        for one in json.loads(_run(clinic, "-m", "tests.support.races", "last_vial", str(rounds), str(2 * start + 1))):
            found[_outcome([answer[0] for answer in one["answers"]])] += 1
            found["not nothing"] += one["balances"] != [0]
        print(f"register_races: {engine}: {start + rounds:,} of {races:,}", file=sys.stderr, flush=True)
    return found


def _outcome(answers: list[str]) -> str:
    if sorted(answers) == sorted(["done", TOLD]):
        return "one"
    if answers.count("done") > 1:
        return "both"
    return "neither" if answers == [TOLD, TOLD] else "other"


def _run(clinic: RunningClinic, *arguments: str) -> str:
    environment = {**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"}
    done = subprocess.run([sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return done.stdout
