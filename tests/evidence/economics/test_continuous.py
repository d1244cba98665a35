"""Models in continuous time against the published closed form, SciPy's matrix exponential and integrals by hand."""

import json

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.evidence.economics.cohort import trace
from glimmer.evidence.economics.continuous import ContinuousModel
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.inputs import Drawn
from glimmer.evidence.economics.intensities import chain_of, matrix_exponential
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.rates import transitions_by_rates
from tests.evidence.economics.sick_sicker import (
    RATES,
    continuous_sick_sicker,
    declare_states,
    sick_sicker,
    sick_sicker_by_rates,
)
from tests.support.shared_data import shared_data


def published():
    return json.loads(shared_data("economics", "sicksicker_ctmc_exact.json").read_text())


def test_sick_sicker_in_continuous_time_equals_the_published_closed_form():
    expected = published()
    model = continuous_sick_sicker()
    run = model.run(residence=True)
    assert run.total("cost")[0, 0] == pytest.approx(expected["cost"], rel=1e-9)
    assert run.total("effect")[0, 0] == pytest.approx(expected["qaly"], rel=1e-9)
    rates, in_the_end = chain_of(model, "SoC")
    np.testing.assert_allclose(rates, expected["Q"], rtol=1e-12)
    np.testing.assert_allclose(in_the_end, expected["P75"], rtol=1e-9)
    years = [run.years[state][0, 0] for state in ("H", "S1", "S2", "D")]
    np.testing.assert_allclose(years, expected["undiscounted_occupancy_years"], rtol=1e-9)


def test_discounted_years_in_each_state_equal_the_published_ones():
    model = continuous_sick_sicker()
    for state in model.states:
        model.reward(f"effect.{state}", 1, state=state)
    run = model.run()
    years = [run.totals[f"effect.{state}"][0, 0] for state in ("H", "S1", "S2", "D")]
    np.testing.assert_allclose(years, published()["discounted_occupancy_years"], rtol=1e-9)


def test_annual_discounting_at_3_percent_is_continuous_discounting_at_its_force():
    annual = continuous_sick_sicker(discount=0.03, discounting="annual").run()
    force = continuous_sick_sicker(discount=float(np.log(1.03)), discounting="continuous").run()
    np.testing.assert_allclose(annual.total("cost"), force.total("cost"), rtol=1e-13)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 7), st.floats(-8, 8), st.integers(0, 10**6))
def test_matrix_exponential_equals_scipys(size, magnitude, seed):
    matrices = np.random.default_rng(seed).normal(size=(3, size, size)) * np.exp(magnitude) ** 0.5
    for ours, one in zip(matrix_exponential(matrices), matrices, strict=True):
        theirs = scipy.linalg.expm(one)
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-11 * np.abs(theirs).max())


def test_costs_of_moves_and_entries_are_discounted_when_they_happen():
    # A is left at rate 0.7 for B (400 each, and 50 on entry), which starts with a fifth of all: by hand,
    # 0.8 * 0.7 * integral of exp(-(0.7 + force) t) over 5 years.
    model = ContinuousModel("Once", years=5, discount=0.05, discounting="continuous")
    model.state("A")
    model.state("B")
    model.start(A=0.8, B=0.2)
    model.transition("A", "B", rate=0.7, cost=400)
    model.reward("cost", 50, target="B")
    model.strategy("One")
    moved = 0.8 * 0.7 * (1 - np.exp(-0.75 * 5)) / 0.75
    assert model.run().total("cost")[0, 0] == pytest.approx(450 * moved + 50 * 0.2, rel=1e-12)


def test_each_draw_is_the_model_at_its_own_values():
    model = continuous_sick_sicker()
    run = model.run(draws=500, seed=3)
    for draw in (0, 17, 499):
        alone = model.run({name: values[draw] for name, values in run.draws.items()})
        assert np.array_equal(run.total("cost")[draw], alone.total("cost")[0])
    assert run.frame().height == 500 * 4 * 2


def test_a_sequence_of_treatments_goes_from_line_to_line():
    # Two lines, each left at rate 2: the time spent in both is Erlang's; without discount 1/2 year each, up to 50.
    model = ContinuousModel("Lines", years=50, discount=0.0)
    model.value("price", 0)
    model.treatment("first", price=100)
    model.treatment("second", price=1000)
    model.state("On", cost="price", in_lines=True)
    model.state("Off")
    model.transition("On", "On", rate=2, next_line=True, last="Off", cost=7)
    model.strategy("Both", sequence=("first", "second"))
    model.strategy("Only second", sequence=("second",))
    assert model.run().total("cost")[0] == pytest.approx([50 + 500 + 14, 500 + 7], rel=1e-12)


def test_cohort_by_rates_is_where_continuous_time_is_at_the_end_of_each_cycle():
    for cycles, years in ((75, 1.0), (10, 7.5)):
        model = sick_sicker_by_rates(cycles, years)
        shares = trace(model, "SoC").shares
        np.testing.assert_allclose(shares[-1], published()["P75"], rtol=1e-9)


def test_cohort_by_rates_tends_to_continuous_time_as_cycles_shrink_with_order_two():
    exact = published()

    def error(cycles):
        run = sick_sicker_by_rates(cycles, 75 / cycles).run()
        return np.array([run.total("cost")[0, 0] - exact["cost"], run.total("effect")[0, 0] - exact["qaly"]])

    np.testing.assert_allclose(np.log2(error(300) / error(600)), [2, 2], atol=0.02)


def test_cohort_by_probabilities_tends_to_continuous_time_as_cycles_shrink_with_order_one():
    # Each rate is turned into a probability of its own, as if nobody moved twice within a cycle.
    exact = published()["cost"]

    def error(cycles):
        model = Model("Separately", cycles=cycles, years=75 / cycles, discount=0.03)
        declare_states(model)
        for (source, target), rate in RATES.items():
            model.transition(source, target, f"rate_to_probability({rate}, length)")
        model.strategy("SoC")
        return model.run().total("cost")[0, 0] - exact

    assert np.log2(error(600) / error(1200)) == pytest.approx(1, abs=0.03)


def test_rates_in_a_cohort_run_for_every_draw():
    model = Model("By rates", cycles=5, discount=0.0)
    model.parameter("r", Drawn((0.1, 0.4)))
    model.state("A", effect=1)
    model.state("B")
    transitions_by_rates(model, {("A", "B"): "r * (1 + cycle)"})
    model.strategy("One")
    shares = [trace(model, "One", {"r": rate}).shares[:, 0] for rate in (0.1, 0.4)]
    for rate, seen in zip((0.1, 0.4), shares, strict=True):
        np.testing.assert_allclose(seen, np.exp(-rate * np.array([0, 1, 3, 6, 10, 15])), rtol=1e-12)


def test_a_negative_rate_names_strategy_transition_and_draw():
    model = ContinuousModel("Bad", years=3)
    model.parameter("r", Drawn((0.2, -0.3)))
    model.state("Well")
    model.state("Ill")
    model.transition("Well", "Ill", rate="r")
    model.strategy("Usual care")
    with pytest.raises(BadModel, match=r"'Usual care'.*Well -> Ill.*'r' is -0\.3 in draw 1"):
        model.run(draws=2)


@pytest.mark.parametrize(
    ("law", "said"),
    [
        ("weibul(1, 2)", "Did you mean 'weibull'"),
        ("weibull(1)", "takes shape, scale"),
        ("3 + 4", "is no law of time"),
    ],
)
def test_a_law_that_is_none_is_refused_with_what_is_expected(law, said):
    model = ContinuousModel("Bad", years=3)
    model.state("Well")
    model.state("Ill")
    with pytest.raises(BadModel, match=said):
        model.transition("Well", "Ill", time=law)


def test_what_has_no_exact_expectation_says_so():
    model = ContinuousModel("Weibull", years=3)
    model.state("Well")
    model.state("Ill")
    model.transition("Well", "Ill", time="weibull(0.55, 0.7)")
    model.strategy("One")
    with pytest.raises(BadModel, match="'One', transition Well -> Ill: a weibull time has no constant rate"):
        model.run()


def test_probabilities_of_the_cohort_and_rates_stand_beside_each_other():
    # The same rates in both: continuous time and a yearly cohort differ, but by a few per cent only.
    cohort, continuous = sick_sicker().run(), continuous_sick_sicker().run()
    np.testing.assert_allclose(cohort.total("effect"), continuous.total("effect"), rtol=0.02)
