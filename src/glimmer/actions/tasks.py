"""Tasks from hand to hand: added by hand, taken, put back, handed over. Finishing one is in `actions/outcomes.py`."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import locked_episode
from glimmer.actions.worklist import Listed, listed_page
from glimmer.care.tasks import MANUAL, may_hand_over, may_put_back, may_read, may_take
from glimmer.records.clinics import ClinicMember
from glimmer.records.episodes import Episode
from glimmer.records.outcomes import Task
from glimmer.records.staff import Staff
from glimmer.records.tasks import TaskStep, access_inbox, facts_of
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import roles_with
from glimmer.vocabulary.problems import BadInput, RuleRefused
from glimmer.vocabulary.verdict import Verdict

SHOWN = ("open", "mine", "free", "overdue", "fell", "done")
"""Which part of the inbox a page shows: all that are open, those in one's own hand, those in nobody's, and so on."""
ROLES = tuple(role for role in Role if role in roles_with("task.handle"))
"""The roles that have an inbox."""


@dataclass(frozen=True, slots=True)
class InboxCount:
    """How many tasks wait in a person's inbox, and how many of these are overdue or in their own hand."""

    open: int
    overdue: int
    mine: int


def inbox(by: Staff, now: datetime, *, shown: str = "open", page: int = 1) -> Listed[Task]:
    """Return one page of the person's inbox: the most pressing first, of what is done the newest first."""
    found = access_inbox(by, now).filter(_shown(by, shown, now))
    return listed_page(found.order_by("-done_at", "-pk") if shown == "done" else found.order_by("due_at", "pk"), page)


def inbox_count(by: Staff, now: datetime) -> InboxCount:
    """Return the numbers for the badge: nothing is named, so nothing is noted as seen."""
    found = access_inbox(by, now).filter(done_at__isnull=True)
    counted = found.aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
        mine=Count("pk", filter=Q(taken_by=by)),
    )
    return InboxCount(**counted)


def _shown(by: Staff, shown: str, now: datetime) -> Q:
    waits = Q(done_at__isnull=True)
    return {
        "mine": waits & Q(taken_by=by),
        "free": waits & Q(in_hand=False),
        "overdue": waits & Q(due_at__lt=now),
        "fell": waits & Q(fell=True),
        "done": Q(done_at__isnull=False),
    }.get(shown, waits)


def add_task(
    episode: Episode,
    says: str,
    owner_role: str,
    due_at: datetime | None,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Task:
    """Add a task about a patient by hand, for a role, by a time."""
    with acting(by, "task.handle", verb="add_task", episode=episode, seen=seen, at=at) as act:
        if not says.strip():
            raise BadInput("Say what has to be done.", field="says")
        if owner_role not in {role.value for role in ROLES}:
            raise BadInput("Choose who has to do it.", field="owner_role")
        if due_at is None or due_at <= act.at:
            raise BadInput("The task must be due after now. Check the day and the time.", field="due_on")
        task = Task.objects.create(
            episode=locked_episode(act),
            kind=MANUAL,
            says=says.strip(),
            owner_role=owner_role,
            raised_at=act.at,
            due_at=due_at,
        )
        _step(act, task, "added", to_role=owner_role)
        act.about(task)
        act.note(kind=MANUAL, to_role=owner_role)
    return task


def take_task(task: Task, *, by: Staff, seen: int | None = None, at: datetime | None = None) -> Task:
    """Take a task in hand. Of two at once one has it, and the other is told who.

    Whoever takes a call has the patient's other calls with it that nobody has: they press again and again.
    """
    with acting(by, "task.handle", verb="take_task", episode=task.episode, seen=seen, at=at) as act:
        fresh = _fresh(act, task)
        _allow(may_take(facts_of(fresh), by.pk, by.role, act.at))
        _take(act, fresh)
        if fresh.calls:
            others = [one for one in _other_calls(fresh) if not facts_of(one).in_hand]
            for one in others:
                _take(act, one)
            act.note(with_it=[one.pk for one in others])
    return fresh


def _take(act: Act, task: Task) -> None:
    # What fell to a psychiatrist is theirs once they take it, or nobody would find it in their own inbox.
    task.owner_role, task.taken_by, task.taken_at = act.by.role, act.by, act.at
    task.save(update_fields=["owner_role", "taken_by", "taken_at"])
    _step(act, task, "taken", to_role=act.by.role, to_person=act.by)


def _other_calls(task: Task) -> QuerySet[Task]:
    found = Task.objects.filter(episode=task.episode, done_at__isnull=True).exclude(calls="").exclude(pk=task.pk)
    return found.select_for_update(of=("self",)).select_related("taken_by", "episode").order_by("pk")


def put_back_task(task: Task, *, by: Staff, seen: int | None = None, at: datetime | None = None) -> Task:
    """Give a task that one has back to one's role."""
    with acting(by, "task.handle", verb="put_back_task", episode=task.episode, seen=seen, at=at) as act:
        fresh = _fresh(act, task)
        _allow(may_put_back(facts_of(fresh), by.pk))
        fresh.taken_by = fresh.taken_at = None
        fresh.save(update_fields=["taken_by", "taken_at"])
        _step(act, fresh, "put_back", to_role=fresh.owner_role)
    return fresh


def hand_over_task(
    task: Task,
    to_role: str,
    note: str,
    to_person: Staff | None = None,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Task:
    """Hand a task to another role, or to one person, with a note that they see.

    A call is in nobody's hands by that, and is called until somebody takes it: whoever it was handed to may not know.
    """
    with acting(by, "task.handle", verb="hand_over_task", episode=task.episode, seen=seen, at=at) as act:
        fresh = _fresh(act, task)
        role = to_person.role if to_person is not None else to_role
        if role not in {one.value for one in ROLES}:
            raise BadInput("Choose who the task goes to.", field="to")
        if not note.strip():
            raise BadInput("Say why you hand it over: whoever gets it reads this.", field="note")
        if to_person is not None and not _is_here(to_person, fresh.episode):
            raise BadInput("This person does not work in the patient's clinic now. Choose another.", field="to")
        _allow(may_hand_over(facts_of(fresh), by.pk, by.role, role))
        holder = None if fresh.calls else to_person
        fresh.owner_role, fresh.taken_by = role, holder
        fresh.taken_at = act.at if holder is not None else None
        fresh.save(update_fields=["owner_role", "taken_by", "taken_at"])
        _step(act, fresh, "handed", to_role=role, to_person=to_person, note=note.strip())
        act.note(to_role=role, to_person=to_person.pk if to_person is not None else None)
    return fresh


def readers_of(task: Task) -> list[str]:
    """Return the roles that a task may be handed to."""
    return [role.value for role in ROLES if may_read(task.kind, role.value)]


def _fresh(act: Act, task: Task) -> Task:
    fresh = Task.objects.select_for_update(of=("self",)).select_related("taken_by", "episode").get(pk=task.pk)
    act.about(fresh)
    act.note(kind=fresh.kind)
    return fresh


def _allow(verdict: Verdict) -> None:
    if not verdict.allowed:
        raise RuleRefused(" ".join(verdict.reasons), reasons=verdict.reasons)


def _is_here(person: Staff, episode: Episode) -> bool:
    member = ClinicMember.objects.filter(staff=person, clinic__episodes=episode, ended_at__isnull=True)
    return person.is_active and member.exists()


def _step(act: Act, task: Task, step: str, *, to_role: str, to_person: Staff | None = None, note: str = "") -> TaskStep:
    return TaskStep.objects.create(
        task=task, step=step, by=act.by, at=act.at, to_role=to_role, to_person=to_person, note=note
    )
