"""The pictures of a roll-out as numbers that the template draws: starts by year, and the funnel.

Both are readable without colour, have `says`, the same in words, and a table beside them in the template.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from glimmer.web.axes import Axis, axis_over

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 64, 24, 16, 44
ROW, NAMES, FIGURES = 44, 0, 300
Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One year: its bar, the interval of its figure, and how many clinics are open."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    low: float
    high: float
    year: str
    clinics: str


@dataclass(frozen=True, slots=True)
class Growth:
    """People who start in each year, with the clinics that are open."""

    columns: tuple[Column, ...]
    y_ticks: Ticks
    floor: float
    says: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the funnel: its bar, its interval, and its words."""

    y: float
    width: float
    low: float
    high: float
    step: str
    figure: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """Every step from adults to those kept well, on a scale on which each mark is ten times the one before."""

    stages: tuple[Stage, ...]
    x_ticks: Ticks
    height: float
    says: str


def growth_chart(years: Sequence[Mapping[str, Any]]) -> Growth:
    """Return the columns: years from left to right, people who start upwards from 0."""
    up = axis_over([row["started"][2] for row in years], HEIGHT - BOTTOM, TOP)
    step = (WIDTH - LEFT - RIGHT) / len(years)
    columns = []
    for number, row in enumerate(years):
        mean, low, high = row["started"]
        x = LEFT + step * (number + 0.2)
        columns.append(
            Column(round(x, 1), up.at(mean), round(step * 0.6, 1), round(up.at(0) - up.at(mean), 1),
                   round(x + step * 0.3, 1), up.at(low), up.at(high), f"year {row['year']}",
                   f"{row['clinics']} clinic{'' if row['clinics'] == 1 else 's'}")
        )  # fmt: skip
    said = "; ".join(
        f"year {row['year']}: {row['clinics']} clinics, {row['started'][0]:,.0f} start "
        f"({row['started'][1]:,.0f} to {row['started'][2]:,.0f})"
        for row in years
    )
    return Growth(tuple(columns), up.ticks(), up.at(0), f"People who start their first course in each year. {said}.")


def funnel_chart(steps: Sequence[Mapping[str, Any]]) -> Funnel:
    """Return the bars: steps downwards, people from left to right by powers of ten."""
    known = [max(end, 1.0) for row in steps for end in row["count"]]
    low, high = floor(log10(min(known))), ceil(log10(max(known)))
    along = Axis(low, max(high, low + 1), NAMES, WIDTH - FIGURES)
    stages = []
    for number, row in enumerate(steps):
        mean, least, most = (along.at(log10(max(end, 1.0))) for end in row["count"])
        stages.append(Stage(number * ROW + 24, mean, least, most, row["step"], in_words(row)))
    ticks = tuple((along.at(power), _power(power)) for power in range(low, max(high, low + 1) + 1))
    said = "; ".join(f"{row['step']}: {in_words(row)}" for row in steps)
    return Funnel(tuple(stages), ticks, len(steps) * ROW + 48, f"From adults to those who are kept well. {said}.")


def _power(power: int) -> str:
    """Return a power of ten so short that it does not touch the next one's words."""
    return f"{10 ** (power - 6):,} m" if power > 6 else f"{10**power:,}"


def in_words(row: Mapping[str, Any]) -> str:
    """Return a count with its interval; one that is known has none."""
    mean, low, high = row["count"]
    return f"{mean:,.0f}" if low == high == mean else f"{mean:,.0f} ({low:,.0f} to {high:,.0f})"
