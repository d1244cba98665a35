"""How sure the choice is: acceptability curves and their frontier, and what a wrong choice is expected to cost.

The probability of being best says how often, the expected loss says how much: of two strategies that are each best in
half of the draws, the one with the smaller loss is the safer. The lower edge of the loss curves is the EVPI.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy
from glimmer.evidence.economics.analysis.net_benefit import best_strategy
from glimmer.evidence.economics.analysis.spread import asked_thresholds, needs_draws, share_error, standard_error
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame


@dataclass(frozen=True, slots=True)
class Acceptability:
    """Curves over the threshold; arrays have the shape (thresholds, strategies), `best` (thresholds,).

    `probability`: share of draws in which a strategy has the highest net benefit, shared evenly among equals, so that
    each row adds up to 1. `loss`: mean net benefit forgone (currency) by choosing it instead of the best of each draw.
    `best`: the column with the highest mean net benefit, which is what the frontier (CEAF) follows.
    """

    strategies: tuple[str, ...]
    thresholds: tuple[float, ...]
    probability: Numbers
    probability_error: Numbers
    loss: Numbers
    loss_error: Numbers
    best: np.ndarray

    def frame(self) -> "DataFrame":
        """Return one row per threshold and strategy; `on_frontier` marks the CEAF."""
        on_frontier = self.best[:, None] == np.arange(len(self.strategies))
        return tidy(
            {
                "threshold": np.repeat(self.thresholds, len(self.strategies)),
                "strategy": list(self.strategies) * len(self.thresholds),
                "probability": self.probability.ravel(),
                "probability_se": self.probability_error.ravel(),
                "expected_loss": self.loss.ravel(),
                "expected_loss_se": self.loss_error.ravel(),
                "on_frontier": on_frontier.ravel(),
            }
        )

    def frontier(self) -> "DataFrame":
        """Return the CEAF: at each threshold the best strategy, the probability that it is, and the loss if it is not.

        A change of strategy from one row to the next is a switch; the probability may drop there, and rightly so.
        """
        rows = np.arange(len(self.thresholds))
        return tidy(
            {
                "threshold": self.thresholds,
                "strategy": [self.strategies[at] for at in self.best],
                "probability": self.probability[rows, self.best],
                "probability_se": self.probability_error[rows, self.best],
                "expected_loss": self.loss[rows, self.best],
                "expected_loss_se": self.loss_error[rows, self.best],
            }
        )


def acceptability(outcomes: Outcomes, thresholds: Sequence[float] | None = None) -> Acceptability:
    """Return the curves at each threshold (a range from the guidance where none is given).

    One threshold at a time, so that memory stays at a few times (draws, strategies) however many there are.
    """
    needs_draws(outcomes, "An acceptability curve")
    asked = asked_thresholds(thresholds, curve=True)
    shape = (len(asked), len(outcomes.strategies))
    probability, loss, loss_error = np.empty(shape), np.empty(shape), np.empty(shape)
    best = np.empty(len(asked), dtype=int)
    for row, threshold in enumerate(asked):
        net_benefit = outcomes.net_benefit(threshold)
        probability[row] = shares_of_best(net_benefit)
        lost = net_benefit.max(axis=1, keepdims=True) - net_benefit
        loss[row] = lost.mean(axis=0)
        loss_error[row] = [standard_error(column) for column in lost.T]
        best[row] = best_strategy(outcomes, net_benefit)
    errors = share_error(probability, len(outcomes.costs))
    return Acceptability(outcomes.strategies, asked, probability, errors, loss, loss_error, best)


def shares_of_best(net_benefit: Numbers) -> Numbers:
    """Return the share of draws in which each strategy is best; equals share a draw. They add up to 1."""
    wins = net_benefit == net_benefit.max(axis=1, keepdims=True)
    return np.asarray((wins / wins.sum(axis=1, keepdims=True)).mean(axis=0))
