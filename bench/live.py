"""From the socket to the page: 50 bays speak once a second, 50 open session pages listen.

The real process (pages, gateway, watcher) on SQLite; the monitors and the pages are one other process. The time
runs from handing a message to the gateway's socket until the page's event stream has brought the values of that
very message, rendered; in between it was read, stored durably, acknowledged, folded and drawn.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

BAYS = 50
TARGET_P99_MS = 50.0
ROOT = Path(__file__).resolve().parents[1]


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return two rows: the median and the 99th percentile."""
    from tests.support.live_server import RunningClinic

    seconds = 5 if short else 30
    with tempfile.TemporaryDirectory() as folder:
        clinic = RunningClinic(Path(folder))
        clinic.glimmer("migrate")
        fill = _python(clinic.environment, "-m", "tests.support.ward_records", "fill", str(BAYS), "bench")
        places = Path(folder) / "places.json"
        places.write_text(fill)
        clinic.start()
        try:
            ports = (str(clinic.port), str(clinic.gateway_port))
            told = _python(clinic.environment, "-m", "bench.live_parts", *ports, str(places), str(seconds))
        finally:
            clinic.stop()
    measured = json.loads(told)
    note = f"{measured['heard']} of {measured['sent']} messages in {seconds} s; {BAYS} bays, {BAYS} pages, SQLite"
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


def _python(environment: dict[str, str], *arguments: str) -> str:
    environment = {**environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed: {done.stderr[-2000:]}")
    return done.stdout
