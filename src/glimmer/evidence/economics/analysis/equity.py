"""Who gains and who pays: net health benefit by group, and whether the change makes health more or less equal.

A programme gives health to those who take it up, and takes health from those whose other services its money displaces.
Both fall unevenly on deprivation fifths and ethnic groups. Health of a group is its quality-adjusted life expectancy
(QALE) at birth or at the age of the decision: baselines are inputs, as are uptake, the share of the displaced services,
and the aversion to inequality, which nobody but the decision maker can set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy, tidy_rows
from glimmer.evidence.economics.analysis.spread import LEVEL, BadAnalysis, Spread, compared_with, spread_of
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame

PLACES = ("more health, more equal", "more health, less equal", "less health, more equal", "less health, less equal")


@dataclass(frozen=True, slots=True)
class Group:
    """One group of the whole population that the budget serves, not of patients alone.

    `people`: its size; `baseline_qale`: expected QALYs per person before the change; `treated`: how many of it take the
    programme up (eligible times uptake); `opportunity_share`: the share of displaced health that falls on it.
    Give groups in order, the most deprived first, so that the gap means what it says.
    """

    name: str
    people: float
    baseline_qale: float
    treated: float
    opportunity_share: float


@dataclass(frozen=True, slots=True)
class GroupBenefit:
    """What the change means for one group, in QALYs: `gained` by those treated, `displaced` elsewhere, the `net`.

    `net_per_person` is the net over everybody in the group.
    """

    group: Group
    gained: Spread
    displaced: Spread
    net: Spread
    net_per_person: Spread


@dataclass(frozen=True, slots=True)
class EquityImpact:
    """The answer at one aversion to inequality (Atkinson's epsilon; 0 is indifference).

    `efficiency`: QALYs gained or lost in all. `ede_gain`: the change in equally-distributed-equivalent health times the
    population (QALYs): the total gain that would be as good if it were spread evenly. `equity` is the part of it that
    is due to the distribution, `ede_gain` less `efficiency`. `probabilities` of each of PLACES add up to 1.
    """

    aversion: float
    efficiency: Spread
    equity: Spread
    ede_gain: Spread
    probabilities: tuple[float, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Equity:
    """Net health by group and the impact at each aversion. `gap_change`: last less first group's change of QALE."""

    groups: tuple[GroupBenefit, ...]
    impacts: tuple[EquityImpact, ...]
    gap_change: Spread
    threshold: float

    def frame(self) -> "DataFrame":
        """Return one row per group."""
        return tidy_rows(
            [
                {
                    "group": one.group.name,
                    "people": one.group.people,
                    "baseline_qale": one.group.baseline_qale,
                    "treated": one.group.treated,
                    "opportunity_share": one.group.opportunity_share,
                    **one.gained.columns("qalys_gained"),
                    **one.displaced.columns("qalys_displaced"),
                    **one.net.columns("net_health"),
                    **one.net_per_person.columns("net_health_per_person"),
                }
                for one in self.groups
            ]
        )

    def plane(self) -> "DataFrame":
        """Return one row per aversion: efficiency across, equity up, and how likely each corner is."""
        return tidy_rows(
            [
                {
                    "aversion": one.aversion,
                    **one.efficiency.columns("efficiency"),
                    **one.equity.columns("equity"),
                    **one.ede_gain.columns("ede_gain"),
                    "place": one.place,
                    **{f"probability of {place}": one.probabilities[at] for at, place in enumerate(PLACES)},
                }
                for one in self.impacts
            ]
        )

    def distribution(self) -> "DataFrame":
        """Return QALE per person of each group before and after, at the means."""
        return tidy(
            {
                "group": [one.group.name for one in self.groups],
                "before": [one.group.baseline_qale for one in self.groups],
                "after": [one.group.baseline_qale + one.net_per_person.mean for one in self.groups],
            }
        )


def equity(
    groups: Sequence[Group],
    effect_per_treated: Numbers,
    cost_per_treated: Numbers,
    threshold: float,
    aversions: Sequence[float],
    level: float = LEVEL,
) -> Equity:
    """Return who gains what from a programme.

    `effect_per_treated` (QALYs) and `cost_per_treated` (currency) are increments per person treated, (draws,) where all
    groups are alike or (draws, groups); `threshold` (currency per QALY) is what a QALY costs elsewhere, so that of the
    opportunity cost fits best; `aversions` are those the decision maker wants to see.
    Raise BadAnalysis, naming the group, for shares that do not add up to 1 or a QALE that is not above 0.
    """
    _check(groups, threshold, aversions)
    treated = np.array([group.treated for group in groups])
    gained = treated * _by_group(effect_per_treated, len(groups))
    spent = (treated * _by_group(cost_per_treated, len(groups))).sum(axis=1, keepdims=True)
    displaced = spent / threshold * np.array([group.opportunity_share for group in groups])
    gained, displaced = np.broadcast_arrays(gained, displaced)
    people = np.array([group.people for group in groups])
    net = gained - displaced
    rows = [
        GroupBenefit(group, *(spread_of(np.ascontiguousarray(part[:, at]), level) for part in parts))
        for at, group in enumerate(groups)
        for parts in [(gained, displaced, net, net / people)]
    ]
    per_person = net / people
    before = np.array([group.baseline_qale for group in groups])
    _check_after(groups, before + per_person)
    impacts = tuple(_impact(before, per_person, people, aversion, level) for aversion in aversions)
    return Equity(tuple(rows), impacts, spread_of(per_person[:, -1] - per_person[:, 0], level), threshold)


def equity_of(
    outcomes: Outcomes,
    strategy: str,
    groups: Sequence[Group],
    threshold: float,
    aversions: Sequence[float],
    against: str | None = None,
    level: float = LEVEL,
) -> Equity:
    """Return who gains what where all groups gain alike per person treated, as the model says: uptake alone differs."""
    at, base = outcomes.position(strategy), outcomes.position(compared_with(outcomes, against))
    effect, cost = (values[:, at] - values[:, base] for values in (outcomes.effects, outcomes.costs))
    return equity(groups, effect, cost, threshold, aversions, level)


def equally_distributed_equivalent(health: Numbers, people: Numbers, aversion: float) -> Numbers:
    """Return the health that, if everybody had it, would be as good by Atkinson's measure: (..., groups) to (...).

    It equals the mean at an aversion of 0, the geometric mean at 1, and nears the least at very large ones. Computed
    relative to the least, so that a large aversion does not overflow.
    """
    shares = people / people.sum()
    least = health.min(axis=-1, keepdims=True)
    logs = np.log(health / least)
    if aversion == 1:
        return np.asarray(least[..., 0] * np.exp((shares * logs).sum(axis=-1)))
    power = 1 - aversion
    # The mean of health**power less 1, which keeps its digits where the power is close to 0.
    excess = (shares * np.expm1(power * logs)).sum(axis=-1)
    return np.asarray(least[..., 0] * np.exp(np.log1p(excess) / power))


def _by_group(values: Numbers, groups: int) -> Numbers:
    array = np.atleast_1d(np.asarray(values, dtype=float))
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] not in (1, groups):
        raise BadAnalysis(
            f"Increments have the shape {np.shape(values)}, but (draws,) or (draws, {groups}) was expected."
        )
    return array


def _impact(before: Numbers, per_person: Numbers, people: Numbers, aversion: float, level: float) -> EquityImpact:
    total = people.sum()
    efficiency = (per_person * people).sum(axis=1)
    gain = total * (
        equally_distributed_equivalent(before + per_person, people, aversion)
        - equally_distributed_equivalent(before, people, aversion)
    )
    # What rounding leaves of an unchanged distribution is neither more nor less equal.
    by_distribution = np.where(np.abs(gain - efficiency) <= 1e-12 * total * before.max(), 0.0, gain - efficiency)
    counts = np.bincount(_places(efficiency, by_distribution), minlength=len(PLACES)) / len(efficiency)
    place = PLACES[int(_places(np.array([efficiency.mean()]), np.array([by_distribution.mean()]))[0])]
    return EquityImpact(
        aversion,
        spread_of(efficiency, level),
        spread_of(by_distribution, level),
        spread_of(gain, level),
        tuple(counts.tolist()),
        place,
    )


def _places(efficiency: Numbers, by_distribution: Numbers) -> np.ndarray:
    """Return the place in PLACES of each draw; no change counts as "more", that is as no harm."""
    return 2 * (efficiency < 0) + (by_distribution < 0)


def _check(groups: Sequence[Group], threshold: float, aversions: Sequence[float]) -> None:
    if len(groups) < 2 or not aversions or min(aversions) < 0 or not threshold > 0:
        raise BadAnalysis(
            f"Equity needs two groups, an aversion of 0 or above and a threshold above 0, but has {len(groups)}, "
            f"aversions {list(aversions)} and the threshold {threshold:g}."
        )
    for group in groups:
        if not (group.people > 0 and group.baseline_qale > 0 and group.treated >= 0 and group.opportunity_share >= 0):
            raise BadAnalysis(
                f"Group {group.name!r} has people={group.people:g}, baseline_qale={group.baseline_qale:g}, "
                f"treated={group.treated:g}, opportunity_share={group.opportunity_share:g}. "
                "People and QALE must be above 0, the others not below."
            )
    shares = sum(group.opportunity_share for group in groups)
    if abs(shares - 1) > 1e-9:
        raise BadAnalysis(f"The groups' shares of the opportunity cost add up to {shares:g}, but must add up to 1.")


def _check_after(groups: Sequence[Group], after: Numbers) -> None:
    if (after <= 0).any():
        draw, at = np.argwhere(after <= 0)[0]
        raise BadAnalysis(
            f"Group {groups[at].name!r} would be left with {after[draw, at]:g} QALYs per person in draw {draw}. "
            "Are people, treated and baseline_qale of the same population?"
        )
