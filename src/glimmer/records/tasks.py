"""How tasks went from hand to hand, and who finds which task in their inbox."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Case, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value, When

from glimmer.care.tasks import FALLS_TO, MANUAL, TaskFacts, call_escalates_at, kinds_are_read, may_read
from glimmer.guidance import figure
from glimmer.records.access import require
from glimmer.records.clinics import ClinicMember, clinics_of, reached
from glimmer.records.looking import noted
from glimmer.records.outcomes import Task
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may

STEPS = [
    ("added", "Added"),
    ("taken", "Taken"),
    ("put_back", "Put back"),
    ("handed", "Handed over"),
]


class TaskStep(models.Model):
    """One step of a task from hand to hand: who did it, when, to whom it went and why. Only ever added to."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=10, choices=STEPS)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    to_role = models.CharField(max_length=20, blank=True)
    to_person = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(step__in=[step for step, _ in STEPS]), name="task_step_known"),
            models.CheckConstraint(
                condition=~Q(step="handed") | ~Q(to_role="") & ~Q(note=""), name="task_handed_to_whom_and_why"
            ),
        ]


def facts_of(task: Task) -> TaskFacts:
    """Return a task as the rules see it."""
    holder = task.taken_by
    here = holder is not None and holder.is_active and holder.role == task.owner_role
    if here:
        clinics = ClinicMember.objects.filter(staff=holder, ended_at__isnull=True, clinic__episodes=task.episode)
        here = clinics.exists()
    return TaskFacts(
        kind=task.kind,
        calls=task.calls,
        owner_role=task.owner_role,
        due_at=task.due_at,
        done_at=task.done_at,
        holder_id=holder.pk if holder is not None else None,
        holder=holder.name if holder is not None else "",
        holder_is_here=here,
        is_orphan=_is_orphan(task),
    )


def _is_orphan(task: Task) -> bool:
    known = getattr(task, "is_orphan", None)
    return bool(known) if known is not None else Task.objects.filter(_orphan(), pk=task.pk).exists()


def access_inbox(by: Staff, now: datetime) -> QuerySet[Task]:
    """Return the tasks of a person's inbox, done ones too: of their role, and for psychiatrists what fell to them.

    Each has `in_hand` (a person who is still here has it), `fell` (it is here because it is long overdue, or because
    nobody of its role is left in the clinic) and `is_orphan` (nor is there a psychiatrist to whom it falls: then it is
    in the inbox of everybody who may read it).
    """
    require(by, "task.handle")
    fell = _orphan() if kinds_are_read(by.role) else _orphan() & Q(kind=MANUAL)
    if by.role == FALLS_TO:
        fell |= _fell(now)
    fell &= ~Q(owner_role=by.role)
    in_inbox = Q(owner_role=by.role) | fell
    found = reached(by, _with_hands(Task.objects.all()), "episode__").filter(in_inbox)
    found = found.annotate(fell=ExpressionWrapper(fell, output_field=models.BooleanField()))
    return noted(by, found.select_related("episode__patient", "taken_by", "done_by"))


def untaken_calls(by: Staff, now: datetime) -> list[Task]:
    """Return the calls about patients of a person's clinics that nobody who is here has taken, the oldest first.

    Each is given to everybody who may read it at once, and to the rest of the care team when it was not taken in time.
    One that was taken (`in_hand`), and of which nobody has said what was done when its time to act was over, is given
    again to who may read it. No page names anybody by them, so nothing is noted as seen.
    """
    require(by, "call.hear")
    waiting = _with_hands(Task.objects.filter(done_at__isnull=True).exclude(calls=""))
    calling = Q(in_hand=False) | Q(due_at__lte=now)
    found = list(
        reached(by, waiting, "episode__").filter(calling).select_related("episode").order_by("raised_at", "pk")
    )
    return [task for task in found if may_read(task.kind, by.role) or _reaches_all(task, now)]


def _reaches_all(task: Task, now: datetime) -> bool:
    return not getattr(task, "in_hand", False) and call_escalates_at(task.raised_at) <= now


def _fell(now: datetime) -> Q:
    urgent = figure("tasks", "urgent_kinds").value
    late = now - timedelta(hours=figure("tasks", "escalated_after").value)
    too_late = now - timedelta(hours=figure("tasks", "urgent_escalated_after").value)
    overdue = Q(kind__in=urgent, due_at__lte=too_late) | ~Q(kind__in=urgent) & Q(due_at__lte=late)
    return Q(done_at__isnull=True) & (overdue | ~Q(Exists(_of_its_clinic().filter(staff__role=OuterRef("owner_role")))))


def _orphan() -> Q:
    own = _of_its_clinic().filter(Q(staff__role=OuterRef("owner_role")) | Q(staff__role=FALLS_TO.value))
    return Q(done_at__isnull=True) & ~Q(Exists(own))


def _of_its_clinic() -> QuerySet[ClinicMember]:
    """Return who works in the clinic of a task in an outer query."""
    return ClinicMember.objects.filter(
        clinic_id=OuterRef("episode__clinic_id"), ended_at__isnull=True, staff__is_active=True
    )


def _with_hands(tasks: QuerySet[Task]) -> QuerySet[Task]:
    here = _of_its_clinic().filter(staff_id=OuterRef("taken_by_id"), staff__role=OuterRef("owner_role"))
    return tasks.annotate(
        in_hand=Case(When(taken_by__isnull=False, then=Exists(here)), default=Value(False)),
        is_orphan=ExpressionWrapper(_orphan(), output_field=models.BooleanField()),
    )


def steps_of(task: Task) -> list[TaskStep]:
    """Return how a task went from hand to hand, the oldest first."""
    return list(TaskStep.objects.filter(task=task).select_related("by", "to_person").order_by("at", "pk"))


def access_task_steps(by: Staff, task: Task) -> list[TaskStep]:
    """Return how a task went from hand to hand, for a person whom `access_task` let in."""
    require(by, "patient.view")
    return steps_of(task)


def colleagues(by: Staff) -> list[Staff]:
    """Return whom a task can be handed to: those who handle tasks in one of the person's clinics, others than they."""
    require(by, "task.handle")
    roles = [role.value for role in Role if may(role, "task.handle")]
    found = Staff.objects.filter(
        memberships__clinic__in=clinics_of(by), memberships__ended_at__isnull=True, is_active=True, role__in=roles
    )
    return list(found.exclude(pk=by.pk).distinct().order_by("role", "name"))
