"""Two nurses press at the same moment: exactly one is done, the other reads words, and the log holds it once."""

from typing import Any

import pytest

from tests.support.live_server import ClinicBuilder
from tests.support.raced import raced

ROUNDS = 8
pytestmark = pytest.mark.database


def test_monitor_that_is_retired_while_a_nurse_connects_it_is_never_both(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "retire_against_connect", ROUNDS):
        assert outcomes(one) == ["RuleRefused", "done"]
        was_connected = "device_connected" in one["kinds"]
        assert ("is connected to session" in words(one)) is was_connected
        assert bool(one["held"]) is was_connected


def test_two_administrators_who_retire_each_other_leave_one(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "retire_each_other", ROUNDS):
        assert "done" in outcomes(one)
        assert outcomes(one) != ["done", "done"]


def outcomes(one: dict[str, Any]) -> list[str]:
    return sorted(answer[0] for answer in one["answers"])


def words(one: dict[str, Any]) -> str:
    return next(answer[1] for answer in one["answers"] if answer[0] != "done")


def test_two_nurses_open_the_same_session_and_are_in_the_same_one(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_open", ROUNDS):
        assert outcomes(one) == ["done", "done"]
        assert one["answers"][0] == one["answers"][1]
        assert one["kinds"] == ["opened", "functions_switched"]


def test_two_nurses_start_the_pump_and_one_reads_who_did(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_start", ROUNDS):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]
        assert "started the infusion at" in words(one)
        assert one["kinds"].count("started") == 1
        assert one["phase"] == "running"


def test_two_nurses_record_one_device_and_the_patient_had_it_once(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_step", ROUNDS):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]
        assert "recorded device 2 at" in words(one)
        assert (one["kinds"].count("step_given"), one["phase"]) == (2, "running")


def test_two_nurses_take_charge_of_one_alarm_and_one_reads_who_did(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_acknowledge", ROUNDS):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]
        assert "took charge of this alarm" in words(one)
        assert one["kinds"].count("alarm_acknowledged") == 1


def test_a_stop_stands_whatever_came_first(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "pause_against_stop", ROUNDS):
        # A paused infusion can be stopped; a stopped one cannot be paused.
        assert one["phase"] == "recovering"
        assert one["kinds"].count("stopped") == 1
        if "paused" in one["kinds"]:
            assert one["kinds"].index("paused") < one["kinds"].index("stopped")
        else:
            assert outcomes(one) == ["RuleRefused", "done"]
            assert "Only a running infusion can be paused" in words(one)


def test_two_nurses_connect_one_monitor_and_one_reads_who_has_it(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_connect", ROUNDS):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]
        assert "connected" in words(one)
        assert len(one["held"]) == 1


def test_two_nurses_take_one_monitor_from_a_third_session_and_one_gets_it(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_take", ROUNDS):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]


def test_monitor_that_is_disconnected_while_it_is_taken_is_let_go_once_by_one_person(
    clinic_templates: ClinicBuilder,
) -> None:
    for one in raced(clinic_templates, "take_against_disconnect", ROUNDS):
        assert one["kinds"].count("device_disconnected") == 1
        assert one["answers"][1][0] == "done"
        assert len(one["held"]) == 1


def test_monitor_is_taken_while_its_messages_are_stored_and_nobody_waits_for_ever(
    clinic_templates: ClinicBuilder,
) -> None:
    for one in raced(clinic_templates, "connect_against_messages", ROUNDS):
        assert outcomes(one) == ["done", "done"]
        assert len(one["held"]) == 1


def test_two_people_confirm_at_once_and_it_is_charted_once(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_confirm", ROUNDS):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]
        assert "has decided about these messages" in words(one)
        assert one["kinds"].count("device_readings") == 1


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "attribute_against_discard", ROUNDS):
        assert outcomes(one) == ["ChangedMeanwhile", "done"]
        assert "Nothing of yours was saved" in words(one)


def test_one_press_that_arrives_twice_at_once_is_stored_once(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "same_press_twice", ROUNDS):
        assert outcomes(one) == ["done", "done"]
        assert sorted(answer[1] for answer in one["answers"]) == ["0", "1"]
        assert one["kinds"] == ["opened", "functions_switched", "note"]
