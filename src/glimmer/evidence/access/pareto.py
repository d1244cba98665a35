"""What the average costs the worst-off, and what either costs in clinics: plans that no other plan beats.

    points = front(problem, clinics=(40, 50, 60))
    points[0].mean, points[0].worst_tenth, points[0].served.sites

For each number of clinics the worst-off tenth is given weight: what is made least is the mean minutes of all need plus
`weight` times the mean minutes of the tenth of need that has the longest way. That mean is a conditional value at risk
(Rockafellar and Uryasev 2000): with a given knee it is the same problem with minutes that weigh more beyond the knee,
and several knees are tried. Each plan carries a bound on that sum (pareto_bound.py): a plan that beats it in both
figures would have to lie between the two. Where the gap is closed to NEAR, no plan beats it by more: it is proven.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glimmer.evidence.access.inequality import worst_off
from glimmer.evidence.access.pareto_bound import Known, weighted_bound
from glimmer.evidence.access.plan import Served, evaluate
from glimmer.evidence.access.problem import BadProblem, Problem
from glimmer.evidence.access.problem_ways import Array, lay_out, rows_of
from glimmer.evidence.access.solve import SECONDS, find

TENTH = 0.1
# A plan whose bound is so near, as a share, counts as proven.
NEAR = 0.005
# How much the worst-off tenth weighs beside the mean of all.
WEIGHTS = (1.0, 4.0)
# Knees that are tried, as shares of where the worst-off tenth begins in the plan with the least mean: in a better plan
# it begins earlier.
KNEES = (1.0, 0.8, 0.6)


@dataclass(frozen=True, eq=False)
class Point:
    """One plan of the front. `mean` and `worst_tenth` are minutes of all need and of the tenth with the longest way.

    `mean_bound` is the fewest mean minutes that so many clinics can reach (proven). `weight` is how much the worst-off
    tenth weighed when the plan was found, and `bound` what mean plus weight x worst_tenth no such plan is below.
    """

    clinics: int
    weight: float
    mean: float
    worst_tenth: float
    mean_bound: float
    served: Served
    bound: float = 0.0

    @property
    def value(self) -> float:
        """Mean minutes, and those of the worst-off tenth by their weight."""
        return self.mean + self.weight * self.worst_tenth

    @property
    def gap(self) -> float:
        """By how much a plan with as many clinics could be better in both figures together, as a share of `value`."""
        return max(0.0, 1 - self.bound / self.value) if self.value > 0 else 0.0

    @property
    def is_proven(self) -> bool:
        """Whether no plan with as many clinics beats this one by more than NEAR."""
        return self.gap <= NEAR


def front(
    problem: Problem,
    clinics: Sequence[int],
    *,
    weights: Sequence[float] = WEIGHTS,
    seed: int = 1,
    seconds: float = SECONDS,
    workers: int | None = None,
    told: Callable[[int, int], None] | None = None,
) -> tuple[Point, ...]:
    """Return the plans that no other plan found beats on mean, worst-off tenth and number of clinics.

    They come in the order of clinics and then of the mean. `seconds` is for each number of clinics.
    """
    if problem.objective != "median" or problem.capacity is not None:
        raise BadProblem("A front is of mean minutes against the worst-off tenth: it takes median, without capacities.")
    points: list[Point] = []
    for number, count in enumerate(clinics):
        points += _of_one(replace(problem, clinics=count), weights, seed, time.monotonic() + seconds, workers)
        if told:
            told(number + 1, len(clinics))
    return unbeaten(points)


def unbeaten(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points that no other point beats, each once, in the order of clinics and mean."""
    ordered = sorted(points, key=lambda one: (one.clinics, one.mean, one.worst_tenth, one.weight))
    kept: list[Point] = []
    for one in ordered:
        # What came before has no more clinics; a longer mean can still come from fewer clinics.
        if not any(other.mean <= one.mean and other.worst_tenth <= one.worst_tenth for other in kept):
            kept.append(one)
    return tuple(kept)


def _of_one(problem: Problem, weights: Sequence[float], seed: int, until: float, workers: int | None) -> list[Point]:
    """Return a plan for each weight, with the clinics of the problem."""
    need = float(problem.weights.sum())
    # Half of the time is for plans, the other half for what is proven of them.
    search_until = time.monotonic() + max(0.0, until - time.monotonic()) / 2
    even = find(
        lay_out(problem, workers=workers),
        problem.rules(),
        problem.clinics,
        seed=seed,
        until=search_until,
        workers=workers,
    )
    bound = even.bound / need
    points = [replace(_point(problem, even.sites, 0.0, bound), bound=bound)]
    knee = _knee(problem, points[0].served)
    for weight, share in itertools.product(weights, KNEES):
        if time.monotonic() > search_until:
            break
        ways = lay_out(problem, knee=share * knee, steep=weight / TENTH, workers=workers)
        # A plan is enough here: the bound that is told is that of the mean.
        found = find(
            ways, problem.rules(), problem.clinics, seed=seed, until=search_until, workers=workers, with_bound=False
        )
        points.append(_point(problem, found.sites, weight, bound))
    return _proven(problem, unbeaten(points), until, workers)


def _proven(problem: Problem, points: Sequence[Point], until: float, workers: int | None) -> list[Point]:
    """Return the points of one number of clinics with the bound of their weight, which all plans share."""
    bounds = {0.0: points[0].mean_bound}
    weights = sorted({one.weight for one in points} - {0.0})
    for number, weight in enumerate(weights):
        best = min(points, key=lambda one: one.mean + weight * one.worst_tenth)
        value = best.mean + weight * best.worst_tenth
        known = Known(np.array(best.served.sites), value, weight, TENTH, _knee(problem, best.served))
        ends = time.monotonic() + max(0.0, until - time.monotonic()) / (len(weights) - number)
        bounds[weight] = weighted_bound(problem, known, best.mean_bound, near=NEAR, ends=ends, workers=workers)
    return [replace(one, bound=bounds[one.weight]) for one in points]


def _point(problem: Problem, sites: Array, weight: float, bound: float) -> Point:
    served = evaluate(problem, sites.tolist())
    _, need, way = _ways(problem, served)
    return Point(
        clinics=problem.clinics,
        weight=weight,
        mean=served.objective,
        worst_tenth=float(worst_off(way, need, TENTH)),
        mean_bound=bound,
        served=served,
    )


def _ways(problem: Problem, served: Served) -> tuple[Array, Array, Array]:
    """Return area, need and minutes of each row of need, no way longer than beyond."""
    area, need, beyond = rows_of(problem)
    return area, need, np.minimum(served.minutes[area].astype(np.float64), beyond)


def _knee(problem: Problem, served: Served) -> float:
    """Return the minutes from which the worst-off tenth of need begins."""
    _, need, way = _ways(problem, served)
    order = np.argsort(-way, kind="stable")
    reached = np.cumsum(need[order]) >= TENTH * need.sum()
    return float(way[order][int(np.argmax(reached))])
