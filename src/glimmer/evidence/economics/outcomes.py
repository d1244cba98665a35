"""What every analysis stands on: cost and effect of each strategy in each draw, and the draws that gave them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# A model as the analyses see it: values of parameters by name (each an array over draws, or one number for all of
# them; what is not named keeps its own mean) in, costs and effects out. The draws come back in the order they went in.
Evaluate = Callable[[Mapping[str, Numbers | float]], "Outcomes"]


class BadOutcomes(ValueError):
    """Costs or effects are not as an analysis needs them. The message names the strategy and the draw."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Discounted cost and effect of each strategy in each draw.

    `costs` and `effects` have the shape (draws, strategies); one draw is a deterministic result. `draws` are the
    parameters by name, each of the shape (draws,): what VOI and sensitivity relate the result to. `conventions` are the
    named settings (counting, discounting, horizon) that gave the figures, printed with every result. `reference` is the
    strategy that increments are taken against.
    """

    strategies: tuple[str, ...]
    costs: Numbers
    effects: Numbers
    reference: str
    draws: Mapping[str, Numbers] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    currency: str = "GBP"
    effect: str = "QALY"

    def __post_init__(self) -> None:
        shape = (len(self.costs), len(self.strategies))
        for name, values in (("costs", self.costs), ("effects", self.effects)):
            if values.shape != shape:
                raise BadOutcomes(f"{name} have the shape {values.shape}, but {shape} was expected.")
            if not np.isfinite(values).all():
                draw, strategy = np.argwhere(~np.isfinite(values))[0]
                raise BadOutcomes(
                    f"{name} of strategy {self.strategies[strategy]!r} are {values[draw, strategy]} in draw {draw}."
                )
        if self.reference not in self.strategies:
            raise BadOutcomes(f"There is no strategy {self.reference!r}. There is: {', '.join(self.strategies)}.")
        wrong = [name for name, values in self.draws.items() if values.shape != shape[:1]]
        if wrong:
            raise BadOutcomes(f"Draws of {', '.join(wrong)} must have the shape {shape[:1]}.")

    def net_benefit(self, threshold: float) -> Numbers:
        """Return the net monetary benefit (currency) of each strategy in each draw at a threshold (currency/effect)."""
        return threshold * self.effects - self.costs

    def position(self, strategy: str) -> int:
        """Return the column of a strategy; raise BadOutcomes naming what there is."""
        if strategy not in self.strategies:
            raise BadOutcomes(f"There is no strategy {strategy!r}. There is: {', '.join(self.strategies)}.")
        return self.strategies.index(strategy)
