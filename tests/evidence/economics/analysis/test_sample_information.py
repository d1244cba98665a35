"""EVSI and the net benefit of a study, against closed forms and conjugate Bayes."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, betabinom

from glimmer.evidence.economics.analysis import (
    BadAnalysis,
    events_in,
    events_in_arms,
    evsi,
    mean_of,
    net_benefit_of_sampling,
    times_to_event,
)
from glimmer.evidence.economics.outcomes import Outcomes
from tests.evidence.economics.analysis.toys import two_normals
from tests.support.shared_data import shared_data

MEASURED = mean_of("theta1", 4000)


def saving(values, name):
    """Outcomes of two strategies, the new one saving `values` (draws,), which are also the parameter `name`."""
    benefit, draws = values
    return Outcomes(
        ("old", "new"), np.column_stack([0 * benefit, -benefit]), np.zeros((len(benefit), 2)), "old", {name: draws}
    )


@pytest.fixture(scope="module")
def closed_form():
    return json.loads(shared_data("economics", "voi_closed_form_normal.json").read_text())


def test_a_study_of_each_size_is_worth_the_closed_form(closed_form):
    sizes = [int(size) for size in closed_form["EVSI_theta1"]]
    found = evsi(two_normals(20_000, seed=21), MEASURED, sizes, ["theta1"], seed=1, thresholds=[20000])
    for row in found.rows:
        truth = closed_form["EVSI_theta1"][str(row.size)]
        assert row.raw == pytest.approx(truth, abs=3 * row.standard_error), row.size
        assert row.standard_error < truth / 15


def test_errors_of_a_study_are_honest(closed_form):
    truth = closed_form["EVSI_theta1"]["100"]
    scores = []
    for seed in range(50):
        row = evsi(two_normals(2000, seed), MEASURED, [100], ["theta1"], seed=seed, thresholds=[0]).rows[0]
        scores.append((row.raw - truth) / row.standard_error)
    assert np.mean(np.abs(scores) < 1.96) > 0.85
    assert 0.75 < np.std(scores) < 1.25


def test_a_count_of_remissions_is_worth_what_conjugate_bayes_says():
    # p ~ Beta(4, 6); INB = 10,000 (p - 0.42). After k of 30 events the mean of p is (4 + k) / 40: sum over k exactly.
    p = np.random.default_rng(5).beta(4, 6, 20_000)
    row = evsi(saving((10_000 * (p - 0.42), p), "p"), events_in("p"), [30], ["p"], seed=3, thresholds=[20000]).rows[0]
    counts = np.arange(31)
    after = 10_000 * ((4 + counts) / 40 - 0.42)
    truth = (betabinom.pmf(counts, 30, 4, 6) * np.maximum(after, 0)).sum() - max(10_000 * (0.4 - 0.42), 0)
    assert row.raw == pytest.approx(truth, abs=3 * row.standard_error)


def test_a_trial_of_two_arms_is_worth_what_both_conjugate_posteriors_say():
    chance = np.random.default_rng(6)
    control, treated = chance.beta(3, 7, 12_000), chance.beta(4, 6, 12_000)
    benefit = 10_000 * (treated - control) - 900
    decision = Outcomes(
        ("old", "new"),
        np.column_stack([0 * benefit, -benefit]),
        np.zeros((len(benefit), 2)),
        "old",
        {"control": control, "treated": treated},
    )
    study = events_in_arms("control", "treated")
    row = evsi(decision, study, [20], ["control", "treated"], seed=3, thresholds=[20000]).rows[0]
    k = np.arange(21)
    after = 10_000 * ((4 + k[:, None]) / 30 - (3 + k) / 30) - 900
    likely = betabinom.pmf(k, 20, 4, 6)[:, None] * betabinom.pmf(k, 20, 3, 7)
    truth = (likely * np.maximum(after, 0)).sum() - max(10_000 * 0.1 - 900, 0)
    assert row.raw == pytest.approx(truth, abs=3 * row.standard_error)


def test_a_count_is_shown_as_its_log_odds_with_half_an_event_on_both_sides():
    certain = {"p": np.array([0.0, 1.0])}
    shown = events_in("p")(certain, 9, np.random.default_rng(1))
    assert shown == pytest.approx([np.log(0.5 / 9.5), np.log(9.5 / 0.5)])
    both = events_in_arms("p", "q")({**certain, "q": np.array([1.0, 1.0])}, 9, np.random.default_rng(1))
    assert both[:, 1] == pytest.approx([np.log(19)] * 2)
    assert both[:, 0] == pytest.approx(shown)


def test_a_study_of_what_does_not_matter_is_worth_nothing():
    found = evsi(two_normals(4000, seed=8), mean_of("noise", 1), [10, 100], ["noise"], seed=1, thresholds=[20000])
    assert [row.value for row in found.rows] == [0, 0]
    assert net_benefit_of_sampling(found, 20000, 1e6, lambda size: 0).best_size == 0


def test_times_to_relapse_show_the_rate_they_come_from():
    rate = np.full(400, 0.8)
    shown = times_to_event("rate", follow_up=1.5)({"rate": rate}, 500, np.random.default_rng(2))
    # Events over person-time estimates the rate; its logarithm has variance 1 / expected events.
    events = 500 * (1 - np.exp(-0.8 * 1.5))
    assert shown.mean() == pytest.approx(np.log(0.8), abs=4 / np.sqrt(400 * events))
    assert shown.std() == pytest.approx(1 / np.sqrt(events), rel=0.15)


def test_a_rate_followed_up_is_worth_more_the_longer_it_is_followed():
    rate = np.random.default_rng(4).gamma(4, 0.2, 4000)
    decision = saving((3000 * (rate - 0.8), rate), "rate")
    short, long = (
        evsi(decision, times_to_event("rate", years), [15], ["rate"], seed=1, thresholds=[20000]).rows[0].value
        for years in (0.1, 3.0)
    )
    assert long > 1.3 * short > 0


def test_the_same_seed_gives_the_same_study_whatever_else_is_asked():
    decision = two_normals(1000, seed=2)
    alone = evsi(decision, MEASURED, [50], ["theta1"], seed=9, thresholds=[20000]).rows[0]
    among = evsi(decision, MEASURED, [10, 50, 100], ["theta1"], seed=9, thresholds=[13000, 20000])
    assert next(row for row in among.at(20000) if row.size == 50).raw == alone.raw
    assert evsi(decision, MEASURED, [50], ["theta1"], seed=10, thresholds=[20000]).rows[0].raw != alone.raw


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(-300, 300))
def test_perfect_partial_and_sample_information_keep_their_order(seed, size, mean):
    chance = np.random.default_rng(seed)
    a, b = chance.normal(mean, 200, 120), chance.normal(0, 400, 120)
    decision = saving((a + b, a), "a")
    rows = evsi(decision, mean_of("a", 500), [size, 5 * size], ["a"], seed, thresholds=[20000]).rows
    perfect = np.maximum(a + b, 0).mean() - max((a + b).mean(), 0)
    assert 0 <= rows[0].value <= rows[1].value <= rows[0].evppi <= perfect + 1e-9


def test_a_study_pays_where_its_worth_for_everybody_exceeds_its_cost(closed_form):
    found = evsi(two_normals(20_000, seed=22), MEASURED, [10, 50, 100, 500, 10000], ["theta1"], 1, [20000])
    sampling = net_benefit_of_sampling(found, 20000, people=500, cost=lambda size: 20_000 + 100 * size)
    truth = {n: 500 * closed_form["EVSI_theta1"][str(n)] - 20_000 - 100 * n for n in (10, 50, 100, 500, 10000)}
    assert sampling.best_size == max(truth, key=truth.get) == 100
    for size, net, error in zip(sampling.sizes, sampling.net, sampling.error, strict=True):
        assert net == pytest.approx(truth[size], abs=3 * error)
    assert sampling.frame().height == 5


def test_no_study_is_proposed_where_none_pays():
    found = evsi(two_normals(2000, seed=22), MEASURED, [10, 100], ["theta1"], 1, [20000])
    assert net_benefit_of_sampling(found, 20000, people=1, cost=lambda size: 1e6).best_size == 0


def test_a_larger_study_that_ends_later_reaches_fewer():
    found = evsi(two_normals(2000, seed=22), MEASURED, [10, 100], ["theta1"], 1, [20000])
    sampling = net_benefit_of_sampling(found, 20000, people=lambda size: 1000 - size, cost=lambda size: 0)
    assert sampling.benefit == pytest.approx([990 * found.rows[0].value, 900 * found.rows[1].value])


@pytest.mark.parametrize(
    "study",
    [
        lambda draws, size, chance: np.zeros(3),
        lambda draws, size, chance: np.full(100, np.nan),
        lambda draws, size, chance: 1.0,
    ],
    ids=["too few rows", "not a number", "one number"],
)
def test_a_study_that_does_not_answer_for_each_draw_is_refused(study):
    with pytest.raises(BadAnalysis, match="one row of finite numbers for each of the 100 draws"):
        evsi(two_normals(100, 1), study, [10], ["theta1"], seed=1)


def test_a_study_of_nobody_is_refused():
    with pytest.raises(BadAnalysis, match="at least one, each of 1 or more"):
        evsi(two_normals(100, 1), MEASURED, [0], ["theta1"], seed=1)


def test_a_threshold_that_was_not_asked_for_is_named():
    found = evsi(two_normals(100, 1), MEASURED, [10], ["theta1"], seed=1, thresholds=[20000])
    with pytest.raises(KeyError, match="no threshold 50"):
        net_benefit_of_sampling(found, 50, 1, lambda size: 0)


def test_the_prior_of_the_examples_is_what_it_says():
    # Guards the two conjugate tests above: their priors have the means that the formulas take for granted.
    assert (beta.mean(4, 6), beta.mean(3, 7)) == pytest.approx((0.4, 0.3))
