"""Training on the real pages: a case taken, a virtual patient in a bay, the look back; and SIMULATED on everything."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from glimmer.actions import recording
from glimmer.actions.access_list import list_looks
from glimmer.actions.feeds import make_feed
from glimmer.actions.live import forget_all, log_now
from glimmer.actions.log import protocol_of
from glimmer.actions.session import open_session
from glimmer.actions.training import begin_case
from glimmer.cli.demo.training import BAYS, load_training
from glimmer.cli.demo.whose import is_demo
from glimmer.config.training_bedsides import TrainingBedsides
from glimmer.exchange.typeset import Mark
from glimmer.records.models import Bay, Device, Staff, TrainingRun
from glimmer.records.training import DEMO, TRAINING, purpose, set_purpose
from glimmer.vocabulary.problems import RuleRefused
from glimmer.web.simulated import MARK, SAYS, SimulatedMiddleware, marked
from tests.support.story import minute, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_trainee(settings, monkeypatch) -> Client:
    # Put back afterwards: documents of other tests are of a clinic.
    monkeypatch.setattr(Mark, "says", "")
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"training": True, "demo": True})
    forget_all()
    load_training(timezone.now())
    browser = Client()
    browser.force_login(Staff.objects.get(username="maya.okafor"))
    return browser


def test_case_brings_a_virtual_patient_whose_session_can_be_opened_and_looked_back_on(as_trainee, tmp_path):
    listed = as_trainee.get("/training").content.decode()
    # What will happen is not said beforehand.
    assert listed.count(">Begin<") == 5
    assert "The line that came apart" not in listed
    answer = as_trainee.post("/training/faint/begin", follow=True)
    assert "Your patient is here" in answer.content.decode()
    run = TrainingRun.objects.get()
    appointment = run.appointment
    assert (run.case_id, run.case_version, run.started_by.username) == ("faint", 1, "maya.okafor")
    assert appointment.plan.episode.patient.nhs_number.startswith("999")
    nurse = Staff.objects.get(username="maya.okafor")
    session = open_session(appointment, by=nurse)
    beds = TrainingBedsides(tmp_path)
    beds.refresh(timezone.now())
    (bed,) = beds.current()
    # Until the infusion runs nothing happens; the patient is the case's own from the start.
    assert (bed.script, bed.seed, bed.weight_kg) == ("calm", 44, float(session.plan.weight_kg))
    page = as_trainee.get(f"/appointments/{appointment.pk}/training").content.decode()
    assert "has not begun" in page
    assert f"/sessions/{session.pk}/replay" in page
    assert "Takes charge of the alarm" not in page
    # Neither is it said while the case goes on.
    listed = as_trainee.get("/training").content.decode()
    assert ("Case 4, " in listed, "Pale, slow pulse" in listed + page) == (True, False)
    # A second case has a bay of its own, and another patient.
    second = begin_case("calm", by=nurse).appointment
    assert second.bay_id != appointment.bay_id
    assert second.plan.episode.patient_id != appointment.plan.episode.patient_id


def test_every_page_bears_the_mark_with_or_without_a_sign_in_and_files_bear_it_in_their_name(as_trainee):
    for browser, path in (
        (as_trainee, "/"),
        (as_trainee, "/training"),
        (as_trainee, "/no-such"),
        (Client(), "/sign-in"),
    ):
        page = browser.get(path)
        assert SAYS in page.content.decode(), path
        assert page.content.decode().count("<title>SIMULATED") == 1
        assert page["Glimmer-Simulated"] == "training"


def test_name_of_a_file_begins_with_the_mark(as_trainee, rf):
    sent = HttpResponse(
        b"a,b", content_type="text/csv", headers={"Content-Disposition": 'attachment; filename="x.csv"'}
    )
    answer = SimulatedMiddleware(lambda request: sent)(rf.get("/"))
    assert answer["Content-Disposition"] == 'attachment; filename="SIMULATED-x.csv"'
    assert answer.content == b"a,b"


def test_clinic_bears_no_mark(as_):
    page = as_("maya").get("/")
    assert MARK not in page.content.decode()
    assert not page.has_header("Glimmer-Simulated")
    assert marked(b"<p>a piece of a page</p>") == b"<p>a piece of a page</p>"


def test_document_of_the_training_clinic_has_the_mark_across_each_sheet_however_it_was_made(as_trainee, settings):
    # By the database: a command knows of no server's setting.
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"training": False})
    now = timezone.now()
    run = begin_case("calm", by=Staff.objects.get(username="maya.okafor"), at=now)
    patient, officer = run.appointment.plan.episode.patient, Staff.objects.get(username="piers.hollowell")

    def sheets() -> list[str]:
        pdf = list_looks(patient, timezone.localdate() - timedelta(days=9), by=officer)
        return [sheet.extract_text() for sheet in pypdf.PdfReader(BytesIO(pdf)).pages]

    assert all(MARK in text for text in sheets())


def test_data_files_say_of_themselves_that_they_are_simulated(as_trainee):
    def downloaded(data: object) -> dict:
        headers = {"Content-Disposition": 'attachment; filename="x.json"'}
        answer = HttpResponse(json.dumps(data), content_type="application/fhir+json", headers=headers)
        return json.loads(SimulatedMiddleware(lambda request: answer)(RequestFactory().get("/")).content)

    assert downloaded({"a": 1}) == {"simulated": SAYS, "a": 1}
    letter = {"resourceType": "Composition", "title": "Letter"}
    patient = {"resourceType": "Patient", "meta": {"security": [{"code": "R"}]}}
    found = downloaded({"resourceType": "Bundle", "entry": [{"resource": letter}, {"resource": patient}]})
    inside = [entry["resource"] for entry in found["entry"]]
    assert [one["meta"]["security"][-1]["code"] for one in (found, *inside)] == ["HTEST"] * 3
    assert inside[0]["title"] == "SIMULATED Letter"
    assert inside[1]["meta"]["security"][0] == {"code": "R"}


def test_calendar_of_the_training_clinic_says_so_in_each_entry(as_trainee):
    nurse = Staff.objects.get(username="maya.okafor")
    date = begin_case("calm", by=nurse).appointment
    calendar = Client().get(f"/calendar/feeds/{make_feed(date.bay, by=nurse)}.ics").content.decode()
    assert calendar.count("SUMMARY:SIMULATED Session") == calendar.count("BEGIN:VEVENT") == 1
    assert "X-WR-CALNAME:SIMULATED" in calendar


def test_exported_session_says_what_its_database_is_for(as_trainee):
    nurse = Staff.objects.get(username="maya.okafor")
    session = open_session(begin_case("calm", by=nurse).appointment, by=nurse)
    assert recording._header(session, protocol_of(log_now(session.pk)))["purpose"] == "training"


def test_clinic_says_where_training_is_and_begins_no_case(as_):
    assert "glimmer serve --training" in as_("maya").get("/training").content.decode()
    answer = as_("maya").post("/training/faint/begin")
    assert (answer.status_code, "not the training clinic" in answer.content.decode()) == (422, True)
    assert not TrainingRun.objects.exists()


def test_unknown_case_is_refused_in_words(as_trainee):
    answer = as_trainee.post("/training/party/begin")
    assert (answer.status_code, "There is no such case" in answer.content.decode()) == (422, True)


def test_bays_that_are_all_taken_are_said_in_words(as_trainee):
    nurse, now = Staff.objects.get(username="maya.okafor"), timezone.now()
    taken = begin_case("calm", by=nurse, at=now).appointment
    Device.objects.exclude(bay_id=taken.bay_id).delete()
    Bay.objects.exclude(pk=taken.bay_id).delete()
    with pytest.raises(RuleRefused, match=f"All {BAYS} bays are taken"):
        begin_case("calm", by=nurse, at=now)


def test_what_a_database_is_for_is_said_once_and_never_taken_back(db):
    assert purpose() == "clinic"
    set_purpose(TRAINING, timezone.now())
    assert (purpose(), is_demo()) == (TRAINING, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        set_purpose(DEMO, timezone.now())


def test_model_answer_is_not_given_away_before_its_time(as_trainee, monkeypatch):
    nurse, now = Staff.objects.get(username="maya.okafor"), timezone.now()
    appointment = begin_case("faint", by=nurse, at=now).appointment
    open_session(appointment, by=nurse)
    page = f"/appointments/{appointment.pk}/training"
    for began, is_told in ((now - timedelta(minutes=1), False), (now - timedelta(minutes=30), True)):
        story = running().events
        moved = [replace(one, happened_at=one.happened_at + (began - minute(15))) for one in story]
        monkeypatch.setattr("glimmer.web.training.events_of", lambda session_id, told=moved: told)
        shown = as_trainee.get(page).content.decode()
        assert ("Takes charge of the alarm" in shown) is is_told
        assert ("Pale, slow pulse" in shown) is is_told
    assert "0 of 4 in time" in shown
    assert "Not done" in shown
