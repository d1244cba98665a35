"""From one OBX line to its rows: charted readings, or in words why they are not.

Rules of meaning (IHE PCD Technical Framework volume 2, and its published samples):
OBX-4 is the path in the device (device.subsystem.channel.metric) and lines without a value are headings;
OBX-14 of the line, else of a heading above it, overrides OBR-7; OBX-8 may take a value off the chart;
OBX-11 `X` on a line with a value still is a value, while D and W take it back. A sender's dialect may say that its
times stand elsewhere, what its own codes mean, and that one of its values holds a whole pressure.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from glimmer.gateway.clock import parse_time
from glimmer.gateway.dialect import Dialect
from glimmer.gateway.hl7 import NULL, Hl7Problem, Segment
from glimmer.gateway.meanings import Meaning, Part, meaning_of
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.readings import Reading

NUMBER = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})\Z", re.ASCII)
PRESSURE = re.compile(r"(\d{1,3})\s*/\s*(\d{1,3})(?:\s*\(\s*(\d{1,3})\s*\))?\Z", re.ASCII)
KNOWN_STATUS = frozenset({"", "A", "B", "C", "F", "I", "N", "O", "P", "R", "S", "U", "V", "X"})
"""OBX-11 by HL7 table 0085, without the two that take a value back."""

TAKEN_BACK = {"D": "the device deleted this value (status D)", "W": "the device says this value is wrong (status W)"}
NO_FIELDS = ("",) * 15
READ_AS_ALARM = "read as the alarm itself"
OWN_TIME, HEADINGS_TIME = "OBX-14", "OBX-14 of the heading above"


class Row(NamedTuple):
    """One value of a line. Either `charted` is True, or `why_not` says in words why it is not.

    `value` and `unit` are Glimmer's (None and "" where the line could not be understood);
    `raw_value` and `raw_unit` are as sent. `measured_at` is aware UTC, and `time_from` is where in the message it
    stood. `path` is OBX-4. `line` counts the OBX of the message from 1; `evidence` is that of the code's meaning.
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
    line: int = 0
    time_from: str = ""
    evidence: str = ""

    @property
    def reading(self) -> Reading | None:
        """The reading to chart, or None for a row that is not charted."""
        if not self.charted or self.parameter is None or self.value is None or self.measured_at is None:
            return None
        return Reading(self.parameter, self.value, self.measured_at, self.site)


Line = tuple[Segment, str, str]
"""An OBX, the time that holds for it unless it or a heading has its own, and where in the message that stood."""


class NotCharted(Exception):
    """Raised while a line is being read, with the words for `Row.why_not`."""


def read_rows(
    lines: Iterable[Line], zone: tzinfo, words: Dialect, alarm_line: Segment | None = None
) -> tuple[Row, ...]:
    """Return the rows of every OBX with a value, and of every known code that came without one.

    `alarm_line` is the line that names the alarm, which is no measurement.
    """
    headings: dict[str, str] = {}
    rows: list[Row] = []
    own_times = OWN_TIME in words.times
    for number, (line, time, time_from) in enumerate(lines, start=1):
        fields = line.fields
        if len(fields) < 15:
            fields = [*fields, *NO_FIELDS[len(fields) :]]
        path = fields[4]
        meaning = meaning_of(fields[3], fields[6], line.separators, words)
        own_time = line.text(14) if own_times and fields[14] else ""
        if meaning.code is None and fields[5] in ("", NULL):
            if own_time and path:
                headings[_above(path)] = own_time
            continue
        if own_time:
            time, time_from = own_time, OWN_TIME
        elif headings and (above := _inherited(path, headings)):
            time, time_from = above, HEADINGS_TIME
        found = _rows(line, meaning, (path, number, time_from), time, zone, words)
        rows += [row._replace(why_not=READ_AS_ALARM) for row in found] if line is alarm_line else found
    return tuple(_without_second_best(rows, words))


def is_heading(line: Segment, words: Dialect) -> bool:
    """Return whether a line only says where in the device the lines below it are."""
    return line.raw(5) in ("", NULL) and meaning_of(line.raw(3), line.raw(6), line.separators, words).code is None


def _without_second_best(rows: list[Row], words: Dialect) -> list[Row]:
    """Take a row off the chart where the message also has a better one for the same thing."""
    charted = {row.code for row in rows if row.charted}
    if charted.isdisjoint(words.second_best):
        return rows
    names = {row.code: row.name for row in rows}
    kept = []
    for row in rows:
        better = words.second_best.get(row.code, "")
        if row.charted and better in charted:
            row = row._replace(charted=False, why_not=f"the message also has {names[better]}, which is charted instead")
        kept.append(row)
    return kept


def _above(path: str) -> str:
    """Return a heading's place in the device: its path without the zeros at the end ("1.16.1.0" is "1.16.1")."""
    parts = path.split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return ".".join(parts)


def _inherited(path: str, headings: dict[str, str]) -> str:
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        if time := headings.get(".".join(parts[:length])):
            return time
    return ""


Place = tuple[str, int, str]
"""`Row.path`, `Row.line` and `Row.time_from`."""


def _rows(line: Segment, meaning: Meaning, place: Place, time: str, zone: tzinfo, words: Dialect) -> list[Row]:
    raw = line.raw(5)
    plain = NUMBER.match(raw) is not None
    if not plain:
        raw = line.text(5) or line.text(5, 2)
    number, name, sent, code = meaning.number, meaning.name, meaning.sent_unit, meaning.code
    if code is None:
        return [Row(number, name, raw, sent, None, None, "", None, False, meaning.why_not, "", *place)]
    at: datetime | None = None
    values: Sequence[float | None] = (None,)
    why_not = ""
    try:
        at = _time(time, zone)
        one = plain and len(meaning.parts) == 1
        values = (_number(float(raw), raw, meaning, words),) if one else _values(line, raw, meaning, words)
        if line.raw(8) or line.raw(11) not in KNOWN_STATUS:
            _vouched_for(line, words)
    except NotCharted as reason:
        why_not = str(reason)
    rows = []
    for part, value in zip(meaning.parts, values, strict=False):
        unfit = why_not or _unbelievable(part, value)
        as_ours = (part.parameter, value, part.unit, at, not unfit, unfit, code.site)
        rows.append(Row(number, name, raw, sent, *as_ours, *place, code.evidence))
    return rows


def _time(text: str, zone: tzinfo) -> datetime:
    if not text:
        raise NotCharted("no time of measurement was sent")
    try:
        return parse_time(text, zone)
    except Hl7Problem as problem:
        raise NotCharted(f"the time of measurement cannot be read: {problem}") from None


def _number(number: float, raw: str, meaning: Meaning, words: Dialect) -> float:
    """Return a plain number in Glimmer's unit."""
    if number in words.sentinels:
        raise NotCharted(f"sentinel: {raw} means that the device had no value")
    unit = meaning.unit
    if unit is None:
        raise NotCharted(meaning.unit_why_not)
    return number if unit.same else round(number * unit.factor + unit.offset, 6)


def _values(line: Segment, raw: str, meaning: Meaning, words: Dialect) -> Sequence[float]:
    """Return what a value that is not simply a number says: one number, or the two or three of a pressure."""
    if raw != line.raw(5) or not NUMBER.match(raw):
        _one_text(line, raw)
    if raw in words.sentinel_words:
        raise NotCharted(f"sentinel: {raw} means that the device had no value")
    if len(meaning.parts) > 1:
        return [_number(number, raw, meaning, words) for number in _pressure(raw)]
    if not NUMBER.match(raw):
        raise NotCharted("the value is not a plain number")
    return [_number(float(raw), raw, meaning, words)]


def _one_text(line: Segment, raw: str) -> None:
    """Refuse a value that is absent or is more than one text."""
    if not raw:
        raise NotCharted("no value was sent")
    if line.separators.repetition in line.raw(5):
        raise NotCharted("several values were sent in one row")
    if line.separators.component in line.raw(5):
        raise NotCharted("the value is not a plain number")


def _pressure(raw: str) -> Sequence[float]:
    """Return the pressures of `120/80 (93)`; without the mean in brackets there are two."""
    found = PRESSURE.match(raw)
    if not found:
        raise NotCharted("the value is not a pressure written as 120/80 or 120/80 (93)")
    numbers = [float(part) for part in found.groups() if part]
    systolic, diastolic, *mean = numbers
    if diastolic >= systolic or not all(diastolic <= each <= systolic for each in mean):
        raise NotCharted("the pressures do not stand as systolic/diastolic (mean), so they may be mixed up")
    return numbers


def _unbelievable(part: Part, value: float | None) -> str:
    """Return why a value cannot be, or ""."""
    limits = part.possible
    if value is None or not limits or limits[0] <= value <= limits[1]:
        return ""
    form = FORMS[part.parameter]
    return f"impossible: {form.short} {value:g} {form.shown_unit} lies outside {limits[0]:g} to {limits[1]:g}"


def _vouched_for(line: Segment, words: Dialect) -> None:
    """Refuse a value that the device itself takes back or does not stand by (OBX-8, OBX-11)."""
    for mark in line.repetitions(8):
        if says := words.quality.get(mark.strip().upper()):
            raise NotCharted(says)
    status = line.text(11)
    if status in KNOWN_STATUS:
        return
    if status in TAKEN_BACK:
        raise NotCharted(TAKEN_BACK[status])
    raise NotCharted("the status of the row (OBX-11) is none that HL7 knows, so the row may be damaged")
