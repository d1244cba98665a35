"""What is believed of a parameter: from guidance to a distribution, and in words for tables that people read."""

import math

from glimmer.evidence.economics.inputs import (
    Beta,
    Distribution,
    Drawn,
    Fixed,
    Gamma,
    LogNormal,
    Normal,
    Uniform,
    interval,
)
from glimmer.guidance.economics import Parameter

_NAMES = {"LogNormal": "log-normal", "LogitNormal": "logit-normal"}


def believed(found: Parameter, value: float | None = None) -> Distribution:
    """Return the distribution that a parameter of guidance states; `value` stands in for its own, such as uprated."""
    value, spread = found.value if value is None else value, found.spread
    match found.distribution:
        case "beta":
            return Beta(spread["alpha"], spread["beta"])
        case "gamma":
            return Gamma.from_mean(value, value * spread["cv"])
        case "lognormal":
            return LogNormal(math.log(value), spread["se_log"])
        case "normal":
            return Normal(value, spread["se"])
        case "uniform":
            return Uniform(spread["low"], spread["high"])
        case _:
            return Fixed(value)


def belief_in_words(one: Distribution) -> str:
    """Return the kind of a distribution and its central 95 % interval: "gamma, 95 % from 1628 to 2411"."""
    if isinstance(one, Fixed):
        return "taken as known"
    low, high = interval(one)
    kind = type(one).__name__
    name = f"{len(one.values)} draws" if isinstance(one, Drawn) else _NAMES.get(kind, kind.lower())
    return f"{name}, 95 % from {low:.4g} to {high:.4g}"
