"""Reminders of dates: a few days ahead, once, without a word of what the date is for.

A look from time to time finds the dates that come near and have no reminder, so that a date booked in any way, or while
Glimmer was down, is not left out; what is late goes out as long as the date is still to come. A date that is cancelled
or moved takes its reminder back where it still waits; where it went out, the patient is told.
"""

import logging
import re
import threading
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from glimmer.actions.act import Act
from glimmer.actions.sending import post_message, to_patient, withdraw_posted
from glimmer.guidance import figure
from glimmer.records.outbox import EMAIL, SENT, TEXT, OutboxMessage
from glimmer.records.own import language_of
from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment
from glimmer.vocabulary.problems import Problem

log = logging.getLogger(__name__)
EVERY_SECONDS = 60.0
# Of the United Kingdom: only a mobile telephone takes a text message.
MOBILE = re.compile(r"(\+44|0)7[0-9]{9}")


def remind_until(stopping: threading.Event, every_seconds: float = EVERY_SECONDS) -> None:
    """Post the reminders that are due until `stopping` is set: a thread beside the pages."""
    try:
        while not stopping.is_set():
            try:
                post_reminders()
            except Exception as problem:
                # The database was away, say. The dates are still there at the next look.
                log.error("Reminders could not be posted now (%s); it is tried again.", type(problem).__name__)
                connection.close()
            stopping.wait(every_seconds)
    finally:
        connection.close()


def post_reminders(at: datetime | None = None) -> int:
    """Post a reminder of each date that is near and has none; return how many were posted."""
    now = at or timezone.now()
    ahead = now + timedelta(days=figure("calendar", "reminder_days_ahead").value)
    near = Appointment.objects.filter(cancelled_at__isnull=True, starts_at__gt=now, starts_at__lte=ahead)
    known = OutboxMessage.objects.filter(once__startswith="reminder:", posted_at__gte=now - timedelta(days=60))
    told = set(known.values_list("once", flat=True))
    found = [
        (pk, starts_at) for pk, starts_at in near.values_list("pk", "starts_at") if cause(pk, starts_at) not in told
    ]
    return sum(_remind(pk, now) for pk, _ in found)


def cause(appointment_id: int, starts_at: datetime) -> str:
    """Return the word by which the reminder of a date at a time is known."""
    return f"reminder:{appointment_id}:{starts_at:%Y%m%dT%H%M}"


def channel_of(patient: Patient) -> str:
    """Return how a patient can be reached: by text where there is a mobile number, else by e-mail, else ""."""
    digits = re.sub(r"[\s().-]", "", patient.telephone)
    if MOBILE.fullmatch(digits):
        return TEXT
    return EMAIL if patient.email.strip() else ""


def _remind(appointment_id: int, now: datetime) -> bool:
    with transaction.atomic():
        # Locked, as cancelling and moving lock it: a date that is cancelled at this moment is not reminded of.
        row = Appointment.objects.select_for_update(of=("self",)).select_related("patient").get(pk=appointment_id)
        if row.cancelled_at is not None or row.starts_at <= now:
            return False
        return _post("appointment_reminder", row, cause(row.pk, row.starts_at), now)


def _post(kind: str, row: Appointment, once: str, now: datetime) -> bool:
    channel = channel_of(row.patient)
    if not channel:
        return False
    try:
        post_message(
            kind,
            to_patient(row.patient, channel),
            {"when": row.starts_at},
            once=once,
            at=now,
            patient=row.patient,
            language=language_of(row.patient),
            not_after=row.starts_at,
        )
    except Problem as problem:
        log.warning(
            "a message about a date was not posted", extra={"appointment": row.pk, "why": type(problem).__name__}
        )
        return False
    return True


def take_back_reminder(act: Act, row: Appointment, was: datetime) -> None:
    """Within the act that cancels or moves a date: withdraw its reminder, or tell who has had it already.

    `was` is when the date was until now.
    """
    because = "The date was cancelled or moved."
    withdraw_posted(f"reminder:{row.pk}:", because=because, at=act.at)
    had = OutboxMessage.objects.filter(once=cause(row.pk, was), state=SENT).exists()
    if not had or was <= act.at:
        return
    if row.cancelled_at is None:
        # Where the new time is near, being told of it is the reminder; else there is one later on.
        ahead = act.at + timedelta(days=figure("calendar", "reminder_days_ahead").value)
        known = cause(row.pk, row.starts_at)
        _post("appointment_changed", row, known if row.starts_at <= ahead else f"changed:{known}", act.at)
    else:
        _post("appointment_cancelled", row, f"cancelled:{row.pk}:{was:%Y%m%dT%H%M}", act.at)


def take_back_reminders_of(act: Act) -> None:
    """Within the act that ends a journey: withdraw the reminders of its dates that still wait."""
    dates = Appointment.objects.filter(plan__episode=act.episode, starts_at__gt=act.at)
    for pk in dates.values_list("pk", flat=True):
        withdraw_posted(f"reminder:{pk}:", because="The date was cancelled.", at=act.at)
