"""The fold of a session's log."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.session.course import Phase
from glimmer.care.session.events import InfusionStarted, LeavingChecked, SessionCancelled, SessionEvent
from glimmer.care.session.log import SessionLog, fold
from glimmer.vocabulary.parameters import Parameter
from tests.support.story import CALM, OPENED_AT, Story, minute, running


def test_session_goes_through_its_phases_as_events_happen():
    story = Story().opens()
    assert fold(story.events).phase() is Phase.CHECKS
    story.prepares(at=5)
    assert fold(story.events).phase() is Phase.CHECKS
    story.second_checks(at=6)
    assert fold(story.events).phase() is Phase.READY
    story.starts(at=15)
    assert fold(story.events).phase() is Phase.RUNNING
    story.pauses(at=20)
    assert fold(story.events).phase() is Phase.PAUSED
    story.resumes(at=25)
    assert fold(story.events).phase() is Phase.RUNNING
    story.completes(at=60)
    assert fold(story.events).phase() is Phase.RECOVERING


def test_cancelled_session_is_over():
    log = fold(Story().opens().tell(SessionCancelled("No escort"), at=5).events)
    assert log.phase() is Phase.CANCELLED
    assert log.course.over_at == minute(5)


def test_second_check_by_the_preparer_does_not_count():
    log = fold(Story().opens().prepares(by_id=1).second_checks(by_id=1).events)
    assert log.course.second_check is None


def test_new_preparation_needs_a_new_second_check():
    log = fold(Story().opens().prepares(at=5).second_checks(at=6).prepares(at=8).events)
    assert log.course.second_check is None
    assert log.phase() is Phase.CHECKS


def test_pause_of_five_minutes_moves_the_planned_end_by_five_minutes():
    log = fold(running().pauses(at=20).resumes(at=25).events)
    assert log.course.planned_end(minute(30)) == minute(15 + 40 + 5)
    assert log.course.infusion_minutes(minute(30)) == 10
    assert log.course.minutes_left(minute(30)) == 30


def test_pause_that_still_lasts_stops_the_clock():
    log = fold(running().pauses(at=20).events)
    assert log.course.infusion_minutes(minute(50)) == 5
    assert log.course.planned_end(minute(50)) == minute(50 + 35)


def test_stop_during_a_pause_counts_only_the_minutes_that_ran():
    log = fold(running().pauses(at=20).stops(at=30).events)
    assert log.course.infusion_minutes(minute(90)) == 5
    assert log.course.was_stopped_early
    assert log.course.minutes_since_end(minute(90)) == 60


def test_expected_volume_follows_rate_and_running_time():
    log = fold(running().events)
    # 75 mL/h for 10 minutes is 12.5 mL; the syringe holds 50 mL, so no more than that is ever expected.
    assert log.course.expected_volume_ml(minute(25)) == pytest.approx(12.5)
    assert log.course.expected_volume_ml(minute(300)) == 50


def test_second_start_changes_nothing():
    log = fold(running().starts(at=18).events)
    assert log.course.started_at == minute(15)


def test_completion_without_a_start_does_not_count():
    log = fold(Story().opens().completes(at=5).events)
    assert log.course.ended is None
    assert log.phase() is Phase.CHECKS


def test_corrected_start_brings_the_session_back_and_stays_visible():
    story = Story().opens().prepares(at=5).second_checks(at=6).starts(at=15)
    log = fold(story.corrects(story.seq, at=16).events)
    assert log.phase() is Phase.READY
    assert isinstance(log.events[4].what, InfusionStarted)
    assert log.corrected[4].seq == 5
    assert [event.seq for event in log.history()] == [1, 2, 3, 4, 5]


def test_corrected_readings_no_longer_count():
    story = Story().opens().monitor(at=5, systolic=120).monitor(at=6, systolic=210)
    log = fold(story.corrects(story.seq, at=7).events)
    assert log.latest(Parameter.SYSTOLIC).reading.value == 120


def test_correction_that_arrives_before_what_it_corrects_holds():
    story = Story().opens().monitor(at=5, systolic=120).monitor(at=6, systolic=210).corrects(3, at=7)
    log = fold(reversed(story.events))
    assert log.latest(Parameter.SYSTOLIC).reading.value == 120


def test_latest_answer_wins_by_when_it_was_given_not_by_when_it_arrived():
    story = Story().opens().answers("food", "yes", at=9).answers("food", "no", at=4)
    assert fold(story.events).check("food").answer.what.answer == "yes"


def test_new_answer_takes_away_the_override_that_stood_on_the_old_one():
    story = Story().opens().answers("food", "no", at=1).overrides("food", at=2)
    assert fold(story.events).check("food").override is not None
    story.answers("food", "no", at=3)
    assert fold(story.events).check("food").override is None


def test_leaving_answers_are_kept_by_criterion():
    story = running().tell(LeavingChecked("walks", "no"), at=70).tell(LeavingChecked("walks", "yes"), at=80)
    assert fold(story.events).criterion("walks").answer.what.answer == "yes"
    assert fold(story.events).criterion("cannula_out").answer is None


def test_cuff_value_sent_again_with_its_old_time_is_one_reading():
    story = Story().opens()
    for at in range(1, 6):
        story.monitor(at=at, measured=1, systolic=131)
    assert len(fold(story.events).series[Parameter.SYSTOLIC]) == 1


def test_two_values_that_claim_the_same_moment_are_both_kept():
    story = Story().opens().monitor(at=1, systolic=131).monitor(at=2, measured=1, systolic=210)
    assert [sample.reading.value for sample in fold(story.events).series[Parameter.SYSTOLIC]] == [131, 210]


def test_late_reading_lands_where_it_was_measured():
    story = Story().opens().monitor(at=1, pulse=70).monitor(at=3, pulse=90).monitor(at=4, measured=2, pulse=80)
    assert [sample.reading.value for sample in fold(story.events).series[Parameter.PULSE]] == [70, 80, 90]
    assert fold(story.events).latest(Parameter.PULSE, minute(2.5)).reading.value == 80


def test_event_that_arrives_twice_counts_once():
    log = SessionLog()
    event = Story().opens().monitor(at=1, pulse=70).events[1]
    assert len(log.add(event)) == 1
    assert log.add(event) == []


def test_first_round_that_answers_a_minute_is_the_one_that_counts():
    story = running().nurse_observes(at=25, due=10).nurse_observes(at=29, due=10)
    assert fold(story.events).observations_by_minute()[10].happened_at == minute(25)


def _whole_story() -> list[SessionEvent]:
    story = Story().opens().answers("food", "no").overrides("food").monitor(at=3, **CALM)
    story.prepares(at=4).second_checks(at=5).starts(at=6).pauses(at=8).resumes(at=9).monitor(at=10, systolic=170)
    story.monitor(at=11, measured=10, systolic=170).corrects(10, at=12).nurse_observes(at=16, due=10, spo2=97)
    return story.completes(at=50).events


@given(st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_log(random: Random):
    events = _whole_story()
    expected = _telling(fold(events))
    random.shuffle(events)
    assert _telling(fold(events)) == expected


def _telling(log: SessionLog) -> tuple:
    now = OPENED_AT + timedelta(minutes=60)
    readings = {parameter: list(series) for parameter, series in log.series.items() if len(series)}
    return (log.course, log.course.infusion_minutes(now), readings, log.corrected, log.check("food"), log.observations)


def test_opening_cannot_be_corrected_away():
    log = fold(Story().opens().corrects(1, at=2).events)
    assert log.opened.protocol_id == "iv-racemic-standard"


def told(log: SessionLog) -> tuple:
    """Everything that a reader can see of a log."""
    samples = {parameter: list(series) for parameter, series in log.series.items()}
    kinds = {type(event.what) for event in log.events.values()}
    counted = {kind: list(log.of(kind)) for kind in kinds}
    return log.history(), dict(log.corrected), samples, counted, log.course, log.clocks.slow


@given(st.randoms(use_true_random=False), st.integers(min_value=1, max_value=29))
def test_snapshot_stays_as_it_was_while_the_log_grows(random: Random, at: int):
    story = running().monitor(at=16, systolic=131, pulse=70).pauses(at=18).resumes(at=19)
    story.monitor(at=20, measured=16, systolic=131).corrects(4, at=21).monitor(at=22, systolic=171, spo2=93)
    events = list(story.events)
    random.shuffle(events)
    log = fold(events[:at])
    snapshot = log.snapshot()
    before = told(log)
    assert told(snapshot) == before
    for event in events[at:]:
        log.add(event)
    assert told(snapshot) == before
    assert told(log) == told(fold(story.events))


def test_snapshot_is_only_read():
    story = running()
    with pytest.raises(TypeError, match="only read"):
        fold(story.events).snapshot().add(story.monitor(at=16, pulse=70).events[-1])
