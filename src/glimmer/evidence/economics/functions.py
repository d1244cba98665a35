"""What the expressions of a model may call. All work element by element on numbers and arrays alike.

Probabilities and shares lie between 0 and 1, rates are per year and times in years unless a model says otherwise.
An `event` function gives the probability that something happens between `start` and `start + length`, given that it has
not happened by `start`: 1 - S(start + length) / S(start) for the survival function S of its distribution.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import expit, log_ndtr, ndtr, ndtri
from scipy.special import logit as _logit

# NumPy's own take further arguments, one of them an array to write into. These take what they are for.


def rounded(x: Any) -> Any:
    """Return the nearest whole number; a half goes to the even one."""
    return np.round(x)


def clip(x: Any, low: Any, high: Any) -> Any:
    """Return x, at least `low` and at most `high`."""
    return np.minimum(np.maximum(x, low), high)


def where(holds: Any, then: Any, otherwise: Any) -> Any:
    """Return `then` where something holds, else `otherwise`."""
    return np.where(holds, then, otherwise)


def rate_to_probability(rate: Any, length: Any = 1.0) -> Any:
    """Return the probability of an event within `length` at a constant rate."""
    return -np.expm1(-np.multiply(rate, length))


def probability_to_rate(probability: Any, length: Any = 1.0) -> Any:
    """Return the constant rate that gives this probability within `length`."""
    return -np.log1p(-np.asarray(probability)) / length


def rescale(probability: Any, had: Any, wanted: Any) -> Any:
    """Return the probability within `wanted` of an event that has this probability within `had`, at a constant rate."""
    return rate_to_probability(probability_to_rate(probability, had), wanted)


def risk_ratio(probability: Any, ratio: Any) -> Any:
    """Return a probability under a relative risk, at most 1."""
    return np.minimum(np.multiply(probability, ratio), 1.0)


def odds_ratio(probability: Any, ratio: Any) -> Any:
    """Return a probability under an odds ratio."""
    odds = np.multiply(probability, ratio)
    return odds / (1.0 - probability + odds)


def hazard_ratio(probability: Any, ratio: Any) -> Any:
    """Return a probability under a ratio of hazards that holds throughout its time."""
    return -np.expm1(np.multiply(ratio, np.log1p(-np.asarray(probability))))


def risk_difference(probability: Any, difference: Any) -> Any:
    """Return a probability under a difference of risks, kept between 0 and 1."""
    return np.clip(np.add(probability, difference), 0.0, 1.0)


def probit_difference(probability: Any, difference: Any) -> Any:
    """Return a probability under a difference on the probit scale."""
    return ndtr(ndtri(probability) + difference)


def exponential_event(start: Any, length: Any, rate: Any) -> Any:
    """Return the event probability at a constant rate; `start` is there for the likeness, and does not matter."""
    return rate_to_probability(rate, length) + np.multiply(start, 0.0)


def weibull_event(start: Any, length: Any, shape: Any, scale: Any) -> Any:
    """Return the event probability of a Weibull time, S(t) = exp(-(t / scale) ** shape)."""
    before, after = np.divide(start, scale), np.divide(np.add(start, length), scale)
    return -np.expm1(before**shape - after**shape)


def gompertz_event(start: Any, length: Any, shape: Any, rate: Any) -> Any:
    """Return the event probability of a Gompertz time, hazard rate * exp(shape * t)."""
    shape = np.asarray(shape, float)
    tiny = np.abs(shape) < 1e-12
    safe = np.where(tiny, 1.0, shape)
    grown = np.where(tiny, length, np.exp(safe * start) * np.expm1(safe * length) / safe)
    return -np.expm1(-rate * grown)


def loglogistic_event(start: Any, length: Any, shape: Any, scale: Any) -> Any:
    """Return the event probability of a log-logistic time, S(t) = 1 / (1 + (t / scale) ** shape)."""
    before, after = np.divide(start, scale) ** shape, np.divide(np.add(start, length), scale) ** shape
    return (after - before) / (1.0 + after)


def lognormal_event(start: Any, length: Any, mu: Any, sigma: Any) -> Any:
    """Return the event probability of a log-normal time; mu and sigma are of the logarithm."""
    with np.errstate(divide="ignore"):
        before, after = np.log(np.asarray(start, float)), np.log(np.add(start, length))
    return -np.expm1(log_ndtr((mu - after) / sigma) - log_ndtr((mu - before) / sigma))


def probability_by_rates(source: Any, target: Any, length: Any, *rates: Any) -> Any:
    """Return the probability of being in another state after a cycle, by the rates between all. See `rates.py`."""
    from glimmer.evidence.economics import rates as by_rates

    return by_rates.probability_by_rates(source, target, length, *rates)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": rounded,
    "min": np.minimum,
    "max": np.maximum,
    "clip": clip,
    "where": where,
    "logit": _logit,
    "logistic": expit,
    "normal_cdf": ndtr,
    "normal_quantile": ndtri,
    "rate_to_probability": rate_to_probability,
    "probability_to_rate": probability_to_rate,
    "rescale": rescale,
    "risk_ratio": risk_ratio,
    "odds_ratio": odds_ratio,
    "hazard_ratio": hazard_ratio,
    "risk_difference": risk_difference,
    "probit_difference": probit_difference,
    "exponential_event": exponential_event,
    "weibull_event": weibull_event,
    "gompertz_event": gompertz_event,
    "loglogistic_event": loglogistic_event,
    "lognormal_event": lognormal_event,
    "probability_by_rates": probability_by_rates,
}
# These take any number of values from two on: `min(a, b, c)` is `min(min(a, b), c)`.
JOINED = ("min", "max")


def takes(name: str) -> tuple[int, int | None]:
    """Return the least and the most values that a function takes (None: any number)."""
    called = FUNCTIONS[name]
    if name in JOINED:
        return 2, None
    if isinstance(called, np.ufunc):
        return called.nin, called.nin
    given = inspect.signature(called).parameters.values()
    least = sum(one.default is one.empty and one.kind is not one.VAR_POSITIONAL for one in given)
    return least, None if any(one.kind is one.VAR_POSITIONAL for one in given) else len(given)
