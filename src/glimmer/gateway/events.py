"""What a device reports beside numbers: an alarm (PCD-04) or the state of a pump (PCD-10)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

from glimmer.gateway.clock import parse_time
from glimmer.gateway.dialect import Dialect
from glimmer.gateway.hl7 import Hl7Message, Hl7Problem, Segment, Separators, split_components

PRIORITIES = {"PN": "none", "PL": "low", "PM": "medium", "PH": "high"}
TYPES = {"SP": "physiological", "ST": "technical", "SA": "advisory"}
"""OBX-8 of the alarm's own row, or rows 68484 and 68485 (IHE PCD ACM)."""

GENERIC_ALARM = "196616"
PUMP_TERM = re.compile(r"\Apump-(?:status|delivery-status|source-info|program-delivery-mode)?-?")
"""What the pump's terms begin with in the profile's sample of PCD-10."""


@dataclass(frozen=True, slots=True)
class DeviceAlarmReport:
    """One phase of one alarm. `phase` is start, continue, end, ...; `state` active, inactive or latched.

    `priority` is high, medium, low, none or "" (not sent); `type` is physiological, technical, advisory
    or "". `source` says which part of the device or which measurement raised it; `parameter` which of Glimmer's
    parameters that is, "" where it is none or unsaid. `about` is the kind of thing, by the dialect's table of events
    or else by `type`. `key` names the alarm across its phases (OBR-3), so that an end finds its start.
    """

    code: str
    name: str
    text: str
    phase: str
    state: str
    inactivation: str
    priority: str
    type: str
    source: str
    key: str
    happened_at: datetime | None
    about: str = ""
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class PumpEvent:
    """What a pump says about itself. Texts are the device's own words; `code` is "" when nothing happened.

    `says` and `priority` are the dialect's words for the event, "" where it has none; `channel` is the label of the
    line or source on the pump ("Primary"), which is not a drug.
    """

    code: str
    name: str
    status: str
    delivery: str
    not_delivering_because: str
    mode: str
    drug: str
    channel: str = ""
    says: str = ""
    priority: str = ""

    @property
    def in_words(self) -> str:
        """What happened, and why nothing flows where the pump says so."""
        happened = self.says or self.name or self.code
        status = "" if self.says else _plain(self.status)
        because = _plain(self.not_delivering_because)
        return ", ".join(part for part in (happened, status, because and f"not delivering because: {because}") if part)


def find_alarm(lines: Sequence[Segment], words: Dialect) -> Segment | None:
    """Return the row that names the alarm: it has a value and is neither an attribute nor a measurement."""
    for line in lines:
        code = line.text(3)
        if (
            code
            and line.text(5)
            and (code == GENERIC_ALARM or (code not in words.about and not words.code(code, line.text(3, 3))))
        ):
            return line
    return None


def read_alarm(
    row: Segment, lines: Sequence[Segment], message: Hl7Message, zone: tzinfo, words: Dialect
) -> DeviceAlarmReport:
    """Return the alarm that `row` names, with what the other rows say about it."""
    about = _about(lines, "alarm", words)
    # B. Braun writes the general code for "alarm" and puts the alarm itself in the value; others the reverse.
    general = row.text(3) == GENERIC_ALARM
    identity = row.components(5) if general else row.components(3)
    text = (row.text(5, 9) or row.text(5, 2)) if general else row.text(5)
    code, name = (*(part.strip() for part in identity[:2]), "", "")[:2]
    event = words.event(code, name)
    marks = [mark.strip() for mark in row.repetitions(8)]
    report = message.first("OBR")
    kind = next((TYPES[m] for m in [*marks, _text(about, "type")] if m in TYPES), "")
    return DeviceAlarmReport(
        code=code,
        name=name,
        text=text,
        phase=_text(about, "phase").lower(),
        state=_text(about, "state").lower(),
        inactivation=_text(about, "inactivation").lower(),
        priority=next((PRIORITIES[m] for m in [*marks, _text(about, "priority")] if m in PRIORITIES), ""),
        type=kind,
        source=_source(row, about, lines),
        key=report.text(3) or report.text(2) if report else "",
        happened_at=_happened_at(row, report, message.header, zone),
        about=event.about if event else kind,
        parameter=_parameter(row, about, lines, words) or (event.parameter if event else ""),
    )


def read_pump_event(lines: Sequence[Segment], words: Dialect) -> PumpEvent | None:
    """Return what the pump says about itself, or None when no row of the message is about a pump."""
    about = _about(lines, "pump", words)
    if not about:
        return None
    event = about.get("event")
    code, name = (event.text(5, 1), event.text(5, 2)) if event else ("", "")
    known = words.event(code, name)
    return PumpEvent(
        code=code,
        name=name,
        status=_text(about, "status"),
        delivery=_text(about, "delivery"),
        not_delivering_because=_text(about, "not_delivering_because"),
        mode=_text(about, "mode"),
        drug=_text(about, "drug"),
        channel=_text(about, "channel_label"),
        says=known.says if known else "",
        priority=known.priority if known else "",
    )


def _plain(term: str) -> str:
    """Return a pump's own term in words: "pump-status-not-infusing" is "not infusing"."""
    return PUMP_TERM.sub("", term).replace("-", " ").strip()


def _about(lines: Sequence[Segment], subject: str, words: Dialect) -> dict[str, Segment]:
    found: dict[str, Segment] = {}
    for line in lines:
        about, detail = _detail(line.raw(3), line.separators, words)
        if about == subject and line.raw(5):
            found.setdefault(detail, line)
    return found


@lru_cache(maxsize=4096)
def _detail(identifier: str, separators: Separators, words: Dialect) -> tuple[str, str]:
    """Return what a row is about by its OBX-3: such as ("alarm", "phase"), or two empty texts."""
    parts = split_components(identifier, separators)
    about, _, detail = words.about.get(parts[0].strip() if parts else "", "").partition(".")
    return about, detail


def _text(about: dict[str, Segment], detail: str) -> str:
    row = about.get(detail)
    if row is None:
        return ""
    return row.text(5, 1) or row.text(5, 2)


def _source(row: Segment, about: dict[str, Segment], lines: Sequence[Segment]) -> str:
    """Return what raised the alarm: the row that says so, else the measurement in the same place of the device."""
    if named := about.get("source"):
        return named.text(5, 2) or named.text(5, 1)
    measured = _measurement(row, lines)
    return (measured.text(3, 2) or measured.text(3, 1)) if measured else ""


def _parameter(row: Segment, about: dict[str, Segment], lines: Sequence[Segment], words: Dialect) -> str:
    """Return which parameter raised the alarm, "" where what raised it is none of Glimmer's."""
    if named := about.get("source"):
        code, system = named.text(5, 1), named.text(5, 3)
    else:
        measured = _measurement(row, lines)
        code, system = (measured.text(3, 1), measured.text(3, 3)) if measured else ("", "")
    known = words.code(code, system)
    return known.parameter.value if known else ""


def _measurement(row: Segment, lines: Sequence[Segment]) -> Segment | None:
    place = row.text(4).rpartition(".")[0]
    for line in lines:
        if line is not row and line.text(2) == "NM" and place and line.text(4).rpartition(".")[0] == place:
            return line
    return None


def _happened_at(row: Segment, report: Segment | None, header: Segment, zone: tzinfo) -> datetime | None:
    for text in (row.text(14), report.text(7) if report else "", header.text(7)):
        try:
            if text:
                return parse_time(text, zone)
        except Hl7Problem:
            continue
    return None
