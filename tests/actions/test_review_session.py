"""What a reviewer tried at the bedside: yesterday's checks, a patient sent home under an alarm, rounds not taken."""

from datetime import timedelta

import pytest

from glimmer.actions.session import (
    Observation,
    acknowledge_alarm,
    discharge_patient,
    override_leaving,
    record_leaving,
    record_observation,
    start_infusion,
)
from glimmer.guidance import protocol
from glimmer.monitoring.state import session_state
from glimmer.records.logbook import events_of
from glimmer.records.models import SelectionAnswer, SelectionDecision
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import BadInput, RuleRefused
from tests.support.bedside import NOON, PROTOCOL, Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATE = NOON + 110 * MINUTE


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


def everything_answered(ward: Ward, session, at) -> None:
    asked = [one for one in protocol(PROTOCOL).leaving if not one.measured]
    record_leaving(session, {one.id: ("yes", "") for one in asked}, by=ward.nurse, at=at)


# Yesterday's answers


def test_session_left_open_overnight_cannot_start_on_yesterdays_answers(ward: Ward) -> None:
    session = ward.open()
    ward.answer_checks(session)
    tomorrow = NOON + timedelta(days=1)
    ward.observe(session, tomorrow)
    ward.prepare(session, tomorrow)
    with pytest.raises(RuleRefused, match="another day"):
        start_infusion(session, by=ward.nurse, at=tomorrow + MINUTE)


# Going home under an alarm


def in_danger(ward: Ward):
    """A recovering patient whose criteria are answered, and then a pressure that alarms at once (above 200)."""
    session = ward.recovering()
    everything_answered(ward, session, LATE)
    ward.observe(session, LATE, values={Parameter.SYSTOLIC: 150, Parameter.DIASTOLIC: 88})
    override_leaving(session, "vitals", "Her usual pressure.", by=ward.psychiatrist, at=LATE)
    ward.observe(session, LATE + MINUTE, values={Parameter.SYSTOLIC: 215, Parameter.DIASTOLIC: 118})
    return session


def test_override_of_a_raised_pressure_lets_nobody_leave_with_an_extreme_one(ward: Ward) -> None:
    session = in_danger(ward)
    with pytest.raises(RuleRefused) as refused:
        discharge_patient(session, "Her sister", by=ward.nurse, at=LATE + 2 * MINUTE)
    assert any("Extremely high blood pressure" in reason for reason in refused.value.reasons)


def test_urgent_alarm_that_nobody_took_in_charge_keeps_the_patient_though_its_cause_is_over(ward: Ward) -> None:
    session = in_danger(ward)
    ward.observe(session, LATE + 3 * MINUTE)
    with pytest.raises(RuleRefused, match="cannot leave yet"):
        discharge_patient(session, "Her sister", by=ward.nurse, at=LATE + 4 * MINUTE)
    seen = session_state(events_of(session.pk), LATE + 4 * MINUTE)
    for alarm in [alarm for alarm in seen.alarms if alarm.priority == "high"]:
        acknowledge_alarm(session, alarm.key, "Doctor saw her.", by=ward.nurse, at=LATE + 4 * MINUTE)
    discharge_patient(session, "Her sister", by=ward.nurse, at=LATE + 5 * MINUTE)
    assert session.phase == "left"


# Rounds that were not taken


def test_round_in_which_nothing_was_measured_does_not_count_as_taken(ward: Ward) -> None:
    session = ward.running()
    with pytest.raises(BadInput) as refused:
        record_observation(
            session, Observation(due_minute=10, note="In the toilet"), by=ward.nurse, at=NOON + 10 * MINUTE
        )
    assert refused.value.field == "due_minute"
    record_observation(session, Observation(note="In the toilet"), by=ward.nurse, at=NOON + 10 * MINUTE)


@pytest.mark.parametrize(("at", "due"), [(1, 10), (4, 40), (24, 30)])
def test_round_of_a_later_minute_cannot_be_ticked_off_early(ward: Ward, at: int, due: int) -> None:
    session = ward.running()
    with pytest.raises(BadInput) as refused:
        ward.observe(session, NOON + at * MINUTE, due_minute=due)
    assert refused.value.field == "due_minute"


@pytest.mark.parametrize(("at", "due"), [(6, 10), (10, 10), (36, 40), (25, 20)])
def test_round_taken_nearest_its_own_minute_or_late_counts(ward: Ward, at: int, due: int) -> None:
    session = ward.running()
    ward.observe(session, NOON + at * MINUTE, due_minute=due)
    assert events_of(session.pk)[-1].what.due_minute == due


def test_round_during_the_infusion_cannot_be_taken_before_the_start(ward: Ward) -> None:
    session = ward.ready()
    with pytest.raises(BadInput) as refused:
        ward.observe(session, due_minute=10)
    assert refused.value.field == "due_minute"
    ward.observe(session, due_minute=0)


# Found unfit since


def found_eligible(ward: Ward) -> None:
    SelectionDecision.objects.create(
        episode=ward.episode,
        decision="eligible",
        guidance_version="1",
        decided_by=ward.psychiatrist,
        decided_at=NOON - timedelta(days=10),
    )


def test_answer_that_changed_since_the_decision_stops_the_start(ward: Ward) -> None:
    found_eligible(ward)
    session = ward.ready()
    SelectionAnswer.objects.create(
        episode=ward.episode, rule="pregnancy", answer="not_met", answered_by=ward.nurse, answered_at=NOON
    )
    with pytest.raises(RuleRefused, match="eligible"):
        start_infusion(session, by=ward.nurse, at=NOON + MINUTE)


def test_patient_found_unfit_after_the_plan_is_not_started(ward: Ward) -> None:
    found_eligible(ward)
    session = ward.ready()
    SelectionDecision.objects.create(
        episode=ward.episode,
        decision="not_eligible",
        reason="Psychosis came to light.",
        guidance_version="1",
        decided_by=ward.psychiatrist,
        decided_at=NOON,
    )
    with pytest.raises(RuleRefused, match="eligible"):
        start_infusion(session, by=ward.nurse, at=NOON + MINUTE)


def test_patient_whose_decision_stands_is_started(ward: Ward) -> None:
    found_eligible(ward)
    session = ward.ready()
    start_infusion(session, by=ward.nurse, at=NOON + MINUTE)
    assert session.phase == "running"
