"""What a better-informed choice is worth: the gain of deciding by what was learned over deciding now.

Both the perfect and the partial kind are judged on the same draws as a *policy*: for each draw the strategy that one
would choose, knowing that much, and the net benefit that this draw then gives. So no partial information can be worth
more than the perfect, by construction, and the standard error is that of a mean of independent gains.
"""

from dataclasses import dataclass

import numpy as np

from glimmer.evidence.economics.analysis.net_benefit import best_strategy
from glimmer.evidence.economics.analysis.spread import standard_error
from glimmer.evidence.economics.outcomes import Numbers, Outcomes


@dataclass(frozen=True, slots=True)
class Gain:
    """Worth per person (currency) at one threshold. `raw` may fall below 0 by chance; `value` does not.

    `standard_error` is that of `raw`: the chance of the draws, and with it half the distance to `plug_in`, the estimate
    that takes the fitted means at their word. The plug-in errs upwards and `raw` downwards where a fit is uncertain.
    """

    value: float
    raw: float
    standard_error: float
    plug_in: float


def perfect_gain(outcomes: Outcomes, threshold: float) -> Gain:
    """Return what it is worth to know every parameter before choosing."""
    net_benefit = outcomes.net_benefit(threshold)
    gains = net_benefit.max(axis=1) - net_benefit[:, best_strategy(outcomes, net_benefit)]
    value = float(gains.mean())
    return Gain(value, value, standard_error(gains), value)


def informed_gain(outcomes: Outcomes, threshold: float, unseen: Numbers, fitted: Numbers) -> Gain:
    """Return what it is worth to choose by conditional means of net benefit, each of the shape (draws, strategies)."""
    net_benefit = outcomes.net_benefit(threshold)
    now = best_strategy(outcomes, net_benefit)
    draws = np.arange(len(net_benefit))
    gains = net_benefit[draws, unseen.argmax(axis=1)] - net_benefit[:, now]
    raw = float(gains.mean())
    plug_in = float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max())
    error = float(np.hypot(standard_error(gains), (plug_in - raw) / 2))
    return Gain(max(raw, 0.0), raw, error, plug_in)
