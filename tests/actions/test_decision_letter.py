"""The letters about a decision: the referrer reads the rules, the patient plain words, both as it was decided."""

import re

import pytest

from glimmer.actions.followup import write_letter
from glimmer.actions.selection import answer_rules, decide_selection
from glimmer.actions.urgent import raise_urgent, write_safety_plan, write_urgent_step
from glimmer.guidance import built_in_sheet
from glimmer.records.episodes import SelectionDecision
from glimmer.vocabulary.problems import RuleRefused
from tests.actions.test_selection_rules import put_in_force, ready, version
from tests.actions.test_urgent import a_plan
from tests.support.cast import an_episode


def words(letter):
    sections = letter.content["sections"]
    return " ".join(" ".join([part["heading"], *part["paragraphs"], *part["points"]]) for part in sections)


@pytest.fixture
def refused(cast):
    episode = ready(cast)
    answer_rules(episode, {"no_aneurysm": ("not_met", "MRI 2019"), "capacity": ("unknown", "")}, by=cast.maya)
    decide_selection(episode, "not_eligible", "The risk of a bleed is too high.", by=cast.idris)
    return episode


def test_referrer_reads_each_rule_that_stopped_the_version_and_who_decided(cast, refused):
    told = words(write_letter(refused, "referral_outcome", by=cast.idris))
    rule = built_in_sheet().rule("no_aneurysm")
    assert f"{rule.asks}: not met. {rule.if_not}" in told
    assert "capacity to decide about this treatment: not known" in told
    assert "Decided by Dr Idris Penhallow" in told
    assert built_in_sheet().label in told


def test_patient_reads_why_in_plain_words_and_none_of_the_rules_own(cast, refused):
    letter = write_letter(refused, "patient_decision", by=cast.idris)
    told = words(letter)
    rule = built_in_sheet().rule("no_aneurysm")
    assert rule.plain in told
    assert rule.asks not in told
    assert "The risk of a bleed is too high." in told
    assert letter.content["salutation"] == f"Dear {refused.patient.given_name} Sample"
    assert letter.content["copies"] == ["Dr Ada Quince, Made-up Road Surgery"]
    assert letter.recipients[0]["as"] == "patient"
    assert "your usual mental health team" in told
    assert "the patient" not in told


def test_patient_who_may_be_treated_reads_that_it_is_their_choice_and_what_is_taken_care_of(cast):
    episode = ready(cast)
    answer_rules(episode, {"no_hypertension": ("not_met", "On amlodipine")}, by=cast.maya)
    decide_selection(episode, "eligible", by=cast.idris)
    told = words(write_letter(episode, "patient_decision", by=cast.idris))
    assert "You decide whether you want it." in told
    assert "You have high blood pressure, so we measure it more often." in told


def test_letter_tells_the_case_as_it_was_decided_by_the_version_of_then(cast, refused):
    put_in_force(cast, version(value=99))
    told = words(write_letter(refused, "referral_outcome", by=cast.idris))
    assert built_in_sheet().label in told
    assert "selection 2" not in told


def test_there_is_no_letter_about_what_was_not_decided_or_did_not_happen(cast):
    episode = ready(cast)
    for kind in ("patient_decision", "urgent_handover"):
        with pytest.raises(RuleRefused):
            write_letter(episode, kind, by=cast.idris)


def test_urgent_hand_over_tells_what_was_noticed_what_was_done_and_with_whom_the_patient_is(cast):
    episode = ready(cast)
    call = raise_urgent(episode, "very_urgent", "Tablets at home", by=cast.bea)
    write_urgent_step(call, "handed", "Taken over by telephone", "Crisis team, Ann Example", by=cast.maya)
    told = words(write_letter(episode, "urgent_handover", by=cast.idris))
    for part in ("Tablets at home", "handed over (Crisis team, Ann Example): Taken over by telephone"):
        assert part in told


def test_hand_over_says_there_is_a_safety_plan_only_where_there_is_one(cast):
    episode = ready(cast)
    raise_urgent(episode, "very_urgent", "Tablets at home", by=cast.bea)
    told = words(write_letter(episode, "urgent_handover", by=cast.idris))
    assert "with a safety plan" not in told
    assert "There is no safety plan from after this call yet." in told
    write_safety_plan(episode, a_plan(), by=cast.tomos)
    assert "The ketamine clinic, with a safety plan." in words(write_letter(episode, "urgent_handover", by=cast.idris))


def test_patient_is_not_told_that_they_have_what_nobody_knows_they_have(cast):
    episode = ready(cast)
    answer_rules(episode, {"no_past_psychosis": ("unknown", "")}, by=cast.maya)
    decide_selection(episode, "eligible", by=cast.idris)
    told = words(write_letter(episode, "patient_decision", by=cast.idris))
    rule = built_in_sheet().rule("no_past_psychosis")
    assert rule.plain not in told
    assert f"We could not find out yet whether this is so: {rule.asks}." in told


def test_rules_that_nobody_looked_into_are_no_reasons(cast):
    episode = an_episode(cast, at="selection")
    answer_rules(episode, {"no_aneurysm": ("not_met", "MRI 2019")}, by=cast.maya)
    decide_selection(episode, "not_eligible", "The risk of a bleed is too high.", by=cast.idris)
    allergy = built_in_sheet().rule("no_allergy").asks
    for kind in ("patient_decision", "referral_outcome"):
        told = words(write_letter(episode, kind, by=cast.idris))
        assert "bleed" in told
        assert allergy not in told, kind


@pytest.mark.parametrize("kind", ["patient_decision", "referral_outcome"])
def test_decision_that_no_longer_stands_is_told_to_nobody(cast, kind):
    episode = ready(cast)
    decide_selection(episode, "eligible", by=cast.idris)
    answer_rules(episode, {"no_aneurysm": ("not_met", "MRI of today")}, by=cast.maya)
    with pytest.raises(RuleRefused, match="changed since"):
        write_letter(episode, kind, by=cast.idris)


def test_letter_is_never_judged_by_other_rules_than_the_decision_pins(cast, refused):
    SelectionDecision.objects.filter(episode=refused).update(guidance_version="selection 77 (gone)")
    with pytest.raises(RuleRefused, match="selection 77"):
        write_letter(refused, "referral_outcome", by=cast.idris)


def test_every_rule_has_plain_words_without_the_words_of_the_trade():
    hard_words = re.compile(r"\b(contraindic|hypertens|intracran|myocard|aneurysm|eligib|criteri)", re.IGNORECASE)
    for rule in built_in_sheet().rules:
        assert rule.plain.endswith("."), rule.id
        assert not hard_words.search(rule.plain), rule.id
        longest = max(len(sentence.split()) for sentence in re.split(r"[.:]", rule.plain))
        assert longest <= 30, (rule.id, longest)
