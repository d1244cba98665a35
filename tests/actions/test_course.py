"""Stop or go on: a decision with a reason, a task until it is there, and what it rested on kept as it was."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from glimmer.actions.booking import book_appointment
from glimmer.actions.course import decide_course, trajectory_of
from glimmer.actions.outcomes import correct_score, finish_task, record_score
from glimmer.care.trajectory import State
from glimmer.records.journey import journey_facts
from glimmer.records.models import Appointment, CourseDecision, Task, TreatmentSession
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.cast import phq9

pytestmark = pytest.mark.django_db
AFTER = NOON + timedelta(days=40)


@pytest.fixture
def ward() -> Ward:
    """Three sessions held a week apart, from a PHQ-9 of 20, and a fourth that is booked."""
    ward = a_ward()
    sessions_of(ward, 3)
    record_score(ward.episode, phq9(20), "baseline", (NOON - timedelta(days=3)).date(), by=ward.nurse, at=NOON)
    return ward


def sessions_of(ward: Ward, count: int) -> None:
    """Let sessions be over in which the drug was given."""
    first = TreatmentSession.objects.filter(plan=ward.plan).count()
    for number in range(first, first + count):
        at = NOON + timedelta(weeks=number)
        appointment = ward.appointment if number == 0 else a_date(ward, number + 1)
        TreatmentSession.objects.create(
            episode=ward.episode,
            plan=ward.plan,
            appointment=appointment,
            bay=ward.bay,
            number=number + 1,
            opened_at=at,
            opened_by=ward.nurse,
            phase="left",
            ended_at=at + timedelta(hours=2),
        )


def a_date(ward: Ward, number: int) -> Appointment:
    at = NOON + timedelta(weeks=number - 1)
    return Appointment.objects.create(
        plan=ward.plan, number=number, bay=ward.bay, starts_at=at, ends_at=at + timedelta(hours=2),
        booked_by=ward.nurse, booked_at=NOON,
    )  # fmt: skip


def scored(ward: Ward, total: int, number: int = 4) -> object:
    day = (NOON + timedelta(weeks=number - 1)).date()
    return record_score(ward.episode, phq9(total), "before_session", day, number, by=ward.nurse, at=AFTER)


def waiting() -> list[Task]:
    return list(Task.objects.filter(kind="early_response", done_at__isnull=True))


def decided(
    ward: Ward, decision: str = "continue", reason: str = "The patient sleeps better", **more: object
) -> object:
    return decide_course(ward.episode, decision, reason, **{"by": ward.psychiatrist, "at": AFTER, **more})


def test_too_little_change_after_three_sessions_asks_a_psychiatrist_to_decide(ward):
    scored(ward, 17)
    (task,) = waiting()
    assert (task.owner_role, task.due_at - task.raised_at) == ("psychiatrist", timedelta(hours=48))
    assert "15 % of baseline" in task.says


def test_enough_change_asks_nothing(ward):
    scored(ward, 16)
    assert waiting() == []
    with pytest.raises(RuleRefused, match="nothing to decide"):
        decided(ward)


def test_word_that_it_is_done_is_no_decision(ward):
    scored(ward, 19)
    with pytest.raises(RuleRefused, match="Record it on the outcomes page"):
        finish_task(waiting()[0], "Thought about it", by=ward.psychiatrist, at=AFTER)


def test_decision_keeps_what_it_rested_on_and_finishes_the_task(ward):
    scored(ward, 19)
    stored = decided(ward)
    assert waiting() == []
    assert stored.rests_on["state"] == "no_response"
    assert (stored.definition_version, stored.rests_on["trajectory_version"]) == ("outcomes-1", "trajectory-1")
    scored(ward, 4, number=5)
    stored.refresh_from_db()
    assert "fallen by 5 %" in stored.rests_on["prompt"]
    with pytest.raises(DatabaseError), transaction.atomic():
        CourseDecision.objects.update(reason="Otherwise")


def test_only_a_psychiatrist_decides_and_gives_a_reason(ward):
    scored(ward, 19)
    with pytest.raises(NotAllowed):
        decided(ward, by=ward.nurse)
    for decision, reason, field in (("", "Why", "decision"), ("stop", " ", "reason")):
        with pytest.raises(BadInput) as problem:
            decided(ward, decision, reason)
        assert problem.value.field == field
    assert len(waiting()) == 1


def test_question_comes_again_after_three_more_sessions(ward):
    scored(ward, 19)
    decided(ward)
    sessions_of(ward, 2)
    scored(ward, 19, number=6)
    assert waiting() == []
    sessions_of(ward, 1)
    record_score(ward.episode, phq9(19), "after_course", AFTER.date(), by=ward.nurse, at=AFTER)
    assert len(waiting()) == 1


def test_stopping_cancels_open_dates_and_none_is_booked_again(ward):
    open_date = a_date(ward, 4)
    scored(ward, 19)
    decided(ward, "stop", "No change, and more anxious")
    open_date.refresh_from_db()
    assert open_date.cancelled_because == "The course was stopped."
    assert journey_facts(ward.episode, AFTER).stopped_early
    with pytest.raises(RuleRefused, match="was stopped"):
        book_appointment(ward.plan, 4, AFTER + timedelta(days=1), ward.bay, by=ward.nurse, at=AFTER)


def test_correction_takes_the_question_back_and_brings_it(ward):
    wrong = scored(ward, 19)
    right = correct_score(wrong, phq9(9), "Read wrongly", by=ward.nurse, at=AFTER)
    assert waiting() == []
    assert "added or corrected" in Task.objects.get(kind="early_response").did
    correct_score(right, phq9(18), "Read wrongly again", by=ward.nurse, at=AFTER)
    assert len(waiting()) == 1


def test_trajectory_follows_the_patient_and_a_correction_replaces(ward):
    wrong = scored(ward, 19)
    assert trajectory_of(ward.episode, at=AFTER).state is State.NO_RESPONSE
    correct_score(wrong, phq9(3), "Read wrongly", by=ward.nurse, at=AFTER)
    found = trajectory_of(ward.episode, at=AFTER)
    assert (found.state, [point.total for point in found.stretches[0].points]) == (State.REMISSION, [3])
    assert trajectory_of(ward.episode, "eq5d5l", at=AFTER) is None
