"""What a person uses year by year adds up to what the model says of all years, and hours are the protocol's minutes."""

from dataclasses import replace

import numpy as np
import pytest

from glimmer.evidence.economics.analysis.budget import Service, budget_impact
from glimmer.evidence.economics.clinic.decision import run
from glimmer.evidence.economics.clinic.inputs import parse_inputs
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.clinic.yearly import profiles

ASK = Question(horizon_years=2, inputs=parse_inputs({"bed_days_in_episode": {"value": 2}}))


def test_the_years_add_up_to_the_whole():
    found = profiles(ASK, years=2, with_care=True)
    whole = run(replace(ASK, discount=0.0)).run
    for place, strategy in enumerate(whole.strategies):
        for said, name in (
            ("treatment", "cost.treatment"),
            ("maintenance", "cost.maintenance"),
            ("other NHS care", "cost.care"),
        ):
            assert found[strategy].cash[said].sum() == pytest.approx(whole.totals[name][0, place], rel=1e-9, abs=1e-9)
        beds = whole.totals["bed-days"][0, place]
        # Two bed-days in 28 days of an episode, by hand from the years spent in one.
        assert beds == pytest.approx(whole.totals["years in an episode"][0, place] * 365.25 / 28 * 2)
        assert np.sum(found[strategy].bed_days) == pytest.approx(beds)


def test_staff_hours_are_the_sessions_times_the_protocols_minutes():
    found = profiles(ASK, years=1)
    sessions = run(replace(ASK, discount=0.0, horizon_years=1.0)).run
    there = sessions.totals["ketamine sessions"][0]
    course, nasal = (there[sessions.strategies.index(name)] for name in ("iv_course", "esketamine"))
    # The standard infusion takes 150 minutes of a nurse and 30 of a psychiatrist; the nasal session 165 and 20.
    assert found["iv_course"].staff_hours["nurse"] == pytest.approx([course * 2.5])
    assert found["iv_course"].staff_hours["psychiatrist"] == pytest.approx([course * 0.5])
    assert found["esketamine"].staff_hours["nurse"] == pytest.approx([nasal * 2.75])
    assert found["usual_care"].staff_hours["nurse"] == pytest.approx([0])


def test_an_injection_under_the_skin_takes_the_minutes_of_its_own_protocol():
    ask = replace(ASK, inputs=parse_inputs({"sc_session": {"value": 120}, "sc_share_of_effect": {"value": 1}}))
    hours = {name: one.staff_hours["nurse"][0] for name, one in profiles(ask, years=1).items()}
    same_sessions = run(replace(ask, discount=0.0, horizon_years=1.0)).run
    whole, course = (
        same_sessions.totals["ketamine sessions"][0, same_sessions.strategies.index(name)]
        for name in ("iv_maintained", "iv_then_sc")
    )
    # As many sessions as by IV; the nurse's 165 minutes stand in the protocol under the skin, 150 in that of the IV.
    assert hours["iv_maintained"] == pytest.approx(whole * 2.5)
    assert hours["iv_then_sc"] == pytest.approx(course * 2.5 + (whole - course) * 2.75)


def test_profiles_go_straight_into_the_budget_impact():
    found = profiles(ASK, years=2, draws=5, seed=1)
    assert found["iv_course"].cash["treatment"].shape == (5, 2)
    impact = budget_impact(
        np.array([100.0, 100.0]),
        found,
        Service({"usual_care": np.ones(2)}),
        Service({"usual_care": np.full(2, 0.5), "iv_course": np.full(2, 0.5)}),
        hours_of_full_time_year={"nurse": 1545, "psychiatrist": 1545, "pharmacist": 1545},
    )
    first = next(line for line in impact.lines if line.year == 1 and line.name == "treatment")
    assert first.without.mean == 0
    # Fifty people begin a course of about 1,460 pounds in the first year; some begin a second one.
    assert 50 * 1_000 < first.with_change.mean < 50 * 4_500
