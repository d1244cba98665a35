"""Acceptability and expected loss against normal theory, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from glimmer.evidence.economics.analysis import BadAnalysis, acceptability, evpi
from tests.evidence.economics.analysis.toys import decisions, outcomes, permuted

DRAWS = 40_000


@pytest.fixture(scope="module")
def normal():
    """Incremental cost N(4000, 1500^2), effect N(0.2, 0.15^2), independent: INB is normal at every threshold."""
    chance = np.random.default_rng(17)
    nothing = np.zeros(DRAWS)
    cost, effect = chance.normal(4000, 1500, DRAWS), chance.normal(0.2, 0.15, DRAWS)
    return outcomes(np.column_stack([nothing, cost]), np.column_stack([nothing, effect]))


def theory(threshold):
    return 0.2 * threshold - 4000, np.hypot(0.15 * threshold, 1500)


@pytest.mark.parametrize("threshold", [0, 13000, 20000, 30000, 50000])
def test_probability_and_loss_follow_the_normal_formulas(normal, threshold):
    found = acceptability(normal, [threshold])
    mean, deviation = theory(threshold)
    z = mean / deviation
    assert found.probability[0, 1] == pytest.approx(norm.cdf(z), abs=3 * found.probability_error[0, 1] + 1e-4)
    # Loss of choosing the new: E max(0, -INB); of the old: E max(0, INB).
    losses = [deviation * norm.pdf(z) + mean * norm.cdf(z), deviation * norm.pdf(z) - mean * norm.cdf(-z)]
    for at in (0, 1):
        assert found.loss[0, at] == pytest.approx(losses[at], abs=3 * found.loss_error[0, at])


def test_the_frontier_follows_the_highest_mean_and_not_the_highest_probability():
    # The risky one wins rarely and by much: its mean is best though its probability is 0.3.
    risky = np.where(np.arange(1000) < 300, 100.0, 0.0)
    decision = outcomes(np.column_stack([np.full(1000, -10.0), -risky]), np.zeros((1000, 2)))
    found = acceptability(decision, [20000]).frontier()
    assert found.row(0, named=True)["strategy"] == "ketamine"
    assert found["probability"][0] == pytest.approx(0.3)


def test_the_frontier_switches_where_the_mean_net_benefit_crosses_zero(normal):
    found = acceptability(normal, [19_000, 21_500]).frontier()
    assert found["strategy"].to_list() == ["usual care", "ketamine"]


def test_the_lower_edge_of_the_loss_is_the_value_of_perfect_information(normal):
    found = acceptability(normal, [13000, 25000])
    assert found.loss.min(axis=1) == pytest.approx(evpi(normal, [13000, 25000]).values)
    assert (found.loss.argmin(axis=1) == found.best).all()


@given(decisions(draws=(2, 6)), st.floats(0, 50))
def test_probabilities_add_up_to_one_even_among_equals(decision, threshold):
    found = acceptability(decision, [threshold])
    assert found.probability.sum() == pytest.approx(1)
    assert (found.loss >= 0).all()


def test_equal_strategies_share_the_probability():
    assert acceptability(outcomes([[1, 1], [2, 2]], [[1, 1], [1, 1]]), [20000]).probability.tolist() == [[0.5, 0.5]]


@given(decisions(draws=(2, 6)), st.randoms(use_true_random=False))
def test_the_order_of_the_strategies_changes_no_curve(decision, random):
    order = list(range(len(decision.strategies)))
    random.shuffle(order)
    there, here = acceptability(decision, [0, 2]), acceptability(permuted(decision, order), [0, 2])
    assert np.allclose(here.probability, there.probability[:, order])
    assert np.allclose(here.loss, there.loss[:, order])
    assert here.frontier()["strategy"].to_list() == there.frontier()["strategy"].to_list()


def test_without_a_range_the_curve_covers_every_threshold_in_use(normal):
    found = acceptability(normal)
    assert {0, 13000, 20000, 25000, 30000, 35000, 50000} <= set(found.thresholds)
    assert found.frame().height == 2 * len(found.thresholds)
    on_frontier = found.frame().filter(found.frame()["on_frontier"])
    assert on_frontier["strategy"].to_list() == found.frontier()["strategy"].to_list()


def test_a_deterministic_result_has_no_acceptability():
    with pytest.raises(BadAnalysis, match="needs draws, and there is one"):
        acceptability(outcomes([1, 2], [1, 2]))
