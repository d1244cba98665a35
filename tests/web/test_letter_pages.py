"""The pages of a letter's way: preview, signing, sending, a mistake; the team around; the words letters are made of."""

import orjson
import pytest

from glimmer.actions import followup
from glimmer.records.models import CareContact, Episode, IncidentReport, Letter, LetterDispatch
from tests.support.cast import PASSWORD, an_episode
from tests.support.reading import next_monday, text_of

BODY = "## In short\n{patient} {was_treated}.\n? {writers_words}"


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="session", first_day=next_monday())


def seen(episode):
    return Episode.objects.get(pk=episode.pk).revision


def test_letter_goes_from_draft_to_a_mistake_put_right(as_, cast, episode):
    letter = followup.write_letter(episode, "course_summary", by=cast.bea)
    page, address = as_("idris"), f"/letters/{letter.pk}"
    assert "Signing sends nothing." in text_of(page.get(address))
    assert page.post(f"{address}/sign", {"seen": seen(episode)}).status_code == 302
    shown = text_of(as_("bea").get(address))
    assert "Not sent" in shown
    assert "It has gone to nobody yet." in shown
    letter.refresh_from_db()
    typed = {"recipient": "0", "way": "post", "digest": letter.pdf_digest, "seen": seen(episode)}
    lacking = as_("bea").post(f"{address}/send", {**typed, "recipient": ""})
    assert "Choose who the letter goes to." in text_of(lacking)
    assert as_("bea").post(f"{address}/send", typed).status_code == 302
    gone = LetterDispatch.objects.get()
    assert "By post" in text_of(as_("bea").get(address))
    mistake = f"/letter-dispatches/{gone.pk}/sent-in-error"
    said = {"happened": "The wrong surgery.", "did": "Asked to destroy it.", "seen": seen(episode)}
    assert as_("bea").post(mistake, said).status_code == 302
    assert f"/incidents/{IncidentReport.objects.get().pk}" in as_("idris").get(address).content.decode()
    assert "Sent in error" in text_of(as_("bea").get(address))


def test_letter_is_had_as_data_and_set_aside(as_, cast, episode):
    letter = followup.write_letter(episode, "discharge", by=cast.bea)
    answer = as_("bea").get(f"/letters/{letter.pk}.json")
    assert answer["Content-Type"] == "application/fhir+json"
    assert orjson.loads(answer.content)["resourceType"] == "Bundle"
    put_away = {"because": "Not wanted", "seen": seen(episode)}
    assert as_("bea").post(f"/letters/{letter.pk}/set-aside", put_away).status_code == 302
    assert "Set aside" in text_of(as_("bea").get(f"/episodes/{episode.pk}/follow-up"))


def test_team_is_noted_and_taken_off_the_list(as_, episode):
    page, address = as_("bea"), f"/episodes/{episode.pk}/contacts"
    assert "Nobody is on the list." in text_of(page.get(address))
    typed = {"kind": "team", "contact_name": "North team", "email": "north@example.org", "seen": seen(episode)}
    assert page.post(f"{address}/new", typed).status_code == 302
    assert "North team" in text_of(page.get(address))
    contact = CareContact.objects.get()
    assert page.post(f"/contacts/{contact.pk}/end", {"seen": seen(episode)}).status_code == 302
    assert "Nobody is on the list." in text_of(page.get(address))


def test_words_are_previewed_compared_approved_and_taken_back(as_, cast, episode):
    page, address = as_("bea"), "/letter-templates/course_summary"
    assert "approved by nobody here" in text_of(page.get("/letter-templates"))
    typed = {"title": "News of {patient}", "greeting": "Dear {recipient}", "body": BODY}
    shown = text_of(page.post(f"{address}/change", {**typed, "press": "preview"}))
    assert "News of Amina Sample" in shown
    about_her = text_of(page.post(f"{address}/change", {**typed, "press": "preview", "journey": str(episode.pk)}))
    assert "was not treated with ketamine" in about_her
    wrong = page.post(f"{address}/change", {**typed, "body": "## A\n{zz}", "press": "preview"})
    assert wrong.status_code == 422
    assert "{zz} is no fact" in text_of(wrong)
    assert page.post(f"{address}/change", {**typed, "reason": "Shorter", "press": "propose"}).status_code == 302
    version = as_("idris").get(f"{address}/1")
    assert "Taken away" in text_of(version)
    sign = {"reason": "Read it", "password": "wrong"}
    assert as_("idris").post(f"{address}/1/approve", sign).status_code == 422
    assert as_("idris").post(f"{address}/1/approve", {**sign, "password": PASSWORD}).status_code == 302
    assert "version 1" in text_of(page.get(address))
    assert as_("idris").post(f"{address}/shipped-1/approve", {**sign, "password": PASSWORD}).status_code == 302
    assert "version shipped-1" in text_of(page.get(address))
    assert page.get(f"{address}/1/pdf").content.startswith(b"%PDF-")
    assert page.get("/letter-templates/postcard").status_code == 404
    assert not Letter.objects.exists()
