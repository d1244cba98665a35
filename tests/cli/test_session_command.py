"""`glimmer session` as an operator and an inquiry use it: on the clinic's machine and on one without a clinic."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.live_server import GLIMMER, ClinicBuilder, ClinicFailed, RunningClinic

pytestmark = pytest.mark.database
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def clinic(clinic_templates: ClinicBuilder) -> tuple[RunningClinic, dict[str, Any]]:
    """A clinic whose process is not even running, with one session in its database."""
    found = clinic_templates.build()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.ward_records", "fill", "1", "a long test password"],
        env={**found.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return found, json.loads(done.stdout)[0]


def elsewhere(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a machine that has Glimmer but no clinic."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GLIMMER_", "DJANGO_"))}
    return subprocess.run([*GLIMMER, *arguments], cwd=tmp_path, env=kept, capture_output=True, text=True)


def test_session_is_exported_verified_and_replayed(
    clinic: tuple[RunningClinic, dict[str, Any]], tmp_path: Path
) -> None:
    running, place = clinic
    file = tmp_path / "kept.glimmer.zip"
    number = str(place["session"])
    told = running.glimmer("session", "export", number, "--as", place["psychiatrist"], "-o", str(file))
    assert "keep it and send it as such" in told

    here = json.loads(running.glimmer("session", "verify", str(file), "--json"))
    assert (here["holds"], here["asked_clinic"]) == (True, True)
    assert here["digest"] in told
    says = " ".join(finding["says"] for finding in here["findings"])
    assert "Exported here on" in says
    assert "The clinic's own log holds the same" in says

    away = elsewhere(tmp_path, "session", "verify", str(file))
    assert away.returncode == 0, away.stderr
    assert "No clinic was asked" in away.stdout
    assert [path.name for path in tmp_path.iterdir()] == [file.name], "looking at a file leaves nothing behind"

    started = here_time(file)
    replayed = elsewhere(tmp_path, "session", "replay", str(file), "--at", started)
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout.startswith(f"REPLAY of session {number}, not live.")
    assert "Infusion running" in replayed.stdout
    wrong = elsewhere(tmp_path, "session", "replay", str(file), "--at", "25:00:00")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "is no time" in wrong.stderr

    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    spoilt = elsewhere(tmp_path, "session", "verify", str(file))
    assert spoilt.returncode == 1
    assert "✗ NOT" in spoilt.stdout
    assert elsewhere(tmp_path, "session", "replay", str(file), "--at", started).returncode == 1


def here_time(file: Path) -> str:
    """Return when the infusion was started, as the file has it."""
    from glimmer.monitoring.recording.examine import examine

    recording = examine(file.read_bytes()).recording
    assert recording is not None
    started = next(event for event in recording.events if event.what.kind == "started")
    return started.received_at.isoformat()


def test_nurse_cannot_export_by_the_command_either(
    clinic: tuple[RunningClinic, dict[str, Any]], tmp_path: Path
) -> None:
    running, place = clinic
    with pytest.raises(ClinicFailed, match="Your role"):
        running.glimmer(
            "session", "export", str(place["session"]), "--as", place["nurse"], "-o", str(tmp_path / "never.zip")
        )
    assert list(tmp_path.iterdir()) == []
