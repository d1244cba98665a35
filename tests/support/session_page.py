"""Pressing the buttons of the session page through HTTP, and reading what came of it."""

from html import unescape
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from glimmer.care.session.events import DeviceDisconnected
from glimmer.records.logbook import events_of
from glimmer.records.models import Staff, TreatmentSession


def as_person(staff: Staff) -> Client:
    """Return a browser in which this person is signed in."""
    client = Client()
    client.force_login(staff)
    return client


def press(staff: Staff, session: TreatmentSession, name: str, **data: Any) -> Any:
    """Press one button of the page as `staff`; each call is a new press."""
    data.setdefault("form_token", uuid4().hex)
    return as_person(staff).post(reverse(f"session_{name}", args=[session.pk]), data)


def text_of(response: Any) -> str:
    """Return a page's source on one line, its entities read."""
    return " ".join(unescape(response.content.decode()).split())


def kinds(session: TreatmentSession) -> list[type]:
    """Return the kinds of all that was told, in order."""
    return [type(event.what) for event in events_of(session.pk)]


def last(session: TreatmentSession) -> Any:
    """Return the last thing that was told; that devices went with the session's end follows from it."""
    return [event.what for event in events_of(session.pk) if not isinstance(event.what, DeviceDisconnected)][-1]


def look(staff: Staff, session: TreatmentSession, query: str = "") -> str:
    """Return the session page as `staff` sees it."""
    response = as_person(staff).get(reverse("session", args=[session.pk]) + query)
    assert response.status_code == 200
    return text_of(response)
