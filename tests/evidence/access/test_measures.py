"""What is measured of a plan: against plain loops, with an interval always, and nations never compared."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glimmer.evidence.access import measures as measured
from glimmer.evidence.access.measures import BadMeasures, limits, measures, nearest
from glimmer.evidence.access.need import need, priors
from glimmer.evidence.access.tables import Areas, read_areas, read_sites
from glimmer.evidence.access.travel import Travel, proxy
from glimmer.evidence.economics.inputs import Fixed
from tests.support.shared_data import shared_data

KNOWN = {name: Fixed(one.mean) for name, one in priors().single.items()}


def country(size=60, seed=1) -> Areas:
    chance = np.random.default_rng(seed)
    nation = np.array(["England", "Wales", "Northern Ireland"])[np.arange(size) % 3]
    return Areas(
        code=np.array([f"A{row:03}" for row in range(size)]),
        name=np.array([f"Place {row}" for row in range(size)]),
        lat=chance.uniform(51, 54, size),
        lon=chance.uniform(-4, 0, size),
        adults=chance.integers(300, 9000, size).astype(float),
        health_body=np.array([f"{one[0]}{row % 2}" for row, one in enumerate(nation)]),
        nation=nation,
        district=np.full(size, ""),
        imd_pct=chance.uniform(0, 1, size),
        imd_decile=chance.integers(1, 11, size),
        rural=np.where(nation == "Northern Ireland", -1, chance.integers(0, 2, size)),
        extra={},
    )


def ways(areas: Areas, sites=8, **errors) -> Travel:
    minutes = np.random.default_rng(2).uniform(3, 260, (len(areas), sites)).astype(np.float32)
    return Travel(minutes, "car", "test", bool(errors), "a label", **errors)


CHOSEN = [6, 1, 4]


@pytest.fixture
def areas():
    return country()


@pytest.fixture
def certain(areas):
    """Nothing is unsure: every draw is the same, and equals what loops over the areas say."""
    return measures(areas, ways(areas), CHOSEN, need(areas, 2, 1, own=KNOWN))


def test_groups_equal_loops_over_their_areas(areas, certain):
    people, minutes = need(areas, 2, 1, own=KNOWN).people()[0], ways(areas).minutes
    labels = {
        "all": lambda row: "all",
        "nation": lambda row: areas.nation[row],
        "tenth": lambda row: str(areas.imd_decile[row]),
        "nation and tenth": lambda row: f"{areas.nation[row]} {areas.imd_decile[row]}",
        "rurality": lambda row: {1: "rural", 0: "urban", -1: "not said"}[areas.rural[row]],
        "health body": lambda row: areas.health_body[row],
    }
    assert {one.breakdown for one in certain.groups} == set(labels)
    for group in certain.groups:
        rows = [row for row in range(len(areas)) if labels[group.breakdown](row) == group.name]
        best = {row: min(float(minutes[row, site]) for site in CHOSEN) for row in rows}
        total = sum(people[row] for row in rows)
        assert group.adults == sum(areas.adults[row] for row in rows)
        assert group.in_need.mean == pytest.approx(total)
        assert group.minutes.mean == pytest.approx(sum(people[row] * best[row] for row in rows) / total)
        for limit in limits():
            within = sum(people[row] for row in rows if best[row] <= limit) / total
            assert group.within[limit].mean == pytest.approx(within)


def test_the_gap_is_between_the_ends(certain):
    for gap in certain.gaps:
        breakdown = "tenth" if gap.first == "1" else "rurality"
        first, second = (certain.group(breakdown, name).within[gap.limit].mean for name in (gap.first, gap.second))
        assert gap.absolute.mean == pytest.approx(first - second)
        assert gap.ratio is None if second == 0 else gap.ratio.mean == pytest.approx(first / second)


def test_who_is_beyond_reach_is_named_the_largest_first(areas, certain):
    best = ways(areas).minutes[:, CHOSEN].min(axis=1)
    expected = sorted((row for row in range(len(areas)) if best[row] > 90), key=lambda row: -areas.adults[row])
    assert [one.name for one in certain.beyond.places] == [f"Place {row}" for row in expected]
    assert certain.beyond.adults.mean == sum(areas.adults[row] for row in expected)


def test_ranks_of_nations_are_never_compared(areas):
    """Another index for Wales in the same order changes nothing at all."""
    people = need(areas, 3, 1)
    wales = areas.nation == "Wales"
    other = replace(areas, imd_pct=np.where(wales, areas.imd_pct**3 / 7, areas.imd_pct))
    one, two = (measures(held, ways(areas), CHOSEN, need(held, 3, 1)) for held in (areas, other))
    assert one.indices == two.indices
    assert np.array_equal(people.people(), need(other, 3, 1).people())


def test_doubt_about_travel_widens_every_interval_of_minutes(areas):
    people = need(areas, 60, 1)
    sure = measures(areas, ways(areas), CHOSEN, people)
    unsure = measures(areas, ways(areas, error_common=0.15, error_own=0.25), CHOSEN, people)
    for one, other in zip(sure.groups, unsure.groups, strict=True):
        assert other.minutes.high - other.minutes.low > one.minutes.high - one.minutes.low
    assert sure.group("all", "all").in_need == unsure.group("all", "all").in_need


def test_a_common_error_moves_all_minutes_by_its_size():
    areas = country(30)
    near = replace(ways(areas, error_common=0.2), minutes=np.full((30, 8), 20, np.float32))
    found = measures(areas, near, CHOSEN, need(areas, 2000, 1, own=KNOWN), level=0.95)
    minutes = found.group("all", "all").minutes
    assert minutes.low == pytest.approx(20 * np.exp(-1.96 * 0.2), rel=0.06)
    assert minutes.high == pytest.approx(20 * np.exp(1.96 * 0.2), rel=0.06)


def test_every_figure_has_an_interval(areas):
    found = measures(areas, ways(areas, error_common=0.1), CHOSEN, need(areas, 20, 1))
    spreads = [*found.indices.values(), found.beyond.adults]
    spreads += [one for group in found.groups for one in (group.in_need, group.minutes, *group.within.values())]
    assert all(one.low is not None and one.low <= one.mean + 1e-9 and one.mean <= one.high + 1e-9 for one in spreads)


def test_a_plan_without_an_interval_is_refused(areas):
    with pytest.raises(BadMeasures, match="interval"):
        measures(areas, ways(areas), CHOSEN, need(areas, 1, 1))
    with pytest.raises(BadMeasures, match="No site"):
        measures(areas, ways(areas), [], need(areas, 2, 1))


def test_whoever_cannot_get_there_counts_as_the_longest_way_and_has_no_places(areas):
    travel = ways(areas)
    travel.minutes[areas.nation == "Northern Ireland"] = np.inf
    found = measures(areas, travel, CHOSEN, need(areas, 4, 1))
    group = found.group("nation", "Northern Ireland")
    assert group.minutes.mean == pytest.approx(360)
    assert group.within[90].mean == 0
    assert found.indices["atkinson_of_places_strong"].mean == 1


def test_the_order_of_the_chosen_and_the_block_of_draws_change_nothing(areas, monkeypatch):
    travel, people = ways(areas, error_common=0.1, error_own=0.2), need(areas, 30, 1)
    places = {6: 10.0, 1: 200.0, 4: 90.0}
    one = measures(areas, travel, CHOSEN, people, places=np.array([places[site] for site in CHOSEN]))
    monkeypatch.setattr(measured, "DRAWS_AT_ONCE", 7)
    back = sorted(CHOSEN)
    two = measures(areas, travel, back, people, places=np.array([places[site] for site in back]))
    assert one.groups == two.groups
    for name in one.indices:
        assert one.indices[name] == two.indices[name]


def test_twice_the_places_are_twice_the_places_and_no_fairer(areas):
    people, travel = need(areas, 5, 1), ways(areas)
    one, two = (measures(areas, travel, CHOSEN, people, places=np.full(3, size)).indices for size in (50.0, 100.0))
    assert two["places_per_need"].mean == pytest.approx(2 * one["places_per_need"].mean)
    assert two["gini_of_places"].mean == pytest.approx(one["gini_of_places"].mean)


def test_places_for_whom_everybody_reaches_are_divided_by_all_in_need(areas):
    travel = replace(ways(areas), minutes=np.full((len(areas), 8), 20, np.float32))
    people = need(areas, 2, 1, own=KNOWN)
    found = measures(areas, travel, CHOSEN, people, places=np.full(3, 116.0)).indices
    assert found["places_per_need"].mean == pytest.approx(1000 * 3 * 116 / people.total()[0])
    assert found["gini_of_places"].mean == pytest.approx(0, abs=1e-9)
    assert found["inequity_of_places"].mean == pytest.approx(0, abs=1e-9)


def test_nearest_of_two_alike_is_the_first(areas):
    travel = replace(ways(areas), minutes=np.full((len(areas), 8), 20, np.float32))
    assert set(nearest(travel, CHOSEN).site.tolist()) == {1}


def test_the_kingdom_is_measured_as_the_planners_facts_say():
    """50 sites of the real tables: rural people travel longer, and deprived people, being urban, do not."""
    path = Path(shared_data("geo"))
    areas, sites = read_areas(path / "areas_uk.parquet"), read_sites(path / "sites_uk.csv.gz")
    hospitals = np.flatnonzero(np.char.find(sites.kind, "mental_health") >= 0)
    chosen = hospitals[:: len(hospitals) // 50][:50]
    found = measures(areas, proxy(areas, sites), chosen.tolist(), need(areas, 20, 1))
    assert found.group("all", "all").adults == 53_024_500
    assert found.group("rurality", "rural").minutes.low > found.group("rurality", "urban").minutes.high
    assert found.indices["concentration_of_minutes"].low > 0
    assert found.label == "estimated from distance, not timetables"


def test_the_curve_of_minutes_bends_as_its_index_says_and_catchments_may_be_left_out(areas, certain):
    curve, index = certain.curves["concentration_of_minutes"], certain.indices["concentration_of_minutes"].mean
    # Twice the area between the diagonal and the curve is the index, within the thinning of the curve.
    assert 1 - 2 * np.trapezoid(curve.total, curve.people) == pytest.approx(index, abs=2e-3)
    quick = measures(areas, ways(areas), CHOSEN, need(areas, 2, 1, own=KNOWN), catchments=False)
    assert set(quick.curves) == {"concentration_of_minutes"}
    assert quick.indices == {name: one for name, one in certain.indices.items() if name in quick.indices}
    assert set(certain.indices) - set(quick.indices) == {
        name for name in certain.indices if name.endswith(("_of_places", "_mild", "_strong"))
    }
    assert quick.groups == certain.groups


def test_without_a_ranking_there_is_no_slope():
    areas = replace(country(12), imd_pct=np.full(12, 0.5))
    found = measures(areas, ways(areas), CHOSEN, need(areas, 2, 1))
    assert "slope_index" not in found.indices
    assert "gini_of_places" in found.indices
    assert set(found.curves) == {"lorenz_of_places"}


def test_a_composite_of_the_kingdom_is_a_group_only_where_its_column_is(areas, certain):
    assert "uk composite tenth" not in {one.breakdown for one in certain.groups}
    tenths = np.arange(len(areas)) % 10 + 1.0
    tenths[3] = np.nan
    held = replace(areas, extra={"uk_imd_decile": tenths})
    found = measures(held, ways(areas), CHOSEN, need(areas, 2, 1, own=KNOWN))
    adults = {one.name: one.adults for one in found.groups if one.breakdown == "uk composite tenth"}
    assert adults["10"] == areas.adults[9::10].sum()
    assert adults["not said"] == areas.adults[3]


def test_a_site_that_is_chosen_twice_is_refused(areas):
    with pytest.raises(BadMeasures, match="twice"):
        measures(areas, ways(areas), [1, 4, 1], need(areas, 2, 1))
