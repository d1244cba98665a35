"""Consent: given with capacity and information, refused, withdrawn; and when it no longer holds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from glimmer.actions.consent import consent_verdict, record_consent, withdraw_consent
from glimmer.actions.plan import prescribe_plan
from glimmer.records.models import ConsentRecord
from glimmer.vocabulary.problems import BadInput, RuleRefused
from tests.support.cast import a_conversation, an_episode, an_order


def today():
    return timezone.localdate()


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="consent")


def test_consent_with_capacity_and_all_points_leads_to_the_plan(cast, episode):
    record_consent(episode, a_conversation(), by=cast.idris)
    episode.refresh_from_db()
    assert episode.step == "plan"
    assert consent_verdict(episode, today()).allowed


@pytest.mark.parametrize("element", ["understands", "retains", "weighs", "communicates"])
@pytest.mark.parametrize("answer", [False, None])
def test_consent_is_not_recorded_while_one_element_of_capacity_is_open_or_lacking(cast, episode, element, answer):
    with pytest.raises(RuleRefused):
        record_consent(episode, a_conversation(**{element: answer}), by=cast.idris)
    assert not ConsentRecord.objects.exists()


def test_consent_needs_every_point_covered(cast, episode):
    all_points = a_conversation().points_covered
    with pytest.raises(RuleRefused):
        record_consent(episode, a_conversation(points_covered=all_points[1:]), by=cast.idris)


def test_consent_on_old_information_is_refused(cast, episode):
    with pytest.raises(RuleRefused):
        record_consent(episode, a_conversation(information_version="2019-01"), by=cast.idris)


@pytest.mark.parametrize("wrong", [{"decision": "perhaps"}, {"points_covered": ("no_such_point",)}])
def test_conversation_that_cannot_be_right_is_refused(cast, episode, wrong):
    with pytest.raises(BadInput):
        record_consent(episode, a_conversation(**wrong), by=cast.idris)


def test_consent_before_the_decision_on_selection_is_refused(cast):
    with pytest.raises(RuleRefused, match="eligible"):
        record_consent(an_episode(cast, at="selection"), a_conversation(), by=cast.idris)


def test_refusal_is_recorded_and_the_patient_may_change_their_mind(cast, episode):
    record_consent(episode, a_conversation("refused", points_covered=()), by=cast.idris)
    episode.refresh_from_db()
    assert episode.state == "Consent refused"
    record_consent(episode, a_conversation(), by=cast.idris)
    episode.refresh_from_db()
    assert episode.step == "plan"


def test_withdrawal_needs_no_reason_and_stops_the_plan(cast):
    episode = an_episode(cast, at="session")
    withdraw_consent(episode, by=cast.maya)
    episode.refresh_from_db()
    assert episode.state == "Consent withdrawn"
    assert not consent_verdict(episode, today()).allowed


def test_withdrawal_without_consent_is_refused(cast, episode):
    with pytest.raises(RuleRefused):
        withdraw_consent(episode, by=cast.maya)


def test_consent_does_not_hold_before_it_was_given_nor_half_a_year_after(cast):
    episode = an_episode(cast, at="plan")
    assert consent_verdict(episode, today()).allowed
    assert not consent_verdict(episode, today() - timedelta(days=60)).allowed
    assert not consent_verdict(episode, today() + timedelta(days=200)).allowed


def test_consent_given_before_the_first_plan_is_for_the_first_plan_only(cast):
    episode = an_episode(cast, at="session")
    assert consent_verdict(episode, today()).allowed
    prescribe_plan(episode, an_order(weight_kg=80), by=cast.idris)
    verdict = consent_verdict(episode, today())
    assert any("plan is now version 2" in reason for reason in verdict.reasons)
    episode.refresh_from_db()
    assert episode.step == "consent"
    record_consent(episode, a_conversation(), by=cast.idris)
    assert consent_verdict(episode, today()).allowed
