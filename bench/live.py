"""From the socket to the page: 50 bays speak once a second, 50 open session pages listen.

The real process (pages, gateway, watcher) on SQLite; the monitors and the pages are one other process. The time
runs from handing a message to the gateway's socket until the page's event stream has brought the values of that
very message, rendered; in between it was read, stored durably, acknowledged, folded and drawn.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BAYS = 50
TARGET_P99_MS = 50.0
ROOT = Path(__file__).resolve().parents[1]


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return two rows: the median and the 99th percentile."""

    seconds, bays = (2, 4) if short else (30, BAYS)
    with ward_clinic(bays) as clinic:
        measured = clinic.play(seconds)
    note = f"{measured['heard']} of {measured['sent']} messages in {seconds} s; {bays} bays, {bays} pages, SQLite"
    p50, p99 = measured["p50_ms"], measured["p99_ms"]
    met = p99 < TARGET_P99_MS and measured["heard"] == measured["sent"]
    return [
        _row("median", p50, "", None, f"{note}; server CPU {measured['server_cpu_percent']:.0f} % of a core"),
        _row("99th percentile", p99, f"below {TARGET_P99_MS:g} ms", met, note),
    ]


def _row(which: str, ours_ms: float, target: str, met: bool | None, note: str) -> dict[str, Any]:
    return {
        "job": f"live: reading to open page, {which}",
        "ours": round(ours_ms, 2),
        "peer": "",
        "peer_value": None,
        "ratio": None,
        "unit": "ms",
        "target": target,
        "target_met": met,
        "note": note,
    }


@dataclass(frozen=True)
class WardClinic:
    """A running clinic whose bays all have a live session; `play` lets their monitors speak and measures."""

    clinic: Any
    places: Path

    def play(self, seconds: float, *, pages: int | None = None, per_second: float = 1.0) -> dict[str, Any]:
        """Return what `bench.live_parts` measured; `pages` session pages are open (all, unless said)."""
        ports = (str(self.clinic.port), str(self.clinic.gateway_port))
        shown = str(pages if pages is not None else len(json.loads(self.places.read_text())))
        told = python(
            self.clinic.environment,
            *("-m", "bench.live_parts", *ports, str(self.places), str(seconds), shown, str(per_second)),
            timeout=seconds + 300,
        )
        measured: dict[str, Any] = json.loads(told)
        return measured

    def stored(self) -> dict[str, Any]:
        """Return what the database holds (see tests.support.ward_records)."""
        told: dict[str, Any] = json.loads(python(self.clinic.environment, "-m", "tests.support.ward_records", "count"))
        return told


@contextmanager
def ward_clinic(bays: int) -> Iterator[WardClinic]:
    """A clinic on SQLite in a folder of its own, with a running session in each of `bays` bays."""
    from tests.support.live_server import RunningClinic
    from tests.support.migrated import begin_with

    with tempfile.TemporaryDirectory() as folder:
        begin_with(Path(folder))
        clinic = RunningClinic(Path(folder))
        clinic.glimmer("migrate")
        places = Path(folder) / "places.json"
        places.write_text(python(clinic.environment, "-m", "tests.support.ward_records", "fill", str(bays), "bench"))
        clinic.start()
        try:
            yield WardClinic(clinic, places)
        finally:
            clinic.stop()


def python(environment: dict[str, str], *arguments: str, timeout: float = 600) -> str:
    """Run one of our modules on a clinic's database and return what it printed."""
    environment = {**environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=timeout
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed: {done.stderr[-2000:]}")
    return done.stdout
