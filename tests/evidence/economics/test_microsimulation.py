"""People drawn one by one through a cohort model: their mean is the cohort's, and the published microsimulation's.

Seeds are fixed, so a mean within three standard errors is within them for ever.
"""

import json

import numpy as np
import pytest

from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.model import Model
from tests.evidence.economics.sick_sicker import sick_sicker
from tests.support.shared_data import shared_data


def assert_agrees(model: Model, people: int = 20_000, seed: int = 1, draws=None):
    run, cohort = model.individuals(people, draws, seed, residence=True), model.run(draws, seed, residence=True)
    for name, values in cohort.totals.items():
        expected = cohort.total(name) if name in ("cost", "effect") else values
        found = run.total(name) if name in ("cost", "effect") else run.totals[name]
        np.testing.assert_array_less(np.abs(found - expected), 3 * run.errors[name] + 1e-9)
    for state, years in cohort.years.items():
        np.testing.assert_array_less(np.abs(run.years[state] - years), 3 * run.errors[f"years in {state}"] + 1e-9)


@pytest.mark.parametrize("counting", ["half_cycle", "life_table", "darth_simpson", "end"])
def test_mean_of_people_is_the_cohorts_under_each_convention(counting):
    assert_agrees(sick_sicker(counting=counting), 8000)


def test_mean_of_people_is_the_cohorts_in_each_draw():
    assert_agrees(sick_sicker(), 4000, seed=4, draws=3)


def test_krijkamps_microsimulation_has_its_published_expectation():
    expected = json.loads(shared_data("economics", "sicksicker_microsim_expectation.json").read_text())
    model = Model("Krijkamp", cycles=30, counting="all_points", discount=0.03)
    model.value("c_treatment", 0)
    model.value("u_treated", 0.75)
    model.state("H", cost=2000, effect=1)
    model.state("S1", cost="4000 + c_treatment", effect="u_treated")
    model.state("S2", cost="15000 + c_treatment", effect=0.5)
    model.state("D")
    model.transition("H", "S1", 0.15)
    model.transition("H", "D", 0.005)
    model.transition("S1", "H", 0.5)
    model.transition("S1", "S2", 0.105)
    model.transition("S1", "D", "hazard_ratio(0.005, 3)")
    model.transition("S2", "D", "hazard_ratio(0.005, 10)")
    model.strategy("No treatment")
    model.strategy("Treatment", c_treatment=12000, u_treated=0.95)
    run = model.individuals(50_000, seed=2)
    for kind, published in (("cost", expected["cost"]), ("effect", expected["qaly"])):
        assert np.abs((run.total(kind)[0] - published) / run.errors[kind][0]).max() < 3


def test_tunnels_clocks_moves_and_entries_are_those_of_the_cohort():
    model = Model("Relapsing", cycles=[(12, 7 / 365.25), (20, 0.25)], discount=0.035, start_age=40)
    model.state("Ill", cost="100 + 10 * age")
    model.state("Well", effect="1 - 0.5 * exp(-state_time)", tunnel=6)
    model.state("Dead")
    model.start(Ill=0.8, Well=0.2)
    model.transition("Ill", "Well", "0.3 * exp(-0.05 * cycle)", cost=50)
    model.transition("Ill", "Dead", "0.002 + 0.0001 * age")
    model.transition("Well", "Ill", "weibull_event(state_time, length, 0.55, 0.8)", cost=500)
    model.reward("cost.entry", 20, target="Well")
    model.event("crises", "Ill", rate=0.7)
    model.strategy("One")
    assert_agrees(model)


def test_sequences_are_those_of_the_cohort():
    model = Model("Sequence", cycles=12, years=0.25, discount=0.0)
    model.value("p", 0)
    model.value("price", 0)
    model.treatment("ketamine", p=0.5, price=1000)
    model.treatment("ECT", p=0.6, price=4000)
    model.state("Treated", in_lines=True)
    model.state("Well", effect=1, in_lines=True)
    model.state("None left")
    model.transition("Treated", "Well", "p", cost="price")
    model.transition("Treated", "Treated", "1 - p", cost="price", next_line=True, last="None left")
    model.transition("Well", "Treated", 0.3, next_line=True, last="None left")
    model.strategy("Both", sequence=("ketamine", "ECT"))
    model.strategy("Other way", sequence=("ECT", "ketamine"))
    model.strategy("One", sequence=("ketamine",))
    assert_agrees(model)


def test_who_must_go_goes_and_everybody_is_somewhere():
    model = Model("Certain", cycles=3, discount=0.0, counting="start")
    model.state("A", cost=1)
    model.state("B", cost=10)
    model.transition("A", "B", 1)
    model.transition("B", "A", "rest")
    model.strategy("One")
    run = model.individuals(100)
    assert run.total("cost")[0, 0] == 1 + 10 + 1
    assert run.errors["cost"][0, 0] == 0


def test_result_is_the_same_to_the_last_bit_for_any_number_of_workers():
    one, many = (sick_sicker().individuals(9000, draws=3, seed=3, workers=workers) for workers in (1, 3))
    assert np.array_equal(one.total("cost"), many.total("cost"))
    assert np.array_equal(one.errors["cost"], many.errors["cost"])


def test_people_meet_the_same_chances_in_every_strategy():
    run = sick_sicker().individuals(3000, seed=5, persons=True, residence=True)
    assert np.array_equal(run.persons["years in S1"][0], run.persons["years in S1"][1])
    assert run.people_frame().height == 4 * 3000


def test_too_large_a_probability_is_refused_as_in_the_cohort():
    model = sick_sicker().with_values(r_HD=0.1)
    model.transition("H", "S2", 0.95)
    with pytest.raises(BadModel, match="'H'"):
        model.individuals(10)
