"""Rounds of observations as scores: NEWS2 and sedation, at the moment of each round."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from glimmer.care.session.events import ObservationRecorded, SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.guidance.figures import figure
from glimmer.monitoring.artefacts import is_fit
from glimmer.monitoring.news2 import MEASURED, News2Observations, News2Score, news2
from glimmer.monitoring.stream import Point
from glimmer.vocabulary.parameters import Parameter

SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class ScoredRound:
    """One round with its NEWS2. `filled` names the parameters that came from the monitor, not from the round."""

    seq: int
    at: datetime
    by: str
    score: News2Score
    filled: tuple[str, ...]
    sedation: int | None
    due_minute: int | None
    values: tuple[tuple[Parameter, float], ...] = ()
    consciousness: str = ""
    on_oxygen: bool = False


def scored_rounds(log: SessionLog) -> tuple[ScoredRound, ...]:
    """Return every round that holds enough to score: a vital sign or a level of consciousness."""
    scale = log.opened.oxygen_scale if log.opened else 1
    return tuple(
        _scored(event, event.what, log, scale)  # type: ignore[arg-type]
        for event in log.observations
        if _is_scorable(event.what)  # type: ignore[arg-type]
    )


def _is_scorable(what: ObservationRecorded) -> bool:
    return bool(what.consciousness) or any(reading.parameter in MEASURED for reading in what.readings)


def _scored(event: SessionEvent, what: ObservationRecorded, log: SessionLog, scale: int) -> ScoredRound:
    values = {reading.parameter: reading.value for reading in what.readings if is_fit(reading)}
    filled = []
    for parameter in MEASURED:
        if parameter not in values:
            value = _from_monitor(log, parameter, event.happened_at.timestamp())
            if value is not None:
                values[parameter] = value
                filled.append(parameter.value)
    score = news2(News2Observations(values, what.consciousness, what.on_oxygen, what.attributed_to_drug), scale)
    return ScoredRound(
        event.seq,
        event.happened_at,
        event.by,
        score,
        tuple(filled),
        what.sedation,
        what.due_minute,
        tuple(values.items()),
        what.consciousness,
        what.on_oxygen,
    )


def _from_monitor(log: SessionLog, parameter: Parameter, at: float) -> float | None:
    series = log.series.get(parameter)
    sample = series.until(at) if series else None
    window = figure("monitoring", "news2_reading_window").value * SECONDS_PER_MINUTE
    if sample is None or sample.at < at - window or not is_fit(sample.reading):
        return None
    return sample.reading.value


def round_points(log: SessionLog, rounds: Iterable[ScoredRound]) -> list[Point]:
    """Return what rounds measure for the alarm rules: sedation, NEWS2 total, and the most that one part scored."""
    points = [
        Point(event.happened_at.timestamp(), event.seq, "moaas", event.what.sedation, "", True)  # type: ignore[attr-defined]
        for event in log.observations
        if event.what.sedation is not None  # type: ignore[attr-defined]
    ]
    for scored in rounds:
        at = scored.at.timestamp()
        points.append(Point(at, scored.seq, "news2_total", scored.score.escalating_total, "", True))
        points.append(Point(at, scored.seq, "news2_single", scored.score.escalating_single, "", True))
    return sorted(points)
