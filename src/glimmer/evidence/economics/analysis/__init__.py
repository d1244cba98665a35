"""Every analysis of a decision, as pure functions of outcomes: what is best, how sure that is, what would change it.

| Question | Ask |
|---|---|
| Which strategies are worth considering, at what price? | `frontier`, `plane` |
| What is best at 13, 20, 25, 30 and 35 thousand a QALY? | `net_benefits` |
| How sure is that, and what would a wrong choice cost? | `acceptability`, `convergence` |
| What would change it? | `one_way` (tornado), `two_way`, `scenario_table`, `decision_flips` |
| What is it worth to learn more, about what, in which study? | `evpi`, `evppi`, `evsi`, `net_benefit_of_sampling` |
| What does it mean for budget, staff and beds? | `budget_impact` |
| Who gains, who pays? | `equity`, `equity_of` |
| Does the condition count as severe? | `severity`, `with_severity_weight` |

Each takes `Outcomes` (or a model, as `Evaluate`), and returns a frozen result with a `.frame()` of tidy rows in polars.
Thresholds default to those of the guidance, all of them. Uncertainty stands on increments, never on a ratio.
"""

from glimmer.evidence.economics.analysis.acceptability import Acceptability, acceptability
from glimmer.evidence.economics.analysis.budget import BudgetImpact, Profile, Service, budget_impact
from glimmer.evidence.economics.analysis.convergence import Convergence, convergence, probability_best
from glimmer.evidence.economics.analysis.equity import (
    Equity,
    Group,
    equally_distributed_equivalent,
    equity,
    equity_of,
)
from glimmer.evidence.economics.analysis.frontier import Frontier, FrontierRow, frontier
from glimmer.evidence.economics.analysis.increments import Increment, Plane, plane
from glimmer.evidence.economics.analysis.information import (
    NetBenefitOfSampling,
    PartialInformation,
    PerfectInformation,
    SampleInformation,
    Study,
    effective_population,
    events_in,
    events_in_arms,
    evpi,
    evppi,
    evsi,
    mean_of,
    net_benefit_of_sampling,
    times_to_event,
)
from glimmer.evidence.economics.analysis.net_benefit import NetBenefit, NetBenefits, net_benefits
from glimmer.evidence.economics.analysis.sensitivity import (
    Flip,
    Flips,
    OneWay,
    Range,
    ScenarioTable,
    Tornado,
    TwoWay,
    decision_flips,
    one_way,
    ranges_from_draws,
    run_scenarios,
    scenario_table,
    two_way,
)
from glimmer.evidence.economics.analysis.severity import Severity, severity, with_severity_weight
from glimmer.evidence.economics.analysis.spread import BadAnalysis, Spread

__all__ = [
    "Acceptability",
    "BadAnalysis",
    "BudgetImpact",
    "Convergence",
    "Equity",
    "Flip",
    "Flips",
    "Frontier",
    "FrontierRow",
    "Group",
    "Increment",
    "NetBenefit",
    "NetBenefitOfSampling",
    "NetBenefits",
    "OneWay",
    "PartialInformation",
    "PerfectInformation",
    "Plane",
    "Profile",
    "Range",
    "SampleInformation",
    "ScenarioTable",
    "Service",
    "Severity",
    "Spread",
    "Study",
    "Tornado",
    "TwoWay",
    "acceptability",
    "budget_impact",
    "convergence",
    "decision_flips",
    "effective_population",
    "equally_distributed_equivalent",
    "equity",
    "equity_of",
    "events_in",
    "events_in_arms",
    "evpi",
    "evppi",
    "evsi",
    "frontier",
    "mean_of",
    "net_benefit_of_sampling",
    "net_benefits",
    "one_way",
    "plane",
    "probability_best",
    "ranges_from_draws",
    "run_scenarios",
    "scenario_table",
    "severity",
    "times_to_event",
    "two_way",
    "with_severity_weight",
]
