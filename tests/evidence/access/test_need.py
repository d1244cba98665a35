"""People in need: two routes agree, nations keep their totals, and the priors are what the sources say."""

import math
from types import SimpleNamespace

import numpy as np
import polars
import pytest

from glimmer.evidence.access.need import ROUTES, names, need, shown_priors
from glimmer.evidence.economics.inputs import Fixed
from glimmer.guidance.access import parameter
from tests.support.shared_data import shared_data


@pytest.fixture
def areas():
    chance = np.random.default_rng(7)
    return SimpleNamespace(
        adults=chance.integers(500, 9000, 60).astype(float),
        nation=np.repeat(["England", "Wales", "Scotland"], 20),
        imd_pct=chance.uniform(0, 1, 60),
    )


@pytest.fixture(scope="module")
def kingdom():
    table = polars.read_parquet(shared_data("geo", "areas_uk.parquet"))
    return SimpleNamespace(
        adults=table["adults"].to_numpy().astype(float),
        nation=table["country"].to_numpy(),
        imd_pct=table["imd_pct"].to_numpy(),
        imd_decile=table["imd_decile"].to_numpy(),
    )


@pytest.mark.parametrize("route", ROUTES)
def test_each_route_leads_to_about_half_a_million_adults(kingdom, route):
    found = need(kingdom, 400, 1, route)
    assert found.central().sum() == pytest.approx(0.5e6, rel=0.1)
    assert np.median(found.total()) == pytest.approx(0.5e6, rel=0.1)


def test_the_default_route_is_as_wide_as_is_believed(kingdom):
    low, high = np.quantile(need(kingdom, 4000, 1).total(), [0.025, 0.975])
    assert (low, high) == (pytest.approx(0.3e6, rel=0.1), pytest.approx(1.0e6, rel=0.1))


def test_need_rises_with_deprivation_between_what_the_two_sources_say(kingdom):
    found = need(kingdom, 200, 1)
    england = kingdom.nation == "England"
    per_adult = found.people() / kingdom.adults
    tenths = [
        np.average(per_adult[:, england & (kingdom.imd_decile == one)], axis=1,
                   weights=kingdom.adults[england & (kingdom.imd_decile == one)])
        for one in (1, 10)
    ]  # fmt: skip
    ratio = tenths[0] / tenths[1]
    assert ratio.min() > 13.75 / 10.69 * 0.98
    # APMS: 26 % and 16 % in the fifths, which lie 0.8 of the ranking apart; tenths lie 0.9 apart.
    assert ratio.max() < (26 / 16) ** (0.9 / 0.8) * 1.02


def test_a_nation_keeps_its_total_whatever_the_gradient(areas):
    found = need(areas, 20, 3)
    for nation in set(areas.nation):
        inside = areas.nation == nation
        assert found.people()[:, inside].sum(axis=1) == pytest.approx(found.rate * areas.adults[inside].sum())


def test_without_a_gradient_need_is_a_share_of_adults(areas):
    own = {"deprivation_gradient": Fixed(0.0), "depressed_share": Fixed(0.04), "resistant_share": Fixed(0.3)}
    assert need(areas, 2, 1, own=own).people()[1] == pytest.approx(0.012 * areas.adults)


def test_two_areas_at_the_ends_differ_by_the_gradient_times_their_distance():
    areas = SimpleNamespace(adults=np.array([1e3, 1e3]), nation=np.array(["Wales"] * 2), imd_pct=np.array([0.1, 0.9]))
    people = need(areas, 1, 1, own={"deprivation_gradient": Fixed(0.44)}).people()[0]
    assert people[0] / people[1] == pytest.approx(math.exp(0.44 * 0.5))


def test_some_draws_are_those_of_all(areas):
    found = need(areas, 30, 9)
    assert np.array_equal(found.people(10, 20), found.people()[10:20])
    assert np.array_equal(need(areas, 10, 9).people(), found.people()[:10])
    assert not np.array_equal(need(areas, 10, 8).people(), found.people()[:10])


def test_the_gradient_of_guidance_follows_from_its_sources():
    spread = parameter("deprivation_gradient").spread
    assert spread["low"] == pytest.approx(math.log(13.75 / 10.69) / 0.9, abs=0.005)
    assert spread["high"] == pytest.approx(math.log(26 / 16) / 0.8, abs=0.005)


def test_the_register_of_the_data_lies_in_its_prior():
    table = polars.read_csv(shared_data("geo", "qof_depression_lad_2019_20.csv"))
    prevalence = table["register"].sum() / table["list"].sum()
    spread = parameter("register_share").spread
    assert round(prevalence, 3) == spread["low"]


def test_every_prior_is_shown_with_its_mark():
    shown = {one["name"]: one for one in shown_priors()}
    assert set(shown) == set(names())
    for name in ("eligible_share", "referred_in_a_year", "accepting_share"):
        assert shown[name]["mark"] == "proposal"
        assert shown[name]["low"] < shown[name]["value"] < shown[name]["high"]


def test_what_there_is_not_is_named(areas):
    with pytest.raises(KeyError, match="There is: survey, register"):
        need(areas, 2, 1, "guess")
    with pytest.raises(KeyError, match="Need has no luck"):
        need(areas, 2, 1, own={"luck": Fixed(1)})
