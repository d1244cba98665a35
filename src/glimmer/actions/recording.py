"""A session as one file: written for those who may, entered into the audit trail, and compared with the clinic later.

exported = export_session(session, by=psychiatrist)      exported.raw, exported.name, exported.digest
findings = compare_with_clinic(examine(raw))             is it ours, and does the stored log still say so?
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

import glimmer
from glimmer.actions.act import acting
from glimmer.actions.letter_facts import letterhead
from glimmer.actions.log import protocol_of
from glimmer.actions.ports import port
from glimmer.care.session.events import DeviceAlarm, DeviceReadings, SessionEvent
from glimmer.care.session.log import fold
from glimmer.guidance.protocol import Protocol, protocol_tables
from glimmer.monitoring.recording import package
from glimmer.monitoring.recording.chain import FORMAT, VERSION, canonical, chained, digest_of, event_row, moment_text
from glimmer.monitoring.recording.examine import Examination, Finding, Recording
from glimmer.monitoring.recording.states import state_row, states_at
from glimmer.records.access import require
from glimmer.records.audit import AuditLine, broken_at
from glimmer.records.inbox import InboundMessage
from glimmer.records.logbook import events_of
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.training import CLINIC, purpose
from glimmer.vocabulary.problems import Problem

VERB = "export_session"
STEP = timedelta(minutes=5)
MOST_STEPS = 60
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Exported:
    """The file as bytes, the name to keep it under (it names no patient), and its overall digest."""

    raw: bytes
    name: str
    digest: str


def export_session(
    session: TreatmentSession, *, by: Staff, with_messages: bool = False, at: datetime | None = None
) -> Exported:
    """Return a session as a file and enter its digest into the audit trail.

    The file follows from the log alone, so two exports of the same log are the same bytes; who exported it and
    when stands in the audit trail. It is made before the transaction begins: nobody waits for the typesetter.
    """
    require(by, "session.export")
    events = events_of(session.pk)
    if not events:
        raise Problem("This session's log is empty, so there is nothing to export. Tell the person who runs Glimmer.")
    members = _members(session, events)
    if with_messages:
        members[package.MESSAGES] = chained(_messages(session, events))
    raw, digest = package.pack(members), package.overall_digest(members)
    with acting(by, "session.export", verb="export_session", at=at) as act:
        act.about(session)
        act.patient_id = session.episode.patient_id
        act.note(digest=digest, entries=len(events), messages=with_messages)
    return Exported(raw, f"session-{session.pk}.glimmer.zip", digest)


def _members(session: TreatmentSession, events: Sequence[SessionEvent]) -> dict[str, bytes]:
    protocol = protocol_of(fold(events))
    header = _header(session, protocol)
    lines = chained([header, *map(event_row, events)])
    states = states_at(events, _moments(events))
    rows = [state_row(state) for state in states]
    record = port("render_record")(header=header, events=events, states=states, log_digest=digest_of(lines))
    return {package.SESSION: lines, package.STATES: chained(rows), package.RECORD: record}


def _moments(events: Sequence[SessionEvent]) -> list[datetime]:
    """Return the moments whose state the record prints: every five minutes, or wider where that would be too many."""
    first, last = min(e.received_at for e in events), max(e.received_at for e in events)
    step = STEP
    while (last - first) / step > MOST_STEPS:
        step *= 2
    return [*(first + number * step for number in range(int((last - first) / step) + 1)), last]


def _header(session: TreatmentSession, protocol: Protocol) -> dict[str, Any]:
    """Return everything that a reader in ten years needs beside the entries, the protocol's own tables with it."""
    patient, plan = session.episode.patient, session.plan
    kind = purpose()
    return {
        "format": FORMAT,
        "version": VERSION,
        # Of a session that nobody real was in, the file says so itself: "demo" or "training".
        **({} if kind == CLINIC else {"purpose": kind}),
        "glimmer": glimmer.__version__,
        "time_zone": settings.TIME_ZONE,
        "clinic": letterhead()["name"],
        "session": {
            "id": session.pk,
            "number": session.number,
            "of": plan.sessions,
            "bay": session.bay.name,
            "opened_at": moment_text(session.opened_at),
            "opened_by": str(session.opened_by),
        },
        "patient": {
            "name": patient.name,
            "nhs_number": patient.nhs_number,
            "local_number": patient.local_number,
            "birth_date": patient.birth_date.isoformat(),
            "sex": patient.sex,
        },
        "plan": {
            "version": plan.version,
            "dose_mg": float(plan.dose_mg),
            "dose_mg_per_kg": None if plan.dose_mg_per_kg is None else float(plan.dose_mg_per_kg),
            "weight_kg": float(plan.weight_kg),
            "basis": plan.basis,
            "infusion_minutes": float(plan.infusion_minutes),
            "prescribed_by": str(plan.prescribed_by),
            "prescribed_at": moment_text(plan.prescribed_at),
        },
        "protocol": {
            "id": protocol.id,
            "version": protocol.version,
            "digest": protocol.digest,
            "tables": protocol_tables(protocol.id, protocol.version),
        },
    }


def _messages(session: TreatmentSession, events: Sequence[SessionEvent]) -> Iterator[dict[str, Any]]:
    """Yield the devices' messages of this session, by number: charted on arrival, or later by two people's decision.

    What waits in quarantine, or named another patient, is nobody's yet and stays out.
    """
    charted = set(InboundMessage.objects.filter(session=session, status="charted").values_list("pk", flat=True))
    told = {event.what.message_id for event in events if isinstance(event.what, DeviceReadings | DeviceAlarm)}
    wanted = sorted({*charted, *(number for number in told if number is not None)})
    for first in range(0, len(wanted), CHUNK):
        for message in InboundMessage.objects.filter(pk__in=wanted[first : first + CHUNK]).order_by("pk"):
            yield _message_row(message, with_raw=message.pk in charted)


def _message_row(message: InboundMessage, *, with_raw: bool) -> dict[str, Any]:
    """Return a message as a row; `raw_base64` is null where two people's word, not its own, says whose it is.

    Such a message may name somebody else, whom this record is not about. Its digest tells it from any other.
    """
    raw = bytes(message.raw)
    return {
        "id": message.pk,
        "kind": message.kind,
        "device": message.device_identifier,
        "sender": message.sender,
        "control_id": message.control_id,
        "received_at": moment_text(message.received_at),
        "sha256": digest_of(raw),
        "raw_base64": base64.b64encode(raw).decode() if with_raw else None,
    }


# Is it ours?


def compare_with_clinic(examined: Examination) -> tuple[Finding, ...]:
    """Return what the clinic's own database says of a file: was it exported here, and is the log still the same?"""
    recording = examined.recording
    if recording is None:
        return (Finding(False, "The file cannot be read, so it was not compared with the clinic's records."),)
    chain = broken_at()
    whole = "The clinic's audit trail is whole." if chain is None else f"The audit trail is broken at line {chain}."
    return (Finding(chain is None, whole), _exported_here(recording.session_id, examined.digest), _same_log(recording))


def _exported_here(session_id: int, digest: str) -> Finding:
    lines = AuditLine.objects.filter(action=VERB, subject_id=session_id).order_by("pk")
    line = next((line for line in lines if line.details.get("digest") == digest), None)
    if line is None:
        return Finding(False, "This clinic has never exported a file with this digest from this session.")
    return Finding(
        True, f"Exported here on {line.at:%d %B %Y at %H:%M:%S} UTC by {line.actor_name} (audit line {line.pk})."
    )


def _same_log(recording: Recording) -> Finding:
    stored = [event_row(event) for event in events_of(recording.session_id)]
    told = list(recording.rows)
    if not stored:
        return Finding(False, f"This clinic holds no session {recording.session_id}.")
    for number, (row, kept) in enumerate(zip(told, stored, strict=False), start=1):
        if canonical(row) != canonical(kept):
            return Finding(False, f"The clinic's own log says something else in entry {number}.")
    if len(told) > len(stored):
        return Finding(False, f"The file holds {len(told)} entries, but the clinic's log only {len(stored)}.")
    more = len(stored) - len(told)
    later = f"; {more} were added after the export" if more else ""
    return Finding(True, f"The clinic's own log holds the same {len(told)} entries{later}.")
