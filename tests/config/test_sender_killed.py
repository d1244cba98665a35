"""The process is killed between the commit and the end of sending: the message waits, goes out later, and says so."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.live_server import ClinicBuilder, RunningClinic

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.database


def run(clinic: RunningClinic, sender: str, *arguments: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_sender", *arguments],
        env={
            **clinic.environment,
            "DJANGO_SETTINGS_MODULE": "glimmer.config.settings",
            "GLIMMER_SENDER": f"tests.support.killed_sender.{sender}",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr[-2000:]


def test_message_of_a_killed_process_is_sent_by_the_next_one(clinic_templates: ClinicBuilder) -> None:
    clinic = clinic_templates.build()
    assert run(clinic, "Delivers", "post") == (0, {"states": ["waiting"], "tries": []})
    assert run(clinic, "Killed", "deliver", "0")[0] == 9
    # Somebody may still be at work on it; two minutes later nobody is.
    assert run(clinic, "Delivers", "deliver", "1") == (0, {"states": ["waiting"], "tries": [["killed", ""]]})
    assert run(clinic, "Delivers", "deliver", "3") == (
        0,
        {"states": ["sent"], "tries": [["killed", ""], ["delivers", "sent"]]},
    )
