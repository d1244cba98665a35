"""How a task stands, and to whom it may go: the rules of the inbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from glimmer.guidance import figure
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.verdict import Verdict

MANUAL = "manual"
"""The kind of a task that a person added. What it says was written for whoever is to do it, so it goes to anybody."""
FALLS_TO = Role.PSYCHIATRIST
"""Who sees what is long overdue, and what belongs to a role that nobody here has. Where nobody here is one of them
either, it falls to everybody who may read it."""


class TaskState(StrEnum):
    """How a task stands."""

    OPEN = "open"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """One task as a rule sees it. `holder_is_here` is false for one who has left, changed roles or left the clinic.

    `calls` is the priority with which it is said on every page until somebody takes it, "" for a task that waits;
    `is_orphan` whether nobody who works in its clinic has its role or could take it for them.
    """

    kind: str
    owner_role: str
    due_at: datetime
    done_at: datetime | None = None
    holder_id: int | None = None
    holder: str = ""
    holder_is_here: bool = True
    calls: str = ""
    is_orphan: bool = False

    @property
    def in_hand(self) -> bool:
        """True while a person who is still here has it; otherwise it is its role's again."""
        return self.holder_id is not None and self.holder_is_here


def state_of(task: TaskFacts, now: datetime) -> TaskState:
    """Return how a task stands at a time."""
    if task.done_at is not None:
        return TaskState.DONE
    if task.due_at < now:
        return TaskState.OVERDUE
    soon = timedelta(hours=figure("tasks", "due_soon").value)
    return TaskState.DUE if task.due_at <= now + soon else TaskState.OPEN


def escalates_at(task: TaskFacts) -> datetime:
    """Return when a task that is still open is shown to the psychiatrists as well."""
    urgent = task.kind in figure("tasks", "urgent_kinds").value
    after = figure("tasks", "urgent_escalated_after" if urgent else "escalated_after").value
    return task.due_at + timedelta(hours=after)


def is_escalated(task: TaskFacts, now: datetime) -> bool:
    """Say whether a task is so long overdue that others than its owners see it."""
    return task.done_at is None and escalates_at(task) <= now


def may_take(task: TaskFacts, person_id: int, role: str, now: datetime) -> Verdict:
    """Say whether a person may take a task in hand: one that is open, of their role, and that nobody else has.

    What calls again is taken over from whoever has it: they may not be here any more today.
    """
    if task.done_at is not None:
        return Verdict(("This task was finished already.",))
    if task.in_hand and task.holder_id == person_id:
        return Verdict(("You have this task already.",))
    if task.in_hand and not calls_again(task, now):
        return Verdict((f"{task.holder} took this task before you. Speak with them, or ask them to hand it over.",))
    if not may_own(task, role):
        return Verdict((f"This task is for a {task.owner_role}. Ask them to hand it over to you.",))
    return Verdict()


def may_own(task: TaskFacts, role: str) -> bool:
    """Say whether a task may be in the hands of a role: its own, a psychiatrist, or any that may read it.

    The last where the task calls, or where its clinic has nobody of the first two.
    """
    if role in (task.owner_role, FALLS_TO.value):
        return True
    return (bool(task.calls) or task.is_orphan) and may_read(task.kind, role)


def call_escalates_at(raised_at: datetime) -> datetime:
    """Return when a call that nobody has taken is said louder, and to the desk as well."""
    return raised_at + timedelta(minutes=figure("tasks", "call_escalated_after").value)


def calls_again(task: TaskFacts, now: datetime) -> bool:
    """Say whether a call that was taken is called anew: its time to act is over, and nobody said what was done."""
    return bool(task.calls) and task.done_at is None and task.in_hand and task.due_at <= now


def may_put_back(task: TaskFacts, person_id: int) -> Verdict:
    """Say whether a person may give a task back to its role: only one that they have."""
    if task.done_at is not None:
        return Verdict(("This task was finished already.",))
    return Verdict() if task.holder_id == person_id else Verdict(("You do not have this task.",))


def may_hand_over(task: TaskFacts, person_id: int, role: str, to_role: str) -> Verdict:
    """Say whether a person may hand a task to a role: they or their role have it, and that role may read it."""
    if task.done_at is not None:
        return Verdict(("This task was finished already.",))
    if role not in (task.owner_role, FALLS_TO.value):
        return Verdict((f"This task is for a {task.owner_role}, and they hand it over.",))
    if task.in_hand and task.holder_id != person_id and role != FALLS_TO:
        return Verdict((f"{task.holder} has this task. Ask them to hand it over.",))
    if not may_read(task.kind, to_role):
        return Verdict((f"This task tells of a questionnaire or a finding, which a {to_role} may not read.",))
    return Verdict()


def kinds_are_read(role: str) -> bool:
    """Say whether a role may be given tasks of every kind, and not only those that a person wrote."""
    return may(Role(role), "outcome.view")


def may_read(kind: str, role: str) -> bool:
    """Say whether a role may be given a task of a kind: all but those that people wrote can quote a questionnaire."""
    return may(Role(role), "task.handle") and (kind == MANUAL or kinds_are_read(role))
