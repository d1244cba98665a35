"""Runs a race of `tests.support.races` in a process of its own and checks that nobody met a fault."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.live_server import ClinicBuilder

ROOT = Path(__file__).resolve().parents[2]


def raced(clinic_templates: ClinicBuilder, name: str, rounds: int) -> list[dict[str, Any]]:
    """Return what each round told: `answers` as [what became of it, words] and what the records hold afterwards."""
    clinic = clinic_templates.build()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.races", name, str(rounds)],
        env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(told) == rounds
    assert not [answer for one in told for answer in one["answers"] if answer[0] == "FAULT"]
    return told
