"""One device message, read: who sent it, for whom, its readings, its alarm or pump event, and what is wrong with it.

`read_message` never raises and never guesses. A message that must not be charted has `quarantine` in words,
and `answer` is what its sender is told.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from glimmer.gateway.clock import CLINIC_ZONE, parse_time, zone_of
from glimmer.gateway.dialect import TIMES, Dialect, DialectBook
from glimmer.gateway.dialect_files import in_use
from glimmer.gateway.events import DeviceAlarmReport, PumpEvent, find_alarm, read_alarm, read_pump_event
from glimmer.gateway.hl7 import NULL, STANDARD_MARKS, Hl7Message, Hl7Problem, Segment, Separators, escape, parse
from glimmer.gateway.integrity import damage, repeated
from glimmer.gateway.meanings import LONGEST_REMEMBERED
from glimmer.gateway.rows import Line, Row, read_rows
from glimmer.vocabulary.readings import Reading

KINDS = {"R01": "vitals", "R40": "alarm", "R42": "pump"}
WATCHDOG = "196614"
"""MDC_EVT_ACTIVE: a monitor's sign of life to an alarm receiver; nothing happened to a patient."""

ABOVE = {place: int(place[-1]) for place in TIMES if not place.startswith("OBX")}
"""Where a time may stand above the OBX, and the number of its field."""

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
    `answer` is what the sender is told once the message is stored, and `error` why not by HL7 table 0357.
    `control_field` is MSH-10 to the letter, as an answer repeats it. `problems` are smaller things, in words.
    `fingerprint` is the same for a message that was sent twice, and for no other: control ids alone will not
    do, because devices start counting again. It is "" for a message that must never count as seen before.
    """

    received_at: datetime
    sender: str = ""
    facility: str = ""
    control_id: str = ""
    control_field: str = ""
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
    error: str = ""
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
    raw: bytes,
    received_at: datetime,
    zone: tzinfo = CLINIC_ZONE,
    problem: str = "",
    *,
    again: bool = True,
    book: DialectBook | None = None,
) -> DeviceMessage:
    """Read one unframed message. `zone` holds for times that name none when MSH-7 names none either.

    `problem` is what the framing found wrong with these bytes: then only the header is read, for the answer,
    and `again` says whether sending it again may help. `book` holds the dialects, else those in use.
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
    twice = repeated(message, raw)
    quarantine, answer, heading["error"] = _objection(message, kind, twice)
    if twice:
        # Whose are these? Nothing below the header is read, so that nothing can land on a wrong patient.
        return DeviceMessage(received_at, kind=kind, quarantine=quarantine, answer=answer, **heading)
    words = dialect_of(header, book)
    lines = message.all("OBX")
    alarm_line = find_alarm(lines, words) if kind in ("alarm", "watchdog") else None
    heading["device"] = _device(lines) or heading["device"]
    return DeviceMessage(
        received_at,
        kind=kind,
        identifiers=_identifiers(message),
        patient_name=_patient_name(message),
        bed=_bed(message),
        rows=read_rows(_with_times(message, words), zone, words, alarm_line),
        alarm=read_alarm(alarm_line, lines, message, zone, words) if alarm_line else None,
        pump=read_pump_event(lines, words) if kind in ("pump", "vitals") else None,
        quarantine=quarantine,
        answer=answer,
        problems=message.problems + _lesser_problems(message, kind),
        fingerprint=_fingerprint(header, raw) if answer is Answer.STORED else "",
        **heading,
    )


def dialect_of(header: Segment, book: DialectBook | None = None) -> Dialect:
    """Return the words that the sender of a message with this header uses, by `book` or the one in use."""
    return (book or in_use()).of((header.raw(3), header.raw(4), header.raw(21), header.raw(12)))


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
    about_sender = tuple(header.raw(field) for field in SAME_EVERY_TIME)
    read = _sender_remembered if sum(map(len, about_sender)) <= LONGEST_REMEMBERED else _sender
    return {**read(about_sender, header.separators), **_control(header), "sent_at": sent_at}


def _control(header: Segment) -> dict[str, str]:
    control_id = header.text(10)
    marks = header.separators
    usual = (marks.field, marks.component, marks.repetition, marks.escape, marks.subcomponent) == USUAL_MARKS
    return {"control_id": control_id, "control_field": header.raw(10) if usual else escape(control_id)}


USUAL_MARKS = ("|", *STANDARD_MARKS)
SAME_EVERY_TIME = (3, 4, 5, 6, 9, 11, 12, 15, 16)
"""Fields of the MSH that a device sends alike in every message, so that they are taken apart once."""


def _sender(raw: tuple[str, ...], separators: Separators) -> dict[str, Any]:
    line = Segment("MSH", list(raw), separators)
    application, facility, receiver, receiving_facility, kind, processing, version, accept, answer = (
        line.text(n) for n in range(len(raw))
    )
    return {
        "sender": application,
        "facility": facility,
        "message_type": "^".join(part for part in (kind, line.text(4, 2)) if part),
        "version": version,
        "processing": processing,
        "accept_mode": accept,
        "application_mode": answer,
        "receiver": receiver,
        "receiving_facility": receiving_facility,
        "device": application,
    }


_sender_remembered = lru_cache(maxsize=1024)(_sender)


def _fingerprint(header: Segment, raw: bytes) -> str:
    return blake2b(raw, digest_size=16).hexdigest() if header.text(10) else ""


def _kind(message: Hl7Message) -> str:
    code, trigger = message.header.text(9, 1), _trigger(message.header)
    if code in ("ACK", "ORA", "RRG") or message.first("MSA"):
        return "acknowledgement"
    if code == "RGV":
        return "order"
    if code != "ORU":
        return "other"
    if trigger == "R40" and any(line.text(3) == WATCHDOG for line in message.all("OBX")):
        return "watchdog"
    return KINDS.get(trigger, "other")


def _trigger(header: Segment) -> str:
    """Return the event of MSH-9; where an ORU names none, that of its structure, or before version 2.5 the only one."""
    if trigger := header.text(9, 2):
        return trigger
    if structure := header.text(9, 3).partition("_")[2]:
        return structure
    return "R01" if header.text(12).startswith(OLD_VERSIONS) else ""


OLD_VERSIONS = ("2.1", "2.2", "2.3", "2.4")


def _objection(message: Hl7Message, kind: str, twice: str) -> tuple[str, Answer, str]:
    """Return why the message may not be charted, what its sender is told, and the error by HL7 table 0357."""
    header = message.header
    if twice:
        what = "two message headers (MSH)" if twice == "MSH" else "two patients (PID)"
        words = f"One message holds {what}, so it is not certain whose readings these are."
        return words, Answer.REJECTED, "100"
    if kind == "acknowledgement":
        return "This is an acknowledgement, but Glimmer had sent nothing for it to answer.", Answer.STORED, ""
    if kind == "order":
        words = "This is an order to a pump (PCD-03). Glimmer neither programs pumps nor passes orders on."
        return words, Answer.REJECTED, "200"
    if kind == "other":
        sent = "^".join(part for part in (header.text(9, 1), header.text(9, 2)) if part)
        named = f"the type {sent}" if sent else "no type"
        words = f"The message has {named}, which Glimmer does not take. It takes ORU^R01, ORU^R40 and ORU^R42."
        return words, Answer.REJECTED, "201" if header.text(9) == "ORU" else "200"
    if not header.text(10):
        words = "The message has no control id (MSH-10), so a repeat could not be told from a new one."
        return words, Answer.REJECTED, "101"
    if damaged := damage(message):
        return damaged, Answer.STORED, ""
    if mode := PROCESSING.get(header.text(11)):
        return f"The sender marks this message as {mode} (MSH-11), so nothing of it is charted.", Answer.STORED, ""
    return "", Answer.STORED, ""


def _lesser_problems(message: Hl7Message, kind: str) -> tuple[str, ...]:
    if kind in ("vitals", "alarm", "pump") and message.first("PID") is None:
        return ("The message names no patient (it has no PID).",)
    return ()


def _identifiers(message: Hl7Message) -> tuple[PatientIdentifier, ...]:
    pid = message.first("PID")
    if pid is None:
        return ()
    raw = pid.raw(3)
    read = _identifiers_remembered if len(raw) <= LONGEST_REMEMBERED else _identifiers_in
    return read(raw, pid.separators)


def _identifiers_in(raw: str, separators: Separators) -> tuple[PatientIdentifier, ...]:
    pid = Segment("PID", [raw], separators)
    return tuple(
        PatientIdentifier(value, _authority(pid, n), pid.text(0, 5, n))
        for n in range(1, len(pid.repetitions(0)) + 1)
        if (value := pid.text(0, 1, n))
    )


_identifiers_remembered = lru_cache(maxsize=1024)(_identifiers_in)


def _authority(pid: Segment, repetition: int) -> str:
    parts = pid.subcomponents(0, 4, repetition)
    return parts[0].strip() if parts else ""


def _patient_name(message: Hl7Message) -> str:
    pid = message.first("PID")
    if pid is None or not pid.raw(5):
        return ""
    family, given, further = ([part.strip() for part in pid.components(5)[:3]] + ["", "", ""])[:3]
    return " ".join(part for part in (given, further, family) if part and part != NULL)


def _bed(message: Hl7Message) -> str:
    visit = message.first("PV1")
    return ", ".join(part.strip() for part in visit.components(3)[:3] if part.strip()) if visit else ""


def _device(lines: list[Segment]) -> str:
    """Return the device's own id, the first OBX-18 (its entity or universal id), or "" when none is sent."""
    for line in lines:
        if line.raw(18) and (device := line.text(18) or line.text(18, 3)):
            return device
    return ""


def _with_times(message: Hl7Message, words: Dialect) -> list[Line]:
    """Return each OBX with the time of the OBR above it, or of the message, by the order that the dialect names."""
    lines = []
    time, time_from = _time_above(None, message.header, words)
    for segment in message.segments:
        if segment.name == "OBR":
            time, time_from = _time_above(segment, message.header, words)
        elif segment.name == "OBX":
            lines.append((segment, time, time_from))
    return lines


def _time_above(report: Segment | None, header: Segment, words: Dialect) -> tuple[str, str]:
    for place in words.times:
        where = header if place == "MSH-7" else report
        if where is not None and place in ABOVE and (text := where.text(ABOVE[place])):
            return text, place
    return "", ""
