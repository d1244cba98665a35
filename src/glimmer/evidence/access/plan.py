"""A plan: which sites are open, who goes where, how good that is, and how good it could be at most.

plan = solve(problem)                       solve.py: the best sites, with a proven bound
served = evaluate(problem, (3, 17, 240))    these sites as they are, in milliseconds: for a map that is touched
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from glimmer.evidence.access.problem_ways import rows_of

if TYPE_CHECKING:
    from glimmer.evidence.access.problem import Problem

# A gap of one part in a million is the rounding of sums, and counts as closed.
CLOSED = 1e-6


@dataclass(frozen=True, eq=False)
class Served:
    """Who goes where with these sites open.

    `assigned` is the site of each area (-1: none is within reach), `minutes` its way there (infinite: none), both
    (areas,). With outreach they are those of the clinic days. `objective` is in `unit`: minutes, or the share of need.
    `split` says for each area that goes to several sites, for want of room, which share goes where.
    """

    sites: tuple[int, ...]
    assigned: NDArray[np.int32]
    minutes: NDArray[np.float32]
    objective: float
    unit: str
    split: tuple[tuple[int, int, float], ...] = ()


@dataclass(frozen=True)
class Plan:
    """The answer to a problem: plain data, and the same for the same problem and seed on any number of workers.

    `bound` is what no plan can better (below `objective` where minutes are made few, above it where a share is made
    great); `gap` is how far it is off, as a share of the objective. `is_proven`: the gap is closed, so that no plan is
    better. `method` says in words how it was found. `is_cut_short`: the time was over before the search was, so that
    another run may find another plan.
    """

    served: Served
    codes: tuple[str, ...]
    bound: float
    method: str
    seed: int
    seconds: float
    is_cut_short: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def sites(self) -> tuple[int, ...]:
        """The rows of the open sites, in order."""
        return self.served.sites

    @property
    def assigned(self) -> NDArray[np.int32]:
        """The site of each area, (areas,); -1 where none is within reach."""
        return self.served.assigned

    @property
    def minutes(self) -> NDArray[np.float32]:
        """The way of each area to its site, (areas,); infinite where none is within reach."""
        return self.served.minutes

    @property
    def objective(self) -> float:
        """What the plan reaches, in `unit`."""
        return self.served.objective

    @property
    def unit(self) -> str:
        """The unit of objective and bound: minutes, or share of need."""
        return self.served.unit

    @property
    def gap(self) -> float:
        """How far the bound is off, as a share of the objective; 0 where the plan is proven best."""
        if self.objective == self.bound:
            return 0.0
        return abs(self.objective - self.bound) / max(abs(self.objective), 1e-12)

    @property
    def is_proven(self) -> bool:
        """Whether no plan is better, to one part in a million."""
        return self.gap <= CLOSED


def evaluate(problem: "Problem", sites: Iterable[int]) -> Served:
    """Return who goes where with these sites open, and what the problem's objective then is.

    Everybody goes to the nearest; a capacity is not looked at. How many sites there are is not held against `clinics`.
    """
    chosen = np.array(sorted(set(sites)), np.int32)
    if not len(chosen) or chosen[0] < 0 or chosen[-1] >= problem.sites:
        raise ValueError(f"The open sites must be rows from 0 to {problem.sites - 1}, and at least one.")
    assigned, minutes = np.empty(len(problem.weights), np.int32), np.empty(len(problem.weights), np.float32)
    _nearest(problem.minutes, chosen, assigned, minutes)
    return Served(tuple(chosen.tolist()), assigned, minutes, reached(problem, minutes), unit_of(problem))


def unit_of(problem: "Problem") -> str:
    """Return the unit of the objective."""
    return "share of need" if problem.objective == "cover" else "minutes"


def reached(problem: "Problem", minutes: NDArray[np.float32]) -> float:
    """Return the objective of a problem where areas have these ways to their clinics, (areas,)."""
    if problem.objective == "center":
        return float(minutes[reachable(problem)].max(initial=np.float32(0)))
    area, weight, beyond = rows_of(problem)
    way = np.minimum(minutes[area].astype(np.float64), beyond)
    if problem.objective == "cover":
        return float(weight @ (way <= problem.within) / weight.sum())
    return float(weight @ way / weight.sum())


def reachable(problem: "Problem") -> NDArray[np.bool_]:
    """Return which areas have need and a site that may open and can be reached, (areas,)."""
    may_open = problem.rules().may_open
    return (problem.weights > 0) & np.isfinite(problem.minutes[:, may_open].min(axis=1))


@njit(cache=True, nogil=True, error_model="numpy")
def _nearest(minutes: Any, chosen: Any, assigned: Any, best: Any) -> None:
    """Write the nearest of the chosen sites for each area, and its minutes."""
    for area in range(len(assigned)):
        least, mine = np.float32(np.inf), -1
        for site in chosen:
            way = minutes[area, site]
            if way < least:
                least, mine = way, site
        assigned[area], best[area] = mine, least
