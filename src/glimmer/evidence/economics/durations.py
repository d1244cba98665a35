"""A state whose length of stay has a distribution: its tunnel, and the chance of leaving from each place of it.

    stay(model, "Induction", "gamma(9, 60)", {"Well": "p_respond", "Ill": "1 - p_respond"}, cost=9000)
    stay(model, "Ward", law_of("lognormal", mean=0.1, sd=0.06), {"Home": 1}, alive="1 - p_die")

Who is still there at the end of each cycle is the survival curve itself, as long as the tunnel reaches. From its last
place people leave at one chance, chosen so that the mean stay, counted as the model counts, is exactly that of the
distribution: neither the cycle's length nor the end of the tunnel shifts it.
"""

import ast
import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from glimmer.evidence.economics.declared import Said
from glimmer.evidence.economics.expressions import BadModel, expression
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.evidence.economics.waiting import EXACTLY, cumulative_hazard, waiting

# The tunnel ends where fewer are left, or after so many places.
LEFT = 1e-4
LONGEST = 520
# Who leaves in a cycle is counted for half of it. Countings that do otherwise shift every stay by half a cycle, which
# the last place of a tunnel could not make good without bending the curve.
COUNTED = ("half_cycle", "life_table", "simpson")
FAMILIES = ("gamma", "weibull", "lognormal", "exponential")


class LengthOfStay(Protocol):
    """A distribution of times in years, as those of scipy.stats are."""

    def sf(self, time: Any) -> Any:
        """Return the share who stay longer."""

    def mean(self) -> float:
        """Return the mean."""


def law_of(family: str, mean: float, sd: float | None = None) -> str:
    """Return the law of a family with this mean and standard deviation, in years, as a model writes it.

    Raises BadModel for a family that is none of FAMILIES, or a mean or standard deviation that it cannot have.
    """
    if family not in FAMILIES:
        raise BadModel(f"There is no family {family!r}. There is: {', '.join(FAMILIES)}.")
    if not mean > 0 or (family != "exponential" and not (sd and sd > 0)):
        raise BadModel(f"A {family} stay of mean {mean} and standard deviation {sd} is none. Both must be above 0.")
    if family == "exponential":
        return f"exponential({1 / mean!r})"
    spread = float(sd or 0) / mean
    if family == "gamma":
        return f"gamma({spread**-2!r}, {spread**-2 / mean!r})"
    if family == "lognormal":
        sigma = math.sqrt(math.log1p(spread**2))
        return f"lognormal({math.log(mean) - sigma**2 / 2!r}, {sigma!r})"
    shape = _weibull_shape(spread)
    return f"weibull({shape!r}, {mean / math.gamma(1 + 1 / shape)!r})"


def _weibull_shape(spread: float) -> float:
    """Return the shape with this ratio of standard deviation to mean."""
    from scipy.optimize import brentq
    from scipy.special import gammaln

    def off(log_shape: float) -> float:
        one, two = (gammaln(1 + power * math.exp(-log_shape)) for power in (1, 2))
        return float(two - 2 * one - math.log1p(spread**2))

    return math.exp(brentq(off, math.log(0.05), math.log(200), xtol=1e-14))


def leaving(length: LengthOfStay | str, cycle: float, counting: str = "half_cycle") -> Numbers:
    """Return the chance of leaving from each place of a tunnel of cycles of `cycle` years; the last is for ever after.

    Raises BadModel where no tunnel of this cycle can have the mean: a stay of about a cycle or less.
    """
    if counting not in COUNTED:
        raise BadModel(f"A mean stay is half a cycle off under the counting {counting!r}. Take {', '.join(COUNTED)}.")
    law = _Law(length) if isinstance(length, str) else length
    survival = np.asarray(law.sf(cycle * np.arange(LONGEST + 1)), float)
    mean = float(law.mean()) / cycle - 0.5
    places = max(2, int(np.searchsorted(-survival, -LEFT)))
    for last in range(min(places, LONGEST), 0, -1):
        rest = mean - survival[1:last].sum()
        if survival[last] > 0 and rest >= survival[last] > 0:
            return np.append(1 - survival[1 : last + 1] / survival[:last], survival[last] / rest)
    raise BadModel(
        f"A mean stay of {float(law.mean()):.4g} years is too short for cycles of {cycle:.4g} years. "
        "Take shorter cycles, or a plain transition."
    )


def stay(
    model: Model,
    state: str,
    length: LengthOfStay | str,
    exits: Mapping[str, Said],
    cost: Said | None = None,
    effect: Said | None = None,
    *,
    alive: Said = 1,
    **how: Any,
) -> None:
    """Declare a state with a length of stay, and where people go from it.

    `length` is a law with numbers ("weibull(1.5, 0.4)", years; see waiting.py) or a distribution of scipy.stats.
    `exits` are shares by target, expressions that add up to 1. `alive` is the probability of not leaving by a way that
    is declared besides (death), in each cycle: the length of stay is then that of those who do not. All else goes to
    `Model.state`. Raises BadModel for cycles of different lengths: there, write the chance yourself, such as
    weibull_event(state_time, length, shape, scale).
    """
    lengths = np.diff(model.times)
    if not np.allclose(lengths, lengths[0], rtol=1e-9, atol=0):
        raise BadModel(f"{state!r}: a length of stay needs cycles of one length. Use an _event function of state_time.")
    chances = leaving(length, float(lengths[0]), model.settings.counting)
    name = f"leaving_{sum(key.startswith('leaving_') for key in model.tables) + 1}"
    model.table(name, np.arange(len(chances)), chances)
    # A tunnel of one place has no clock: then everybody leaves at the last chance, which is the first.
    model.state(state, cost, effect, tunnel=max(2, len(chances)), **how)
    for target, share in exits.items():
        text = f"{name}(state_cycle) * ({expression(alive).text}) * ({expression(share).text})"
        model.transition(state, target, text)


class _Law:
    """A law with numbers, as a distribution."""

    def __init__(self, said: str) -> None:
        law = waiting(said, "length of stay")
        numbers = [_number(one.text) for one in law.parameters]
        if law.kind == EXACTLY:
            raise BadModel(f"{said!r}: a stay that is exact needs no distribution. Take a tunnel and a rest.")
        self.name, self.kind, self.numbers = law.name, law.kind, numbers
        self.first, self.second = numbers[0], numbers[-1]

    def sf(self, time: Any) -> Numbers:
        """Return the share who stay longer."""
        return np.exp([-cumulative_hazard(self.kind, float(one), self.first, self.second) for one in time])

    def mean(self) -> float:
        """Return the mean."""
        # Not at the top: a room that simulates has no need of all of scipy.stats, 50 MB of it.
        from scipy import stats

        one, two = self.first, self.second
        frozen = {
            "exponential": lambda: stats.expon(scale=1 / one),
            "weibull": lambda: stats.weibull_min(one, scale=two),
            "gompertz": lambda: stats.gompertz(two / one, scale=1 / one),
            "loglogistic": lambda: stats.fisk(one, scale=two),
            "lognormal": lambda: stats.lognorm(two, scale=math.exp(one)),
            "gamma": lambda: stats.gamma(one, scale=1 / two),
        }
        return float(frozen[self.name]().mean())


def _number(text: str) -> float:
    try:
        return float(ast.literal_eval(text))
    except (ValueError, TypeError) as problem:
        raise BadModel(
            f"A length of stay is made of numbers, and {text!r} is none. Where it is uncertain, declare a tunnel and "
            "write the chance, such as weibull_event(state_time, length, shape, scale)."
        ) from problem
