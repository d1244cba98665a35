"""The time to think, and what a talk about consent needs besides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.consent_waiting import Talk, against_talk, decide_from

INFORMED = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(hours=24)  # docs/3-consent.md: at least a night to think; a proposal
TALK = Talk(decided_at=INFORMED + DAY, informed_at=INFORMED, interpreter="not_needed")


def test_after_a_day_to_think_the_patient_may_consent_and_not_a_second_earlier():
    assert against_talk(TALK) == ()
    (reason,) = against_talk(replace(TALK, decided_at=INFORMED + DAY - timedelta(seconds=1)))
    assert "less than 24 hours to think" in reason


@pytest.mark.parametrize("shorter", [{"consented_before": True}, {"urgent": True}, {"sooner_because": "Suicidal."}])
def test_no_wait_for_who_consented_before_is_urgent_or_for_whom_a_psychiatrist_says_why(shorter):
    assert against_talk(replace(TALK, decided_at=INFORMED, **shorter)) == ()


def test_blanks_are_no_reason_for_not_waiting():
    assert against_talk(replace(TALK, decided_at=INFORMED, sooner_because="  "))


def test_nobody_consents_to_what_they_were_not_told():
    assert "not been given the information" in against_talk(replace(TALK, informed_at=None))[0]


def test_a_decision_before_the_information_is_refused_even_with_a_reason():
    early = replace(TALK, decided_at=INFORMED - timedelta(minutes=1), sooner_because="Urgent.", urgent=True)
    assert "Check the times" in against_talk(early)[0]


@pytest.mark.parametrize(
    ("count", "says"), [(1, "A question of the patient has"), (3, "3 questions of the patient have")]
)
def test_every_question_is_answered_first(count, says):
    assert against_talk(replace(TALK, questions_open=count))[0].startswith(says)


def test_the_cost_is_told_first():
    assert "what the treatment costs" in against_talk(replace(TALK, cost_is_known=False))[0]


@pytest.mark.parametrize(
    ("interpreter", "held"), [("used", True), ("declined", True), ("not_needed", False), ("", False)]
)
def test_who_needs_an_interpreter_has_one_or_declines(interpreter, held):
    found = against_talk(replace(TALK, interpreter_needed=True, interpreter=interpreter))
    assert (found == ()) is held


@given(
    waited=st.timedeltas(min_value=-DAY, max_value=3 * DAY),
    before=st.booleans(),
    urgent=st.booleans(),
    reason=st.sampled_from(["", " ", "Acutely suicidal."]),
)
def test_nobody_consents_before_the_time_is_over_unless_somebody_answers_for_it(waited, before, urgent, reason):
    talk = replace(TALK, decided_at=INFORMED + waited, consented_before=before, urgent=urgent, sooner_because=reason)
    in_time = waited >= DAY or (waited >= timedelta(0) and (before or urgent or bool(reason.strip())))
    assert (against_talk(talk) == ()) is in_time
    if not reason.strip():
        assert (talk.decided_at >= decide_from(INFORMED, consented_before=before, urgent=urgent)) is in_time
