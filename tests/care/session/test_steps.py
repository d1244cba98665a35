"""A dose given in steps: which were given, how much that is, when the last ends it, and when the next may be."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.session.checks import may_complete, may_give_step, may_pause, next_step
from glimmer.care.session.course import Phase
from glimmer.care.session.events import InfusionPrepared, StepGiven, from_body, to_body
from glimmer.care.session.log import fold
from glimmer.care.session.words import lines_of
from glimmer.guidance import protocol
from glimmer.monitoring.state import session_state
from tests.support.story import Story, minute

NASAL = protocol("intranasal-esketamine")
START = 20


def nasal(dose_mg: float = 84) -> Story:
    story = Story().opens(protocol=NASAL.id, dose_mg=dose_mg, infusion_minutes=NASAL.minutes_for(dose_mg))
    volume = round(dose_mg / 140, 3)
    prepared = InfusionPrepared("Esketamine", "E1", "2027-06-30", 140.0, dose_mg, volume, volume, 140.0, 0)
    return story.tell(prepared, at=10).second_checks(at=11).starts(at=START)


def given_steps(story: Story, *numbers: int, of: int = 3) -> Story:
    for number in numbers:
        story.tell(StepGiven(number, of, 0.2), at=START + 5 * (number - 1))
    return story


def test_a_nasal_dose_runs_from_the_first_device_to_the_last():
    assert fold(given_steps(nasal(), 1, 2).events).phase() is Phase.RUNNING
    log = fold(given_steps(nasal(), 1, 2, 3).events)
    assert log.phase() is Phase.RECOVERING
    assert log.course.ended_at == minute(START + 10)
    assert not log.course.was_stopped_early


def test_what_was_given_is_the_sum_of_the_steps():
    course = fold(given_steps(nasal(), 1, 2).stops(at=START + 8).events).course
    assert course.was_stopped_early
    assert course.expected_volume_ml(minute(START + 4)) == pytest.approx(0.2)
    assert course.expected_volume_ml(minute(START + 30)) == pytest.approx(0.4)


def test_one_device_alone_is_given_and_over_at_once():
    log = fold(given_steps(nasal(28), 1, of=1).events)
    assert (log.phase(), log.course.ended_at) == (Phase.RECOVERING, minute(START))


def test_a_step_marked_as_wrong_opens_the_dose_again():
    story = given_steps(nasal(), 1, 2, 3)
    log = fold(story.corrects(story.seq - 1, at=START + 12).events)
    assert log.phase() is Phase.RUNNING
    assert next_step(log, NASAL) == (2, 3)
    assert log.course.expected_volume_ml(minute(60)) == pytest.approx(0.4)


@given(st.permutations([1, 2, 3]), st.integers(0, 99))
def test_the_order_of_arrival_changes_nothing(numbers, seed):
    story = nasal()
    for number in numbers:
        story.tell(StepGiven(number, 3, 0.2), at=START + 5 * (number - 1))
    events = list(story.events)
    Random(seed).shuffle(events)
    assert fold(events).course == fold(story.events).course
    assert fold(events).phase() is Phase.RECOVERING


@pytest.mark.parametrize(("passed", "allowed"), [(0, False), (4.9, False), (5, True), (30, True)])
def test_the_next_device_waits_its_five_minutes(passed, allowed):
    log = fold(given_steps(nasal(), 1).events)
    verdict = may_give_step(log, NASAL, minute(START + passed))
    assert verdict.allowed is allowed
    assert allowed or "given 5 minutes after the last" in verdict.reasons[0]


def test_no_step_is_given_before_the_start_or_after_the_end():
    before = fold(nasal().events[:-1])
    after = fold(given_steps(nasal(), 1, 2, 3).events)
    assert not may_give_step(before, NASAL, minute(15)).allowed
    assert not may_give_step(after, NASAL, minute(60)).allowed
    assert next_step(after, NASAL) == (0, 3)


def test_what_no_pump_gives_is_neither_paused_nor_completed():
    log = fold(given_steps(nasal(), 1).events)
    assert "Only what a pump gives can be paused" in may_pause(log, minute(21)).reasons[0]
    assert "last device" in may_complete(log, minute(21)).reasons[0]


def test_the_log_and_the_next_need_speak_of_devices_and_never_of_a_pump():
    story = given_steps(nasal(), 1)
    state = session_state(story.events, minute(START + 1))
    assert "Give device 2 of 3, or give no more." in state.needs_next
    said = " ".join(line.says for line in lines_of(fold(story.events), NASAL))
    assert "Given: device 1 of 3, 0.2 mL" in said
    assert "pump" not in said.lower()
    assert "infusion" not in said.lower()


def test_no_rule_of_a_pump_is_judged_without_one():
    state = session_state(given_steps(nasal(), 1, 2, 3).events, minute(START + 60))
    assert not [alarm.rule for alarm in state.all_alarms if "pump" in alarm.rule]


def test_a_step_is_stored_and_read_back():
    step = StepGiven(2, 3, 0.2)
    assert from_body("step_given", to_body(step)) == step
