"""The process is killed while monitors speak: nothing acknowledged is lost, nothing is stored twice."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.live_server import ClinicBuilder, RunningClinic
from tests.support.monitor_line import MonitorLine, vitals
from tests.support.stubborn import StubbornMonitor

ROOT = Path(__file__).resolve().parents[2]
KILLS = 4
MESSAGES_BETWEEN_KILLS = (15, 60)
pytestmark = pytest.mark.database


def records(clinic: RunningClinic, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.ward_records", *arguments],
        env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_killed_again_and_again_it_loses_nothing_that_it_acknowledged(clinic_templates: ClinicBuilder) -> None:
    chance = random.Random(20261122)
    clinic = clinic_templates.build()
    places = records(clinic, "fill", "2")
    clinic.start()
    monitors = [StubbornMonitor(number, clinic.gateway_port, place) for number, place in enumerate(places)]
    for monitor in monitors:
        monitor.start()
    for _ in range(KILLS):
        for _ in range(chance.randint(*MESSAGES_BETWEEN_KILLS)):
            assert monitors[0].heard.acquire(timeout=30), clinic.log()[-2000:]
        clinic.kill()
        clinic.start()
    for monitor in monitors:
        assert monitor.heard.acquire(timeout=30)
        monitor.stopping.set()
    for monitor in monitors:
        monitor.join(30)
        assert not monitor.is_alive()
    clinic.kill()

    stored = records(clinic, "report")
    for monitor, place in zip(monitors, places, strict=True):
        acknowledged = monitor.line.acknowledged
        assert set(acknowledged.values()) == {"AA"}
        assert set(acknowledged) == set(monitor.sent)
        assert {stored["messages"].get(control_id) for control_id in acknowledged} == {1}, stored["reasons"]
        session = stored["sessions"][str(place["session"])]
        assert session["phase"] == session["folded_phase"] == "running"
        assert session["seqs"] == list(range(1, session["last_seq"] + 1))
        # In the order of sending, each message's pressure is in the log of its own patient.
        assert [row[0] for row in session["readings"]] == [str(value) for value in monitor.sent.values()]


def test_the_same_session_is_shown_after_a_kill(new_clinic: Callable[..., RunningClinic]) -> None:
    clinic = new_clinic()
    (place,) = records(clinic, "fill", "1")
    line = MonitorLine(clinic.gateway_port)
    line.connect()
    line.send(vitals("only-1", place["monitor"], place["local_number"], 131))
    assert line.answer() == "AA"
    before = records(clinic, "report")
    clinic.kill()
    clinic.start()
    line.connect()
    line.send(vitals("only-2", place["monitor"], place["local_number"], 132))
    assert line.answer() == "AA"
    line.close()
    after = records(clinic, "report")["sessions"][str(place["session"])]
    earlier = before["sessions"][str(place["session"])]
    assert after["readings"] == [*earlier["readings"], ["132", "76", "72", "98"]]
    assert after["phase"] == earlier["phase"] == "running"
