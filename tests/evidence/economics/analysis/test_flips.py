"""Where the decision changes: several values, none, and with uncertainty."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.evidence.economics.analysis import BadAnalysis, Range, decision_flips
from glimmer.evidence.economics.outcomes import BadOutcomes
from tests.evidence.economics.analysis.toys import model


def against_nothing(formula, **means):
    return model({"old": lambda p: 0 * p["x"], "new": formula}, {"x": 0, **means})


def test_every_crossing_of_a_wave_is_found():
    found = decision_flips(against_nothing(lambda p: np.cos(p["x"])), Range("x", 0, 10), 20000)
    # The zeros of the cosine.
    assert [flip.value for flip in found.flips] == pytest.approx(np.pi * np.array([0.5, 1.5, 2.5]), abs=1e-8)
    assert [(flip.below, flip.above) for flip in found.flips] == [("new", "old"), ("old", "new"), ("new", "old")]
    assert (found.at_low, found.at_high) == ("new", "old")


def test_where_nothing_changes_it_says_what_is_best_and_where_it_is_closest():
    found = decision_flips(against_nothing(lambda p: 5 + (p["x"] - 3) ** 2), Range("x", 0, 10), 20000)
    assert (found.flips, found.at_low, found.at_high) == ((), "new", "new")
    assert (found.closest, found.margin) == pytest.approx((3, 5), abs=1e-2)
    assert found.frame().row(0, named=True)["best"] == "new"


def test_a_third_strategy_between_two_is_found_however_short_its_stretch():
    # b beats a from 1 on, c beats b from 1.003 on: both changes lie between two values of the scan.
    three = model({"a": lambda p: 0 * p["x"], "b": lambda p: p["x"] - 1, "c": lambda p: 2 * p["x"] - 2.003}, {"x": 0})
    found = decision_flips(three, Range("x", 0, 10), 20000)
    assert [(flip.below, flip.above) for flip in found.flips] == [("a", "b"), ("b", "c")]
    assert [flip.value for flip in found.flips] == pytest.approx([1, 1.003], abs=1e-7)


def test_it_can_be_asked_among_two_alone():
    three = model({"a": lambda p: 0 * p["x"], "b": lambda p: p["x"] - 1, "c": lambda p: 99 + 0 * p["x"]}, {"x": 0})
    assert decision_flips(three, Range("x", 0, 10), 20000).flips == ()
    found = decision_flips(three, Range("x", 0, 10), 20000, among=["a", "b"])
    assert found.flips[0].value == pytest.approx(1)
    with pytest.raises(BadOutcomes, match="no strategy 'd'"):
        decision_flips(three, Range("x", 0, 10), 20000, among=["a", "d"])


def test_with_draws_it_is_where_the_expected_net_benefit_crosses_and_not_that_at_the_means():
    # INB = x - exp(t), t ~ N(1, 0.8^2): expected crossing at exp(1 + 0.32), at the mean of t only at exp(1).
    t = np.random.default_rng(3).normal(1, 0.8, 4000)
    toy = against_nothing(lambda p: p["x"] - np.exp(p["t"]), t=1.0)
    at_means = decision_flips(toy, Range("x", 0, 10), 20000).flips[0]
    assert (at_means.value, at_means.standard_error) == (pytest.approx(np.e, abs=1e-7), None)
    flip = decision_flips(toy, Range("x", 0, 10), 20000, draws={"t": t}).flips[0]
    assert flip.value == pytest.approx(np.exp(1.32), abs=3 * flip.standard_error)
    assert flip.value == pytest.approx(np.exp(t).mean(), abs=1e-7)
    assert flip.standard_error == pytest.approx(np.exp(t).std(ddof=1) / np.sqrt(4000), rel=1e-3)


def test_the_draws_of_the_parameter_itself_are_set_aside():
    toy = against_nothing(lambda p: p["x"] - 4)
    found = decision_flips(toy, Range("x", 0, 10), 20000, draws={"x": np.full(50, 9.0)})
    assert found.flips[0].value == pytest.approx(4)


@given(st.floats(0.01, 0.99), st.sampled_from([1e-6, 1.0, 1e9]))
def test_a_crossing_is_found_to_the_last_digits_on_any_scale(share, scale):
    toy = against_nothing(lambda p: (p["x"] / scale - share) * 1000)
    flip = decision_flips(toy, Range("x", 0, scale), 20000).flips[0]
    assert flip.value == pytest.approx(share * scale, rel=1e-6)


def test_a_range_too_fine_for_the_numbers_of_the_machine_still_ends():
    toy = against_nothing(lambda p: p["x"] - 1e15 - 0.5)
    assert decision_flips(toy, Range("x", 1e15, 1e15 + 1), 20000).flips[0].value == pytest.approx(1e15)


def test_intervals_of_the_range_are_told_as_rows():
    frame = decision_flips(against_nothing(lambda p: np.cos(p["x"])), Range("x", 0, 4), 20000).frame()
    assert frame["best"].to_list() == ["new", "old"]
    assert frame["to"].to_list() == [pytest.approx(np.pi / 2), 4]


def test_many_draws_are_run_in_blocks_that_fit_the_memory(monkeypatch):
    from glimmer.evidence.economics.analysis.sensitivity import flips

    monkeypatch.setattr(flips, "MOST_RESULTS", 1000)
    sizes = []
    toy = against_nothing(lambda p: p["x"] - p["t"], t=0)

    def counted(values):
        sizes.append(np.size(values["x"]))
        return toy(values)

    t = np.random.default_rng(1).normal(5, 1, 300)
    found = decision_flips(counted, Range("x", 0, 10), 20000, draws={"t": t})
    assert max(sizes) <= 1000
    assert found.flips[0].value == pytest.approx(t.mean(), abs=1e-7)


def test_a_scan_of_one_value_is_refused():
    with pytest.raises(BadAnalysis, match="cannot see a change"):
        decision_flips(against_nothing(lambda p: p["x"]), Range("x", 0, 1), 20000, scanned=1)
