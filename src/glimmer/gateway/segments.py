"""What each segment of a message became, and why: in words, for the person who connects a device."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import NamedTuple

from glimmer.gateway.acknowledge import answers
from glimmer.gateway.clock import CLINIC_ZONE, parse_time, zone_of
from glimmer.gateway.dialect import Dialect, DialectBook
from glimmer.gateway.hl7 import Hl7Message, Hl7Problem, Segment, parse
from glimmer.gateway.message import Answer, DeviceMessage, dialect_of
from glimmer.gateway.rows import Row
from glimmer.monitoring.attribution import NAMES_A_PERSON
from glimmer.vocabulary.parameters import FORMS

FORESEEN = {
    Answer.STORED: "once it is stored",
    Answer.REJECTED: "when it is refused for good",
    Answer.SEND_AGAIN: "when it could not be stored",
}
READ_ELSEWHERE = {"MSA": "the acknowledgement itself", "ERR": "why the other side refused"}


class Said(NamedTuple):
    """One segment: `number` is its place in the message from 1; `became` and `why` are for people."""

    number: int
    segment: str
    became: str
    why: str = ""


def segments_of(
    raw: bytes, message: DeviceMessage, zone: tzinfo = CLINIC_ZONE, book: DialectBook | None = None
) -> tuple[Said, ...]:
    """Return what each segment of `raw`, which was read as `message`, became; nothing for bytes that are no HL7."""
    try:
        parsed = parse(raw)
    except Hl7Problem:
        return ()
    return tuple(_Teller(parsed, message, zone, dialect_of(parsed.header, book)).all())


def acknowledgement_of(message: DeviceMessage) -> tuple[str, ...]:
    """Return the answers that the sender would get, to the letter, at the time of arrival."""
    built = answers(message, message.answer, message.quarantine, message.received_at)
    return tuple(one.decode() for one in built)


class _Teller:
    def __init__(self, parsed: Hl7Message, message: DeviceMessage, zone: tzinfo, words: Dialect) -> None:
        self._parsed, self._message, self._words = parsed, message, words
        self._zone = zone
        with suppress(Hl7Problem):
            self._zone = zone_of(parsed.header.text(7)) or zone
        self._rows: dict[int, list[Row]] = {}
        for row in message.rows:
            self._rows.setdefault(row.line, []).append(row)

    def all(self) -> Iterator[Said]:
        lines = 0
        for number, segment in enumerate(self._parsed.segments, start=1):
            if segment.name == "OBX":
                lines += 1
                yield from (Said(number, "OBX", *said) for said in self._value(segment, lines))
            else:
                tell = {"MSH": self._header, "PID": self._patient, "PV1": self._visit, "OBR": self._report}.get(
                    segment.name, self._other
                )
                yield Said(number, segment.name, *tell(segment))

    def _header(self, header: Segment) -> tuple[str, str]:
        message = self._message
        sender = " at ".join(part for part in (message.sender, message.facility) if part) or "nobody named"
        became = (
            f"{message.message_type or 'no type'} ({message.kind}) from {sender}, control id "
            f"{message.control_id or 'none'}, version {message.version or 'not said'}, sent at "
            f"{_clock(message.sent_at)}; read by {', '.join(self._words.files)}"
        )
        return became, self._how_answered()

    def _how_answered(self) -> str:
        message = self._message
        if message.kind == "acknowledgement":
            return "An acknowledgement is never answered."
        modes = (message.accept_mode, message.application_mode)
        asked = f"MSH-15 {modes[0] or 'empty'}, MSH-16 {modes[1] or 'empty'}"
        codes = [f"{self._codes(answer) or 'nothing'} {when}" for answer, when in FORESEEN.items()]
        return f"Answered in {'enhanced' if any(modes) else 'original'} mode ({asked}): {', '.join(codes)}."

    def _codes(self, answer: Answer) -> str:
        built = answers(self._message, answer, "", self._message.received_at)
        return " and ".join(line.text(1) for one in built if (line := parse(one).first("MSA")))

    def _patient(self, pid: Segment) -> tuple[str, str]:
        if not self._message.identifiers:
            return "no identifier is read", self._message.quarantine or "PID-3 names none."
        named = []
        for one in self._message.identifiers:
            told = " ".join(part for part in (one.value, one.type, one.authority) if part)
            can = one.type.upper() in NAMES_A_PERSON
            named.append(f"{told} ({'can name a patient' if can else 'names no patient: a visit, account or other'})")
        return ", ".join(named), "Whether it names the session's patient is asked when it arrives, not here."

    def _visit(self, segment: Segment) -> tuple[str, str]:
        return f"bed {self._message.bed or 'not said'}", "Shown to people; a bed never decides whose a value is."

    def _report(self, report: Segment) -> tuple[str, str]:
        places = [place for place in self._words.times if place.startswith("OBR")]
        sent = next(((p, text) for p in places if (text := report.text(int(p[-1])))), None)
        if sent is None:
            return "no time", f"None of {', '.join(places) or 'its fields'} is filled or used for this sender."
        try:
            at = _clock(parse_time(sent[1], self._zone))
        except Hl7Problem as problem:
            return "a time that cannot be read", str(problem)
        return f"values below were measured at {at}", f"{sent[0]}; a row's own time (OBX-14) would come first."

    def _value(self, line: Segment, number: int) -> list[tuple[str, str]]:
        name = line.text(3, 2) or line.text(3) or "no code"
        if rows := self._rows.get(number):
            return [_row(row, self._message.quarantine) for row in rows]
        if self._message.rows or not self._message.quarantine:
            return [(f"heading {name}", "It has no value: it says where in the device the rows below it are.")]
        return [(f"{name} is not read", self._message.quarantine)]

    def _other(self, segment: Segment) -> tuple[str, str]:
        if segment.name in READ_ELSEWHERE:
            return f"read as {READ_ELSEWHERE[segment.name]}", ""
        return "ignored", f"Glimmer reads nothing from {segment.name}."


def _row(row: Row, quarantine: str) -> tuple[str, str]:
    sent = f"{row.raw_value} {row.raw_unit}".strip() or "nothing"
    if quarantine or not row.charted:
        return f"{row.name or row.code}: {sent}, not charted", row.why_not or quarantine
    assert row.parameter is not None
    site = f" ({row.site})" if row.site else ""
    became = f"{FORMS[row.parameter].name}{site} {row.value:g} {row.unit}"
    caution = " The code's meaning is from memory: compare with the device's own screen." * (row.evidence == "memory")
    return became, f"Sent as {sent} of {row.code}; measured at {_clock(row.measured_at)} by {row.time_from}.{caution}"


def _clock(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "no readable time"
