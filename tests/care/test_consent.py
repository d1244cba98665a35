"""Consent: recorded with capacity and information, holding for a time and a plan."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from glimmer.care.consent import CAPACITY, ConsentFacts, consent_holds, may_record_consent
from glimmer.care.consent_lapse import ConsentedPlan
from glimmer.care.consent_waiting import Talk
from glimmer.guidance import Told, information_for, protocol
from glimmer.guidance.information import Edition

STANDARD = "iv-racemic-standard"
TOLD = information_for(protocol(STANDARD), cost="It costs you nothing.")
FIGURES = Told(mg_per_kg=0.5, minutes=40, sessions=6)
GIVEN = ConsentFacts(
    decision="given",
    information_version=TOLD.version,
    recorded_on=date(2026, 3, 2),
    understands=True,
    retains=True,
    weighs=True,
    communicates=True,
    points_covered=tuple(point.id for point in TOLD.points),
    protocol_id=STANDARD,
    told=FIGURES,
    plan_version=None,
)
ELEMENTS = [name for name, _ in CAPACITY]
INFORMED = datetime(2026, 3, 1, 9, tzinfo=UTC)
TALK = Talk(decided_at=INFORMED + timedelta(days=1), informed_at=INFORMED, interpreter="not_needed")


def holds(facts=GIVEN, plan=1, told=TOLD, day=date(2026, 3, 9), figures=FIGURES, treatment=STANDARD):
    return consent_holds(facts, ConsentedPlan(plan, treatment, figures), told, day)


def with_edition(**changes):
    """Return the information in force with one more edition after it."""
    facts = {
        "version": "9",
        "published_on": date(2031, 1, 1),
        "lapses": True,
        "why": "A new harm.",
        "news": ("a harm",),
    }
    newer = Edition(**{**facts, "digest": "d", **changes})
    return replace(TOLD, version=newer.version, editions=(*TOLD.editions, newer))


def test_the_four_elements_are_those_of_the_act():
    assert ELEMENTS == ["understands", "retains", "weighs", "communicates"]


def test_consent_with_capacity_and_all_points_covered_is_recorded():
    assert may_record_consent(GIVEN, TOLD, TALK).allowed


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("answer", [False, None])
def test_consent_is_not_recorded_without_each_element_of_capacity(element, answer):
    verdict = may_record_consent(replace(GIVEN, **{element: answer}), TOLD, TALK)
    assert len(verdict.reasons) == 1
    assert ("lacks capacity" if answer is False else "not assessed") in verdict.reasons[0]


def test_a_point_that_was_not_covered_is_named():
    verdict = may_record_consent(replace(GIVEN, points_covered=GIVEN.points_covered[1:]), TOLD, TALK)
    assert verdict.reasons == (f"Not yet covered with the patient: {TOLD.points[0].title}. Cover each point first.",)


def test_consent_on_an_old_version_of_the_information_is_not_recorded():
    verdict = may_record_consent(replace(GIVEN, information_version="2019-01"), TOLD, TALK)
    assert "version 2019-01" in verdict.reasons[0]
    assert TOLD.version in verdict.reasons[0]


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
def test_a_no_is_always_recorded(decision):
    assert may_record_consent(ConsentFacts(decision, "", date(2026, 3, 2)), TOLD, Talk(INFORMED, None)).allowed


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
    assert consent_holds(GIVEN, None, TOLD, date(2026, 3, 9)).allowed


def test_a_new_edition_that_tells_more_ends_a_consent_and_says_what_is_new():
    (reason,) = holds(told=with_edition()).reasons
    assert "since version 9 more has to be told: a harm" in reason


def test_a_corrected_wording_ends_no_consent():
    verdict = holds(told=with_edition(lapses=False, news=()))
    assert verdict.allowed
    assert "Only its wording changed" in verdict.cautions[0]


def test_consent_on_an_edition_that_nobody_knows_does_not_hold():
    assert "not known here" in holds(facts=replace(GIVEN, information_version="1066")).reasons[0]
    assert "not stated" in holds(facts=replace(GIVEN, information_version="")).reasons[0]


def test_consent_on_the_first_edition_ended_with_the_second():
    assert "ECT" in holds(facts=replace(GIVEN, information_version="2026-11")).reasons[0]


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (replace(FIGURES, mg_per_kg=0.75), "a dose of 0.5 mg/kg, and the plan has a dose of 0.75 mg/kg"),
        (replace(FIGURES, minutes=60), "40 minutes, and the plan has a duration of 60 minutes"),
        (replace(FIGURES, sessions=8), "6 sessions, and the plan has 8 sessions"),
    ],
)
def test_consent_is_for_the_figures_that_the_patient_was_told(figures, says):
    assert says in holds(figures=figures).reasons[0]
    # Told anew by that plan's own figures, it holds.
    assert holds(facts=replace(GIVEN, told=figures), figures=figures).allowed


def test_a_typed_dose_is_compared_by_the_prescriber():
    verdict = holds(figures=Told(dose_mg=35, minutes=40, sessions=6))
    assert verdict.allowed
    assert "Compare it yourself" in verdict.cautions[0]
    told_in_mg = replace(GIVEN, told=Told(dose_mg=35, minutes=40, sessions=6))
    assert not holds(facts=told_in_mg, figures=Told(dose_mg=45, minutes=40, sessions=6)).allowed


def test_consent_to_one_treatment_is_none_to_another():
    (reason,) = holds(treatment="iv-racemic-oxford-weekly").reasons
    assert protocol(STANDARD).title in reason
    assert protocol("iv-racemic-oxford-weekly").title in reason


def test_a_treatment_that_left_the_library_is_still_named():
    assert "long-gone" in holds(facts=replace(GIVEN, protocol_id="long-gone")).reasons[0]


@pytest.mark.parametrize("unknown", [{"told": None}, {"protocol_id": ""}])
def test_consent_to_nobody_knows_what_does_not_hold_for_a_plan(unknown):
    assert "not on record which treatment" in holds(facts=replace(GIVEN, **unknown)).reasons[0]


def test_consent_that_was_stored_without_capacity_never_holds():
    assert not holds(facts=replace(GIVEN, weighs=None)).allowed
