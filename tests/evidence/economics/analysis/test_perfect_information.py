"""EVPI and EVPPI against closed forms, published figures and a nested simulation; honest errors; coherence."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from glimmer.evidence.economics.analysis import BadAnalysis, effective_population, evpi, evppi
from glimmer.evidence.economics.outcomes import BadOutcomes, Outcomes
from tests.evidence.economics.analysis.toys import decisions, outcomes, permuted, two_normals
from tests.support.shared_data import shared_data


@pytest.fixture(scope="module")
def closed_form():
    return json.loads(shared_data("economics", "voi_closed_form_normal.json").read_text())


def as_decision(benefit, draws):
    """Outcomes of two strategies with this incremental net benefit (draws,) and these parameters."""
    return Outcomes(("old", "new"), np.column_stack([0 * benefit, -benefit]), np.zeros((len(benefit), 2)), "old", draws)


def test_the_value_of_perfect_information_is_the_closed_form(closed_form):
    found = evpi(two_normals(50_000, seed=3), [20000])
    assert found.values[0] == pytest.approx(closed_form["EVPI"], abs=3 * found.errors[0])
    assert found.errors[0] < closed_form["EVPI"] / 100


@pytest.mark.parametrize("parameter", ["theta1", "theta2"])
def test_the_value_of_a_parameter_is_the_closed_form(closed_form, parameter):
    row = evppi(two_normals(20_000, seed=4), [parameter], [20000]).of(parameter)
    assert row.raw == pytest.approx(closed_form[f"EVPPI_{parameter}"], abs=3 * row.standard_error)
    assert row.standard_error < row.raw / 20


def test_both_parameters_together_are_worth_perfect_information(closed_form):
    found = evppi(two_normals(20_000, seed=5), {"both": ["theta1", "theta2"]}, [20000]).of("both")
    assert found.value == pytest.approx(found.evpi, rel=1e-6)
    assert found.value == pytest.approx(closed_form["EVPI"], abs=3 * found.standard_error)


def test_errors_are_honest(closed_form):
    # In repeated runs the 95 % interval must hold the closed form about 95 times in 100 (binomial error of 80: 0.024).
    truth = {"theta1": closed_form["EVPPI_theta1"], "theta2": closed_form["EVPPI_theta2"]}
    z = []
    for seed in range(80):
        decision = two_normals(2000, seed)
        perfect, partial = evpi(decision, [0]), evppi(decision, list(truth), [0])
        rows = [partial.of(name) for name in truth]
        z.append(
            [(perfect.values[0] - closed_form["EVPI"]) / perfect.errors[0]]
            + [(row.raw - truth[row.group]) / row.standard_error for row in rows]
        )
    scores = np.array(z)
    assert ((np.abs(scores) < 1.96).mean(axis=0) > 0.87).all()
    # Neither too small nor blown up to hide behind.
    assert ((scores.std(axis=0) > 0.8) & (scores.std(axis=0) < 1.2)).all()
    assert (np.abs(scores.mean(axis=0)) < 0.4).all()


def test_the_best_of_three_alike_is_worth_the_mean_of_the_largest_of_three_normals():
    # E max of three standard normals is 3 / (2 sqrt(pi)) (order statistics).
    chance = np.random.default_rng(6)
    decision = outcomes(-chance.normal(size=(60_000, 3)) * 100, np.zeros((60_000, 3)))
    found = evpi(decision, [20000])
    assert found.values[0] == pytest.approx(300 / (2 * np.sqrt(np.pi)), abs=4 * found.errors[0])


def test_a_skewed_parameter_in_a_curved_model_is_worth_the_price_of_an_option():
    # INB = 1100 - X, X lognormal with median 1000, plus noise that cannot be learned: the value of learning X is
    # E max(0, 1100 - X) less max(0, E(1100 - X)), the first of which is Black's formula for a put.
    chance = np.random.default_rng(7)
    log_x = chance.normal(np.log(1000), 0.6, 20_000)
    decision = as_decision(1100 - np.exp(log_x) + chance.normal(0, 800, len(log_x)), {"log x": log_x})
    mean = 1000 * np.exp(0.6**2 / 2)
    d1 = (np.log(mean / 1100) + 0.6**2 / 2) / 0.6
    put = 1100 * norm.cdf(0.6 - d1) - mean * norm.cdf(-d1)
    row = evppi(decision, None, [20000]).of("log x")
    assert row.raw == pytest.approx(put - max(0, 1100 - mean), abs=3 * row.standard_error)


def nested(inner_mean, draw_learned, outer=400_000):
    """The textbook's way: draw what is learned, take the exact inner mean, choose; then less the choice without."""
    means = inner_mean(draw_learned(np.random.default_rng(99), outer))
    return np.maximum(means, 0).mean() - max(means.mean(), 0)


@pytest.mark.parametrize(
    ("group", "inner_mean"),
    [
        (("a", "b"), lambda x: 3000 * x[0] * x[1]),
        (("c", "d"), lambda x: 1000 * np.exp(0.5 * x[0]) * x[1]),
        (("a", "b", "c", "d"), lambda x: 3000 * x[0] * x[1] + 1000 * np.exp(0.5 * x[2]) * x[3]),
    ],
    ids=["product", "curved product", "four at once"],
)
def test_a_group_is_worth_what_a_nested_simulation_finds_though_its_parameters_only_act_together(group, inner_mean):
    chance = np.random.default_rng(11)
    draws = {name: chance.normal(size=8000) for name in "abcde"}
    benefit = 3000 * draws["a"] * draws["b"] + 1000 * np.exp(0.5 * draws["c"]) * draws["d"] + 600 * draws["e"]
    row = evppi(as_decision(benefit, draws), {"group": group}, [20000]).of("group")
    truth = nested(inner_mean, lambda random, many: random.normal(size=(len(group), many)))
    assert row.raw == pytest.approx(truth, abs=3 * row.standard_error)
    assert row.standard_error < truth / 15


def test_three_parameters_that_multiply_are_worth_more_than_any_two():
    chance = np.random.default_rng(12)
    draws = {name: chance.choice([-1.0, 1.0], 4000) for name in "abc"}
    decision = as_decision(1000 * draws["a"] * draws["b"] * draws["c"], draws)
    found = evppi(decision, {"abc": "abc", "ab": "ab", "bc": "bc"}, [20000])
    # INB is 1000 or -1000 with even chances: 500 to know it all, nothing to know two signs of three.
    assert found.of("abc").raw == pytest.approx(500, abs=3 * found.of("abc").standard_error + 1)
    assert found.of("ab").raw == pytest.approx(0, abs=3 * found.of("ab").standard_error)


def test_a_parameter_that_tells_nothing_is_worth_nothing():
    row = evppi(two_normals(10_000, seed=8), ["noise"], [20000]).of("noise")
    assert row.value <= 1
    assert row.explained == pytest.approx(0, abs=0.01)


def test_a_parameter_that_never_varies_is_worth_nothing_and_does_no_harm():
    decision = two_normals(4000, seed=9)
    with_fixed = Outcomes(
        decision.strategies,
        decision.costs,
        decision.effects,
        "old",
        {**decision.draws, "fixed": np.full(4000, 0.035)},
    )
    found = evppi(with_fixed, {"fixed": ["fixed"], "theta1": ["theta1"], "both": ["theta1", "fixed"]}, [20000])
    assert found.of("fixed").value == 0
    assert found.of("both").raw == found.of("theta1").raw


def test_a_parameter_and_its_copy_are_worth_as_much_as_the_parameter():
    decision = two_normals(4000, seed=10)
    draws = {**decision.draws, "copy": 2 * decision.draws["theta1"] + 1}
    doubled = Outcomes(decision.strategies, decision.costs, decision.effects, "old", draws)
    found = evppi(doubled, {"one": ["theta1"], "two": ["theta1", "copy"]}, [20000])
    assert found.of("two").raw == pytest.approx(found.of("one").raw, abs=found.of("one").standard_error)


def test_a_skewed_price_with_a_few_extreme_draws_does_not_swing_the_fit():
    chance = np.random.default_rng(13)
    price = np.exp(chance.normal(0, 2.5, 5000))
    signal = chance.normal(size=5000)
    decision = as_decision(1000 * signal, {"price": price, "signal": signal})
    assert evppi(decision, ["price"], [20000]).of("price").value < 40


@settings(max_examples=25)
@given(decisions(least=2, draws=(60, 90), whole=False), st.integers(0, 2**32 - 1))
def test_value_never_falls_as_parameters_are_added_and_never_exceeds_perfect_information(decision, seed):
    # The draws explain nothing here, so that every estimate is noise: the hardest case for coherence (dampack 86).
    chance = np.random.default_rng(seed)
    draws = {name: chance.normal(size=len(decision.costs)) for name in "abc"}
    told = Outcomes(decision.strategies, decision.costs, decision.effects, decision.reference, draws)
    found = evppi(told, {"a": "a", "ab": "ab", "abc": "abc"}, [2.0])
    values = [found.of(group).value for group in ("a", "ab", "abc")]
    assert 0 <= values[0] <= values[1] <= values[2] <= found.of("a").evpi + 1e-9
    assert all(row.value >= row.raw or row.raw <= row.evpi + 1e-6 for row in found.rows)


def test_both_the_raw_and_the_coherent_value_are_reported():
    chance = np.random.default_rng(1)
    draws = {"a": chance.normal(size=300), **{f"n{at}": chance.normal(size=300) for at in range(20)}}
    decision = as_decision(draws["a"] * 1000 + chance.normal(0, 3000, 300), draws)
    found = evppi(decision, {"a": ["a"], "all": list(draws)}, [20000])
    row = found.of("all")
    # Twenty parameters of noise cost the estimate something; knowing more can still not be worth less.
    assert row.raw < found.of("a").raw
    assert (row.value, row.standard_error) == (found.of("a").value, found.of("a").standard_error)
    assert set(found.frame().columns) >= {"evppi", "evppi_raw", "evppi_se"}


@settings(max_examples=15)
@given(st.permutations(range(3)), st.integers(0, 1000))
def test_the_order_of_the_strategies_changes_no_value(order, seed):
    chance = np.random.default_rng(seed)
    a = chance.normal(size=400)
    costs = np.column_stack([0 * a, 500 * a, 300 * a**2 - 200]) + chance.normal(0, 100, (400, 3))
    decision = outcomes(costs, chance.normal(0, 0.01, (400, 3)), draws={"a": a})
    here, there = (evppi(one, None, [20000]).of("a") for one in (permuted(decision, order), decision))
    assert here.raw == pytest.approx(there.raw, rel=1e-9)
    assert evpi(permuted(decision, order)).values == pytest.approx(evpi(decision).values)


def test_a_strategy_that_does_nothing_makes_information_worthless():
    draws = {"a": np.random.default_rng(3).normal(size=500)}
    same = as_decision(np.zeros(500), draws)
    assert evpi(same).values.tolist() == [0] * 5
    assert [row.value for row in evppi(same).rows] == [0] * 5


def test_one_regression_serves_every_threshold():
    chance = np.random.default_rng(14)
    effect = chance.normal(0.1, 0.1, 5000)
    cost = chance.normal(2000, 500, 5000)
    decision = outcomes(
        np.column_stack([0 * cost, cost]), np.column_stack([0 * cost, effect]), draws={"effect": effect}
    )
    found = evppi(decision, None, [13000, 20000, 35000])
    for threshold in (13000, 20000, 35000):
        row = found.of("effect", threshold)
        mean, deviation = 0.1 * threshold - 2000, 0.1 * threshold
        z = mean / deviation
        truth = deviation * norm.pdf(z) + mean * norm.cdf(z) - max(mean, 0)
        assert row.raw == pytest.approx(truth, abs=3 * row.standard_error)


def test_a_value_for_everybody_is_people_times_that_of_one():
    # 1000 people a year for three years at 3.5 %: 1000 + 966.18 + 933.51 (by hand).
    people = effective_population(1000, 3, 0.035)
    assert people == pytest.approx(1000 + 966.183575 + 933.510700)
    frame = evpi(two_normals(500, 1), [20000, 30000], people).frame()
    assert frame["population_evpi"].to_list() == pytest.approx((frame["evpi"] * people).to_list())
    assert "population_evppi" in evppi(two_normals(500, 1), ["theta1"], [20000], people).frame().columns


def test_people_before_the_decision_are_not_reached_by_it():
    assert effective_population([100, 200, 300], 3, 0.0, prevalent=50) == 650
    assert effective_population([100, 200, 300], 3, 0.0, prevalent=50, from_year=1) == 500
    with pytest.raises(BadAnalysis, match="given for 2 years, but the horizon is 3"):
        effective_population([1, 2], 3, 0.035)
    with pytest.raises(BadAnalysis, match="no number below 0"):
        effective_population(-1, 3, 0.035)


def test_a_parameter_without_draws_is_named_with_those_there_are():
    with pytest.raises(BadOutcomes, match=r"no draws of relapse.*noise, theta1, theta2"):
        evppi(two_normals(100, 1), ["relapse"])


def test_information_needs_draws_and_parameters():
    with pytest.raises(BadAnalysis, match="needs draws"):
        evpi(outcomes([1, 2], [1, 2]))
    with pytest.raises(BadAnalysis, match="no parameter to learn"):
        evppi(outcomes([[1, 2], [2, 1]], [[1, 2], [1, 2]]))


def test_more_parameters_than_the_draws_can_tell_apart_are_refused():
    chance = np.random.default_rng(1)
    draws = {f"p{at}": chance.normal(size=50) for at in range(30)}
    with pytest.raises(BadAnalysis, match="50 draws cannot tell 30 parameters apart"):
        evppi(as_decision(chance.normal(size=50), draws), {"all": list(draws)})
