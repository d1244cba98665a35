"""People followed one by one, against exact expectations, closed forms of waiting times and a loop in plain Python.

Seeds are fixed, so a mean within three standard errors is within them for ever.
"""

import math

import numpy as np
import polars as pl
import pytest
import scipy.stats

from glimmer.evidence.economics import individual
from glimmer.evidence.economics.continuous import ContinuousModel, names_behind
from glimmer.evidence.economics.expressions import BadModel, expression
from glimmer.evidence.economics.inputs import Drawn, Gamma
from tests.evidence.economics.sick_sicker import continuous_sick_sicker, sick_sicker_by_rates


def apart(run, exact, kind):
    """How many standard errors the mean lies from what is exact, (draws, strategies)."""
    return (run.total(kind) - exact) / run.error(kind)


def test_sick_sicker_agrees_with_the_exact_expectation_in_every_strategy_and_state():
    model = continuous_sick_sicker()
    run, exact = model.individuals(40_000, seed=1, residence=True), model.expected(residence=True)
    for kind in ("cost", "effect"):
        assert np.abs(apart(run, exact.total(kind), kind)).max() < 3
    for state, years in exact.years.items():
        np.testing.assert_array_less(np.abs(run.years[state] - years) / run.error(f"years in {state}"), 3)


def test_cohort_and_individuals_of_the_same_rates_agree():
    # Quarters of a year and half-cycle counting err by 1e-4 of a QALY: far below the standard error.
    cohort, run = sick_sicker_by_rates(300, 0.25).run(), continuous_sick_sicker().individuals(40_000, seed=2)
    for kind in ("cost", "effect"):
        assert abs(run.total(kind)[0, 0] - cohort.total(kind)[0, 0]) < 3 * run.error(kind)[0, 0]


def test_plain_lives_are_those_of_the_general_form_to_the_last_bit(monkeypatch):
    model = continuous_sick_sicker()
    model.reward("cost", source="H", target="S1", amount=1200)
    model.reward("cost", target="D", amount="3 * 500")
    model.start(H=0.7, S1=0.3)
    plain = model.individuals(4000, seed=6, residence=True, persons=True)
    asked = []
    monkeypatch.setattr(individual.Plain, "of", staticmethod(lambda *given: asked.append(given)))
    general = model.individuals(4000, seed=6, residence=True, persons=True)
    assert asked, "the general form was not asked"
    for name, everybody in general.persons.items():
        assert np.array_equal(plain.persons[name], everybody), name
    for state, years in general.years.items():
        assert np.array_equal(plain.years[state], years), state


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_result_is_the_same_to_the_last_bit_for_any_number_of_workers(workers):
    one = continuous_sick_sicker().individuals(9000, draws=3, seed=3, workers=1)
    many = continuous_sick_sicker().individuals(9000, draws=3, seed=3, workers=workers)
    for kind in ("cost", "effect"):
        assert np.array_equal(one.total(kind), many.total(kind))
        assert np.array_equal(one.errors[kind], many.errors[kind])


def test_each_draw_and_person_is_the_same_whatever_is_run_beside_them():
    model = continuous_sick_sicker()
    whole = model.individuals(6000, seed=4, persons=True)
    few = model.individuals(50, seed=4, persons=True)
    assert np.array_equal(whole.persons["cost"][:, :50], few.persons["cost"])
    assert np.array_equal(few.persons["cost"].mean(axis=1), few.total("cost")[0])
    alone = model.copy()
    alone.strategies = {"B": model.strategies["B"]}
    assert np.array_equal(alone.individuals(50, seed=4, persons=True).persons["cost"][0], few.persons["cost"][2])


def test_people_meet_the_same_chances_in_every_strategy():
    # A treatment that changes no hazard changes no life, so its increment is what it costs and no more.
    model = continuous_sick_sicker()
    run = model.individuals(5000, seed=5, residence=True)
    assert np.array_equal(run.years["S1"][:, 0], run.years["S1"][:, 1])
    plain = np.hypot(run.errors["effect"][0, 0], run.errors["effect"][0, 2])
    assert run.increment_errors["effect"][0, 2] < 0.5 * plain, "common chances make increments surer"


def test_standard_errors_are_those_of_the_people():
    run = continuous_sick_sicker().individuals(9001, seed=6, persons=True)
    costs = run.persons["cost"]
    np.testing.assert_allclose(run.errors["cost"][0], costs.std(axis=1, ddof=1) / np.sqrt(9001), rtol=1e-10)
    more = costs - costs[0]
    np.testing.assert_allclose(run.increment_errors["cost"][0], more.std(axis=1, ddof=1) / np.sqrt(9001), rtol=1e-10)


def two_states(years: float = 200.0, **how) -> ContinuousModel:
    model = ContinuousModel("Two", years=years, discount=0.0)
    model.state("A", effect=1)
    model.state("B")
    model.transition("A", "B", **how)
    model.strategy("One")
    return model


def times(model, people=20_000, seed=7):
    return model.individuals(people, seed=seed, persons=True).persons["effect"][0]


LAWS = {
    "exponential(0.4)": scipy.stats.expon(scale=1 / 0.4),
    "weibull(0.55, 0.7)": scipy.stats.weibull_min(0.55, scale=0.7),
    "gompertz(0.09, 0.01)": scipy.stats.gompertz(0.01 / 0.09, scale=1 / 0.09),
    "loglogistic(2.5, 3)": scipy.stats.fisk(2.5, scale=3),
    "lognormal(0.4, 0.8)": scipy.stats.lognorm(0.8, scale=math.exp(0.4)),
    "gamma(0.6, 0.5)": scipy.stats.gamma(0.6, scale=2),
    "gamma(7, 4)": scipy.stats.gamma(7, scale=1 / 4),
}


@pytest.mark.parametrize("law", LAWS)
def test_waiting_times_have_their_law(law):
    assert scipy.stats.kstest(times(two_states(time=law)), LAWS[law].cdf).pvalue > 0.01


@pytest.mark.parametrize("law", LAWS)
def test_a_clock_of_age_counts_what_was_waited_before_and_a_hazard_ratio_multiplies(law):
    # At age 2: S(2 + t) / S(2), to the power of the ratio.
    model = two_states(time=law, clock="age", hazard_ratio=1.7).with_settings(start_age=2)
    model.begin_at_age(2)
    law = LAWS[law]

    def cdf(t):
        return 1 - (law.sf(2 + t) / law.sf(2)) ** 1.7

    assert scipy.stats.kstest(times(model), cdf).pvalue > 0.01


def test_a_time_that_is_exact_comes_then_and_never_where_it_has_passed():
    assert set(times(two_states(time="exactly(3.5)"), 10)) == {3.5}
    late = two_states(years=50, time="exactly(3)", clock="age")
    late.begin_at_age(5)
    assert set(times(late, 10)) == {50.0}


def test_a_rate_that_changes_with_age_is_met_step_by_step():
    # By hand: a hazard of 0.1 below age 41, of 0.5 from 41 on; ages 40 to 45.
    model = two_states(years=5, rate="mortality(age)")
    model.table("mortality", at=[0, 41], values=[0.1, 0.5])
    model.begin_at_age(40)
    expected = (1 - np.exp(-0.1)) / 0.1 + np.exp(-0.1) * (1 - np.exp(-0.5 * 4)) / 0.5
    run = model.individuals(20_000, seed=8)
    assert abs(run.total("effect")[0, 0] - expected) < 3 * run.error("effect")[0, 0]


def test_an_amount_that_changes_with_time_is_integrated():
    # The integral of exp(-0.3 t) exp(-0.05 t) over 10 years, in steps of a month: their middles err by 1e-5.
    model = ContinuousModel("Waning", years=10, discount=0.05, discounting="continuous")
    model.state("A", effect="exp(-0.3 * state_time)", cost="100 * time")
    model.strategy("One")
    run = model.individuals(2)
    assert run.total("effect")[0, 0] == pytest.approx((1 - np.exp(-3.5)) / 0.35, rel=1e-4)
    ramp = 100 * (1 - np.exp(-0.5) * (1 + 0.5)) / 0.05**2
    assert run.total("cost")[0, 0] == pytest.approx(ramp, rel=1e-4)


def test_moves_cost_what_they_do_when_they_happen_and_starts_count_as_entries():
    model = ContinuousModel("Once", years=5, discount=0.1, discounting="annual")
    model.state("A")
    model.state("B")
    model.start(A=0.75, B=0.25)
    model.transition("A", "B", time="exactly(2)", cost="100 * age")
    model.reward("cost", 10, target="B")
    model.begin_at_age(40)
    model.strategy("One")
    run = model.individuals(4000, seed=9, persons=True)
    found = np.unique(run.persons["cost"][0])
    np.testing.assert_allclose(found, [10, (4200 + 10) / 1.1**2], rtol=1e-12)
    share = (run.persons["cost"][0] > 100).mean()
    assert abs(share - 0.75) < 3 * np.sqrt(0.75 * 0.25 / 4000)


def test_counters_and_timers_remember():
    # Relapse takes a year times the relapses so far; the cost of each is the years since the last one.
    model = ContinuousModel("History", years=10, discount=0.0)
    model.counter("relapses", target="Ill", source="Well")
    model.timer("since", target="Ill")
    model.state("Well")
    model.state("Ill")
    model.transition("Well", "Ill", time="exactly(1 + relapses)", cost="0 if since > 1000 else since", effect=1)
    model.transition("Ill", "Well", time="exactly(0.5)")
    model.strategy("One")
    run = model.individuals(3)
    # By hand: ill at 1, well at 1.5, ill at 3.5, well at 4, ill at 7, well at 7.5, next at 11.5.
    assert run.total("effect")[0] == pytest.approx([3])
    assert run.total("cost")[0] == pytest.approx([2.5 + 3.5])


def test_frailty_and_subgroups_shift_the_mean_as_their_distributions_say():
    # A gamma frailty of mean 1 and variance 0.5 on a rate of 0.3 has S(t) = (1 + 0.15 t) ** -2 (Laplace's transform).
    model = two_states(years=8, rate="0.3 * frailty")
    model.attribute("frailty", Gamma(2, 0.5))
    model.attribute("female", "chance < 0.6")
    model.reward("cost", "1 if female else 0", state="A")
    run = model.individuals(30_000, seed=10, persons=True)
    expected = (1 - 1 / (1 + 0.15 * 8)) / 0.15
    assert abs(run.total("effect")[0, 0] - expected) < 3 * run.error("effect")[0, 0]
    assert abs(run.total("cost")[0, 0] - 0.6 * expected) < 3 * run.error("cost")[0, 0]
    frame = run.people_frame()
    assert frame.height == 30_000
    assert set(frame.columns) == {"strategy", "person", "frailty", "female", "cost", "effect"}
    assert abs(frame["female"].mean() - 0.6) < 0.01


def test_real_people_bring_their_own_attributes():
    model = two_states(years=100, time="exactly(years_left)")
    model.people({"years_left": [3.0, 7.0, 5.0], "group": [0, 1, 0]})
    run = model.individuals(5, persons=True)
    assert run.persons["effect"][0].tolist() == [3, 7, 5, 3, 7]
    by_group = run.people_frame().group_by("group").agg(mean=pl.col("effect").mean()).sort("group")
    assert by_group["mean"].to_list() == pytest.approx([11 / 3, 7])


def test_a_sequence_of_treatments_goes_from_line_to_line():
    # Erlang: each of two lines is left at rate 2, so 1/2 year is spent in each, 7 are paid at each change.
    model = ContinuousModel("Lines", years=50, discount=0.0)
    model.value("price", 0)
    model.treatment("first", price=100)
    model.treatment("second", price=1000)
    model.state("On", cost="price", in_lines=True)
    model.state("Off")
    model.transition("On", "On", rate=2, next_line=True, last="Off", cost=7)
    model.strategy("Both", sequence=("first", "second"))
    model.strategy("Only second", sequence=("second",))
    run, exact = model.individuals(20_000, seed=11), model.expected()
    assert np.abs(apart(run, exact.total("cost"), "cost")).max() < 3


def test_log_of_events_tells_each_life():
    model = continuous_sick_sicker()
    log = individual.events(model, 5000, "B", seed=12)
    run = model.individuals(5000, seed=12, persons=True, residence=True)
    assert log.columns == ["person", "time", "from", "into", "line"]
    deaths = log.filter(log["into"] == "D")
    alive = np.full(5000, 75.0)
    alive[deaths["person"].to_numpy()] = deaths["time"].to_numpy()
    lived = sum(run.persons[f"years in {state}"][2] for state in ("H", "S1", "S2"))
    np.testing.assert_allclose(lived, alive, rtol=1e-12)


def test_draws_are_run_each_at_its_own_values():
    model = two_states(years=500, rate="r")
    model.parameter("r", Drawn((0.2, 0.5, 1.0)))
    run = model.individuals(20_000, draws=3, seed=13)
    assert np.abs(apart(run, np.array([[5.0], [2.0], [1.0]]), "effect")).max() < 3
    assert run.frame().columns == ["draw", "strategy", "outcome", "total", "error"]
    outcomes = run.outcomes()
    assert outcomes.effects.shape == (3, 1)
    assert outcomes.conventions["people"] == "20,000 followed one by one in each draw"


def test_bad_numbers_name_strategy_transition_draw_and_person():
    model = two_states(time="weibull(k, 2)")
    model.parameter("k", Drawn((1.0, -1.0)))
    with pytest.raises(BadModel, match=r"'One', transition A -> B: 'k' is -1 in draw 1"):
        model.individuals(10, draws=2)
    model = two_states(rate="0.5 - x")
    model.people({"x": [0.1, 0.9]})
    with pytest.raises(BadModel, match=r"'One', transition 'A' -> 'B': the time of person 1 in draw 0"):
        model.individuals(10)
    model = two_states(time="exactly(0)")
    model.transition("B", "A", time="exactly(0)")
    with pytest.raises(BadModel, match="more than 1,000,000 times"):
        model.individuals(2)


def test_what_is_not_yet_known_of_a_person_is_refused():
    model = two_states(rate="late")
    model.attribute("early", "2 * late")
    model.attribute("late", "chance")
    with pytest.raises(BadModel, match=r"attribute 'early': '2 \* late' needs 'late', which is not known yet"):
        model.individuals(10)
    with pytest.raises(BadModel, match="needs 'chance', which is not declared"):
        two_states(rate="chance").individuals(10)


def test_a_scenario_and_a_subgroups_age_reach_the_people():
    model = two_states(time="exactly(age_limit)", clock="age").with_settings(start_age=40)
    model.value("age_limit", 60)
    model.value("spread", 0)
    model.attribute("shift", "spread * 2")
    model.reward("cost", "shift", target="B")
    assert model.individuals(2).total("effect")[0, 0] == pytest.approx(20)
    changed = model.with_values(age_limit="age_limit - 5", spread=3).with_settings(start_age=50)
    run = changed.individuals(2)
    assert run.total("effect")[0, 0] == pytest.approx(5)
    assert run.total("cost")[0, 0] == pytest.approx(6)


def test_a_person_is_no_crowd():
    with pytest.raises(BadModel, match="At least 2"):
        two_states(rate=1).individuals(1)


def test_gillespies_loop_in_plain_python_has_the_same_mean():
    """Three states with a Weibull and two rates, a beginner's loop with NumPy's own generator."""
    rng = np.random.default_rng(1)

    def life():
        now, state, effect = 0.0, "A", 0.0
        while now < 20:
            ways = {"A": {"B": rng.weibull(0.7) * 2, "C": rng.exponential(10)}, "B": {"A": rng.exponential(1.5)}}.get(
                state, {"C": np.inf}
            )
            target = min(ways, key=ways.get)
            then = min(now + ways[target], 20)
            effect += {"A": 1.0, "B": 0.4, "C": 0.0}[state] * (math.exp(-0.03 * now) - math.exp(-0.03 * then)) / 0.03
            now, state = then, target
        return effect

    plain = np.array([life() for _ in range(6000)])
    model = ContinuousModel("Loop", years=20, discount=0.03, discounting="continuous")
    model.state("A", effect=1)
    model.state("B", effect=0.4)
    model.state("C")
    model.transition("A", "B", time="weibull(0.7, 2)")
    model.transition("A", "C", rate=0.1)
    model.transition("B", "A", rate="1 / 1.5")
    model.strategy("One")
    run = model.individuals(30_000, seed=14)
    error = np.hypot(run.error("effect")[0, 0], plain.std() / np.sqrt(len(plain)))
    assert abs(run.total("effect")[0, 0] - plain.mean()) < 3 * error


def test_a_long_chain_of_values_is_looked_into_once_for_each():
    # Each step names the one before twice: read anew on every way, fifty steps would be 2 ** 50 readings.
    values = {f"v{step}": expression(f"v{step - 1} + v{step - 1} * v{max(step - 2, 0)}") for step in range(1, 51)}
    assert names_behind(expression("v50"), values) == {f"v{step}" for step in range(51)}
