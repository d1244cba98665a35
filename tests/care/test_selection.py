"""Selection: hard rules stop, cautions warn, unknown never passes, overrides need two people and a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.selection import (
    Answer,
    Outcome,
    OverrideFacts,
    SelectionFacts,
    asks_about_pregnancy,
    judge,
    may_agree_override,
    may_decide_eligible,
    may_override,
)
from glimmer.guidance import built_in_sheet

SHEET = built_in_sheet()
RULES = SHEET.rules
BY_ID = {rule.id: rule for rule in RULES}
AMINA = SelectionFacts(age_years=41, pregnancy_possible=True, baseline_phq9=21)
ALL_MET = {rule.id: "met" for rule in RULES}
AGREED = OverrideFacts("Lacunar stroke 2011, cardiology agrees", 1, "Dr Penhallow", 2, "Dr Marchbanks")

# The table of the clinical facts, section 2, written here by hand.
HARD = {
    "adult",
    "depression_now",
    "two_antidepressants",
    "psychological_therapy",
    "referred",
    "travels_safely",
    "submits_ratings",
    "understands",
    "no_allergy",
    "no_aneurysm",
    "no_recent_mi",
    "no_severe_heart_disease",
    "no_stroke",
    "no_eclampsia",
    "no_uncontrolled_hypertension",
    "no_untreated_hyperthyroidism",
    "no_raised_intracranial_pressure",
    "not_pregnant",
    "no_psychosis_or_mania",
    "capacity",
    "no_dependence",
    "no_recreational_ketamine",
}
MAY_BE_OVERRIDDEN = {
    "two_antidepressants",
    "psychological_therapy",
    "submits_ratings",
    "no_stroke",
    "no_dependence",
    "no_recreational_ketamine",
}


def judged(facts=AMINA, overrides=None, **answers):
    return judge(SHEET, ALL_MET | answers, overrides or {}, facts)


def test_hard_rules_and_overridable_ones_are_those_of_the_clinical_facts():
    assert {rule.id for rule in RULES if rule.kind == "hard"} == HARD
    assert {rule.id for rule in RULES if rule.overridable} == MAY_BE_OVERRIDDEN
    assert len([rule for rule in RULES if rule.kind == "caution"]) == 14


def test_a_patient_who_meets_every_rule_may_be_called_eligible():
    verdict = may_decide_eligible(judged())
    assert verdict.allowed
    assert verdict.cautions == ()


@pytest.mark.parametrize("rule_id", sorted(HARD - {"adult"}))
@pytest.mark.parametrize("answer", ["not_met", "unknown"])
def test_a_hard_rule_not_met_or_unknown_stops_the_patient_and_is_named(rule_id, answer):
    verdict = may_decide_eligible(judged(**{rule_id: answer}))
    assert len(verdict.reasons) == 1
    assert verdict.reasons[0].startswith(BY_ID[rule_id].asks)


def test_a_rule_that_nobody_answered_is_unknown_and_does_not_pass():
    judgement = judge(SHEET, {}, {}, AMINA)
    assert judgement.of("no_allergy").answer is Answer.UNKNOWN
    assert judgement.of("no_allergy").outcome is Outcome.OPEN
    assert not may_decide_eligible(judgement).allowed


@pytest.mark.parametrize("answer", ["not_met", "unknown"])
def test_a_caution_warns_but_does_not_stop(answer):
    verdict = may_decide_eligible(judged(no_hypertension=answer))
    assert verdict.allowed
    assert verdict.cautions[0].startswith("No high blood pressure, even if treated")


def test_there_is_no_eligibility_without_a_baseline_score():
    verdict = may_decide_eligible(judged(facts=SelectionFacts(41, True, None)))
    assert verdict.reasons == (
        "There is no baseline PHQ-9. Record it: without it nobody can tell whether treatment helped.",
    )


def test_a_baseline_of_nought_is_a_baseline():
    assert may_decide_eligible(judged(facts=SelectionFacts(41, True, 0))).allowed


@pytest.mark.parametrize(("age", "outcome"), [(17, Outcome.FAILS), (18, Outcome.PASSES)])
def test_adulthood_is_worked_out_from_the_age_whatever_was_answered(age, outcome):
    judgement = judge(SHEET, ALL_MET | {"adult": "met"}, {}, SelectionFacts(age, True, 20))
    assert judgement.of("adult").outcome is outcome


def test_the_question_about_older_age_is_asked_only_above_sixty_five():
    assert judged(facts=SelectionFacts(65, False, 20)).of("older_age_weighed").outcome is Outcome.NOT_ASKED
    asked = judged(facts=SelectionFacts(66, False, 20), older_age_weighed="not_met")
    assert asked.of("older_age_weighed").outcome is Outcome.CAUTION


def test_pregnancy_is_not_asked_about_where_it_is_not_possible():
    judgement = judged(facts=SelectionFacts(41, False, 20), not_pregnant="unknown")
    assert judgement.of("not_pregnant").outcome is Outcome.NOT_ASKED
    assert may_decide_eligible(judgement).allowed


def test_not_knowing_whether_pregnancy_is_possible_means_that_it_is_asked():
    assert not may_decide_eligible(judged(facts=SelectionFacts(41, None, 20), not_pregnant="unknown")).allowed


def test_an_agreed_override_lets_a_past_stroke_pass_and_stays_visible():
    judgement = judged(no_stroke="not_met", overrides={"no_stroke": AGREED})
    verdict = may_decide_eligible(judgement)
    assert verdict.allowed
    assert "Overridden by Dr Penhallow, agreed by Dr Marchbanks: Lacunar stroke 2011" in verdict.cautions[0]


@pytest.mark.parametrize(
    "override",
    [
        OverrideFacts("", 1, "Dr Penhallow", 2, "Dr Marchbanks"),
        OverrideFacts("   ", 1, "Dr Penhallow", 2, "Dr Marchbanks"),
        OverrideFacts("Reason", 1, "Dr Penhallow"),
        OverrideFacts("Reason", 1, "Dr Penhallow", 1, "Dr Penhallow"),
        OverrideFacts("Reason", None, "Dr Penhallow", 2, "Dr Marchbanks"),
        OverrideFacts("Reason", 1, "", 2, "Dr Marchbanks"),
    ],
)
def test_an_incomplete_override_does_not_count(override):
    judgement = judged(no_stroke="not_met", overrides={"no_stroke": override})
    assert judgement.of("no_stroke").outcome is Outcome.FAILS


@pytest.mark.parametrize("rule_id", sorted(HARD - MAY_BE_OVERRIDDEN - {"adult"}))
def test_no_override_lifts_a_rule_that_cannot_be_overridden(rule_id):
    judgement = judged(overrides={rule_id: AGREED}, **{rule_id: "not_met"})
    assert judgement.of(rule_id).outcome is Outcome.FAILS
    assert not may_override(BY_ID[rule_id], judgement).allowed


def test_what_is_unknown_cannot_be_overridden():
    judgement = judged(no_stroke="unknown", overrides={"no_stroke": AGREED})
    assert judgement.of("no_stroke").outcome is Outcome.OPEN
    assert "no answer yet" in may_override(BY_ID["no_stroke"], judgement).reasons[0]


def test_an_override_may_be_proposed_for_a_failed_rule_only():
    assert may_override(BY_ID["no_stroke"], judged(no_stroke="not_met")).allowed
    assert not may_override(BY_ID["no_stroke"], judged()).allowed


def test_nobody_agrees_to_their_own_override_or_twice():
    proposed = OverrideFacts("Reason", 1, "Dr Penhallow")
    assert may_agree_override(proposed, 2).allowed
    assert "second clinician" in may_agree_override(proposed, 1).reasons[0]
    assert "already" in may_agree_override(AGREED, 3).reasons[0]


@pytest.mark.parametrize(
    ("sex", "age", "asked"),
    [("female", 30, True), ("female", 55, True), ("female", 56, False), ("male", 30, False), ("unknown", 30, True)],
)
def test_pregnancy_is_asked_about_unless_recorded_as_male_or_past_the_age(sex, age, asked):
    assert asks_about_pregnancy(SHEET, sex, age) is asked


@given(
    st.dictionaries(st.sampled_from([rule.id for rule in RULES]), st.sampled_from(["met", "not_met", "unknown"])),
    st.integers(10, 95),
    st.sampled_from([True, False, None]),
)
def test_nobody_is_eligible_with_an_asked_hard_rule_that_is_not_met(answers, age, pregnancy_possible):
    judgement = judge(SHEET, answers, {}, SelectionFacts(age, pregnancy_possible, 20))
    if may_decide_eligible(judgement).allowed:
        for one in judgement.outcomes:
            assert one.rule.kind == "caution" or one.outcome in (Outcome.PASSES, Outcome.NOT_ASKED)
            if one.outcome is Outcome.PASSES and not one.rule.derived:
                assert answers[one.rule.id] == "met"
