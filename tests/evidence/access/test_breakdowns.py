"""Who is reached among groups of people: by loops over areas, and what is missing is said."""

from dataclasses import replace

import numpy as np
import polars
import pytest

from glimmer.evidence.access.breakdowns import breakdowns, missing, with_people
from glimmer.evidence.access.measures import measures
from glimmer.evidence.access.need import need
from glimmer.evidence.access.tables import BadTable
from tests.evidence.access.test_measures import CHOSEN, KNOWN, country, ways

SIZE = 60


@pytest.fixture
def areas():
    plain = country(SIZE)
    chance = np.random.default_rng(8)
    young = np.floor(plain.adults * chance.uniform(0.1, 0.5, SIZE))
    told = np.where(np.arange(SIZE) < 50, young, np.nan)
    rest = np.where(np.arange(SIZE) < 50, plain.adults - young, np.nan)
    return replace(plain, extra={"age_18 to 34": told, "age_35 and over": rest})


def test_share_within_reach_of_a_group_equals_a_loop_over_areas(areas):
    found = measures(areas, ways(areas), CHOSEN, need(areas, 2, 1, own=KNOWN))
    people, minutes = need(areas, 2, 1, own=KNOWN).people()[0], ways(areas).minutes
    near, all_in, adults = 0.0, 0.0, 0.0
    for row in range(50):
        share = areas.extra["age_18 to 34"][row] / areas.adults[row]
        all_in += people[row] * share
        near += people[row] * share * (min(minutes[row, site] for site in CHOSEN) <= 60)
        adults += areas.extra["age_18 to 34"][row]
    group = found.group("age", "18 to 34")
    assert group.within[60].mean == pytest.approx(near / all_in)
    assert group.in_need.mean == pytest.approx(all_in)
    assert group.adults == round(adults)


def test_groups_with_those_who_are_not_said_hold_everybody_once(areas):
    found = measures(areas, ways(areas), CHOSEN, need(areas, 2, 1, own=KNOWN))
    groups = [one for one in found.groups if one.breakdown == "age"]
    assert [one.name for one in groups] == ["18 to 34", "35 and over", "not said"]
    assert sum(one.adults for one in groups) == pytest.approx(areas.adults.sum(), abs=2)
    assert sum(one.in_need.mean for one in groups) == pytest.approx(found.group("all", "all").in_need.mean)


def test_what_is_missing_is_said_and_not_dropped(areas):
    said = " ".join(missing(areas))
    silent = areas.adults[50:].sum() / areas.adults.sum()
    assert f"By age: not said for {silent:.1%} of adults." in said
    for called in ("sex", "ethnicity", "cars in the household"):
        assert f"By {called}: not known." in said
    assert "Northern Ireland" in said
    assert measures(areas, ways(areas), CHOSEN, need(areas, 2, 1, own=KNOWN)).missing == missing(areas)


def test_a_table_of_people_gives_the_same_groups_as_columns(areas, tmp_path):
    rows = [
        {"area": areas.code[row], "breakdown": "age", "group": column[4:], "adults": values[row]}
        for column, values in areas.extra.items()
        for row in range(50)
    ]
    rows.append({"area": "elsewhere", "breakdown": "age", "group": "18 to 34", "adults": 5.0})
    polars.DataFrame(rows).write_csv(tmp_path / "people.csv")
    read = with_people(replace(areas, extra={}), tmp_path / "people.csv")
    for name in areas.extra:
        np.testing.assert_array_equal(read.extra[name], areas.extra[name])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("A000,age,old,5\nA000,age,old,6\n", "each group of an area once"),
        ("A000,faith,old,5\n", "one of age, sex, ethnicity, cars"),
        ("X1,age,old,5\n", "no row is for one of these areas"),
        ("A000,age,old,-1\n", "at least 0"),
    ],
)
def test_a_table_of_people_that_cannot_be_is_refused(areas, tmp_path, rows, words):
    path = tmp_path / "people.csv"
    path.write_text("area,breakdown,group,adults\n" + rows)
    with pytest.raises(BadTable, match=words):
        with_people(areas, path)


def test_more_people_in_groups_than_adults_are_refused_with_the_area(areas):
    wrong = np.full(SIZE, 10.0)
    wrong[7] = 2 * areas.adults[7] + 50
    with pytest.raises(BadTable, match=rf"cars_… hold .* people for {areas.code[7]}"):
        breakdowns(replace(areas, extra={"cars_none": wrong}))
    with pytest.raises(BadTable, match="holds texts"):
        breakdowns(replace(areas, extra={"sex_women": np.full(SIZE, "many")}))
