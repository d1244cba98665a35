"""Were there enough draws? How the answer settles as draws come in, and how many a wanted precision takes.

The draws are taken in their order. Those of a PSA are independent; those of a posterior are not quite, and there the
batch means tell: where `effective_draws` is far below the number of draws, standard errors elsewhere are too small.
"""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from glimmer.evidence.economics.analysis.acceptability import shares_of_best
from glimmer.evidence.economics.analysis.frames import tidy
from glimmer.evidence.economics.analysis.net_benefit import best_strategy
from glimmer.evidence.economics.analysis.spread import LEVEL, BadAnalysis, compared_with, needs_draws, share_error
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame

CHECKPOINTS = 50
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Convergence:
    """Incremental net benefit of one strategy (currency) at one threshold as draws come in; arrays (checkpoints,).

    `mean`, `error`: of the draws so far; `probability`, `probability_error`: that the strategy is the best of all.
    `batch_error`: the standard error of all draws from the means of batches, which also holds where neighbouring draws
    resemble each other; `effective_draws`: how many independent draws they are worth, at most as many as there are.
    `wrong_choice_loss`: what is expected to be lost (currency per person) because the draws are finite and the best
    mean may not be the best strategy, by the normal approximation against the runner-up.
    """

    strategy: str
    against: str
    threshold: float
    draws: np.ndarray
    mean: Numbers
    error: Numbers
    probability: Numbers
    probability_error: Numbers
    batch_error: float
    effective_draws: float
    standard_deviation: float
    wrong_choice_loss: float

    def frame(self) -> "DataFrame":
        """Return one row per checkpoint."""
        return tidy(
            {
                "draws": self.draws,
                "inc_net_money": self.mean,
                "inc_net_money_se": self.error,
                "probability_best": self.probability,
                "probability_best_se": self.probability_error,
            }
        )

    def draws_needed(self, half_width: float, level: float = LEVEL) -> int:
        """Return how many draws give a confidence interval of the mean that reaches `half_width` (currency) either way.

        Allows for draws that resemble each other as much as these do.
        """
        if not half_width > 0:
            raise BadAnalysis(f"The wanted precision is {half_width:g}, but must be above 0, in the currency.")
        z = norm.ppf((1 + level) / 2)
        return ceil((z * self.standard_deviation / half_width) ** 2 * float(self.draws[-1]) / self.effective_draws)

    def draws_needed_for_probability(self, half_width: float, level: float = LEVEL) -> int:
        """Return how many draws give the probability of being best to within `half_width` (such as 0.01) either way."""
        if not 0 < half_width < 1:
            raise BadAnalysis(f"The wanted precision of a probability is {half_width:g}, but must be between 0 and 1.")
        z = norm.ppf((1 + level) / 2)
        share = float(self.probability[-1])
        return ceil(z**2 * share * (1 - share) / half_width**2 * float(self.draws[-1]) / self.effective_draws)


def convergence(
    outcomes: Outcomes, strategy: str, threshold: float, against: str | None = None, checkpoints: int = CHECKPOINTS
) -> Convergence:
    """Return how the answer for a strategy against another (the reference where none is named) settled."""
    needs_draws(outcomes, "Convergence")
    other = compared_with(outcomes, against)
    at = outcomes.position(strategy)
    net_benefit = outcomes.net_benefit(threshold)
    more = net_benefit[:, at] - net_benefit[:, outcomes.position(other)]
    taken = np.unique(np.linspace(min(FEWEST, len(more)), len(more), checkpoints).astype(int))
    mean, error = running(more, taken)
    wins = net_benefit == net_benefit.max(axis=1, keepdims=True)
    probability, _ = running(wins[:, at] / wins.sum(axis=1), taken)
    batch = batch_means_error(more)
    deviation = float(more.std(ddof=1))
    effective = min(float(len(more)), deviation**2 / batch**2) if batch > 0 else float(len(more))
    return Convergence(
        strategy,
        other,
        threshold,
        taken,
        mean,
        error,
        probability,
        share_error(probability, 1) / np.sqrt(taken),
        batch,
        max(effective, 1.0),
        deviation,
        wrong_choice_loss(outcomes, net_benefit),
    )


def running(values: Numbers, taken: np.ndarray) -> tuple[Numbers, Numbers]:
    """Return mean and standard error of the first so many draws, for each number in `taken` (2 or more).

    Around the mean of all, so that no digits are lost where the mean is large against the spread.
    """
    middle = values.mean()
    first, second = np.cumsum(values - middle)[taken - 1], np.cumsum((values - middle) ** 2)[taken - 1]
    variance = np.clip(second - first**2 / taken, 0, None) / np.maximum(taken - 1, 1)
    return middle + first / taken, np.sqrt(variance / taken)


def batch_means_error(values: Numbers) -> float:
    """Return the standard error of the mean from consecutive batches, as many as the root of the number of draws."""
    batches = max(2, int(np.sqrt(len(values))))
    size = len(values) // batches
    means = values[len(values) - batches * size :].reshape(batches, size).mean(axis=1)
    return float(means.std(ddof=1) / np.sqrt(batches))


def wrong_choice_loss(outcomes: Outcomes, net_benefit: Numbers) -> float:
    """Return the expected loss of choosing by means that are not exact, against the closest of the other strategies."""
    best = best_strategy(outcomes, net_benefit)
    losses = [0.0]
    for other in range(net_benefit.shape[1]):
        difference = net_benefit[:, best] - net_benefit[:, other]
        error = float(difference.std(ddof=1) / np.sqrt(len(difference)))
        if error > 0:
            z = float(difference.mean()) / error
            losses.append(error * float(norm.pdf(z) - z * norm.sf(z)))
    return max(losses)


def probability_best(outcomes: Outcomes, threshold: float) -> dict[str, tuple[float, float]]:
    """Return the probability that each strategy is best at a threshold, with its standard error."""
    shares = shares_of_best(outcomes.net_benefit(threshold))
    errors = share_error(shares, len(outcomes.costs))
    pairs = zip(outcomes.strategies, shares.tolist(), errors.tolist(), strict=True)
    return {name: (share, error) for name, share, error in pairs}
