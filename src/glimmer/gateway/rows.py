"""From one OBX line to one row: a charted reading, or in words why it is not.

Rules of meaning (IHE PCD Technical Framework volume 2, and its published samples):
OBX-4 is the path in the device (device.subsystem.channel.metric) and lines without a value are headings;
OBX-14 of the line, else of a heading above it, overrides OBR-7; OBX-8 may take a value off the chart;
OBX-11 `X` on a line with a value still is a value, while D and W take it back.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from glimmer.gateway.clock import parse_time
from glimmer.gateway.dialect import Code, Dialect
from glimmer.gateway.hl7 import NULL, Hl7Problem, Segment
from glimmer.gateway.limits import possible_range
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.readings import Reading

NUMBER = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})\Z", re.ASCII)
KNOWN_STATUS = frozenset({"", "A", "B", "C", "F", "I", "N", "O", "P", "R", "S", "U", "V", "X"})
"""OBX-11 by HL7 table 0085, without the two that take a value back."""

TAKEN_BACK = {"D": "the device deleted this value (status D)", "W": "the device says this value is wrong (status W)"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line with a value. Either `charted` is True, or `why_not` says in words why it is not.

    `value` and `unit` are Glimmer's (None and "" where the line could not be understood);
    `raw_value` and `raw_unit` are as sent. `measured_at` is aware UTC. `path` is OBX-4.
    """

    code: str
    name: str
    raw_value: str
    raw_unit: str
    parameter: Parameter | None
    value: float | None
    unit: str
    measured_at: datetime | None
    charted: bool
    why_not: str = ""
    site: str = ""
    path: str = ""

    @property
    def reading(self) -> Reading | None:
        """The reading to chart, or None for a row that is not charted."""
        if not self.charted or self.parameter is None or self.value is None or self.measured_at is None:
            return None
        return Reading(self.parameter, self.value, self.measured_at, self.site)


class NotCharted(Exception):
    """Raised while a line is being read, with the words for `Row.why_not`."""


def read_rows(
    lines: Iterable[tuple[Segment, str]], zone: tzinfo, words: Dialect, alarm_line: Segment | None = None
) -> tuple[Row, ...]:
    """Return a row for every OBX with a value, and for every known code that came without one.

    `lines` pairs each OBX with the OBR-7 that stands above it; `alarm_line` is the one that names the alarm.
    """
    found = list(lines)
    present = {line.text(3) for line, _ in found if line.text(5)}
    headings: dict[str, str] = {}
    rows = []
    for line, observed in found:
        path = line.text(4)
        own_time = line.text(14)
        if not line.raw(5) or line.raw(5) == NULL:
            if own_time and path:
                headings[_above(path)] = own_time
            if line.text(3) not in words.codes:
                continue
        row = _row(line, path, own_time or _inherited(path, headings) or observed, zone, words, present)
        rows.append(replace(row, why_not="read as the alarm itself") if line is alarm_line else row)
    return tuple(rows)


def _above(path: str) -> str:
    """Return a heading's place in the device: its path without the zeros at the end ("1.16.1.0" is "1.16.1")."""
    parts = path.split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return ".".join(parts)


def _inherited(path: str, headings: dict[str, str]) -> str:
    if not headings:
        return ""
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        if time := headings.get(".".join(parts[:length])):
            return time
    return ""


def _row(line: Segment, path: str, time: str, zone: tzinfo, words: Dialect, present: set[str]) -> Row:
    identifier = line.components(3)
    code_text, name = _part(identifier, 1), _part(identifier, 2)
    raw_value, units = line.text(5) or line.text(5, 2), line.components(6)
    raw_unit = _part(units, 1) if not _part(units, 2) else _part(units, 2)
    parameter: Parameter | None = None
    value: float | None = None
    unit = site = ""
    measured_at: datetime | None = None
    try:
        code = _code(identifier, words)
        parameter, site, unit = code.parameter, code.site, FORMS[code.parameter].unit
        measured_at = _time(time, zone)
        value = _value(line, raw_value, units, code, words)
        _believable(code, value, unit)
        _vouched_for(line, words)
        if code.unless and code.unless in present:
            raise NotCharted(f"the message also has {words.codes[code.unless].name}, which is charted instead")
        why_not = ""
    except NotCharted as reason:
        why_not = str(reason)
    return Row(
        code_text, name, raw_value, raw_unit, parameter, value, unit, measured_at, not why_not, why_not, site, path
    )


def _part(parts: Sequence[str], position: int) -> str:
    return parts[position - 1].strip() if position <= len(parts) else ""


def _code(identifier: list[str], words: Dialect) -> Code:
    """Return what the code means, by the first or the alternate coding of OBX-3."""
    code = words.codes.get(_part(identifier, 1)) if _part(identifier, 3) in ("MDC", "") else None
    name = _part(identifier, 2)
    if code is None and _part(identifier, 6) == "MDC":
        code, name = words.codes.get(_part(identifier, 4)), _part(identifier, 5)
    if code is not None:
        if name != code.name and name in {other.name for other in words.codes.values()}:
            raise NotCharted(f"the code {code.code} means {code.name}, but the row calls itself {name}")
        return code
    number = _part(identifier, 1)
    about = words.about.get(number)
    if about:
        subject, detail = about.split(".")
        raise NotCharted(f"read as part of the {subject}: its {detail.replace('_', ' ')}")
    called = f" ({name})" if name else ""
    raise NotCharted(f"unknown code {number or 'none'}{called}: Glimmer charts no such value")


def _time(text: str, zone: tzinfo) -> datetime:
    if not text:
        raise NotCharted("no time of measurement was sent")
    try:
        return parse_time(text, zone)
    except Hl7Problem as problem:
        raise NotCharted(f"the time of measurement cannot be read: {problem}") from None


def _value(line: Segment, raw: str, units: list[str], code: Code, words: Dialect) -> float:
    if not raw:
        raise NotCharted("no value was sent")
    if line.separators.repetition in line.raw(5):
        raise NotCharted("several values were sent in one row")
    if not NUMBER.match(raw) or len(line.components(5)) > 1:
        raise NotCharted("the value is not a plain number")
    number = float(raw)
    if number in words.sentinels:
        raise NotCharted(f"sentinel: {raw} means that the device had no value")
    known = {words.units[name.strip()] for name in units if name.strip() in words.units}
    wanted = FORMS[code.parameter].unit
    if not known:
        sent = next((name.strip() for name in units if name.strip()), "")
        raise NotCharted(f"unknown unit {sent}" if sent else "no unit was sent")
    if len(known) > 1:
        raise NotCharted("two different units were sent in one row")
    unit = known.pop()
    if unit.unit != wanted:
        raise NotCharted(
            f"the unit {unit.unit} does not fit {FORMS[code.parameter].name.lower()}, which is in {wanted}"
        )
    return round(number * unit.factor + unit.offset, 6)


def _believable(code: Code, value: float, unit: str) -> None:
    limits = possible_range(code.parameter)
    if limits and not limits[0] <= value <= limits[1]:
        form = FORMS[code.parameter]
        raise NotCharted(
            f"impossible: {form.short} {value:g} {form.shown_unit} lies outside {limits[0]:g} to {limits[1]:g}"
        )


def _vouched_for(line: Segment, words: Dialect) -> None:
    """Refuse a value that the device itself takes back or does not stand by (OBX-8, OBX-11)."""
    for mark in line.repetitions(8):
        if says := words.quality.get(mark.strip().upper()):
            raise NotCharted(says)
    status = line.text(11)
    if status in TAKEN_BACK:
        raise NotCharted(TAKEN_BACK[status])
    if status not in KNOWN_STATUS:
        raise NotCharted("the status of the row (OBX-11) is none that HL7 knows, so the row may be damaged")
