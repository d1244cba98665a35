"""How severe the condition is by NICE's measure, and with which weight its QALYs then count.

Shortfall is what people with the condition are expected to lose: QALYs of the general population of the same age and
sex less those under current care, both discounted. The table of weights is guidance, so far from memory (see its file).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy
from glimmer.evidence.economics.analysis.spread import LEVEL, BadAnalysis, Spread, spread_of
from glimmer.evidence.economics.outcomes import Numbers, Outcomes
from glimmer.guidance.severity import severity_weights

if TYPE_CHECKING:
    from polars import DataFrame


@dataclass(frozen=True, slots=True)
class Severity:
    """Shortfall (absolute in QALYs, proportional as a share) and what weight it gives.

    `weight` is that of the mean shortfalls; `probabilities` say in which share of draws each weight applies, by weight,
    and add up to 1. A weight that many draws do not share has to be argued for, not read off.
    """

    absolute: Spread
    proportional: Spread
    weight: float
    probabilities: Mapping[float, float]
    evidence: str

    def frame(self) -> "DataFrame":
        """Return one row per weight of the table."""
        return tidy(
            {
                "weight": list(self.probabilities),
                "probability": list(self.probabilities.values()),
                "applies_at_means": [weight == self.weight for weight in self.probabilities],
                "evidence": [self.evidence] * len(self.probabilities),
            }
        )


def severity(without_condition: Numbers | float, with_condition: Numbers | float, level: float = LEVEL) -> Severity:
    """Return shortfall and weight from expected discounted QALYs without and with the condition, each (draws,) or one.

    Raise BadAnalysis where nothing could be lost (no QALYs expected without the condition). A negative shortfall,
    people doing better than the general population, gets the lowest weight.
    """
    healthy, ill = np.broadcast_arrays(np.atleast_1d(without_condition).astype(float), np.atleast_1d(with_condition))
    if not ((healthy > 0) & np.isfinite(ill)).all():
        at = int(np.flatnonzero(~((healthy > 0) & np.isfinite(ill)))[0])
        raise BadAnalysis(
            f"Expected QALYs are {healthy[at]:g} without and {ill[at]:g} with the condition in draw {at}. "
            "Those without it must be above 0, those with it a number."
        )
    absolute = healthy - ill
    proportional = absolute / healthy
    weights = weight_of(absolute, proportional)
    at_means = weight_of(absolute.mean(keepdims=True), (1 - ill.mean(keepdims=True) / healthy.mean()))
    shares = {row.weight: float((weights == row.weight).mean()) for row in severity_weights()}
    return Severity(
        spread_of(absolute, level),
        spread_of(proportional, level),
        float(at_means[0]),
        shares,
        severity_weights()[0].evidence,
    )


def weight_of(absolute: Numbers, proportional: Numbers) -> Numbers:
    """Return the weight of each pair of shortfalls: the higher of what either gives."""
    weights = np.full(np.shape(absolute), severity_weights()[0].weight)
    for row in severity_weights()[1:]:
        reached = (absolute >= row.absolute_from) | (proportional >= row.proportional_from)
        weights = np.where(reached, row.weight, weights)
    return weights


def with_severity_weight(outcomes: Outcomes, weight: float) -> Outcomes:
    """Return outcomes whose effects count `weight` times, and say so among their conventions.

    Weighting the effect of every strategy weights each increment, which is what the modifier means. The weighted
    outcomes are for the decision; report unweighted QALYs beside them.
    """
    if not weight > 0:
        raise BadAnalysis(f"The severity weight is {weight:g}, but must be above 0, such as 1, 1.2 or 1.7.")
    conventions = {**outcomes.conventions, "severity weight": f"x{weight:g}"}
    return replace(outcomes, effects=outcomes.effects * weight, conventions=conventions)
