"""Net benefit: identities, the thresholds it is always shown at, and who is best."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.analysis import BadAnalysis, net_benefits
from glimmer.evidence.economics.outcomes import BadOutcomes
from tests.evidence.economics.analysis.toys import decisions, outcomes, permuted


def test_a_known_decision_has_the_net_benefits_of_pencil_and_paper():
    # 0.5 QALYs more for 8,000: at 20,000 worth 2,000 or 0.1 QALY; at 13,000 it costs 1,500 more than it brings.
    rows = {(row.threshold, row.strategy): row for row in net_benefits(outcomes([1000, 9000], [2, 2.5])).rows}
    assert rows[20000, "ketamine"].inc_money.mean == pytest.approx(2000)
    assert rows[20000, "ketamine"].inc_health.mean == pytest.approx(0.1)
    assert rows[13000, "ketamine"].inc_money.mean == pytest.approx(-1500)
    assert [rows[13000, name].is_best for name in ("usual care", "ketamine")] == [True, False]
    assert [rows[20000, name].is_best for name in ("usual care", "ketamine")] == [False, True]
    assert rows[20000, "ketamine"].money.mean == pytest.approx(41_000)


def test_it_is_always_shown_at_thirteen_twenty_twenty_five_thirty_and_thirty_five_thousand():
    found = net_benefits(outcomes([1, 2], [1, 2]))
    assert [row.threshold for row in found.rows[::2]] == [13000, 20000, 25000, 30000, 35000]


def test_a_price_of_nothing_has_net_money_and_no_net_health():
    row = net_benefits(outcomes([1, 2], [1, 2]), [0]).rows[1]
    assert (row.inc_money.mean, row.inc_health) == (-1, None)
    assert net_benefits(outcomes([1, 2], [1, 2]), [0]).frame()["net_health"].null_count() == 2


def test_the_error_of_the_mean_and_of_the_probability_are_those_of_independent_draws():
    chance = np.random.default_rng(2)
    benefit = chance.normal(500, 1000, 40_000)
    nothing = np.zeros_like(benefit)
    decision = outcomes(np.column_stack([nothing, -benefit]), np.zeros((len(benefit), 2)))
    row = net_benefits(decision, [20000]).rows[1]
    assert row.inc_money.standard_error == pytest.approx(1000 / 200, rel=0.02)
    # P(N(500, 1000) > 0) = Phi(0.5) = 0.691462 (tables).
    assert row.probability_worth_it == pytest.approx(0.691462, abs=3 * row.probability_error)
    assert row.probability_error == pytest.approx(np.sqrt(0.691462 * 0.308538 / 40_000), rel=0.02)


def test_the_smallest_gain_counts_in_full_and_a_tie_by_half():
    decision = outcomes([[0, -0.01], [0, -0.5], [0, 0], [0, 0.01]], np.zeros((4, 2)))
    assert net_benefits(decision, [20000]).rows[1].probability_worth_it == pytest.approx(2.5 / 4)


@given(decisions(least=2, whole=False), st.floats(100, 1e5))
def test_health_times_threshold_is_money_and_the_comparator_has_none(decision, threshold):
    rows = net_benefits(decision, [threshold]).rows
    for row in rows:
        assert row.inc_health.mean * threshold == pytest.approx(row.inc_money.mean, rel=1e-9, abs=1e-6)
    assert (rows[0].inc_money.mean, rows[0].probability_worth_it) == (0, 0.5)


@given(decisions(), st.sampled_from([0, 0.5, 1, 2, 20_000]), st.randoms(use_true_random=False))
def test_the_order_of_the_strategies_changes_neither_the_best_nor_any_figure(decision, threshold, random):
    order = list(range(len(decision.strategies)))
    random.shuffle(order)
    there = {row.strategy: row for row in net_benefits(decision, [threshold]).rows}
    assert {row.strategy: row for row in net_benefits(permuted(decision, order), [threshold]).rows} == there


@given(decisions())
def test_exactly_one_strategy_is_best_at_each_threshold(decision):
    rows = net_benefits(decision).rows
    for threshold in {row.threshold for row in rows}:
        assert sum(row.is_best for row in rows if row.threshold == threshold) == 1


def test_of_equal_strategies_the_reference_is_kept():
    assert net_benefits(outcomes([1, 1], [1, 1], ("z", "a"))).best(20000) == "z"


@pytest.mark.parametrize("wrong", [[], [-1], [float("nan")], [float("inf")]])
def test_a_threshold_that_is_no_price_is_refused(wrong):
    with pytest.raises(BadAnalysis, match="Give at least one price"):
        net_benefits(outcomes([1, 2], [1, 2]), wrong)


def test_an_unknown_comparator_is_named():
    with pytest.raises(BadOutcomes, match="no strategy 'placebo'"):
        net_benefits(outcomes([1, 2], [1, 2]), against="placebo")


def test_a_threshold_that_was_not_asked_for_is_named():
    with pytest.raises(KeyError, match=r"no threshold 50.*13000"):
        net_benefits(outcomes([1, 2], [1, 2])).best(50)
