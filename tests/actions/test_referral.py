"""Referrals: recorded, completed, triaged, imported; and what is refused, in which words."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from glimmer.actions.followup import decide_followup
from glimmer.actions.referral import (
    AlreadyHere,
    amend_item,
    amend_items,
    import_bundle,
    import_warnings,
    record_referral,
    triage,
)
from glimmer.guidance import referral_items
from glimmer.records.models import Episode, Patient, Referral
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, RuleRefused
from tests.support.bundles import a_bundle, as_bytes
from tests.support.cast import an_episode, complete_items, details, from_the_gp

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def record(cast, patient=None, source=None, items=None):
    return record_referral(
        patient or details(), source or from_the_gp(), complete_items() if items is None else items, by=cast.bea, at=NOW
    )


def test_complete_referral_waits_for_triage_by_a_nurse(cast):
    episode = record(cast)
    assert (episode.step, episode.state, episode.waiting_on) == ("referral", "Ready for triage", "nurse")


def test_item_that_nobody_named_is_missing(cast):
    episode = record(cast, items={"admissions": ("none", "")})
    states = {item.item: item.state for item in episode.referral.items.all()}
    assert states.pop("admissions") == "none"
    assert set(states.values()) == {"missing"}
    assert len(states) == len(referral_items()) - 1
    assert episode.state == "Incomplete"


def test_hospital_number_is_made_from_the_patients_own_row(cast):
    first, second = record(cast), record(cast, details(1))
    numbers = [first.patient.local_number, second.patient.local_number]
    assert len(set(numbers)) == 2
    assert all(number[0] == "G" and len(number) == 7 and number[1:].isdigit() for number in numbers)


def test_nhs_number_is_stored_without_the_spaces_it_was_typed_with(cast):
    assert record(cast, details(nhs_number="999 000 0018")).patient.nhs_number == "9990000018"


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"nhs_number": "9990000019"}, "nhs_number", "not a valid NHS number"),
        ({"nhs_number": ""}, "nhs_number", "Enter the NHS number"),
        ({"family_name": "  "}, "family_name", "family name"),
        ({"given_name": ""}, "given_name", "given name"),
        ({"birth_date": date(2027, 1, 1)}, "birth_date", "future"),
        ({"sex": "f"}, "sex", "Choose the sex"),
        ({"family_name": "x" * 81}, "family_name", "at most 80"),
        ({"postcode": "x" * 11}, "postcode", "at most 10"),
        ({"address": "a\x00b"}, "address", "cannot be stored"),
    ],
)
def test_details_of_a_patient_that_cannot_be_right_are_refused(cast, wrong, field, says):
    with pytest.raises(BadInput, match=says) as problem:
        record(cast, details(**wrong))
    assert problem.value.field == field
    assert not Episode.objects.exists()
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"source": "self"}, "source"),
        ({"referrer_name": ""}, "referrer_name"),
        ({"reason": " \n"}, "reason"),
        ({"priority": "asap"}, "priority"),
        ({"received_on": date(2026, 11, 24)}, "received_on"),
        ({"referrer_code": "x" * 11}, "referrer_code"),
    ],
)
def test_details_of_a_referral_that_cannot_be_right_are_refused(cast, wrong, field):
    with pytest.raises(BadInput) as problem:
        record(cast, source=from_the_gp(**wrong))
    assert problem.value.field == field


@pytest.mark.parametrize(
    ("item", "known", "says"),
    [
        ("admissions", ("present", " "), "enter what is known"),
        ("admissions", ("none", "two stays"), "marked explicitly none"),
        ("admissions", ("missing", "two stays"), "marked missing"),
        ("admissions", ("maybe", ""), "choose present"),
        ("shoe_size", ("present", "42"), "There is no item"),
    ],
)
def test_item_that_contradicts_itself_is_refused(cast, item, known, says):
    with pytest.raises(BadInput, match=says):
        record(cast, items={item: known})


def test_day_on_which_the_referral_arrived_is_kept(cast):
    episode = record(cast, source=from_the_gp(received_on=date(2026, 7, 1)))
    assert episode.referral.received_at.date() == date(2026, 7, 1)


def test_second_referral_of_a_patient_with_an_open_journey_names_that_journey(cast):
    first = record(cast)
    with pytest.raises(AlreadyHere) as problem:
        record(cast)
    assert problem.value.episode_id == first.pk
    assert Referral.objects.count() == 1


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"family_name": "Simple"}, "family name"),
        ({"given_name": "Anna"}, "given name"),
        ({"birth_date": date(1948, 5, 3)}, "date of birth"),
        ({"sex": "male"}, "sex"),
    ],
)
def test_known_number_with_other_details_is_refused_without_telling_them(cast, other, named):
    record(cast)
    with pytest.raises(BadInput, match=named) as problem:
        record(cast, details(**other))
    known = details()
    for secret in (known.family_name, known.given_name, str(known.birth_date.year)):
        assert secret not in str(problem.value)


def test_known_patient_may_be_referred_again_and_brings_the_new_address(cast):
    first = record(cast)
    decide_followup(first, "discharge", None, "Well again.", by=cast.idris)
    second = record(cast, details(address="9 New Road", telephone="", given_name="AMINA"))
    assert second.patient_id == first.patient_id
    assert second.patient.address == "9 New Road"
    assert second.patient.telephone == details().telephone


def test_missing_item_blocks_triage_and_is_named(cast):
    episode = record(cast, items={**complete_items(), "email": ("missing", "")})
    for decision in ("accepted", "declined"):
        with pytest.raises(RuleRefused) as problem:
            triage(episode, decision, "reason", by=cast.maya)
        assert len(problem.value.reasons) == 1
        assert "Email" in problem.value.reasons[0]


def test_explicitly_none_does_not_block_triage(cast):
    episode = record(cast, items={item.id: ("none", "") for item in referral_items()})
    triage(episode, "accepted", by=cast.maya)
    episode.refresh_from_db()
    assert episode.step == "selection"


def test_incomplete_referral_can_be_returned_completed_and_accepted(cast):
    episode = record(cast, items={})
    triage(episode, "returned", "The medicines are missing.", by=cast.maya)
    episode.refresh_from_db()
    assert episode.state == "Returned to the referrer"
    amend_items(episode, complete_items(), by=cast.bea)
    triage(episode, "accepted", by=cast.maya)
    episode.refresh_from_db()
    assert episode.step == "selection"


def test_item_that_is_amended_keeps_who_and_when(cast):
    episode = record(cast, items={})
    later = NOW + timedelta(hours=1)
    amend_item(episode, "email", "present", "amina@example.org", by=cast.maya, at=later)
    item = episode.referral.items.get(item="email")
    assert (item.state, item.text, item.recorded_by, item.recorded_at) == (
        "present",
        "amina@example.org",
        cast.maya,
        later,
    )
    assert episode.referral.items.get(item="admissions").recorded_by == cast.bea


def test_items_of_an_accepted_referral_stay_as_they_are(cast):
    episode = an_episode(cast, at="selection")
    with pytest.raises(RuleRefused, match="accepted at triage"):
        amend_item(episode, "email", "missing", by=cast.bea)


def test_urgent_referral_is_a_task_with_a_clock_until_it_is_triaged(cast):
    episode = record(cast, source=replace(from_the_gp(), priority="urgent"))
    task = episode.tasks.get(kind="urgent_referral")
    assert (task.owner_role, task.due_at) == ("psychiatrist", NOW + timedelta(hours=24))
    triage(episode, "accepted", by=cast.maya)
    task.refresh_from_db()
    assert (task.done_by, task.did) == (cast.maya, "Triage: accepted.")
    assert not record(cast, patient=details(nhs_number="9990000107")).tasks.exists()


def test_declined_referral_ends_the_journey_with_a_name(cast):
    episode = record(cast)
    triage(episode, "declined", "Lives outside the area.", by=cast.maya)
    episode.refresh_from_db()
    assert (episode.state, episode.closed_by) == ("Declined", cast.maya)


@pytest.mark.parametrize(("decision", "reason"), [("maybe", "x"), ("returned", ""), ("declined", "  ")])
def test_triage_without_decision_or_reason_is_refused(cast, decision, reason):
    with pytest.raises(BadInput):
        triage(record(cast), decision, reason, by=cast.maya)


def test_second_triage_is_refused(cast):
    with pytest.raises(RuleRefused, match="triaged already"):
        triage(an_episode(cast, at="selection"), "accepted", by=cast.maya)


def test_page_that_is_older_than_the_record_changes_nothing(cast):
    episode = record(cast, items={})
    seen = Episode.objects.get(pk=episode.pk).revision
    amend_item(episode, "email", "none", by=cast.bea, seen=seen)
    with pytest.raises(ChangedMeanwhile):
        amend_item(episode, "email", "present", "late@example.org", by=cast.maya, seen=seen)
    assert episode.referral.items.get(item="email").state == "none"


def test_imported_bundle_opens_a_journey_and_keeps_the_document(cast):
    raw = as_bytes(a_bundle())
    episode = import_bundle(raw, by=cast.bea)
    assert episode.referral.how == "fhir"
    assert episode.referral.document.encode() == raw
    assert episode.state == "Ready for triage"
    assert any("PHQ-9" in warning for warning in import_warnings(episode.referral))


def test_same_document_again_is_refused_and_names_the_journey(cast):
    raw = as_bytes(a_bundle())
    first = import_bundle(raw, by=cast.bea)
    decide_followup(first, "discharge", None, "Moved away.", by=cast.idris)
    with pytest.raises(AlreadyHere, match="imported before") as problem:
        import_bundle(raw, by=cast.maya)
    assert problem.value.episode_id == first.pk


def test_bundle_that_is_no_referral_leaves_nothing_behind(cast):
    with pytest.raises(BadInput):
        import_bundle(json.dumps({"resourceType": "Patient"}).encode(), by=cast.bea)
    assert not Patient.objects.exists()


def test_reason_that_is_very_long_is_kept_whole(cast):
    reason = "depressed " * 5000
    assert record(cast, source=replace(from_the_gp(), reason=reason)).referral.reason == reason.strip()
