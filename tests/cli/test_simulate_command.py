"""`glimmer simulate`: a patient that can be drawn again, and published against simulated for people and programs."""

import json

import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.guidance import figures


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["simulate", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def test_calibration_is_a_table_of_published_against_simulated() -> None:
    code, says = run("calibration")
    assert (code, "Invented patients" in says, "TOO FAR" in says) == (0, True, False)
    assert "2,252 treatments" in says
    code, found = run("calibration", "--json")
    rows = json.loads(found)["rows"]
    assert [row["name"] for row in rows] == list(figures("virtual_published"))
    assert all(row["is_near"] for row in rows)


def test_what_is_too_far_is_named_and_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from glimmer.pharmacology.virtual import cohort

    monkeypatch.setattr(cohort, "effect_of", lambda level: level * 0)
    code, says = run("calibration")
    assert (code, "TOO FAR" in says, "Outside the tolerance: systolic_mean_at_peak" in says) == (1, True, True)


def test_session_is_the_same_for_the_same_seed() -> None:
    words = ("session", "--script", "faint", "--seed", "4", "--json")
    found = json.loads(run(*words)[1])
    assert found == json.loads(run(*words)[1])
    assert found["rows"] != json.loads(run(*words[:-2], "5", "--json")[1])["rows"]
    assert found["rows"][1]["pulse"] < 45
    assert found["rows"][0]["ng_per_ml"] == 0
    assert "ng_per_ml" in run("session")[1]


def test_unknown_script_is_refused_with_the_choice() -> None:
    code, says = run("session", "--script", "party")
    assert (code, "There is no script 'party'. There is: calm, hypertensive" in says) == (1, True)
    assert "faint" in run("scripts")[1]


def test_published_courses_stand_beside_simulated_ones() -> None:
    code, says = run("trajectories")
    assert (code, "TOO FAR" in says, "537 people" in says) == (0, False, True)
    assert [row["name"] for row in json.loads(run("trajectories", "--json")[1])["rows"]] == list(
        figures("moods_published")
    )


def test_courses_of_people_are_the_same_for_the_same_seed_and_leave_weeks_empty() -> None:
    words = ("course", "--people", "20", "--weeks", "30", "--json")
    found = json.loads(run(*words)[1])["people"]
    assert found == json.loads(run(*words)[1])["people"]
    totals = [total for person in found for total in person["totals"]]
    assert len(totals) == 600
    assert 60 < totals.count(None) < 300
    assert "Invented" in run("course")[1]
