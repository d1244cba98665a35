"""Places per person in need by floating catchments: against the two steps in plain loops, and PySAL where it is."""

import numpy as np
import pytest

from glimmer.evidence.access.floating import Zone, places_per_person, places_within_reach, zone_weights, zones

RINGS = (Zone(10, 1.0), Zone(20, 0.68), Zone(30, 0.22))


def weight_by_hand(minutes):
    return next((ring.weight for ring in RINGS if minutes <= ring.up_to), 0.0)


def two_steps_by_hand(minutes, need, places):
    areas, clinics = range(len(minutes)), range(len(places))
    ratio = []
    for clinic in clinics:
        around = sum(weight_by_hand(minutes[area][clinic]) * need[area] for area in areas)
        ratio.append(places[clinic] / around if around else 0.0)
    return [sum(weight_by_hand(minutes[area][clinic]) * ratio[clinic] for clinic in clinics) for area in areas]


@pytest.fixture
def country():
    chance = np.random.default_rng(5)
    return chance.uniform(0, 60, (80, 7)), chance.uniform(10, 900, (3, 80)), chance.uniform(5, 50, 7)


def test_both_steps_equal_plain_loops(country):
    minutes, need, places = country
    found = places_per_person(minutes, need, places, RINGS)
    for draw in range(len(need)):
        assert found[draw] == pytest.approx(two_steps_by_hand(minutes, need[draw], places))


def test_all_places_are_given_out(country):
    minutes, need, places = country
    assert (places_per_person(minutes, need, places, RINGS) * need).sum(axis=1) == pytest.approx(places.sum())


def test_whom_no_clinic_reaches_has_no_places(country):
    minutes, need, places = country
    minutes[4] = np.inf
    minutes[:, 2] = 31
    found = places_per_person(minutes, need, places, RINGS)
    assert np.all(found[:, 4] == 0)
    assert (found * need).sum(axis=1) == pytest.approx(places.sum() - places[2])


def test_the_end_of_a_zone_belongs_to_it():
    assert zone_weights(np.array([0, 10, 10.01, 30, 30.01, np.inf]), RINGS).tolist() == [1, 1, 0.68, 0.22, 0, 0]


def test_zones_that_do_not_rise_are_refused():
    with pytest.raises(ValueError, match="must rise"):
        zone_weights(np.ones(2), (Zone(20, 1.0), Zone(10, 0.5)))


def test_the_zones_of_guidance_count_the_near_more():
    weights = [ring.weight for ring in zones()]
    assert weights == sorted(weights, reverse=True)
    assert zones()[0].weight == 1


def test_pysal_says_the_same(country):
    fca = pytest.importorskip("access.fca", reason="PySAL access is not installed; the loops above are the check.")
    pandas = pytest.importorskip("pandas")
    minutes, need, places = country
    costs = pandas.DataFrame(
        [(a, c, minutes[a, c]) for a in range(len(minutes)) for c in range(len(places))], columns=["o", "d", "cost"]
    )
    areas, clinics = (pandas.Index(range(count), name="geoid") for count in (len(need[0]), len(places)))
    found = fca.two_stage_fca(
        pandas.DataFrame({"demand": need[0]}, index=areas),
        pandas.DataFrame({"supply": places}, index=clinics),
        costs,
        max_cost=31,
        weight_fn=weight_by_hand,
        cost_origin="o",
        cost_dest="d",
    )
    assert found.reindex(range(80)).fillna(0).to_numpy() == pytest.approx(
        places_per_person(minutes, need[0], places, RINGS)
    )


def test_places_that_are_shared_out_add_up_to_the_places_of_clinics_that_somebody_reaches():
    chance = np.random.default_rng(5)
    minutes, supply = chance.uniform(10, 400, (12, 5)), np.array([100.0, 50.0, 30.0, 20.0, 10.0])
    minutes[:, 4] = np.inf
    # The third clinic is at the edge: some draws reach it and some do not; in some draws its nearest are not in need.
    minutes[:, 2] = np.r_[88.0, 95.0, np.full(10, 300.0)]
    people = chance.uniform(1, 50, (40, 12)) * (chance.uniform(size=(40, 12)) > 0.1)
    stretch = chance.uniform(0.9, 1.2, (40, 12))
    shared = (places_per_person(minutes, people, supply, stretch=stretch) * people).sum(axis=1)
    found = places_within_reach(minutes, people, supply, stretch=stretch)
    assert found == pytest.approx(shared)
    assert len(set(np.rint(found).tolist())) > 1
