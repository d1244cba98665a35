"""The line of a questionnaire's totals over time, as points for a drawing; the table beside it says the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from glimmer.guidance.instrument import Instrument
from glimmer.records.outcomes import Score

# The drawing's own units; the page scales it.
WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 24, 56
GRID_LINES = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of the line: where it stands and what it says."""

    x: float
    y: float
    total: int
    says: str


@dataclass(frozen=True, slots=True)
class Guides:
    """What is drawn behind the line. Totals: (total, words) of each level, and the band of measurement error
    around the baseline; days: of sessions in which the drug was given; `warned`, why a relapse warning was given:
    (day, total) of the own level until the likeliest relapse began, and of its way from there to the warning.
    """

    levels: tuple[tuple[float, str], ...] = ()
    band: tuple[float, float] | None = None
    band_says: str = ""
    session_days: tuple[date, ...] = ()
    warned: tuple[tuple[date, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """Everything the template draws. `grid` holds (y, label), `days` (x, label), `levels` (y, label), `sessions` x;
    `band` is (y, height); `warned` the points of the line that led to a relapse warning.
    """

    marks: tuple[Mark, ...]
    line: str
    grid: tuple[tuple[float, int], ...]
    days: tuple[tuple[float, str], ...]
    says: str
    levels: tuple[tuple[float, str], ...] = ()
    band: tuple[float, float] | None = None
    band_says: str = ""
    sessions: tuple[float, ...] = ()
    warned: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class _Scale:
    """From days and totals to places in the drawing."""

    start: date
    end: date
    of: Instrument

    def x(self, day: date) -> float:
        span = max((self.end - self.start).days, 1)
        return LEFT + (WIDTH - LEFT - RIGHT) * (day - self.start).days / span

    def y(self, total: float) -> float:
        lowest, highest = self.of.scoring.lowest, self.of.scoring.highest
        inside = min(max(total, lowest), highest)
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (inside - lowest) / (highest - lowest))


def score_chart(scores: Sequence[Score], of: Instrument, guides: Guides | None = None) -> ScoreChart | None:
    """Return the drawing of the scores that count, oldest first; None with fewer than two: that is no line."""
    scores = [score for score in scores if score.total is not None]
    if len(scores) < 2:
        return None
    guides = guides or Guides()
    first, last = scores[0], scores[-1]
    shown = [first.completed_on, last.completed_on, *guides.session_days]
    scale = _Scale(min(shown), max(shown), of)
    marks = tuple(
        Mark(
            scale.x(score.completed_on),
            scale.y(score.total or 0),
            score.total or 0,
            f"{_day(score.completed_on)}: {score.total}, {score.get_occasion_display().lower()}",
        )
        for score in scores
    )
    band = guides.band
    return ScoreChart(
        marks=marks,
        line=_points((mark.x, mark.y) for mark in marks),
        grid=tuple((scale.y(total), total) for total in _grid(of)),
        days=((LEFT, _day(scale.start)), (WIDTH - RIGHT, _day(scale.end))),
        says=_in_words(scores, of, guides),
        levels=tuple((scale.y(total), says) for total, says in guides.levels),
        band=(scale.y(band[1]), scale.y(band[0]) - scale.y(band[1])) if band else None,
        band_says=guides.band_says,
        sessions=tuple(scale.x(day) for day in sorted(set(guides.session_days))),
        warned=_points((scale.x(day), scale.y(total)) for day, total in guides.warned),
    )


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _in_words(scores: Sequence[Score], of: Instrument, guides: Guides) -> str:
    first, last = scores[0], scores[-1]
    says = [
        f"Line of {len(scores)} {of.title} totals from {_day(first.completed_on)} ({first.total}) to "
        f"{_day(last.completed_on)} ({last.total})."
    ]
    if guides.session_days:
        says.append(f"{len(set(guides.session_days))} treatment days are marked.")
    says += [f"{words}: {total:g}." for total, words in guides.levels]
    if guides.warned:
        (_, level), *_, (day, reached) = guides.warned
        says.append(
            f"A dashed line leads from the own level of {level:.0f} to {reached:.0f} at the warning, {_day(day)}."
        )
    return " ".join([*says, "The table below holds every value."])


def _grid(of: Instrument) -> range:
    lowest, highest = of.scoring.lowest, of.scoring.highest
    return range(lowest, highest + 1, max((highest - lowest) // (GRID_LINES - 1), 1))


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
