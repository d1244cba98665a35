"""Consent: recorded with capacity and information, holding for a time and a plan."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from glimmer.care.consent import CAPACITY, ConsentFacts, consent_holds, may_record_consent
from glimmer.guidance import information

TOLD = information()
GIVEN = ConsentFacts(
    decision="given",
    information_version=TOLD.version,
    recorded_on=date(2026, 3, 2),
    understands=True,
    retains=True,
    weighs=True,
    communicates=True,
    points_covered=tuple(point.id for point in TOLD.points),
    plan_version=None,
)
ELEMENTS = [name for name, _ in CAPACITY]


def holds(facts=GIVEN, plan=1, told=TOLD.version, day=date(2026, 3, 9)):
    return consent_holds(facts, plan, told, day)


def test_the_four_elements_are_those_of_the_act():
    assert ELEMENTS == ["understands", "retains", "weighs", "communicates"]


def test_consent_with_capacity_and_all_points_covered_is_recorded():
    assert may_record_consent(GIVEN, TOLD).allowed


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("answer", [False, None])
def test_consent_is_not_recorded_without_each_element_of_capacity(element, answer):
    verdict = may_record_consent(replace(GIVEN, **{element: answer}), TOLD)
    assert len(verdict.reasons) == 1
    assert ("lacks capacity" if answer is False else "not assessed") in verdict.reasons[0]


def test_a_point_that_was_not_covered_is_named():
    verdict = may_record_consent(replace(GIVEN, points_covered=GIVEN.points_covered[1:]), TOLD)
    assert verdict.reasons == (f"Not yet covered with the patient: {TOLD.points[0].title}. Cover each point first.",)


def test_consent_on_an_old_version_of_the_information_is_not_recorded():
    verdict = may_record_consent(replace(GIVEN, information_version="2019-01"), TOLD)
    assert "version 2019-01" in verdict.reasons[0]
    assert TOLD.version in verdict.reasons[0]


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
def test_a_no_is_always_recorded(decision):
    assert may_record_consent(ConsentFacts(decision, "", date(2026, 3, 2)), TOLD).allowed


def test_consent_holds_on_the_day_it_was_given_and_a_week_later():
    assert holds(day=date(2026, 3, 2)).allowed
    assert holds().allowed
    assert holds().cautions == ()


def test_no_conversation_means_no_consent():
    assert "not consented yet" in holds(facts=None).reasons[0]


@pytest.mark.parametrize(("decision", "word"), [("refused", "refused consent"), ("withdrawn", "withdrew consent")])
def test_refused_or_withdrawn_consent_does_not_hold(decision, word):
    assert word in holds(facts=replace(GIVEN, decision=decision)).reasons[0]


def test_consent_holds_for_its_180_days_and_not_one_more():
    last = GIVEN.recorded_on + timedelta(days=180)
    assert holds(day=last).allowed
    assert "Consent ends after 29 August 2026" in holds(day=last).cautions[0]
    assert "more than 180 days old" in holds(day=last + timedelta(days=1)).reasons[0]


def test_consent_does_not_reach_back():
    assert not holds(day=date(2026, 3, 1)).allowed


def test_consent_to_another_version_of_the_plan_does_not_hold():
    assert holds(facts=replace(GIVEN, plan_version=2), plan=3).reasons == (
        "Consent was given for plan 2, and the plan is now version 3. Review the new plan with the patient.",
    )
    assert holds(facts=replace(GIVEN, plan_version=3), plan=3).allowed


def test_newer_information_is_a_caution_not_a_bar():
    verdict = holds(told="2031-01")
    assert verdict.allowed
    assert "2031-01 is in force now" in verdict.cautions[0]


def test_consent_that_was_stored_without_capacity_never_holds():
    assert not holds(facts=replace(GIVEN, weighs=None)).allowed
