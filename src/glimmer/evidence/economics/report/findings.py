"""Everything that is worked out of a case once, for the statement, the report and the workbook alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from glimmer.evidence.economics.analysis import (
    Acceptability,
    Convergence,
    Flips,
    Frontier,
    Increment,
    NetBenefit,
    NetBenefits,
    PartialInformation,
    PerfectInformation,
    Plane,
    Tornado,
    acceptability,
    convergence,
    decision_flips,
    evpi,
    evppi,
    frontier,
    net_benefits,
    one_way,
    plane,
    ranges_from_draws,
)
from glimmer.evidence.economics.report.case import Case
from glimmer.guidance.thresholds import ThresholdsInForce, thresholds_on, thresholds_shown

MOST_FLIPS = 6
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Findings:
    """The analyses of one case. `threshold` is the lower one in force on its day; `strategy` is what is spoken of:

    the best there, or the best of the others where the comparator is. `flips` are of the inputs that change the
    decision within their own range, `learned` is the value of knowing each input at every threshold shown.
    """

    case: Case
    in_force: ThresholdsInForce
    thresholds: tuple[float, ...]
    best: str
    strategy: str
    frontier: Frontier
    plane: Plane
    net: NetBenefits
    at_shown: Acceptability
    curve: Acceptability
    convergence: Convergence
    tornado: Tornado | None
    flips: tuple[Flips, ...]
    perfect: PerfectInformation
    learned: PartialInformation | None

    @property
    def threshold(self) -> float:
        """The lower threshold in force."""
        return self.in_force.lower

    @property
    def increment(self) -> Increment:
        """What is spoken of, against the comparator."""
        return next(row for row in self.plane.rows if row.strategy == self.strategy)

    def net_of(self, strategy: str, threshold: float) -> NetBenefit:
        """Return the net benefit of a strategy at a threshold."""
        return next(row for row in self.net.rows if row.strategy == strategy and row.threshold == threshold)

    def probability_best(self, strategy: str, threshold: float) -> float:
        """Return in which share of draws a strategy is the best of all at a threshold that is shown."""
        row, column = self.at_shown.thresholds.index(threshold), self.at_shown.strategies.index(strategy)
        return float(self.at_shown.probability[row, column])


def findings(case: Case, told: Told = lambda _: None) -> Findings:
    """Return the analyses of a case; `told` hears what is being worked out."""
    outcomes = case.outcomes
    in_force, shown = thresholds_on(case.day), thresholds_shown()
    told("frontier and net benefit")
    net = net_benefits(outcomes, shown)
    best = net.best(in_force.lower)
    strategy = best if best != outcomes.reference else _runner_up(net, in_force.lower, best)
    told("acceptability")
    at_shown, curve = acceptability(outcomes, shown), acceptability(outcomes)
    settled = convergence(outcomes, strategy, in_force.lower)
    varied = [name for name, drawn in outcomes.draws.items() if np.ptp(drawn) > 0]
    told("one input at a time")
    tornado, flips = _moved(case, varied, in_force.lower, strategy)
    told("value of information")
    learned = evppi(outcomes, varied, shown) if varied else None
    return Findings(
        case,
        in_force,
        shown,
        best,
        strategy,
        frontier(outcomes),
        plane(outcomes),
        net,
        at_shown,
        curve,
        settled,
        tornado,
        flips,
        evpi(outcomes),
        learned,
    )


def _runner_up(net: NetBenefits, threshold: float, best: str) -> str:
    others = [row for row in net.rows if row.threshold == threshold and row.strategy != best]
    return max(others, key=lambda row: row.money.mean).strategy


def _moved(
    case: Case, varied: Sequence[str], threshold: float, strategy: str
) -> tuple[Tornado | None, tuple[Flips, ...]]:
    if not varied:
        return None, ()
    ranges = ranges_from_draws(case.outcomes.draws, varied)
    tornado = one_way(case.evaluate, ranges, threshold).tornado(strategy)
    changing = [bar.parameter for bar in tornado.bars if bar.changes_decision][:MOST_FLIPS]
    chosen = {one.parameter: one for one in ranges}
    return tornado, tuple(decision_flips(case.evaluate, chosen[name], threshold) for name in changing)
