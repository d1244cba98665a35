"""How long the way is from each area to each site: a table that somebody supplies, or a proxy that says it is one.

    travel = read_travel(Path("car.parquet"), areas, sites)    area, site, minutes; what is missing is beyond reach
    travel = proxy(areas, sites)                               from the distance, labelled so on every output

Travel by another mode (public transport for those without a car) is a second supplied table: no figure that turns
distance into its minutes was found.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from glimmer.evidence.access.tables import Areas, BadTable, Sites, Table
from glimmer.guidance.access import access_figure

Minutes = NDArray[np.float32]

PROXY_LABEL = "estimated from distance, not timetables"
WATER = (
    "The proxy sees no water: over an estuary, a loch or to an island it takes a straight line. Only the way between "
    "Northern Ireland and Great Britain counts as beyond reach."
)
# Areas a thread takes at once: what it writes stays within a few megabytes.
AREAS_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class Travel:
    """Minutes of one way, (areas, sites), infinite where a site is beyond reach.

    `label` stands on every output. `error_common` and `error_own` are standard deviations of the logarithm of the
    minutes: one error for the whole table, and one for each area; 0 where a supplied table states none. `limits` are
    sentences about what the minutes do not know. `ignored` counts rows of a supplied table for other areas or sites.
    """

    minutes: Minutes
    mode: str
    source: str
    is_proxy: bool
    label: str
    error_common: float = 0.0
    error_own: float = 0.0
    limits: tuple[str, ...] = ()
    ignored: int = 0

    def part(self, areas: NDArray[Any]) -> "Travel":
        """Return the ways of these areas alone; `areas` is a mask or row numbers."""
        return replace(self, minutes=self.minutes[areas])

    @property
    def beyond_reach(self) -> NDArray[np.bool_]:
        """Which areas no site can be reached from, (areas,)."""
        return np.asarray(np.isinf(self.minutes).all(axis=1))


def read_travel(path: Path, areas: Areas, sites: Sites, *, mode: str = "") -> Travel:
    """Return the ways of a long table with columns area, site, minutes and perhaps mode.

    A pair that the table lacks is beyond reach. A table of several modes needs `mode`. Rows for other areas and sites
    are counted and left out. Raises BadTable for a pair that is there twice, and for minutes below 0.
    """
    table = Table(path)
    for column in ("area", "site", "minutes"):
        if not table.has(column):
            table.lacks(column)
    minutes = table.numbers("minutes", 0, np.inf)
    mode, kept = _mode(table, mode)
    area, site = _places(table, "area", areas.code), _places(table, "site", sites.code)
    known = kept & (area >= 0) & (site >= 0)
    if not known.any():
        raise BadTable(
            f"{path.name}: no row is for one of these areas and one of these sites. Expected codes such as"
            f" {areas.code[0]} in the column area and {sites.code[0]} in the column site."
        )
    pair = np.where(known, area * len(sites) + site, -1)
    again = known.copy()
    again[np.unique(pair, return_index=True)[1]] = False
    table.refuse("site", again, "each pair of area and site once")
    found = np.full(len(areas) * len(sites), np.inf, np.float32)
    found[pair[known]] = minutes[known]
    return Travel(
        minutes=found.reshape(len(areas), len(sites)),
        mode=mode,
        source=path.name,
        is_proxy=False,
        label=f"minutes by {mode} from the table {path.name}",
        ignored=int((kept & ~known).sum()),
    )


def _mode(table: Table, mode: str) -> tuple[str, NDArray[np.bool_]]:
    """Return the mode and which rows are of it."""
    modes = table.texts_or_none("mode")
    there = sorted(set(modes.tolist()))
    if mode and mode not in there and there != [""]:
        raise BadTable(f"{table.path.name} holds no way by {mode!r}. It has: {', '.join(there)}.")
    if not mode and len(there) > 1:
        raise BadTable(f"{table.path.name} holds several modes: {', '.join(there)}. Say which one is meant.")
    if there == [""]:
        return mode or "the mode of the table", np.ones(len(table), bool)
    mode = mode or there[0]
    return mode, modes == mode


def _places(table: Table, column: str, codes: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the row of each code of a column, -1 for a code that is not among ours."""
    known = pl.DataFrame({column: codes.tolist(), "place": np.arange(len(codes))})
    asked = table.frame.select(pl.col(column).cast(pl.String).str.strip_chars())
    return asked.join(known, on=column, how="left", maintain_order="left")["place"].fill_null(-1).to_numpy()


def proxy(
    areas: Areas,
    sites: Sites,
    *,
    speed: float | None = None,
    detour: float | None = None,
    fixed: float | None = None,
    workers: int | None = None,
) -> Travel:
    """Return minutes by car estimated from the great circle: fixed + distance x detour / speed (km an hour).

    What is not given comes from guidance/access/travel.toml, where it is marked as a proposal. The same for any number
    of workers.
    """
    speed = _figure("speed") if speed is None else speed
    detour = _figure("detour") if detour is None else detour
    fixed = _figure("fixed") if fixed is None else fixed
    if not (speed > 0 and detour >= 1 and fixed >= 0):
        raise ValueError(
            f"The speed is {speed:g} km an hour, the detour {detour:g} and the fixed time {fixed:g} minutes; the speed"
            " must be above 0, the detour at least 1 and the fixed time at least 0."
        )
    # A chord of the unit sphere stands for an angle; twice the radius times its arc sine is the way.
    scale = 2 * _figure("earth_radius") * detour / speed * 60
    minutes = np.empty((len(areas), len(sites)), np.float32)
    here, there = _on_the_sphere(areas.lat, areas.lon), _on_the_sphere(sites.lat, sites.lon)
    over_sea, sites_over_sea = _in_northern_ireland(areas, sites)

    def fill(first: int) -> None:
        rows = slice(first, first + AREAS_AT_ONCE)
        _fill(here[rows], there, over_sea[rows], sites_over_sea, scale, fixed, minutes[rows])

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        list(pool.map(fill, range(0, len(areas), AREAS_AT_ONCE)))
    return Travel(
        minutes=minutes,
        mode="car",
        source=f"great circle x {detour:g} at {speed:g} km/h + {fixed:g} min (guidance/access/travel.toml)",
        is_proxy=True,
        label=PROXY_LABEL,
        error_common=_figure("error_common"),
        error_own=_figure("error_own"),
        limits=(WATER,),
    )


def _figure(name: str) -> float:
    return float(access_figure("travel", name).value)


def _on_the_sphere(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points of the unit sphere, (points, 3)."""
    north, east = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)


def _in_northern_ireland(areas: Areas, sites: Sites) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which areas and which sites lie there; a site without a nation has the one of its health body."""
    nation_of: Mapping[str, str] = dict(zip(areas.health_body.tolist(), areas.nation.tolist(), strict=True))
    nations = [
        nation or nation_of.get(body, "")
        for nation, body in zip(sites.nation.tolist(), sites.health_body.tolist(), strict=True)
    ]
    return areas.nation == "Northern Ireland", np.array(nations) == "Northern Ireland"


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(here: Any, there: Any, over_sea: Any, sites_over_sea: Any, scale: float, fixed: float, minutes: Any) -> None:
    """Write the minutes of each pair, (areas, sites)."""
    for a in range(here.shape[0]):
        x, y, z = here[a, 0], here[a, 1], here[a, 2]
        for s in range(there.shape[0]):
            dx, dy, dz = x - there[s, 0], y - there[s, 1], z - there[s, 2]
            half = min(1.0, 0.5 * np.sqrt(dx * dx + dy * dy + dz * dz))
            way = fixed + scale * np.arcsin(half)
            minutes[a, s] = np.inf if over_sea[a] != sites_over_sea[s] else way
