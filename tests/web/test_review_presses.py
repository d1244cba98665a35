"""What a page says after a press is true: a form whose press was stored before says that nothing was stored now."""

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.care.session.events import NoteWritten
from glimmer.records.logbook import events_of
from tests.support.bedside import Ward, a_ward

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_form_sent_again_with_other_words_is_not_said_to_be_saved(ward: Ward) -> None:
    session, nurse = ward.open(), signed_in(ward.nurse)
    address = reverse("session_note", args=[session.pk])
    first = nurse.post(address, {"text": "Calm", "form_token": "page-1"}, follow=True).content.decode()
    assert "The note was saved." in first
    again = nurse.post(address, {"text": "Chest pain", "form_token": "page-1"}, follow=True).content.decode()
    assert "The note was saved." not in again
    assert "nothing was saved this time" in again
    notes = [event.what.text for event in events_of(session.pk) if isinstance(event.what, NoteWritten)]
    assert notes == ["Calm"]


@pytest.mark.parametrize("route", ["home", "patients", "board"])
def test_page_of_a_signed_in_person_is_kept_by_no_cache(ward: Ward, route: str) -> None:
    assert "no-store" in signed_in(ward.nurse).get(reverse(route))["Cache-Control"]


def test_session_page_is_kept_by_no_cache(ward: Ward) -> None:
    session = ward.open()
    response = signed_in(ward.nurse).get(reverse("session", args=[session.pk]))
    assert "no-store" in response["Cache-Control"]


def test_dissociation_is_asked_on_the_scale_that_going_home_is_judged_on(ward: Ward) -> None:
    # The criterion for leaving counts CADSS points (0 to 92); a rating of 0 to 10 would pass it nearly always.
    session = ward.running()
    page = signed_in(ward.nurse).get(reverse("session", args=[session.pk])).content.decode()
    assert "CADSS total" in page
    address = reverse("session_observation", args=[session.pk])
    answer = signed_in(ward.nurse).post(address, {"due_minute": "extra", "dissociation": "40", "form_token": "one"})
    assert answer.status_code == 302
    assert events_of(session.pk)[-1].what.dissociation == 40
