"""Scenarios beside the base case."""

import numpy as np
import pytest

from glimmer.evidence.economics.analysis import BadAnalysis, run_scenarios, scenario_table
from tests.evidence.economics.analysis.toys import model, outcomes

TOY = model({"old": lambda p: 0 * p["x"], "new": lambda p: p["x"] + p["y"]}, {"x": 3, "y": 2})
DRAWS = {"x": np.random.default_rng(1).normal(3, 1, 500)}


def test_a_scenario_moves_the_answer_by_exactly_what_it_changes():
    made = run_scenarios(TOY, {"base": {}, "y is bad": {"y": -9.0}}, DRAWS)
    rows = scenario_table(made["base"], {"y is bad": made["y is bad"]}, 20000).rows
    assert [row.scenario for row in rows] == ["base case", "y is bad"]
    assert [row.moved_by for row in rows] == pytest.approx([0, -11])
    assert [(row.best, row.changes_decision) for row in rows] == [("new", False), ("old", True)]


def test_scenarios_share_their_draws_so_that_chance_does_not_tell_them_apart():
    made = run_scenarios(TOY, {"a": {"y": 2.0}, "b": {}}, DRAWS)
    assert (made["a"].costs == made["b"].costs).all()


def test_a_scenario_may_replace_the_draws_of_a_parameter():
    made = run_scenarios(TOY, {"fixed": {"x": np.full(500, 7.0)}}, DRAWS)
    assert made["fixed"].costs[:, 1] == pytest.approx(-9)


def test_every_row_carries_the_interval_of_its_increment():
    made = run_scenarios(TOY, {"base": {}}, DRAWS)
    frame = scenario_table(made["base"], {}, 20000).frame()
    low, high = np.quantile(DRAWS["x"] + 2, [0.025, 0.975])
    assert frame.select("inc_net_money_low", "inc_net_money_high").row(0) == pytest.approx((low, high))


def test_a_row_shows_cost_and_effect_against_the_reference():
    base = outcomes([100, 9100], [2, 2.5])
    row = scenario_table(base, {}, 20000).rows[0]
    assert (row.inc_cost.mean, row.inc_effect.mean, row.net.inc_money.mean) == (9000, 0.5, 1000)


def test_a_strategy_that_the_base_case_lacks_is_not_said_to_have_moved():
    base, wider = outcomes([0, 1], [0, 1]), outcomes([0, 1, 2], [0, 1, 2])
    rows = scenario_table(base, {"wider": wider}, 20000).rows
    assert [(row.strategy, row.moved_by) for row in rows[1:]] == [("ketamine", 0), ("ECT", None)]


def test_a_scenario_against_another_reference_is_refused():
    with pytest.raises(BadAnalysis, match="'other' is against 'ketamine', the base case against 'usual care'"):
        scenario_table(outcomes([0, 1], [0, 1]), {"other": outcomes([0, 1], [0, 1], reference="ketamine")}, 20000)
