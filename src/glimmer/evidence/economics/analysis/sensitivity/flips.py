"""At which value of a parameter the decision changes: every such value in a range, or that there is none.

The range is scanned at evenly spaced values, and each gap between two that decide differently is narrowed down, with
all gaps in one run of the model. Two changes that cancel out between neighbouring values of the scan are not seen: scan
more densely where the answer may swing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy_rows
from glimmer.evidence.economics.analysis.sensitivity.one_way import best_of_each
from glimmer.evidence.economics.analysis.sensitivity.ranges import Range, evaluated
from glimmer.evidence.economics.analysis.spread import BadAnalysis, standard_error
from glimmer.evidence.economics.outcomes import Evaluate, Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame

SCANNED = 101
CUTS = 16
PRECISION = 1e-9
"""How closely a value is found, as a share of the range."""
MOST_ROUNDS = 10
"""Each round narrows by CUTS; where the numbers of the machine are too coarse for PRECISION, it ends here."""
MOST_RESULTS = 500_000
"""How many rows one run of the model may have, so that draws times values do not fill the memory."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A value at which the best strategy changes from `below` to `above`.

    `standard_error` is what the draws leave uncertain about the value (None where the model ran at the means).
    """

    value: float
    below: str
    above: str
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class Flips:
    """All changes of the decision as one parameter runs from low to high, in that order.

    `at_low` and `at_high` are best at the ends; `closest` is the value of the scan where the best strategy is least
    ahead of the next, and `margin` by how much (currency): what to say where nothing changes.
    """

    range: Range
    threshold: float
    flips: tuple[Flip, ...]
    at_low: str
    at_high: str
    closest: float
    margin: float

    def frame(self) -> "DataFrame":
        """Return one row per interval of the range in which one strategy is best."""
        ends = [self.range.low, *(flip.value for flip in self.flips), self.range.high]
        errors = [None, *(flip.standard_error for flip in self.flips)]
        best = [self.at_low, *(flip.above for flip in self.flips)]
        return tidy_rows(
            [
                {
                    "parameter": self.range.parameter,
                    "from": ends[at],
                    "from_se": errors[at],
                    "to": ends[at + 1],
                    "best": name,
                }
                for at, name in enumerate(best)
            ]
        )


@dataclass(frozen=True, slots=True)
class _Along:
    """The model along a parameter: mean net benefit of the strategies that compete, by value."""

    evaluate: Evaluate
    parameter: str
    threshold: float
    among: Sequence[str] | None
    draws: Mapping[str, Numbers | float]

    @property
    def many_draws(self) -> int:
        return max((len(np.atleast_1d(values)) for values in self.draws.values()), default=1)

    def at(self, values: Numbers) -> tuple[Outcomes, Numbers]:
        """Return the competing strategies as outcomes, and their net benefit (values, draws, strategies)."""
        block = max(1, MOST_RESULTS // self.many_draws)
        parts = [self._block(values[start : start + block]) for start in range(0, len(values), block)]
        return parts[0][0], np.concatenate([net_benefit for _, net_benefit in parts])

    def _block(self, values: Numbers) -> tuple[Outcomes, Numbers]:
        many = self.many_draws
        grid: dict[str, Numbers | float] = {
            name: np.tile(np.broadcast_to(drawn, (many,)), len(values)) for name, drawn in self.draws.items()
        }
        grid[self.parameter] = np.repeat(values, many)
        outcomes = only(evaluated(self.evaluate, grid, len(values) * many), self.among)
        return outcomes, outcomes.net_benefit(self.threshold).reshape(len(values), many, -1)


def decision_flips(
    evaluate: Evaluate,
    range_: Range,
    threshold: float,
    among: Sequence[str] | None = None,
    draws: Mapping[str, Numbers | float] | None = None,
    scanned: int = SCANNED,
) -> Flips:
    """Return every value in a range at which the best of `among` (all strategies where none are named) changes.

    `draws`: the other parameters, as draws or single values. With draws the decision is by expected net benefit, which
    in a model that is not linear differs from that at the means. The parameter itself is set, whatever its own draws.
    """
    if scanned < 2:
        raise BadAnalysis(f"A scan of {scanned} value cannot see a change. Scan at least 2.")
    others = {name: values for name, values in (draws or {}).items() if name != range_.parameter}
    along = _Along(evaluate, range_.parameter, threshold, among, others)
    values = range_.points(scanned)
    outcomes, net_benefit = along.at(values)
    means = net_benefit.mean(axis=1)
    best = best_of_each(outcomes, means)
    changes = np.flatnonzero(best[1:] != best[:-1])
    brackets = [(values[at], values[at + 1]) for at in changes]
    flips = _narrowed(along, brackets, PRECISION * (range_.high - range_.low)) if brackets else ()
    closest, margin = _closest(values, means)
    names = outcomes.strategies
    return Flips(range_, threshold, flips, names[best[0]], names[best[-1]], closest, margin)


def only(outcomes: Outcomes, among: Sequence[str] | None) -> Outcomes:
    """Return the outcomes of some strategies alone; the reference is kept where it is among them."""
    if among is None:
        return outcomes
    columns = [outcomes.position(name) for name in among]
    reference = outcomes.reference if outcomes.reference in among else among[0]
    return Outcomes(
        tuple(among),
        outcomes.costs[:, columns],
        outcomes.effects[:, columns],
        reference,
        conventions=outcomes.conventions,
        currency=outcomes.currency,
        effect=outcomes.effect,
    )


def _narrowed(along: _Along, brackets: list[tuple[float, float]], width: float) -> tuple[Flip, ...]:
    """Cut all brackets at once until each is narrower than `width`; a bracket may turn out to hold several changes."""
    for _ in range(MOST_ROUNDS):
        if brackets[0][1] - brackets[0][0] <= width:
            break
        cuts = np.array([np.linspace(low, high, CUTS + 1) for low, high in brackets])
        outcomes, net_benefit = along.at(cuts.ravel())
        best = best_of_each(outcomes, net_benefit.mean(axis=1)).reshape(cuts.shape)
        brackets = [(cuts[row, at], cuts[row, at + 1]) for row, at in np.argwhere(best[:, 1:] != best[:, :-1])]
    ends = np.array(brackets)
    outcomes, net_benefit = along.at(ends.ravel())
    best = best_of_each(outcomes, net_benefit.mean(axis=1)).reshape(ends.shape)
    return tuple(
        Flip(
            value := float(ends[at].mean()),
            outcomes.strategies[below],
            outcomes.strategies[above],
            _error_of_value(along, value, below, above),
        )
        for at, (below, above) in enumerate(best)
    )


def _error_of_value(along: _Along, value: float, below: int, above: int) -> float | None:
    """Return the error of the value: that of the difference in net benefit, divided by the slope of its mean."""
    if along.many_draws < 2:
        return None
    step = 1e-4 * max(abs(value), 1e-6)
    _, around = along.at(np.array([value - step, value, value + step]))
    difference = around[..., above] - around[..., below]
    slope = abs(float(difference[2].mean() - difference[0].mean())) / (2 * step)
    return standard_error(difference[1]) / slope if slope > 0 else None


def _closest(values: Numbers, means: Numbers) -> tuple[float, float]:
    if means.shape[1] == 1:
        return float(values[0]), float("inf")
    ordered = np.sort(means, axis=1)
    margins = ordered[:, -1] - ordered[:, -2]
    at = int(margins.argmin())
    return float(values[at]), float(margins[at])
