"""Proposals after the course, and letters that are due."""

from datetime import date, timedelta

from glimmer.care.followup import letter_due, propose_followup
from glimmer.care.outcomes import CourseFacts, ScoreFacts, summarise

LAST = date(2026, 3, 16)
COURSE = CourseFacts((date(2026, 3, 2), date(2026, 3, 9), LAST), 3)


def summary(end):
    scores = [ScoreFacts(20, date(2026, 2, 20), "baseline")]
    if end is not None:
        scores.append(ScoreFacts(end, LAST + timedelta(days=5), "after_course"))
    return summarise(scores, COURSE)


def test_after_a_response_the_review_is_four_weeks_after_the_last_session():
    proposal = propose_followup(summary(8), LAST, LAST + timedelta(days=6))
    assert (proposal.decision, proposal.next_on) == ("review", date(2026, 4, 13))
    assert "a response" in proposal.says


def test_remission_is_said_when_it_is_there():
    assert "remission" in propose_followup(summary(3), LAST, LAST).says


def test_without_a_response_the_decision_does_not_wait():
    proposal = propose_followup(summary(18), LAST, LAST + timedelta(days=2))
    assert proposal.next_on == date(2026, 3, 23)
    assert "no response" in proposal.says
    assert proposal.others == ("Discharge to the referrer.", "Occasionally 3 more sessions.")


def test_a_result_that_is_not_known_is_not_called_a_failure():
    assert "not known" in propose_followup(summary(None), LAST, LAST).says


def test_the_day_proposed_is_never_in_the_past():
    today = date(2026, 6, 1)
    assert propose_followup(summary(8), LAST, today).next_on == date(2026, 6, 2)


def test_a_letter_is_due_a_week_after_the_decision():
    due = letter_due("discharge", date(2026, 4, 1), None, date(2026, 4, 8))
    assert due is not None
    assert (due.due_on, due.overdue) == (date(2026, 4, 8), False)
    assert due.says == "The discharge letter is due on 8 April 2026."
    late = letter_due("discharge", date(2026, 4, 1), None, date(2026, 4, 9))
    assert late is not None
    assert late.overdue


def test_a_letter_written_before_the_decision_does_not_tell_of_it():
    assert letter_due("course_summary", date(2026, 4, 1), date(2026, 3, 31), date(2026, 4, 2)) is not None
    assert letter_due("course_summary", date(2026, 4, 1), date(2026, 4, 1), date(2026, 4, 2)) is None
