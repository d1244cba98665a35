"""Communication needs on every page and letter; registry, research and teaching each on its own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from glimmer.actions.consent import record_consent
from glimmer.actions.followup import decide_followup, write_letter
from glimmer.actions.wishes import Wish, decide_purpose, record_needs, withdraw_purpose
from glimmer.care.communication import Needs
from glimmer.care.consent_purposes import PurposeDecision, purpose_holds
from glimmer.records.models import Patient, PurposeConsent
from glimmer.records.wishes import patients_consenting_to, purpose_consent_holds, registry_consent_holds
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import a_conversation, an_episode

POLISH = Needs(support=("spoken_interpreter",), language="Polish")


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="consent")


def test_needs_are_flagged_in_words_and_shared_with_letters(cast, episode):
    record_needs(episode, Needs(("large_print",)), by=cast.bea)
    episode.patient.refresh_from_db()
    assert episode.patient.communication_needs == "Large print"
    assert write_letter(episode, "referral_outcome", by=cast.bea).content["patient"]["communication_needs"] == (
        "Large print"
    )
    record_needs(episode, Needs(), by=cast.bea)
    episode.patient.refresh_from_db()
    assert episode.patient.communication_needs == ""
    assert episode.patient.needs_asked.count() == 2


def test_who_needs_an_interpreter_does_not_consent_without(cast, episode):
    record_needs(episode, POLISH, by=cast.maya)
    with pytest.raises(RuleRefused) as refused:
        record_consent(episode, a_conversation(), by=cast.maya)
    assert "needs an interpreter" in refused.value.reasons[0]
    stored = record_consent(
        episode, a_conversation(interpreter="used", interpreter_who="Made-up Languages, 1234"), by=cast.maya
    )
    assert stored.interpreter_who == "Made-up Languages, 1234"


def test_needs_that_the_referral_names_are_recorded_before_consent(cast, episode):
    Patient.objects.update(communication_needs="Deaf, uses sign language")
    with pytest.raises(RuleRefused) as refused:
        record_consent(episode, a_conversation(), by=cast.maya)
    assert "Deaf, uses sign language" in refused.value.reasons[0]


@pytest.mark.parametrize("wrong", [Needs(formats=("pigeon",)), Needs(support=("spoken_interpreter",))])
def test_needs_that_cannot_be_right_are_refused(cast, episode, wrong):
    with pytest.raises(BadInput):
        record_needs(episode, wrong, by=cast.maya)


def test_the_registry_asks_and_is_told_at_once(cast, episode):
    patient = episode.patient
    assert not registry_consent_holds(patient)
    decide_purpose(episode, Wish("registry", "given", True), by=cast.maya)
    assert registry_consent_holds(patient)
    assert not purpose_consent_holds(patient, "research")
    assert list(patients_consenting_to("registry")) == [patient]
    withdraw_purpose(episode, "registry", "By telephone.", by=cast.bea)
    assert not registry_consent_holds(patient)
    assert not patients_consenting_to("registry").exists()


def test_a_patient_takes_it_back_after_the_journey_has_ended_as_well(cast):
    episode = an_episode(cast, at="session")
    decide_purpose(episode, Wish("research", "given", True), by=cast.maya)
    decide_followup(episode, "discharge", None, "Well.", by=cast.idris)
    withdraw_purpose(episode, "research", by=cast.bea)
    assert not purpose_consent_holds(episode.patient, "research")


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        (Wish("registry", "given", None), RuleRefused),
        (Wish("registry", "given", False), RuleRefused),
        (Wish("registry", "withdrawn"), RuleRefused),
        (Wish("marketing", "given", True), BadInput),
        (Wish("registry", "perhaps", True), BadInput),
    ],
)
def test_a_wish_that_cannot_be_right_is_refused(cast, episode, wish, problem):
    with pytest.raises(problem):
        decide_purpose(episode, wish, by=cast.maya)
    assert not PurposeConsent.objects.exists()


def test_an_administrator_takes_back_and_never_gives(cast, episode):
    with pytest.raises(NotAllowed):
        decide_purpose(episode, Wish("registry", "given", True), by=cast.bea)


def test_the_question_to_the_database_answers_as_the_rule_does(cast, episode):
    now = timezone.now()
    said = ["given", "withdrawn", "given", "refused", "given"]
    for number, decision in enumerate(said):
        decide_purpose(
            episode, Wish("registry", decision, True), by=cast.maya, at=now - timedelta(hours=len(said) - number)
        )
    rows = [PurposeDecision(one.purpose, one.decision, one.recorded_at) for one in PurposeConsent.objects.all()]
    for ago in range(7):
        at = now - timedelta(hours=ago, minutes=-1)
        assert patients_consenting_to("registry", at).exists() is purpose_holds(rows, "registry", at), ago
