"""One parameter at a time: how far each moves the answer (a tornado), and whether it changes the decision.

The whole range is run, not its two ends alone: where the answer turns inside the range, the ends would hide it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy, tidy_rows
from glimmer.evidence.economics.analysis.net_benefit import best_strategy
from glimmer.evidence.economics.analysis.sensitivity.ranges import Range, base_case, evaluated
from glimmer.evidence.economics.analysis.spread import BadAnalysis, compared_with
from glimmer.evidence.economics.outcomes import Evaluate, Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame

POINTS = 21


@dataclass(frozen=True, slots=True)
class Moved:
    """The model along the range of one parameter. `values` (points,), `net_benefit` (points, strategies).

    `best` (points,) is the column with the highest net benefit at each point.
    """

    range: Range
    values: Numbers
    net_benefit: Numbers
    best: np.ndarray


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a tornado: incremental net benefit (currency) of a strategy as one parameter is moved.

    `at_low` and `at_high` belong to the ends of the range, `lowest` and `highest` to anywhere in it. `best` names the
    strategies that are best somewhere in the range, in the order in which they come up.
    """

    parameter: str
    low: float
    high: float
    at_low: float
    at_high: float
    lowest: float
    highest: float
    base: float
    best: tuple[str, ...]
    because: str

    @property
    def width(self) -> float:
        """How far the answer moves, currency."""
        return self.highest - self.lowest

    @property
    def changes_decision(self) -> bool:
        """Whether another strategy is best somewhere in the range."""
        return len(self.best) > 1


@dataclass(frozen=True, slots=True)
class Tornado:
    """Bars of one strategy against another at one threshold, the widest first; `base` is the answer at the means."""

    strategy: str
    against: str
    threshold: float
    base: float
    bars: tuple[Bar, ...]

    def frame(self) -> "DataFrame":
        """Return one row per parameter."""
        return tidy_rows(
            [
                {
                    "parameter": bar.parameter,
                    "low": bar.low,
                    "high": bar.high,
                    "inc_net_money_at_low": bar.at_low,
                    "inc_net_money_at_high": bar.at_high,
                    "lowest": bar.lowest,
                    "highest": bar.highest,
                    "base": bar.base,
                    "width": bar.width,
                    "best": ", then ".join(bar.best),
                    "changes_decision": bar.changes_decision,
                    "because": bar.because,
                }
                for bar in self.bars
            ]
        )


@dataclass(frozen=True, slots=True)
class OneWay:
    """Every parameter's own run. `base` holds the net benefit (strategies,) with all parameters at their means."""

    strategies: tuple[str, ...]
    reference: str
    threshold: float
    base: Numbers
    base_best: str
    moved: tuple[Moved, ...]

    def frame(self) -> "DataFrame":
        """Return one row per parameter, point and strategy."""
        many = len(self.strategies)
        return tidy(
            {
                "parameter": [one.range.parameter for one in self.moved for _ in one.net_benefit.flat],
                "value": np.concatenate([np.repeat(one.values, many) for one in self.moved]),
                "strategy": [name for one in self.moved for _ in one.values for name in self.strategies],
                "net_money": np.concatenate([one.net_benefit.ravel() for one in self.moved]),
                "is_best": np.concatenate([(one.best[:, None] == np.arange(many)).ravel() for one in self.moved]),
            }
        )

    def tornado(self, strategy: str, against: str | None = None) -> Tornado:
        """Return the bars of one strategy against another (the reference where none is named), the widest first."""
        other = self.reference if against is None else against
        if unknown := {strategy, other} - set(self.strategies):
            raise BadAnalysis(f"There is no strategy {unknown.pop()!r}. There is: {', '.join(self.strategies)}.")
        at, base = self.strategies.index(strategy), self.strategies.index(other)
        bars = [self._bar(one, at, base) for one in self.moved]
        widest_first = tuple(sorted(bars, key=lambda bar: (-bar.width, bar.parameter)))
        return Tornado(strategy, other, self.threshold, float(self.base[at] - self.base[base]), widest_first)

    def _bar(self, one: Moved, at: int, base: int) -> Bar:
        more = one.net_benefit[:, at] - one.net_benefit[:, base]
        best = tuple(dict.fromkeys(self.strategies[column] for column in one.best))
        return Bar(
            one.range.parameter,
            one.range.low,
            one.range.high,
            at_low=float(more[0]),
            at_high=float(more[-1]),
            lowest=float(more.min()),
            highest=float(more.max()),
            base=float(self.base[at] - self.base[base]),
            best=best,
            because=one.range.because,
        )


def one_way(
    evaluate: Evaluate,
    ranges: Sequence[Range],
    threshold: float,
    base: Mapping[str, float] | None = None,
    points: int = POINTS,
) -> OneWay:
    """Move each parameter over its own range, the others at their means or at `base`; one run per parameter.

    Raise BadAnalysis for no range, or fewer than two points.
    """
    if not ranges or points < 2:
        raise BadAnalysis(f"A tornado needs a range and two points, but has {len(ranges)} ranges, {points} points.")
    middle = base_case(evaluate, base)
    compared_with(middle, None)
    net_benefit = middle.net_benefit(threshold)
    moved = tuple(_moved(evaluate, one, threshold, base or {}, points) for one in ranges)
    best = middle.strategies[best_strategy(middle, net_benefit)]
    return OneWay(middle.strategies, middle.reference, threshold, net_benefit[0], best, moved)


def _moved(evaluate: Evaluate, one: Range, threshold: float, base: Mapping[str, float], points: int) -> Moved:
    values = one.points(points)
    outcomes = evaluated(evaluate, {**base, one.parameter: values}, points)
    net_benefit = outcomes.net_benefit(threshold)
    return Moved(one, values, net_benefit, best_of_each(outcomes, net_benefit))


def best_of_each(outcomes: Outcomes, net_benefit: Numbers) -> np.ndarray:
    """Return the best column of each row; of equal ones, rounding aside, the reference, then the first by name.

    So a parameter that moves two equal strategies alike never seems to change the decision.
    """
    names = outcomes.strategies
    order = sorted(range(len(names)), key=lambda at: (names[at] != outcomes.reference, names[at]))
    near = 1e-12 * np.abs(net_benefit).max(axis=1, keepdims=True)
    is_best = net_benefit >= net_benefit.max(axis=1, keepdims=True) - near
    return np.array(order)[is_best[:, order].argmax(axis=1)]
