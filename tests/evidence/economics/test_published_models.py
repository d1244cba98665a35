"""Every published reference number comes out under its own convention, to 1e-9."""

import csv
import json

import numpy as np
import pytest

from glimmer.evidence.economics.cohort import trace
from glimmer.evidence.economics.model import Model
from tests.evidence.economics.sick_sicker import LONG_NAMES, STRATEGIES, sick_sicker
from tests.support.shared_data import shared_data

EXACT = 1e-9
CONVENTIONS = {
    "darth_simpson13_annual": ("darth_simpson", "annual"),
    "darth_half_cycle_annual": ("half_cycle", "annual"),
    "darth_none_annual_76_points": ("all_points", "annual"),
    "heemod_life_table": ("life_table", "annual"),
    "beginning_of_cycle_75": ("start", "annual"),
    "end_of_cycle_75_discount_t": ("end", "annual"),
    "half_cycle_continuous": ("half_cycle", "continuous"),
    "true composite Simpson": ("simpson", "annual"),
}


def published(name: str):
    return json.loads(shared_data("economics", name).read_text())


@pytest.mark.parametrize("named", CONVENTIONS)
def test_sick_sicker_comes_out_under_each_convention(named):
    counting, discounting = CONVENTIONS[named]
    expected = next(
        value for key, value in published("sicksicker_conventions.json")["conventions"].items() if key.startswith(named)
    )
    run = sick_sicker(counting=counting, discounting=discounting).run()
    for column, strategy in enumerate(STRATEGIES):
        assert run.total("cost")[0, column] == pytest.approx(expected[strategy]["cost"], rel=EXACT)
        assert run.total("effect")[0, column] == pytest.approx(expected[strategy]["qaly"], rel=EXACT)


def test_every_published_convention_is_tried():
    names = published("sicksicker_conventions.json")["conventions"]
    assert len(names) == len(CONVENTIONS)
    assert all(any(name.startswith(tried) for tried in CONVENTIONS) for name in names)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_trace_equals_the_published_trace(strategy):
    long = LONG_NAMES[STRATEGIES.index(strategy)]
    with shared_data("economics", "sicksicker_time_indep_trace.csv").open() as file:
        rows = [
            [float(row[state]) for state in ("H", "S1", "S2", "D")]
            for row in csv.DictReader(file)
            if row["strategy"] == long
        ]
    assert len(rows) == 76
    np.testing.assert_allclose(trace(sick_sicker(), strategy).shares, rows, rtol=EXACT, atol=1e-14)


@pytest.mark.parametrize(
    ("said", "counting"), [("Simpson1/3", "darth_simpson"), ("half-cycle", "half_cycle"), ("none", "all_points")]
)
def test_life_years_equal_the_published_ones(said, counting):
    run = sick_sicker(counting=counting, discount=0.0).run(residence=True)
    for row in published("sicksicker_time_indep_deterministic.json")["by_wcc"][said]:
        column = LONG_NAMES.index(row["strategy"]) if row["strategy"] in LONG_NAMES else 0
        alive = sum(run.years[state][0, column] for state in ("H", "S1", "S2"))
        assert alive == pytest.approx(row["ly_undisc"], rel=EXACT)


def hiv(discounting: str) -> Model:
    """Chancellor's HIV model: the relative risk and lamivudine's price hold in the first two years."""
    inputs = published("hiv_chancellor.json")["inputs"]
    states = ("A", "B", "C", "Death")
    model = Model("HIV", cycles=20, counting="end", discounting=discounting, discount_costs=0.06, discount_effects=0.0)
    model.parameter("rr", inputs["rr"])
    model.value("rr_now", 1)
    model.value("c_lam_now", 0)
    for row, counts in enumerate(inputs["counts"][:3]):
        for column in range(row + 1, 4):
            model.transition(states[row], states[column], f"{counts[column]} / {sum(counts)} * rr_now")
        care = inputs["c_dmed"][row] + inputs["c_cmed"][row] + inputs["c_zido"]
        model.state(states[row], cost=f"{care} + c_lam_now", effect=1)
    model.state("Death")
    model.strategy("mono")
    model.strategy("combination", rr_now="rr if cycle < 2 else 1", c_lam_now=f"{inputs['c_lam']} if cycle < 2 else 0")
    return model


def test_hiv_comes_out_as_hesim_has_it():
    expected = published("hiv_chancellor.json")
    run = hiv("continuous").run()
    assert run.total("cost")[0] == pytest.approx(
        [expected["monotherapy"]["cost"], expected["combination"]["cost"]], rel=EXACT
    )
    years = [expected["monotherapy"]["life_years"], expected["combination"]["life_years"]]
    assert run.total("effect")[0] == pytest.approx(years, rel=EXACT)
    cost, effect = (np.diff(run.total(kind)[0])[0] for kind in ("cost", "effect"))
    assert cost / effect == pytest.approx(expected["icer"], rel=EXACT)


def test_hiv_comes_out_as_the_textbook_has_it():
    # Facts on health economics, section 4: the textbook's annual discounting.
    run = hiv("annual").run()
    assert run.total("cost")[0] == pytest.approx([44663.4535636967, 50601.6513312037], rel=EXACT)
    cost, effect = (np.diff(run.total(kind)[0])[0] for kind in ("cost", "effect"))
    assert cost / effect == pytest.approx(6275.95560353179, rel=EXACT)


def test_microsimulation_has_the_published_mean():
    # Krijkamp's simple microsimulation: published inputs, treatment helps and is paid for in S1 and S2 alike.
    expected = published("sicksicker_microsim_expectation.json")
    model = Model("Krijkamp", cycles=30, counting="all_points", discount=0.03)
    model.value("c_treatment", 0)
    model.value("u_treated", 0.75)
    model.value("r_S1D", "3 * -log(1 - 0.005)")
    model.value("r_S2D", "10 * -log(1 - 0.005)")
    model.state("H", cost=2000, effect=1)
    model.state("S1", cost="4000 + c_treatment", effect="u_treated")
    model.state("S2", cost="15000 + c_treatment", effect=0.5)
    model.state("D")
    model.transition("H", "S1", 0.15)
    model.transition("H", "D", 0.005)
    model.transition("S1", "H", 0.5)
    model.transition("S1", "S2", 0.105)
    model.transition("S1", "D", "rate_to_probability(r_S1D)")
    model.transition("S2", "D", "rate_to_probability(r_S2D)")
    model.strategy("No treatment")
    model.strategy("Treatment", c_treatment=12000, u_treated=0.95)
    run = model.run()
    assert run.total("cost")[0] == pytest.approx(expected["cost"], rel=EXACT)
    assert run.total("effect")[0] == pytest.approx(expected["qaly"], rel=EXACT)
