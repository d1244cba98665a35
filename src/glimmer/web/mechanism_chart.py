"""The picture of the mechanism as places in a drawing: stages as bars on a line of time, arrows between them."""

from dataclasses import dataclass
from math import log10

from glimmer.guidance.mechanism import Arrow, Mechanism, Stage

# The drawing's own units; the page scales it. Time grows by its logarithm: a minute and a week on one line.
WIDTH, LEFT, RIGHT, TOP = 760, 16, 16, 30
ROW, BAR = 84, 24
FIRST_MINUTE, LAST_MINUTE = 1.0, 20160.0
TICKS = ((1, "1 min"), (10, "10 min"), (60, "1 hour"), (360, "6 hours"), (1440, "1 day"), (10080, "1 week"))
# Farther right than this a title would leave the picture, and ends with its bar instead.
TURNS_AT = 0.6
HEAD = 10
# The number stands beside its arrow: on it, it would hide how the arrow is drawn.
BESIDE = 18
DASHES = {"solid": "", "long dashes": "16 5", "short dashes": "7 5", "dots": "3 5"}


@dataclass(frozen=True, slots=True)
class StageBar:
    """One stage: its bar, and where its title stands."""

    stage: Stage
    x: float
    y: float
    width: float
    title_x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class DrawnArrow:
    """One arrow: its line, its head, and where its number stands."""

    number: int
    path: str
    head: str
    number_x: float
    number_y: float
    dashes: str


@dataclass(frozen=True, slots=True)
class MechanismChart:
    """Everything the template draws. `ticks` hold (x, words)."""

    bars: tuple[StageBar, ...]
    arrows: tuple[DrawnArrow, ...]
    ticks: tuple[tuple[float, str], ...]
    says: str
    height: int
    width: int = WIDTH
    top: int = TOP
    bar: int = BAR


def mechanism_chart(of: Mechanism) -> MechanismChart:
    """Return the drawing, stages from above in the order of the file."""
    bars = tuple(_bar(stage, row) for row, stage in enumerate(of.stages))
    places = {bar.stage.id: bar for bar in bars}
    arrows = tuple(
        _arrow(number, one, places, DASHES[of.grade(one.grade).line]) for number, one in enumerate(of.arrows, 1)
    )
    titles = "; ".join(f"{bar.stage.title} ({span_in_words(bar.stage)})" for bar in bars)
    return MechanismChart(
        bars=bars,
        arrows=arrows,
        ticks=tuple((_x(minute), words) for minute, words in TICKS),
        says=f"Line of time from a minute to two weeks. {titles}. The tables below hold all of it.",
        height=TOP + ROW * len(bars),
    )


def span_in_words(stage: Stage) -> str:
    """Return from when until when, such as `10 minutes to 2.5 hours`."""
    return f"{_duration(stage.from_minutes)} to {_duration(stage.until_minutes)}"


def _duration(minutes: float) -> str:
    for size, word in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes / size
            return f"{number:g} {word}{'' if number == 1 else 's'}"
    return "at once"


def _x(minutes: float) -> float:
    whole = log10(LAST_MINUTE / FIRST_MINUTE)
    return round(LEFT + (WIDTH - LEFT - RIGHT) * log10(max(minutes, FIRST_MINUTE) / FIRST_MINUTE) / whole, 1)


def _bar(stage: Stage, row: int) -> StageBar:
    x, end = _x(stage.from_minutes), _x(stage.until_minutes)
    turned = x > WIDTH * TURNS_AT
    y = TOP + ROW * row + HEAD
    return StageBar(stage, x, y, round(end - x, 1), end if turned else x, "end" if turned else "start")


def _arrow(number: int, arrow: Arrow, places: dict[str, StageBar], dashes: str) -> DrawnArrow:
    start, end = places[arrow.start], places[arrow.end]
    down = end.y > start.y
    from_y = start.y + BAR if down else start.y
    if abs(end.y - start.y) > ROW:
        # It passes others by: down beside them, and into the end's beginning from the left.
        x, y = start.x + ROW / 4, end.y + BAR / 2
        head = f"{end.x},{y} {end.x - HEAD},{y - HEAD / 2} {end.x - HEAD},{y + HEAD / 2}"
        return DrawnArrow(number, f"M{x} {from_y}V{y}H{end.x - HEAD}", head, (x + end.x) / 2, y - BESIDE, dashes)
    inside = min(max(end.x + HEAD, start.x + HEAD), start.x + start.width - HEAD, end.x + end.width - HEAD)
    x, tip = round(inside, 1), end.y if down else end.y + BAR
    back = tip - HEAD if down else tip + HEAD
    head = f"{x},{tip} {x - HEAD / 2},{back} {x + HEAD / 2},{back}"
    return DrawnArrow(number, f"M{x} {from_y}V{back}", head, x + BESIDE, (from_y + back) / 2, dashes)
