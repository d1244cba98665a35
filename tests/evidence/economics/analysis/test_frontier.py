"""The frontier: published statuses and ratios, dominance by brute force, and the cases that made others crash."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.analysis import frontier
from tests.evidence.economics.analysis.toys import NAMES, decisions, outcomes, permuted
from tests.support.shared_data import shared_data


def statuses(decision):
    return {row.strategy: row.status for row in frontier(decision).rows}


def test_sick_sicker_gives_the_published_table():
    # DARTH's cohort tutorial, run unmodified: order, statuses, increments and ratios.
    published = json.loads(shared_data("economics", "sicksicker_time_indep_deterministic.json").read_text())
    names = tuple(published["cost"])
    decision = outcomes(list(published["cost"].values()), list(published["qaly"].values()), names)
    found = frontier(decision).rows
    assert [row.strategy for row in found] == [row["Strategy"] for row in published["cea"]]
    for row, expected in zip(found, published["cea"], strict=True):
        assert row.status == expected["Status"]
        if expected["ICER"] is None:
            assert (row.icer, row.inc_cost, row.inc_effect) == (None, None, None)
        else:
            assert row.icer == pytest.approx(expected["ICER"], rel=1e-9)
            assert row.inc_cost.mean == pytest.approx(expected["Inc_Cost"], rel=1e-9)
            assert row.inc_effect.mean == pytest.approx(expected["Inc_Effect"], rel=1e-9)


def test_a_mix_of_two_others_dominates_by_extension():
    # Halfway between (0, 0) and (100, 10) lies (50, 5): at a cost of 60 five units are too dear.
    found = frontier(outcomes([0, 60, 100], [0, 5, 10]))
    row = found.row("ketamine")
    assert (row.status, row.dominated_by) == ("ED", ("usual care", "ECT"))
    assert found.row("ECT").against == "usual care"
    assert found.row("ECT").icer == pytest.approx(10)


def test_extended_dominance_is_looked_for_again_after_one_is_gone():
    # One more unit costs 1, 2.5, 1.5 and 0.3 on the way: each fall takes out the one before, until the ends remain.
    found = statuses(outcomes([0, 1, 3.5, 5, 6], [0, 1, 2, 3.5, 6.1]))
    assert found == {"usual care": "ND", "ketamine": "ED", "ECT": "ED", "rTMS": "ED", "esketamine": "ND"}


def test_one_on_the_straight_line_between_two_others_stays():
    assert statuses(outcomes([0, 50, 100], [0, 5, 10])) == dict.fromkeys(NAMES[:3], "ND")


def test_the_cheapest_may_dominate_everything():
    # dampack crashed here (issue 37).
    found = frontier(outcomes([1, 2, 3], [9, 8, 7]))
    assert [(row.strategy, row.status) for row in found.rows] == [
        ("usual care", "ND"),
        ("ketamine", "D"),
        ("ECT", "D"),
    ]
    assert found.row("ECT").dominated_by == ("usual care",)
    assert found.frame()["icer"].null_count() == 3


def test_a_lone_strategy_is_the_whole_frontier():
    row = frontier(outcomes([5], [1])).rows[0]
    assert (row.status, row.against, row.icer) == ("ND", None, None)


def test_identical_strategies_share_their_place():
    found = frontier(outcomes([0, 10, 10], [0, 1, 1]))
    assert {row.status for row in found.rows} == {"ND"}
    for name, twin in (("ketamine", "ECT"), ("ECT", "ketamine")):
        assert found.row(name).tied_with == (twin,)
        assert (found.row(name).against, found.row(name).icer) == ("usual care", 10)


def test_all_strategies_may_be_identical():
    found = frontier(outcomes([3, 3, 3], [2, 2, 2]))
    assert [(row.status, row.against) for row in found.rows] == [("ND", None)] * 3


def test_the_twin_that_is_the_reference_is_the_one_compared_with():
    decision = outcomes([0, 0, 10], [1, 1, 2], ("b", "a", "c"), reference="b")
    assert frontier(decision).row("c").against == "b"


def test_same_cost_and_less_effect_is_dominated_as_is_same_effect_at_more_cost():
    assert statuses(outcomes([1, 1, 2], [2, 1, 2])) == {"usual care": "ND", "ketamine": "D", "ECT": "D"}


def test_savings_are_ordered_like_any_other_cost():
    found = frontier(outcomes([-100, -300, 0], [1, 0, 1.5]))
    assert [row.strategy for row in found.rows] == ["ketamine", "usual care", "ECT"]
    assert [row.icer for row in found.rows] == [None, pytest.approx(200), pytest.approx(200)]


def test_a_difference_of_rounding_is_no_difference():
    total = sum([0.1] * 10)
    assert total != 1.0
    assert statuses(outcomes([total, 1.0], [5, 5])) == {"usual care": "ND", "ketamine": "ND"}


def test_doubt_stands_on_the_increments():
    chance = np.random.default_rng(5)
    draws = 4000
    cost, effect = chance.normal(1000, 300, draws), chance.normal(0.1, 0.05, draws)
    nothing = np.zeros(draws)
    row = frontier(outcomes(np.column_stack([nothing, cost]), np.column_stack([nothing, effect]))).row("ketamine")
    # The normal quantiles, known without a simulation.
    assert (row.inc_cost.low, row.inc_cost.high) == pytest.approx((1000 - 1.96 * 300, 1000 + 1.96 * 300), abs=40)
    assert (row.inc_effect.low, row.inc_effect.high) == pytest.approx((0.1 - 1.96 * 0.05, 0.1 + 1.96 * 0.05), abs=0.007)
    assert row.inc_cost.standard_error == pytest.approx(300 / np.sqrt(draws), rel=0.05)


def test_the_frame_never_shows_a_ratio_without_the_interval_of_its_increments():
    frame = frontier(outcomes([[0, 10, 30], [1, 12, 28]], [[0, 1, 2], [0, 1.1, 2.2]])).frame()
    with_ratio = frame.filter(frame["icer"].is_not_null())
    assert with_ratio.height == 2
    for column in ("inc_cost_low", "inc_cost_high", "inc_effect_low", "inc_effect_high"):
        assert with_ratio[column].null_count() == 0


@given(decisions(), st.randoms(use_true_random=False))
def test_the_order_of_the_strategies_changes_nothing(decision, random):
    order = list(range(len(decision.strategies)))
    random.shuffle(order)
    assert frontier(permuted(decision, order)) == frontier(decision)


@given(decisions(draws=(1, 1)))
def test_on_the_frontier_is_who_is_best_at_some_price_of_an_effect(decision):
    # By brute force, without geometry: who has the highest net benefit at some price above 0, ties included. The prices
    # at which two are equal are the ones where it changes, so those, and prices between and beyond them, are enough.
    cost, effect = decision.costs[0], decision.effects[0]
    equal = {
        (cost[a] - cost[b]) / (effect[a] - effect[b])
        for a in range(len(cost))
        for b in range(len(cost))
        if effect[a] != effect[b]
    }
    at = sorted(price for price in equal if price > 0)
    prices = [*at, *((a + b) / 2 for a, b in pairwise(at))]
    prices += [at[0] / 2, at[-1] * 2] if at else [1.0]
    best = set()
    for price in prices:
        benefit = price * effect - cost
        best |= {name for name, one in zip(decision.strategies, benefit, strict=True) if one >= benefit.max() - 1e-9}
    assert {name for name, status in statuses(decision).items() if status == "ND"} == best


@given(decisions())
def test_ratios_rise_along_the_frontier_and_no_increment_is_negative(decision):
    found = [row for row in frontier(decision).rows if row.icer is not None]
    ratios = [row.icer for row in found]
    assert all(later >= earlier - 1e-9 * abs(earlier) for earlier, later in pairwise(ratios))
    assert all(row.inc_cost.mean > 0 and row.inc_effect.mean > 0 for row in found)


@given(decisions())
def test_the_one_that_dominates_costs_no_more_and_gives_no_less(decision):
    found = frontier(decision)
    for row in found.rows:
        if row.status == "D":
            by = found.row(row.dominated_by[0])
            assert by.cost <= row.cost + 1e-9
            assert by.effect >= row.effect - 1e-9


def test_a_strategy_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(KeyError, match=r"no strategy 'TMS'.*usual care, ketamine"):
        frontier(outcomes([1, 2], [1, 2])).row("TMS")
