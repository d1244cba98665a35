"""Reminders of dates: a few days ahead, once, without a word of what the date is for.

A look from time to time finds the dates that come near and have no reminder, so that a date booked in any way, or while
Glimmer was down, is not left out; what is late goes out as long as the date is still to come. A date that is cancelled
or moved takes its reminder back where it still waits; where it went out, the patient is told.
"""

import logging
import re
import threading
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from glimmer.actions.absence import raise_unrecorded
from glimmer.actions.act import Act
from glimmer.actions.sending import post_message, to_patient, withdraw_posted
from glimmer.guidance import figure
from glimmer.records.outbox import EMAIL, SENT, TEXT, WITHDRAWN, OutboxMessage
from glimmer.records.own import language_of
from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment
from glimmer.vocabulary.problems import Problem

log = logging.getLogger(__name__)
EVERY_SECONDS = 60.0
# Of the United Kingdom: only a mobile telephone takes a text message.
MOBILE = re.compile(r"(\+44|0)7[0-9]{9}")
# Why a message was withdrawn by Glimmer itself: its date may come back and is told of anew. One that a person withdrew
# is not sent again.
CHANGED = "The date was cancelled or moved."


def remind_until(stopping: threading.Event, every_seconds: float = EVERY_SECONDS) -> None:
    """Post reminders and raise what nobody recorded, until `stopping` is set: a thread beside the pages."""
    try:
        while not stopping.is_set():
            for look in (post_reminders, raise_unrecorded):
                try:
                    look()
                except Exception as problem:
                    # The database was away, say. The dates are still there at the next look.
                    log.error("Dates could not be looked at now (%s); it is tried again.", type(problem).__name__)
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
    counts = known.exclude(state=WITHDRAWN, withdrawn_because=CHANGED).values_list("once", flat=True)
    told = {":".join(once.split(":")[:3]) for once in counts}
    found = [pk for pk, starts_at in near.values_list("pk", "starts_at") if cause(pk, starts_at) not in told]
    return sum(_remind(pk, now) for pk in found)


def cause(appointment_id: int, starts_at: datetime) -> str:
    """Return how the causes of reminders of a date at a time begin; a running number of its messages follows."""
    return f"reminder:{appointment_id}:{_stamp(starts_at)}"


def _stamp(starts_at: datetime) -> str:
    # In UTC, whichever clock the moment was read by: one time is one cause.
    return f"{starts_at.astimezone(UTC):%Y%m%dT%H%M}"


def _messages_of(appointment_id: int) -> QuerySet[OutboxMessage]:
    about = Q(once__startswith=f"reminder:{appointment_id}:") | Q(once__startswith=f"changed:{appointment_id}:")
    return OutboxMessage.objects.filter(about)


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
        return _post("appointment_reminder", row, "reminder", now)


def _post(kind: str, row: Appointment, about: str, now: datetime) -> bool:
    # Numbered, so that a date that is moved there and back is told of each time. The caller holds the date's lock.
    once = f"{about}:{row.pk}:{_stamp(row.starts_at)}:{_messages_of(row.pk).count() + 1}"
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
    """Within the act that cancels or moves a date: withdraw what waits about it, or tell who has heard otherwise.

    `was` is when the date was until now.
    """
    for about in ("reminder", "changed"):
        withdraw_posted(f"{about}:{row.pk}:", because=CHANGED, at=act.at)
    heard = _messages_of(row.pk).filter(state=SENT).order_by("posted_at", "pk").last()
    if heard is None or was <= act.at:
        return
    if row.cancelled_at is not None:
        _post("appointment_cancelled", row, "cancelled", act.at)
    elif heard.once.split(":")[2] != _stamp(row.starts_at):
        # Where the new time is near, being told of it is the reminder; else there is one later on.
        ahead = act.at + timedelta(days=figure("calendar", "reminder_days_ahead").value)
        _post("appointment_changed", row, "reminder" if row.starts_at <= ahead else "changed", act.at)
