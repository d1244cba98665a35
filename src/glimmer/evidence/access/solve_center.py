"""The longest way as short as can be: search for the fewest minutes within which every area can be served.

Whether all areas lie within some minutes of some clinics is a question of cover. Where a heuristic or HiGHS finds such
clinics, the answer is no longer than that; where the bound or HiGHS shows that somebody is left out whatever is
opened, it is longer. Areas that no site can be reached from are left aside and named in the plan.
"""

import time
from dataclasses import replace

import numpy as np

from glimmer.evidence.access.cover_all import cover_all
from glimmer.evidence.access.plan import Plan, evaluate, reachable
from glimmer.evidence.access.problem import BadProblem, Problem
from glimmer.evidence.access.problem_ways import Array, lay_out
from glimmer.evidence.access.solve import Found, Told, find, notes

# Where there are more pairs than this, minutes are tried on a grid; it is the precision of the answer.
MOST_PAIRS, GRID_MINUTES = 2_000_000, 0.25
# Costs are numbers of areas that are left out: less than a thousandth of one is the rounding of sums.
NOBODY = 1e-3


def solve_center(
    problem: Problem, *, seed: int, seconds: float, workers: int | None = None, told: Told | None = None
) -> Plan:
    """Return the plan whose worst-off area is best off, with a proven bound on its minutes."""
    if problem.outreach or problem.capacity is not None:
        raise BadProblem("The objective center knows neither outreach days nor capacities. Ask for median or cover.")
    began = time.monotonic()
    search = _Search(problem, seed, began + seconds, workers)
    search.run(told)
    served = evaluate(problem, search.sites.tolist())
    return Plan(
        served=served,
        codes=tuple(problem.site_codes[site] for site in served.sites) if problem.site_codes else (),
        bound=min(search.bound, served.objective),
        method="cover within ever fewer minutes",
        seed=seed,
        seconds=time.monotonic() - began,
        is_cut_short=search.is_over(),
        notes=notes(problem),
    )


class _Search:
    """The fewest minutes known to do, and the most known not to."""

    def __init__(self, problem: Problem, seed: int, until: float, workers: int | None) -> None:
        self.problem, self.seed, self.until, self.workers = problem, seed, until, workers
        self.rules = problem.rules()
        self.nearest = problem.minutes[:, self.rules.may_open].min(axis=1)
        self.reachable = reachable(problem)
        if not self.reachable.any():
            raise BadProblem("No area with need can reach a site that may open. Look at the table of minutes.")
        # Whether all can be served does not hang on weights, and sums of ones are exact.
        longest = float(problem.minutes[np.isfinite(problem.minutes)].max())
        weights = self.reachable.astype(np.float64)
        self.even = replace(problem, weights=weights, objective="median", beyond=2 * longest + 1)
        self.sites, self.bound = np.empty(0, np.int64), float(self.nearest[self.reachable].max())

    def is_over(self) -> bool:
        """Say whether the time is over."""
        return time.monotonic() > self.until

    def run(self, told: Told | None) -> None:
        """Narrow down the minutes from both sides."""
        self.sites = find(
            lay_out(self.even, workers=self.workers), self.rules, self.problem.clinics, seed=self.seed,
            until=self.until, workers=self.workers, with_bound=False,
        ).sites  # fmt: skip
        values = self._values(self._worst(self.sites))
        # values[low] is known to be too few minutes (or is the bound itself, not yet tried), values[high] does.
        low, high, steps = -1, len(values) - 1, 0
        total = 2 * int(np.ceil(np.log2(len(values) + 1))) + 1
        unsure = high
        while low + 1 < unsure and not self.is_over():
            middle = (low + unsure) // 2
            did, cannot = self._within(float(values[middle]))
            steps += 1
            if told:
                told(min(steps, total), total)
            if did:
                high = unsure = int(np.searchsorted(values, self._worst(self.sites)))
            elif cannot:
                low = middle
            else:
                # Neither found nor refuted: no plan is known below, but the proof goes on among fewer minutes.
                unsure = middle
        if low >= 0:
            self.bound = max(self.bound, self._least_above(float(values[low])))

    def _values(self, worst: float) -> Array:
        """Return the minutes to be tried, from the bound to what is known to do."""
        minutes = self.problem.minutes[self.reachable][:, self.rules.may_open]
        inside = minutes[(minutes >= np.float32(self.bound)) & (minutes <= np.float32(worst))]
        if len(inside) <= MOST_PAIRS:
            return np.unique(inside)
        return np.append(np.arange(self.bound, worst, GRID_MINUTES), worst)

    def _within(self, minutes: float) -> tuple[bool, bool]:
        """Return whether all areas were served within some minutes, and whether it was shown that they cannot be."""
        asked = replace(self.even, objective="cover", within=minutes)
        is_small = self.problem.minutes.size <= MOST_PAIRS
        if not is_small:
            # To find clinics is quicker than to compare so many areas; to show that there are none is not.
            found = self._found(asked, with_bound=False)
            if found.cost <= NOBODY:
                return True, False
        sites, is_settled = cover_all(
            self.problem.minutes[self.reachable] <= np.float32(minutes),
            self.rules,
            self.problem.clinics,
            seconds=max(0.0, self.until - time.monotonic()) / 2,
        )
        if sites is not None:
            self.sites = sites
        if is_settled:
            return sites is not None, sites is None
        found = self._found(asked, with_bound=True)
        return found.cost <= NOBODY, found.bound > NOBODY

    def _found(self, asked: Problem, *, with_bound: bool) -> Found:
        """Return what a search finds that leaves nobody out, and keep its sites where it does."""
        found = find(
            lay_out(asked, workers=self.workers), self.rules, asked.clinics, seed=self.seed, until=self.until,
            workers=self.workers, aim=NOBODY, with_bound=with_bound,
        )  # fmt: skip
        if found.cost <= NOBODY:
            self.sites = found.sites
        return found

    def _worst(self, sites: Array) -> float:
        return float(self.problem.minutes[self.reachable][:, sites].min(axis=1).max())

    def _least_above(self, minutes: float) -> float:
        """Return the fewest minutes of any way that are more than these: the answer is one of the ways."""
        ways = self.problem.minutes[self.reachable][:, self.rules.may_open]
        return float(ways[ways > np.float32(minutes)].min(initial=np.float32(np.inf)))
