"""Rounds of observations as scores: NEWS2 and sedation, at the moment of each round."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from glimmer.care.session.events import ObservationRecorded, SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.care.session.series import Sample
from glimmer.guidance.figures import figure
from glimmer.monitoring.artefacts import is_fit
from glimmer.monitoring.news2 import MEASURED, News2Observations, News2Score, news2
from glimmer.monitoring.stream import Point
from glimmer.vocabulary.parameters import Parameter

SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class ScoredRound:
    """One round with its NEWS2. `filled` names the parameters that came from the monitor, not from the round.

    `attributed_by` is who attributed its confusion to the drug, with the round or later; "" where nobody did.
    """

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
    attributed_by: str = ""


Counts = Callable[[Sample], bool]


def scored_rounds(log: SessionLog, counts: Counts = lambda sample: True) -> tuple[ScoredRound, ...]:
    """Return every round that holds enough to score: a vital sign or a level of consciousness.

    `counts` says of a monitor's value whether it may fill a round that lacks it.
    """
    scale = log.opened.oxygen_scale if log.opened else 1
    return tuple(
        _scored(event, event.what, log, scale, counts)  # type: ignore[arg-type]
        for event in log.observations
        if _is_scorable(event.what)  # type: ignore[arg-type]
    )


def _is_scorable(what: ObservationRecorded) -> bool:
    return bool(what.consciousness) or any(reading.parameter in MEASURED for reading in what.readings)


def _scored(event: SessionEvent, what: ObservationRecorded, log: SessionLog, scale: int, counts: Counts) -> ScoredRound:
    values = {reading.parameter: reading.value for reading in what.readings if is_fit(reading)}
    filled = []
    for parameter in MEASURED:
        if parameter not in values:
            value = _from_monitor(log, parameter, event.happened_at.timestamp(), counts)
            if value is not None:
                values[parameter] = value
                filled.append(parameter.value)
    later = log.attributions().get(event.seq)
    attributed = what.attributed_to_drug or later is not None
    score = news2(News2Observations(values, what.consciousness, what.on_oxygen, attributed), scale)
    by = event if what.attributed_to_drug else later
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
        by.by if by is not None and score.attributed_to_drug else "",
    )


def _from_monitor(log: SessionLog, parameter: Parameter, at: float, counts: Counts) -> float | None:
    series = log.series.get(parameter)
    window = figure("monitoring", "news2_reading_window").value * SECONDS_PER_MINUTE
    sample = series.until(at) if series else None
    if series is not None and sample is not None and not counts(sample):
        sample = next((one for one in reversed(series.between(at - window, at)) if counts(one)), None)
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
