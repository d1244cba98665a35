"""A network from the clinic's own priors, and the order in which its clinics open."""

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from glimmer.evidence.capacity import BadPlan, Clinic, Pathway
from glimmer.evidence.capacity.network import Demand, Place, course_weeks, run_network, sessions_a_week
from glimmer.evidence.capacity.rollout import roll_out

PLACES = (Place("A", "Ashwell", 40.0), Place("B", "Brook", 25.0))
MINUTES = np.array([[10.0, 50.0], [40.0, 20.0], [90.0, np.inf], [np.inf, 500.0]])
A_YEAR = np.array([120.0, 80.0, 20.0, 5.0])


@pytest.fixture(scope="module")
def pathway():
    return Pathway.from_protocol(months=None)


def demand(**other) -> Demand:
    return Demand(**({"a_year": A_YEAR, "minutes": MINUTES, "minutes_source": "made up for this test",
                          "groups": ("rich", "poor", "poor", "poor")} | other))  # fmt: skip


def test_any_number_of_workers_gives_the_same_bits(pathway):
    one, many = (run_network(PLACES, demand(), pathway, years=2, draws=12, seed=3, workers=n) for n in (1, 16))
    assert np.array_equal(one.series, many.series)
    assert np.array_equal(one.by_place, many.by_place)
    assert np.array_equal(one.by_group, many.by_group)
    few = run_network(PLACES, demand(), pathway, years=2, draws=12, seed=4)
    assert not np.array_equal(one.series, few.series)


def test_answer_gives_an_interval_to_every_figure_and_names_who_is_beyond_reach(pathway):
    answer = run_network(PLACES, demand(), pathway, years=3, draws=40, seed=1).answer()
    assert answer["minutes"] == "made up for this test"
    referred = answer["per year"]["referred"]
    assert referred["low"] < A_YEAR.sum() < referred["high"]
    groups = {row["group"]: row for row in answer["groups"]}
    assert groups["rich"]["beyond reach"]["mean"] == 0
    # Of the poor, the five a year of the last area of 105 have no clinic in reach, as far as they are treated at all.
    assert 0 < groups["poor"]["beyond reach"]["low"] < groups["poor"]["beyond reach"]["mean"] < 5 / 105
    assert groups["rich"]["minutes each way"]["mean"] < groups["poor"]["minutes each way"]["mean"]
    for place in answer["places"]:
        for name in ("started", "weeks to start", "share within target", "use"):
            assert place[name]["low"] <= place[name]["mean"] <= place[name]["high"]
    assert all(0 < place["use"]["mean"] <= 1.2 for place in answer["places"])


def test_more_sessions_start_more_people_sooner_in_every_draw(pathway):
    more = tuple(replace(one, sessions_a_week=2 * one.sessions_a_week) for one in PLACES)
    few, many = (run_network(some, demand(), pathway, years=4, draws=20, seed=5) for some in (PLACES, more))
    assert np.array_equal(few.weekly("referred"), many.weekly("referred"))
    assert (few.weekly("started").sum(axis=1) <= many.weekly("started").sum(axis=1)).all()
    waits = [one.by_place[:, :, 2].sum(axis=1) / one.weekly("started").sum(axis=1) for one in (few, many)]
    assert (waits[0] >= waits[1]).all()


def test_a_clinics_own_calendar_says_how_many_sessions_it_holds(pathway):
    clinic = Clinic.example()
    full = sessions_a_week(clinic, pathway, in_use=1.0)
    assert sessions_a_week(clinic.with_chairs(0), pathway) == 0
    assert full <= sessions_a_week(clinic.with_chairs(clinic.chairs + 1), pathway, in_use=1.0)
    assert sessions_a_week(clinic, pathway, in_use=0.5) == pytest.approx(full / 2)
    # Open hours of an ordinary week bound it from above: chairs x hours over the shorter session.
    open_minutes = sum(
        hours.closes - hours.opens
        for day in range(11, 18)
        if (hours := clinic.hours_on(date(2027, 1, day))) is not None
    )
    shortest = min(pathway.course.chair_minutes, pathway.maintenance.chair_minutes)
    assert 0 < full <= clinic.chairs * open_minutes / shortest


def test_a_course_takes_its_protocols_weeks(pathway):
    assert course_weeks(pathway) == round((sum(itertools.islice(itertools.cycle(pathway.course_days),
                                                                pathway.course_sessions - 1)) + 1) / 7)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"a_year": np.array([1.0, 2.0])}, r"Demand has the shape \(2,\), but must be \(4,\)"),
        ({"a_year": np.array([1.0, 2.0, -1.0, 0.0])}, "not a number or below 0"),
        ({"minutes": MINUTES[:, :1]}, r"must be \(areas, 2 places\)"),
        ({"groups": ("one",)}, "1 groups were given for 4 areas"),
        ({"growth": np.ones(3)}, "Growth is given for 3 weeks"),
    ],
)
def test_tables_that_do_not_belong_together_are_refused(pathway, change, says):
    with pytest.raises(BadPlan, match=says):
        run_network(PLACES, demand(**change), pathway, years=1, draws=2)


# Roll-out

SPOTS = tuple(Place(name, name, 30.0) for name in "ABC")
WAYS = np.array([[10.0, 200.0, 60.0], [200.0, 15.0, 60.0], [200.0, 20.0, 25.0], [200.0, 200.0, 40.0]])
NEED = np.array([100.0, 50.0, 40.0, 30.0])


def test_next_to_open_is_who_newly_reaches_most_for_its_staff():
    found = roll_out(SPOTS, (5.0, 5.0, 5.0), (5.0, 15.0), WAYS, NEED, within=45)
    # A reaches 100, B 90, C 70; once B is open, C newly reaches 30 only.
    assert [(one.code, one.year, one.reached) for one in found.openings] == [("A", 0, 100), ("B", 1, 90), ("C", 1, 30)]
    assert found.used == (5.0, 15.0)
    dear = roll_out(SPOTS, (10.0, 5.0, 5.0), (5.0, 10.0), WAYS, NEED, within=45)
    assert [one.code for one in dear.openings] == ["B", "C"]
    assert dear.left == (0,)


def test_clinics_that_stand_are_kept_and_the_ceiling_is_never_passed():
    found = roll_out(SPOTS, (5.0, 5.0, 5.0), (5.0, 9.9, 10.0), WAYS, NEED, within=45, first=(2,))
    assert [(one.code, one.year) for one in found.openings] == [("C", 0), ("A", 2)]
    assert all(used <= most for used, most in zip(found.used, found.ceiling, strict=True))
    with pytest.raises(BadPlan, match="In year 2 there are 3 staff, but the clinics that are open need 5"):
        roll_out(SPOTS, (5.0, 5.0, 5.0), (5.0, 3.0), WAYS, NEED, within=45)


def test_a_roll_out_runs_as_a_network(pathway):
    found = roll_out(SPOTS, (5.0, 5.0, 5.0), (5.0, 10.0), WAYS, NEED, within=45)
    places = found.places(SPOTS)
    assert [one.opens for one in places] == [0, 52, 0]
    assert places[2].sessions_a_week == 0
    demand = Demand(NEED, WAYS, "made up for this test")
    run = run_network(places, demand, pathway, years=2, draws=5, choice={"week_in_minutes": 0.0})
    assert run.by_place[:, 2, 1].sum() == 0
    assert (run.weekly("started")[:, :52].sum(axis=1) < run.weekly("started")[:, 52:].sum(axis=1)).all()
