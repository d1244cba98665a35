"""Messages to patients and to named recipients: posted with the act that causes them, sent after it is on disk.

    with acting(by, "calendar.book", verb="book_appointment", episode=episode, at=at) as act:
        ...write the appointment...
        post_message(
            "appointment_reminder",                       # a kind of guidance/messages.toml: add yours there
            to_patient(episode.patient, TEXT),            # or Recipient(EMAIL, "gp@example.org", "Dr Ada Quince")
            {"when": appointment.starts_at},              # clinic, telephone: filled in by themselves
            once=f"reminder:{appointment.pk}:{appointment.starts_at.isoformat()}",
            at=act.at,
            asked_by=act.by,
            patient=episode.patient,
            not_before=appointment.starts_at - timedelta(days=2),
            not_after=appointment.starts_at,
        )
    ...and where the appointment is cancelled, in that action's transaction:
        withdraw_posted(f"reminder:{appointment.pk}:", because="The appointment was cancelled.", at=act.at)

What this promises: the message and the act stand or fall together; the same `once` is stored once, whoever asks how
often; a process that is killed afterwards loses nothing, and what was under way is sent again and says so
(`actions/delivery.py`). What goes out is reviewed words of a file with a few fields, and a rule refuses whatever tells
whom it is about: there is no way to send words of one's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils import formats, timezone, translation

from glimmer.actions.act import acting
from glimmer.actions.delivery import wake
from glimmer.care.messages import Identity, identifies_nobody
from glimmer.guidance.messages import LANGUAGES, message
from glimmer.records.outbox import EMAIL, FAILED, KEPT, LINK, TEXT, WAITING, WITHDRAWN, OutboxMessage
from glimmer.records.patients import Patient
from glimmer.records.sealed import seal
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused

Field = str | date | datetime


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a message goes: `channel` is EMAIL or TEXT, `name` says who that is where it is not the patient."""

    channel: str
    address: str
    name: str = ""


def to_patient(patient: Patient, channel: str) -> Recipient:
    """Return the patient's own address for a channel; raise BadInput where the record has none that can be used."""
    address = patient.email if channel == EMAIL else patient.telephone
    if not address.strip():
        missing = "e-mail address" if channel == EMAIL else "telephone number"
        raise BadInput(f"No {missing} of the patient is known. Enter it with the referral first.", field="channel")
    return Recipient(channel, address)


def post_message(
    kind: str,
    to: Recipient,
    fields: Mapping[str, Field],
    *,
    once: str,
    at: datetime,
    asked_by: Staff | None = None,
    patient: Patient | None = None,
    language: str = "en",
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> OutboxMessage:
    """Store a message inside the caller's transaction; it is sent once that is on disk, and not before `not_before`.

    `kind` is a message of `guidance/messages.toml`; `fields` fills in what it names (times are written in the
    message's language; `clinic` and `telephone` come from the settings, `link` is kept sealed until it is sent).
    `once` names the cause: a second call with the same gives back the first message, unchanged. `patient` is whom it
    is about, also where somebody else receives it. After `not_after` it is no longer sent.

    Raises RuntimeError outside a transaction or for a kind or field that does not exist, BadInput for an address that
    cannot be one, RuleRefused where the message would say whom it is about.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("post_message() must run in the transaction of the act that causes the message.")
    known = OutboxMessage.objects.filter(once=once).first()
    if known is not None:
        return known
    checked = Recipient(to.channel, _address(to), to.name.strip())
    written = _written(kind, fields, language)
    subject, words = _composed(kind, written, language, to.channel)
    _refuse_identifiers(written, f"{subject}\n{words}", patient)
    link = str(fields.get("link", ""))
    # Two at the same moment: the unique cause lets one through, and the other is given that one.
    stored, is_new = OutboxMessage.objects.get_or_create(
        once=once,
        defaults={
            "kind": kind,
            "channel": checked.channel,
            "address": checked.address,
            "to_name": checked.name,
            "patient": patient,
            "language": language,
            "subject": subject,
            "words": words,
            "sealed_link": seal(link.encode()) if link else "",
            "posted_at": at,
            "asked_by": asked_by,
            "try_at": max(at, not_before) if not_before else at,
            "not_after": not_after,
        },
    )
    if is_new:
        transaction.on_commit(wake)
    return stored


def withdraw_posted(once: str, *, because: str, at: datetime) -> int:
    """Withdraw what still waits and whose cause begins with `once`; return how many. What went out stays as it is."""
    waiting = OutboxMessage.objects.select_for_update(of=("self",)).filter(once__startswith=once, state=WAITING)
    keys = list(waiting.values_list("pk", flat=True))
    return OutboxMessage.objects.filter(pk__in=keys).update(
        state=WITHDRAWN, ended_at=at, withdrawn_because=because, sealed_link=""
    )


def retry_message(message_out: OutboxMessage, *, by: Staff, at: datetime | None = None) -> OutboxMessage:
    """Let a message that failed, or was only kept here, be tried again."""
    with acting(by, "outbox.send", verb="retry_message", at=at) as act:
        fresh = OutboxMessage.objects.select_for_update(of=("self",)).get(pk=message_out.pk)
        act.about(fresh)
        act.patient_id = fresh.patient_id
        if fresh.state not in (FAILED, KEPT):
            raise RuleRefused("This message is not one that failed. Look at the outbox again to see where it stands.")
        if fresh.has_run_out(act.at):
            raise RuleRefused("It is too late for this message to be of use. Make a new one.")
        if LINK in fresh.words and not fresh.sealed_link:
            raise RuleRefused("The link of this message is no longer kept. Make a new invitation.")
        fresh.state, fresh.ended_at, fresh.try_at, fresh.held_until = WAITING, None, act.at, None
        fresh.save(update_fields=["state", "ended_at", "try_at", "held_until"])
        act.after_commit(wake)
    return fresh


def withdraw_message(message_out: OutboxMessage, because: str, *, by: Staff, at: datetime | None = None) -> None:
    """Let a message that waits go nowhere, and say why."""
    with acting(by, "outbox.send", verb="withdraw_message", at=at) as act:
        fresh = OutboxMessage.objects.select_for_update(of=("self",)).get(pk=message_out.pk)
        act.about(fresh)
        act.patient_id = fresh.patient_id
        if not because.strip():
            raise BadInput("Say why it is not to be sent.", field="because")
        if fresh.state != WAITING:
            raise RuleRefused("This message no longer waits. Look at the outbox again to see where it stands.")
        fresh.state, fresh.ended_at, fresh.sealed_link = WITHDRAWN, act.at, ""
        fresh.withdrawn_because = because.strip()
        fresh.save(update_fields=["state", "ended_at", "sealed_link", "withdrawn_because"])


def _address(to: Recipient) -> str:
    address = to.address.strip()
    if to.channel == EMAIL:
        try:
            validate_email(address)
        except ValidationError:
            raise BadInput("This is no e-mail address. Correct it in the record first.", field="channel") from None
        return address
    if to.channel != TEXT:
        raise BadInput("Choose e-mail or text message.", field="channel")
    digits = re.sub(r"[\s().-]", "", address)
    # Ten digits at least, fifteen at most (ITU-T E.164), with the country in front or not.
    if not re.fullmatch(r"\+?[0-9]{10,15}", digits):
        raise BadInput("This is no telephone number. Correct it in the record first.", field="channel")
    return digits


def _written(kind: str, fields: Mapping[str, Field], language: str) -> dict[str, str]:
    """Return the fields as words; the link stays a placeholder."""
    of = message(kind)
    if of is None or language not in LANGUAGES:
        raise RuntimeError(f"There is no message {kind!r} in {language!r}: see guidance/messages.toml.")
    own: dict[str, Field] = {
        "clinic": settings.ENVIRONMENT.messages_name,
        "telephone": settings.ENVIRONMENT.clinic_telephone or "the clinic",
    }
    given = {**{name: own[name] for name in own if name in of.fields}, **fields}
    if set(given) != set(of.fields):
        raise RuntimeError(f"The message {kind} needs {sorted(of.fields)}, but was given {sorted(given)}.")
    return {name: LINK if name == "link" else _in_words(value, language) for name, value in given.items()}


def _in_words(value: Field, language: str) -> str:
    with translation.override("cy" if language == "cy" else "en-gb"):
        if isinstance(value, datetime):
            return formats.date_format(timezone.localtime(value), "l j F, H:i")
        if isinstance(value, date):
            return formats.date_format(value, "l j F")
    # One line: nothing that was filled in can begin a header or a line of its own.
    return " ".join(value.split())


def _composed(kind: str, written: Mapping[str, str], language: str, channel: str) -> tuple[str, str]:
    of = message(kind)
    assert of is not None
    filled = of.filled(language, written)
    return filled["subject"], filled["words"] if channel == EMAIL else filled["short"]


def _refuse_identifiers(written: Mapping[str, str], composed: str, patient: Patient | None) -> None:
    if patient is None:
        return
    of = Identity(patient.given_name, patient.family_name, patient.birth_date, patient.nhs_number, patient.local_number)
    verdict = identifies_nobody(written, composed, of)
    if not verdict.allowed:
        raise RuleRefused("This message was not posted: it would say whom it is about.", reasons=verdict.reasons)
