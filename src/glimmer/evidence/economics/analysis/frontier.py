"""Which strategies are worth considering, from the cheapest up: the frontier, with strict and extended dominance.

The status is judged on mean costs and mean effects. Doubt is shown on the increments, never on the ratio: an interval
of a ratio means nothing where the increment of effect may be zero or change its sign.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy_rows
from glimmer.evidence.economics.analysis.spread import LEVEL, Spread, no_spread, spread_of
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame

UNDOMINATED, EXTENDED, DOMINATED = "ND", "ED", "D"
ROUNDING = 1e-12
"""Two means that differ by less than this share of the largest are the same: a sum in another order is no saving."""


@dataclass(frozen=True, slots=True)
class FrontierRow:
    """One strategy on or off the frontier.

    `status` is "ND" (not dominated), "ED" (extended dominance: a mix of two others gives more for the same money) or
    "D" (another gives at least as much for no more money). `against` is the next cheaper strategy on the frontier,
    which the increments and the `icer` (currency per effect) refer to; the cheapest has none. `dominated_by` names the
    one (D) or the two (ED) that do it; `tied_with` those with the same mean cost and effect, which share a row's place.
    """

    strategy: str
    cost: float
    effect: float
    status: str
    against: str | None = None
    inc_cost: Spread | None = None
    inc_effect: Spread | None = None
    icer: float | None = None
    dominated_by: tuple[str, ...] = ()
    tied_with: tuple[str, ...] = ()

    def columns(self) -> dict[str, Any]:
        """Return the row of a frame."""
        return {
            "strategy": self.strategy,
            "cost": self.cost,
            "effect": self.effect,
            "status": self.status,
            "against": self.against,
            **(self.inc_cost.columns("inc_cost") if self.inc_cost else no_spread("inc_cost")),
            **(self.inc_effect.columns("inc_effect") if self.inc_effect else no_spread("inc_effect")),
            "icer": self.icer,
            "dominated_by": " and ".join(self.dominated_by) or None,
            "tied_with": ", ".join(self.tied_with) or None,
        }


@dataclass(frozen=True, slots=True)
class Frontier:
    """All strategies: those on the frontier by rising cost, then those under extended, then under strict dominance."""

    rows: tuple[FrontierRow, ...]
    currency: str
    effect: str

    def frame(self) -> "DataFrame":
        """Return one row per strategy, with the interval of each increment beside every ratio."""
        return tidy_rows([row.columns() for row in self.rows])

    def row(self, strategy: str) -> FrontierRow:
        """Return the row of one strategy; raise KeyError naming what there is."""
        found = {row.strategy: row for row in self.rows}
        if strategy not in found:
            raise KeyError(f"There is no strategy {strategy!r}. There is: {', '.join(found)}.")
        return found[strategy]


def frontier(outcomes: Outcomes, level: float = LEVEL) -> Frontier:
    """Return the status of each strategy and the increments along the frontier; `level` is that of the intervals."""
    costs, effects = (rounded_alike(values.mean(axis=0)) for values in (outcomes.costs, outcomes.effects))
    ranks = _by_cost_then_effect(outcomes, costs, effects)
    distinct = [at for at in ranks if not _twin_before(at, ranks, costs, effects)]
    undominated = [at for at in distinct if not _dominating(at, distinct, costs, effects)]
    hull = _hull(undominated, costs, effects)
    rows = []
    for at in ranks:
        twins = [one for one in ranks if costs[one] == costs[at] and effects[one] == effects[at]]
        rows.append(_row(outcomes, at, twins, distinct, hull, costs, effects, level))
    order = (UNDOMINATED, EXTENDED, DOMINATED)
    return Frontier(tuple(sorted(rows, key=lambda row: order.index(row.status))), outcomes.currency, outcomes.effect)


def rounded_alike(values: Numbers) -> Numbers:
    """Return the values (1-d) with those that differ by rounding alone made equal: each takes the least of its like."""
    alike = values.copy()
    near = ROUNDING * float(np.abs(values).max(initial=0.0))
    order = np.argsort(values, kind="stable")
    for before, at in pairwise(order):
        if values[at] - values[before] <= near:
            alike[at] = alike[before]
    return alike


def _by_cost_then_effect(outcomes: Outcomes, costs: Numbers, effects: Numbers) -> list[int]:
    """Order the columns by cost, then by falling effect, then the reference first, then by name."""
    return sorted(
        range(len(costs)),
        key=lambda at: (
            costs[at],
            -effects[at],
            outcomes.strategies[at] != outcomes.reference,
            outcomes.strategies[at],
        ),
    )


def _twin_before(at: int, ranks: list[int], costs: Numbers, effects: Numbers) -> bool:
    return any(costs[one] == costs[at] and effects[one] == effects[at] for one in ranks[: ranks.index(at)])


def _dominating(at: int, ranks: list[int], costs: Numbers, effects: Numbers) -> list[int]:
    """Return those that cost no more and give no less than `at`, and are not its twins."""
    return [
        one
        for one in ranks
        if costs[one] <= costs[at]
        and effects[one] >= effects[at]
        and (costs[one], effects[one]) != (costs[at], effects[at])
    ]


def _hull(ranks: list[int], costs: Numbers, effects: Numbers) -> list[int]:
    """Return those of the undominated, by rising cost, whose ratios rise from each to the next.

    One that lies on the straight line between its neighbours stays: at that ratio it is as good as they are.
    """
    hull: list[int] = []
    for at in ranks:
        while len(hull) > 1 and _lies_above(hull[-2], hull[-1], at, costs, effects):
            hull.pop()
        hull.append(at)
    return hull


def _lies_above(first: int, middle: int, last: int, costs: Numbers, effects: Numbers) -> bool:
    """Return whether the middle strategy costs more than a mix of the other two that gives the same effect."""
    rise = (costs[middle] - costs[first]) * (effects[last] - effects[middle])
    next_rise = (costs[last] - costs[middle]) * (effects[middle] - effects[first])
    return bool(rise - next_rise > ROUNDING * max(abs(rise), abs(next_rise)))


def _row(
    outcomes: Outcomes,
    at: int,
    twins: list[int],
    distinct: list[int],
    hull: list[int],
    costs: Numbers,
    effects: Numbers,
    level: float,
) -> FrontierRow:
    names = outcomes.strategies
    mean_cost, mean_effect = float(outcomes.costs[:, at].mean()), float(outcomes.effects[:, at].mean())
    tied = tuple(names[one] for one in twins if one != at)
    if (place := _place(hull, twins)) is not None:
        before = hull[place - 1] if place else None
        return FrontierRow(
            names[at], mean_cost, mean_effect, UNDOMINATED, **_increments(outcomes, at, before, level), tied_with=tied
        )
    if by := _dominating(at, distinct, costs, effects):
        strongest = max(by, key=lambda one: (one in hull, effects[one], -costs[one]))
        return FrontierRow(
            names[at], mean_cost, mean_effect, DOMINATED, dominated_by=(names[strongest],), tied_with=tied
        )
    after = next(place for place, one in enumerate(hull) if effects[one] > effects[at])
    mixed = (names[hull[after - 1]], names[hull[after]])
    return FrontierRow(names[at], mean_cost, mean_effect, EXTENDED, dominated_by=mixed, tied_with=tied)


def _place(hull: list[int], twins: list[int]) -> int | None:
    return next((place for place, one in enumerate(hull) if one in twins), None)


def _increments(outcomes: Outcomes, at: int, before: int | None, level: float) -> dict[str, Any]:
    if before is None:
        return {}
    cost, effect = (values[:, at] - values[:, before] for values in (outcomes.costs, outcomes.effects))
    return {
        "against": outcomes.strategies[before],
        "inc_cost": spread_of(cost, level),
        "inc_effect": spread_of(effect, level),
        "icer": float(cost.mean() / effect.mean()),
    }
