"""Where a patient stands, told as one patient's way through the clinic."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.journey import STEPS, JourneyFacts, where_is
from glimmer.care.journey import step as step_named
from glimmer.vocabulary.people import Role

REFERRED = JourneyFacts(missing_items=2)
COMPLETE = replace(REFERRED, missing_items=0)
ACCEPTED = replace(COMPLETE, triage="accepted", hard_rules_open=20)
SCORED = replace(ACCEPTED, has_baseline=True)
JUDGED = replace(SCORED, hard_rules_open=0)
ELIGIBLE = replace(JUDGED, selection="eligible")
CONSENTED = replace(ELIGIBLE, consent="given")
PRESCRIBED = replace(CONSENTED, has_plan=True, sessions_planned=6)
BOOKED = replace(PRESCRIBED, sessions_booked=6)
IN_COURSE = replace(BOOKED, sessions_done=2)
TREATED = replace(BOOKED, sessions_done=6)
MEASURED = replace(TREATED, scored_after_course=True)
REVIEWED = replace(MEASURED, followup="review")
DISCHARGED = replace(MEASURED, followup="discharge", closed=True)


@pytest.mark.parametrize(
    ("facts", "step", "state", "needs", "waiting_on"),
    [
        (REFERRED, "referral", "Incomplete", "Obtain 2 items of the referral", "administrator"),
        (COMPLETE, "referral", "Ready for triage", "Triage the referral", "nurse"),
        (
            replace(COMPLETE, triage="returned"),
            "referral",
            "Returned to the referrer",
            "Ask the referrer for what is missing",
            "administrator",
        ),
        (ACCEPTED, "selection", "In assessment", "Record the baseline PHQ-9", "nurse"),
        (SCORED, "selection", "In assessment", "Settle 20 hard rules", "psychiatrist"),
        (
            replace(SCORED, overrides_waiting=1),
            "selection",
            "Override waiting",
            "Agree or refuse the override",
            "psychiatrist",
        ),
        (JUDGED, "selection", "Ready to decide", "Decide about eligibility", "psychiatrist"),
        (ELIGIBLE, "consent", "Awaiting consent", "Inform the patient and record the decision", "nurse"),
        (CONSENTED, "plan", "To be prescribed", "Prescribe the treatment plan", "psychiatrist"),
        (
            replace(PRESCRIBED, second_prescriber_wanted=True),
            "plan",
            "Second prescriber wanted",
            "Countersign the plan",
            "psychiatrist",
        ),
        (PRESCRIBED, "plan", "To be booked", "Book the dates", "administrator"),
        (BOOKED, "session", "Booked", "Hold session 1", "nurse"),
        (replace(IN_COURSE, session_running=True), "session", "Session 3 running", "Watch over session 3", "nurse"),
        (IN_COURSE, "session", "2 of 6 sessions done", "Hold session 3", "nurse"),
        (replace(IN_COURSE, sessions_done=5), "session", "5 of 6 sessions done", "Hold the last session", "nurse"),
        (
            replace(IN_COURSE, sessions_booked=5),
            "session",
            "2 of 6 sessions done",
            "Book the remaining dates",
            "administrator",
        ),
        (
            replace(IN_COURSE, stopped_early=True),
            "outcomes",
            "Course stopped",
            "Record the PHQ-9 after the course",
            "nurse",
        ),
        (TREATED, "outcomes", "Course done", "Record the PHQ-9 after the course", "nurse"),
        (MEASURED, "follow-up", "To be decided", "Decide what comes next", "psychiatrist"),
        (replace(MEASURED, letters_unsigned=1), "follow-up", "Letter waiting", "Sign the letter", "psychiatrist"),
        (REVIEWED, "follow-up", "Under review", "Review the patient", "psychiatrist"),
        (
            replace(MEASURED, followup="repeat"),
            "follow-up",
            "Another course",
            "Prescribe the next course",
            "psychiatrist",
        ),
        (DISCHARGED, "follow-up", "Discharged", "", ""),
    ],
)
def test_the_patient_stands_at_the_first_step_that_is_not_finished(facts, step, state, needs, waiting_on):
    found = where_is(facts)
    assert (found.step, found.state, found.needs, found.waiting_on) == (step, state, needs, waiting_on)


@pytest.mark.parametrize(
    ("facts", "step", "state"),
    [
        (replace(COMPLETE, triage="declined", closed=True), "referral", "Declined"),
        (replace(JUDGED, selection="not_eligible", closed=True), "selection", "Not eligible"),
        (replace(ELIGIBLE, consent="refused", closed=True), "consent", "Consent refused"),
        (DISCHARGED, "follow-up", "Discharged"),
        (replace(IN_COURSE, closed=True), "session", "Closed"),
        (replace(REFERRED, closed=True), "referral", "Closed"),
    ],
)
def test_an_ended_journey_stays_at_the_step_that_ended_it(facts, step, state):
    found = where_is(facts)
    assert (found.step, found.state, found.needs) == (step, state, "")


def test_an_ended_journey_still_waits_for_its_letter():
    found = where_is(replace(DISCHARGED, letters_unsigned=1))
    assert (found.needs, found.waiting_on) == ("Sign the letter", "psychiatrist")


def test_withdrawn_consent_brings_the_patient_back_to_consent_in_the_middle_of_a_course():
    assert where_is(replace(IN_COURSE, consent="withdrawn")).state == "Consent withdrawn"


def test_a_patient_in_the_chair_is_in_a_session_even_if_consent_was_withdrawn():
    facts = replace(IN_COURSE, consent="withdrawn", session_running=True)
    assert where_is(facts).state == "Session 3 running"


def test_a_decision_to_stop_early_leads_to_follow_up():
    assert where_is(replace(IN_COURSE, followup="review")).step == "follow-up"


def test_maintenance_that_ended_asks_for_no_dates_but_for_what_comes_instead():
    ended = replace(IN_COURSE, maintenance_ended=True, sessions_booked=2)
    assert (where_is(ended).state, where_is(ended).needs) == ("Maintenance ended", "Record the PHQ-9 after the course")
    for later in (replace(ended, scored_after_course=True), replace(ended, sessions_booked=0, sessions_done=0)):
        assert (where_is(later).state, where_is(later).needs) == ("Maintenance ended", "Decide what comes next")
    assert where_is(replace(ended, followup="repeat")).needs == "Prescribe the next course"


def test_the_steps_are_the_seven_of_the_journey_in_order():
    assert [(one.number, one.slug) for one in STEPS] == list(
        enumerate(("referral", "selection", "consent", "plan", "session", "outcomes", "follow-up"), start=1)
    )
    assert step_named("plan").title == "Plan"
    with pytest.raises(KeyError, match="no step 'dosing'"):
        step_named("dosing")


@given(
    st.builds(
        JourneyFacts,
        closed=st.booleans(),
        missing_items=st.integers(0, 7),
        triage=st.sampled_from(["", "accepted", "returned", "declined"]),
        hard_rules_open=st.integers(0, 22),
        overrides_waiting=st.integers(0, 2),
        has_baseline=st.booleans(),
        selection=st.sampled_from(["", "eligible", "not_eligible"]),
        consent=st.sampled_from(["", "given", "refused", "withdrawn"]),
        has_plan=st.booleans(),
        second_prescriber_wanted=st.booleans(),
        sessions_planned=st.integers(0, 6),
        sessions_booked=st.integers(0, 6),
        sessions_done=st.integers(0, 6),
        session_running=st.booleans(),
        scored_after_course=st.booleans(),
        followup=st.sampled_from(["", "review", "repeat", "discharge"]),
        letters_unsigned=st.integers(0, 2),
    )
)
def test_every_patient_stands_somewhere_and_an_open_journey_always_waits_on_somebody(facts):
    found = where_is(facts)
    assert found.step in {one.slug for one in STEPS}
    assert 0 < len(found.state) <= 60
    assert len(found.needs) <= 200
    assert bool(found.needs) is bool(found.waiting_on)
    if not facts.closed:
        assert Role(found.waiting_on)
