"""The whole answer: page, data, files and scenario say the same, with labels and intervals, small numbers hidden."""

import json
import re
from dataclasses import fields

import numpy as np
import polars
import pytest

from glimmer.evidence.access.bodies import COARSE, body_areas
from glimmer.evidence.access.outputs import area_rows, geojson, tables, write_csv
from glimmer.evidence.access.report import ATTRIBUTION, BadQuestion, Question, answer_to, as_data
from glimmer.evidence.access.report_page import in_text
from glimmer.evidence.access.scenario import BadScenario, rerun, save
from glimmer.evidence.access.scenario_question import FIELDS
from glimmer.evidence.access.suppress import threshold
from glimmer.evidence.access.travel import PROXY_LABEL

SMALL_ADULTS = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A country of 90 areas, some of very few people, and 12 sites."""
    path, chance = tmp_path_factory.mktemp("tables"), np.random.default_rng(11)
    size = 90
    polars.DataFrame(
        {
            "code": [f"A{row:03}" for row in range(size)],
            "name": [f"Place {row}" for row in range(size)],
            "lat": chance.uniform(51, 53.5, size),
            "lon": chance.uniform(-3, 0, size),
            "adults": [SMALL_ADULTS if row % 4 == 0 else int(chance.integers(900, 9000)) for row in range(size)],
            "health_body": [f"B{row % 3}" for row in range(size)],
            "nation": ["England" if row % 3 else "Wales" for row in range(size)],
            "imd_pct": chance.uniform(0.01, 1, size),
            "rural": ["Rural" if row % 5 == 0 else "Urban" for row in range(size)],
        }
    ).write_csv(path / "areas.csv")
    polars.DataFrame(
        {
            "code": [f"S{row:02}" for row in range(12)],
            "name": [f"Site {row}" for row in range(12)],
            "lat": chance.uniform(51, 53.5, 12),
            "lon": chance.uniform(-3, 0, 12),
            "health_body": [f"B{row % 3}" for row in range(12)],
        }
    ).write_csv(path / "sites.csv")
    return path


@pytest.fixture(scope="module")
def question(folder):
    return Question(clinics=4, areas=folder / "areas.csv", sites=folder / "sites.csv", draws=30, floor=1)


@pytest.fixture(scope="module")
def answer(question):
    return answer_to(question)


@pytest.fixture(scope="module")
def coarse():
    return answer_to(Question(clinics=6, draws=20))


def spreads_in(data):
    """Every mean of the data with its bounds."""
    if isinstance(data, dict):
        if "mean" in data:
            yield data
        for value in data.values():
            yield from spreads_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from spreads_in(value)


def test_every_mean_that_is_said_has_an_interval(answer):
    found = list(spreads_in(as_data(answer)))
    assert len(found) > 100
    assert all(one["low"] <= one["high"] for one in found)


def test_the_plan_obeys_the_floor_and_states_its_bound(answer):
    data = as_data(answer)
    assert len(data["plan"]["sites"]) == 4
    assert {one["health body"] for one in data["plan"]["sites"]} == {"B0", "B1", "B2"}
    assert data["plan"]["bound"] <= data["plan"]["objective"] + 1e-9


def test_catchments_hold_everybody_once(answer):
    assert sum(one.adults for one in answer.catchments) == answer.areas.adults.sum()
    total = sum(one.in_need.mean for one in answer.catchments)
    assert total == pytest.approx(answer.measures.group("all", "all").in_need.mean)
    # The mean way of all is the mean of the catchments' ways, where each draw is weighed alike: hence roughly.
    way = sum(one.in_need.mean * one.minutes.mean for one in answer.catchments) / total
    assert way == pytest.approx(answer.measures.group("all", "all").minutes.mean, rel=0.02)


def test_the_page_says_the_answer_first(answer):
    page = in_text(as_data(answer))
    assert page.index("WHO IS NEAR") < page.index("WHO IS LEFT OUT") < page.index("WHICH SITES")
    assert PROXY_LABEL in page
    assert "Proven: no plan does better by this aim and these estimated minutes" in page
    assert "reached" not in page.lower()
    assert ATTRIBUTION.split(".")[0] in " ".join(page.split())
    for line in page.splitlines():
        if "  mean way" in line or "within 60 minutes:" in line:
            assert re.search(r"\(.+ to .+\)", line), line


def test_near_stands_beside_the_places_there_are_in_the_first_lines(answer):
    page = in_text(as_data(answer))
    head = page[: page.index("WHO IS NEAR")]
    near = answer.measures.group("all", "all").within[60]
    assert f"Within 60 minutes of a clinic: {near.mean:.0%} ({near.low:.0%} to {near.high:.0%})" in head
    # 4 clinics that start 116 courses a year each, by who is in need: every clinic has somebody near in this country.
    places = np.mean(1000 * 4 * 116 / answer.need.total())
    assert answer.measures.indices["places_per_need"].mean == pytest.approx(places)
    assert f"places there: {places:.2f} (" in head


def test_every_nation_is_named_and_the_worst_first_whatever_the_size_of_its_areas(coarse):
    # Six clinics by the mean way leave Northern Ireland, whose bodies have the fewest adults, without one.
    data = as_data(coarse)
    page = in_text(data)
    left = page[page.index("WHO IS LEFT OUT") : page.index("WHO IS WITHIN")]
    nations = ["England", "Wales", "Scotland", "Northern Ireland"]
    share = {name: coarse.measures.group("nation", name).within[60].mean for name in nations}
    assert share["Northern Ireland"] == 0
    lines = [line.strip() for line in left.splitlines()]
    order = [name for line in lines for name in nations if line.startswith(f"{name} ") and "%" in line]
    assert sorted(order) == sorted(nations)
    assert [share[name] for name in order] == sorted(share.values())
    beyond = sum(one["adults"] for one in data["measures"]["beyond"]["places"] if one["nation"] == "Northern Ireland")
    assert beyond == coarse.measures.group("nation", "Northern Ireland").adults
    assert f"{beyond / 1e6:.3g} million adults beyond" in next(one for one in lines if one.startswith("Northern Irel"))
    named = lines[lines.index("Northern Ireland (5):") + 1 :][:4]
    irish = set(coarse.areas.code[coarse.areas.nation == "Northern Ireland"].tolist())
    assert {one.split()[0] for one in named} < irish


def test_the_page_of_whole_bodies_says_that_it_is_coarse_and_judges_no_fairness(coarse):
    page = in_text(as_data(coarse))
    assert COARSE in page
    assert "Not judged" in page
    assert "Slope index" not in page


def test_whole_bodies_are_ranked_within_their_nation():
    areas = body_areas()
    for nation in set(areas.nation.tolist()):
        inside = areas.nation == nation
        assert np.average(areas.imd_pct[inside], weights=areas.adults[inside]) == pytest.approx(0.5)


def test_no_small_number_leaves_by_any_table(answer):
    people = answer.need.central()
    assert np.any((people > 0.5) & (people < threshold() - 0.5)), "the country has small numbers to hide"
    rows = area_rows(answer)
    for row, count in zip(rows, people, strict=True):
        assert row["in need"] is None or row["in need"] == 0 or row["in need"] >= threshold()
        assert row["in need"] is None or row["in need"] == round(count)
    for key in ("health body", "clinic"):
        for group in {row[key] for row in rows}:
            inside = [at for at, row in enumerate(rows) if row[key] == group]
            hidden = [at for at in inside if rows[at]["in need"] is None]
            assert len(hidden) != 1, "the total of the group would give it away"
            if hidden:
                assert sum(round(people[at]) for at in hidden) >= threshold()


def test_every_csv_says_what_its_minutes_are_and_reads_back(answer, tmp_path):
    written = write_csv(answer, tmp_path)
    names = {path.stem for path in written}
    assert {"sites", "areas", "groups", "indices", "about"} <= names
    for path in written:
        if path.suffix == ".csv":
            assert set(polars.read_csv(path)["minutes are"].to_list()) == {PROXY_LABEL}
    areas = polars.read_csv(tmp_path / "areas.csv")
    assert areas["code"].to_list() == answer.areas.code.tolist()
    assert "hidden" in areas["in need"].to_list()
    assert ATTRIBUTION in (tmp_path / "about.txt").read_text()
    shares = polars.read_csv(tmp_path / "groups.csv")
    assert (shares["within 60 low"] <= shares["within 60 high"]).all()


def test_geojson_is_points_with_codes_and_nothing_that_is_no_json(answer):
    found = json.loads(json.dumps(geojson(answer), allow_nan=False))
    assert found["minutes are"] == [PROXY_LABEL]
    assert found["attribution"] == ATTRIBUTION
    clinics = [one for one in found["features"] if one["properties"]["what"] == "clinic"]
    areas = [one for one in found["features"] if one["properties"]["what"] == "area"]
    assert {one["properties"]["code"] for one in clinics} == set(as_data(answer)["open sites"])
    assert len(areas) == len(answer.areas)
    assert {one["properties"]["clinic"] for one in areas} <= {one["properties"]["code"] for one in clinics}
    for one in found["features"]:
        lon, lat = one["geometry"]["coordinates"]
        assert -3 <= lon <= 0
        assert 51 <= lat <= 53.5


def test_tables_without_rows_are_left_out(answer):
    assert "groups_without_car" not in tables(answer)


def test_a_scenario_gives_the_same_answer_to_the_bit(answer, tmp_path):
    save(answer, tmp_path / "plan.json")
    again = rerun(tmp_path / "plan.json")
    assert as_data(again) == as_data(answer)


def change(path, **parts):
    frozen = json.loads(path.read_text())
    path.write_text(json.dumps({**frozen, **parts}))


def test_a_scenario_that_does_not_hold_is_refused_in_words(folder, question, answer, tmp_path):
    path = tmp_path / "plan.json"
    for parts, says in (
        ({"glimmer": "0.0.1"}, "was saved by Glimmer 0.0.1"),
        ({"guidance": "0"}, "other figures of guidance"),
        ({"tables": {"areas": "0", "sites": "0"}}, "is not the one it was saved with"),
        ({"seal": "0"}, "the answer is another one"),
        ({"seal": ""}, "seal is missing, empty"),
        ({"seal": None}, "seal is missing, empty"),
        ({"question seal": ""}, "question seal is missing, empty"),
        ({"question seal": "0"}, "the question was changed"),
        ({"tables": []}, "tables is missing, empty or of another form"),
        ({"question": 5}, "question is missing, empty or of another form"),
        ({"kind": "a letter"}, "is no scenario"),
        ({"kind": "glimmer access scenario 1"}, "of an older Glimmer"),
        ({"question": {}}, "lacks or has too much"),
    ):
        save(answer, path)
        change(path, **parts)
        with pytest.raises(BadScenario, match=says):
            rerun(path)
    path.write_text("{")
    with pytest.raises(BadScenario, match="not JSON"):
        rerun(path)
    with pytest.raises(BadScenario, match="cannot be read"):
        rerun(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("clinics", "two", "field clinics of the question is 'two'. Expected a whole number"),
        ("clinics", True, "field clinics"),
        ("clinics", 2.5, "field clinics"),
        ("clinics", 5, "the question was changed"),
        ("areas", 5, "field areas of the question is 5. Expected the path"),
        ("sites", "", "field sites"),
        ("travel", ["a"], "field travel"),
        ("without_car", 1, "field without_car"),
        ("people", 1, "field people"),
        ("mode", None, "field mode"),
        ("objective", ["median"], "field objective"),
        ("objective", "cover", "the question was changed"),
        ("within", "x", "field within"),
        ("keep", "S01", "field keep of the question is 'S01'. Expected a list of texts"),
        ("forbidden", [1], "field forbidden"),
        ("kinds", None, "field kinds"),
        ("struck", ["S01"], "field struck"),
        ("floor", -1, "field floor"),
        ("equity", "much", "field equity"),
        ("equity", float("inf"), "field equity"),
        ("route", "x", "field route of the question is 'x'. Expected one of survey, register"),
        ("draws", "x", "field draws"),
        ("draws", 1, "field draws"),
        ("seed", -1, "field seed"),
        ("seed", 2, "the question was changed"),
        ("seconds", 0, "field seconds"),
        ("seconds", 61.0, "the question was changed"),
    ],
)
def test_question_that_was_edited_by_hand_is_refused_with_its_field(answer, tmp_path, field, value, says):
    path = tmp_path / "plan.json"
    save(answer, path)
    change(path, question={**json.loads(path.read_text())["question"], field: value})
    with pytest.raises(BadScenario) as told:
        rerun(path)
    assert says in str(told.value)


def test_every_field_of_a_question_is_looked_at():
    assert set(FIELDS) == {one.name for one in fields(Question)}


def test_one_adult_more_in_a_table_is_noticed(folder, answer, tmp_path):
    path, areas = tmp_path / "plan.json", folder / "areas.csv"
    save(answer, path)
    before = areas.read_text()
    try:
        areas.write_text(before.replace(f",{SMALL_ADULTS},", f",{SMALL_ADULTS + 1},", 1))
        with pytest.raises(BadScenario, match="table of areas"):
            rerun(path)
        areas.unlink()
        with pytest.raises(BadScenario, match="not there"):
            rerun(path)
    finally:
        areas.write_text(before)


def test_people_without_a_car_are_measured_by_their_own_table(folder, tmp_path, question):
    rows = [{"area": f"A{row:03}", "site": f"S{site:02}", "minutes": 80.0} for row in range(90) for site in range(12)]
    polars.DataFrame(rows).write_csv(tmp_path / "bus.csv")
    found = answer_to(
        Question(
            clinics=4, areas=question.areas, sites=question.sites, draws=5, floor=1, without_car=tmp_path / "bus.csv"
        )
    )
    assert found.without_car is not None
    assert found.without_car.group("all", "all").within[60].mean == 0
    assert found.without_car.group("all", "all").within[90].mean == 1
    assert "without a car: within 90 minutes: 100% (100% to 100%)" in in_text(as_data(found))


def test_questions_that_have_no_answer_are_refused(folder):
    with pytest.raises(BadQuestion, match="sites"):
        Question(clinics=2, areas=folder / "areas.csv")
    with pytest.raises(BadQuestion, match="interval"):
        Question(clinics=2, draws=1)
    with pytest.raises(BadQuestion, match="travel"):
        Question(clinics=2, travel=folder / "sites.csv")
