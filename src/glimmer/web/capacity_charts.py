"""The pictures of a forecast as numbers that the template draws: fan, knee and heat map, each readable without colour.

Every picture has `says`, the same in words for whoever does not see it, and a table beside it in the template.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glimmer.web.axes import Axis, axis_over, points

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 320, 64, 150, 16, 44
# Where labels at the end of lines would cover each other, the lower one gives way by so much.
LABEL_ROOM = 17.0
CELL, CELL_HIGH, NAMES = 58, 40, 60
# From so full on a cell is written white on dark: at 0.5 of the blue both stand out by 4.5 to 1.
DARK_FROM = 0.6
Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a fan: its outline, what share of runs it holds, and the pattern that tells it without colour."""

    share: int
    outline: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words at the end of a line."""

    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Fan:
    """The waiting list over the years: bands, the middle, the line to stay under, and what it is compared with."""

    bands: tuple[Band, ...]
    middle: str
    other: str
    target: float | None
    x_ticks: Ticks
    y_ticks: Ticks
    labels: tuple[Label, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    shares: tuple[int, ...]
    says: str
    x_end: float = WIDTH - RIGHT


@dataclass(frozen=True, slots=True)
class Knee:
    """How long the wait becomes as the chairs fill: one mark a step of demand, with its interval, today marked."""

    line: str
    marks: tuple[dict[str, Any], ...]
    x_ticks: Ticks
    y_ticks: Ticks
    says: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of one weekday: how full the chairs are, in words and as a depth of blue."""

    x: int
    y: int
    share: float
    words: str
    is_dark: bool


@dataclass(frozen=True, slots=True)
class Heat:
    """Chairs by weekday and hour."""

    cells: tuple[Cell, ...]
    days: tuple[tuple[int, str], ...]
    hours: tuple[tuple[int, str], ...]
    width: int
    height: int
    says: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Those pictures that the answer has numbers for."""

    fan: Fan | None
    knee: Knee | None
    heat: Heat | None


def pictures(answer: Mapping[str, Any]) -> Pictures:
    """Return the pictures of an answer of `glimmer.evidence.capacity.worker`."""
    return Pictures(
        fan_chart(answer["fan"]) if answer.get("fan") else None,
        knee_chart(answer["knee"]) if answer.get("knee") else None,
        heat_map(answer["heat"]) if answer.get("heat") else None,
    )


def fan_chart(fan: Mapping[str, Any]) -> Fan:
    """Return the fan: weeks from left to right, people waiting upwards from 0."""
    weeks, middle, target = fan["weeks"], fan["middle"], fan.get("target")
    bands = sorted(fan["bands"], key=lambda one: -one["share"])
    other = fan.get("other")
    tops = [*bands[0]["high"], *([target] if target is not None else []), *(other["middle"] if other else [])]
    up = axis_over(tops, HEIGHT - BOTTOM, TOP)
    along = Axis(weeks[0], weeks[-1], LEFT, WIDTH - RIGHT)
    years = max(1, round(weeks[-1] / 52))
    labels = [(up.at(middle[-1]), "middle"), *((up.at(one["high"][-1]), f"{one['share']} %") for one in bands)]
    if other:
        labels.append((up.at(other["middle"][-1]), other["title"]))
    if target is not None:
        labels.append((up.at(target), fan.get("target_says", "target")))

    def line(values: Sequence[float]) -> list[tuple[float, float]]:
        return [(along.at(week), up.at(value)) for week, value in zip(weeks, values, strict=True)]

    return Fan(
        bands=tuple(
            Band(one["share"], points([*line(one["high"]), *reversed(line(one["low"]))]), f"fan-{one['share']}")
            for one in bands
        ),
        middle=points(line(middle)),
        other=points(line(other["middle"])) if other else "",
        target=up.at(target) if target is not None else None,
        x_ticks=tuple((along.at(52 * year), f"year {year}" if year else "today") for year in range(years + 1)),
        y_ticks=up.ticks(),
        labels=_spread(labels),
        rows=_rows(weeks, middle, bands),
        shares=tuple(one["share"] for one in reversed(bands)),
        says=_fan_says(weeks, middle, bands, target),
    )


def knee_chart(knee: Mapping[str, Any]) -> Knee:
    """Return the knee: how full the chairs are from left to right, the wait upwards."""
    marks = knee["points"]
    along = Axis(0.0, 100.0, LEFT, WIDTH - 24)
    up = axis_over([one["wait"][2] for one in marks], HEIGHT - BOTTOM, TOP)
    order = sorted(marks, key=lambda one: one["use"][0])
    said = [
        f"{one['label']}: {100 * one['use'][0]:.0f} % full, wait {one['wait'][0]:.1f} weeks "
        f"({one['wait'][1]:.1f} to {one['wait'][2]:.1f})"
        for one in marks
    ]
    return Knee(
        line=points((along.at(100 * one["use"][0]), up.at(one["wait"][0])) for one in order),
        marks=tuple(
            {"x": along.at(100 * one["use"][0]), "y": up.at(one["wait"][0]), "low": up.at(one["wait"][1]),
             "high": up.at(one["wait"][2]), "is_today": bool(one.get("is_today")), "says": words}
            for one, words in zip(marks, said, strict=True)
        ),
        x_ticks=along.ticks(),
        y_ticks=up.ticks(),
        says="How long people wait as the chairs fill. " + "; ".join(said) + ".",
    )  # fmt: skip


def heat_map(heat: Mapping[str, Any]) -> Heat:
    """Return the cells: weekdays downwards, hours from left to right; the number stands in each."""
    cells = tuple(
        Cell(NAMES + column * CELL, 24 + row * CELL_HIGH, round(share, 3), f"{100 * share:.0f} %", share >= DARK_FROM)
        for row, shares in enumerate(heat["use"])
        for column, share in enumerate(shares)
        if share is not None
    )
    fullest = max(
        ((share, row, column) for row, shares in enumerate(heat["use"]) for column, share in enumerate(shares)
         if share is not None),
        default=None,
    )  # fmt: skip
    says = "How full the chairs are by weekday and hour."
    if fullest is not None:
        share, row, column = fullest
        says += f" Fullest: {heat['weekdays'][row]} from {heat['hours'][column]:02d}:00, {100 * share:.0f} %."
    return Heat(
        cells,
        tuple((24 + row * CELL_HIGH + 25, day) for row, day in enumerate(heat["weekdays"])),
        tuple((NAMES + column * CELL, f"{hour:02d}:00") for column, hour in enumerate(heat["hours"])),
        NAMES + CELL * len(heat["hours"]) + 4,
        24 + CELL_HIGH * len(heat["weekdays"]) + 4,
        says,
    )


def _spread(labels: Sequence[tuple[float, str]]) -> tuple[Label, ...]:
    """Return the labels from above, each at least a line below the one before it, and none below the picture."""
    placed: list[Label] = []
    for y, words in sorted(labels):
        y = max(y, placed[-1].y + LABEL_ROOM) if placed else max(y, TOP + 4.0)
        placed.append(Label(y, words))
    floor = HEIGHT - BOTTOM + 4.0
    for number in range(len(placed) - 1, -1, -1):
        if placed[number].y <= floor:
            break
        placed[number] = Label(floor, placed[number].words)
        floor -= LABEL_ROOM
    return tuple(placed)


def _rows(weeks: Sequence[float], middle: Sequence[float], bands: Sequence[Mapping[str, Any]]) -> Any:
    """Return the table: a row every half year, the middle and each band from the narrowest."""
    wanted = {0, len(weeks) - 1, *(_nearest(weeks, 26 * half) for half in range(1, int(weeks[-1] // 26) + 1))}
    return tuple(
        (
            "today" if weeks[at] == 0 else f"week {weeks[at]:g}",
            (middle[at], *(one[end][at] for one in reversed(bands) for end in ("low", "high"))),
        )
        for at in sorted(wanted)
    )


def _nearest(weeks: Sequence[float], wanted: float) -> int:
    return min(range(len(weeks)), key=lambda at: abs(weeks[at] - wanted))


def _fan_says(
    weeks: Sequence[float], middle: Sequence[float], bands: Sequence[Mapping[str, Any]], target: float | None
) -> str:
    widest = bands[0]
    says = (
        f"People waiting: {middle[0]:.0f} at the start; after {weeks[-1] / 52:.0f} years {middle[-1]:.0f} in the "
        f"middle of all runs, and {widest['low'][-1]:.0f} to {widest['high'][-1]:.0f} in {widest['share']} of 100 runs."
    )
    return says + (f" The line of the target stands at {target:.0f}." if target is not None else "")
