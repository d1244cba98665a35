"""What the process of the page says of a plan: the engine's own figures with intervals, on bodies or real tables."""

import json
import re

import numpy as np
import pytest

from glimmer.evidence.access import worker
from glimmer.evidence.access.bodies import body_areas, body_sites
from glimmer.evidence.access.need import need
from glimmer.evidence.access.problem import pose
from glimmer.evidence.access.solve import solve
from glimmer.evidence.access.travel import proxy
from glimmer.evidence.access.worker import work
from glimmer.evidence.access.worker_tables import ATTRIBUTION, hexagons, short_names, tables_in
from glimmer.guidance.access import health_bodies
from glimmer.vocabulary.problems import BadInput
from tests.support.shared_data import shared_data

ASKED = {
    "do": "solve", "objective": "median", "where": "uk", "sites": [], "keep": [], "front": False, "clinics": 5.0,
    "within": 60.0, "equity": 1.0, "floor": 0.0, "folder": "", "kinds": [], "struck": {},
    "before": [],
}  # fmt: skip


def asked(**other):
    said = work({**ASKED, **other}, lambda done, of: None)
    # What crosses to the page is plain data, without a number that JSON does not know.
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    return said


def open_codes(said):
    return [one["code"] for one in said["sites"] if one["is_open"]]


def test_plan_is_the_engines_own_and_every_figure_has_its_interval():
    said = asked()
    areas, sites = body_areas(), body_sites()
    plan = solve(pose(areas, sites, proxy(areas, sites), clinics=5, need=need(areas, 200, 1).central()), seed=1)
    assert sorted(open_codes(said)) == sorted(plan.codes)
    assert all(low <= mean <= high for mean, low, high in (row["value"] for row in said["figures"]))
    assert all(low < high for _, low, high in (row["value"] for row in said["figures"]))
    assert "proven" in said["proof"]


def test_whole_bodies_are_said_to_be_coarse_and_minutes_to_be_estimated():
    said = asked()
    assert "no plan should be made by it" in said["coarse"]
    assert said["is_proxy"]
    assert said["label"] == "Minutes are estimated from distance, not timetables"
    assert said["attribution"] == ATTRIBUTION
    assert len(said["areas"]["lat"]) == len(health_bodies()) == len(said["hexes"]) == 68


def test_ticked_sites_are_worked_out_as_they_are_and_one_more_never_makes_it_worse():
    best = open_codes(asked())
    fewer, more = (asked(do="sites", sites=some) for some in (best[:-1], best))
    assert open_codes(fewer) == best[:-1]
    minutes = [np.array([np.inf if one is None else one for one in said["areas"]["minutes"]]) for said in (fewer, more)]
    assert (minutes[1] <= minutes[0]).all()
    assert "Nothing was searched for" in fewer["proof"]


def test_kept_site_stays_in_the_plan():
    assert "S08000026" in open_codes(asked(keep=["S08000026"]))


def test_struck_site_is_neither_open_nor_listed_and_its_reason_is_told():
    first = open_codes(asked())[0]
    said = asked(struck={first: "no room for recovery"})
    assert first not in [one["code"] for one in said["sites"]]
    assert [(one["code"], one["reason"]) for one in said["candidates"]["struck"]] == [(first, "no room for recovery")]
    assert said["candidates"]["used"] == said["candidates"]["found"] - 1


def test_kinds_of_a_real_table_are_counted_and_only_those_asked_for_are_used():
    said = asked(folder=str(shared_data("geo")), where="E54000008", clinics=3.0, kinds=["mental_health_trust"])
    assert {one["kind"] for one in said["sites"]} == {"mental_health_trust"}
    counted = {one["kind"]: (one["found"], one["used"]) for one in said["candidates"]["kinds"]}
    assert counted["mental_health_trust"] == (425, 425)
    assert counted["acute_trust_hospital"] == (375, 0)


def test_coverage_grows_with_clinics_and_has_an_interval_at_each_number():
    said = asked(front=True, where="Scotland", clinics=4.0)["coverage"]
    assert [one["clinics"] for one in said] == [2, 3, 4, 6, 8]
    average = [one["average"][0] for one in said]
    assert average == sorted(average, reverse=True)
    assert all(low <= mean <= high for mean, low, high in (one["within"] for one in said))
    assert said[-1]["within"][0] > said[0]["within"][0]
    assert asked(where="Scotland", clinics=4.0)["coverage"] is None


def test_change_against_the_plan_before_is_told_by_place_and_by_group():
    best = open_codes(asked())
    said = asked(do="sites", sites=best[:-1], before=best)
    everybody = said["change"]["groups"][0]
    assert everybody["name"] == "All"
    assert everybody["less"][0] == pytest.approx(everybody["after"][0] - everybody["before"][0])
    assert everybody["less"][0] > 0
    assert all(one is None or one >= 0 for one in said["change"]["areas"])
    assert asked(do="sites", sites=best)["change"] is None


def test_hatched_are_the_most_deprived_fifth_beyond_an_hour():
    said = asked()
    areas = body_areas()
    minutes = [np.inf if one is None else one for one in said["areas"]["minutes"]]
    wanted = [row for row in range(68) if areas.imd_decile[row] <= 2 and minutes[row] > 60]
    assert said["hatched"] == wanted
    assert wanted, "somebody has to be hatched"
    bodies = {one["code"] for one in said["hexes"] if one["is_hatched"]}
    assert bodies == {areas.health_body[row] for row in wanted}


def test_part_of_the_country_holds_its_own_places_alone():
    said = asked(where="Wales", clinics=2.0)
    assert said["where"] == "Wales"
    assert len(said["areas"]["lat"]) == len(said["hexes"]) == 7
    assert min(one["row"] for one in said["hexes"]) <= 1
    assert min(one["column"] for one in said["hexes"]) == 0


def test_who_is_left_out_is_named_nation_by_nation_from_the_most_adults_down_and_is_really_beyond():
    said = asked()
    nations = list(dict.fromkeys(row["nation"] for row in said["left_out"]))
    # Nobody in Northern Ireland is within an hour of these five, and no other nation is left out whole.
    assert nations[0] == "Northern Ireland"
    assert set(nations) == {"England", "Wales", "Scotland", "Northern Ireland"}
    for nation in nations:
        adults = [int(row["adults"].replace(",", "")) for row in said["left_out"] if row["nation"] == nation]
        assert adults == sorted(adults, reverse=True)
        assert len(adults) <= 4
    assert all(row["minutes"] is None or row["minutes"][0] > 60 for row in said["left_out"])
    assert all(row["minutes"] is None or row["minutes"][1] < row["minutes"][0] < row["minutes"][2]
               for row in said["left_out"])  # fmt: skip


def test_no_plan_of_the_front_is_beaten_by_another_and_each_names_its_sites():
    front = asked(front=True, where="Scotland", clinics=4.0)["front"]
    for one in front:
        assert len(one["sites"]) == one["clinics"]
        mine = (one["clinics"], one["average"][0], one["worst"][0])
        others = [(two["clinics"], two["average"][0], two["worst"][0]) for two in front if two is not one]
        assert one["is_here"] or not any(
            all(a <= b for a, b in zip(other, mine, strict=True)) and other != mine for other in others
        )
    assert [one["is_here"] for one in front].count(True) == 1


@pytest.mark.parametrize("do", ["solve", "sites"])
def test_every_plan_of_the_front_holds_what_must_stay_and_the_floor(do):
    worker._FRONTS.clear()
    kept, bodies = "S08000026", [one.code for one in health_bodies() if one.nation == "Scotland"]
    own = {"sites": sorted(bodies)} if do == "sites" else {}
    front = asked(do=do, front=True, where="Scotland", clinics=4.0, keep=[kept], **own)["front"]
    assert len(front) > 2
    assert all(kept in one["sites"] for one in front)
    # With a floor of one each, no plan has fewer clinics than there are bodies.
    floored = asked(do="solve", front=True, where="Scotland", clinics=float(len(bodies)), floor=1.0)["front"]
    assert all(sorted(one["sites"]) == sorted(bodies) for one in floored)


def test_first_sentences_say_how_many_are_near_beside_the_places_and_name_every_nation():
    said = asked()
    first, nations = said["says"]
    people = need(body_areas(), 200, 1).total()
    assert f"places for {np.mean(1000 * 5 * 116 / people):.2f} (" in first
    assert all(name in nations for name in ("England", "Wales", "Scotland", "Northern Ireland"))
    shares = [float(one) for one in re.findall(r"(\d+) % \(", nations)]
    assert shares == sorted(shares)
    assert "by these estimated minutes" in said["proof"]


def test_counts_of_people_claim_three_figures_and_no_more():
    said = asked()
    counts = [row["value"] for row in said["figures"] if row["unit"] == "people"]
    counts += [one["people"] for one in said["sites"] if one["people"]]
    assert len(counts) == 7
    assert all(one == float(f"{one:.3g}") for three in counts for one in three)
    assert re.search(r"\d,\d00,000 \(", said["left_out_says"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"do": "sites", "sites": ["<b>"]}, "There is no row with the code"),
        ({"where": "Atlantis"}, "no such part of the country"),
        ({"where": "Wales", "clinics": 60.0}, "60 clinics are asked for"),
        ({"within": 50.0}, "30, 45, 60, 90 minutes"),
        ({"floor": 1.0}, "5 clinics are too few"),
        ({"kinds": ["castle"]}, "No site is of the kind castle"),
        ({"struck": {"S08000026": ""}}, "without a reason"),
        ({"struck": {"S08000026": "sold"}, "keep": ["S08000026"]}, "S08000026 was struck .sold"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_words(wrong, words):
    with pytest.raises(BadInput, match=words):
        asked(**wrong)


def test_folder_without_tables_is_refused_in_words(tmp_path):
    with pytest.raises(BadInput, match="holds no file areas"):
        asked(folder=str(tmp_path))


def test_hexagons_are_cells_of_their_own_and_keep_north_above_south():
    cells = hexagons()
    assert len({(column, row) for _, _, column, row in cells}) == len(cells) == 68
    lat = {one.code: one.lat for one in health_bodies()}
    rows = np.array([row for *_, row in cells])
    assert np.corrcoef(rows, [lat[code] for code, *_ in cells])[0, 1] < -0.9
    assert len(set(short_names().values())) == 68
    assert all(1 <= len(one) <= 7 for one in short_names().values())


def test_folder_of_real_tables_plans_one_health_body_with_its_outline():
    folder = str(shared_data("geo"))
    tables = tables_in(folder)
    assert {where for where, _ in tables.places} >= {"uk", "England", "Wales", "E54000008"}
    said = asked(folder=folder, where="E54000008", clinics=3.0)
    assert said["coarse"] == ""
    assert len(open_codes(said)) == 3
    assert len(said["outlines"]) >= 1
    assert {row["name"] for group in said["groups"] for row in group["rows"]} >= {"Rural", "Urban", "1, most deprived"}
