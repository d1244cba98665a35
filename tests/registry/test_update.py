"""The registry update as a whole: against posteriors by quadrature, the same by seed, and with effects out of reach."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from glimmer.registry.courses import courses_of
from glimmer.registry.evidence import course_priors, effects
from glimmer.registry.parameters import PARAMETERS, Role, names_of
from glimmer.registry.posterior import BadPosterior, Posterior, load_posterior, save_posterior
from glimmer.registry.rows import MARK, BadRegistry, registry_of
from glimmer.registry.simulated import simulate_registry, truth_by_evidence
from glimmer.registry.summary import one_page
from glimmer.registry.tallies import tallies_of
from glimmer.registry.update import LENGTH, relapsed_by, update

# Of another length the steps would be compiled anew; fewer draws alone cost nothing.
SHORT = replace(LENGTH, draws=250)
MONTE_CARLO = 0.12
"""How far a mean of draws may lie from the exact one, in standard deviations of the posterior: 400 effective draws are
0.05, and more than twice that is a fault."""


def test_draws_have_every_name_and_belong_together(posterior):
    assert set(posterior.draws) == {one.name for one in PARAMETERS}
    assert {values.shape for values in posterior.draws.values()} == {(2000,)}
    scale, association = (
        posterior.draws[name] for name in ("relapse_scale_days", "maintenance_association_log_hazard_ratio")
    )
    # Who relapses late without maintenance leaves less for maintenance to explain: the two move together.
    assert abs(np.corrcoef(np.log(scale), association)[0, 1]) > 0.3


def test_chains_agree(posterior):
    rows = posterior.tables["diagnostics"]
    assert [row for row in rows if not row["good"]] == []
    assert "The chains agree" in one_page(posterior)


def test_staff_minutes_are_those_of_a_posterior_by_quadrature(registry, posterior):
    """Two numbers and a likelihood of SciPy's on a grid: the mean and the variation of a gamma distribution."""
    values = registry.rows.filter(pl.col("kind") == "staff_minutes")["value"].to_numpy()
    prior = course_priors()["staff_minutes"]
    means, variations = np.exp(np.linspace(4.70, 4.87, 81)), np.linspace(0.27, 0.35, 61)
    log = np.array([[stats.gamma.logpdf(values, v**-2, scale=mean * v**2).sum() for v in variations] for mean in means])
    log += stats.norm.logpdf(np.log(means), prior.mean, prior.sd)[:, None]
    # The grid is even in the variation, whose logarithm is normal beforehand.
    log += stats.lognorm.logpdf(variations, 0.5, scale=0.3)[None]
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    for name, grid, share in (("staff_minutes", means, weight.sum(1)), ("staff_minutes_cv", variations, weight.sum(0))):
        mean = (grid * share).sum()
        sd = np.sqrt(((grid - mean) ** 2 * share).sum())
        assert posterior.draws[name].mean() == pytest.approx(mean, abs=MONTE_CARLO * sd), name
        assert posterior.draws[name].std() == pytest.approx(sd, rel=0.1), name


def test_response_is_that_of_a_posterior_by_quadrature(registry, posterior):
    """Mean and spread of clinics on a grid; each clinic's own effect by Gauss-Hermite; the missing by their bands.

    The half-way shares are put at what the known results say, which at 200 courses moves the mean by little.
    """
    tallies = tallies_of(registry, courses_of(registry))
    seen = tallies.results[:, :, :3].sum(0)
    bands = (seen + 1) / (seen + 1).sum(1, keepdims=True)
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    middle, spread = np.linspace(-1.2, 1.2, 97), np.linspace(0.005, 2.0, 80)
    prior = course_priors()["response_logit"]
    log = stats.norm.logpdf(middle, prior.mean, prior.sd)[:, None] + stats.halfnorm.logpdf(spread, scale=0.5)[None]
    for site in range(len(tallies.sites)):
        share = 1 / (1 + np.exp(-(middle[:, None, None] + spread[None, :, None] * nodes)))
        known = tallies.results[site].sum(1)
        each = known[1] * np.log(share) + known[0] * np.log1p(-share)
        for band, count in enumerate(tallies.unknown[site]):
            each += count * np.log(share * bands[1, band] + (1 - share) * bands[0, band])
        highest = each.max(-1, keepdims=True)
        log += highest[..., 0] + np.log((np.exp(each - highest) * weights).sum(-1))
    weight = np.exp(log - log.max())
    share = weight.sum(1) / weight.sum()
    mean = (middle * share).sum()
    sd = np.sqrt(((middle - mean) ** 2 * share).sum())
    assert posterior.draws["response_logit"].mean() == pytest.approx(mean, abs=2 * MONTE_CARLO * sd)
    assert posterior.draws["response_logit"].std() == pytest.approx(sd, rel=0.15)


def test_effects_keep_their_prior_whatever_the_registry_says(registry, posterior):
    """In one registry half respond and in the other nobody does; the effects over a comparator do not move."""
    rows = registry.rows.with_columns(
        pl.when((pl.col("kind") == "phq9") & (pl.col("day") > 10)).then(27.0).otherwise(pl.col("value")).alias("value")
    )
    hopeless = update(
        registry_of(rows.with_columns(pl.lit(True).alias(MARK))), seed=1, length=SHORT, with_scenarios=False
    )
    assert hopeless.draws["response_logit"].mean() < posterior.draws["response_logit"].mean() - 0.3
    for name in names_of(Role.EFFECT):
        prior = effects()[name]
        for one in (posterior, hopeless):
            assert stats.kstest(one.draws[name], stats.norm(prior.mean, prior.sd).cdf).pvalue > 0.001, name
            for course in names_of(Role.COURSE, Role.ASSOCIATION):
                assert abs(np.corrcoef(one.draws[name], one.draws[course])[0, 1]) < 0.15, (name, course)


def test_the_same_seed_gives_the_same_draws_and_another_others(registry):
    first, again, other = (update(registry, seed=seed, length=SHORT, with_scenarios=False) for seed in (3, 3, 4))
    assert all(np.array_equal(first.draws[name], again.draws[name]) for name in first.draws)
    assert not np.array_equal(first.draws["response_logit"], other.draws["response_logit"])
    assert first.draws["response_logit"].mean() == pytest.approx(other.draws["response_logit"].mean(), abs=0.06)


def test_a_prior_without_weight_is_worth_less(registry, posterior):
    without = update(registry, seed=1, weights=0.0, length=SHORT, with_scenarios=False)
    for name in ("response_logit", "relapse_scale_days", "session_cost", "utility_severe"):
        worth = {
            which: next(row for row in one.tables["information"] if row["name"] == name)
            for which, one in (("with", posterior), ("without", without))
        }
        assert worth["without"]["registry_share"] > worth["with"]["registry_share"], name
        assert worth["without"]["prior_is_worth"] < worth["with"]["prior_is_worth"], name
        assert (worth["without"]["sources"], bool(worth["with"]["sources"])) == ([], True)


def test_the_worse_the_missing_fare_the_worse_the_outlook(posterior):
    rows = posterior.tables["missing"]
    relapse = [row["relapse_within_365_days"]["mean"] for row in rows]
    assert relapse == sorted(relapse)
    assert relapse[-1] > relapse[0] + 5
    responses = [row["response"]["mean"] for row in rows[:3]]
    assert responses == sorted(responses, reverse=True)


def test_a_clinic_is_drawn_from_what_it_saw_towards_the_others(posterior):
    typical = 100 / (1 + np.exp(-posterior.draws["response_logit"].mean()))
    for row in posterior.tables["sites"]:
        away, seen = row["response"]["mean"] - typical, row["response_seen"] - typical
        assert abs(away) < max(abs(seen), 2), row["site"]


def test_a_new_clinic_is_less_certain_than_the_typical_one(posterior):
    new = posterior.for_a_new_clinic(seed=9)
    for name in ("response_logit", "session_cost", "relapse_scale_days"):
        assert np.log(np.abs(new[name])).std() > 0
        assert new[name].std() > posterior.draws[name].std(), name
    within = posterior.draws["response_logit"].var() + (posterior.draws["response_site_sd"] ** 2).mean()
    assert new["response_logit"].var() == pytest.approx(within, rel=0.15)
    assert np.array_equal(new["relapse_shape"], posterior.draws["relapse_shape"])
    assert np.median(relapsed_by(new, 365)) == pytest.approx(np.median(relapsed_by(posterior.draws, 365)), abs=0.04)


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_a_posterior_comes_back_from_its_file_with_its_mark(posterior, tmp_path, ending):
    path = tmp_path / f"draws.{ending}"
    save_posterior(posterior, path)
    found = load_posterior(path)
    assert all(np.array_equal(found.draws[name], values) for name, values in posterior.draws.items())
    assert found.provenance == json.loads(json.dumps(posterior.provenance))
    assert found.simulated
    assert one_page(found) == one_page(posterior)


def test_a_file_that_holds_no_posterior_is_refused_in_words(posterior, tmp_path):
    for name, content, says in (
        ("a.json", "{}", "holds no posterior"),
        ("b.json", '{"draws": {}, "format": "x"}', "is not in the format"),
        ("c.npz", "nothing", "holds no posterior"),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(BadPosterior, match=says):
            load_posterior(tmp_path / name)
    with pytest.raises(BadPosterior, match="There is no file"):
        load_posterior(tmp_path / "d.json")
    with pytest.raises(BadPosterior, match=r"neither \.json nor \.npz"):
        save_posterior(posterior, tmp_path / "e.txt")


def test_what_was_made_up_is_said_first_and_last(posterior):
    page = one_page(posterior).splitlines()
    assert page[0].startswith("SIMULATED")
    assert page[-1] == page[0]
    assert posterior.as_json()["says"] == posterior.provenance["mark"] == "SIMULATED"
    real = Posterior(posterior.draws, {**posterior.provenance, "simulated": False}, posterior.tables)
    assert "SIMULATED" not in one_page(real)
    assert "without a comparison group" in one_page(real)


def test_provenance_says_from_what_and_by_what(registry, posterior):
    said = posterior.provenance
    assert (said["registry_digest"], said["seed"], said["sites"]) == (registry.digest, 1, list(registry.sites))
    assert set(said["versions"]) >= {"glimmer", "numpyro", "jax", "numpy", "polars", "python"}


def test_too_few_results_are_refused():
    few = simulate_registry(1, truth_by_evidence(), sites=1, courses_a_site=6)
    with pytest.raises(BadRegistry, match="an update needs at least 10"):
        update(few, seed=1)
