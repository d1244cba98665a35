"""Consent: given with capacity and information, refused, withdrawn; and when it no longer holds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from glimmer.actions.consent import consent_verdict, record_consent, withdraw_consent
from glimmer.actions.consent_talk import answer_question, ask_question, give_information
from glimmer.actions.plan import prescribe_plan
from glimmer.actions.protocols import approve_protocol, propose_protocol, retire_protocol
from glimmer.actions.urgent import raise_urgent, write_urgent_step
from glimmer.care.session.events import AlarmRaised
from glimmer.guidance import protocol
from glimmer.guidance.protocol import FOLDER, use_source
from glimmer.records.logbook import events_of
from glimmer.records.models import ConsentRecord
from glimmer.records.protocols import proposed_documents
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.bedside import a_ward
from tests.support.cast import a_conversation, a_handover, an_episode, an_order


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
    told = give_information(episode, a_handover(), by=cast.maya)
    # 80 kg at 0.5 mg/kg are 40 mg: the plan's own figures, not the protocol's alone.
    assert "40 mg in all" in told.content[0]["says"]
    record_consent(episode, a_conversation(), by=cast.idris)
    assert consent_verdict(episode, today()).allowed


OXFORD = "iv-racemic-oxford-weekly"


def just_told(cast, **changes):
    """A patient who was informed a moment ago."""
    episode = an_episode(cast, at="consent")
    give_information(episode, a_handover(**changes), by=cast.maya)
    return episode


def test_the_patient_has_a_night_to_think_unless_a_psychiatrist_says_why_not(cast):
    episode = just_told(cast)
    with pytest.raises(RuleRefused) as refused:
        record_consent(episode, a_conversation(), by=cast.maya)
    assert "less than 24 hours" in refused.value.reasons[0]
    with pytest.raises(NotAllowed):
        record_consent(episode, a_conversation(sooner_because="Suicidal."), by=cast.maya)
    stored = record_consent(episode, a_conversation(sooner_because="Suicidal."), by=cast.idris)
    assert stored.sooner_because == "Suicidal."


def test_on_the_urgent_pathway_nobody_has_to_wait_once_a_psychiatrist_has_seen_the_patient(cast):
    episode = just_told(cast)
    call = raise_urgent(episode, "urgent", "Frequent thoughts", by=cast.maya)
    write_urgent_step(call, "seen", "Seen at once", by=cast.maya)
    with pytest.raises(RuleRefused):
        record_consent(episode, a_conversation(), by=cast.maya)
    write_urgent_step(call, "seen", "Seen in clinic", by=cast.idris)
    assert record_consent(episode, a_conversation(), by=cast.maya).decision == "given"


def test_consent_before_any_information_is_refused_and_a_no_is_taken(cast):
    episode = an_episode(cast, at="selection")
    with pytest.raises(RuleRefused):
        record_consent(episode, a_conversation(), by=cast.maya)
    informed_by_nobody = an_episode(cast, at="consent", patient=1)
    assert record_consent(informed_by_nobody, a_conversation("refused"), by=cast.maya).decision == "refused"


def test_consent_to_one_treatment_lapses_when_another_is_prescribed_and_holds_for_its_own(cast):
    episode = an_episode(cast, at="plan")
    prescribe_plan(episode, an_order(protocol_id=OXFORD), by=cast.idris)
    verdict = consent_verdict(episode, today())
    assert "Inform the patient about this treatment" in verdict.reasons[0]
    episode.refresh_from_db()
    assert episode.step == "consent"


def test_consent_to_the_next_treatment_may_come_before_its_plan(cast):
    episode = an_episode(cast, at="session")
    now = timezone.now()
    give_information(episode, a_handover(OXFORD), by=cast.maya, at=now - timedelta(days=2))
    record_consent(episode, a_conversation(), by=cast.idris, at=now - timedelta(hours=1))
    assert not consent_verdict(episode, today()).allowed
    prescribe_plan(episode, an_order(protocol_id=OXFORD), by=cast.idris)
    assert consent_verdict(episode, today()).allowed


def test_a_first_plan_with_more_than_was_told_is_not_what_was_consented_to(cast):
    episode = an_episode(cast, at="plan")
    prescribe_plan(episode, an_order(mg_per_kg=0.6, reason="Heavier illness."), by=cast.idris)
    assert "told of a dose of 0.5 mg/kg" in consent_verdict(episode, today()).reasons[0]


def test_each_question_has_its_answers_and_who_gave_them(cast, episode):
    question = ask_question(episode, " Will I sleep? ", "", by=cast.tomos)
    with pytest.raises(RuleRefused):
        record_consent(episode, a_conversation(), by=cast.idris)
    answer_question(question, "No.", by=cast.maya)
    answer_question(question, "You may doze.", by=cast.idris)
    assert (question.asks, question.asked_by) == ("Will I sleep?", "The patient")
    assert [(one.says, one.answered_by) for one in question.answers.all()] == [
        ("No.", cast.maya),
        ("You may doze.", cast.idris),
    ]
    assert record_consent(episode, a_conversation(), by=cast.idris).decision == "given"


def test_question_after_consent_is_a_caution_until_it_is_answered(cast):
    episode = an_episode(cast, at="plan")
    before = consent_verdict(episode, today()).cautions
    question = ask_question(episode, "May I drive on Friday?", "", by=cast.tomos)
    holds = consent_verdict(episode, today())
    assert holds.allowed
    assert "no answer yet" in holds.cautions[-1]
    answer_question(question, "Not before you have slept.", by=cast.maya)
    assert consent_verdict(episode, today()).cautions == before


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cost": " "}, "cost"),
        ({"ways": ()}, "ways"),
        ({"ways": ("pigeon",)}, "ways"),
        ({"interpreter": ""}, "interpreter"),
        ({"interpreter": "perhaps"}, "interpreter"),
        ({"interpreter": "used"}, "interpreter_who"),
        ({"protocol_id": "water"}, "protocol_id"),
    ],
)
def test_information_that_was_not_given_as_it_should_be_is_refused(cast, episode, wrong, field):
    with pytest.raises(BadInput) as refused:
        give_information(episode, a_handover(**wrong), by=cast.maya)
    assert refused.value.field == field


def test_refusal_under_way_sounds_in_the_bay_as_a_withdrawal_does(db):
    ward = a_ward()
    session = ward.running()
    record_consent(ward.episode, a_conversation(decision="refused", points_covered=()), by=ward.nurse)
    raised = [event.what for event in events_of(session.pk) if isinstance(event.what, AlarmRaised)]
    assert [(one.rule, one.priority) for one in raised] == [("consent-refused", "high")]


def test_patient_who_cannot_decide_any_more_has_no_consent_left(cast, episode):
    record_consent(episode, a_conversation(), by=cast.idris)
    with pytest.raises(RuleRefused) as problem:
        record_consent(episode, a_conversation(weighs=False), by=cast.idris)
    assert "so that no earlier consent counts" in " ".join(problem.value.reasons)
    record_consent(episode, a_conversation(decision="refused", weighs=False), by=cast.idris)
    verdict = consent_verdict(episode, today())
    assert verdict.reasons == (
        "The patient was found unable to weigh it up, so has not consented. "
        "Give help and assess again; otherwise outpatient treatment is not possible.",
    )


def _clinics_own(cast, version, old="", new="", protocol_id="iv-racemic-standard"):
    """Propose a version of the standard protocol that differs in one place, and have two approve it."""
    text = (FOLDER / "iv-racemic-standard.v3.toml").read_text()
    text = text.replace('version = "3"', f'version = "{version}"').replace(
        'id = "iv-racemic-standard"', f'id = "{protocol_id}"'
    )
    assert old in text
    stored = propose_protocol(text.replace(old or "\0", new) + STAY, "Longer stay.", by=cast.priya)
    for person in (cast.priya, cast.una):
        approve_protocol(protocol_id, version, stored.digest, "Read.", by=person)


STAY = """
[stay_minutes_escorted]
value = 90
unit = "min after the end of the infusion"
source = "This clinic"
edition = "2026"
evidence = "proposal"

[chair_minutes]
value = 180
unit = "min per session"
source = "This clinic"
edition = "2026"
evidence = "proposal"
"""


@pytest.fixture
def clinics_documents(db):
    use_source(proposed_documents)
    yield
    use_source(proposed_documents)


def test_patient_is_told_of_the_version_that_the_clinic_prescribes(cast, episode, clinics_documents):
    _clinics_own(cast, "4")
    given = give_information(episode, a_handover(), by=cast.maya)
    assert given.protocol_version == "4"
    assert any("1 hour and 30 minutes" in point["says"] for point in given.content)


def test_treatment_that_only_this_clinic_has_can_be_told_of(cast, episode, clinics_documents):
    _clinics_own(cast, "1", protocol_id="our-own-drip")
    given = give_information(episode, replace(a_handover(), protocol_id="our-own-drip"), by=cast.maya)
    assert (given.protocol_id, given.protocol_version) == ("our-own-drip", "1")
    record_consent(episode, a_conversation(sooner_because="Lives far away"), by=cast.idris)


def test_treatment_that_is_retired_is_told_of_to_nobody_new(cast, episode):
    old = protocol("iv-racemic-slow")
    retire_protocol(old.id, old.version, old.digest, "Not done any more.", by=cast.una)
    with pytest.raises(BadInput) as problem:
        give_information(episode, replace(a_handover(), protocol_id=old.id), by=cast.maya)
    assert problem.value.field == "protocol_id"


def test_consent_is_not_for_a_version_that_tells_something_else(cast, episode, clinics_documents):
    record_consent(episode, a_conversation(), by=cast.idris)
    _clinics_own(cast, "4")
    prescribe_plan(episode, an_order(), by=cast.idris)
    verdict = consent_verdict(episode, today())
    assert not verdict.allowed
    assert "version 4" in verdict.reasons[0]


def test_consent_is_not_recorded_on_what_an_older_version_told(cast, episode, clinics_documents):
    _clinics_own(cast, "4")
    with pytest.raises(RuleRefused) as problem:
        record_consent(episode, a_conversation(), by=cast.idris)
    assert "version 4" in " ".join(problem.value.reasons)
