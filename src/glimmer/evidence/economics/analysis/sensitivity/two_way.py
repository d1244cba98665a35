"""Two parameters at once: which strategy is best in which corner of their plane, from one run of the whole grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy
from glimmer.evidence.economics.analysis.sensitivity.one_way import best_of_each
from glimmer.evidence.economics.analysis.sensitivity.ranges import Range, evaluated
from glimmer.evidence.economics.analysis.spread import BadAnalysis
from glimmer.evidence.economics.outcomes import Evaluate, Numbers

if TYPE_CHECKING:
    from polars import DataFrame

POINTS = 41


@dataclass(frozen=True, slots=True)
class TwoWay:
    """A grid. `net_benefit` has the shape (points of first, points of second, strategies), `best` without the last.

    `margin` is by how much (currency) the best beats the next best at each point: small along a border.
    """

    strategies: tuple[str, ...]
    threshold: float
    first: Range
    second: Range
    net_benefit: Numbers
    best: np.ndarray

    @property
    def margin(self) -> Numbers:
        """By how much the best beats the second best, currency; infinite where there is one strategy."""
        if len(self.strategies) == 1:
            return np.full(self.best.shape, np.inf)
        ordered = np.sort(self.net_benefit, axis=-1)
        return np.asarray(ordered[..., -1] - ordered[..., -2])

    @property
    def regions(self) -> dict[str, float]:
        """The share of the grid in which each strategy is best; they add up to 1."""
        counts = np.bincount(self.best.ravel(), minlength=len(self.strategies)) / self.best.size
        return dict(zip(self.strategies, counts.tolist(), strict=True))

    def frame(self) -> "DataFrame":
        """Return one row per point of the grid: both values, the best strategy, by how much."""
        rows, columns = self.best.shape
        return tidy(
            {
                self.first.parameter: np.repeat(self.first.points(rows), columns),
                self.second.parameter: np.tile(self.second.points(columns), rows),
                "best": [self.strategies[at] for at in self.best.ravel()],
                "margin": self.margin.ravel(),
            }
        )


def two_way(
    evaluate: Evaluate,
    first: Range,
    second: Range,
    threshold: float,
    base: Mapping[str, float] | None = None,
    points: int = POINTS,
) -> TwoWay:
    """Run the grid of two parameters, the others at their means or at `base`."""
    if first.parameter == second.parameter or points < 2:
        raise BadAnalysis(
            f"A two-way analysis needs two different parameters and two points, but has {first.parameter}, "
            f"{second.parameter} and {points} points."
        )
    down, across = np.meshgrid(first.points(points), second.points(points), indexing="ij")
    grid: dict[str, Numbers | float] = {**(base or {}), first.parameter: down.ravel(), second.parameter: across.ravel()}
    outcomes = evaluated(evaluate, grid, points * points)
    net_benefit = outcomes.net_benefit(threshold)
    best = best_of_each(outcomes, net_benefit).reshape(points, points)
    return TwoWay(outcomes.strategies, threshold, first, second, net_benefit.reshape(points, points, -1), best)
