"""Planned rounds of observations: due, overdue, done, late."""

from glimmer.care.session.events import Discharged
from glimmer.monitoring.schedule import Due
from tests.support.story import CALM, Story, minute, running


def states(story: Story, at: float) -> dict[int, Due]:
    return {planned.minute: planned.state for planned in story.state(at).observations}


def overdue_alarms(story: Story, at: float) -> list[str]:
    return [alarm.rule for alarm in story.state(at).alarms if alarm.rule.startswith("observation_overdue")]


def test_rounds_before_the_start_are_due_once_the_session_is_open():
    assert states(Story().opens(), at=1)[-15] is Due.DUE
    assert states(Story().opens().nurse_observes(at=5, due=-15, **CALM), at=6)[-15] is Due.DONE


def test_minutes_count_from_the_start_of_the_infusion():
    planned = {one.minute: one.due_at for one in running().state(at=16).observations}
    assert planned[10] == minute(25)
    assert planned[100] == minute(115)


def test_round_becomes_due_then_overdue_after_three_minutes():
    story = running().nurse_observes(at=15, due=0, **CALM)
    assert states(story, at=24.9)[10] is Due.UPCOMING
    assert states(story, at=25)[10] is Due.DUE
    assert states(story, at=28)[10] is Due.DUE
    assert states(story, at=28.1)[10] is Due.OVERDUE
    assert overdue_alarms(story, at=28) == []
    assert overdue_alarms(story, at=28.1) == ["observation_overdue:10"]


def test_round_done_in_time_is_done_and_after_it_is_late():
    assert states(running().nurse_observes(at=28, due=10), at=30)[10] is Due.DONE
    assert states(running().nurse_observes(at=28.1, due=10), at=30)[10] is Due.LATE


def test_overdue_alarm_is_over_when_the_round_is_done_but_waits_to_be_acknowledged():
    story = running().nurse_observes(at=15, due=0).nurse_observes(at=30, due=10)
    alarm = next(one for one in story.state(at=31).alarms if one.rule == "observation_overdue:10")
    assert (alarm.is_holding, alarm.is_active) == (False, True)


def test_extra_round_answers_no_planned_minute():
    assert states(running().nurse_observes(at=26), at=30)[10] is Due.OVERDUE


def test_corrected_round_is_open_again():
    story = running().nurse_observes(at=25, due=10)
    assert states(story.corrects(story.seq, at=26), at=27)[10] is Due.DUE


def test_round_not_done_before_the_patient_left_is_missed_and_alarms_nobody():
    story = running().completes(at=55).tell(Discharged("Sister"), at=180)
    assert states(story, at=200)[100] is Due.MISSED
    assert overdue_alarms(story, at=200) == []


def test_next_observation_is_the_first_open_one():
    story = running().nurse_observes(at=5, due=-15).nurse_observes(at=15, due=0)
    assert story.state(at=16).next_observation.minute == 10
