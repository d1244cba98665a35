"""The referral pages: what they refuse in words, that what was typed is kept, and triage."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from glimmer.actions import referral
from glimmer.guidance import referral_items
from glimmer.records.models import Episode
from tests.support.cast import Cast, an_episode, complete_items, details, from_the_gp
from tests.support.reading import day, text_of, today


def item_answers(state: str = "present") -> dict[str, str]:
    said = "as in the letter" if state == "present" else ""
    answers = {}
    for item in referral_items():
        answers |= {f"item_{item.id}": state, f"item_{item.id}_text": said}
    return answers


def typed_referral(**changes: str) -> dict[str, str]:
    """Return a referral as typed into the form."""
    typed = {
        "nhs_number": "999 000 0018",
        "family_name": "Sample",
        "given_name": "Amina",
        **day(date(1984, 5, 3), "birth_date"),
        "sex": "female",
        "source": "gp",
        "referrer_name": "Dr Ada Quince",
        "priority": "routine",
        **day(today(), "received_on"),
        "reason": "Depressed for four years.",
        **item_answers(),
    }
    return {**typed, **changes}


def test_typed_referral_opens_a_journey_that_waits_for_triage(as_):
    response = as_("bea").post("/referrals/new", typed_referral())
    episode = Episode.objects.get()
    assert response["Location"] == f"/episodes/{episode.pk}/referral"
    assert (episode.step, episode.waiting_on) == ("referral", "nurse")
    assert episode.patient.nhs_number == "9990000018"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"nhs_number": ""}, "Enter the NHS number. It has 10 digits"),
        ({"nhs_number": "999 000 0019"}, "its last digit does not fit the others"),
        ({"nhs_number": "123"}, "must have 10 digits, but 3 were entered"),
        ({"family_name": ""}, "Enter the patient's family name."),
        ({"birth_date-month": "13"}, "there is no day 3 in month 13 of 1984"),
        ({"birth_date-year": "2984"}, "The date of birth lies in the future"),
        ({"sex": ""}, "Choose the sex, or not known."),
        ({"sex": "squirrel"}, "Choose one of the answers shown."),
        ({"source": ""}, "Choose who refers."),
        ({"priority": ""}, "Choose the priority: routine or urgent."),
        ({"reason": "   "}, "Enter the reason for the referral."),
        ({"received_on-year": "2999"}, "cannot have arrived after today"),
        ({"item_admissions": ""}, "choose present, explicitly none or missing"),
        ({"item_admissions_text": ""}, "enter what is known, or choose explicitly none or missing"),
        ({"item_admissions": "none"}, "text was entered, but the item is marked explicitly none"),
        ({"telephone": "0" * 31}, "must be 30 characters or fewer"),
    ],
)
def test_wrong_referral_is_refused_in_words_and_what_was_typed_is_kept(as_, change, says):
    response = as_("bea").post("/referrals/new", typed_referral(**change))
    assert response.status_code == 422
    page = text_of(response)
    assert says in page
    assert "There is a problem" in page
    assert "<title>Error: " in response.content.decode()
    assert 'value="Dr Ada Quince"' in response.content.decode()
    assert not Episode.objects.exists()


def test_patient_who_is_here_already_is_not_referred_twice(as_, cast):
    episode = an_episode(cast, at="referral")
    response = as_("bea").post("/referrals/new", typed_referral())
    assert response.status_code == 422
    assert "already has an open journey" in text_of(response)
    assert f'href="/episodes/{episode.pk}"' in response.content.decode()
    assert Episode.objects.count() == 1


def test_same_nhs_number_with_another_name_is_refused_without_telling_the_other_name(as_, cast):
    referral.record_referral(details(0, family_name="Otherwise"), from_the_gp(), complete_items(), by=cast.bea)
    response = as_("bea").post("/referrals/new", typed_referral())
    assert "with a different family name" in text_of(response)
    assert "Otherwise" not in text_of(response)


def test_form_posted_twice_opens_one_journey(as_):
    browser = as_("bea")
    browser.post("/referrals/new", typed_referral())
    browser.post("/referrals/new", typed_referral())
    assert Episode.objects.count() == 1


def test_import_without_a_file_says_so(as_):
    response = as_("bea").post("/referrals/import", {})
    assert response.status_code == 422
    assert "Choose the file that holds the referral." in text_of(response)


@pytest.mark.parametrize(
    "content", [b"not json at all", b"[]", b'{"resourceType": "Patient"}', b"\xff\xfe\x00", b"{}" * 10]
)
def test_file_that_is_no_referral_is_refused_in_words(as_, content):
    response = as_("bea").post("/referrals/import", {"document": SimpleUploadedFile("letter.json", content)})
    assert response.status_code == 422
    assert "There is a problem" in text_of(response)
    assert not Episode.objects.exists()


def test_file_that_is_too_big_is_refused_before_it_is_read(as_):
    upload = SimpleUploadedFile("huge.json", b" " * 6_000_001)
    response = as_("bea").post("/referrals/import", {"document": upload})
    assert response.status_code == 422
    assert "The file is too big: 6.0 MB" in text_of(response)


def with_a_missing_item(cast: Cast) -> Episode:
    items = {**complete_items(), "admissions": ("missing", "")}
    return referral.record_referral(details(), from_the_gp(), items, by=cast.bea)


def test_missing_item_blocks_triage_and_is_named(as_, cast):
    episode = with_a_missing_item(cast)
    title = next(item.title for item in referral_items() if item.id == "admissions")
    browser = as_("maya")
    assert f"{title}: missing" in text_of(browser.get(f"/episodes/{episode.pk}/referral"))
    response = browser.post(f"/episodes/{episode.pk}/triage", {"decision": "accepted", "seen": episode.revision})
    assert response.status_code == 422
    assert f"{title}: missing" in text_of(response)


def test_explicitly_none_unblocks_triage(as_, cast):
    episode = with_a_missing_item(cast)
    browser = as_("maya")
    answers = {**item_answers(), "item_admissions": "none", "item_admissions_text": "", "seen": episode.revision}
    assert browser.post(f"/episodes/{episode.pk}/referral/items", answers).status_code == 302
    episode.refresh_from_db()
    response = browser.post(f"/episodes/{episode.pk}/triage", {"decision": "accepted", "seen": episode.revision})
    assert response["Location"] == f"/episodes/{episode.pk}"
    episode.refresh_from_db()
    assert episode.step == "selection"


def test_return_without_a_reason_is_refused_at_the_reason(as_, cast):
    episode = an_episode(cast, at="referral")
    response = as_("maya").post(f"/episodes/{episode.pk}/triage", {"decision": "returned", "seen": episode.revision})
    assert "Give the reason. The referrer is told it." in text_of(response)
    assert 'href="#triage-reason"' in response.content.decode()


def test_old_page_is_refused_and_shown_fresh_with_the_entry_kept(as_, cast):
    episode = an_episode(cast, at="referral")
    seen = episode.revision
    referral.amend_item(episode, "admissions", "present", "One in 2019", by=cast.bea)
    entry = {"decision": "returned", "reason": "Doses please", "seen": seen}
    response = as_("maya").post(f"/episodes/{episode.pk}/triage", entry)
    assert response.status_code == 409
    page = text_of(response)
    assert "Somebody else was here first" in page
    assert "One in 2019" in page
    assert "Doses please" in page
    episode.refresh_from_db()
    assert f'name="seen" value="{episode.revision}"' in response.content.decode()
    again = as_("maya").post(f"/episodes/{episode.pk}/triage", {**entry, "seen": episode.revision})
    assert again.status_code == 302


def test_form_without_the_revision_counts_as_old(as_, cast):
    episode = an_episode(cast, at="referral")
    response = as_("maya").post(f"/episodes/{episode.pk}/triage", {"decision": "accepted"})
    assert response.status_code == 409


def test_form_from_another_site_changes_nothing(cast):
    episode = an_episode(cast, at="referral")
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(cast.maya)
    response = forger.post(f"/episodes/{episode.pk}/triage", {"decision": "accepted", "seen": episode.revision})
    assert response.status_code == 403
    assert "This form could not be accepted" in text_of(response)
    episode.refresh_from_db()
    assert episode.step == "referral"
