"""What the gateway would make of a file, without storing anything: for the person who connects a device.

The time of arrival is taken to be the message's own (MSH-7), because a file says nothing about clocks.
Whether the patient and the device are known is not asked either: that needs the clinic's records.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from glimmer.gateway.clock import CLINIC_ZONE
from glimmer.gateway.dialect import DialectBook
from glimmer.gateway.framing import START, Frame, MllpDecoder
from glimmer.gateway.message import Answer, DeviceMessage, read_message
from glimmer.gateway.rows import Row
from glimmer.gateway.segments import Said, acknowledgement_of, segments_of
from glimmer.vocabulary.parameters import FORMS

NEXT_HEADER = re.compile(rb"(?:\A|(?<=[\r\n]))(?=MSH[^A-Za-z0-9\s])")
SAYS = {
    Answer.STORED: "stored",
    Answer.REJECTED: "refused for good",
    Answer.SEND_AGAIN: "asked to send it again",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a file holds, message by message; `segments` are, for each, what its segments became."""

    file_name: str
    messages: tuple[DeviceMessage, ...]
    segments: tuple[tuple[Said, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as plain values; times are ISO 8601 in UTC."""
        pairs = zip(self.messages, self.segments, strict=True)
        return {"file": self.file_name, "messages": [_message_json(m, said) for m, said in pairs]}

    def __str__(self) -> str:
        if not self.messages:
            return f"{self.file_name} holds no HL7 message: nothing in it begins with MSH."
        pairs = zip(self.messages, self.segments, strict=True)
        return "\n\n".join(_message_text(n, m, said) for n, (m, said) in enumerate(pairs, start=1))


def explain(path: Path | str, zone: tzinfo = CLINIC_ZONE, book: DialectBook | None = None) -> Explanation:
    """Read a file of one or more messages, with MLLP framing or bare; raise OSError when it cannot be read.

    `book` holds the dialects to read it by, else those in use.
    """
    data = Path(path).read_bytes()
    frames = _framed(data) if START in data else _bare(data)
    messages = tuple(_read(f, zone, book) for f in frames)
    segments = tuple(segments_of(f.data, m, zone, book) for f, m in zip(frames, messages, strict=True))
    return Explanation(Path(path).name, messages, segments)


def _framed(data: bytes) -> list[Frame]:
    decoder = MllpDecoder()
    return [*decoder.feed(data), *decoder.give_up()]


def _bare(data: bytes) -> list[Frame]:
    """Cut a file without framing before each MSH that begins a line."""
    starts = [found.start() for found in NEXT_HEADER.finditer(data)]
    if not starts:
        return []
    return [Frame(data[a:b]) for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]


def _read(frame: Frame, zone: tzinfo, book: DialectBook | None) -> DeviceMessage:
    unknown = datetime.fromtimestamp(0, UTC)
    sent_at = read_message(frame.data, unknown, zone, frame.problem).sent_at
    return read_message(frame.data, sent_at or unknown, zone, frame.problem, again=frame.again, book=book)


def _message_json(message: DeviceMessage, segments: tuple[Said, ...]) -> dict[str, Any]:
    return {
        "kind": message.kind,
        "type": message.message_type,
        "sender": message.sender,
        "facility": message.facility,
        "control_id": message.control_id,
        "sent_at": _iso(message.sent_at),
        "patient": {
            "identifiers": [{"value": i.value, "authority": i.authority, "type": i.type} for i in message.identifiers],
            "name": message.patient_name,
            "bed": message.bed,
        },
        "device": message.device,
        "not_charted_because": message.quarantine,
        "sender_is_told": "nothing" if message.kind == "acknowledgement" else SAYS[message.answer],
        "alarm": _fields(message.alarm),
        "pump": _fields(message.pump),
        "rows": [_row_json(row) for row in message.rows],
        "problems": list(message.problems),
        "segments": [said._asdict() for said in segments],
        "acknowledgement": list(acknowledgement_of(message)),
    }


def _fields(thing: Any) -> dict[str, Any] | None:
    if thing is None:
        return None
    values = {name: getattr(thing, name) for name in thing.__slots__}
    return {name: _iso(v) if isinstance(v, datetime) else v for name, v in values.items()}


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "sent_value": row.raw_value,
        "sent_unit": row.raw_unit,
        "parameter": row.parameter.value if row.parameter else None,
        "value": row.value,
        "unit": row.unit,
        "site": row.site,
        "measured_at": _iso(row.measured_at),
        "charted": row.charted,
        "why_not": row.why_not,
        "time_from": row.time_from,
        "evidence": row.evidence,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _message_text(number: int, message: DeviceMessage, segments: tuple[Said, ...]) -> str:
    identifiers = ", ".join(" ".join(p for p in (i.value, i.type, i.authority) if p) for i in message.identifiers)
    sender = message.sender or "nobody named"
    lines = [
        f"Message {number}: {message.message_type or 'no type'} ({message.kind}) from {sender}"
        + (f", control id {message.control_id}" if message.control_id else ""),
        f"  Patient   {identifiers or 'no identifier'}" + (f", {message.patient_name}" if message.patient_name else ""),
        f"  Bed       {message.bed or 'not said'}",
        f"  Device    {message.device or 'not said'}",
        f"  Sent at   {_clock(message.sent_at)}",
    ]
    if message.quarantine:
        lines.append(f"  NOT CHARTED: {message.quarantine}")
    lines += _event_text(message)
    lines += [f"  {_row_text(row)}" for row in message.rows]
    lines += [f"  Note      {problem}" for problem in message.problems]
    return "\n".join([*lines, *_segments_text(segments), *_acknowledgement_text(message)])


def _event_text(message: DeviceMessage) -> list[str]:
    lines = []
    if alarm := message.alarm:
        about = (alarm.phase, alarm.state, alarm.priority and f"{alarm.priority} priority")
        kind = alarm.about.replace("_", " ") + (f" of {alarm.parameter}" if alarm.about and alarm.parameter else "")
        told = ", ".join(p for p in (*about, kind) if p)
        lines.append(f"  Alarm     {alarm.text or alarm.name} ({alarm.code}): {told}")
    if pump := message.pump:
        told = ", ".join(p for p in (pump.in_words, pump.status, pump.drug, pump.channel) if p)
        lines.append(f"  Pump      {told}")
    return lines


def _segments_text(segments: tuple[Said, ...]) -> list[str]:
    if not segments:
        return []
    lines = ["  Segment by segment"]
    for said in segments:
        lines.append(f"  {said.number:>4} {said.segment}  {said.became}")
        lines += [f"            {said.why}"] if said.why else []
    return lines


def _acknowledgement_text(message: DeviceMessage) -> list[str]:
    sent = acknowledgement_of(message)
    if not sent:
        return ["  Answered with nothing"]
    return ["  Answered with", *(f"    {line}" for one in sent for line in one.rstrip("\r").split("\r"))]


def _row_text(row: Row) -> str:
    name = FORMS[row.parameter].name if row.parameter else f"{row.name or row.code}"
    if not row.charted:
        return f"- {name:<34} {row.raw_value} {row.raw_unit}".rstrip() + f"  not charted: {row.why_not}"
    site = f" ({row.site})" if row.site else ""
    return f"+ {name + site:<34} {row.value:g} {row.unit}  measured at {_clock(row.measured_at)}"


def _clock(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "no readable time"
