"""How a task stands and where it may go, by tables written by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from glimmer.care.tasks import (
    MANUAL,
    TaskFacts,
    TaskState,
    escalates_at,
    is_escalated,
    may_hand_over,
    may_put_back,
    may_read,
    may_take,
    state_of,
)

DUE = datetime(2026, 5, 4, 17, tzinfo=UTC)
TASK = TaskFacts(kind="meeting", owner_role="nurse", due_at=DUE)
HELD = replace(TASK, holder_id=7, holder="Maya Okafor")


@pytest.mark.parametrize(
    ("hours", "state"), [(-25, "open"), (-24, "due"), (-1, "due"), (0, "due"), (0.1, "overdue"), (900, "overdue")]
)
def test_task_is_open_due_and_overdue_and_never_vanishes(hours, state):
    assert state_of(TASK, DUE + timedelta(hours=hours)) == state
    assert state_of(replace(TASK, done_at=DUE), DUE + timedelta(hours=hours)) == TaskState.DONE


@pytest.mark.parametrize(("kind", "hours"), [("meeting", 24), ("suicidality", 1), ("urgent", 1), ("relapse", 1)])
def test_long_overdue_task_is_shown_to_others_too(kind, hours):
    task = replace(TASK, kind=kind)
    assert escalates_at(task) == DUE + timedelta(hours=hours)
    assert not is_escalated(task, DUE + timedelta(hours=hours, seconds=-1))
    assert is_escalated(task, DUE + timedelta(hours=hours))
    assert not is_escalated(replace(task, done_at=DUE), DUE + timedelta(days=99))


@pytest.mark.parametrize(
    ("task", "person", "role", "why"),
    [
        (TASK, 1, "nurse", ""),
        (TASK, 1, "psychiatrist", ""),
        (TASK, 1, "therapist", "for a nurse"),
        (HELD, 1, "nurse", "Maya Okafor took this task before you"),
        (HELD, 7, "nurse", "You have this task already"),
        (replace(HELD, holder_is_here=False), 1, "nurse", ""),
        (replace(TASK, done_at=DUE), 1, "nurse", "finished already"),
    ],
)
def test_task_is_taken_by_one_of_its_role_and_from_nobody_who_is_here(task, person, role, why):
    verdict = may_take(task, person, role, DUE)
    assert verdict.allowed is (why == "")
    assert why in " ".join(verdict.reasons)


def test_call_is_taken_over_once_its_time_is_over_and_a_task_that_waits_is_not():
    call = replace(HELD, kind="suicidality", calls="high")
    assert not may_take(call, 1, "nurse", DUE - timedelta(seconds=1)).allowed
    assert may_take(call, 1, "therapist", DUE).allowed
    assert "You have this task already" in may_take(call, 7, "nurse", DUE).reasons[0]
    assert not may_take(call, 1, "administrator", DUE).allowed
    assert not may_take(HELD, 1, "nurse", DUE).allowed


def test_only_who_has_a_task_puts_it_back():
    assert may_put_back(HELD, 7).allowed
    assert not may_put_back(HELD, 1).allowed
    assert not may_put_back(replace(HELD, done_at=DUE), 7).allowed


@pytest.mark.parametrize(
    ("task", "person", "role", "to", "allowed"),
    [
        (HELD, 7, "nurse", "therapist", True),
        (HELD, 1, "nurse", "therapist", False),
        (HELD, 1, "psychiatrist", "nurse", True),
        (TASK, 1, "therapist", "nurse", False),
        (TASK, 1, "nurse", "administrator", False),
        (replace(TASK, kind=MANUAL), 1, "nurse", "administrator", True),
        (TASK, 1, "nurse", "researcher", False),
        (replace(TASK, done_at=DUE), 1, "nurse", "therapist", False),
    ],
)
def test_task_is_handed_over_by_who_has_it_to_who_may_read_it(task, person, role, to, allowed):
    assert may_hand_over(task, person, role, to).allowed is allowed


def test_administrator_reads_what_people_wrote_and_no_questionnaire():
    assert may_read(MANUAL, "administrator")
    assert not may_read("suicidality", "administrator")
    assert may_read("suicidality", "therapist")
    assert not may_read(MANUAL, "manager")


@pytest.mark.parametrize("more", [{"calls": "high"}, {"is_orphan": True}])
def test_call_and_orphan_are_taken_by_any_role_that_may_read_them(more):
    waits = replace(TASK, kind="suicidality", owner_role="psychiatrist")
    known = replace(waits, **more)
    assert may_take(known, 9, "therapist", DUE).allowed
    assert not may_take(known, 9, "administrator", DUE).allowed
    assert not may_take(waits, 9, "therapist", DUE).allowed
