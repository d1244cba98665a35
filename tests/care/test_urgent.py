"""The urgent pathway: its clock, hand-over and coming back, and what has to be there before it is closed."""

from datetime import UTC, datetime, timedelta

import pytest

from glimmer.care.urgent import Step, Urgency, Urgent, UrgentStep, may_step, urgent_verdict

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def call(*steps, urgency=Urgency.VERY_URGENT):
    """Return a call raised at noon; each step is (step, hours later, whom)."""
    made = tuple(UrgentStep(Step(name), NOON + timedelta(hours=later), whom) for name, later, whom in steps)
    return Urgent(urgency, NOON, made)


def may(urgent, step, whom="", plan=False):
    return may_step(urgent, Step(step), whom, has_safety_plan=plan).allowed


@pytest.mark.parametrize(("urgency", "hours"), [(Urgency.VERY_URGENT, 4), (Urgency.URGENT, 24)])
def test_patient_is_to_be_seen_within_the_hours_of_the_urgency(urgency, hours):
    assert call(urgency=urgency).due_at == NOON + timedelta(hours=hours)


@pytest.mark.parametrize(("seen_after", "late"), [(3.9, False), (4, False), (4.1, True)])
def test_call_is_late_when_the_patient_was_seen_after_its_time(seen_after, late):
    assert call(("seen", seen_after, "")).is_late(NOON + timedelta(days=3)) is late
    assert call(("handed", seen_after, "Crisis team")).is_late(NOON + timedelta(days=3)) is late


def test_call_that_nobody_answered_is_late_from_its_time_on_and_a_note_is_no_answer():
    waiting = call(("note", 1, ""))
    assert not waiting.is_late(waiting.due_at)
    assert waiting.is_late(waiting.due_at + timedelta(seconds=1))


def test_it_is_closed_only_once_seen_and_safe():
    assert not may(call(), "closed", plan=True)
    assert not may(call(("seen", 1, "")), "closed")
    assert may(call(("seen", 1, "")), "closed", plan=True)
    assert may(call(("handed", 1, "Crisis team, Ann")), "closed")


def test_patient_sent_back_is_with_the_clinic_again_and_needs_a_plan():
    back = call(("handed", 1, "Crisis team, Ann"), ("returned", 5, "Crisis team, Ann"))
    assert back.with_whom == ""
    assert not may(back, "returned", "Crisis team")
    assert not may(back, "closed", plan=True), "nobody of the clinic has seen the patient since they came back"
    seen = call(("handed", 1, "Crisis team, Ann"), ("returned", 5, "Crisis team, Ann"), ("seen", 6, ""))
    assert not may(seen, "closed")
    assert may(seen, "closed", plan=True)


def test_clock_runs_anew_for_a_patient_who_was_sent_back():
    back = call(("seen", 0.5, ""), ("handed", 1, "Crisis team, Ann"), ("returned", 5, "Crisis team, Ann"))
    assert back.due_at == NOON + timedelta(hours=9)
    assert back.answered_at is None
    assert not back.is_late(NOON + timedelta(hours=9))
    assert back.is_late(NOON + timedelta(hours=9, seconds=1))


@pytest.mark.parametrize(("seen_at", "late"), [(9, False), (9.1, True)])
def test_seeing_the_patient_who_was_sent_back_stops_the_second_clock(seen_at, late):
    back = call(("handed", 1, "Crisis team, Ann"), ("returned", 5, "Crisis team, Ann"), ("seen", seen_at, ""))
    assert back.is_late(NOON + timedelta(days=3)) is late


def test_first_clock_that_ran_out_stays_on_record_after_the_patient_was_sent_back():
    back = call(("handed", 4.1, "Crisis team, Ann"), ("returned", 5, "Crisis team, Ann"), ("seen", 5.5, ""))
    assert back.is_late(NOON + timedelta(hours=6))


def test_nobody_is_handed_to_nobody_and_a_closed_call_takes_nothing_more():
    assert not may(call(), "handed", " ")
    assert may(call(), "handed", "Crisis team, Ann")
    assert not may(call(("seen", 1, ""), ("closed", 2, "")), "note")


def test_open_call_stops_treatment_and_a_closed_one_does_not():
    assert not urgent_verdict([call(("seen", 1, ""))]).allowed
    assert urgent_verdict([call(("seen", 1, ""), ("closed", 2, ""))]).allowed
