"""A thousand submissions a minute from patients' own pages: nothing lost, nothing twice, on each engine.

The real server. Each patient's browser takes the form, sends mood, words or the weekly questionnaire, and presses
twice now and then, from two threads at once. Afterwards the records are read: as many entries as forms that were
answered, each once, each danger with its task, and an unbroken audit trail.
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
PER_MINUTE = 1_000
PATIENTS, MINUTES = 120, 3
SHORT_PATIENTS, SHORT_SECONDS = 6, 3
CLAIM = "what patients send is stored once and never lost, and each danger has its task"


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return one row for each database engine; the short form is SQLite alone."""
    return [_row(engine, short) for engine in (("SQLite",) if short else ("SQLite", "PostgreSQL"))]


def _row(engine: str, short: bool) -> dict[str, Any]:
    patients, seconds = (SHORT_PATIENTS, SHORT_SECONDS) if short else (PATIENTS, MINUTES * 60)
    server = PostgresServer().start() if engine == "PostgreSQL" else None
    try:
        with tempfile.TemporaryDirectory(prefix="glimmer-own-") as folder:
            clinic = RunningClinic(Path(folder), server.create_database("own") if server else "")
            if server is None:
                begin_with(Path(folder))
            clinic.glimmer("migrate")
            secrets = Path(folder) / "devices.json"
            _part(clinic, "fill", str(patients), str(secrets))
            clinic.start()
            try:
                sent = _part(clinic, "send", clinic.url, str(secrets), str(seconds), str(PER_MINUTE))
            finally:
                clinic.stop()
            kept = _part(clinic, "count")
    finally:
        if server is not None:
            server.stop()
    lost, twice = sent["answered"] - kept["entries"], kept["entries"] - kept["distinct"]
    wrong = [lost != 0, twice != 0, sent["refused"] != 0, kept["broken_at"] is not None]
    wrong += [kept["dangers"] != kept["tasks"], kept["entries"] != kept["lines"]]
    return {
        "job": f"own: {sent['forms']:,} forms of {patients} patients, {engine}",
        "claim": CLAIM,
        "aim": f"{PER_MINUTE:,} a minute; 0 lost, 0 twice, 0 refused; a task for each danger",
        "measured": (
            f"{sent['per_minute']:,.0f} a minute, {lost} lost, {twice} twice, {sent['refused']} refused; "
            f"{sent['presses'] - sent['forms']:,} second presses; {kept['dangers']} dangers, {kept['tasks']} tasks; "
            f"median {sent['p50_ms']:.0f} ms, 99th percentile {sent['p99_ms']:.0f} ms"
        ),
        "met": not any(wrong) and (short or sent["per_minute"] >= 0.95 * PER_MINUTE),
        "note": "one real server; each form is fetched, sent and counted afterwards with the audit trail",
    }


def _part(clinic: RunningClinic, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "soak.own_parts", *arguments],
        env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
