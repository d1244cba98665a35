"""Simulated registries: the same by seed in any size, marked for what they are, and with the truth in them."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from glimmer.registry.courses import courses_of
from glimmer.registry.simulated import Truth, simulate_registry, truth_by_chance, truth_by_evidence


@pytest.fixture(scope="module")
def alike() -> Truth:
    """A truth in which clinics do not differ, so that people can be counted together."""
    spreads = dict.fromkeys(("response_site_sd", "relapse_site_sd", "session_cost_site_sd"), 1e-9)
    return truth_by_evidence().with_values(**spreads)


@pytest.fixture(scope="module")
def large(alike):
    return simulate_registry(7, alike, sites=1, courses_a_site=1500)


def test_everything_made_up_says_so(large):
    assert large.simulated
    assert all(site.startswith("SIM-") for site in large.sites)


def test_a_course_is_the_same_in_a_small_registry_and_in_a_large_one():
    truth = truth_by_evidence()
    small, more = simulate_registry(5, truth, 2, 10), simulate_registry(5, truth, 3, 30)
    kept = more.rows.filter(pl.col("course").is_in(small.rows["course"].unique().to_list()))
    assert kept.equals(small.rows)
    assert simulate_registry(6, truth, 2, 10).digest != small.digest


def test_costs_are_gamma_with_the_stated_mean_and_variation(large, alike):
    costs = large.rows.filter(pl.col("kind") == "session")["value"].to_numpy()
    variation = alike.values["session_cost_cv"]
    expected = stats.gamma(variation**-2, scale=alike.values["session_cost"] * variation**2)
    assert stats.kstest(costs, expected.cdf).pvalue > 0.001


def test_who_gave_no_last_score_stood_worse_half_way(large):
    courses = courses_of(large)
    bands = {
        known: np.mean([one.half_way for one in courses if (one.responded is not None) == known])
        for known in (True, False)
    }
    assert bands[False] < bands[True] - 0.3


def test_relapse_of_those_not_maintained_follows_the_stated_weibull(large, alike):
    """Kaplan-Meier of the middle of each interval, by SciPy, against the truth; half a week of tolerance is in it."""
    courses = [one for one in courses_of(large) if one.follow_up and one.remitted and one.maintenance_interval is None]
    follow = [one.follow_up for one in courses if one.follow_up]
    ill = np.array([np.isfinite(one.ill_by) for one in follow])
    times = np.array(
        [(one.well_until + one.ill_by) / 2 if np.isfinite(one.ill_by) else one.well_until for one in follow]
    )
    curve = stats.ecdf(stats.CensoredData(uncensored=times[ill], right=times[~ill])).sf
    truth = stats.weibull_min(alike.values["relapse_shape"], scale=alike.values["relapse_scale_days"])
    error = 4 * np.sqrt(0.25 / len(follow)) + 0.02
    for day in (28, 91, 182, 350):
        assert float(curve.evaluate(day)) == pytest.approx(truth.sf(day), abs=error)


def test_silent_relapse_hides_that_share_of_relapses(alike):
    def relapses(truth):
        found = courses_of(simulate_registry(7, truth, 1, 800))
        return sum(bool(one.follow_up and np.isfinite(one.follow_up.ill_by)) for one in found)

    hidden = relapses(Truth(alike.values, silent_relapse=0.5)) / relapses(alike)
    assert hidden == pytest.approx(0.5, abs=0.12)


def test_truths_by_chance_differ_and_come_back():
    assert truth_by_chance(1) == truth_by_chance(1)
    assert truth_by_chance(1) != truth_by_chance(2)
    assert set(truth_by_chance(1).values) == set(truth_by_evidence().values)
