"""The way from a page to the messages that go out: of one's own clinic's patients, and those about no patient."""

from django.db.models import Q, QuerySet

from glimmer.records.access import NotFound, require
from glimmer.records.clinics import in_reach
from glimmer.records.episodes import Episode
from glimmer.records.looking import note_patients, note_record
from glimmer.records.outbox import OutboxMessage, SendingTry
from glimmer.records.staff import Staff


def access_outbox(by: Staff) -> QuerySet[OutboxMessage]:
    """Return the messages that `by` may see, the newest first. Whoever lists them calls `note_listed`."""
    require(by, "outbox.view")
    mine = Episode.objects.filter(in_reach(by)).values("patient_id")
    found = OutboxMessage.objects.filter(Q(patient__isnull=True) | Q(patient__in=mine))
    return found.select_related("patient", "asked_by")


def note_listed(by: Staff, rows: list[OutboxMessage]) -> None:
    """Note for the audit whom a list of messages named."""
    note_patients(by, (row.patient_id for row in rows if row.patient_id is not None))


def access_outbox_message(by: Staff, message_id: int) -> OutboxMessage:
    """Return one message, or raise NotFound."""
    found = access_outbox(by).filter(pk=message_id).first()
    if found is None:
        raise NotFound("There is no such message. Go back to the outbox and choose again.")
    note_record(by, found, found.patient_id)
    return found


def tries_of(message: OutboxMessage) -> list[SendingTry]:
    """Return each try to send a message, the first one first."""
    return list(SendingTry.objects.filter(message=message).order_by("number"))
