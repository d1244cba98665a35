"""Ten thousand attempts to book, move and cancel at once on each engine: nothing is ever taken twice, nobody is stuck.

Eight threads on PostgreSQL and four on SQLite, each with a connection of its own, fight for four bays and twenty-four
patients in one week. One attempt in five is a wrong program that asks nobody. Afterwards plain SQL looks for overlaps.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.live_server import RunningClinic
from tests.support.migrated import begin_with
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[1]
ATTEMPTS, SHORT = 10_000, 160
THREADS = {"SQLite": 4, "PostgreSQL": 8}
SEED = 20261127
CLAIM = "no bay and no patient is ever taken twice, whoever writes, and everybody can still be booked"


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return one row for each database engine; the short form is SQLite alone."""
    return [_row(engine, SHORT if short else ATTEMPTS) for engine in (("SQLite",) if short else tuple(THREADS))]


def _row(engine: str, attempts: int) -> dict[str, Any]:
    server = PostgresServer().start() if engine == "PostgreSQL" else None
    try:
        with tempfile.TemporaryDirectory(prefix="glimmer-calendar-") as folder:
            clinic = RunningClinic(Path(folder), server.create_database("calendar") if server else "")
            if server is None:
                begin_with(Path(folder))
            clinic.glimmer("migrate")
            told = _run(clinic, attempts, THREADS[engine])
    finally:
        if server is not None:
            server.stop()
    became, found = told["became"], told["audit"]
    wrong = found["overlaps of a bay"] + found["overlaps of a patient"] + found["claims astray"]
    wrong += became.get("fault", 0) + became.get("refused without words", 0) + told["stuck"]
    counted = ", ".join(f"{number:,} {what}" for what, number in sorted(became.items()))
    seen = ", ".join(f"{number:,} {what}" for what, number in found.items())
    return {
        "job": f"calendar: {attempts:,} attempts at once, {engine}",
        "claim": CLAIM,
        "aim": "0 overlaps, 0 faults, 0 stuck",
        "measured": f"{counted}; afterwards {seen}, {told['stuck']} patients stuck",
        "met": wrong == 0 and sum(became.values()) == attempts and found["dates standing"] > 0,
        "note": "; ".join([f"{THREADS[engine]} threads, one connection each", *told["faults"]]),
    }


def _run(clinic: RunningClinic, attempts: int, threads: int) -> dict[str, Any]:
    environment = {**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"}
    command = [sys.executable, "-m", "tests.support.calendar_hands", str(attempts), str(threads), str(SEED)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    told: dict[str, Any] = json.loads(done.stdout)
    return told
