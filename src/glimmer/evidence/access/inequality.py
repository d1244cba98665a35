"""How unequal something is: along deprivation (slope, relative and concentration index) and as such (Gini, Atkinson).

Everywhere `values` and `weights` have the shape (..., areas); leading axes are draws and are kept. Weights are people.
`rank` says how deprived an area is, the most deprived first (1, or 0.01); equal ranks share their place. Ranks of
different nations cannot be compared: give the nation as `within`, and each person's place is that in the own nation.

Sources: Mackenbach and Kunst 1997 (slope and relative index); Kakwani, Wagstaff and van Doorslaer 1997 (concentration
index); Wagstaff and van Doorslaer 2000 (need adjustment); Erreygers 2009 (bounded values); Atkinson 1970.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.economics.analysis.equity import equally_distributed_equivalent
from glimmer.evidence.economics.outcomes import Numbers


class BadDistribution(ValueError):
    """Inequality was asked of something that has none. The message says which values or weights are wrong."""


@dataclass(frozen=True, slots=True)
class Slope:
    """The regression of values on the place in the ranking, at its two ends, each of the shape of the draws.

    `index`: the slope index, most less least deprived, in the unit of the values; above 0 the most deprived have more.
    `relative`: the relative index as a ratio of the two ends (NaN where the least deprived end is not above 0).
    `relative_to_mean`: the same index as a share of the mean, the other form in use.
    """

    most_deprived: Numbers
    least_deprived: Numbers
    mean: Numbers

    @property
    def index(self) -> Numbers:
        """Most less least deprived."""
        return self.most_deprived - self.least_deprived

    @property
    def relative(self) -> Numbers:
        """Most by least deprived."""
        below = np.asarray(self.least_deprived)
        return np.divide(self.most_deprived, below, out=np.full(below.shape, np.nan), where=below > 0)

    @property
    def relative_to_mean(self) -> Numbers:
        """The slope index by the mean."""
        return self.index / self.mean


@dataclass(frozen=True, slots=True)
class Curve:
    """A Lorenz or concentration curve: below which share of `people` (0 to 1) lies which share of the `total`."""

    people: Numbers
    total: Numbers


def place_in_ranking(rank: NDArray, weights: Numbers, within: NDArray | None = None) -> Numbers:
    """Return each area's mean place among people (the ridit): above 0 for the most deprived, below 1 for the least.

    Where a group has no people nobody comes before another: its areas stand in the middle, and weigh nothing.
    """
    weights = np.asarray(weights, float)
    groups = np.zeros(len(rank), int) if within is None else np.unique(within, return_inverse=True)[1]
    order = np.lexsort((rank, groups))
    group, ranked, people = groups[order], np.asarray(rank)[order], weights[..., order]
    is_new_group = np.r_[True, group[1:] != group[:-1]]
    starts = np.flatnonzero(is_new_group | np.r_[True, ranked[1:] != ranked[:-1]])
    tied = np.add.reduceat(people, starts, axis=-1)
    up_to = np.cumsum(tied, axis=-1)
    first_of_group = np.flatnonzero(is_new_group)
    group_of_tie = group[starts]
    totals = np.add.reduceat(people, first_of_group, axis=-1)
    before_group = np.cumsum(totals, axis=-1) - totals
    before, people_there = up_to - tied / 2 - before_group[..., group_of_tie], totals[..., group_of_tie]
    place = np.divide(before, people_there, out=np.full(before.shape, 1 / 2), where=people_there > 0)
    found = np.empty(weights.shape)
    found[..., order] = place[..., np.cumsum(np.isin(np.arange(len(order)), starts)) - 1]
    return found


def slope(values: Numbers, rank: NDArray, weights: Numbers, within: NDArray | None = None) -> Slope:
    """Return the weighted regression of values on the place in the ranking.

    With deciles as `rank` this is the form in which the NHS publishes it: a line through ten points.
    """
    values, weights = _checked(values, weights)
    place = place_in_ranking(rank, weights, within)
    mean, middle = _mean(values, weights), _mean(place, weights)
    spread = _mean((place - middle[..., None]) ** 2, weights)
    if np.any(spread <= 0):
        raise BadDistribution("All areas are equally deprived: there is no slope. Give at least two ranks.")
    rise = _mean((place - middle[..., None]) * values, weights) / spread
    return Slope(mean - rise * middle, mean + rise * (1 - middle), mean)


def concentration_index(values: Numbers, rank: NDArray, weights: Numbers, within: NDArray | None = None) -> Numbers:
    """Return the concentration index, -1 to 1: above 0 where the least deprived have more than their share."""
    values, weights = _checked(values, weights)
    place = place_in_ranking(rank, weights, within)
    mean = _mean(values, weights)
    return 2 * (_mean(values * place, weights) - mean * _mean(place, weights)) / mean


def bounded_concentration_index(
    values: Numbers, rank: NDArray, weights: Numbers, low: float, high: float, within: NDArray | None = None
) -> Numbers:
    """Return the index of Erreygers for bounded values such as shares: alike in size for reached and not reached."""
    mean = _mean(*_checked(values, weights))
    return 4 * mean / (high - low) * concentration_index(values, rank, weights, within)


def inequity(values: Numbers, need: Numbers, rank: NDArray, weights: Numbers, within: NDArray | None = None) -> Numbers:
    """Return the concentration index of `values` less that of `need`, both per person: horizontal inequity.

    0: as the need lies, so lie the values. Below 0 the most deprived have more than their need alone would give them.
    """
    return concentration_index(values, rank, weights, within) - concentration_index(need, rank, weights, within)


def gini(values: Numbers, weights: Numbers) -> Numbers:
    """Return the Gini coefficient, 0 (all alike) to 1, of values that are not negative."""
    values, weights = _checked(values, weights)
    order = np.argsort(values, axis=-1, kind="stable")
    held = np.take_along_axis(values, order, -1)
    people = np.take_along_axis(np.broadcast_to(weights, values.shape), order, -1)
    share = people / people.sum(axis=-1, keepdims=True)
    place = np.cumsum(share, axis=-1) - share / 2
    mean = (share * held).sum(axis=-1)
    return 2 * (share * held * place).sum(axis=-1) / mean - 1


def atkinson(values: Numbers, weights: Numbers, aversion: float) -> Numbers:
    """Return Atkinson's index of a good (not of minutes): the share of it that equality would be worth.

    `aversion` (above 0) is how much inequality is minded. Somebody with nothing makes the index 1 from an aversion of
    1 on: nothing can be given up for that.
    """
    if not aversion > 0:
        raise BadDistribution(f"The aversion to inequality is {aversion}, but must be above 0, such as 0.5 or 1.")
    values, weights = _checked(values, weights)
    weights = np.broadcast_to(weights, values.shape)
    mean = _mean(values, weights)
    if np.all(values > 0):
        rows = zip(values.reshape(-1, values.shape[-1]), weights.reshape(-1, values.shape[-1]), strict=True)
        even = np.array([equally_distributed_equivalent(held, people, aversion) for held, people in rows])
        return np.asarray(1 - even.reshape(mean.shape) / mean)
    if aversion >= 1:
        has_nothing = np.any((values == 0) & (weights > 0), axis=-1)
        positive = np.where(values > 0, values, mean[..., None])
        return np.where(has_nothing, 1.0, atkinson(positive, np.where(values > 0, weights, 0), aversion))
    relative = _mean((values / mean[..., None]) ** (1 - aversion), weights)
    return np.asarray(1 - relative ** (1 / (1 - aversion)))


def worst_off(values: Numbers, weights: Numbers, share: float, *, high_is_bad: bool = True) -> Numbers:
    """Return the mean of the values of the worst-off `share` of people; an area at the edge counts in part."""
    if not 0 < share <= 1:
        raise BadDistribution(f"The share of the worst off is {share}, but must be above 0 and at most 1, such as 0.1.")
    values, weights = _checked(values, weights, may_be_negative=True)
    order = np.argsort(-values if high_is_bad else values, axis=-1, kind="stable")
    held = np.take_along_axis(values, order, -1)
    people = np.take_along_axis(np.broadcast_to(weights, values.shape), order, -1)
    limit = share * people.sum(axis=-1, keepdims=True)
    counted = np.clip(limit - (np.cumsum(people, axis=-1) - people), 0, people)
    return (counted * held).sum(axis=-1) / limit[..., 0]


def lorenz_curve(values: Numbers, weights: Numbers) -> Curve:
    """Return the Lorenz curve of one draw, (areas,): those with least first."""
    return _curve(*_checked(values, weights), np.argsort(values, kind="stable"))


def concentration_curve(values: Numbers, rank: NDArray, weights: Numbers, within: NDArray | None = None) -> Curve:
    """Return the concentration curve of one draw, (areas,): the most deprived first; equal places are one point."""
    values, weights = _checked(values, weights)
    place = place_in_ranking(rank, weights, within)
    found = _curve(values, weights, np.argsort(place, kind="stable"))
    ordered = np.sort(place)
    # Within a tie nobody comes first: the curve is straight there.
    is_end = np.r_[True, ordered[1:] != ordered[:-1], True]
    return Curve(found.people[is_end], found.total[is_end])


def _curve(values: Numbers, weights: Numbers, order: NDArray) -> Curve:
    people, held = weights[order], (values * weights)[order]
    return Curve(
        np.r_[0.0, np.cumsum(people)] / people.sum(),
        np.r_[0.0, np.cumsum(held)] / held.sum(),
    )


def _mean(values: Numbers, weights: Numbers) -> Numbers:
    return np.asarray((values * weights).sum(axis=-1) / np.broadcast_to(weights, values.shape).sum(axis=-1))


def _checked(values: Numbers, weights: Numbers, *, may_be_negative: bool = False) -> tuple[Numbers, Numbers]:
    values, weights = np.asarray(values, float), np.asarray(weights, float)
    if values.shape[-1:] != weights.shape[-1:] or not values.shape:
        raise BadDistribution(f"Values have the shape {values.shape} and weights {weights.shape}; areas must agree.")
    if not np.all(np.isfinite(values)) or not np.all(np.isfinite(weights)):
        raise BadDistribution(
            "A value or a weight is no finite number. What nobody reaches has no minutes: leave it out."
        )
    if np.any(weights < 0) or np.any(weights.sum(axis=-1) <= 0):
        raise BadDistribution("Weights are people: none may be below 0, and their sum must be above 0.")
    if not may_be_negative and (np.any(values < 0) or np.any((values * weights).sum(axis=-1) <= 0)):
        raise BadDistribution("Inequality is of values from 0 on, of which somebody has some.")
    return values, weights
