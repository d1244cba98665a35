"""What the page's process says of a clinic: the engine's own figures, each with its interval, and refusals in words."""

import json
import subprocess
import sys
from datetime import date

import numpy as np
import pytest

from glimmer.evidence.capacity import worker
from glimmer.evidence.capacity.worker import work
from glimmer.scheduling.wall import wall
from glimmer.vocabulary.problems import BadInput

ASKED = {
    "question": "forecast", "who": "", "begins": "2027-01-04", "chairs": 3.0, "nurses": 2.0, "doctors": 1.0,
    "referrals": 4.0, "interval_days": 28.0, "years": 1.0, "target_share": 92.0, "target_weeks": 18.0,
    "months": None, "also_doctors": False, "who_words": "", "duties": None, "other_days": {}, "later": [],
    "hours": {str(day): [540, 1020] for day in range(5)}, "waiting": [[3, False, 20], [10, True, 3]], "maintained": [],
    "referrals_counted": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(worker, "DRAWS", 12)
    monkeypatch.setattr(worker, "KNEE_DRAWS", 4)


def asked(**other):
    heard = []
    said = work({**ASKED, **other}, lambda done, of: heard.append(done / of))
    assert heard == sorted(heard)
    assert heard[-1] == 1
    # What crosses to the page is plain data, without a number that JSON does not know.
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    return said


def every_interval(said):
    """Return each [mean, low, high] of figures, people and vials."""
    rows = [row["value"] for row in said["figures"] + said["vials"]] + [row["use"] for row in said["staff"]]
    assert all(len(row) == 3 for row in rows)
    return rows


def test_forecast_is_the_engines_run_with_an_interval_for_every_figure():
    said = asked()
    question = worker._read(ASKED)
    found = question.plan.run()
    assert said["figures"][0]["value"][0] == pytest.approx(100 * found.waits.within(18).mean())
    by_title = {row["title"]: row["value"] for row in said["figures"]}
    assert by_title["Waiting at the end"][0] == pytest.approx(found.weekly("waiting")[:, -1].mean())
    within = found.waits.within(18)
    assert by_title["Runs in which 92 % start within 18 weeks"][0] == pytest.approx(100 * (within >= 0.92).mean())
    assert said["title"].startswith(f"If all stays as it is, {100 * within.mean():.0f} (")
    assert all(low <= mean <= high for mean, low, high in every_interval(said) if None not in (mean, low, high))
    assert "23 people waiting" in said["begins"]
    assert said["fan"]["middle"][0] == 23
    assert said["fan"]["weeks"][-1] == 52


def test_fan_holds_its_narrow_bands_within_its_wide_ones_and_the_line_is_littles():
    said = asked()
    low = {band["share"]: np.array(band["low"]) for band in said["fan"]["bands"]}
    high = {band["share"]: np.array(band["high"]) for band in said["fan"]["bands"]}
    middle = np.array(said["fan"]["middle"])
    assert (low[95] <= low[80]).all()
    assert (low[80] <= low[50]).all()
    assert (low[50] <= middle).all()
    assert (middle <= high[50]).all()
    assert (high[50] <= high[80]).all()
    found = worker._read(ASKED).plan.run()
    assert said["fan"]["target"] == pytest.approx(18 * found.weekly("accepted").mean(), abs=0.1)


def test_heat_map_covers_the_hours_of_the_clinic_and_shares_are_shares():
    heat = asked()["heat"]
    assert heat["weekdays"] == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    assert heat["hours"] == list(range(9, 17))
    assert all(0 <= low <= share <= high for rows in zip(heat["low"], heat["use"], heat["high"], strict=True)
               for low, share, high in zip(*rows, strict=True))  # fmt: skip


def test_knee_marks_todays_demand_and_grows_fuller_with_demand():
    points = asked()["knee"]["points"]
    assert [one["label"] for one in points if one["is_today"]] == ["4 referrals a week"]
    used = [one["use"][0] for one in points]
    assert used == sorted(used)


def test_smallest_clinic_that_does_it_is_marked_among_those_tried():
    said = asked(question="staff")
    [best] = [row for row in said["options"] if row["is_answer"]]
    assert best["chance"][0] >= 80
    assert best["chance"][1] < best["chance"][0] <= best["chance"][2]
    assert all(row["chance"][0] < 80 for row in said["options"] if row["chairs"] < best["chairs"])
    assert str(best["chairs"]) in said["title"]


def test_without_the_only_psychiatrist_nobody_starts_and_the_answer_says_how_many_more_wait():
    said = asked(question="without", who="doctor")
    assert said["figures"][0]["value"] == [0, 0, 0]
    rows = {row["title"]: row for row in said["compare"]["rows"]}
    assert rows["Begin treatment in a year"]["values"][1] == [0, 0, 0]
    assert "more people wait after 1 year (" in said["title"]


def test_sessions_closer_together_are_more_sessions_with_the_same_people():
    said = asked(question="interval", other_interval=14.0, years=2.0)
    assert said["compare"]["labels"] == ["Every 28 days", "Every 14 days"]
    rows = {row["title"]: row for row in said["compare"]["rows"]}
    assert rows["Sessions in a year"]["change"][0] > 0
    assert rows["Sessions in a year"]["change"][1] > 0


def test_two_plans_are_compared_by_the_target_that_was_asked():
    rows = {
        weeks: asked(question="without", who="nurse", target_weeks=float(weeks), referrals=9.0)["compare"]["rows"][0]
        for weeks in (2, 18)
    }
    assert [row["title"] for row in rows.values()] == ["Start within 2 weeks", "Start within 18 weeks"]
    # The plan as it is: fewer start within two weeks than within eighteen.
    assert rows[2]["values"][0][0] < rows[18]["values"][0][0]


def test_psychiatrists_are_looked_for_as_well_where_that_is_asked():
    """One psychiatrist, who also assesses, does not get through eighteen referrals a week with any number of chairs."""
    alone, more = (asked(question="staff", referrals=18.0, also_doctors=also) for also in (False, True))
    assert not any(row["is_answer"] for row in alone["options"])
    assert "psychiatrists" in " ".join(alone["says"])
    [best] = [row for row in more["options"] if row["is_answer"]]
    assert best["doctors"] > 1
    assert f"{best['doctors']} psychiatrists" in more["title"]
    enough = [row for row in more["options"] if row["chance"][0] >= 80]
    assert min(row["doctors"] + row["nurses"] for row in enough) == best["doctors"] + best["nurses"]


def test_a_plan_is_run_once_for_its_figures_and_its_pictures(monkeypatch):
    """Two plans are two runs, whatever is drawn of them."""
    from glimmer.evidence.capacity import questions

    runs = []
    simulate = questions.simulate
    monkeypatch.setattr(questions, "simulate", lambda *one, **how: runs.append(one) or simulate(*one, **how))
    asked(question="without", who="nurse")
    assert len(runs) == 2
    runs.clear()
    asked(question="interval", other_interval=21.0)
    assert len(runs) == 2
    runs.clear()
    said = asked(question="staff")
    assert len(runs) == len(said["options"])


def test_when_maintenance_ends_is_said_and_takes_sessions_away():
    for_ever, year = asked(years=3.0, months=None), asked(years=3.0, months=12.0)
    assert "until relapse or until somebody stops" in " ".join(for_ever["says"])
    # Four weekly, four two-weekly and from then on every four weeks: 28 + 56 days, and 10 more within 365.25.
    assert "after 12 months (18 sessions)" in " ".join(year["says"])
    sessions = [
        next(row["value"][0] for row in said["figures"] if row["title"] == "Sessions in a year")
        for said in (for_ever, year)
    ]
    assert sessions[1] < sessions[0]


def duties(weeks):
    """Two nurses and a psychiatrist on Mondays and Tuesdays; one nurse, of the two, on Wednesdays."""
    found = []
    for week in range(weeks):
        for day in range(3):
            midnight = wall(date(2027, 1, 4)) + (7 * week + day) * 1440
            people = [(1, "nurse"), (2, "nurse"), (3, "psychiatrist")] if day < 2 else [(1, "nurse")]
            found += [[person, role, midnight + 540, midnight + 1020] for person, role in people]
    return found


def test_the_clinics_rota_is_worked_and_one_of_its_people_can_be_missing():
    said = asked(duties=duties(2))
    assert "2 weeks of rota, worked in turn" in " ".join(said["says"])
    heat = said["heat"]
    # Without a psychiatrist nobody starts or is assessed on Wednesdays, and nobody is there at all after that.
    assert [any(share for share in row if share) for row in heat["use"]] == [True, True, False, False, False]
    gone = asked(duties=duties(2), question="without", who="person-3", who_words="Dr Example (psychiatrist)")
    assert gone["title"].startswith("Without Dr Example (psychiatrist): ")
    rows = {row["title"]: row["values"] for row in gone["compare"]["rows"]}
    assert rows["Begin treatment in a year"][1] == [0, 0, 0]
    one_nurse = asked(duties=duties(2), question="without", who="person-1", who_words="Nurse Example")
    assert {row["title"]: row["on_duty"] for row in one_nurse["staff"]}["Nurses (places to watch from)"] == 1


def test_days_that_are_otherwise_are_closed_in_the_run():
    closed = {f"2027-01-{day:02d}": None for day in range(4, 31)}
    said = asked(other_days=closed, years=1.0)
    assert said["fan"]["middle"][1] >= 23
    assert asked()["fan"]["middle"][1] < said["fan"]["middle"][1]


def test_target_longer_than_the_run_is_refused_in_words():
    with pytest.raises(BadInput, match="the weeks are fewer than the years have"):
        work({**ASKED, "question": "staff", "target_weeks": 104.0}, lambda done, of: None)


def test_process_of_its_own_says_ready_and_answers_in_lines():
    asking = {**ASKED, "question": "without", "who": "chair", "years": 1.0}
    lines = "".join(json.dumps(asking) + "\n" for _ in range(40))
    ran = subprocess.run(
        [sys.executable, "-m", "glimmer.evidence.capacity.worker"],
        input=lines, capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    assert said[0] == {"state": "ready"}
    assert {one["state"] for one in said[1:]} <= {"working", "answered"}
    assert said[-1]["state"] == "answered"
