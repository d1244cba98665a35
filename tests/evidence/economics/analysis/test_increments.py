"""The plane: quadrants, clouds and ellipses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.analysis import plane
from glimmer.evidence.economics.analysis.increments import MEANINGS, QUADRANTS, quadrant_of
from tests.evidence.economics.analysis.toys import decisions, outcomes, permuted


@pytest.mark.parametrize(
    ("cost", "effect", "place"),
    [
        (1, 1, "better_dearer"),
        (-1, 1, "better_cheaper"),
        (1, -1, "worse_dearer"),
        (-1, -1, "worse_cheaper"),
        (0, 1, "better_cheaper"),
        (-1, 0, "better_cheaper"),
        (0, -1, "worse_dearer"),
        (1, 0, "worse_dearer"),
        (0.5, 0, "worse_dearer"),
        (0.5, 0.5, "better_dearer"),
        (-0.5, -0.5, "worse_cheaper"),
        (0, 0, "same"),
    ],
)
def test_each_draw_lies_where_a_reader_of_the_plane_would_put_it(cost, effect, place):
    assert QUADRANTS[quadrant_of(np.array([float(cost)]), np.array([float(effect)]))[0]] == place


def test_shares_of_quadrants_are_those_of_the_draws():
    decision = outcomes([[0, 5], [0, 5], [0, -5], [0, -5]], [[0, 1], [0, 1], [0, 1], [0, -1]])
    found = plane(decision).rows[0]
    assert found.quadrants == {
        "better_dearer": 0.5,
        "better_cheaper": 0.25,
        "worse_dearer": 0,
        "worse_cheaper": 0.25,
        "same": 0,
    }


@pytest.mark.parametrize(("cost", "effect", "ratio"), [(10, 2, 5), (-10, 2, None), (10, -2, None), (-10, -2, 5)])
def test_a_ratio_is_only_given_where_it_means_something(cost, effect, ratio):
    row = plane(outcomes([0, cost], [0, effect])).rows[0]
    assert row.icer == ratio
    assert row.meaning == MEANINGS[row.lies_in]


@given(decisions(least=2))
def test_shares_of_quadrants_add_up_to_one(decision):
    for row in plane(decision).rows:
        assert sum(row.quadrants.values()) == pytest.approx(1)


@given(decisions(least=2), st.randoms(use_true_random=False))
def test_the_order_of_the_strategies_changes_no_increment(decision, random):
    order = list(range(len(decision.strategies)))
    random.shuffle(order)
    there = {row.strategy: row for row in plane(decision).rows}
    assert {row.strategy: row for row in plane(permuted(decision, order)).rows} == there


@given(decisions(least=2))
def test_a_strategy_with_no_effect_and_no_cost_of_its_own_has_a_zero_increment(decision):
    same = outcomes(np.repeat(decision.costs[:, :1], 2, 1), np.repeat(decision.effects[:, :1], 2, 1))
    row = plane(same).rows[0]
    assert (row.cost.mean, row.effect.mean, row.icer, row.lies_in) == (0, 0, None, "same")


def test_increments_can_be_taken_against_any_strategy():
    found = plane(outcomes([1, 3, 7], [0, 1, 3]), against="ECT")
    assert {row.strategy: (row.cost.mean, row.effect.mean) for row in found.rows} == {
        "usual care": (-6, -3),
        "ketamine": (-4, -2),
    }


def test_an_ellipse_of_normal_draws_holds_the_share_it_promises():
    chance = np.random.default_rng(8)
    correlated = chance.multivariate_normal([0.2, 900], [[0.01, 25], [25, 250_000]], 20_000)
    nothing = np.zeros(len(correlated))
    found = plane(outcomes(np.column_stack([nothing, correlated[:, 1]]), np.column_stack([nothing, correlated[:, 0]])))
    line = found.ellipses(level=0.8)
    corners = line.select("inc_effect", "inc_cost").to_numpy()
    assert corners[0] == pytest.approx(corners[-1])
    # Every corner of the ellipse is at one distance (Mahalanobis) from the centre, inside which 80 % of draws lie.
    inverse = np.linalg.inv(np.cov(correlated.T))
    distance = [float(d @ inverse @ d) for d in corners - correlated.mean(axis=0)]
    assert np.ptp(distance) < 1e-9
    inside = np.einsum("ij,jk,ik->i", correlated - correlated.mean(0), inverse, correlated - correlated.mean(0))
    assert np.mean(inside < distance[0]) == pytest.approx(0.8, abs=0.01)


def test_an_ellipse_of_draws_on_one_line_is_that_line():
    effect = np.linspace(0, 1, 50)
    found = plane(outcomes(np.column_stack([0 * effect, 100 * effect]), np.column_stack([0 * effect, effect])))
    line = found.ellipses()
    assert np.allclose(line["inc_cost"], 100 * line["inc_effect"])


def test_a_cloud_for_a_chart_is_thinned_evenly_and_keeps_whole_draws():
    draws = np.arange(10_000.0)
    found = plane(outcomes(np.column_stack([0 * draws, draws]), np.column_stack([0 * draws, -draws])))
    cloud = found.points(at_most=100)
    assert cloud.height == 100
    assert (cloud["inc_cost"] == -cloud["inc_effect"]).all()
    assert (cloud["draw"].min(), cloud["draw"].max()) == (0, 9999)
    assert found.points(at_most=10**6).height == 10_000
