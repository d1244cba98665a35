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
from functools import lru_cache

from glimmer.gateway.clock import parse_time
from glimmer.gateway.dialect import Code, Dialect, Unit
from glimmer.gateway.hl7 import NULL, Hl7Problem, Segment, Separators, split_components
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
    headings: dict[str, str] = {}
    rows: list[Row] = []
    for line, observed in lines:
        meaning = _meaning(line.raw(3), line.separators, words)
        path, own_time = line.raw(4), line.text(14) if line.raw(14) else ""
        if line.raw(5) in ("", NULL) and meaning.code is None:
            if own_time and path:
                headings[_above(path)] = own_time
            continue
        time = own_time or (_inherited(path, headings) if headings else "") or observed
        row = _row(line, meaning, path, time, zone, words)
        rows.append(replace(row, why_not="read as the alarm itself") if line is alarm_line else row)
    return tuple(_without_second_best(rows, words))


def _without_second_best(rows: list[Row], words: Dialect) -> list[Row]:
    """Take a row off the chart where the message also has a better one for the same thing."""
    charted = {row.code for row in rows if row.charted}
    if charted.isdisjoint(words.second_best):
        return rows
    kept = []
    for row in rows:
        better = words.second_best.get(row.code, "")
        if row.charted and better in charted:
            why_not = f"the message also has {words.codes[better].name}, which is charted instead"
            row = replace(row, charted=False, why_not=why_not)
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


def _row(line: Segment, meaning: "_Meaning", path: str, time: str, zone: tzinfo, words: Dialect) -> Row:
    raw_value = line.text(5) or line.text(5, 2)
    code = meaning.code
    if code is None:
        unit = _unit(line.raw(6), line.separators, words)
        return Row(
            meaning.number, meaning.name, raw_value, unit.sent, None, None, "", None, False, meaning.why_not, "", path
        )
    form = FORMS[code.parameter]
    unit = _unit(line.raw(6), line.separators, words)
    value: float | None = None
    measured_at: datetime | None = None
    why_not = ""
    try:
        measured_at = _time(time, zone)
        value = _value(line, raw_value, unit, code, words)
        _believable(code, value)
        _vouched_for(line, words)
    except NotCharted as reason:
        why_not = str(reason)
    return Row(
        meaning.number,
        meaning.name,
        raw_value,
        unit.sent,
        code.parameter,
        value,
        form.unit,
        measured_at,
        not why_not,
        why_not,
        code.site,
        path,
    )


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What an OBX-3 says: its number and name as sent, and Glimmer's code or why there is none."""

    number: str
    name: str
    code: Code | None
    why_not: str = ""


@lru_cache(maxsize=4096)
def _meaning(raw: str, separators: Separators, words: Dialect) -> _Meaning:
    """Return what the code means, by the first or the alternate coding of OBX-3."""
    parts = split_components(raw, separators)
    number, name = _part(parts, 1), _part(parts, 2)
    code = words.codes.get(number) if _part(parts, 3) in ("MDC", "") else None
    called = name
    if code is None and _part(parts, 6) == "MDC":
        code, called = words.codes.get(_part(parts, 4)), _part(parts, 5)
    if code is not None:
        if called != code.name and called in {other.name for other in words.codes.values()}:
            contradiction = f"the code {code.code} means {code.name}, but the row calls itself {called}"
            return _Meaning(number, name, None, contradiction)
        return _Meaning(number, name, code)
    if about := words.about.get(number):
        subject, detail = about.split(".")
        return _Meaning(number, name, None, f"read as part of the {subject}: its {detail.replace('_', ' ')}")
    in_words = f" ({name})" if name else ""
    return _Meaning(number, name, None, f"unknown code {number or 'none'}{in_words}: Glimmer charts no such value")


@dataclass(frozen=True, slots=True)
class _SentUnit:
    """What an OBX-6 says: the unit as sent, and what it is in ours, or why that is not known."""

    sent: str
    unit: Unit | None
    why_not: str = ""


@lru_cache(maxsize=1024)
def _unit(raw: str, separators: Separators, words: Dialect) -> _SentUnit:
    parts = [part.strip() for part in split_components(raw, separators)]
    sent = _part(parts, 2) or _part(parts, 1)
    known = {words.units[part] for part in parts if part in words.units}
    if len(known) > 1:
        return _SentUnit(sent, None, "two different units were sent in one row")
    if not known:
        return _SentUnit(sent, None, f"unknown unit {sent}" if sent else "no unit was sent")
    return _SentUnit(sent, known.pop())


def _part(parts: Sequence[str], position: int) -> str:
    return parts[position - 1].strip() if position <= len(parts) else ""


def _time(text: str, zone: tzinfo) -> datetime:
    if not text:
        raise NotCharted("no time of measurement was sent")
    try:
        return parse_time(text, zone)
    except Hl7Problem as problem:
        raise NotCharted(f"the time of measurement cannot be read: {problem}") from None


def _value(line: Segment, raw: str, sent: _SentUnit, code: Code, words: Dialect) -> float:
    if not raw:
        raise NotCharted("no value was sent")
    if line.separators.repetition in line.raw(5):
        raise NotCharted("several values were sent in one row")
    if not NUMBER.match(raw) or line.separators.component in line.raw(5):
        raise NotCharted("the value is not a plain number")
    number = float(raw)
    if number in words.sentinels:
        raise NotCharted(f"sentinel: {raw} means that the device had no value")
    if sent.unit is None:
        raise NotCharted(sent.why_not)
    form = FORMS[code.parameter]
    if sent.unit.unit != form.unit:
        raise NotCharted(f"the unit {sent.unit.unit} does not fit {form.name.lower()}, which is in {form.unit}")
    return round(number * sent.unit.factor + sent.unit.offset, 6)


def _believable(code: Code, value: float) -> None:
    limits = possible_range(code.parameter)
    if limits and not limits[0] <= value <= limits[1]:
        form = FORMS[code.parameter]
        raise NotCharted(
            f"impossible: {form.short} {value:g} {form.shown_unit} lies outside {limits[0]:g} to {limits[1]:g}"
        )


def _vouched_for(line: Segment, words: Dialect) -> None:
    """Refuse a value that the device itself takes back or does not stand by (OBX-8, OBX-11)."""
    if line.raw(8):
        for mark in line.repetitions(8):
            if says := words.quality.get(mark.strip().upper()):
                raise NotCharted(says)
    status = line.text(11)
    if status in KNOWN_STATUS:
        return
    if status in TAKEN_BACK:
        raise NotCharted(TAKEN_BACK[status])
    raise NotCharted("the status of the row (OBX-11) is none that HL7 knows, so the row may be damaged")
