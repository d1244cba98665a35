"""A plan brought to life on real areas of one health body: it opens as staff allows, and reaches who it says."""

from dataclasses import replace

import numpy as np
import pytest

from glimmer.evidence.access.need import need
from glimmer.evidence.access.tables import read_areas, read_sites
from glimmer.evidence.access.travel import proxy
from glimmer.evidence.capacity import BadPlan, Clinic, Pathway
from glimmer.evidence.capacity.national import national
from tests.support.shared_data import shared_data

YEARS = (6.0, 12.0, 18.0)


@pytest.fixture(scope="module")
def devon():
    """The areas and sites of one English health body, and the first six of its sites as a plan."""
    areas, sites = read_areas(shared_data("geo", "areas_uk.parquet")), read_sites(shared_data("geo", "sites_uk.csv.gz"))
    body = areas.health_body[np.flatnonzero(areas.district == "Exeter")[0]] if "Exeter" in areas.district else (
        areas.health_body[0]
    )  # fmt: skip
    areas = areas.part(np.flatnonzero(areas.health_body == body))
    sites = sites.part(np.flatnonzero(sites.health_body == body))
    return areas, sites, proxy(areas, sites)


def served(devon, **how):
    areas, sites, travel = devon
    asked = {"staff": 6.0, "workforce": YEARS, "within": 45.0, "draws": 20, "seed": 2} | how
    return national(areas, sites, travel, range(6), Clinic.example(), Pathway.from_protocol(months=None), **asked)


def test_clinics_open_as_staff_allows_and_each_reaches_more(devon):
    found = served(devon)
    rows = found.by_year()
    assert [row["clinics open"] for row in rows] == [1, 2, 3]
    assert [row["staff"] for row in rows] == list(YEARS)
    assert (np.diff(found.reach, axis=1) >= 0).all()
    assert rows[2]["places"]["mean"] == pytest.approx(3 * rows[0]["places"]["mean"], rel=0.02)
    assert all(row["referred"]["low"] <= row["referred"]["mean"] <= row["referred"]["high"] for row in rows)
    assert len(found.answer()["not opened"]) == 3


def test_reach_is_that_of_the_open_clinics(devon):
    areas, sites, travel = devon
    found = served(devon)
    open_at_the_end = [one.place for one in found.opened.openings]
    near = travel.minutes[:, open_at_the_end].min(axis=1) <= 45
    people = need(areas, 20, 2).people()
    sure = national(areas, sites, replace(travel, error_common=0.0, error_own=0.0), range(6), Clinic.example(),
                    Pathway.from_protocol(months=None), staff=6.0, workforce=YEARS, within=45.0, draws=20,
                    seed=2)  # fmt: skip
    assert sure.reach[:, 2] == pytest.approx(people[:, near].sum(axis=1) / people.sum(axis=1))
    # The estimate's own error widens it: a plan is not surer than its minutes.
    assert np.ptp(found.reach[:, 2]) > 5 * np.ptp(sure.reach[:, 2])


def test_nations_add_up_to_the_whole_and_so_do_fifths(devon):
    found = served(devon)
    said = found.answer()
    [whole] = said["nations"]
    assert whole["group"] == devon[0].nation[0]
    assert [row["clinics open"] for row in whole["years"]] == [row["clinics open"] for row in said["years"]]
    reach = whole["years"][-1]["in need within reach"]
    assert reach == pytest.approx(said["years"][-1]["in need within reach"])
    assert whole["started"]["mean"] == pytest.approx(found.run.weekly("started").sum(axis=1).mean())
    assert sum(row["started"]["mean"] for row in said["network"]["groups"]) == pytest.approx(whole["started"]["mean"])


def test_funnel_narrows_from_adults_to_whoever_is_kept_well_each_step_by_its_own_draws(devon):
    found = served(devon)
    rows = found.answer()["funnel"]
    counts = [row["count"]["mean"] for row in rows]
    assert counts[0] == pytest.approx(devon[0].adults.sum())
    assert counts[:-1] == sorted(counts[:-1], reverse=True)
    # By hand, from the run: the last year's starts, and who is in maintenance in its last week.
    starts = found.run.weekly("started")[:, -52:].sum(axis=1)
    assert rows[7]["count"]["mean"] == pytest.approx(starts.mean())
    assert rows[9]["count"]["mean"] == pytest.approx(found.run.weekly("maintained")[:, -1].mean())
    # Guidance: 3.35 % depressed, 30 % of them resistant, about half of those could be treated.
    assert rows[1]["of those before"]["mean"] == pytest.approx(0.0335, rel=0.05)
    assert rows[2]["count"]["mean"] == pytest.approx(found.steps[2].count.mean())
    assert 0.15 < rows[2]["of those before"]["mean"] < 0.5
    assert all(row["count"]["low"] <= row["count"]["mean"] <= row["count"]["high"] for row in rows)


def test_who_turns_to_another_than_the_nearest_clinic_is_counted(devon):
    crowded = served(devon).run.weekly("went further").sum(axis=1)
    joined = served(devon).run.weekly("joined").sum(axis=1)
    assert (crowded <= joined).all()
    assert crowded.sum() > 0
    alone = served(devon, workforce=(6.0, 6.0)).run.weekly("went further")
    assert alone.sum() == 0


def test_an_open_clinic_comes_first_and_too_few_staff_are_said(devon):
    assert served(devon, first=[4]).opened.openings[0].place == 4
    with pytest.raises(BadPlan, match="In year 1 there are 5 staff, but the clinics that are open need 6"):
        served(devon, first=[4], workforce=(5.0, 9.0))
