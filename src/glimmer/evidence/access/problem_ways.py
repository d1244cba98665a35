"""The ways of a problem as compiled code reads them: for each area its nearest sites in order of cost.

A row is a part of an area's need: the whole of it, or, where an outreach site serves some days, the part that may go
there and the part that may not. What nobody serves costs `base`, so a site that costs more is never looked at. Lists
are cut to the nearest sites; beyond the cut the whole row of the table is read, so that nothing is lost.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from glimmer.evidence.access.problem import Problem

Array = NDArray[Any]
AREAS_AT_ONCE = 512
# A list holds so many times the sites that fall to one clinic, and at least the least: enough for the second nearest.
NEAREST, LEAST = 12, 64


class Ways(NamedTuple):
    """Arrays of compiled code: lists by area, rows of need, and the whole table.

    The list of an area is `site` and `cost` from `first[area]` to `first[area + 1]`, whole up to a cost of
    `whole[area]`. `area`, `weight` and `base` are (rows,). A cost is the minutes, and beyond `knee` so many minutes
    more as `steep` says; where something is to be within `within` minutes it is 0 or beyond `base`.
    """

    first: Array
    site: Array
    cost: Array
    whole: Array
    area: Array
    weight: Array
    base: Array
    minutes: Array
    knee: float
    steep: float
    within: float

    @property
    def sites(self) -> int:
        """How many sites there are, open or not."""
        return int(self.minutes.shape[1])

    @property
    def need(self) -> float:
        """The weight of all rows."""
        return float(self.weight.sum())

    def costs(self, minutes: Array) -> Array:
        """Return what minutes cost, as compiled code works it out."""
        if self.within >= 0:
            return np.where(minutes <= self.within, 0.0, np.inf).astype(np.float32)
        if self.steep <= 0:
            return minutes.astype(np.float32, copy=False)
        exact = minutes.astype(np.float64)
        return (exact + self.steep * np.maximum(0.0, exact - self.knee)).astype(np.float32)

    def total(self, sites: Array) -> float:
        """Return the cost of serving everybody from these sites."""
        nearest = self.minutes[:, np.sort(sites)].min(axis=1)
        return float(self.weight @ np.minimum(self.costs(nearest)[self.area].astype(np.float64), self.base))


def lay_out(problem: "Problem", *, knee: float = np.inf, steep: float = 0.0, workers: int | None = None) -> Ways:
    """Return the ways of a problem; the same for any number of workers."""
    within = -1.0 if problem.within is None else float(problem.within)
    steep = 0.0 if knee == np.inf else steep
    knee = 0.0 if knee == np.inf else knee
    area, weight, base = rows_of(problem)
    empty = np.empty(0)
    bare = Ways(empty, empty, empty, empty, area, weight, base, problem.minutes, knee, steep, within)
    if within >= 0:
        # A row that outreach covers is served whatever is opened.
        base = np.where(base <= within, 0.0, 1.0)
    else:
        base = bare.costs(base.astype(np.float32)).astype(np.float64)
    kept = base > 0
    bare = bare._replace(area=area[kept], weight=weight[kept], base=base[kept])
    return _with_lists(bare, problem.clinics, workers)


def rows_of(problem: "Problem") -> tuple[Array, Array, Array]:
    """Return area, weight and minutes without any clinic of each row of need."""
    area = np.flatnonzero(problem.weights > 0)
    need = problem.weights[area]
    rows = [(area, need.copy(), np.full(len(area), problem.beyond))]
    for site, share in sorted(problem.outreach.items()):
        minutes = problem.minutes[:, site][area].astype(np.float64)
        # The outreach days of a site shorten the way of that share of the need, where it can be reached at all.
        better = minutes < problem.beyond
        rows[0][1][better] -= share * need[better]
        rows.append((area[better], share * need[better], minutes[better]))
    areas, weights, bases = (np.concatenate(column) for column in zip(*rows, strict=True))
    return areas.astype(np.int32), weights, bases


def _with_lists(bare: Ways, clinics: int, workers: int | None) -> Ways:
    """Sort each area's sites by cost and keep the nearest."""
    count, sites = bare.minutes.shape
    width = min(sites, max(LEAST, NEAREST * sites // clinics))
    reach = np.zeros(count)
    np.maximum.at(reach, bare.area, bare.base)
    needed = np.zeros(count, bool)
    needed[bare.area] = True

    def nearest(begin: int) -> tuple[Array, Array, Array, Array]:
        rows = slice(begin, begin + AREAS_AT_ONCE)
        cost = bare.costs(bare.minutes[rows])
        # Costs are at least 0, so that their bits are in their order; of equal costs the earlier site comes first.
        keys = cost.view(np.uint32).astype(np.uint64) << np.uint64(32) | np.arange(sites, dtype=np.uint64)
        kept = keys if bare.within >= 0 or width == sites else np.partition(keys, width - 1, axis=1)[:, :width]
        kept = np.sort(kept, axis=1)
        cost, site = (kept >> np.uint64(32)).astype(np.uint32).view(np.float32), kept.astype(np.uint16)
        whole = np.full(len(cost), np.inf, np.float32) if kept.shape[1] == sites else cost[:, -1].copy()
        useful = (cost < reach[rows, None]) & needed[rows, None]
        return useful.sum(axis=1), site[useful], cost[useful], whole

    found = list(in_order(nearest, range(0, count, AREAS_AT_ONCE), workers))
    lengths, site, cost, whole = (np.concatenate(parts) for parts in zip(*found, strict=True))
    first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return bare._replace(first=first, site=site, cost=cost, whole=whole)


def in_order(one: Callable[[Any], Any], work: Iterable[Any], workers: int | None) -> Iterable[Any]:
    """Return what comes of each piece in the order of the pieces, worked on by threads where there is more than one."""
    work = list(work)
    workers = min(workers or os.cpu_count() or 1, len(work))
    if workers <= 1:
        return map(one, work)
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, work))
