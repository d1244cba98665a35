"""The pages of incidents, as a nurse, a psychiatrist and the accountable officer use them."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import orjson
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from glimmer.actions.incidents import Draft, report_incident
from glimmer.actions.live import forget_all
from glimmer.actions.session import record_side_effect, write_note
from glimmer.care.incidents import Kind
from glimmer.records.models import IncidentReport, Staff
from glimmer.vocabulary.people import Role
from tests.support.bedside import Ward, a_ward

pytestmark = pytest.mark.django_db
ASSESSED = {
    "term": "seizure",
    "grade": "4",
    "serious": ["life_threatening"],
    "drug": "Ketamine (racemic)",
    "causality": "probable",
    "expected": "no",
    "harm": "severe",
    "psychological_harm": "none",
    "notifiable": "yes",
}


@pytest.fixture
def ward(db: None) -> Ward:
    forget_all()
    cache.clear()
    return a_ward(datetime.now(UTC) - timedelta(minutes=2))


def browser(person: Staff) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words_of(response: Any) -> str:
    return unescape(" ".join(response.content.decode().split()))


def shown(person: Staff, name: str, *ids: Any, query: str = "") -> str:
    response = browser(person).get(reverse(name, args=ids) + query)
    assert response.status_code == 200
    return words_of(response)


def press(person: Staff, name: str, *ids: Any, query: str = "", **data: Any) -> tuple[int, str]:
    response = browser(person).post(reverse(name, args=ids) + query, data, follow=True)
    status = response.redirect_chain[0][1] if response.redirect_chain else response.status_code
    return status, words_of(response)


def a_report(ward: Ward) -> IncidentReport:
    draft = Draft(Kind.ADVERSE_EVENT, "Shook for a minute", episode=ward.episode)
    return report_incident(draft, by=ward.nurse, at=ward.now)


def test_entry_of_the_log_leads_to_a_report_that_is_filled_in(ward: Ward) -> None:
    session = ward.running()
    (event,) = record_side_effect(session, "vertigo", "severe", "observed", by=ward.nurse)
    query = f"?session={session.pk}&seq={event.seq}"
    page = shown(ward.nurse, "session", session.pk)
    assert query in page
    form = shown(ward.nurse, "incident_new", query=query)
    assert '<option value="vertigo" selected>' in form
    status, words = press(
        ward.nurse, "incident_new", query=query, kind="adverse_event", term="vertigo", what="Spun", form_token="once"
    )
    assert status == 302
    assert "The clocks are running" in words
    report = IncidentReport.objects.get()
    assert (report.session, report.log_seq, report.episode) == (session, event.seq, ward.episode)
    assert f"#log-{event.seq}" in words


def test_log_is_quiet_and_one_link_leads_to_every_entry_that_a_report_can_begin_with(ward: Ward) -> None:
    session = ward.running()
    (said,) = write_note(session, "Says that the room is bright", by=ward.nurse)
    begins = f"?session={session.pk}&seq={said.seq}"
    page = shown(ward.nurse, "session", session.pk)
    assert begins not in page
    assert page.count("Report an adverse event or incident") == 1
    listed = shown(ward.nurse, "incident_new", query=f"?session={session.pk}")
    assert begins in listed
    assert "Says that the room is bright" in listed
    filled = shown(ward.nurse, "incident_new", query=begins)
    assert "Says that the room is bright" in filled
    assert begins not in filled.split("<main")[1].split("<form")[0]


def test_report_that_says_nothing_comes_back_with_its_reasons(ward: Ward) -> None:
    status, words = press(ward.nurse, "incident_new", query=f"?episode={ward.episode.pk}")
    assert status == 422
    assert "Choose what it is." in words
    assert "Say what happened" in words
    assert not IncidentReport.objects.exists()


def test_administrator_reports_and_reads_no_incident(ward: Ward) -> None:
    clerk = Staff.objects.create(username="bea", name="Bea", role=Role.ADMINISTRATOR.value)
    status, words = press(clerk, "incident_new", kind="safety", what="A patient slipped at the desk")
    assert status == 302
    assert "A clinician takes it from here" in words
    assert browser(clerk).get(reverse("incident", args=(IncidentReport.objects.get().pk,))).status_code == 403


def test_assessment_shows_what_is_due_and_the_card_that_is_asked_for(ward: Ward) -> None:
    report = a_report(ward)
    assert "by " in shown(ward.psychiatrist, "incident", report.pk)
    status, words = press(ward.psychiatrist, "incident_assess", report.pk, seen=0, **{**ASSESSED, "serious": []})
    assert status == 422
    assert "tick it" in words
    status, words = press(ward.psychiatrist, "incident_assess", report.pk, seen=0, **ASSESSED)
    assert status == 302
    assert "Tell the patient in person, and apologise: by" in words
    assert "The scheme asks for a report of this" in words
    assert "SNOMED CT 91175000" in words
    response = browser(ward.nurse).post(reverse("incident_card", args=(report.pk,)), {"contact": "a@b.example"})
    assert response["Content-Disposition"].startswith("attachment")
    assert orjson.loads(response.content)["missing"] == []
    status, words = press(ward.nurse, "incident_card", report.pk, contact="")
    assert status == 422
    assert "where the MHRA can reach you" in words


def test_near_miss_is_assessed_without_a_reaction_and_closed(ward: Ward) -> None:
    report = report_incident(Draft(Kind.NEAR_MISS, "The wrong syringe was nearly taken"), by=ward.nurse, at=ward.now)
    harmless = {"harm": "none", "psychological_harm": "none", "notifiable": "no"}
    assert press(ward.pharmacist, "incident_assess", report.pk, seen=0, **harmless)[0] == 302
    status, words = press(ward.psychiatrist, "incident_close", report.pk, seen=1, review="Looked", learned="Label both")
    assert status == 302
    assert "Near miss, closed" in words
    assert "No incident is open" in shown(ward.nurse, "incidents")
    assert "Near miss" in shown(ward.nurse, "incidents", query="?show=closed")
    assert press(ward.psychiatrist, "incident_reopen", report.pk, seen=2, note="It happened again")[0] == 302


def test_old_page_is_told_so_and_keeps_what_was_typed(ward: Ward) -> None:
    report = a_report(ward)
    assert press(ward.nurse, "incident_step", report.pk, "note", seen=0, note="First")[0] == 302
    status, words = press(ward.nurse, "incident_step", report.pk, "note", seen=0, note="Second of mine")
    assert status == 409
    assert "Somebody added to this incident" in words
    assert "Second of mine" in words
    assert press(ward.nurse, "incident_step", report.pk, "closed", seen=1)[0] == 404


def test_start_page_says_what_is_open_and_overdue(ward: Ward) -> None:
    report_incident(Draft(Kind.NEAR_MISS, "Nearly"), by=ward.nurse, at=ward.now - timedelta(days=9))
    assert "Incidents: 1 open, something is overdue in 1" in shown(ward.nurse, "home")
    assert "Overdue since" in shown(ward.nurse, "incidents")


def test_address_that_names_nothing_is_a_page_of_its_own(ward: Ward) -> None:
    for query in ("?session=x", "?episode=99999", "?session=99999&seq=1"):
        assert browser(ward.nurse).get(reverse("incident_new") + query).status_code == 404
