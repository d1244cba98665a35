"""Scenarios: the answer under other assumptions, one beside the other, each with its doubt.

A scenario may be another model altogether, so the table takes outcomes; `run_scenarios` makes them where a scenario is
only other values of parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glimmer.evidence.economics.analysis.frames import tidy_rows
from glimmer.evidence.economics.analysis.net_benefit import NetBenefit, net_benefits
from glimmer.evidence.economics.analysis.spread import LEVEL, BadAnalysis, Spread, spread_of
from glimmer.evidence.economics.outcomes import Evaluate, Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame

BASE = "base case"


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """One strategy in one scenario at one threshold, against the reference.

    `moved_by` is how far the mean incremental net benefit lies from that of the base case (currency), None for a
    strategy that the base case lacks;
    `changes_decision` holds where another strategy is best than in the base case.
    """

    scenario: str
    strategy: str
    threshold: float
    inc_cost: Spread
    inc_effect: Spread
    net: NetBenefit
    moved_by: float | None
    best: str
    changes_decision: bool


@dataclass(frozen=True, slots=True)
class ScenarioTable:
    """Rows by threshold, scenario (the base case first) and strategy."""

    rows: tuple[ScenarioRow, ...]

    def frame(self) -> "DataFrame":
        """Return one row per threshold, scenario and strategy other than the reference."""
        return tidy_rows(
            [
                {
                    "threshold": row.threshold,
                    "scenario": row.scenario,
                    "strategy": row.strategy,
                    **row.inc_cost.columns("inc_cost"),
                    **row.inc_effect.columns("inc_effect"),
                    **row.net.inc_money.columns("inc_net_money"),
                    "probability_worth_it": row.net.probability_worth_it,
                    "moved_by": row.moved_by,
                    "best": row.best,
                    "changes_decision": row.changes_decision,
                }
                for row in self.rows
            ]
        )


def scenario_table(
    base: Outcomes, scenarios: Mapping[str, Outcomes], threshold: float, level: float = LEVEL
) -> ScenarioTable:
    """Return the base case and each scenario at a threshold.

    Raise BadAnalysis for a scenario that does not have the reference of the base case.
    """
    settled = {row.strategy: row for row in net_benefits(base, [threshold], level=level).rows}
    best_of_base = next(name for name, row in settled.items() if row.is_best)
    rows: list[ScenarioRow] = []
    for name, outcomes in {BASE: base, **scenarios}.items():
        if outcomes.reference != base.reference:
            raise BadAnalysis(
                f"Scenario {name!r} is against {outcomes.reference!r}, the base case against {base.reference!r}. "
                "Give both the same reference, or their increments cannot be compared."
            )
        rows += _rows(name, outcomes, threshold, level, settled, best_of_base)
    return ScenarioTable(tuple(rows))


def _rows(
    name: str,
    outcomes: Outcomes,
    threshold: float,
    level: float,
    settled: Mapping[str, NetBenefit],
    best_of_base: str,
) -> list[ScenarioRow]:
    found = net_benefits(outcomes, [threshold], level=level)
    best = found.best(threshold)
    base = outcomes.position(outcomes.reference)
    rows = []
    for net in found.rows:
        if net.strategy == outcomes.reference:
            continue
        at = outcomes.position(net.strategy)
        before = settled.get(net.strategy)
        rows.append(
            ScenarioRow(
                name,
                net.strategy,
                threshold,
                spread_of(outcomes.costs[:, at] - outcomes.costs[:, base], level),
                spread_of(outcomes.effects[:, at] - outcomes.effects[:, base], level),
                net,
                net.inc_money.mean - before.inc_money.mean if before else None,
                best,
                best != best_of_base,
            )
        )
    return rows


def run_scenarios(
    evaluate: Evaluate,
    scenarios: Mapping[str, Mapping[str, Numbers | float]],
    draws: Mapping[str, Numbers | float] | None = None,
) -> dict[str, Outcomes]:
    """Run the model once per scenario: `draws` for all of them, the scenario's own values in place of those it names.

    The draws are common to all scenarios, so that what differs between two of them is the scenario and not chance.
    """
    return {name: evaluate({**(draws or {}), **values}) for name, values in scenarios.items()}
