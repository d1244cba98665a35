"""Over which values a parameter is moved, and one careful call of the model for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glimmer.evidence.economics.analysis.spread import LEVEL, BadAnalysis, needs_parameters
from glimmer.evidence.economics.outcomes import Evaluate, Numbers, Outcomes


@dataclass(frozen=True, slots=True)
class Range:
    """A parameter and the values between which it is moved, in its own unit; `because` says where they are from."""

    parameter: str
    low: float
    high: float
    because: str = ""

    def __post_init__(self) -> None:
        if not (np.isfinite([self.low, self.high]).all() and self.low <= self.high):
            raise BadAnalysis(
                f"{self.parameter} cannot be moved from {self.low:g} to {self.high:g}. Give finite values, low first."
            )

    def points(self, many: int) -> Numbers:
        """Return evenly spaced values from low to high."""
        return np.linspace(self.low, self.high, many)


def ranges_from_draws(
    draws: Mapping[str, Numbers], parameters: Sequence[str] | None = None, level: float = LEVEL
) -> tuple[Range, ...]:
    """Return the central interval of the draws of each parameter (all of them where none is named)."""
    names = tuple(draws) if parameters is None else tuple(parameters)
    needs_parameters(draws, names)
    ends = [(1 - level) / 2, (1 + level) / 2]
    because = f"central {level:.0%} of its draws"
    quantiles = {name: np.quantile(draws[name], ends).tolist() for name in names}
    return tuple(Range(name, low, high, because) for name, (low, high) in quantiles.items())


def evaluated(evaluate: Evaluate, values: Mapping[str, Numbers | float], many: int) -> Outcomes:
    """Run the model at `many` points; raise BadAnalysis, naming what was moved, unless as many results come back."""
    outcomes = evaluate(values)
    if len(outcomes.costs) != many:
        raise BadAnalysis(
            f"The model was run at {many} values of {', '.join(values)}, but returned {len(outcomes.costs)} results. "
            "Does it take an array for each of these parameters?"
        )
    return outcomes


def base_case(evaluate: Evaluate, values: Mapping[str, float] | None = None) -> Outcomes:
    """Run the model once, every parameter at its mean but those given."""
    return evaluated(evaluate, dict(values or {}), 1)
