"""A clinic from the calendar that Glimmer keeps: its hours, its other days, its bank holidays and who is on duty."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from glimmer.evidence.capacity import BadPlan, Clinic, Pathway, priors
from glimmer.scheduling.opening import Hours, Opening, OtherDay
from glimmer.scheduling.staffing import Duty
from glimmer.scheduling.wall import wall
from tests.evidence.capacity.small import known
from tests.evidence.capacity.traced import traced

MONDAY = date(2026, 12, 14)
NINE_TO_FIVE = Hours(540, 1020)
WEEKDAYS = dict.fromkeys(range(5), NINE_TO_FIVE)
PATHWAY = Pathway.from_protocol(months=None)


def duties(*shifts: tuple[int, str, int, int, int]) -> list[Duty]:
    """Return duties of (person, role, day from Monday, begins, ends), in minutes of the day."""
    return [
        Duty(person, role, wall(MONDAY + timedelta(days=day), begins), wall(MONDAY + timedelta(days=day)) + ends)
        for person, role, day, begins, ends in shifts
    ]


def people_at(clinic: Clinic, moment: int) -> tuple[int, int]:
    """Return nurses and doctors at a minute from the first midnight, as the kernel's timeline has them."""
    line = clinic.timeline(60)
    row = np.searchsorted(line.minute, moment, side="right") - 1
    return (0, 0) if row < 0 else (int(line.staff[row][0]), int(line.staff[row][1]))


def test_hours_are_those_entered_and_bank_holidays_are_closed_unless_they_were_entered():
    other = {date(2026, 12, 28): OtherDay(Hours(600, 720), "open"), date(2026, 12, 16): OtherDay(None, "training")}
    later = ((date(2027, 1, 4), {0: NINE_TO_FIVE}),)
    rota = duties((1, "nurse", 0, 540, 1020), (2, "psychiatrist", 0, 540, 1020))
    clinic = Clinic.of(Opening(WEEKDAYS, other, later=later), rota, name="Ours", chairs=2, begins=MONDAY)
    open_days = [day for day in range(28) if clinic.timeline(28).next_open[day] == day]
    # 14 to 18 December without the 16th; 21 to 24; 25 is Christmas and the 28th its neighbour's holiday, but entered;
    # 29 to 31; 1 January is a holiday; from the 4th on only Mondays are open.
    assert open_days == [0, 1, 3, 4, 7, 8, 9, 10, 14, 15, 16, 17, 21]


def test_rota_is_worked_in_turn_from_its_first_monday_and_a_night_is_cut_at_midnight():
    rota = duties(
        (1, "nurse", 0, 540, 1020), (1, "nurse", 0, 900, 1080), (2, "nurse", 7, 600, 900),
        (3, "psychiatrist", 8, 540, 720), (9, "pharmacist", 0, 0, 1440), (4, "nurse", 13, 1200, 1440 + 300),
    )  # fmt: skip
    clinic = Clinic.of(Opening(WEEKDAYS), rota, name="Ours", chairs=2, begins=MONDAY)
    assert len(clinic.rota) == 3
    # The same nurse's overlapping duties are one nurse, and a pharmacist is no nurse.
    assert people_at(clinic, 1000) == (1, 0)
    assert people_at(clinic, 1050) == (1, 0)
    assert people_at(clinic, 7 * 1440 + 660) == (1, 0)
    assert people_at(clinic, 8 * 1440 + 600) == (0, 1)
    # The night from the second Sunday lies in the third week, and three weeks later comes the first again.
    assert people_at(clinic, 13 * 1440 + 1300) == people_at(clinic, 14 * 1440 + 200) == (1, 0)
    assert people_at(clinic, 21 * 1440 + 1000) == (1, 0)


def test_somebody_who_leaves_takes_only_their_own_duties_and_weeks_stay_in_turn():
    rota = duties((1, "nurse", 0, 540, 1020), (2, "nurse", 7, 540, 1020), (2, "nurse", 0, 540, 720))
    clinic = Clinic.of(Opening(WEEKDAYS), rota, name="Ours", chairs=2, begins=MONDAY, without=(1,))
    assert people_at(clinic, 600) == (1, 0)
    assert people_at(clinic, 800) == (0, 0)
    assert people_at(clinic, 7 * 1440 + 600) == (1, 0)
    gone = Clinic.of(Opening(WEEKDAYS), rota, name="Ours", chairs=2, begins=MONDAY, without=(1, 2))
    assert gone.most_on_duty() == {"nurses": 0, "doctors": 0, "assessors": 0}
    with pytest.raises(BadPlan, match="no whole week"):
        Clinic.of(Opening(WEEKDAYS), [], name="Ours", chairs=2, begins=MONDAY)


def test_whose_shift_ends_finishes_the_patient_in_hand_and_takes_nobody_new():
    """The psychiatrist goes at one, and so does one nurse of two: sessions go on into the afternoon, none begins."""
    staff = ((1, "nurse", 540, 780), (2, "psychiatrist", 540, 780), (3, "nurse", 540, 1020))
    shifts = [(person, role, day, begins, ends) for day in range(5) for person, role, begins, ends in staff]
    clinic = Clinic.of(Opening(WEEKDAYS), duties(*shifts), name="Ours", chairs=3, begins=MONDAY)
    trace = traced(clinic, replace(PATHWAY, assessment_minutes=0), known(6.0, response=0.5), years=0.5, seed=1)
    begins = [one.begins % 1440 for one in trace.sessions]
    assert len(begins) > 50
    assert max(begins) < 780
    after_one = [one for one in trace.sessions if one.begins % 1440 < 780 < one.ends % 1440]
    assert len(after_one) > 10
    assert (trace.found.utilisation("nurses") > 0).all()


def test_no_session_begins_that_would_outlast_the_last_nurse():
    """Everybody goes at one, and the clinic stays open: nobody is left alone in a chair."""
    shifts = [one for day in range(5) for one in ((1, "nurse", day, 540, 780), (2, "psychiatrist", day, 540, 780))]
    clinic = Clinic.of(Opening(WEEKDAYS), duties(*shifts), name="Ours", chairs=3, begins=MONDAY)
    trace = traced(clinic, replace(PATHWAY, assessment_minutes=0), known(6.0, response=0.5), years=0.5, seed=1)
    assert len(trace.sessions) > 50
    assert max(one.ends % 1440 for one in trace.sessions) <= 780


def test_a_registry_that_was_made_up_is_found_again_and_without_one_the_beliefs_stand():
    """Two clinics in which three of four respond: the plan takes that, and no longer the half that it believed."""
    from glimmer.registry.simulated import simulate_registry, truth_by_evidence
    from glimmer.registry.update import LENGTH, update

    truth = truth_by_evidence().with_values(response_logit=float(np.log(3)))
    learnt_from = update(
        simulate_registry(5, truth, 2, 150), seed=1, length=replace(LENGTH, draws=250), with_scenarios=False
    )
    draws = learnt_from.draws
    believed, learnt = priors(), priors().with_registry(draws)
    share = learnt.draw(300, 1)["response"]
    assert abs(share.mean() - 0.75) < 0.1
    assert believed.draw(300, 1)["response"].mean() == pytest.approx(0.5, abs=0.02)
    marks = {row["input"]: row["evidence"] for row in learnt.rows()}
    assert marks["response"] == marks["relapse_shape_ketamine"] == "registry"
    # What a registry does not tell stays as it was believed, draw by draw.
    for name in ("accepted", "leaves_course", "referrals_per_week"):
        assert marks[name] == {row["input"]: row["evidence"] for row in believed.rows()}[name]
        assert np.array_equal(learnt.draw(300, 1)[name], believed.draw(300, 1)[name])
    scale, shape = (learnt.draw(300, 1)[f"relapse_{name}"] for name in ("scale_ketamine_days", "shape_ketamine"))
    well = np.exp(-((90 / scale) ** shape))
    true = np.exp(-((90 / truth.values["relapse_scale_days"]) ** truth.values["relapse_shape"]))
    assert np.quantile(well, 0.005) < true < np.quantile(well, 0.995)
    with pytest.raises(BadPlan, match="None of these draws informs the plan"):
        priors().with_registry({"utility_well": np.zeros(3)})
