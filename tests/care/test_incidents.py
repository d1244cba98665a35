"""Incidents: what an assessment must say, what is expected, by when somebody acts, and who may close."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glimmer.care.incidents import (
    Assessment,
    Entry,
    Incident,
    Kind,
    Step,
    calls_for_card,
    clocks,
    expected_by_guidance,
    judge_assessment,
    may_add,
    may_close,
    next_due,
    working_days_after,
)
from glimmer.guidance import figure
from glimmer.guidance.adverse_events import adverse_events, term_named

# A Thursday.
REPORTED = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
REPORTER, OTHER, OFFICER = 1, 2, 3
MILD = Assessment(
    term="nausea", grade=1, expected=True, causality="probable", drug="Ketamine (racemic)",
    harm="none", psychological_harm="none", notifiable=False,
)  # fmt: skip
GRAVE = replace(MILD, term="seizure", grade=4, serious=("life_threatening",), expected=False, harm="severe", why="x")


def incident(kind: Kind = Kind.ADVERSE_EVENT, *steps: tuple[Step, dict[str, Any], float]) -> Incident:
    """Return an incident with these steps: what, what was said, and how many hours after the report."""
    entries = tuple(Entry(step, REPORTED + timedelta(hours=hours), OTHER, "Other", body) for step, body, hours in steps)
    return Incident(kind, REPORTED, REPORTER, entries)


def assessed(made: Assessment, hours: float = 1) -> tuple[Step, dict[str, Any], float]:
    body = {name: getattr(made, name) for name in made.__slots__}
    return Step.ASSESSED, {**body, "serious": list(made.serious)}, hours


def reasons(made: Assessment, kind: Kind = Kind.ADVERSE_EVENT) -> str:
    return " ".join(judge_assessment(kind, made).reasons)


# The assessment


def test_whole_assessment_is_taken() -> None:
    assert reasons(MILD) == ""
    assert reasons(replace(GRAVE, notifiable=True)) == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"term": "hiccups"}, "Choose what happened from the list"),
        ({"term": "other"}, "not on the list"),
        ({"grade": None}, "Choose the grade"),
        ({"grade": 6}, "Choose the grade"),
        ({"causality": "surely"}, "how likely it is that the drug caused it"),
        ({"expected": None}, "whether it was expected"),
        ({"harm": ""}, "bodily harm"),
        ({"psychological_harm": "fatal"}, "psychological harm"),
        ({"notifiable": None}, "whether the patient has to be told"),
        ({"serious": ("unpleasant",)}, "only from the criteria shown"),
    ],
)
def test_what_is_missing_or_unknown_is_named(changed: dict[str, Any], words: str) -> None:
    assert words in reasons(replace(MILD, **changed))


def test_what_the_list_does_not_expect_is_called_expected_only_with_a_reason() -> None:
    assert "does not expect this" in reasons(replace(MILD, grade=3, expected=True))
    assert reasons(replace(MILD, grade=3, expected=True, why="Told of it before.")) == ""


def test_life_threatening_is_serious_and_death_is_the_highest_grade() -> None:
    assert "tick it" in reasons(replace(GRAVE, serious=("hospital",)))
    assert "highest grade" in reasons(replace(GRAVE, serious=("life_threatening", "death")))
    died = replace(GRAVE, grade=5, serious=("death",), harm="fatal", notifiable=True)
    assert reasons(died) == ""
    assert "harm was fatal" in reasons(replace(died, harm="severe"))


def test_harm_that_is_not_told_needs_a_reason() -> None:
    untold = replace(MILD, harm="moderate", notifiable=False)
    assert "has to be told" in reasons(untold)
    assert reasons(replace(untold, why="Known and consented to.")) == ""
    assert "has to be told" in reasons(replace(MILD, psychological_harm="moderate"))


def test_near_miss_harmed_nobody() -> None:
    assert "harmed nobody" in reasons(replace(MILD, harm="low"), Kind.NEAR_MISS)


@given(some.sampled_from([one.id for one in adverse_events()]), some.integers(1, 5))
def test_nothing_severe_is_ever_expected_and_worse_is_never_more_expected(term_id: str, grade: int) -> None:
    expected = expected_by_guidance(term_id, grade)
    assert expected is not None
    assert not (expected and grade >= 3)
    assert expected or not expected_by_guidance(term_id, min(grade + 1, 5))


def test_what_is_not_known_is_not_called_unexpected() -> None:
    assert expected_by_guidance("hiccups", 1) is None
    assert expected_by_guidance("nausea", None) is None


def test_each_side_effect_of_the_session_page_is_on_the_list() -> None:
    for name in (*figure("session", "side_effects").value, *figure("session", "emergency_symptoms").value):
        assert term_named(name) is not None, name


# The Yellow Card


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ({}, False),
        ({"serious": ("hospital",)}, True),
        ({"serious": ("hospital",), "causality": "not_assessable"}, True),
        ({"serious": ("hospital",), "causality": "unlikely"}, False),
        ({"serious": ("hospital",), "drug": ""}, False),
        ({"drug": "Esketamine nasal spray"}, True),
    ],
)
def test_card_is_asked_for_by_seriousness_or_for_a_drug_that_is_watched(changed: dict[str, Any], asked: bool) -> None:
    # Yellow Card scheme: serious reactions to any medicine; for a black triangle drug, all of them.
    assert calls_for_card(replace(MILD, **changed)) is asked


# Clocks


@pytest.mark.parametrize(
    ("days", "until"),
    [(1, (27, 11)), (2, (30, 11)), (5, (3, 12)), (10, (10, 12))],
)
def test_working_days_leave_out_weekends(days: int, until: tuple[int, int]) -> None:
    found = working_days_after(REPORTED, days)
    assert (found.day, found.month) == until
    assert found.time() == REPORTED.time()


def clock(one: Incident, name: str) -> Any:
    return next((found for found in clocks(one) if found.name == name), None)


def test_report_starts_the_clock_of_its_assessment_and_of_its_closing() -> None:
    fresh = incident()
    assert [one.name for one in clocks(fresh)] == ["assess", "close"]
    assert next_due(fresh) == clock(fresh, "assess").due_at == datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
    assert clock(fresh, "assess").is_overdue(REPORTED + timedelta(hours=25))
    assert not clock(fresh, "assess").is_overdue(REPORTED + timedelta(hours=23))


def test_duty_of_candour_runs_from_the_report_and_then_from_the_talk() -> None:
    made = assessed(replace(GRAVE, notifiable=True))
    untold = incident(Kind.ADVERSE_EVENT, made)
    assert clock(untold, "tell").due_at == datetime(2026, 12, 10, 15, 0, tzinfo=UTC)
    told = incident(Kind.ADVERSE_EVENT, made, (Step.TOLD, {}, 24))
    assert clock(told, "tell").done_at is not None
    assert clock(told, "write").due_at == datetime(2026, 12, 11, 15, 0, tzinfo=UTC)
    assert clock(incident(Kind.ADVERSE_EVENT, assessed(MILD)), "tell") is None


def test_late_is_said_for_good() -> None:
    late = incident(Kind.ADVERSE_EVENT, assessed(MILD, hours=100))
    assert clock(late, "assess").was_late
    assert not clock(late, "assess").is_overdue(REPORTED + timedelta(days=30))


def test_accountable_officer_has_two_days_for_a_controlled_drug() -> None:
    found = incident(Kind.CONTROLLED_DRUG)
    # NHS England North West: within 48 hours.
    assert clock(found, "officer").due_at == REPORTED + timedelta(hours=48)
    assert clock(found, "assess") is None


def test_newest_assessment_counts_and_a_closed_incident_has_nothing_due() -> None:
    found = incident(Kind.ADVERSE_EVENT, assessed(replace(GRAVE, notifiable=True)), assessed(MILD, 2))
    assert found.assessment == MILD
    assert not found.needs_candour
    closed = incident(Kind.ADVERSE_EVENT, assessed(MILD), (Step.CLOSED, {}, 3))
    assert closed.is_closed
    assert next_due(closed) is None
    assert not incident(Kind.ADVERSE_EVENT, (Step.CLOSED, {}, 3), (Step.REOPENED, {}, 4)).is_closed


# Closing


def close_reasons(one: Incident, by: int = OTHER, officer: bool = False) -> str:
    return " ".join(may_close(one, by, is_officer=officer).reasons)


def test_who_reported_it_does_not_close_it() -> None:
    done = incident(Kind.ADVERSE_EVENT, assessed(MILD), (Step.OUTCOME, {"outcome": "recovered"}, 2))
    assert close_reasons(done) == ""
    assert "You reported it" in close_reasons(done, REPORTER)
    assert "officer closes incidents with controlled drugs" in close_reasons(done, OFFICER, True)


def test_nothing_is_closed_before_all_of_it_was_done() -> None:
    words = close_reasons(incident())
    assert "not been assessed" in words
    assert "outcome" in words
    grave = incident(Kind.ADVERSE_EVENT, assessed(replace(GRAVE, notifiable=True)))
    for missing in ("Yellow Card", "told in person", "told in writing"):
        assert missing in close_reasons(grave)


def test_controlled_drug_is_closed_by_the_officer_who_took_it_over() -> None:
    found = incident(Kind.CONTROLLED_DRUG)
    assert "closed by the accountable officer" in close_reasons(found)
    assert "has not taken it over" in close_reasons(found, OFFICER, True)
    assert close_reasons(incident(Kind.CONTROLLED_DRUG, (Step.OFFICER, {}, 1)), OFFICER, True) == ""


@pytest.mark.parametrize("step", [step for step in Step if step not in (Step.NOTE, Step.REOPENED)])
def test_closed_incident_takes_notes_alone(step: Step) -> None:
    closed = incident(Kind.ADVERSE_EVENT, (Step.CLOSED, {}, 1))
    assert not may_add(closed, step).allowed
    assert may_add(closed, Step.NOTE).allowed
    assert may_add(closed, Step.REOPENED).allowed


@given(some.lists(some.sampled_from(list(Step)), max_size=6), some.sampled_from(list(Kind)))
def test_nothing_is_ever_both_closed_and_due(steps: list[Step], kind: Kind) -> None:
    found = incident(kind, *((step, {}, hours) for hours, step in enumerate(steps)))
    assert (next_due(found) is None) is found.is_closed
    assert not (found.is_closed and may_close(found, OTHER, is_officer=True).allowed)
