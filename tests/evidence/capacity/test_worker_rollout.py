"""The roll-out for its page: the engine's own figures with intervals, on the health bodies that come with Glimmer."""

import json

import pytest

from glimmer.evidence.capacity import worker_rollout
from glimmer.evidence.capacity.worker import work
from glimmer.vocabulary.problems import BadInput

ASKED = {
    "question": "rollout", "folder": "", "where": "uk", "clinics": 4.0, "staff": 6.0, "workforce": 6.0,
    "more_a_year": 6.0, "years": 3.0, "within": 60.0, "chairs": 3.0, "nurses": 2.0, "doctors": 1.0,
    "interval_days": 28.0, "months": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(worker_rollout, "DRAWS", 10)


def asked(**other):
    heard = []
    said = work({**ASKED, **other}, lambda done, of: heard.append(done / of))
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    return said


def test_clinics_open_as_staff_allows_and_every_figure_has_its_interval():
    said = asked()
    assert [row["clinics"] for row in said["years"]] == [1, 2, 3]
    assert [row["workforce"] for row in said["years"]] == [6, 12, 18]
    assert said["left"] == 1
    names = ("reach", "referred", "started", "again", "further", "beyond", "gave_up", "waiting", "maintained")
    for row in said["years"]:
        assert all(row[name][1] <= row[name][0] <= row[name][2] for name in names)
    assert said["coarse"]
    mean, low, high = said["years"][-1]["started"]
    assert f"3 clinics start {mean:,.0f} people a year ({low:,.0f} to {high:,.0f})" in said["title"]


def test_nations_share_the_clinics_and_the_starts_of_the_whole():
    said = asked()
    assert {row["name"] for row in said["nations"]} == {"England", "Scotland", "Wales", "Northern Ireland"}
    for year, row in enumerate(said["years"]):
        assert sum(one["clinics"][year] for one in said["nations"]) == row["clinics"]
    started = sum(row["started"][0] for row in said["years"])
    assert sum(row["started"][0] for row in said["nations"]) == pytest.approx(started)
    assert sum(row["started"][0] for row in said["fifths"]) == pytest.approx(started)


def test_maintenance_that_ends_keeps_fewer_and_lets_more_start():
    for_ever, year = asked(chairs=1.0), asked(chairs=1.0, months=6.0)
    kept = [said["years"][-1]["maintained"][0] for said in (for_ever, year)]
    starts = [said["years"][-1]["started"][0] for said in (for_ever, year)]
    assert kept[1] < kept[0]
    assert starts[1] > starts[0]
    assert "after 6 months" in year["says"][0]


def test_one_nation_is_planned_by_itself_and_mistakes_are_said_in_words():
    said = asked(where="Scotland", clinics=2.0)
    assert [row["name"] for row in said["nations"]] == ["Scotland"]
    with pytest.raises(BadInput, match="no such part of the country"):
        work({**ASKED, "where": "Atlantis"}, lambda done, of: None)
    with pytest.raises(BadInput, match="clinics"):
        work({**ASKED, "where": "Wales", "clinics": 99.0}, lambda done, of: None)
