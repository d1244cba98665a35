"""Dates that were not held: who did not come, who cancelled late, and what follows."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import end_once, locked_episode
from glimmer.actions.entries import chosen, optional_text
from glimmer.actions.therapy_timing import keep_timing_task
from glimmer.guidance import figure
from glimmer.guidance.working_days import working_days_between
from glimmer.records.outcomes import Task
from glimmer.records.plans import Appointment
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.waiting import BY_CLINIC, BY_PATIENT, LATE, NOT_COME, Absence
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import RuleRefused

TASK = "did_not_attend"
LONGEST_WORDS = 500
WHOSE = ("patient", "clinic")


def record_non_attendance(
    appointment: Appointment, words: str = "", *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> Absence:
    """Enter that a patient did not come: the session is free for a new date, and a nurse has to call them."""
    episode = appointment.plan.episode
    with acting(by, "calendar.book", verb="record_non_attendance", episode=episode, seen=seen, at=at) as act:
        fresh = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if fresh.cancelled_at is not None:
            raise RuleRefused("This date was cancelled already.")
        if hasattr(fresh, "session"):
            raise RuleRefused("The session of this date has been opened: the patient came. End or cancel the session.")
        if fresh.starts_at > act.at:
            raise RuleRefused("This date is still to come. Cancel it instead, if the patient says that they cannot.")
        fresh.cancelled_by, fresh.cancelled_at = by, act.at
        fresh.cancelled_because = "The patient did not attend."
        fresh.save(update_fields=["cancelled_by", "cancelled_at", "cancelled_because"])
        made = _absence(act, fresh, NOT_COME, words)
        _unrecorded(fresh).filter(done_at__isnull=True).update(
            done_by=by, done_at=act.at, did="Recorded that the patient did not come."
        )
        Task.objects.create(
            episode=locked_episode(act),
            kind=TASK,
            says=_call_words(fresh),
            owner_role=Role.NURSE.value,
            raised_at=act.at,
            due_at=act.at + timedelta(days=figure("calendar", "call_after_non_attendance").value),
        )
        keep_timing_task(act)
        act.about(made)
        act.note(number=fresh.number, kind=NOT_COME)
    return made


def _call_words(row: Appointment) -> str:
    return (
        f"Session {row.number} on {timezone.localtime(row.starts_at):%-d %B, %H:%M}: the patient did not come. "
        "Call them, ask how they are, and give the session a new date."
    )


def raise_unrecorded(at: datetime | None = None) -> int:
    """Raise a task for a nurse of each date that has passed with nothing recorded of it; return how many.

    Neither a session nor an absence: the patient may have stayed away, and nobody has asked how they are.
    """
    now = at or timezone.now()
    return sum(_raise_unrecorded(pk, now) for pk in passed_unrecorded(now).values_list("pk", flat=True))


def passed_unrecorded(now: datetime) -> QuerySet[Appointment]:
    """Return the dates of open journeys that have passed with neither a session nor an absence."""
    return Appointment.objects.filter(
        cancelled_at__isnull=True, session__isnull=True, ends_at__lt=now, plan__episode__closed_at__isnull=True
    )


def _raise_unrecorded(appointment_id: int, now: datetime) -> bool:
    with transaction.atomic():
        row = Appointment.objects.select_for_update(of=("self",)).select_related("plan__episode").get(pk=appointment_id)
        held = TreatmentSession.objects.filter(appointment=row).exists()
        if held or row.cancelled_at is not None or row.ends_at >= now or _unrecorded(row).exists():
            return False
        Task.objects.create(
            episode=row.plan.episode,
            kind=TASK,
            says=_unrecorded_words(row),
            owner_role=Role.NURSE.value,
            raised_at=now,
            due_at=now + timedelta(days=figure("calendar", "call_after_non_attendance").value),
        )
    return True


def _unrecorded(row: Appointment) -> QuerySet[Task]:
    """Return the task of a date of which nothing was recorded: its words name the date."""
    return Task.objects.filter(episode=row.plan.episode, kind=TASK, says=_unrecorded_words(row))


def _unrecorded_words(row: Appointment) -> str:
    return (
        f"Session {row.number} on {timezone.localtime(row.starts_at):%-d %B %Y, %H:%M}: the date has passed, and "
        "nobody recorded whether the patient came. Call them, ask how they are, and record on the date what happened."
    )


def enter_who_cancelled(act: Act, appointment: Appointment, whose: str) -> Absence:
    """Write down, within the act that cancels a date, by whose doing; late by the figure in working days."""
    chosen(whose, WHOSE, "whose", "Say who cancels the date.")
    kind = BY_CLINIC if whose == "clinic" else LATE if is_late(appointment, act.at) else BY_PATIENT
    act.note(kind=kind)
    return _absence(act, appointment, kind, "")


def is_late(appointment: Appointment, at: datetime) -> bool:
    """Say whether a cancellation now would be late: fewer working days before the date than the figure asks."""
    notice = figure("calendar", "late_cancellation").value
    return working_days_between(timezone.localdate(at), timezone.localdate(appointment.starts_at)) < notice


def withdraw_absence(absence: Absence, *, by: Staff, seen: int | None = None, at: datetime | None = None) -> Absence:
    """Take back what was entered in error; the date itself stays cancelled and can be booked anew.

    The task to call a patient who came after all ends with it.
    """
    episode = absence.appointment.plan.episode
    with acting(by, "calendar.book", verb="withdraw_absence", episode=episode, seen=seen, at=at) as act:
        fresh = end_once(act, absence, "withdrawn", "This was taken back already.")
        if fresh.kind == NOT_COME:
            to_call = Task.objects.filter(episode=episode, kind=TASK, says=_call_words(absence.appointment))
            to_call.filter(done_at__isnull=True).update(
                done_by=by, done_at=act.at, did="It was entered in error that the patient did not come."
            )
    return fresh


def _absence(act: Act, appointment: Appointment, kind: str, words: str) -> Absence:
    return Absence.objects.create(
        appointment=appointment,
        kind=kind,
        words=optional_text(words, "words", LONGEST_WORDS),
        by=act.by,
        at=act.at,
    )
