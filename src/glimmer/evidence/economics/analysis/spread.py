"""A figure with its uncertainty: the mean over draws, its Monte Carlo error, and the interval that the draws span.

Two different doubts, never mixed: `standard_error` is what more draws would remove; `low` and `high` are what is not
known about the world, which only evidence would narrow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glimmer.evidence.economics.outcomes import BadOutcomes, Numbers, Outcomes
from glimmer.guidance.thresholds import curve_thresholds, thresholds_shown

LEVEL = 0.95
"""The share of draws inside an interval where nothing else is asked."""


class BadAnalysis(ValueError):
    """An analysis was asked for something it cannot answer. The message says what, why, and what to give instead."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean over draws, its standard error, and the central interval. With one draw only the mean is known."""

    mean: float
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None

    def scaled(self, factor: float) -> "Spread":
        """Return the spread of values that are all so many times as large; the factor is above 0."""
        error, low, high = (None if one is None else one * factor for one in (self.standard_error, self.low, self.high))
        return Spread(self.mean * factor, error, low, high)

    def columns(self, name: str) -> dict[str, Any]:
        """Return the parts as columns of a frame: NAME, NAME_se, NAME_low, NAME_high."""
        return {name: self.mean, **dict(zip(_parts(name), (self.standard_error, self.low, self.high), strict=True))}


def _parts(name: str) -> tuple[str, str, str]:
    return f"{name}_se", f"{name}_low", f"{name}_high"


def no_spread(name: str) -> dict[str, Any]:
    """Return the columns of a figure that does not exist, such as the increment of the first strategy."""
    return dict.fromkeys((name, *_parts(name)))


def spread_of(values: Numbers, level: float = LEVEL) -> Spread:
    """Return mean, standard error and central interval of independent draws, shape (draws,)."""
    if not 0 < level < 1:
        raise BadAnalysis(f"The level of an interval is {level}, but must lie between 0 and 1, such as {LEVEL}.")
    if len(values) == 1:
        return Spread(float(values[0]))
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Spread(float(values.mean()), standard_error(values), float(low), float(high))


def spreads_of(values: Numbers, level: float = LEVEL) -> list[Spread]:
    """Return the spread of each column of independent draws, shape (draws, figures): many at once cost as few do."""
    if len(values) == 1 or not 0 < level < 1:
        return [spread_of(column, level) for column in values.T]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
    errors = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return [
        Spread(*(float(one) for one in figure)) for figure in zip(values.mean(axis=0), errors, low, high, strict=True)
    ]


def standard_error(values: Numbers) -> float:
    """Return the standard error of the mean of independent draws, shape (draws,); 0 for one draw."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def in_three_figures(counts: Sequence[float | None]) -> list[float | None]:
    """Return estimated counts as well as they are known: to three figures, and whole below a thousand; None stays."""
    return [one if one is None else float(f"{one:.3g}") if abs(one) >= 1_000 else float(round(one)) for one in counts]


def share_error(share: Numbers | float, draws: int) -> Numbers:
    """Return the standard error of a share of independent draws."""
    return np.sqrt(np.asarray(share) * (1 - np.asarray(share)) / draws)


def asked_thresholds(thresholds: Sequence[float] | None, *, curve: bool = False) -> tuple[float, ...]:
    """Return the thresholds asked for, or those of the guidance; raise BadAnalysis for one that is not a price.

    `curve`: a curve is drawn, so that the default is a whole range and not the few that a table shows.
    """
    if thresholds is None:
        return curve_thresholds() if curve else thresholds_shown()
    asked = tuple(float(one) for one in thresholds)
    wrong = [one for one in asked if not (np.isfinite(one) and one >= 0)]
    if wrong or not asked:
        raise BadAnalysis(
            f"Thresholds are {wrong or 'missing'}. Give at least one price of an effect, 0 or above, such as 20000."
        )
    return asked


def compared_with(outcomes: Outcomes, against: str | None) -> str:
    """Return the strategy that increments are taken against: the one named, or the reference."""
    name = outcomes.reference if against is None else against
    outcomes.position(name)
    return name


def needs_draws(outcomes: Outcomes, what: str) -> None:
    """Raise BadAnalysis where a result is deterministic and the analysis is about uncertainty."""
    if len(outcomes.costs) < 2:
        raise BadAnalysis(f"{what} needs draws, and there is one. Run the model with, say, 10,000 draws.")


def needs_parameters(draws: Mapping[str, Numbers], names: Sequence[str]) -> None:
    """Raise BadOutcomes naming the parameters that have no draws, and what there is."""
    if missing := [name for name in names if name not in draws]:
        there = ", ".join(sorted(draws)) or "none"
        raise BadOutcomes(f"There are no draws of {', '.join(missing)}. There are draws of: {there}.")
