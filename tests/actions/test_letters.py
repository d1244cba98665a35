"""Letters on their way: made from templates, about one patient and no other, signed, sent, and put right."""

from datetime import UTC, datetime, timedelta

import fhir.resources.R4B.bundle as r4
import orjson
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from glimmer.actions import followup, letter_facts, outcomes
from glimmer.actions.correspondence import (
    add_care_contact,
    end_care_contact,
    report_sent_in_error,
    send_letter,
    set_letter_aside,
)
from glimmer.actions.letter_templates import approve_template, propose_template
from glimmer.actions.urgent import raise_urgent
from glimmer.config import wiring
from glimmer.guidance.letter_templates import letter_facts as known_facts
from glimmer.guidance.letter_templates import letter_kinds
from glimmer.records.correspondence import template_in_force
from glimmer.records.models import Episode, IncidentReport, Letter, LetterDispatch, OutboxMessage, Patient
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, RuleRefused
from tests.support.bedside import NOON, a_ward
from tests.support.cast import an_episode, phq9

WORDS = ("Our news of {patient}", "Dear {recipient}", "## In short\n{patient} {was_treated}.\n? {writers_words}")


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="session")


@pytest.fixture(autouse=True)
def as_data(plugged_in, monkeypatch):
    from glimmer.actions.ports import PORTS

    monkeypatch.setattr(PORTS, "letter_document", wiring._letter_document)


def signed(cast, episode, kind="course_summary"):
    return followup.sign_letter(followup.write_letter(episode, kind, by=cast.bea), by=cast.idris)


def sent(cast, letter, place=0, way="post", **more):
    return send_letter(letter, place, way, digest=letter.pdf_digest, by=cast.bea, **more)


def test_list_of_facts_is_closed_and_each_is_found():
    assert set(letter_facts.VALUES) | set(letter_facts.GENERAL) == set(known_facts())
    assert not set(letter_facts.VALUES) & set(letter_facts.GENERAL)


def test_no_letter_of_one_patient_holds_anything_of_another(cast, episode):
    """The other one has something of everything: each of its words is looked for in each letter of the first."""
    other = an_episode(cast, at="session", patient=1)
    Patient.objects.filter(pk=other.patient_id).update(
        family_name="Quillfeather", given_name="Osbert", gp_name="Dr Other Gp", address="9 Elsewhere Road"
    )
    other.referral.referrer_name = "Dr Strange Referrer"
    other.referral.save()
    add_care_contact(other, "team", "Elsewhere team", by=cast.bea)
    raise_urgent(other, "urgent", "Osbert said something", by=cast.bea)
    raise_urgent(episode, "urgent", "Amina said something", by=cast.bea)
    outcomes.record_score(other, phq9(27, item9=3), "follow_up", timezone.localdate(), by=cast.maya)
    wrong = ("Quillfeather", "QUILLFEATHER", "Osbert", "Other Gp", "Elsewhere", "Strange", other.patient.nhs_number)
    written = set()
    for kind in letter_kinds():
        try:
            letter = followup.write_letter(episode, kind, by=cast.idris)
        except RuleRefused:
            continue
        written.add(kind)
        held = orjson.dumps([letter.content, letter.recipients]).decode()
        assert "Amina" in held, kind
        assert [one for one in wrong if one in held] == [], kind
        assert all(score["total"] != 27 for score in letter.content["data"].get("scores", ())), kind
    assert written >= {"referral_outcome", "patient_decision", "consent_copy", "course_summary", "discharge"}
    assert "urgent_handover" in written


def test_letter_that_lacks_something_names_it_and_nothing_is_stored(cast, episode):
    with pytest.raises(RuleRefused) as refused:
        followup.write_letter(episode, "relapse_warning", by=cast.idris)
    assert any("{relapse_said}" in reason for reason in refused.value.reasons)
    with pytest.raises(RuleRefused, match="cannot be written yet") as refused:
        followup.write_letter(episode, "session_summary", by=cast.idris)
    assert any("Choose a session that is over." in reason for reason in refused.value.reasons)
    assert not Letter.objects.exists()


@pytest.mark.parametrize("written", ["He is 999 000 0026.", "see 9990000026"])
def test_number_of_another_patient_stops_the_letter(cast, episode, written):
    with pytest.raises(RuleRefused, match="999 000 0026"):
        followup.write_letter(episode, "course_summary", note=written, by=cast.bea)
    followup.write_letter(episode, "course_summary", note="She is 999 000 0018.", by=cast.bea)


def test_summary_of_a_session_tells_of_that_session_and_of_no_other_patient_s(db):
    from glimmer.records.models import Referral, TreatmentSession

    ward = a_ward(NOON)
    Referral.objects.create(
        episode=ward.episode, received_at=NOON, source="gp", referrer_name="Dr Ada Quince", reason="x", how="typed",
        recorded_by=ward.nurse,
    )  # fmt: skip
    session = ward.recovering()
    TreatmentSession.objects.filter(pk=session.pk).update(ended_at=NOON + timedelta(hours=2))
    letter = followup.write_letter(ward.episode, "session_summary", session=session, by=ward.psychiatrist)
    first = letter.content["sections"][0]["paragraphs"]
    assert "for session 1 of the course" in first[0]
    assert "Given: Ketamine (racemic) 35.0 mg. How it ended: Completed." in first[1]
    stranger = a_ward(NOON + timedelta(days=1))
    with pytest.raises(RuleRefused, match="not of this patient"):
        followup.write_letter(ward.episode, "session_summary", session=stranger.recovering(), by=ward.psychiatrist)


def test_discharge_goes_to_the_gp_and_the_team_with_the_plan(cast, episode):
    add_care_contact(episode, "team", "North team", "Exampleton Trust", email="north@example.org", by=cast.bea)
    gone = add_care_contact(episode, "crisis", "Old crisis team", by=cast.bea)
    end_care_contact(gone, by=cast.maya)
    letter = followup.write_letter(episode, "discharge", by=cast.bea)
    assert [one["as"] for one in letter.recipients] == ["GP", "community team", "patient"]
    assert letter.content["copies"] == ["North team, Exampleton Trust", "Amina Sample (patient)"]
    plan = next(part for part in letter.content["sections"] if part["heading"].startswith("Shared-care"))
    assert {"Bladder", "Liver", "Mood and suicidal thoughts"} <= {row[0] for row in plan["rows"]}
    short = next(part for part in letter.content["sections"] if part["heading"] == "In short")
    assert "The patient has not been discharged from the clinic yet." in short["paragraphs"]
    followup.decide_followup(episode, "discharge", None, "Well.", by=cast.idris)
    again = followup.write_letter(episode, "discharge", by=cast.bea)
    assert "We have discharged the patient from the clinic." in again.content["sections"][0]["paragraphs"]
    assert any(part["heading"] == "When to refer back" for part in letter.content["sections"])


def test_letter_is_signed_only_for_the_person_it_was_drafted_for(cast, episode):
    letter = followup.write_letter(episode, "course_summary", by=cast.bea)
    Patient.objects.filter(pk=episode.patient_id).update(family_name="Married")
    with pytest.raises(RuleRefused, match="details have changed"):
        followup.sign_letter(letter, by=cast.idris)


def test_signed_letter_goes_to_one_of_its_recipients_and_that_is_kept(cast, episode):
    letter = signed(cast, episode)
    stored = sent(cast, letter, way="nhsmail", to_address="surgery@nhs.example")
    assert (stored.recipient["name"], stored.digest, stored.sent_by) == ("Dr Ada Quince", letter.pdf_digest, cast.bea)
    for change in (lambda: LetterDispatch.objects.update(way="post"), lambda: LetterDispatch.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(RuleRefused, match="has gone out"):
        set_letter_aside(letter, "Wrong", by=cast.idris)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"place": 9}, "Choose who"),
        ({"place": -1}, "Choose who"),
        ({"way": "pigeon"}, "Choose how"),
        ({"way": "nhsmail"}, "NHSmail address"),
    ],
)
def test_sending_that_is_incomplete_is_refused(cast, episode, change, says):
    with pytest.raises(BadInput, match=says):
        sent(cast, signed(cast, episode), **change)
    assert not LetterDispatch.objects.exists()


def test_draft_other_pdf_and_changed_recipient_go_to_nobody(cast, episode):
    draft = followup.write_letter(episode, "course_summary", by=cast.bea)
    with pytest.raises(RuleRefused, match="not been signed"):
        sent(cast, draft)
    letter = followup.sign_letter(draft, by=cast.idris)
    with pytest.raises(RuleRefused, match="not the letter that you looked at"):
        send_letter(letter, 0, "post", digest="0" * 64, by=cast.bea)
    episode.referral.referrer_name = "Dr Somebody Else"
    episode.referral.save()
    with pytest.raises(RuleRefused, match="no longer the one"):
        sent(cast, letter)


def test_press_of_an_old_page_sends_nothing_a_second_time(cast, episode):
    letter = signed(cast, episode)
    seen = Episode.objects.get(pk=episode.pk).revision
    sent(cast, letter, seen=seen)
    with pytest.raises(ChangedMeanwhile):
        sent(cast, letter, seen=seen)
    assert LetterDispatch.objects.count() == 1


def test_mistake_is_answered_by_a_record_and_an_incident_and_undoes_nothing(cast, episode):
    gone = sent(cast, signed(cast, episode))
    error = report_sent_in_error(gone, "It went to the wrong surgery.", "They were asked to destroy it.", by=cast.bea)
    incident = IncidentReport.objects.get()
    assert (error.incident, incident.kind, incident.episode) == (incident, "safety", episode)
    assert LetterDispatch.objects.filter(pk=gone.pk).exists()
    with pytest.raises(RuleRefused, match="reported already"):
        report_sent_in_error(gone, "Again", "Again", by=cast.bea)
    with pytest.raises(BadInput):
        report_sent_in_error(gone, "Again", " ", by=cast.bea)


def test_notice_tells_that_a_letter_is_ready_and_nothing_of_it(cast, episode):
    letter = signed(cast, episode)
    assert [one["as"] for one in letter.recipients] == ["referrer", "patient"]
    gone = sent(cast, letter, place=1, way="notice", to_address="stranger@example.org")
    (message,) = OutboxMessage.objects.all()
    assert (message.kind, message.address, gone.to_address) == ("letter_ready", *[episode.patient.email] * 2)
    assert "Amina" not in message.subject + message.words
    with pytest.raises(BadInput, match="No e-mail address of this recipient"):
        sent(cast, letter, way="notice")
    sent(cast, letter, way="notice", to_address="surgery@example.org")
    assert OutboxMessage.objects.get(kind="letter_for_recipient").address == "surgery@example.org"
    report_sent_in_error(LetterDispatch.objects.latest("pk"), "Wrong surgery.", "Called them.", by=cast.bea)
    assert OutboxMessage.objects.get(kind="letter_for_recipient").state in {"withdrawn", "kept"}


def test_draft_that_is_not_wanted_is_put_away_and_no_longer_waits(cast):
    episode = an_episode(cast, at="selection")
    letter = followup.write_letter(episode, "referral_outcome", by=cast.bea)
    set_letter_aside(letter, "Written for the wrong reason", by=cast.bea)
    with pytest.raises(RuleRefused, match="set aside"):
        followup.sign_letter(letter, by=cast.idris)
    with pytest.raises(RuleRefused, match="already"):
        set_letter_aside(letter, "Again", by=cast.bea)
    episode.refresh_from_db()
    assert episode.needs != "Sign the letter"


def test_words_of_the_clinic_count_once_approved_and_the_shipped_ones_come_back(cast, episode):
    shipped = letter_kinds()["course_summary"].shipped
    proposed = propose_template("course_summary", *WORDS, "Shorter.", by=cast.bea)
    assert template_in_force("course_summary") == shipped
    approve_template("course_summary", proposed.version, proposed.digest, "Read it.", by=cast.idris)
    letter = followup.write_letter(episode, "course_summary", note="Good luck.", by=cast.bea)
    assert letter.content["title"] == "Our news of Amina Sample"
    assert letter.content["sections"][0]["paragraphs"] == [
        "Amina Sample was not treated with ketamine.",
        "Good luck.",
    ]
    assert letter.content["template"].startswith("course_summary 1 (")
    approve_template("course_summary", shipped.version, shipped.words.digest, "Back.", by=cast.una)
    assert template_in_force("course_summary") == shipped
    letter.refresh_from_db()
    assert letter.content["title"] == "Our news of Amina Sample"
    approve_template("course_summary", "1", proposed.digest, "Once more.", by=cast.idris)
    assert template_in_force("course_summary").words.title == WORDS[0]


def test_template_that_cannot_be_right_or_is_not_the_one_looked_at_is_refused(cast):
    with pytest.raises(BadInput, match=r"\{patinet\}") as wrong:
        propose_template("discharge", "A", "Dear {patinet}", "## A\nb", "Try", by=cast.bea)
    assert wrong.value.field == "greeting"
    with pytest.raises(BadInput) as wrong:
        propose_template("discharge", *WORDS, " ", by=cast.bea)
    assert wrong.value.field == "reason"
    proposed = propose_template("discharge", *WORDS, "Shorter.", by=cast.bea)
    with pytest.raises(RuleRefused, match="the words of version 1"):
        propose_template("discharge", *WORDS, "Same.", by=cast.maya)
    with pytest.raises(BadInput, match="not the words that you looked at"):
        approve_template("discharge", proposed.version, "0" * 64, "Read it.", by=cast.idris)
    cast.idris.registration = ""
    with pytest.raises(RuleRefused, match="registration"):
        approve_template("discharge", proposed.version, proposed.digest, "Read it.", by=cast.idris)


def test_letter_as_data_is_valid_fhir_about_one_patient(cast, episode):
    outcomes.record_score(episode, phq9(12), "follow_up", timezone.localdate(), by=cast.maya)
    letter = signed(cast, episode, "course_summary")
    document = orjson.loads(followup.letter_as_data(letter, by=cast.bea))
    bundle = r4.Bundle.model_validate(document)
    assert bundle.type == "document"
    kinds = [entry.resource.get_resource_type() for entry in bundle.entry]
    assert kinds[:4] == ["Composition", "Patient", "Practitioner", "Organization"]
    composition = bundle.entry[0].resource
    assert (composition.status, composition.title) == ("final", letter.content["title"])
    addresses = {entry.fullUrl for entry in bundle.entry}
    assert len(addresses) == len(bundle.entry)
    pointed = {found["reference"] for found in references(document)}
    assert pointed <= addresses
    scores = [
        entry.resource.valueInteger for entry in bundle.entry if entry.resource.get_resource_type() == "Observation"
    ]
    assert scores == [21, 12]
    assert followup.letter_as_data(letter, by=cast.bea) == followup.letter_as_data(letter, by=cast.bea)


def test_draft_as_data_says_that_nobody_signed_it(cast, episode):
    draft = followup.write_letter(episode, "discharge", note="<b>& more", by=cast.bea)
    document = orjson.loads(followup.letter_as_data(draft, by=cast.bea))
    composition = document["entry"][0]["resource"]
    assert composition["status"] == "preliminary"
    assert "attester" not in composition
    assert any("&lt;b&gt;&amp; more" in part["text"]["div"] for part in composition["section"])
    r4.Bundle.model_validate(document)


def test_relapse_warning_calls_for_its_letter_sooner_than_others(cast, episode):
    now = datetime.now(UTC)
    episode.tasks.create(
        kind="relapse", says="x", owner_role="psychiatrist", raised_at=now, due_at=now + timedelta(hours=48)
    )
    due = {one.kind: one.due_on for one in followup.letters_due(episode, now)}
    assert due["relapse_warning"] == timezone.localdate() + timedelta(days=2)


def references(value):
    if isinstance(value, list):
        for one in value:
            yield from references(one)
    elif isinstance(value, dict):
        if "reference" in value:
            yield value
        for one in value.values():
            yield from references(one)


def test_notice_goes_to_the_address_that_is_on_record_now_and_the_sending_says_which(cast, episode):
    old = add_care_contact(episode, "team", "Ms Jay", "Willow team", email="old@example.org", by=cast.bea)
    letter = signed(cast, episode, "discharge")
    names = [one["name"] for one in letter.recipients]
    end_care_contact(old, by=cast.bea)
    add_care_contact(episode, "team", "Ms Jay", "Willow team", email="new@example.org", by=cast.bea)
    Patient.objects.filter(pk=episode.patient_id).update(email="moved@example.org")
    letter = Letter.objects.get(pk=letter.pk)
    to_team = sent(cast, letter, place=names.index("Ms Jay"), way="notice")
    to_patient = sent(cast, letter, place=len(names) - 1, way="notice")
    assert [to_team.to_address, to_patient.to_address] == ["new@example.org", "moved@example.org"]
    posted = OutboxMessage.objects.order_by("pk").values_list("address", flat=True)
    assert list(posted) == ["new@example.org", "moved@example.org"]


def test_two_of_one_name_in_different_organisations_are_two_recipients(cast, episode):
    for kind, organisation in (("team", "North team"), ("crisis", "Crisis house"), ("coordinator", "NORTH TEAM")):
        add_care_contact(episode, kind, "Duty worker", organisation, by=cast.bea)
    letter = followup.write_letter(episode, "discharge", by=cast.bea)
    duty = [one["organisation"] for one in letter.recipients if one["name"] == "Duty worker"]
    assert duty == ["North team", "Crisis house"]
