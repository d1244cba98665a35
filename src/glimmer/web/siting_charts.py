"""The curves of a plan as numbers that the template draws: who bears the journeys, groups side by side, and the front.

Every picture has `says`, the same in words, and a table beside it in the template.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from glimmer.web.axes import Axis, axis_over, points
from glimmer.web.siting_map import Cartogram, SiteMap, cartogram, change_map, site_map

# To the right there is room for half of the last tick's words.
SQUARE, LEFT, RIGHT, BOTTOM, TOP = 360, 56, 20, 44, 16
WIDTH, NAMES, ROW = 760, 250, 30
FRONT_HIGH = 340
Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The concentration curve: people from the most to the least deprived against their part of all minutes."""

    line: str
    equal: str
    x_ticks: Ticks
    y_ticks: Ticks
    says: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One group of the equiplot: where its mean stands, how far its interval reaches, and its words."""

    name: str
    y: int
    x: float
    low: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class Equiplot:
    """Groups on lines of their own; each line of `heads` begins a way of dividing people."""

    dots: tuple[Dot, ...]
    heads: tuple[tuple[int, str], ...]
    spans: tuple[tuple[float, float, int], ...]
    ticks: Ticks
    height: int
    says: str


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """One plan of the front; `query` is its map's address. Of plans with as many clinics, the first has a `label`.

    `low`, `high`: where the interval of the average ends, from left to right; `lowest`, `highest`: that of the
    worst-off tenth, upwards.
    """

    x: float
    y: float
    clinics: int
    words: str
    query: str
    is_here: bool
    low: float
    high: float
    lowest: float
    highest: float
    label: str


@dataclass(frozen=True, slots=True)
class Front:
    """Average minutes against those of the worst-off tenth, one mark a plan."""

    points: tuple[FrontPoint, ...]
    x_ticks: Ticks
    y_ticks: Ticks
    says: str


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """One number of clinics: where the share within reach stands, and how far its interval reaches (pixels)."""

    clinics: int
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Clinics against the share within reach: what one more clinic still brings."""

    points: tuple[CoveragePoint, ...]
    line: str
    x_ticks: Ticks
    y_ticks: Ticks
    says: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a plan."""

    map: SiteMap
    cartogram: Cartogram | None
    curve: Curve | None
    equiplot: Equiplot | None
    front: Front | None
    change: SiteMap | None = None
    coverage: Coverage | None = None


def pictures(answer: Mapping[str, Any], fixed: Sequence[tuple[str, str]]) -> Pictures:
    """Return the pictures; `fixed` are the fields of the form that a point of the front takes along."""
    return Pictures(
        site_map(answer),
        cartogram(answer) if answer.get("hexes") else None,
        concentration(answer["curve"]) if answer.get("curve") else None,
        equiplot(answer["groups"]) if answer.get("groups") else None,
        front_chart(answer["front"], fixed) if answer.get("front") else None,
        change_map(answer) if answer.get("change") else None,
        coverage_curve(answer["coverage"]) if answer.get("coverage") else None,
    )


def coverage_curve(rows: Sequence[Mapping[str, Any]]) -> Coverage:
    """Return the share within reach by the number of clinics, each with its interval."""
    along = axis_over([row["clinics"] for row in rows], LEFT, WIDTH - 90)
    up = Axis(0.0, 100.0, FRONT_HIGH - BOTTOM, TOP)
    marks = tuple(
        CoveragePoint(row["clinics"], along.at(row["clinics"]), *(up.at(share) for share in row["within"]))
        for row in rows
    )
    said = "; ".join(
        f"{row['clinics']} clinics {row['within'][0]:.0f} % ({row['within'][1]:.0f} to {row['within'][2]:.0f})"
        for row in rows
    )
    line = points((mark.x, mark.y) for mark in marks)
    return Coverage(marks, line, along.ticks(), up.ticks(), f"Share within reach by the number of clinics: {said}.")


def concentration(curve: Mapping[str, Any]) -> Curve:
    """Return the curve in a square; below the diagonal the least deprived bear more than their part."""
    along, up = Axis(0.0, 100.0, LEFT, SQUARE - RIGHT), Axis(0.0, 100.0, SQUARE - BOTTOM, TOP)
    index = curve["index"]
    who = "the most deprived" if index[0] < 0 else "the least deprived"
    pairs = zip(curve["people"], curve["burden"], strict=True)
    return Curve(
        points((along.at(100 * people), up.at(100 * burden)) for people, burden in pairs),
        points([(along.at(0), up.at(0)), (along.at(100), up.at(100))]),
        along.ticks(),
        up.ticks(),
        f"Concentration index of minutes {index[0]:+.3f} ({index[1]:+.3f} to {index[2]:+.3f}): "
        f"{who} bear more than their part of the minutes.".replace("-", "−"),
    )


def equiplot(groups: Sequence[Mapping[str, Any]]) -> Equiplot:
    """Return the groups' shares within reach, each with its interval, one line each."""
    along = Axis(0.0, 100.0, NAMES, WIDTH - 60)
    dots: list[Dot] = []
    heads: list[tuple[int, str]] = []
    spans: list[tuple[float, float, int]] = []
    y = 20
    for group in groups:
        heads.append((y + 6, group["title"]))
        y += ROW
        rows = group["rows"]
        means = [along.at(row["share"][0]) for row in rows]
        if means:
            spans.append((min(means), max(means), y - ROW + 2))
        for row, x in zip(rows, means, strict=True):
            mean, low, high = row["share"]
            words = f"{mean:.0f} % ({low:.0f} to {high:.0f})"
            dots.append(Dot(row["name"], y, x, along.at(low), along.at(high), words))
            y += ROW
    said = "; ".join(f"{dot.name} {dot.words}" for dot in dots)
    return Equiplot(
        tuple(dots), tuple(heads), tuple(spans), along.ticks(), y + 24, f"Share within reach by group: {said}."
    )


def front_chart(front: Sequence[Mapping[str, Any]], fixed: Sequence[tuple[str, str]]) -> Front:
    """Return the front: average minutes from left to right, minutes of the worst-off tenth upwards."""
    along = axis_over([one["average"][2] for one in front], LEFT, WIDTH - 90)
    up = axis_over([one["worst"][2] for one in front], FRONT_HIGH - BOTTOM, TOP)
    marks: list[FrontPoint] = []
    for one in front:
        # Plans with as many clinics lie close together: labels of all would cover each other.
        is_first = all(mark.clinics != one["clinics"] for mark in marks)
        words = (
            f"{one['clinics']} clinics: {one['average'][0]:.0f} minutes on average ({one['average'][1]:.0f} to "
            f"{one['average'][2]:.0f}), {one['worst'][0]:.0f} for the worst-off tenth ({one['worst'][1]:.0f} to "
            f"{one['worst'][2]:.0f})"
        )
        sites = [("site", code) for code in one["sites"]]
        asked = [pair for pair in fixed if pair[0] not in ("clinics", "site", "do")]
        query = urlencode([("do", "sites"), ("clinics", str(one["clinics"])), *asked, *sites])
        marks.append(
            FrontPoint(along.at(one["average"][0]), up.at(one["worst"][0]), one["clinics"], words, query,
                       bool(one.get("is_here")), along.at(one["average"][1]), along.at(one["average"][2]),
                       up.at(one["worst"][1]), up.at(one["worst"][2]), str(one["clinics"]) if is_first else "")
        )  # fmt: skip
    said = "; ".join(one.words for one in marks)
    return Front(tuple(marks), along.ticks(), up.ticks(), f"Plans that no other plan found beats on both: {said}.")
