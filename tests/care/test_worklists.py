"""Why somebody is on a list of the team, by a table written by hand."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from glimmer.care.worklists import PatientFacts, TeamList, reasons_of, severe_from

NOW = datetime(2026, 5, 4, 9, 0)  # noqa: DTZ001 - the rule compares; which zone it is, the caller knows
TODAY = NOW.date()
WELL = PatientFacts(step="follow-up", last_score=4, last_score_on=TODAY)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def at(days: float) -> datetime:
    return NOW + timedelta(days=days)


CASES = [
    ({}, "", "", ""),
    ({"waiting_on": "nurse", "needs": "Record consent"}, "", "", ""),
    ({"contact_on": day(0)}, "Contact on 4 May 2026", "", ""),
    ({"contact_on": day(7)}, "Contact on 11 May 2026", "", ""),
    ({"contact_on": day(8)}, "", "", ""),
    ({"contact_on": day(-1)}, "", "Contact was due on 3 May 2026", ""),
    ({"contact_on": day(-1), "is_open": False}, "", "", ""),
    ({"review_on": day(3)}, "Review on 7 May 2026", "", ""),
    ({"review_on": day(-3)}, "", "Review was due on 1 May 2026", ""),
    ({"task_due_at": at(0.5)}, "A task is due on 4 May 2026", "", ""),
    ({"task_due_at": at(-0.5)}, "", "A task was due on 3 May 2026", ""),
    ({"task_due_at": at(-0.5), "is_open": False}, "", "A task was due on 3 May 2026", ""),
    ({"draft_since": at(-3)}, "", "", ""),
    ({"draft_since": at(-3.1)}, "", "Letter unsigned since 1 May 2026", ""),
    ({"unsent_since": at(-1.1), "is_open": False}, "", "Letter not sent since 3 May 2026", ""),
    ({"last_score_on": day(-10)}, "", "", ""),
    ({"last_score_on": day(-11)}, "", "Last PHQ-9 on 23 April 2026", ""),
    ({"last_score_on": day(-11), "step": "selection"}, "", "", ""),
    ({"last_score_on": None, "last_score": None}, "", "No PHQ-9 yet", ""),
    ({"last_score": 19}, "", "", ""),
    ({"last_score": 20}, "", "", "Last PHQ-9 20: severe"),
    ({"relapse": True}, "", "", "Relapse warning"),
    ({"relapse": True, "is_open": False}, "", "", ""),
    ({"suicidal": True}, "", "", "An answer about suicide waits"),
    ({"suicidal": True, "is_open": False, "last_score": 27}, "", "", "An answer about suicide waits"),
    ({"urgent": True}, "", "", "An urgent call is open"),
    ({"urgent": True, "is_open": False}, "", "", ""),
]


@pytest.mark.parametrize(("facts", "due", "overdue", "unwell"), CASES)
def test_patient_is_on_the_lists_where_the_table_says(facts, due, overdue, unwell):
    patient = replace(WELL, **facts)
    for which, says in ((TeamList.DUE, due), (TeamList.OVERDUE, overdue), (TeamList.UNWELL, unwell)):
        found = reasons_of(patient, which, NOW, TODAY)
        assert [one.says for one in found] == ([says] if says else []), which
        assert all(one.next_action for one in found)


def test_gravest_reason_comes_first():
    patient = replace(WELL, urgent=True, suicidal=True, relapse=True, last_score=27)
    assert [one.page for one in reasons_of(patient, TeamList.UNWELL, NOW, TODAY)] == [
        "risk",
        "journey",
        "outcomes",
        "outcomes",
    ]


def test_waiting_is_told_with_what_is_needed():
    patient = replace(WELL, waiting_on="nurse", needs="Record consent")
    (one,) = reasons_of(patient, TeamList.WAITING, NOW, TODAY)
    assert (one.says, one.next_action) == ("Waits for the nurse", "Record consent")
    assert reasons_of(replace(patient, is_open=False), TeamList.WAITING, NOW, TODAY) == ()


def test_highest_band_of_the_phq9_begins_at_twenty():
    assert severe_from() == 20
