"""How much better than a plan of the front any plan could be: a bound on the mean and the worst-off tenth together.

The mean of the worst-off tenth is the least, over all knees t, of t plus ten times the mean of what is beyond t. For
all knees between t0 and t1 together nobody does better than with t0 paid and only what is beyond t1 counted: that is
the bound of one p-median. The knees are cut into stretches, and the stretch with the lowest bound into two, until the
lowest is near enough. A plan that beats another in both figures would lie below the bound on their weighted sum.
"""

import heapq
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from glimmer.evidence.access.bound import lower_bound
from glimmer.evidence.access.heuristic import Search
from glimmer.evidence.access.problem import Problem
from glimmer.evidence.access.problem_ways import Array, lay_out

ROUNDS, MOST_STRETCHES = 60, 20
# Where the first cuts are, as shares of the knee of the known plan.
CUTS = (0.6, 0.85, 0.95, 1.05, 1.2)


@dataclass(frozen=True, slots=True)
class Known:
    """A plan: its sites, mean minutes plus `weight` times those of the worst-off `tenth`, and where that begins."""

    sites: Array
    value: float
    weight: float
    tenth: float
    knee: float


def weighted_bound(
    problem: Problem,
    known: Known,
    mean_bound: float,
    *,
    near: float,
    ends: float,
    workers: int | None = None,
) -> float:
    """Return what mean plus weighted worst-off minutes no plan with as many clinics can be below.

    `mean_bound` is the fewest mean minutes there can be. Ends when the bound is within `near` of the plan (a share of
    its value), when so many stretches were looked at, or at the time `ends` of the monotonic clock; what it returns is
    proven at any time.
    """
    need = float(problem.weights.sum())

    def is_over() -> bool:
        return time.monotonic() > ends

    enough = known.value * (1 - near)
    # Beyond this knee the mean alone is as much as the plan.
    last = (known.value - mean_bound) / known.weight

    def bound_of(low: float, high: float) -> float:
        ways = lay_out(problem, knee=high, steep=known.weight / known.tenth, workers=workers)
        state = Search(ways, problem.rules(), known.sites).state
        found = lower_bound(
            ways, problem.rules(), problem.clinics, ways.total(known.sites), np.minimum((state.d1 + state.d2) / 2,
            ways.base), rounds=ROUNDS, workers=workers, is_over=is_over,
            enough=need * (enough - known.weight * low),
        )  # fmt: skip
        return max(known.weight * low + found.value / need, known.weight * low + mean_bound)

    edges = [0.0, *(known.knee * cut for cut in CUTS if known.knee * cut < last), max(last, 0.0)]
    # Until a stretch was looked at, the mean alone speaks for it.
    stretches = [(known.weight * low + mean_bound, low, high, False) for low, high in pairwise(edges)]
    heapq.heapify(stretches)
    for _ in range(MOST_STRETCHES):
        lowest, low, high, was_seen = stretches[0]
        if lowest >= enough or is_over():
            break
        if was_seen:
            heapq.heappop(stretches)
            middle = (low + high) / 2
            for begin, end in ((low, middle), (middle, high)):
                heapq.heappush(stretches, (max(lowest, bound_of(begin, end)), begin, end, True))
        else:
            heapq.heapreplace(stretches, (bound_of(low, high), low, high, True))
    return min(stretches[0][0], known.value)
