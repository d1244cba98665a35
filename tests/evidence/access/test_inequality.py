"""Inequality: each index against its formula in plain loops, closed forms, and what must hold of any numbers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.evidence.access import inequality
from glimmer.evidence.access.inequality import BadDistribution

areas = st.lists(
    st.tuples(st.floats(1, 200), st.integers(1, 12), st.floats(1, 5000), st.sampled_from("ab")), min_size=3, max_size=30
).filter(lambda rows: len({rank for _, rank, _, nation in rows if nation == "a"}) > 1)
few = settings(max_examples=60, deadline=None)


def columns(rows):
    values, ranks, weights, nations = zip(*rows, strict=True)
    return np.array(values), np.array(ranks), np.array(weights), np.array(nations)


def places_by_hand(ranks, weights, nations):
    """The share of the own nation's people who are more deprived, and half of those who are equally so."""
    found = []
    for rank, nation in zip(ranks, nations, strict=True):
        own = [(r, w) for r, w, n in zip(ranks, weights, nations, strict=True) if n == nation]
        before = sum(w for r, w in own if r < rank)
        level = sum(w for r, w in own if r == rank)
        found.append((before + level / 2) / sum(w for _, w in own))
    return found


@few
@given(areas)
def test_places_slope_and_concentration_equal_the_formulas_in_loops(rows):
    values, ranks, weights, nations = columns(rows)
    places = places_by_hand(ranks, weights, nations)
    assert inequality.place_in_ranking(ranks, weights, nations) == pytest.approx(places)
    total = sum(weights)
    mean = sum(w * v for w, v in zip(weights, values, strict=True)) / total
    middle = sum(w * p for w, p in zip(weights, places, strict=True)) / total
    covariance = sum(w * (v - mean) * (p - middle) for w, v, p in zip(weights, values, places, strict=True)) / total
    variance = sum(w * (p - middle) ** 2 for w, p in zip(weights, places, strict=True)) / total
    found = inequality.slope(values, ranks, weights, nations)
    assert found.index == pytest.approx(-covariance / variance, abs=1e-9 * mean)
    assert found.mean == pytest.approx(mean)
    assert inequality.concentration_index(values, ranks, weights, nations) == pytest.approx(
        2 * covariance / mean, abs=1e-12
    )


def test_nation_without_people_changes_no_index_of_the_others():
    ranks, nations = np.array([1, 2, 3, 1, 2]), np.array(["a", "a", "a", "b", "b"])
    values, weights = np.array([5.0, 9.0, 20.0, 70.0, 80.0]), np.array([10.0, 20.0, 30.0, 0.0, 0.0])
    places = inequality.place_in_ranking(ranks, weights, nations)
    assert places.tolist() == pytest.approx([5 / 60, 20 / 60, 45 / 60, 0.5, 0.5])
    for index in (inequality.concentration_index, lambda *given: inequality.slope(*given).index):
        alone = index(values[:3], ranks[:3], weights[:3], nations[:3])
        assert index(values, ranks, weights, nations) == pytest.approx(alone)


@few
@given(areas)
def test_gini_is_half_the_relative_mean_difference_of_all_pairs(rows):
    values, _, weights, _ = columns(rows)
    total, mean = weights.sum(), (values * weights).sum() / weights.sum()
    pairs = sum(
        w1 * w2 * abs(v1 - v2)
        for v1, w1 in zip(values, weights, strict=True)
        for v2, w2 in zip(values, weights, strict=True)
    )
    assert inequality.gini(values, weights) == pytest.approx(pairs / (2 * total**2 * mean), abs=1e-12)


@few
@given(areas, st.sampled_from([0.25, 0.5, 1.0, 2.0]))
def test_atkinson_equals_its_formula(rows, aversion):
    values, _, weights, _ = columns(rows)
    shares, mean = weights / weights.sum(), (values * weights).sum() / weights.sum()
    if aversion == 1:
        even = math.exp(sum(s * math.log(v) for s, v in zip(shares, values, strict=True)))
    else:
        even = sum(s * v ** (1 - aversion) for s, v in zip(shares, values, strict=True)) ** (1 / (1 - aversion))
    assert inequality.atkinson(values, weights, aversion) == pytest.approx(1 - even / mean, abs=1e-9)


def test_gini_of_evenly_rising_incomes_has_its_closed_form():
    count = 50
    values = np.arange(1.0, count + 1)
    assert inequality.gini(values, np.ones(count)) == pytest.approx((count - 1) / (3 * count))


def test_gini_where_one_of_many_has_all():
    assert inequality.gini(np.r_[np.zeros(9), 5.0], np.ones(10)) == pytest.approx(0.9)


def test_whoever_has_nothing_counts_in_atkinson():
    values, weights = np.array([0.0, 1.0, 1.0]), np.ones(3)
    assert inequality.atkinson(values, weights, 1.0) == 1
    assert inequality.atkinson(values, weights, 2.0) == 1
    # By hand: mean 2/3; even share ((2 * 1) / 3) ** 2 at an aversion of one half.
    assert inequality.atkinson(values, weights, 0.5) == pytest.approx(1 - (2 / 3) ** 2 / (2 / 3))


def test_a_straight_line_gives_its_own_slope_and_ratio():
    # 10 per cent in the most deprived tenth and 1 less in each: ends at 10.5 and 0.5.
    found = inequality.slope(np.arange(10.0, 0, -1), np.arange(1, 11), np.ones(10))
    assert found.index == pytest.approx(10)
    assert found.relative == pytest.approx(10.5 / 0.5)
    assert found.relative_to_mean == pytest.approx(10 / 5.5)


def test_the_relative_index_is_not_said_where_the_line_crosses_nought():
    found = inequality.slope(np.array([10.0, 1, 0, 0]), np.arange(4), np.ones(4))
    assert found.least_deprived < 0
    assert np.isnan(found.relative)


def test_areas_and_their_tenths_give_one_slope():
    """A regression of people is that of the means of their groups, as the NHS publishes it."""
    values, decile = np.random.default_rng(1).uniform(1, 9, 200), np.repeat(np.arange(1, 11), 20)
    weights = np.random.default_rng(2).uniform(1, 3, 200)
    size = np.array([weights[decile == one].sum() for one in range(1, 11)])
    means = np.array([(values * weights)[decile == one].sum() for one in range(1, 11)]) / size
    assert inequality.slope(values, decile, weights).index == pytest.approx(
        inequality.slope(means, np.arange(1, 11), size).index
    )


def test_concentration_of_what_only_the_least_deprived_have():
    assert inequality.concentration_index(np.r_[np.zeros(9), 1.0], np.arange(10), np.ones(10)) == pytest.approx(0.9)


def test_need_adjustment_finds_no_inequity_where_places_lie_as_need_does():
    need, rank = np.array([4.0, 3, 2, 1]), np.arange(4)
    weights = np.array([1.0, 2, 3, 4])
    assert inequality.inequity(7 * need, need, rank, weights) == pytest.approx(0, abs=1e-12)
    assert inequality.inequity(np.ones(4), need, rank, weights) > 0


def test_the_bounded_index_is_alike_for_reached_and_not_reached():
    share, rank, weights = np.array([0.2, 0.5, 0.7, 0.9]), np.arange(4), np.ones(4)
    reached = inequality.bounded_concentration_index(share, rank, weights, 0, 1)
    missed = inequality.bounded_concentration_index(1 - share, rank, weights, 0, 1)
    assert reached == pytest.approx(-missed)
    # Erreygers: 8 / (n ** 2 * range) * sum of (n + 1) / 2 - rank from the top, times value.
    assert reached == pytest.approx(8 / 16 * sum(z * v for z, v in zip([-1.5, -0.5, 0.5, 1.5], share, strict=True)))


@few
@given(areas, st.floats(0.01, 1))
def test_the_worst_off_are_the_worst_people_one_by_one(rows, share):
    values, _, weights, _ = columns(rows)
    people = np.rint(weights)
    crowd = np.sort(np.repeat(values, people.astype(int)))[::-1]
    count = share * len(crowd)
    whole = int(count)
    expected = (crowd[:whole].sum() + (count - whole) * (crowd[whole] if whole < len(crowd) else 0)) / count
    assert inequality.worst_off(values, people, share) == pytest.approx(expected)
    assert inequality.worst_off(values, people, 1.0) == pytest.approx(crowd.mean())


@few
@given(areas)
def test_curves_hold_the_area_that_their_index_says(rows):
    values, ranks, weights, _ = columns(rows)
    lorenz = inequality.lorenz_curve(values, weights)
    assert 1 - 2 * np.trapezoid(lorenz.total, lorenz.people) == pytest.approx(
        inequality.gini(values, weights), abs=1e-9
    )
    assert np.all(lorenz.total <= lorenz.people + 1e-12)
    alone = np.full(len(values), "a")
    curve = inequality.concentration_curve(values, ranks, weights, alone)
    assert 1 - 2 * np.trapezoid(curve.total, curve.people) == pytest.approx(
        inequality.concentration_index(values, ranks, weights, alone), abs=1e-9
    )


@few
@given(areas, st.floats(0.1, 50))
def test_indices_know_no_unit_and_no_order_of_rows(rows, unit):
    values, ranks, weights, nations = columns(rows)
    back = slice(None, None, -1)
    for index in (
        lambda v, w, r, n: inequality.gini(v, w),
        lambda v, w, r, n: inequality.concentration_index(v, r, w, n),
        lambda v, w, r, n: inequality.atkinson(v, w, 0.5),
        lambda v, w, r, n: inequality.slope(v, r, w, n).relative_to_mean,
    ):
        plain = index(values, weights, ranks, nations)
        assert index(values * unit, weights * 3, ranks, nations) == pytest.approx(plain, abs=1e-9)
        assert index(values[back], weights[back], ranks[back], nations[back]) == pytest.approx(plain, abs=1e-9)


def test_draws_are_kept_apart():
    chance = np.random.default_rng(3)
    values, weights = chance.uniform(1, 9, (4, 30)), chance.uniform(1, 3, (4, 30))
    rank, nation = chance.integers(1, 8, 30), np.repeat(["a", "b"], 15)
    for index in (
        lambda v, w: inequality.gini(v, w),
        lambda v, w: inequality.concentration_index(v, rank, w, nation),
        lambda v, w: inequality.slope(v, rank, w, nation).index,
        lambda v, w: inequality.atkinson(v, w, 1.0),
        lambda v, w: inequality.worst_off(v, w, 0.1),
    ):
        together = index(values, weights)
        assert together.shape == (4,)
        assert together == pytest.approx([float(index(v, w)) for v, w in zip(values, weights, strict=True)])


def test_what_has_no_inequality_is_refused_in_words():
    two = np.ones(2)
    with pytest.raises(BadDistribution, match="no finite number"):
        inequality.gini(np.array([1.0, np.inf]), two)
    with pytest.raises(BadDistribution, match="equally deprived"):
        inequality.slope(two, np.array([3, 3]), two)
    with pytest.raises(BadDistribution, match="above 0"):
        inequality.atkinson(two, two, 0)
    with pytest.raises(BadDistribution, match="somebody has some"):
        inequality.gini(np.zeros(2), two)
