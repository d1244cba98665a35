"""`glimmer evidence capacity`: the page and the JSON say the same, and what is wrong is said in words."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app

SMALL = ["evidence", "capacity", "--years", "1", "--draws", "12", "--maintenance-until", "relapse"]


def asked(*options):
    return CliRunner().invoke(app, [*SMALL, *map(str, options)])


def test_the_page_gives_each_figure_with_its_interval():
    page = asked().stdout
    assert "start within 18 weeks" in page
    assert "Example clinic: 3 chairs" in page
    first = next(line for line in page.splitlines() if "start within 18 weeks" in line)
    assert "(" in first
    assert " to " in first
    assert "nobody is in treatment" in page


def test_the_json_says_the_same_as_the_page():
    found = json.loads(asked("--json", "--referrals", 6, "--chairs", 2).stdout)
    assert found["clinic"]["chairs"] == 2
    assert set(found["wait"]["within target"]) == {"mean", "low", "high"}
    own = next(row for row in found["inputs"] if row["input"] == "referrals_per_week")
    assert (own["value"], own["evidence"]) == (6, "own")
    page = asked("--referrals", 6, "--chairs", 2).stdout
    assert page.startswith(found["answer"])
    assert f"{found['wait']['within target']['mean']:.0%}" in page


def test_a_saved_scenario_is_run_again(tmp_path):
    saved = tmp_path / "plan.json"
    first = json.loads(asked("--json", "--save", saved, "--seed", 5).stdout)
    again = CliRunner().invoke(app, ["evidence", "capacity", "--scenario", str(saved), "--json"])
    assert json.loads(again.stdout) == first
    saved.write_text(saved.read_text().replace('"seed": 5', '"seed": 6'))
    refused = CliRunner().invoke(app, ["evidence", "capacity", "--scenario", str(saved)])
    assert refused.exit_code == 1
    assert "not the one that was found then" in refused.output


def test_tables_are_written(tmp_path):
    assert asked("--csv", tmp_path / "plan").exit_code == 0
    with (tmp_path / "plan" / "waiting_bands.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 52
    assert float(rows[-1]["low_95"]) <= float(rows[-1]["middle"]) <= float(rows[-1]["high_95"])
    assert (tmp_path / "plan" / "weekly.csv").stat().st_size > 0
    hours = (tmp_path / "plan" / "chairs_by_hour.csv").read_text().splitlines()
    assert hours[0] == "weekday,hour,mean,low,high"
    assert len(hours) == 1 + 5 * 8


def test_the_present_list_is_read(tmp_path):
    people = tmp_path / "list.csv"
    people.write_text("days,urgent,assessed\n30,yes,no\n100,,yes\n")
    assert json.loads(asked("--json", "--waiting", people).stdout)["waiting list"]["at the start"] == 2
    people.write_text("days,urgent\n30,perhaps\n")
    refused = asked("--waiting", people)
    assert refused.exit_code == 1
    assert "Line 2 of list.csv" in refused.output
    # One unclosed quote makes one field of all that follows, longer than a field of CSV may be.
    people.write_text('days,urgent\n"' + "30,yes\n" * 30_000)
    refused = asked("--waiting", people)
    assert refused.exit_code == 1
    assert "list.csv is no CSV file" in refused.output
    assert "Traceback" not in refused.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--clinic", "nowhere.toml"], "There is no file nowhere.toml"),
        (["--scenario", "nowhere.json"], "There is no file nowhere.json"),
        (["--years", "100"], "100.0 years"),
        (["--waiting", "nowhere.csv"], "There is no file nowhere.csv"),
        (["--posterior", "nowhere.json"], "There is no file nowhere.json"),
    ],
)
def test_what_is_wrong_is_said_in_words(options, says):
    refused = asked(*options)
    assert refused.exit_code == 1
    assert says in " ".join(refused.output.split())


def test_a_clinics_own_file_is_read(tmp_path):
    ours = tmp_path / "ours.toml"
    page = (Path(__file__).parents[2] / "docs" / "capacity.md").read_text()
    block = page.split("    name = ", 1)[1].split("\n\nIn Python", 1)[0]
    ours.write_text("name = " + block.replace("\n    ", "\n"))
    found = json.loads(asked("--json", "--clinic", ours).stdout)
    assert found["clinic"]["name"] == "Our clinic"
    assert found["clinic"]["nation"] == "Scotland"


def test_when_maintenance_ends_must_be_said_and_stands_in_the_answer_and_the_scenario(tmp_path):
    refused = CliRunner().invoke(app, ["evidence", "capacity", "--draws", "2"])
    assert refused.exit_code == 1
    assert "--maintenance-until relapse" in refused.output
    refused = CliRunner().invoke(app, ["evidence", "capacity", "--maintenance-until", "never"])
    assert "'never' is no end" in refused.output
    saved = tmp_path / "plan.json"
    page = asked("--maintenance-until", 12, "--save", saved).stdout
    assert "Maintenance ends after 12 months (18 sessions)" in page
    assert json.loads(saved.read_text())["pathway"]["maintenance_months"] == 12
    again = CliRunner().invoke(app, ["evidence", "capacity", "--scenario", str(saved), "--json"])
    assert json.loads(again.stdout)["pathway"]["maintenance ends after months"] == 12


def test_target_that_is_asked_is_the_one_that_is_answered():
    found = json.loads(asked("--json", "--target-share", 80, "--target-weeks", 10).stdout)
    assert (found["wait"]["target share"], found["wait"]["target weeks"]) == (0.8, 10)
    assert "start within 10 weeks; 80 % do in" in found["answer"]


@pytest.mark.parametrize(
    ("options", "begins", "says"),
    [
        (
            ("--find-staff", "--referrals", 8),
            "",
            "on duty at once, so that 92 % start within 18 weeks and the clinic keeps up for good: in ",
        ),
        (("--without", "psychiatrist"), "With one psychiatrist fewer: ", "nobody begins treatment any more, and "),
        (("--interval", 28, "--other-interval", 14), "Every 14 days in place of 28: ", "start within 18 weeks"),
    ],
)
def test_a_question_is_answered_in_one_sentence_with_its_interval_first(options, begins, says):
    found = json.loads(asked("--json", *options).stdout)
    assert found["answer"].startswith(begins)
    assert says in found["answer"]
    assert " to " in found["answer"] or "between" in found["answer"]
    assert asked(*options).stdout.splitlines()[0] == found["answer"] + "."


def test_two_questions_at_once_are_refused_in_words():
    refused = asked("--find-staff", "--without", "nurse")
    assert refused.exit_code == 1
    assert "One question at a time" in refused.output
    assert "is nobody here" in asked("--without", "cleaner").output
