"""What the outcomes page shows of a trajectory: words for each score, the lines of its chart, and what is stated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor

from glimmer.care.outcomes import PER_CENT
from glimmer.care.relapse import RelapseWatch
from glimmer.care.reliable_change import Yardstick, in_words, yardstick
from glimmer.care.trajectory import Point, Trajectory
from glimmer.guidance.instrument import Instrument
from glimmer.records.outcomes import Score
from glimmer.web.score_chart import Guides


@dataclass(frozen=True, slots=True)
class CourseParts:
    """`words` tells of each score by its key: the change from baseline, never a bare number; `states` where the
    patient stood by it. `measured_by` is None where no figure for measurement error is known.
    """

    path: Trajectory | None
    words: dict[int, str]
    states: dict[int, str]
    guides: Guides
    measured_by: Yardstick | None


def course_parts(
    rows: Sequence[Score], of: Instrument, path: Trajectory | None, session_days: Sequence[date]
) -> CourseParts:
    """Return the parts for the scores that count, oldest first."""
    points = (
        {point.on: (stretch.baseline.total, point) for stretch in path.stretches for point in stretch.points}
        if path
        else {}
    )
    first = next((row.total for row in rows if row.occasion == "baseline" and row.total is not None), None)
    words, states = {}, {}
    for row in rows:
        if row.total is None:
            continue
        base, point = points.get(row.completed_on, (first, None))
        if base is not None and (point is not None or row.occasion != "baseline"):
            words[row.pk] = in_words(base, row.total, of)
        if point is not None and row.total == point.total:
            states[row.pk] = _state(point)
    return CourseParts(path, words, states, _guides(of, path, first, session_days), yardstick(of))


def _state(point: Point) -> str:
    moved = f"{abs(point.fall):.0f} % {'below' if point.fall >= 0 else 'above'} baseline"
    return f"{point.state.label}, {moved}"


def _guides(of: Instrument, path: Trajectory | None, first: int | None, session_days: Sequence[date]) -> Guides:
    baseline = path.stretches[-1].baseline.total if path and path.stretches else first
    levels: list[tuple[float, str]] = []
    if path is not None and baseline is not None:
        by = path.definition
        response = floor(baseline * (PER_CENT - by.response_fall) / PER_CENT)
        levels = [
            (response, f"Response, {response} or less"),
            (by.remission_below - 1, f"Remission, below {by.remission_below}"),
        ]
    noise = yardstick(of)
    if noise is None or baseline is None:
        return Guides(tuple(levels), session_days=tuple(session_days))
    band = (baseline - noise.points, baseline + noise.points)
    says = f"less than {noise.points:g} points from the baseline of {baseline}, no more than measurement error."
    return Guides(tuple(levels), band, says, tuple(session_days))


def why_it_warned(watch: RelapseWatch | None) -> tuple[tuple[date, float], ...]:
    """Return the line that led to the warning that stands: the own level, then the likeliest rise up to that day."""
    given = watch.given if watch is not None else None
    if watch is None or given is None or given.began_on is None:
        return ()
    first, began = watch.steps[0].completed_on, given.began_on
    gone = min((given.completed_on - began) / timedelta(weeks=given.weeks_back), 1.0)
    reached = given.level + (watch.baseline - given.level) * gone
    until_then = ((first, given.level),) if first < began else ()
    return (*until_then, (began, given.level), (given.completed_on, reached))
