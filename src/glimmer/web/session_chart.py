"""The chart of a session as data for the browser, and the same values as a table.

Where a monitor sent more than a screen can show, each stretch of time keeps its lowest and its highest value:
a dangerous value is never smoothed away.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson
from markupsafe import Markup

from glimmer.care.session.conditions import limit_of
from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmEscalated,
    AlarmRaised,
    Discharged,
    InfusionCompleted,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    NoteWritten,
    ObservationRecorded,
    SessionEvent,
    SideEffectRecorded,
)
from glimmer.care.session.functions import functions_of
from glimmer.care.session.log import SessionLog
from glimmer.care.session.series import Sample, Series
from glimmer.care.session.words import line_of
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.rounds import ScoredRound
from glimmer.vocabulary.parameters import FORMS, Parameter

CHARTED = (
    Parameter.SYSTOLIC,
    Parameter.DIASTOLIC,
    Parameter.PULSE,
    Parameter.SPO2,
    Parameter.RESPIRATORY_RATE,
    Parameter.TEMPERATURE,
    Parameter.INFUSION_RATE,
)
# Worked out from the volume that the pump reports and the strength of the syringe.
DOSE = "dose_given"
# How the panels are drawn: the range is what is always in the picture, with room to write at its outermost limits;
# a value beyond it widens the picture.
PANELS = (
    {"name": "events", "label": "", "keys": [], "range": [0, 4]},
    {"name": "pressure", "label": "mmHg, /min", "keys": ["systolic", "diastolic", "pulse"], "range": [32, 214]},
    {"name": "saturation", "label": "SpO2 %", "keys": ["spo2"], "range": [84, 100]},
    {"name": "breathing", "label": "Resp /min", "keys": ["respiratory_rate"], "range": [-3, 30]},
    {"name": "temperature", "label": "Temp °C", "keys": ["temperature"], "range": [35, 39]},
    {"name": "rate", "label": "Pump mL/h", "keys": ["infusion_rate"], "range": [0, 20]},
    {"name": "dose", "label": "mg given", "keys": [DOSE], "range": [0, 20]},
)
MOST_POINTS = 600
# What changes the course of the infusion: a line through all panels.
MARKS: dict[type, str] = {
    InfusionStarted: "Start",
    InfusionPaused: "Pause",
    InfusionResumed: "Resume",
    InfusionStopped: "Stop",
    InfusionCompleted: "End",
    Discharged: "Left",
}
# What else happened: a sign in a lane of its own.
LANES: dict[type, str] = {
    AlarmRaised: "alarms",
    AlarmAcknowledged: "alarms",
    AlarmEscalated: "alarms",
    ObservationRecorded: "rounds",
    NoteWritten: "notes",
    SideEffectRecorded: "notes",
}
SIGNS = {"high": "⬢", "medium": "▲", "low": "●"}
MARKED = (*MARKS, *LANES)
TABLED = (*CHARTED[:6],)
MINUTES_PER_ROW = 5
LONGEST_WORDS = 300
NO_TOTALS: Mapping[int, int] = MappingProxyType({})


def chart_json(log: SessionLog, protocol: Protocol, rounds: Iterable[ScoredRound] = ()) -> Markup:
    """Return the chart's data as JSON that is safe inside a script element."""
    data = {
        "panels": PANELS,
        "series": [*(_series(one, log.series.get(one), protocol) for one in CHARTED), _dose_series(log, protocol)],
        # A line across the chart is a judgement on every value beside it.
        "limits": limits_of(protocol) if functions_of(log).alarms else [],
        "events": _marks(log, protocol, totals_of(rounds) if functions_of(log).alarms else NO_TOTALS),
        "plan": _plan(log),
    }
    text = orjson.dumps(data).decode()
    # "</script" inside the data would end the element; these three spellings mean the same in JSON.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # nosec B704


def _series(parameter: Parameter, series: Series | None, protocol: Protocol) -> dict[str, Any]:
    form = FORMS[parameter]
    points = [point_of(sample) for sample in thinned(list(series or ()))]
    return {
        "key": parameter.value,
        "name": form.name,
        "short": form.short,
        "unit": form.shown_unit,
        "decimals": form.decimals,
        "gap": longest_gap(parameter, protocol),
        "points": points,
    }


def longest_gap(parameter: Parameter, protocol: Protocol) -> float:
    """Return the seconds without a value after which no line is drawn on: nobody measured there."""
    stale = figure("monitoring", "value_stale_after").value
    if parameter in (Parameter.INFUSION_RATE, Parameter.VOLUME_INFUSED):
        return float(protocol.signal_lost_seconds.get(Parameter.PULSE, stale))
    return float(protocol.signal_lost_seconds.get(parameter, stale))


def _dose_series(log: SessionLog, protocol: Protocol) -> dict[str, Any]:
    samples = thinned(list(log.series.get(Parameter.VOLUME_INFUSED) or ()))
    doses = [(sample.at, milligrams(log, sample.reading.value)) for sample in samples]
    return {
        "key": DOSE,
        "name": "Dose given, by the pump's volume",
        "short": "Given",
        "unit": "mg",
        "decimals": 1,
        "gap": longest_gap(Parameter.VOLUME_INFUSED, protocol),
        "points": [[round(at, 1), dose] for at, dose in doses if dose is not None],
    }


def milligrams(log: SessionLog, volume_ml: float) -> float | None:
    """Return the dose in a volume of the prepared syringe, None where none is prepared or no sums may be made."""
    syringe = log.course.preparation
    if syringe is None or not functions_of(log).dose_arithmetic:
        return None
    return round(volume_ml * syringe.final_concentration_mg_per_ml, 2)


def _plan(log: SessionLog) -> dict[str, Any] | None:
    """Return how the dose should rise while the infusion runs, None where there is no syringe or no planned time."""
    syringe, minutes = log.course.preparation, log.course.planned_minutes
    if syringe is None or not minutes or not functions_of(log).dose_arithmetic:
        return None
    return {"dose": syringe.dose_mg, "minutes": minutes}


def totals_of(rounds: Iterable[ScoredRound]) -> dict[int, int]:
    """Return the NEWS2 total of each scored round by the number of its log line."""
    return {one.seq: one.score.total for one in rounds}


def chart_points(event: SessionEvent, log: SessionLog) -> list[list[Any]]:
    """Return what an event adds to the lines of an open chart: `[series, seconds since 1970, value]`."""
    points: list[list[Any]] = []
    for reading in getattr(event.what, "readings", ()):
        at = round(reading.measured_at.timestamp(), 1)
        if reading.parameter in CHARTED:
            points.append([reading.parameter.value, at, reading.value])
        elif reading.parameter is Parameter.VOLUME_INFUSED:
            dose = milligrams(log, reading.value)
            points += [] if dose is None else [[DOSE, at, dose]]
    return points


def point_of(sample: Sample) -> list[float]:
    """Return one sample as the browser draws it: seconds since 1970, value."""
    return [round(sample.at, 1), sample.reading.value]


def thinned(samples: list[Sample], most: int = MOST_POINTS) -> list[Sample]:
    """Return at most about `most` samples: of each stretch the lowest and the highest, and the newest of all."""
    if len(samples) <= most:
        return samples
    width = -(-len(samples) * 2 // most)
    values = [sample.reading.value for sample in samples]
    kept: list[Sample] = []
    for first in range(0, len(samples), width):
        stretch = values[first : first + width]
        ends = {stretch.index(min(stretch)), stretch.index(max(stretch))}
        kept += [samples[first + offset] for offset in sorted(ends)]
    return kept if kept[-1] is samples[-1] else [*kept, samples[-1]]


def limits_of(protocol: Protocol) -> list[dict[str, Any]]:
    """Return the limits of the protocol's alarms on measured values, for the lines across the chart."""
    found: dict[tuple[str, float], dict[str, Any]] = {}
    for rule in protocol.alarms:
        for condition in rule.conditions:
            if condition.measure != "value" or condition.parameter not in {one.value for one in CHARTED}:
                continue
            limit = limit_of(condition)
            short = FORMS[Parameter(condition.parameter)].short
            if rule.priority == "high" and rule.phase != "before":
                found[(condition.parameter, limit)] = {
                    "key": condition.parameter,
                    "value": limit,
                    "says": f"{short} limit {limit:g}",
                }
    return list(found.values())


def _marks(log: SessionLog, protocol: Protocol, totals: Mapping[int, int]) -> list[dict[str, Any]]:
    # Asked by kind: a session of two hours has thousands of readings and a handful of these.
    events = sorted((e for kind in MARKED for e in log.of(kind)), key=lambda event: (event.happened_at, event.seq))
    return [mark for event in events if (mark := mark_of(event, log, protocol, totals))]


def mark_of(
    event: SessionEvent, log: SessionLog, protocol: Protocol, totals: Mapping[int, int] = NO_TOTALS
) -> dict[str, Any] | None:
    """Return the mark of an event, or None where it has none or was marked as wrong.

    `lane` is course, alarms, rounds or notes; `says` what is written at the mark; `words` the whole sentence.
    """
    kind = type(event.what)
    if kind not in MARKED or event.seq in log.corrected:
        return None
    return {
        "seq": event.seq,
        "at": event.happened_at.timestamp(),
        "kind": event.what.kind,
        "lane": "course" if kind in MARKS else LANES[kind],
        "says": MARKS.get(kind) or _sign(event.what, totals.get(event.seq)),
        "words": line_of(event, log, protocol).says[:LONGEST_WORDS],
    }


def _sign(what: Any, total: int | None) -> str:
    if isinstance(what, AlarmRaised):
        return SIGNS.get(what.priority, SIGNS["high"])
    if isinstance(what, AlarmAcknowledged):
        return "✓"
    if isinstance(what, AlarmEscalated):
        return "↑"
    if isinstance(what, ObservationRecorded):
        sedation = "" if what.sedation is None else f"S{what.sedation}"
        return f"{sedation} {'' if total is None else f'N{total}'}".strip() or "○"
    return "✎" if isinstance(what, NoteWritten) else "!"


@dataclass(frozen=True, slots=True)
class Row:
    """Five minutes of the table. `at` is when they began."""

    at: datetime
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The chart in words."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def table_of(log: SessionLog) -> Table:
    """Return the values of each five minutes: the newest, and beside it the extreme that matters where it differs."""
    seconds = MINUTES_PER_ROW * 60
    slots: dict[int, dict[Parameter, list[float]]] = {}
    for parameter in TABLED:
        for slot, values in _slots_of(list(log.series.get(parameter, ())), seconds):
            slots.setdefault(slot, {})[parameter] = values
    rows = [
        Row(datetime.fromtimestamp(slot * seconds, UTC), tuple(_cell(p, slots[slot].get(p, [])) for p in TABLED))
        for slot in sorted(slots)
    ]
    return Table(tuple(f"{FORMS[p].short} ({FORMS[p].shown_unit})" for p in TABLED), tuple(rows))


def _slots_of(samples: list[Sample], seconds: int) -> Iterator[tuple[int, list[float]]]:
    """Yield each stretch of `seconds` that has samples, by its number since 1970, with the values in it."""
    first = 0
    while first < len(samples):
        slot = int(samples[first].at // seconds)
        end = bisect_left(samples, float((slot + 1) * seconds), lo=first, key=lambda sample: sample.at)
        yield slot, [sample.reading.value for sample in samples[first:end]]
        first = end


def _cell(parameter: Parameter, values: list[float]) -> str:
    if not values:
        return "–"
    decimals = FORMS[parameter].decimals
    newest = values[-1]
    extreme = min(values) if parameter in (Parameter.SPO2, Parameter.RESPIRATORY_RATE) else max(values)
    word = "lowest" if extreme < newest else "highest"
    return f"{newest:.{decimals}f}" + (f" ({word} {extreme:.{decimals}f})" if extreme != newest else "")
