"""The line of a questionnaire's totals over time, as points for a drawing; the table beside it says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from glimmer.guidance.instrument import Instrument
from glimmer.records.outcomes import Score

# The drawing's own units; the page scales it.
WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 16, 44
GRID_LINES = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of the line: where it stands and what it says."""

    x: float
    y: float
    total: int
    says: str


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """Everything the template draws. `grid` holds (y, label), `days` holds (x, label)."""

    marks: tuple[Mark, ...]
    line: str
    grid: tuple[tuple[float, int], ...]
    days: tuple[tuple[float, str], ...]
    says: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def score_chart(scores: Sequence[Score], of: Instrument) -> ScoreChart | None:
    """Return the drawing of the scores that count, oldest first; None with fewer than two: that is no line."""
    scores = [score for score in scores if score.total is not None]
    if len(scores) < 2:
        return None
    marks = _marks(scores, of)
    first, last = scores[0], scores[-1]
    says = (
        f"Line of {len(scores)} {of.title} totals from {_day(first)} ({first.total}) to {_day(last)} ({last.total}). "
        "The table below holds every value."
    )
    return ScoreChart(
        marks=marks,
        line=" ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in marks),
        grid=tuple((_y(total, of), total) for total in _grid(of)),
        days=((marks[0].x, _day(first)), (marks[-1].x, _day(last))),
        says=says,
    )


def _grid(of: Instrument) -> range:
    lowest, highest = of.scoring.lowest, of.scoring.highest
    return range(lowest, highest + 1, max((highest - lowest) // (GRID_LINES - 1), 1))


def _marks(scores: Sequence[Score], of: Instrument) -> tuple[Mark, ...]:
    start = scores[0].completed_on
    span = max((scores[-1].completed_on - start).days, 1)
    room = WIDTH - LEFT - RIGHT
    return tuple(
        Mark(
            x=LEFT + room * (score.completed_on - start).days / span,
            y=_y(score.total or 0, of),
            total=score.total or 0,
            says=f"{_day(score)}: {score.total}, {score.get_occasion_display().lower()}",
        )
        for score in scores
    )


def _y(total: int, of: Instrument) -> float:
    lowest, highest = of.scoring.lowest, of.scoring.highest
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (total - lowest) / (highest - lowest))


def _day(score: Score) -> str:
    return f"{score.completed_on.day} {score.completed_on:%b %Y}"
