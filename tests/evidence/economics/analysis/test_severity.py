"""The severity modifier at and around its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.analysis import BadAnalysis, plane, severity, with_severity_weight
from tests.evidence.economics.analysis.toys import decisions, outcomes


@pytest.mark.parametrize(
    ("healthy", "ill", "weight"),
    [
        (20, 15, 1),
        (20, 8.001, 1),
        (20, 8, 1.2),  # absolute shortfall 12
        (20, 2.001, 1.2),
        (20, 2, 1.7),  # absolute shortfall 18
        (10, 1.501, 1),
        (10, 1.5, 1.2),  # proportional shortfall 0.85
        (10, 0.501, 1.2),
        (10, 0.5, 1.7),  # proportional shortfall 0.95
        (16, 4, 1.2),  # 12 absolute, 0.75 proportional: the higher applies
        (10, 0, 1.7),
        (10, 11, 1),
    ],
)
def test_the_higher_of_the_two_shortfalls_gives_the_weight(healthy, ill, weight):
    assert severity(healthy, ill).weight == weight


def test_depression_that_resists_treatment_counts_as_any_other():
    # The rough figures of the economic facts: 17.5 expected without, 10 with: shortfall 7.5 and 0.43.
    found = severity(17.5, 10)
    assert (found.absolute.mean, found.weight) == (7.5, 1)
    assert found.proportional.mean == pytest.approx(0.4286, abs=1e-4)
    assert found.evidence == "memory"


def test_draws_say_how_likely_each_weight_is():
    # Shortfall N(12, 1): half of the draws reach 12, one in 10^9 reaches 18.
    ill = 25 - np.random.default_rng(4).normal(12, 1, 40_000)
    found = severity(25.0, ill)
    assert found.probabilities[1.2] == pytest.approx(0.5, abs=0.01)
    assert found.probabilities[1.0] == pytest.approx(0.5, abs=0.01)
    assert (found.absolute.low, found.absolute.high) == pytest.approx((12 - 1.96, 12 + 1.96), abs=0.05)
    frame = found.frame()
    assert frame.height == 3
    assert frame.filter(frame["applies_at_means"])["weight"].to_list() == [found.weight]


@given(st.lists(st.tuples(st.floats(0.1, 50), st.floats(-1, 50)), min_size=1, max_size=20))
def test_probabilities_of_the_weights_add_up_to_one(pairs):
    healthy, ill = np.array(pairs).T
    assert sum(severity(healthy, ill).probabilities.values()) == pytest.approx(1)


@given(decisions(least=2), st.sampled_from([1.0, 1.2, 1.7]))
def test_weighting_effects_weights_every_increment_and_no_cost(decision, weight):
    weighted = with_severity_weight(decision, weight)
    for before, after in zip(plane(decision).rows, plane(weighted).rows, strict=True):
        assert after.effect.mean == pytest.approx(weight * before.effect.mean)
        assert after.cost == before.cost
    assert weighted.conventions["severity weight"] == f"x{weight:g}"


def test_nobody_can_lose_what_was_not_to_be_expected():
    with pytest.raises(BadAnalysis, match="are 0 without and 1 with the condition in draw 1"):
        severity(np.array([10.0, 0.0]), 1.0)
    with pytest.raises(BadAnalysis, match="severity weight is 0"):
        with_severity_weight(outcomes([1, 2], [1, 2]), 0)
