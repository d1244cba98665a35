"""One device message, read: who sent it, for whom, its readings, its alarm or pump event, and what is wrong with it.

`read_message` never raises and never guesses. A message that must not be charted has `quarantine` in words,
and `answer` is what its sender is told.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from glimmer.gateway.clock import CLINIC_ZONE, parse_time, zone_of
from glimmer.gateway.dialect import dialect
from glimmer.gateway.events import DeviceAlarmReport, PumpEvent, find_alarm, read_alarm, read_pump_event
from glimmer.gateway.hl7 import Hl7Message, Hl7Problem, Segment, parse
from glimmer.gateway.rows import Row, read_rows
from glimmer.vocabulary.readings import Reading

KINDS = {"R01": "vitals", "R40": "alarm", "R42": "pump"}
WATCHDOG = "196614"
"""MDC_EVT_ACTIVE: a monitor's sign of life to an alarm receiver; nothing happened to a patient."""

PROCESSING = {"D": "debugging", "T": "training"}


class Answer(StrEnum):
    """What a sender is told: safely stored; refused for good; or damaged or not stored, so send it again."""

    STORED = "A"
    REJECTED = "R"
    SEND_AGAIN = "E"


@dataclass(frozen=True, slots=True)
class PatientIdentifier:
    """One identifier of PID-3 as sent: value, assigning authority and type code (such as NH, MR, PI)."""

    value: str
    authority: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """A message from a monitor or pump, or what could be read of it.

    `kind` is vitals, alarm, pump, watchdog, acknowledgement, order or other. `sent_at` is MSH-7 in UTC and
    `clock_skew_seconds` how far it lies before `received_at` (negative: the sender's clock is ahead).
    `quarantine` says why nothing of the message may be charted ("" when nothing speaks against it so far);
    `answer` is what the sender is told once the message is stored. `problems` are smaller things, in words.
    `fingerprint` is the same for a message that was sent twice, and for no other: control ids alone will not
    do, because devices start counting again. It is "" for a message that must never count as seen before.
    """

    received_at: datetime
    sender: str = ""
    facility: str = ""
    control_id: str = ""
    message_type: str = ""
    kind: str = "other"
    version: str = ""
    processing: str = ""
    accept_mode: str = ""
    application_mode: str = ""
    receiver: str = ""
    receiving_facility: str = ""
    sent_at: datetime | None = None
    identifiers: tuple[PatientIdentifier, ...] = ()
    patient_name: str = ""
    bed: str = ""
    device: str = ""
    rows: tuple[Row, ...] = ()
    alarm: DeviceAlarmReport | None = None
    pump: PumpEvent | None = None
    quarantine: str = ""
    answer: Answer = Answer.STORED
    fingerprint: str = ""
    problems: tuple[str, ...] = ()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The values to chart, should the message prove to be about a known patient."""
        if self.quarantine:
            return ()
        return tuple(reading for row in self.rows if (reading := row.reading))

    @property
    def clock_skew_seconds(self) -> float | None:
        """Seconds from the sender's clock to ours on arrival; None when the message has no readable time."""
        return None if self.sent_at is None else (self.received_at - self.sent_at).total_seconds()


def read_message(
    raw: bytes, received_at: datetime, zone: tzinfo = CLINIC_ZONE, problem: str = "", *, again: bool = True
) -> DeviceMessage:
    """Read one unframed message. `zone` holds for times that name none when MSH-7 names none either.

    `problem` is what the framing found wrong with these bytes: then only the header is read, for the answer,
    and `again` says whether sending it again may help.
    """
    try:
        message = parse(raw)
    except Hl7Problem as unreadable:
        return DeviceMessage(received_at, quarantine=problem or str(unreadable), answer=Answer.REJECTED)
    header = message.header
    zone = _zone(header, zone)
    kind = _kind(message)
    heading = _heading(header, zone)
    if problem:
        answer = Answer.SEND_AGAIN if again else Answer.REJECTED
        return DeviceMessage(received_at, kind=kind, quarantine=problem, answer=answer, **heading)
    quarantine, answer = _objection(message, kind)
    if _repeated(message):
        # Whose are these? Nothing below the header is read, so that nothing can land on a wrong patient.
        return DeviceMessage(received_at, kind=kind, quarantine=quarantine, answer=answer, **heading)
    words = dialect()
    lines = message.all("OBX")
    alarm_line = find_alarm(lines, words) if kind in ("alarm", "watchdog") else None
    heading["device"] = _device(lines) or heading["device"]
    return DeviceMessage(
        received_at,
        kind=kind,
        identifiers=_identifiers(message),
        patient_name=_patient_name(message),
        bed=_bed(message),
        rows=read_rows(_with_times(message, header), zone, words, alarm_line),
        alarm=read_alarm(alarm_line, lines, message, zone, words) if alarm_line else None,
        pump=read_pump_event(lines, words) if kind in ("pump", "vitals") else None,
        quarantine=quarantine,
        answer=answer,
        problems=message.problems + _lesser_problems(message, kind),
        fingerprint=_fingerprint(header, raw) if answer is Answer.STORED else "",
        **heading,
    )


def _zone(header: Segment, zone: tzinfo) -> tzinfo:
    try:
        return zone_of(header.text(7)) or zone
    except Hl7Problem:
        return zone


def _heading(header: Segment, zone: tzinfo) -> dict[str, Any]:
    """Return the fields of a DeviceMessage that the header alone gives."""
    try:
        sent_at = parse_time(header.text(7), zone) if header.raw(7) else None
    except Hl7Problem:
        sent_at = None
    return {
        "sender": header.text(3),
        "facility": header.text(4),
        "control_id": header.text(10),
        "message_type": "^".join(part for part in (header.text(9), header.text(9, 2)) if part),
        "version": header.text(12),
        "processing": header.text(11),
        "accept_mode": header.text(15),
        "application_mode": header.text(16),
        "receiver": header.text(5),
        "receiving_facility": header.text(6),
        "sent_at": sent_at,
        "device": header.text(3),
    }


def _fingerprint(header: Segment, raw: bytes) -> str:
    return blake2b(raw, digest_size=16).hexdigest() if header.text(10) else ""


def _kind(message: Hl7Message) -> str:
    code, trigger = message.header.text(9, 1), message.header.text(9, 2)
    if code in ("ACK", "ORA", "RRG") or message.first("MSA"):
        return "acknowledgement"
    if code == "RGV":
        return "order"
    if code != "ORU":
        return "other"
    if trigger == "R40" and any(line.text(3) == WATCHDOG for line in message.all("OBX")):
        return "watchdog"
    return KINDS.get(trigger, "other")


def _repeated(message: Hl7Message) -> str:
    """Return MSH or PID when the message holds two of them, else ""."""
    return next((name for name in ("MSH", "PID") if len(message.all(name)) > 1), "")


def _objection(message: Hl7Message, kind: str) -> tuple[str, Answer]:
    """Return why the message may not be charted, and what its sender is told."""
    header = message.header
    if twice := _repeated(message):
        what = "two message headers (MSH)" if twice == "MSH" else "two patients (PID)"
        return f"One message holds {what}, so it is not certain whose readings these are.", Answer.REJECTED
    if kind == "acknowledgement":
        return "This is an acknowledgement, but Glimmer had sent nothing for it to answer.", Answer.STORED
    if kind == "order":
        return (
            "This is an order to a pump (PCD-03). Glimmer neither programs pumps nor passes orders on.",
            Answer.REJECTED,
        )
    if kind == "other":
        sent = "^".join(part for part in (header.text(9, 1), header.text(9, 2)) if part)
        named = f"the type {sent}" if sent else "no type"
        return (
            f"The message has {named}, which Glimmer does not take. It takes ORU^R01, ORU^R40 and ORU^R42.",
            Answer.REJECTED,
        )
    if not header.text(10):
        return "The message has no control id (MSH-10), so a repeat could not be told from a new one.", Answer.REJECTED
    if mode := PROCESSING.get(header.text(11)):
        return f"The sender marks this message as {mode} (MSH-11), so nothing of it is charted.", Answer.STORED
    return "", Answer.STORED


def _lesser_problems(message: Hl7Message, kind: str) -> tuple[str, ...]:
    if kind in ("vitals", "alarm", "pump") and message.first("PID") is None:
        return ("The message names no patient (it has no PID).",)
    return ()


def _identifiers(message: Hl7Message) -> tuple[PatientIdentifier, ...]:
    pid = message.first("PID")
    if pid is None:
        return ()
    return tuple(
        PatientIdentifier(value, _subpart(pid, 4, n), pid.text(3, 5, n))
        for n in range(1, len(pid.repetitions(3)) + 1)
        if (value := pid.text(3, 1, n))
    )


def _subpart(pid: Segment, component: int, repetition: int) -> str:
    parts = pid.subcomponents(3, component, repetition)
    return parts[0].strip() if parts else ""


def _patient_name(message: Hl7Message) -> str:
    pid = message.first("PID")
    if pid is None:
        return ""
    family, given, further = pid.text(5, 1), pid.text(5, 2), pid.text(5, 3)
    return " ".join(part for part in (given, further, family) if part)


def _bed(message: Hl7Message) -> str:
    visit = message.first("PV1")
    return ", ".join(part.strip() for part in visit.components(3)[:3] if part.strip()) if visit else ""


def _device(lines: list[Segment]) -> str:
    """Return the device's own id, the first OBX-18 (its entity or universal id), or "" when none is sent."""
    for line in lines:
        if line.raw(18) and (device := line.text(18) or line.text(18, 3)):
            return device
    return ""


def _with_times(message: Hl7Message, header: Segment) -> list[tuple[Segment, str]]:
    """Pair each OBX with the OBR-7 above it; without one, with the time of the message."""
    lines, observed = [], header.text(7)
    for segment in message.segments:
        if segment.name == "OBR":
            observed = segment.text(7) or header.text(7)
        elif segment.name == "OBX":
            lines.append((segment, observed))
    return lines
