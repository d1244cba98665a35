"""How many messages a second the gateway reads, stores durably and acknowledges, beside a server that stores nothing.

Ours: the gateway as the product runs it, into the clinic's own records (SQLite, WAL, synchronous FULL, group commit):
every value converted and judged, the patient identified, the message and the session's log written. Peer: the MLLP
server of PyPI `hl7`, which parses and acknowledges. A second row has our gateway write two plain tables, to show
what the records cost. Servers and devices are processes of their own; each connection has one message outstanding;
runs alternate, each on a fresh copy of the same database, and the median of the repeats counts.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.migrated import begin_with

CONNECTIONS = (1, 4, 16)
TARGET_RATIO_AT_16 = 3.0
SERVERS = ("clinic", "peer", "tables")
PYTHON = [sys.executable, "-m"]


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return one row per number of connections, whose target holds at sixteen, and one for plain tables."""
    seconds, repeats = (0.5, 1) if short else (2.5, 3)
    counts = CONNECTIONS[-1:] if short else CONNECTIONS
    measured: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill_clinic(folder / "clinic", folder / "patients.json")
        for turn in range(repeats):
            for count in counts:
                # Who goes first changes, so that nobody always meets the warmer machine.
                first = turn % len(SERVERS)
                for who in SERVERS[first:] + SERVERS[:first]:
                    if who != "tables" or count == CONNECTIONS[-1]:
                        measured.setdefault((who, count), []).append(_rate(who, folder, count, seconds))
    return [*(_row(measured, "clinic", count) for count in counts), _row(measured, "tables", CONNECTIONS[-1])]


def _row(measured: dict[tuple[str, int], list[float]], who: str, count: int) -> dict[str, Any]:
    ours, peer = (statistics.median(measured[server, count]) for server in (who, "peer"))
    aimed = who == "clinic" and count == CONNECTIONS[-1]
    return {
        "job": f"gateway: {count} connection{'s' if count > 1 else ''}" + ("" if who == "clinic" else ", plain tables"),
        "ours": round(ours, 1),
        "peer": "PyPI hl7 server (stores nothing)",
        "peer_value": round(peer, 1),
        "ratio": round(ours / peer, 2),
        "unit": "messages/s",
        "target": f"at least {TARGET_RATIO_AT_16:g} times" if aimed else "",
        "target_met": ours / peer >= TARGET_RATIO_AT_16 if aimed else None,
        "note": f"read, stored durably, acknowledged; median of {len(measured[who, count])}",
    }


def _fill_clinic(data_dir: Path, patients: Path) -> None:
    """Make a database with a running session for each connection; write down which monitor stands by whom."""
    begin_with(data_dir)
    environment = _environment(data_dir)
    subprocess.run([*PYTHON, "django", "migrate", "--verbosity", "0"], env=environment, check=True)
    count = str(CONNECTIONS[-1])
    told = subprocess.run(
        [*PYTHON, "tests.support.ward_records", "fill", count],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    patients.write_text(told.stdout)


def _environment(data_dir: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GLIMMER_")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "glimmer.config.settings",
        "GLIMMER_DATA_DIR": str(data_dir),
        "GLIMMER_SECOND_FACTOR": "none",
        "GLIMMER_SECRET_KEY": "only-for-the-benchmark",
    }


def _rate(who: str, folder: Path, count: int, seconds: float) -> float:
    """Return messages a second of one server, started for this alone."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        own = Path(name) / "clinic"
        shutil.copytree(folder / "clinic", own)
        command = [*PYTHON, "bench.gateway_parts", who, str(own / "tables.sqlite3")]
        with subprocess.Popen(command, env=_environment(own), stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                port = server.stdout.readline().strip()
                return _play(port, count, seconds, folder / "patients.json")
            finally:
                server.kill()


def _play(port: str, count: int, seconds: float, patients: Path) -> float:
    devices = subprocess.run(
        [*PYTHON, "bench.gateway_parts", "devices", port, str(count), str(seconds), str(patients)],
        stdout=subprocess.PIPE,
        text=True,
        timeout=60 + 10 * seconds,
        check=True,
    )
    return float(devices.stdout)
