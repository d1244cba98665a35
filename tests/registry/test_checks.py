"""What looks odd is told, what does not is not, and who is missing is put where a scenario puts them."""

import numpy as np
import polars as pl
import pytest

from glimmer.registry.checks import checks, compared
from glimmer.registry.courses import courses_of
from glimmer.registry.diagnostics import diagnostics, information, verdict
from glimmer.registry.evidence import course_priors
from glimmer.registry.missing import AS_MODELLED, Scenario, lost_relapsed, response_of_missing, scenarios, under
from glimmer.registry.simulated import simulate_registry, truth_by_evidence
from glimmer.registry.tallies import tallies_of

TRUTH = truth_by_evidence().with_values(
    **dict.fromkeys(("response_site_sd", "relapse_site_sd", "session_cost_site_sd"), 1e-9)
)


@pytest.fixture(scope="module")
def registry():
    return simulate_registry(21, TRUTH, sites=2, courses_a_site=300)


@pytest.fixture(scope="module")
def tallies(registry):
    return tallies_of(registry, courses_of(registry))


def looked_at(registry, tallies, **values):
    """Check a registry against draws that all are the truth, but for what is changed."""
    at = {**TRUTH.values, **values}
    draws = {name: np.full(500, value) for name, value in at.items()}
    draws["half_way"] = np.tile([[0.65, 0.30, 0.05], [0.1, 0.35, 0.55]], (500, 1, 1))
    sites = {what: np.zeros((500, 2)) for what in ("response", "relapse", "cost")}
    return {row["name"]: row for row in checks(registry, tallies, draws, sites, seed=2)}


def test_a_registry_of_the_model_looks_like_it(registry, tallies):
    rows = looked_at(registry, tallies)
    assert len(rows) == 2 + 4 + 1 + 4
    # Of eleven looks at the odds of one in ten, more than four odd ones come once in two hundred registries.
    assert sum(not row["fits"] for row in rows.values()) <= 4


def test_a_constant_hazard_is_found_out_by_when_people_relapse(registry, tallies):
    """As many relapses in a year as the truth has, but spread evenly: few early ones are expected, and many late."""
    shape, scale = TRUTH.values["relapse_shape"], TRUTH.values["relapse_scale_days"]
    even = 365 / (365 / scale) ** shape
    rows = looked_at(registry, tallies, relapse_shape=1.0, relapse_scale_days=even)
    early, late = rows["relapses from day 0 to 28"], rows["relapses from day 182 to 364"]
    assert (early["fits"], late["fits"]) == (False, False)
    assert early["seen"] > early["to"]
    assert late["seen"] < late["from"]


def test_costs_of_two_kinds_are_found_out(registry, tallies):
    rows = registry.rows.with_columns(
        pl.when((pl.col("kind") == "session") & (pl.col("day") == 0))
        .then(900.0)
        .otherwise(pl.col("value"))
        .alias("value")
    )
    strange = type(registry)(rows, True, "")
    found = looked_at(strange, tallies_of(strange, courses_of(strange)))
    assert not found["cost that 5 % of sessions exceed"]["fits"]


def test_ties_count_half_on_either_side():
    row = compared("n", "people", 3.0, np.array([2.0, 3, 3, 4]))
    assert (row["chance"], row["fits"]) == (0.5, True)
    assert compared("n", "people", 9.0, np.array([2.0, 3, 3, 4]))["fits"] is False


def test_lost_people_are_split_and_none_is_won_or_lost(tallies):
    rows = tallies.relapse
    split = lost_relapsed(rows, 0.25)
    lost = (rows["weight"] * rows["lost"]).sum()
    assert split["weight"].sum() == pytest.approx(rows["weight"].sum())
    before = rows["weight"][np.isfinite(rows["ill_by"])].sum()
    assert split["weight"][np.isfinite(split["ill_by"])].sum() == pytest.approx(before + 0.25 * lost)
    assert {len(lost_relapsed(rows, share)["weight"]) for share in (0.0, 0.5, 1.0)} == {len(split["weight"])}


def test_missing_people_join_the_results_with_the_odds_that_are_assumed(tallies):
    as_others = under(tallies, Scenario(0.0, 1.0))
    nobody = under(tallies, Scenario(0.0, 0.0))
    for one in (as_others, nobody):
        assert one.results.sum() == pytest.approx(tallies.results.sum() + tallies.unknown.sum())
        assert one.unknown.sum() == 0
    assert nobody.results[:, 1].sum() == tallies.results[:, 1].sum()
    seen = tallies.results[:, :, :3].sum(0)
    assert response_of_missing(tallies, 1.0) == pytest.approx(seen[1] / seen.sum(0), abs=0.03)
    assert under(tallies, AS_MODELLED).unknown.sum() == tallies.unknown.sum()


def test_scenarios_say_what_they_assume():
    assert [one.lost_relapsed for one in scenarios()] == [0.25, 0.5, 1.0]
    assert scenarios()[1].in_words.endswith("nobody without a last score responded")


def test_chains_that_disagree_are_named():
    chance = np.random.Generator(np.random.Philox(4))
    good = chance.standard_normal((4, 500))
    apart = good + np.arange(4)[:, None]
    rows = diagnostics({"fine": good, "apart": apart}, np.zeros((4, 500), bool))
    assert "apart" in verdict(rows)
    assert "fine" not in verdict(rows)
    diverged = np.zeros((4, 500), bool)
    diverged[2, 3] = True
    assert verdict(diagnostics({"fine": good}, diverged)).startswith("NOT TO BE USED YET: steps that diverged")


def test_prior_is_worth_as_many_people_as_a_beta_prior_says():
    """Beta(30, 20) before and 150 people after: a and b add up to what the prior is worth, 50 people."""
    chance = np.random.Generator(np.random.Philox(5))
    before, after = chance.beta(30, 20, 400_000), chance.beta(30 + 90, 20 + 60, 400_000)
    standard = (after - before.mean()) / before.std()
    name = "response_logit"
    row = information(course_priors(), {name: standard}, {name: (150, "courses")})[0]
    assert row["prior_is_worth"] == pytest.approx(50, rel=0.03)
    assert row["registry_share"] == pytest.approx(0.75, abs=0.01)
    nothing = information(course_priors(), {name: chance.standard_normal(2000)}, {name: (0, "courses")})[0]
    assert (nothing["prior_is_worth"], nothing["registry_share"]) == (None, 0.0)
