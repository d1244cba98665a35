"""What one strategy costs and gives more than another, draw by draw: the cost-effectiveness plane and its quadrants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy, tidy_rows
from glimmer.evidence.economics.analysis.spread import LEVEL, Spread, compared_with, spread_of
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame

QUADRANTS = ("better_dearer", "better_cheaper", "worse_dearer", "worse_cheaper", "same")
"""Where a draw lies. On an axis the one that is no worse counts: better at the same cost is "better_cheaper"."""
MEANINGS = {
    "better_dearer": "more effect for more money: the ratio is what one more unit of effect costs",
    "better_cheaper": "more effect for no more money: it dominates, and a ratio would mislead",
    "worse_dearer": "less effect for no less money: it is dominated, and a ratio would mislead",
    "worse_cheaper": "less effect for less money: the ratio is what is saved per unit of effect given up",
    "same": "no difference in either",
}


@dataclass(frozen=True, slots=True)
class Increment:
    """One strategy against another. `quadrants` are shares of draws that add up to 1; `lies_in` is that of the means.

    `icer` (currency per effect) is only there where the means make it meaningful; `meaning` says how to read it.
    """

    strategy: str
    against: str
    cost: Spread
    effect: Spread
    quadrants: Mapping[str, float]
    lies_in: str
    icer: float | None

    @property
    def meaning(self) -> str:
        """Say what the place of the means tells."""
        return MEANINGS[self.lies_in]

    def columns(self) -> dict[str, Any]:
        """Return the row of a frame."""
        return {
            "strategy": self.strategy,
            "against": self.against,
            **self.cost.columns("inc_cost"),
            **self.effect.columns("inc_effect"),
            "icer": self.icer,
            "lies_in": self.lies_in,
            **{f"share_{name}": share for name, share in self.quadrants.items()},
        }


@dataclass(frozen=True, slots=True)
class Plane:
    """The increments of every other strategy against one. `inc_costs` and `inc_effects`: (draws, len(rows))."""

    against: str
    rows: tuple[Increment, ...]
    inc_costs: Numbers
    inc_effects: Numbers

    def frame(self) -> "DataFrame":
        """Return one row per strategy: increments with intervals, share of draws in each quadrant."""
        return tidy_rows([row.columns() for row in self.rows])

    def points(self, at_most: int = 2000) -> "DataFrame":
        """Return the cloud for a chart, strategy by strategy; of more draws than `at_most`, evenly spaced ones."""
        draws = np.unique(np.linspace(0, len(self.inc_costs) - 1, min(at_most, len(self.inc_costs))).astype(int))
        return tidy(
            {
                "strategy": [row.strategy for row in self.rows for _ in draws],
                "draw": np.tile(draws, len(self.rows)),
                "inc_effect": self.inc_effects[draws].T.ravel(),
                "inc_cost": self.inc_costs[draws].T.ravel(),
            }
        )

    def ellipses(self, level: float = LEVEL, corners: int = 72) -> "DataFrame":
        """Return the ellipse that holds a share of the draws of each strategy if they are normal, as a closed line."""
        angles = np.linspace(0, 2 * np.pi, corners + 1)
        # The distance within which a pair of normals lies with this probability, in standard deviations.
        circle = np.sqrt(-2 * np.log(1 - level)) * np.stack([np.cos(angles), np.sin(angles)])
        lines = [self._centre(at)[:, None] + self._stretch(at) @ circle for at in range(len(self.rows))]
        return tidy(
            {
                "strategy": [row.strategy for row in self.rows for _ in angles],
                "corner": list(range(corners + 1)) * len(self.rows),
                "inc_effect": np.concatenate([line[0] for line in lines]),
                "inc_cost": np.concatenate([line[1] for line in lines]),
            }
        )

    def _centre(self, at: int) -> Numbers:
        return np.array([self.inc_effects[:, at].mean(), self.inc_costs[:, at].mean()])

    def _stretch(self, at: int) -> Numbers:
        # The symmetric root: unlike a Cholesky factor it exists where all draws lie on one line.
        values, axes = np.linalg.eigh(np.cov(self.inc_effects[:, at], self.inc_costs[:, at]))
        return np.asarray(axes * np.sqrt(np.clip(values, 0, None)))


def plane(outcomes: Outcomes, against: str | None = None, level: float = LEVEL) -> Plane:
    """Return every other strategy against one (the reference where none is named)."""
    base = outcomes.position(compared_with(outcomes, against))
    others = [at for at in range(len(outcomes.strategies)) if at != base]
    inc_costs = outcomes.costs[:, others] - outcomes.costs[:, [base]]
    inc_effects = outcomes.effects[:, others] - outcomes.effects[:, [base]]
    names = [outcomes.strategies[at] for at in others]
    return Plane(
        outcomes.strategies[base],
        _rows(names, outcomes.strategies[base], inc_costs, inc_effects, level),
        inc_costs,
        inc_effects,
    )


def _rows(
    names: Sequence[str], against: str, inc_costs: Numbers, inc_effects: Numbers, level: float
) -> tuple[Increment, ...]:
    rows = []
    for at, name in enumerate(names):
        cost, effect = inc_costs[:, at], inc_effects[:, at]
        mean_cost, mean_effect = float(cost.mean()), float(effect.mean())
        lies_in = QUADRANTS[int(quadrant_of(np.array([mean_cost]), np.array([mean_effect]))[0])]
        icer = mean_cost / mean_effect if lies_in in ("better_dearer", "worse_cheaper") else None
        shares = np.bincount(quadrant_of(cost, effect), minlength=len(QUADRANTS)) / len(cost)
        quadrants = dict(zip(QUADRANTS, shares.tolist(), strict=True))
        rows.append(
            Increment(name, against, spread_of(cost, level), spread_of(effect, level), quadrants, lies_in, icer)
        )
    return tuple(rows)


def quadrant_of(inc_cost: Numbers, inc_effect: Numbers) -> np.ndarray:
    """Return the place in QUADRANTS of each pair of increments."""
    better = (inc_effect > 0) | ((inc_effect == 0) & (inc_cost < 0))
    same = (inc_effect == 0) & (inc_cost == 0)
    dearer = np.where(better, inc_cost > 0, inc_cost >= 0)
    return np.select([same, better & dearer, better, dearer], [4, 0, 1, 2], default=3)
