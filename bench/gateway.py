"""How many messages a second the gateway reads, stores durably and acknowledges, beside a server that stores nothing.

Ours: `glimmer.gateway` into SQLite (WAL, synchronous FULL, group commit), every value converted and judged.
Peer: the MLLP server of PyPI `hl7`, which parses and acknowledges. Each server and the devices are processes of
their own; each connection has one message outstanding; runs alternate and the median of the repeats counts.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CONNECTIONS = (1, 4, 16)
TARGET_RATIO_AT_16 = 3.0


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return one row per number of connections; the target holds at sixteen."""
    seconds, repeats = (0.5, 1) if short else (2.5, 3)
    measured: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(repeats):
            for count in CONNECTIONS:
                # Who goes first changes, so that neither always meets the warmer machine.
                for who in ("ours", "peer") if turn % 2 == 0 else ("peer", "ours"):
                    path = Path(folder) / f"{who}-{turn}-{count}.sqlite3"
                    measured.setdefault((who, count), []).append(_rate(who, str(path), count, seconds))
    return [_row(measured, count) for count in CONNECTIONS]


def _row(measured: dict[tuple[str, int], list[float]], count: int) -> dict[str, Any]:
    ours, peer = (statistics.median(measured[who, count]) for who in ("ours", "peer"))
    aimed = count == CONNECTIONS[-1]
    return {
        "job": f"gateway: read, store, acknowledge; {count} connection{'s' if count > 1 else ''}",
        "ours": round(ours, 1),
        "peer": "PyPI hl7 server (stores nothing)",
        "peer_value": round(peer, 1),
        "ratio": round(ours / peer, 2),
        "unit": "messages/s",
        "target": f"at least {TARGET_RATIO_AT_16:g} times" if aimed else "",
        "target_met": ours / peer >= TARGET_RATIO_AT_16 if aimed else None,
        "note": f"median of {len(measured['ours', count])}; SQLite WAL, synchronous FULL, group commit",
    }


def _rate(who: str, path: str, count: int, seconds: float) -> float:
    """Return messages a second of one server, started for this alone."""
    part = [sys.executable, "-m", "bench.gateway_parts"]
    with subprocess.Popen([*part, who, path], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip()
            devices = subprocess.run(
                [*part, "devices", port, str(count), str(seconds)],
                capture_output=True,
                text=True,
                timeout=60 + 10 * seconds,
                check=True,
            )
            return float(devices.stdout)
        finally:
            server.kill()
