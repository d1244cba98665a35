"""How long somebody waits for a transition: named laws of time, by their cumulative hazard and its inverse.

    exponential(rate)          a constant hazard; what is given as a rate is this
    weibull(shape, scale)      S(t) = exp(-(t / scale) ** shape)
    gompertz(shape, rate)      hazard rate * exp(shape * t)
    loglogistic(shape, scale)  S(t) = 1 / (1 + (t / scale) ** shape)
    lognormal(mu, sigma)       of the logarithm
    gamma(shape, rate)         mean shape / rate
    exactly(time)              at that time and no other

Times are in years. With the clock "entry" a law runs from the entry into the state; with "age" or "time" it is of the
age or of the time since the model began, and whoever enters has already waited so long. A hazard ratio multiplies the
hazard throughout.
"""

import ast
import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from glimmer.evidence.economics.expressions import BadModel, Expression, closest, expression
from glimmer.evidence.economics.special import gamma_above, gamma_quantile_above, log_normal_cdf, normal_quantile

EXPONENTIAL, WEIBULL, GOMPERTZ, LOGLOGISTIC, LOGNORMAL, GAMMA, EXACTLY, VARYING = range(8)
# The names of the parameters of each law; all must be above 0 but those that are marked.
LAWS: dict[str, tuple[int, tuple[str, ...]]] = {
    "exponential": (EXPONENTIAL, ("rate",)),
    "weibull": (WEIBULL, ("shape", "scale")),
    "gompertz": (GOMPERTZ, ("shape", "rate")),
    "loglogistic": (LOGLOGISTIC, ("shape", "scale")),
    "lognormal": (LOGNORMAL, ("mu", "sigma")),
    "gamma": (GAMMA, ("shape", "rate")),
    "exactly": (EXACTLY, ("time",)),
}
ANY_SIGN = frozenset({(GOMPERTZ, 0), (LOGNORMAL, 0)})
MAY_BE_0 = frozenset({(EXPONENTIAL, 0), (GOMPERTZ, 1), (EXACTLY, 0)})
CLOCK_NAMES = ("entry", "age", "time")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A law with its parameters as expressions. `kind` is one of the numbers above."""

    kind: int
    parameters: tuple[Expression, ...]

    @property
    def name(self) -> str:
        """The name of the law."""
        return next((name for name, (kind, _) in LAWS.items() if kind == self.kind), "varying rate")


def waiting(said: str, where: str) -> Waiting:
    """Return the law that a text such as "weibull(0.55, scale)" states; raise BadModel saying what is expected."""
    body = expression(said).tree.body if "(" in said else None
    if not isinstance(body, ast.Call) or not isinstance(body.func, ast.Name):
        raise BadModel(f"{where}: {said!r} is no law of time. Write one like weibull(shape, scale), or give a rate.")
    name = body.func.id
    if name not in LAWS:
        raise BadModel(f"{where}: there is no law {name!r}.{closest(name, LAWS)} There is: {', '.join(LAWS)}.")
    kind, names = LAWS[name]
    if len(body.args) != len(names):
        raise BadModel(f"{where}: {name} takes {', '.join(names)}, but {said!r} gives {len(body.args)} values.")
    return Waiting(kind, tuple(expression(ast.unparse(part)) for part in body.args))


def wrong_parameter(kind: int, place: int, values: np.ndarray) -> np.ndarray:
    """Return where values cannot be the parameter at `place` of a law."""
    wrong = ~np.isfinite(values)
    if (kind, place) in ANY_SIGN:
        return wrong
    return wrong | (values < 0.0 if (kind, place) in MAY_BE_0 else values <= 0.0)


@njit(cache=True, error_model="numpy")
def cumulative_hazard(kind: int, time: float, first: float, second: float) -> float:
    """Return the hazard that has added up by a time, -log S(time)."""
    if kind == EXPONENTIAL:
        return first * time
    if time <= 0.0:
        return 0.0
    if kind == WEIBULL:
        return (time / second) ** first
    if kind == GOMPERTZ:
        return second * time if first == 0.0 else second / first * math.expm1(first * time)
    if kind == LOGLOGISTIC:
        return math.log1p((time / second) ** first)
    if kind == LOGNORMAL:
        return -log_normal_cdf((first - math.log(time)) / second)
    if kind == GAMMA:
        return -math.log(gamma_above(first, time * second))
    return 0.0 if time <= first else np.inf


@njit(cache=True, error_model="numpy")
def time_at(kind: int, hazard: float, first: float, second: float) -> float:
    """Return when so much hazard has added up; infinity where it never does."""
    if kind == EXPONENTIAL:
        return hazard / first
    if kind == WEIBULL:
        return second * hazard ** (1.0 / first)
    if kind == GOMPERTZ:
        if first == 0.0:
            return hazard / second
        grown = hazard * first / second
        # With a falling hazard some never leave.
        return math.log1p(grown) / first if grown > -1.0 else np.inf
    if kind == LOGLOGISTIC:
        return second * math.expm1(hazard) ** (1.0 / first)
    if kind == LOGNORMAL:
        return math.exp(first - second * normal_quantile(math.exp(-hazard)))
    if kind == GAMMA:
        return gamma_quantile_above(first, math.exp(-hazard)) / second
    return first


@njit(cache=True, error_model="numpy")
def wait(kind: int, met: float, waited: float, ratio: float, first: float, second: float) -> float:
    """Return how much longer somebody waits who has `waited`, until so much hazard is met, at a hazard `ratio`."""
    if kind == EXPONENTIAL:
        return met / (first * ratio)
    if kind == EXACTLY:
        # Whose time has passed before entry, never goes this way.
        return first - waited if first >= waited else np.inf
    met /= ratio
    if waited <= 0.0:
        return time_at(kind, met, first, second)
    met += cumulative_hazard(kind, waited, first, second)
    return max(time_at(kind, met, first, second) - waited, 0.0)
