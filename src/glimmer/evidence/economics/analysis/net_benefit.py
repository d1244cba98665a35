"""Net money and net health benefit at a set of thresholds, against the reference, with their doubt.

Net health benefit is in units of effect: what the strategy gives less what its money would give elsewhere at the
threshold. It is the figure to read first, since it needs no ratio and adds up over people and programmes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy_rows
from glimmer.evidence.economics.analysis.spread import (
    LEVEL,
    Spread,
    asked_thresholds,
    compared_with,
    share_error,
    spread_of,
)
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """One strategy at one threshold. `money` in currency, `health` in units of effect (None at a threshold of 0).

    `inc_...` are against the comparator, for which they are 0. `probability_worth_it` is the share of draws with a
    positive incremental net benefit, half of the ties counted; `is_best` holds for the highest mean net benefit.
    """

    threshold: float
    strategy: str
    against: str
    money: Spread
    health: Spread | None
    inc_money: Spread
    inc_health: Spread | None
    probability_worth_it: float
    probability_error: float
    is_best: bool

    def columns(self) -> dict[str, Any]:
        """Return the row of a frame."""
        none = Spread(np.nan)
        return {
            "threshold": self.threshold,
            "strategy": self.strategy,
            "against": self.against,
            **self.money.columns("net_money"),
            **(self.health or none).columns("net_health"),
            **self.inc_money.columns("inc_net_money"),
            **(self.inc_health or none).columns("inc_net_health"),
            "probability_worth_it": self.probability_worth_it,
            "probability_worth_it_se": self.probability_error,
            "is_best": self.is_best,
        }


@dataclass(frozen=True, slots=True)
class NetBenefits:
    """Rows by threshold, then by strategy in the order of the model."""

    rows: tuple[NetBenefit, ...]

    def frame(self) -> "DataFrame":
        """Return one row per threshold and strategy."""
        return tidy_rows([row.columns() for row in self.rows]).fill_nan(None)

    def best(self, threshold: float) -> str:
        """Return the strategy with the highest mean net benefit; raise KeyError naming the thresholds there are."""
        for row in self.rows:
            if row.threshold == threshold and row.is_best:
                return row.strategy
        there = ", ".join(f"{one:g}" for one in dict.fromkeys(row.threshold for row in self.rows))
        raise KeyError(f"There is no threshold {threshold:g}. There is: {there}.")


def net_benefits(
    outcomes: Outcomes, thresholds: Sequence[float] | None = None, against: str | None = None, level: float = LEVEL
) -> NetBenefits:
    """Return net benefits at each threshold (those of the guidance where none is given)."""
    base = compared_with(outcomes, against)
    rows: list[NetBenefit] = []
    for threshold in asked_thresholds(thresholds):
        rows += _at(outcomes, threshold, base, level)
    return NetBenefits(tuple(rows))


def _at(outcomes: Outcomes, threshold: float, against: str, level: float) -> list[NetBenefit]:
    money = outcomes.net_benefit(threshold)
    more = money - money[:, [outcomes.position(against)]]
    best = best_strategy(outcomes, money)
    rows = []
    for at, strategy in enumerate(outcomes.strategies):
        plain, increment = spread_of(money[:, at], level), spread_of(more[:, at], level)
        probability = float((more[:, at] > 0).mean() + (more[:, at] == 0).mean() / 2)
        rows.append(
            NetBenefit(
                threshold,
                strategy,
                against,
                plain,
                plain.scaled(1 / threshold) if threshold else None,
                increment,
                increment.scaled(1 / threshold) if threshold else None,
                probability,
                float(share_error(probability, len(money))),
                at == best,
            )
        )
    return rows


def best_strategy(outcomes: Outcomes, net_benefit: Numbers) -> int:
    """Return the column with the highest mean; of equal ones the reference, then the first by name."""
    means = net_benefit.mean(axis=0)
    ties = np.flatnonzero(means == means.max())
    names = outcomes.strategies
    return int(min(ties, key=lambda at: (names[at] != outcomes.reference, names[at])))
