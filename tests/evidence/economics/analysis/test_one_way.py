"""Tornado and two-way grids of models known in closed form."""

import numpy as np
import pytest

from glimmer.evidence.economics.analysis import BadAnalysis, Range, one_way, ranges_from_draws, two_way
from glimmer.evidence.economics.outcomes import BadOutcomes
from tests.evidence.economics.analysis.toys import model, outcomes

# INB of ketamine: 100 + 30 a - 20 b + 0 c at the means (a, b, c) = (0, 0, 0).
LINEAR = model(
    {"usual care": lambda p: 0 * p["a"], "ketamine": lambda p: 100 + 30 * p["a"] - 20 * p["b"] + 0 * p["c"]},
    {"a": 0, "b": 0, "c": 0},
)
RANGES = (Range("b", -1, 1), Range("a", -5, 2, "trial"), Range("c", 0, 9))


def test_bars_are_as_long_as_the_slope_times_the_range_and_the_longest_comes_first():
    found = one_way(LINEAR, RANGES, 20000).tornado("ketamine")
    assert [bar.parameter for bar in found.bars] == ["a", "b", "c"]
    assert [bar.width for bar in found.bars] == pytest.approx([210, 40, 0])
    assert found.base == pytest.approx(100)
    a = found.bars[0]
    assert (a.at_low, a.at_high, a.lowest, a.highest) == pytest.approx((-50, 160, -50, 160))


def test_a_bar_says_whether_the_decision_changes_and_to_what():
    bars = {bar.parameter: bar for bar in one_way(LINEAR, RANGES, 20000).tornado("ketamine").bars}
    assert (bars["a"].best, bars["a"].changes_decision) == (("usual care", "ketamine"), True)
    assert (bars["b"].best, bars["b"].changes_decision) == (("ketamine",), False)
    assert bars["a"].because == "trial"


def test_an_answer_that_turns_inside_the_range_is_not_hidden_by_its_ends():
    hill = model({"old": lambda p: 0 * p["x"], "new": lambda p: 10 - 40 * p["x"] ** 2}, {"x": 0})
    bar = one_way(hill, [Range("x", -1, 1)], 20000).tornado("new").bars[0]
    assert (bar.at_low, bar.at_high, bar.lowest, bar.highest) == pytest.approx((-30, -30, -30, 10))
    assert bar.best == ("old", "new")


def test_the_others_stay_at_the_base_that_was_given():
    product = model({"old": lambda p: 0 * p["x"], "new": lambda p: p["x"] * p["y"]}, {"x": 1, "y": 1})
    found = one_way(product, [Range("x", 0, 1)], 20000, base={"y": 50}).tornado("new")
    assert found.base == pytest.approx(50)
    assert found.bars[0].width == pytest.approx(50)


def test_a_tornado_can_compare_any_two_and_names_what_there_is():
    found = one_way(LINEAR, RANGES, 20000)
    assert found.tornado("usual care", "ketamine").base == pytest.approx(-100)
    with pytest.raises(BadAnalysis, match=r"no strategy 'ECT'.*usual care, ketamine"):
        found.tornado("ECT")


def test_frames_are_tidy():
    found = one_way(LINEAR, RANGES, 20000, points=5)
    assert found.frame().height == 3 * 5 * 2
    assert found.frame().filter(found.frame()["is_best"]).height == 15
    assert found.tornado("ketamine").frame()["best"].to_list() == ["usual care, then ketamine", "ketamine", "ketamine"]


def test_a_parameter_that_moves_two_equal_strategies_alike_changes_no_decision():
    same = model({"a": lambda p: 0.1 * p["x"] * 3, "b": lambda p: 0.3 * p["x"]}, {"x": 1})
    bar = one_way(same, [Range("x", 0.1, 7)], 20000, points=201).tornado("b").bars[0]
    assert bar.best == ("a",)


def test_ranges_come_from_the_draws():
    draws = {"x": np.linspace(0, 100, 1001), "y": np.zeros(1001)}
    found = ranges_from_draws(draws, ["x"], level=0.9)
    assert (found[0].low, found[0].high, found[0].because) == (
        pytest.approx(5),
        pytest.approx(95),
        "central 90% of its draws",
    )
    assert [one.parameter for one in ranges_from_draws(draws)] == ["x", "y"]
    with pytest.raises(BadOutcomes, match="no draws of z"):
        ranges_from_draws(draws, ["z"])


@pytest.mark.parametrize(("low", "high"), [(2, 1), (float("nan"), 1), (0, float("inf"))])
def test_a_range_that_is_none_is_refused_with_the_parameter(low, high):
    with pytest.raises(BadAnalysis, match="relapse cannot be moved"):
        Range("relapse", low, high)


def test_a_model_that_ignores_the_array_it_was_given_is_told_so():
    with pytest.raises(BadAnalysis, match="run at 21 values of a, but returned 1 results"):
        one_way(lambda values: outcomes([0, 1], [0, 1]), [Range("a", 0, 1)], 20000)


def test_nothing_to_move_is_refused():
    with pytest.raises(BadAnalysis, match="has 0 ranges"):
        one_way(LINEAR, [], 20000)


def test_regions_of_a_grid_are_those_of_the_formula():
    # Ketamine is best where 100 + 30 a - 20 b > 0.
    found = two_way(LINEAR, Range("a", -10, 10), Range("b", -20, 20), 20000, points=21)
    a, b = np.meshgrid(np.linspace(-10, 10, 21), np.linspace(-20, 20, 21), indexing="ij")
    expected = 100 + 30 * a - 20 * b
    assert (found.best == (expected > 1e-9)).all()
    assert found.margin == pytest.approx(np.abs(expected))
    assert found.regions["ketamine"] == pytest.approx((expected > 1e-9).mean())
    assert sum(found.regions.values()) == pytest.approx(1)


def test_the_frame_of_a_grid_pairs_each_value_with_its_answer():
    frame = two_way(LINEAR, Range("a", -10, 10), Range("b", 0, 20), 20000, points=3).frame()
    row = frame.filter((frame["a"] == 10) & (frame["b"] == 20)).row(0, named=True)
    assert (row["best"], row["margin"]) == ("usual care" if 100 + 300 - 400 <= 0 else "ketamine", pytest.approx(0))
    row = frame.filter((frame["a"] == -10) & (frame["b"] == 10)).row(0, named=True)
    assert (row["best"], row["margin"]) == ("usual care", pytest.approx(400))


def test_the_margin_of_three_is_that_of_the_best_over_the_second():
    three = model(
        {"a": lambda p: 5 + 0 * p["x"], "b": lambda p: p["x"], "c": lambda p: -p["y"]},
        {"x": 0, "y": 0},
    )
    found = two_way(three, Range("x", 0, 10), Range("y", 0, 10), 20000, points=2)
    assert found.best.tolist() == [[0, 0], [1, 1]]
    assert found.margin.tolist() == [[5, 5], [5, 5]]


def test_the_whole_grid_is_one_run_of_the_model():
    runs = []

    def counted(values):
        runs.append(values)
        return LINEAR(values)

    two_way(counted, Range("a", 0, 1), Range("b", 0, 1), 20000, points=41)
    assert len(runs) == 1


def test_a_parameter_against_itself_is_refused():
    with pytest.raises(BadAnalysis, match="two different parameters"):
        two_way(LINEAR, Range("a", 0, 1), Range("a", 0, 1), 20000)
