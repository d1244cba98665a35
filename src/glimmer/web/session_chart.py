"""The chart of a session as data for the browser, and the same values as a table.

Where a monitor sent more than a screen can show, each stretch of time keeps its lowest and its highest value:
a dangerous value is never smoothed away.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from markupsafe import Markup

from glimmer.care.session.conditions import limit_of
from glimmer.care.session.events import (
    Discharged,
    InfusionCompleted,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    SessionEvent,
)
from glimmer.care.session.log import SessionLog
from glimmer.care.session.series import Sample, Series
from glimmer.guidance.protocol import Protocol
from glimmer.vocabulary.parameters import FORMS, Parameter

CHARTED = (
    Parameter.SYSTOLIC,
    Parameter.DIASTOLIC,
    Parameter.PULSE,
    Parameter.SPO2,
    Parameter.RESPIRATORY_RATE,
)
# How the panels are drawn: the range is what is always in the picture; a value beyond it widens the picture.
PANELS = (
    {"name": "pressure", "label": "mmHg, /min", "keys": ["systolic", "diastolic", "pulse"], "range": [40, 200]},
    {"name": "saturation", "label": "SpO2 %", "keys": ["spo2"], "range": [84, 100]},
    {"name": "breathing", "label": "Resp /min", "keys": ["respiratory_rate"], "range": [0, 30]},
)
MOST_POINTS = 600
MARKS: dict[type, str] = {
    InfusionStarted: "Start",
    InfusionPaused: "Pause",
    InfusionResumed: "Resume",
    InfusionStopped: "Stop",
    InfusionCompleted: "End",
    Discharged: "Left",
}
TABLED = (*CHARTED, Parameter.TEMPERATURE)
MINUTES_PER_ROW = 5


def chart_json(log: SessionLog, protocol: Protocol) -> Markup:
    """Return the chart's data as JSON that is safe inside a script element."""
    data = {
        "panels": PANELS,
        "series": [_series(parameter, log.series.get(parameter)) for parameter in CHARTED],
        "limits": limits_of(protocol),
        "events": _marks(log),
    }
    text = orjson.dumps(data).decode()
    # "</script" inside the data would end the element; these three spellings mean the same in JSON.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _series(parameter: Parameter, series: Series | None) -> dict[str, Any]:
    form = FORMS[parameter]
    points = [point_of(sample) for sample in thinned(list(series or ()))]
    return {"key": parameter.value, "name": form.name, "short": form.short, "unit": form.shown_unit, "points": points}


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


def _marks(log: SessionLog) -> list[dict[str, Any]]:
    # Asked by kind: a session of two hours has thousands of readings and a handful of these.
    events = sorted((e for kind in MARKS for e in log.of(kind)), key=lambda event: (event.happened_at, event.seq))
    return [mark for event in events if (mark := mark_of(event, log))]


def mark_of(event: SessionEvent, log: SessionLog) -> dict[str, Any] | None:
    """Return the vertical mark of an event that changed the course of the infusion, or None."""
    word = MARKS.get(type(event.what))
    if word is None or event.seq in log.corrected:
        return None
    return {"at": event.happened_at.timestamp(), "says": word}


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
