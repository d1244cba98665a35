"""What would change the answer: one parameter, two, another assumption, and from which value on."""

from glimmer.evidence.economics.analysis.sensitivity.flips import Flip, Flips, decision_flips
from glimmer.evidence.economics.analysis.sensitivity.one_way import Bar, OneWay, Tornado, one_way
from glimmer.evidence.economics.analysis.sensitivity.ranges import Range, ranges_from_draws
from glimmer.evidence.economics.analysis.sensitivity.scenarios import ScenarioTable, run_scenarios, scenario_table
from glimmer.evidence.economics.analysis.sensitivity.two_way import TwoWay, two_way

__all__ = [
    "Bar",
    "Flip",
    "Flips",
    "OneWay",
    "Range",
    "ScenarioTable",
    "Tornado",
    "TwoWay",
    "decision_flips",
    "one_way",
    "ranges_from_draws",
    "run_scenarios",
    "scenario_table",
    "two_way",
]
