"""The analyses on a real model: Sick-Sicker on the cohort engine, against published figures and brute force."""

import json

import numpy as np
import pytest

from glimmer.evidence.economics import evaluator
from glimmer.evidence.economics.analysis import (
    Range,
    acceptability,
    decision_flips,
    evpi,
    evppi,
    frontier,
    net_benefits,
    one_way,
    ranges_from_draws,
    two_way,
)
from tests.evidence.economics.sick_sicker import BELIEFS, LONG_NAMES, sick_sicker
from tests.support.shared_data import shared_data

PRICE = 100_000
LEARNED = "hr_trtB"


@pytest.fixture(scope="module")
def evaluate():
    return evaluator(sick_sicker())


@pytest.fixture(scope="module")
def psa():
    return sick_sicker().run(6000, seed=5).outcomes()


def test_the_published_icers_come_out_under_their_own_convention():
    published = json.loads(shared_data("economics", "sicksicker_time_indep_deterministic.json").read_text())["cea"]
    found = frontier(sick_sicker(counting="darth_simpson").run().outcomes()).rows
    names = dict(zip(("SoC", "A", "B", "AB"), LONG_NAMES, strict=True))
    assert [(names[row.strategy], row.status) for row in found] == [
        (row["Strategy"], row["Status"]) for row in published
    ]
    for row, expected in zip(found, published, strict=True):
        assert (row.icer is None) == (expected["ICER"] is None)
        assert row.icer is None or row.icer == pytest.approx(expected["ICER"], rel=1e-9)


def test_the_break_even_price_of_a_treatment_is_that_of_a_straight_line(evaluate):
    # Cost is linear in a price, so two runs fix where B and usual care are equal, without any search.
    first, second = (evaluate({"c_trtB": price}).net_benefit(PRICE)[0] for price in (0.0, 1000.0))
    gap, slope = first[2] - first[0], (second[2] - second[0] - first[2] + first[0]) / 1000
    found = decision_flips(evaluate, Range("c_trtB", 0, 50_000), PRICE, among=["SoC", "B"])
    assert [flip.value for flip in found.flips] == pytest.approx([-gap / slope], rel=1e-8)
    assert (found.at_low, found.at_high) == ("B", "SoC")


def test_the_expected_break_even_price_is_where_the_mean_over_draws_is_zero(evaluate, psa):
    draws = {name: values[:500] for name, values in psa.draws.items()}
    free, dear = (evaluate({**draws, "c_trtB": price}).net_benefit(PRICE) for price in (0.0, 1000.0))
    gap, less = free[:, 2] - free[:, 0], (free[:, 2] - free[:, 0] - dear[:, 2] + dear[:, 0]) / 1000
    flip = decision_flips(evaluate, Range("c_trtB", 0, 50_000), PRICE, ["SoC", "B"], draws).flips[0]
    assert flip.value == pytest.approx(gap.mean() / less.mean(), rel=1e-8)
    # The error of a ratio of means, by the delta method, at the value that was found.
    error = (gap - flip.value * less).std(ddof=1) / np.sqrt(500) / less.mean()
    assert flip.standard_error == pytest.approx(error, rel=1e-4)


def test_a_tornado_of_the_whole_model_ends_where_single_runs_end(evaluate, psa):
    bars = one_way(evaluate, ranges_from_draws(psa.draws), PRICE).tornado("B").bars
    assert {bar.parameter for bar in bars} == set(BELIEFS)
    for bar in bars[:4]:
        low = evaluate({bar.parameter: bar.low}).net_benefit(PRICE)[0]
        assert bar.at_low == pytest.approx(low[2] - low[0], rel=1e-9)
    assert [bar.width for bar in bars] == sorted((bar.width for bar in bars), reverse=True)
    # What only treatment A costs and gives cannot move B against usual care.
    assert {bar.parameter for bar in bars if bar.width < 1e-6} == {"c_trtA", "u_trtA"}


def test_a_point_of_the_grid_is_a_run_of_its_own(evaluate):
    grid = two_way(evaluate, Range(LEARNED, 0.4, 0.9), Range("c_trtB", 5000, 20_000), PRICE, points=11)
    single = evaluate({LEARNED: 0.4 + 0.5 * 3 / 10, "c_trtB": 5000 + 15_000 * 7 / 10}).net_benefit(PRICE)[0]
    assert grid.net_benefit[3, 7] == pytest.approx(single)
    assert grid.best[3, 7] == single.argmax()


def test_what_a_parameter_is_worth_agrees_with_a_nested_simulation_of_the_model(evaluate, psa):
    # For each of 300 values of the hazard ratio the model is run on 1,000 draws of all else, and the best is chosen.
    chance = np.random.default_rng(9)
    outer, inner = 300, 1000
    learned = np.array(sick_sicker().run(outer, seed=77).draws[LEARNED])
    others = {name: np.tile(values[:inner], 1) for name, values in psa.draws.items() if name != LEARNED}
    means = np.array(
        [evaluate({**others, LEARNED: np.full(inner, value)}).net_benefit(PRICE).mean(axis=0) for value in learned]
    )
    gains = means.max(axis=1) - means[:, means.mean(axis=0).argmax()]
    row = evppi(psa, [LEARNED], [PRICE]).of(LEARNED)
    resampled = [chance.choice(gains, outer).mean() for _ in range(300)]
    assert row.raw == pytest.approx(gains.mean(), abs=3 * np.hypot(row.standard_error, np.std(resampled)))
    assert gains.mean() > 3 * np.std(resampled)


def test_the_parts_agree_with_each_other_on_one_run(psa):
    groups = {
        "effect of B": [LEARNED],
        "treatments": [LEARNED, "u_trtA", "c_trtA", "c_trtB"],
        "all": list(psa.draws),
    }
    found = evppi(psa, groups, [PRICE])
    perfect, curves = evpi(psa, [PRICE]), acceptability(psa, [PRICE])
    values = [found.of(group).value for group in groups]
    assert values == sorted(values)
    assert values[-1] <= perfect.values[0] == pytest.approx(curves.loss.min())
    # All parameters together decide the model, so to know them is to know everything.
    assert values[-1] > 0.98 * perfect.values[0]
    assert net_benefits(psa, [PRICE]).best(PRICE) == curves.frontier()["strategy"][0]
