"""The line of PHQ-9 totals over time, as points for a drawing; the table beside it says the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from glimmer.records.outcomes import Score

# The drawing's own units; the page scales it.
WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 16, 44
HIGHEST_TOTAL = 27
GRID_EVERY = 9


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


def score_chart(scores: Sequence[Score]) -> ScoreChart | None:
    """Return the drawing of the scores that count, oldest first; None with fewer than two: that is no line."""
    if len(scores) < 2:
        return None
    marks = _marks(scores)
    first, last = scores[0], scores[-1]
    says = (
        f"Line of {len(scores)} PHQ-9 totals from {_day(first)} ({first.total}) to {_day(last)} ({last.total}). "
        "The table below holds every value."
    )
    return ScoreChart(
        marks=marks,
        line=" ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in marks),
        grid=tuple((_y(total), total) for total in range(0, HIGHEST_TOTAL + 1, GRID_EVERY)),
        days=((marks[0].x, _day(first)), (marks[-1].x, _day(last))),
        says=says,
    )


def _marks(scores: Sequence[Score]) -> tuple[Mark, ...]:
    start = scores[0].completed_on
    span = max((scores[-1].completed_on - start).days, 1)
    room = WIDTH - LEFT - RIGHT
    return tuple(
        Mark(
            x=LEFT + room * (score.completed_on - start).days / span,
            y=_y(score.total),
            total=score.total,
            says=f"{_day(score)}: {score.total}, {score.get_occasion_display().lower()}",
        )
        for score in scores
    )


def _y(total: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - total / HIGHEST_TOTAL)


def _day(score: Score) -> str:
    return f"{score.completed_on.day} {score.completed_on:%b %Y}"
