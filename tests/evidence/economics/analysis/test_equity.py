"""Who gains and who pays: by hand, by the known limits of Atkinson's measure, and with draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.analysis import (
    BadAnalysis,
    Group,
    equally_distributed_equivalent,
    equity,
    equity_of,
)
from glimmer.evidence.economics.analysis.equity import PLACES
from tests.evidence.economics.analysis.toys import outcomes

POOR_AND_RICH = (Group("most deprived", 1000, 60, 10, 0.6), Group("least deprived", 3000, 70, 30, 0.4))


def test_net_health_of_a_group_is_what_it_gains_less_what_its_services_lose():
    # 40 people gain 0.5 each; 40 * 6500 = 260,000 at 13,000 displaces 20 QALYs, 12 and 8 of them.
    found = equity(POOR_AND_RICH, 0.5, 6500, 13000, [0])
    assert [one.gained.mean for one in found.groups] == pytest.approx([5, 15])
    assert [one.displaced.mean for one in found.groups] == pytest.approx([12, 8])
    assert [one.net.mean for one in found.groups] == pytest.approx([-7, 7])
    assert [one.net_per_person.mean for one in found.groups] == pytest.approx([-0.007, 7 / 3000])
    assert found.gap_change.mean == pytest.approx(7 / 3000 + 0.007)
    assert found.impacts[0].efficiency.mean == pytest.approx(0)


def test_taking_from_the_worse_off_what_the_better_off_gain_is_bad_to_whoever_minds_inequality():
    indifferent, averse = equity(POOR_AND_RICH, 0.5, 6500, 13000, [0, 10]).impacts
    assert indifferent.equity.mean == pytest.approx(0, abs=1e-9)
    assert averse.equity.mean < 0
    assert averse.ede_gain.mean == pytest.approx(averse.efficiency.mean + averse.equity.mean)


def test_the_equally_distributed_equivalent_has_its_textbook_values():
    health, people = np.array([1.0, 3.0]), np.array([1.0, 1.0])
    # Arithmetic, geometric and harmonic mean.
    assert equally_distributed_equivalent(health, people, 0) == pytest.approx(2)
    assert equally_distributed_equivalent(health, people, 1) == pytest.approx(np.sqrt(3))
    assert equally_distributed_equivalent(health, people, 2) == pytest.approx(1.5)
    assert equally_distributed_equivalent(health, people, 0.5) == pytest.approx(((1 + np.sqrt(3)) / 2) ** 2)
    # Weighted by people: three of four have 3.
    assert equally_distributed_equivalent(health, np.array([1.0, 3.0]), 0) == pytest.approx(2.5)


def test_a_very_averse_judge_looks_at_the_worst_off_alone_and_nothing_overflows():
    health, people = np.array([60.0, 65.0, 72.0]), np.array([1.0, 1.0, 1.0])
    assert equally_distributed_equivalent(health, people, 5000) == pytest.approx(60, rel=1e-3)


def test_aversions_close_to_one_join_smoothly():
    health, people = np.array([60.0, 65.0, 72.0]), np.array([2.0, 1.0, 5.0])
    at_one = equally_distributed_equivalent(health, people, 1)
    for near in (1 - 1e-12, 1 + 1e-12):
        assert equally_distributed_equivalent(health, people, near) == pytest.approx(at_one, rel=1e-12)


@given(
    st.lists(st.floats(40, 90), min_size=2, max_size=6),
    st.floats(0, 30),
    st.floats(0.1, 10),
    st.floats(0, 5),
)
def test_the_equivalent_lies_between_the_least_and_the_mean_falls_with_aversion_and_scales(
    levels, aversion, scale, more
):
    health, people = np.array(levels), np.ones(len(levels))
    found = float(equally_distributed_equivalent(health, people, aversion))
    assert health.min() - 1e-9 <= found <= health.mean() + 1e-9
    assert equally_distributed_equivalent(health, people, aversion + more) <= found + 1e-9
    assert equally_distributed_equivalent(health * scale, people, aversion) == pytest.approx(found * scale)


@pytest.mark.parametrize(
    ("effects", "place"),
    [
        ([0.5, 0.1], "more health, more equal"),
        ([0.01, 0.9], "more health, less equal"),
        ([0.3, -0.9], "less health, more equal"),
        ([-0.9, 0.01], "less health, less equal"),
    ],
)
def test_each_corner_of_the_plane_is_reached_by_who_gains(effects, place):
    groups = (Group("deprived", 100, 55, 50, 0.5), Group("not", 100, 75, 50, 0.5))
    found = equity(groups, np.array([effects]), 0, 13000, [5]).impacts[0]
    assert found.place == place
    assert found.probabilities == tuple(float(one == place) for one in PLACES)


def test_draws_give_the_probability_of_each_corner():
    effect = np.random.default_rng(2).normal(0, 1, (20_000, 2))
    groups = (Group("deprived", 100, 55, 1, 0.5), Group("not", 100, 75, 1, 0.5))
    found = equity(groups, effect, 0, 13000, [3]).impacts[0]
    assert sum(found.probabilities) == pytest.approx(1)
    # Gains are alike and independent, so more and less health are even, and so are more and less equal.
    assert found.probabilities[0] + found.probabilities[1] == pytest.approx(0.5, abs=0.02)
    assert found.probabilities[0] + found.probabilities[2] == pytest.approx(0.5, abs=0.02)


def test_the_same_gain_to_equal_groups_leaves_equality_alone():
    groups = tuple(Group(f"fifth {at}", 100, 68, 10, 0.2) for at in range(1, 6))
    for impact in equity(groups, 0.4, 2000, 13000, [0, 1, 8]).impacts:
        assert impact.equity.mean == pytest.approx(0, abs=1e-6)
        assert impact.place == "more health, more equal"


def test_no_effect_at_no_cost_changes_nothing():
    found = equity(POOR_AND_RICH, 0, 0, 13000, [0, 11])
    assert {one.net.mean for one in found.groups} == {0}
    assert [(one.efficiency.mean, one.equity.mean) for one in found.impacts] == [(0, 0), (0, 0)]


def test_a_model_feeds_every_group_alike():
    decision = outcomes([[0, 6500], [0, 6500]], [[0, 0.4], [0, 0.6]])
    found = equity_of(decision, "ketamine", POOR_AND_RICH, 13000, [1])
    assert [one.gained.mean for one in found.groups] == pytest.approx([5, 15])
    assert found.frame().height == 2
    assert found.plane()["aversion"].to_list() == [1]
    assert found.distribution()["after"].to_list() == pytest.approx([60 - 0.007, 70 + 7 / 3000])


@pytest.mark.parametrize(
    ("groups", "more", "message"),
    [
        ((POOR_AND_RICH[0],), {}, "needs two groups"),
        (POOR_AND_RICH, {"aversions": []}, "needs two groups, an aversion"),
        (POOR_AND_RICH, {"aversions": [-1]}, "needs two groups, an aversion"),
        (POOR_AND_RICH, {"threshold": 0}, "threshold above 0"),
        ((POOR_AND_RICH[0], POOR_AND_RICH[0]), {}, "add up to 1.2, but must add up to 1"),
        ((Group("none", 0, 60, 1, 0.5), POOR_AND_RICH[1]), {}, "'none' has people=0"),
        (POOR_AND_RICH, {"effect_per_treated": -9999}, "'most deprived' would be left with"),
        (POOR_AND_RICH, {"effect_per_treated": np.zeros((2, 3))}, "shape \\(2, 3\\)"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_reason(groups, more, message):
    asked = {"effect_per_treated": 0.1, "cost_per_treated": 100, "threshold": 13000, "aversions": [1], **more}
    with pytest.raises(BadAnalysis, match=message):
        equity(groups, **asked)
