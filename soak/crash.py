"""Killed at random instants under load: what was acknowledged is stored, exactly once, in the right session.

Four monitors speak without a pause and a nurse presses, through `kill -9` of the one process, of the gateway alone, of
the pages alone, of PostgreSQL, and of PostgreSQL and the gateway together. Whatever got no answer is sent again, as
devices and people do. In the end every acknowledged message and every confirmed press stands in the database once.
"""

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from soak.crash_parts import Apart, Arrangement, Together, told_by
from tests.support.postgres import PostgresServer

SEED = 20261126
SAYS_EVERY = 5
CLAIM = "acknowledged = stored, exactly once, in its own session; confirmed presses too"
FULL: dict[str, dict[str, int]] = {
    "SQLite": {"one process": 60, "gateway": 25, "pages": 15},
    "PostgreSQL": {"one process": 30, "gateway": 20, "pages": 10, "database": 25, "database and gateway": 15},
}
# The tests kill the one process on both engines (tests/config/test_crash.py); here in short what they do not.
SHORT: dict[str, dict[str, int]] = {"PostgreSQL": {"gateway": 1, "database": 1}}


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return one row for each database engine."""
    return [_row(engine, kills) for engine, kills in (SHORT if short else FULL).items()]


def _row(engine: str, kills: dict[str, int]) -> dict[str, Any]:
    found: Counter[str] = Counter()
    server = PostgresServer(durable=True).start() if engine == "PostgreSQL" else None
    try:
        with tempfile.TemporaryDirectory(prefix="glimmer-crash-") as folder:
            for arrangement in (Together, Apart):
                mine = {victim: count for victim, count in kills.items() if victim in arrangement.victims}
                if mine:
                    found += _killed(arrangement(Path(folder) / arrangement.__name__, server), mine)
    finally:
        if server is not None:
            server.stop()
    wrong = found["lost"] + found["twice"] + found["in the wrong session"] + found["gaps"]
    count = sum(kills.values())
    return {
        "job": f"crash: kill -9 at {count} random instants, {engine}",
        "claim": CLAIM,
        "aim": "0 lost, 0 twice",
        "measured": (
            f"{found['acknowledged']:,} messages acknowledged, {found['confirmed']:,} presses confirmed: "
            f"{found['lost']} lost, {found['twice']} twice, {found['in the wrong session']} in the wrong session, "
            f"{found['gaps']} logs with gaps"
        ),
        "met": wrong == 0 and found["acknowledged"] > count,
        "note": ", ".join(f"{number} of the {victim}" for victim, number in kills.items()) + f"; seed {SEED}",
    }


def _killed(arrangement: Arrangement, kills: dict[str, int]) -> Counter[str]:
    chance = random.Random(SEED)
    victims = [victim for victim, count in kills.items() for _ in range(count)]
    chance.shuffle(victims)
    with arrangement as clinic:
        for number, victim in enumerate(victims, 1):
            clinic.let_them_speak(chance.uniform(0.02, 1.0))
            clinic.kill(victim, outage_seconds=chance.uniform(0, 1.5))
            clinic.wait_until_all_are_heard()
            if number % SAYS_EVERY == 0:
                print(f"crash: {type(clinic).__name__}: {number} of {len(victims)} kills", file=sys.stderr, flush=True)
        clinic.let_them_finish()
        return told_by(clinic)
