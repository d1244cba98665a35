"""The map and the cartogram of a plan as numbers that the template draws. How far away is told by the mark's shape.

Areas of one level are one path, so that a map of ten thousand areas is a page of a size that still travels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, radians, sin
from textwrap import wrap
from typing import Any

LONGEST_SIDE, EDGE, LEAST_WIDTH = 900.0, 22.0, 360.0
# Below so many areas each stands for many people, and its mark is drawn larger.
FEW = 400
LINE_LETTERS = 34
HEX = 30.0
# What a level's mark looks like: told by its shape, and drawn by a path around a point of size 1.
SHAPES = ("small dot", "dot", "square", "plus", "cross", "cross in bold")
# What a plan changes for a place, in minutes, and by which shape that is drawn: alike is the smallest mark.
LITTLE, MUCH = 5.0, 15.0
CHANGES = (
    (f"more than {MUCH:g} minutes shorter", 2),
    (f"{LITTLE:g} to {MUCH:g} minutes shorter", 1),
    (f"within {LITTLE:g} minutes of before", 0),
    (f"{LITTLE:g} to {MUCH:g} minutes longer", 3),
    (f"more than {MUCH:g} minutes longer", 5),
    ("reached by only one of the plans, or by none", 4),
)
DOTS = {0: ("round", 1.0), 1: ("round", 1.7), 2: ("square", 1.5)}


@dataclass(frozen=True, slots=True)
class Layer:
    """All areas of one level as one path, and how it is drawn."""

    level: int
    path: str
    width: float
    cap: str
    count: int
    words: str
    shape: str
    sample: str


@dataclass(frozen=True, slots=True)
class SiteMark:
    """One site on the map; `number` is that of its line in the table."""

    number: int
    code: str
    name: str
    x: float
    y: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class SiteMap:
    """The map. `label` are the lines that stand on it; `outlines` are paths of the health bodies, if there are any."""

    width: float
    height: float
    layers: tuple[Layer, ...]
    sites: tuple[SiteMark, ...]
    outlines: tuple[str, ...]
    label: tuple[str, ...]
    says: str
    hatch: str = ""


@dataclass(frozen=True, slots=True)
class Hexagon:
    """One health body of the cartogram: its outline, where its words stand, and its level."""

    outline: str
    x: float
    y: float
    short: str
    minutes: str
    level: int
    says: str
    is_hatched: bool = False


@dataclass(frozen=True, slots=True)
class Cartogram:
    """Health bodies of one size each, near where they lie."""

    hexagons: tuple[Hexagon, ...]
    legend: tuple[tuple[int, str], ...]
    width: float
    height: float
    says: str


class Projection:
    """Degrees to pixels: a plain map that keeps the shape in the middle of what it shows."""

    def __init__(self, lats: Sequence[float], lons: Sequence[float]) -> None:
        self._top, bottom = max(lats), min(lats)
        self._left, right = min(lons), max(lons)
        self._narrow = cos(radians((self._top + bottom) / 2))
        high, wide = max(self._top - bottom, 1e-6), max((right - self._left) * self._narrow, 1e-6)
        self._scale = (LONGEST_SIDE - 2 * EDGE) / max(high, wide)
        self.width = max(round(wide * self._scale + 2 * EDGE, 1), LEAST_WIDTH)
        self.height = round(high * self._scale + 2 * EDGE, 1)

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        """Return the pixel of a place."""
        x = EDGE + (lon - self._left) * self._narrow * self._scale
        return round(x, 1), round(EDGE + (self._top - lat) * self._scale, 1)


def level_of(minutes: float | None, levels: Sequence[float]) -> int:
    """Return the level of minutes: 0 within the first limit, one more beyond each, the last beyond reach (None)."""
    if minutes is None:
        return len(levels) + 1
    return sum(minutes > limit for limit in levels)


def level_words(levels: Sequence[float]) -> tuple[str, ...]:
    """Return what each level is called."""
    between = [f"{low:g} to {high:g} minutes" for low, high in pairwise(levels)]
    return (f"up to {levels[0]:g} minutes", *between, f"more than {levels[-1]:g} minutes", "beyond reach")


def site_map(answer: Mapping[str, Any]) -> SiteMap:
    """Return the map of an answer of `glimmer.evidence.access.worker`."""
    areas, levels = answer["areas"], answer["levels"]
    open_sites = [one for one in answer["sites"] if one["is_open"]]
    sites = answer["sites"]
    projection = Projection(
        [*areas["lat"], *(one["lat"] for one in sites)], [*areas["lon"], *(one["lon"] for one in sites)]
    )
    return SiteMap(
        projection.width,
        projection.height,
        _layers(areas, levels, projection),
        tuple(
            SiteMark(number, one["code"], one["name"], *projection.at(one["lat"], one["lon"]), one["is_open"])
            for number, one in enumerate(sites, start=1)
        ),
        tuple(path for ring in answer.get("outlines", ()) if (path := _outline(ring, projection))),
        _lines(answer["label"]) if answer["is_proxy"] else (),
        f"Map of minutes to the nearest of {len(open_sites)} clinics: "
        + "; ".join(one["name"] for one in open_sites[:12])
        + ("; and others" if len(open_sites) > 12 else "")
        + ". The tables below hold every number.",
        _hatch(answer, projection),
    )


def change_map(answer: Mapping[str, Any]) -> SiteMap:
    """Return the map of what a plan changes for each area against the one before: longer, alike or shorter."""
    areas = answer["areas"]
    projection = Projection(areas["lat"], areas["lon"])
    size = 5.0 if len(areas["lat"]) < FEW else 1.6
    places: list[list[tuple[float, float]]] = [[] for _ in CHANGES]
    for lat, lon, change in zip(areas["lat"], areas["lon"], answer["change"]["areas"], strict=True):
        places[change_of(change)].append(projection.at(lat, lon))
    layers = tuple(
        Layer(number, "".join(_mark(shape, x, y, size) for x, y in at), round(2 * size * _width(shape), 2), _cap(shape),
              len(at), words, SHAPES[shape], _mark(shape, 12, 12, 4.0))
        for number, ((words, shape), at) in enumerate(zip(CHANGES, places, strict=True))
    )  # fmt: skip
    told = "; ".join(f"{layer.words}: {layer.count} places" for layer in layers)
    outlines = tuple(path for ring in answer.get("outlines", ()) if (path := _outline(ring, projection)))
    label = _lines(answer["label"]) if answer["is_proxy"] else ()
    says = f"Map of the change in minutes: {told}."
    return SiteMap(projection.width, projection.height, layers, (), outlines, label, says)


def change_of(change: float | None) -> int:
    """Return the number in CHANGES of a change in minutes; None: one of the two plans does not reach the place."""
    if change is None:
        return len(CHANGES) - 1
    return next(at for at, limit in enumerate((-MUCH, -LITTLE, LITTLE, MUCH, float("inf"))) if change <= limit)


def _hatch(answer: Mapping[str, Any], projection: Projection) -> str:
    """Return strokes over the places where the most deprived fifth live beyond an hour."""
    areas, size = answer["areas"], 9.0 if len(answer["areas"]["lat"]) < FEW else 4.0
    places = (projection.at(areas["lat"][row], areas["lon"][row]) for row in answer.get("hatched", ()))
    return "".join(f"M{x - size:.1f},{y + size:.1f}l{2 * size:g},-{2 * size:g}" for x, y in places)


def cartogram(answer: Mapping[str, Any]) -> Cartogram:
    """Return the health bodies as hexagons; each holds its short name and its minutes."""
    levels, found = answer["levels"], []
    for one in answer["hexes"]:
        x = HEX * (1.2 + 3**0.5 * (one["column"] + 0.5 * (one["row"] % 2)))
        y = HEX * (1.2 + 1.5 * one["row"])
        corners = ((x + HEX * sin(pi / 3 * turn), y + HEX * cos(pi / 3 * turn)) for turn in range(6))
        minutes = "–" if one["minutes"] is None else f"{one['minutes'][0]:.0f}"
        says = f"{one['name']}: " + (
            "beyond reach"
            if one["minutes"] is None
            else f"{one['minutes'][0]:.0f} minutes ({one['minutes'][1]:.0f} to {one['minutes'][2]:.0f})"
        )
        level = level_of(None if one["minutes"] is None else one["minutes"][0], levels)
        outline = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
        is_hatched = bool(one.get("is_hatched"))
        says += "; some of the most deprived fifth live beyond 60 minutes" if is_hatched else ""
        found.append(Hexagon(outline, round(x, 1), round(y, 1), one["short"], minutes, level, says, is_hatched))
    far = sum(one.level >= len(levels) for one in found)
    return Cartogram(
        tuple(found),
        tuple(enumerate(level_words(levels))),
        round(max((one.x for one in found), default=0.0) + HEX * 1.2, 1),
        round(max((one.y for one in found), default=0.0) + HEX * 1.2, 1),
        f"Cartogram of {len(found)} health bodies, one hexagon each; {far} of them are on average farther than "
        f"{levels[-1]:g} minutes from a clinic. The table holds every number.",
    )


def _lines(words: str) -> tuple[str, ...]:
    """Return words in lines that fit the narrowest map."""
    return tuple(wrap(words, LINE_LETTERS))


def _layers(areas: Mapping[str, Any], levels: Sequence[float], projection: Projection) -> tuple[Layer, ...]:
    size = 5.0 if len(areas["lat"]) < FEW else 1.6
    places: list[list[tuple[float, float]]] = [[] for _ in range(len(levels) + 2)]
    for lat, lon, minutes in zip(areas["lat"], areas["lon"], areas["minutes"], strict=True):
        places[level_of(minutes, levels)].append(projection.at(lat, lon))
    words = level_words(levels)
    found = []
    for level, at in enumerate(places):
        shape = min(level, len(SHAPES) - 1)
        found.append(
            Layer(level, "".join(_mark(shape, x, y, size) for x, y in at), round(2 * size * _width(shape), 2),
                  _cap(shape), len(at), words[level], SHAPES[shape], _mark(shape, 12, 12, 4.0))
        )  # fmt: skip
    return tuple(found)


def _cap(shape: int) -> str:
    return DOTS[shape][0] if shape in DOTS else "butt"


def _width(shape: int) -> float:
    """Return how wide the stroke of a shape is, for a mark of size 1/2."""
    if shape in DOTS:
        return DOTS[shape][1]
    return (0.7 if shape < len(SHAPES) - 1 else 1.1) / 2


def _mark(shape: int, x: float, y: float, size: float) -> str:
    if shape in DOTS:
        return f"M{x:g},{y:g}h0"
    reach = round(1.5 * size, 1)
    if SHAPES[shape] == "plus":
        return f"M{x - reach:.1f},{y:g}h{2 * reach:g}M{x:g},{y - reach:.1f}v{2 * reach:g}"
    return f"M{x - reach:.1f},{y - reach:.1f}l{2 * reach:g},{2 * reach:g}m0,-{2 * reach:g}l-{2 * reach:g},{2 * reach:g}"


def _outline(ring: Iterable[Sequence[float]], projection: Projection) -> str:
    """Return the path of one ring, (lon, lat) each; corners nearer than two pixels to the last are left out."""
    path: list[tuple[float, float]] = []
    for lon, lat in ring:
        x, y = projection.at(lat, lon)
        if not path or abs(x - path[-1][0]) + abs(y - path[-1][1]) >= 2.0:
            path.append((x, y))
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in path) + "Z" if len(path) > 2 else ""
