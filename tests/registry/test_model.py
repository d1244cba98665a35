"""The likelihoods against SciPy's distributions on the raw numbers, and the whole density against a change of looks."""

import numpy as np
import polars as pl
import pytest
from scipy import optimize, stats

from glimmer.registry.courses import courses_of
from glimmer.registry.engine import load
from glimmer.registry.evidence import course_priors
from glimmer.registry.model import (
    beta_log_likelihood,
    data_of,
    dimensions,
    gamma_log_likelihood,
    interval_log_likelihood,
    log_posterior,
    natural_draws,
    response_log_likelihood,
)
from glimmer.registry.simulated import simulate_registry, truth_by_evidence
from glimmer.registry.tallies import tallies_of

load("jax")


@pytest.fixture(scope="module")
def registry():
    return simulate_registry(11, truth_by_evidence(), sites=3, courses_a_site=40)


@pytest.fixture(scope="module")
def tallies(registry):
    return tallies_of(registry, courses_of(registry))


def test_cost_likelihood_from_sums_is_that_of_the_sessions(registry, tallies):
    rows = registry.rows.filter(pl.col("kind") == "session")
    means = dict(zip(registry.sites, (180.0, 220.0, 300.0), strict=True))
    variation = 0.4
    expected = sum(
        stats.gamma.logpdf(value, variation**-2, scale=means[site] * variation**2)
        for site, value in rows.select("site", "value").iter_rows()
    )
    sums = {"count": tallies.costs.count, "total": tallies.costs.total, "logs": tallies.costs.logs}
    found = gamma_log_likelihood(np.log(list(means.values())), variation, sums)
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_utility_likelihood_is_that_of_the_people(tallies):
    chance = np.random.Generator(np.random.Philox(1))
    shares = [chance.beta(5, 2, 30), chance.beta(2, 3, 20)]
    sums = np.array([[len(one), np.log(one).sum(), np.log1p(-one).sum()] for one in shares])
    mean, precision = np.array([0.7, 0.45]), 6.0
    expected = sum(
        stats.beta.logpdf(one, middle * precision, (1 - middle) * precision).sum()
        for one, middle in zip(shares, mean, strict=True)
    )
    assert float(beta_log_likelihood(mean, precision, sums)) == pytest.approx(expected, rel=1e-9)


def test_relapse_likelihood_is_the_weibull_chance_of_the_interval():
    rows = {
        "well_until": np.array([0.0, 7.0, 28.0, 364.0, 0.0]),
        "ill_by": np.array([7.0, 21.0, np.inf, np.inf, np.inf]),
    }
    log_hazard = np.array([0.0, 0.5, -0.7, 0.3, 1.0])
    shape, scale = 0.6, 240.0
    # A hazard times exp(x) is a scale times exp(-x / shape).
    scales = scale * np.exp(-log_hazard / shape)
    cdf = stats.weibull_min(shape, scale=scales).cdf
    expected = np.log(np.where(np.isfinite(rows["ill_by"]), cdf(rows["ill_by"]), 1) - cdf(rows["well_until"]))
    found = interval_log_likelihood(shape, np.log(scale), log_hazard, rows)
    assert np.asarray(found) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_response_likelihood_sums_over_what_the_missing_may_have_been():
    results = np.array([[[4.0, 3, 1, 2], [1, 5, 9, 3]], [[6, 2, 0, 0], [2, 4, 3, 0]]])
    unknown = np.array([[5.0, 1, 0], [0, 2, 1]])
    log_odds, bands = np.array([0.3, -0.4]), np.array([[0.6, 0.3, 0.1], [0.1, 0.4, 0.5]])
    expected = 0.0
    for site, odds in enumerate(log_odds):
        chance = 1 / (1 + np.exp(-odds))
        for responded, share in enumerate((1 - chance, chance)):
            expected += (results[site, responded, :3] * np.log(share * bands[responded])).sum()
            expected += results[site, responded, 3] * np.log(share)
        expected += (unknown[site] * np.log((1 - chance) * bands[0] + chance * bands[1])).sum()
    found = response_log_likelihood(log_odds, np.log(bands), results, unknown)
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_drop_out_by_the_half_way_score_does_not_bias_response():
    """The likelihood is largest where weighting each half-way band by all who were in it puts the share (closed form).

    Leaving out who has no last score, of whom most stood badly half way, would say much more responded.
    """
    results = np.array([[[30.0, 25, 10, 0], [10, 35, 60, 0]]])
    unknown = np.array([[60.0, 20, 2]])
    share = results[0, 1, :3] / results[0, :, :3].sum(0)
    everybody = results[0, :, :3].sum(0) + unknown[0]
    expected = (share * everybody).sum() / everybody.sum()

    jax, jnp = load("jax"), load("jax.numpy")

    def against(point):
        bands = point[1:].reshape(2, 3)
        logs = bands - jnp.log(jnp.exp(bands).sum(1, keepdims=True))
        return -response_log_likelihood(point[:1], logs, results, unknown) + 1e-6 * (bands.sum(1) ** 2).sum()

    best = optimize.minimize(jax.jit(jax.value_and_grad(against)), np.zeros(7), jac=True, method="BFGS").x
    assert 1 / (1 + np.exp(-best[0])) == pytest.approx(expected, abs=1e-3)
    complete = results[0, 1].sum() / results[0].sum()
    assert complete - expected > 0.08


def test_how_the_sampler_looks_at_clinics_changes_no_result(tallies):
    """Two points that mean the same have densities that differ by the change of volume alone."""
    data = data_of(tallies, course_priors())
    plain = {**data, "known": np.zeros_like(data["known"])}
    point = np.random.Generator(np.random.Philox(2)).standard_normal(dimensions(3)) * 0.4
    draws, sites = natural_draws(point, plain)
    spread = np.array([draws[name] for name in ("response_site_sd", "relapse_site_sd", "session_cost_site_sd")])
    other = point.copy()
    seen = other[-9:].reshape(3, 3)
    moved = np.array([draws["response_logit"] - data["priors"][0, 0], 0, np.log(draws["session_cost"])])
    moved[2] -= data["priors"][7, 0]
    known = data["known"]
    deviations = np.array([sites[what] for what in ("response", "relapse", "cost")])
    seen[:] = deviations / spread[:, None] ** (1 - known) + known * moved[:, None]
    same, same_sites = natural_draws(other, data)
    for name, value in draws.items():
        assert float(same[name]) == pytest.approx(float(value)), name
    assert same_sites["cost"] == pytest.approx(sites["cost"])
    volume = (known * np.log(spread)[:, None]).sum()
    density = load("jax").jit(log_posterior)
    assert float(density(other, data)) == pytest.approx(float(density(point, plain)) - volume, abs=1e-8)


def test_rows_that_fill_up_weigh_nothing(tallies):
    priors = course_priors()
    point = np.zeros(dimensions(3))
    density = load("jax").jit(log_posterior)
    whole = float(density(point, data_of(tallies, priors)))
    assert float(density(point, data_of(tallies, priors, rows=500))) == pytest.approx(whole, rel=1e-12)


def test_slope_of_the_density_is_a_number_everywhere(tallies):
    slope = load("jax").jit(load("jax").grad(log_posterior))
    data = data_of(tallies, course_priors(), rows=200)
    for seed in range(20):
        point = np.random.Generator(np.random.Philox(seed)).standard_normal(dimensions(3)) * 2
        assert np.isfinite(np.asarray(slope(point, data))).all()
