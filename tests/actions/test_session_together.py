"""Two nurses press at the same moment: exactly one is done, the other reads words, and the log holds it once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.live_server import ClinicBuilder

ROUNDS = 8
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.database


def raced(clinic_templates: ClinicBuilder, name: str) -> list[dict[str, Any]]:
    clinic = clinic_templates.build()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.races", name, str(ROUNDS)],
        env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(told) == ROUNDS
    assert not [answer for one in told for answer in one["answers"] if answer[0] == "FAULT"]
    return told


def outcomes(one: dict[str, Any]) -> list[str]:
    return sorted(answer[0] for answer in one["answers"])


def words(one: dict[str, Any]) -> str:
    return next(answer[1] for answer in one["answers"] if answer[0] != "done")


def test_two_nurses_open_the_same_session_and_are_in_the_same_one(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_open"):
        assert outcomes(one) == ["done", "done"]
        assert one["answers"][0] == one["answers"][1]
        assert one["kinds"] == ["opened"]


def test_two_nurses_start_the_pump_and_one_reads_who_did(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_start"):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]
        assert "started the infusion at" in words(one)
        assert one["kinds"].count("started") == 1
        assert one["phase"] == "running"


def test_two_nurses_take_charge_of_one_alarm_and_one_reads_who_did(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_acknowledge"):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]
        assert "took charge of this alarm" in words(one)
        assert one["kinds"].count("alarm_acknowledged") == 1


def test_a_stop_stands_whatever_came_first(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "pause_against_stop"):
        # A paused infusion can be stopped; a stopped one cannot be paused.
        assert one["phase"] == "recovering"
        assert one["kinds"].count("stopped") == 1
        if "paused" in one["kinds"]:
            assert one["kinds"].index("paused") < one["kinds"].index("stopped")
        else:
            assert outcomes(one) == ["RuleRefused", "done"]
            assert "Only a running infusion can be paused" in words(one)


def test_one_press_that_arrives_twice_at_once_is_stored_once(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "same_press_twice"):
        assert outcomes(one) == ["done", "done"]
        assert sorted(answer[1] for answer in one["answers"]) == ["0", "1"]
        assert one["kinds"] == ["opened", "note"]
