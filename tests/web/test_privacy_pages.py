"""The privacy officer's page and the list for the patient: what happened is what they say, and only they say it."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from pypdf import PdfReader

from glimmer.actions import clinics
from glimmer.records.audit import AuditLine, append_audit
from glimmer.records.models import Clinic, Patient, Staff
from tests.support.cast import an_episode


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="referral")


def plain(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def at_noon(person: Staff, action: str, patient: int | None, days_ago: int = 1, **details) -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)
    with transaction.atomic():
        append_audit(
            at=noon, actor=person, actor_name=str(person), action=action, subject="Patient", patient_id=patient,
            details=details,
        )  # fmt: skip


def test_list_tells_who_looked_when_how_often_and_by_what_right(episode, as_, cast):
    for _ in range(3):
        as_("maya").get(f"/episodes/{episode.pk}")
    as_("idris").get("/patients?words=sample")
    as_("ness").get(f"/episodes/{episode.pk}")
    shown = plain(as_("bea").get(f"/patients/{episode.patient_id}/looks"))
    assert re.search(
        r"\d\d:\d\d to \d\d:\d\d, 3 times Maya Okafor, nurse Looked at your record \( ?journey ?\) Works in", shown
    )
    assert re.search(r"Dr Idris Penhallow, psychiatrist Had your name on a list", shown)
    assert "Bea Larkspur, administrator Wrote in your record" in shown, "the referral itself"
    assert "Ness Abernathy" not in shown, "she was refused before anybody knew whose record it was"


def test_list_for_the_patient_is_a_pdf_and_says_that_it_was_made(episode, as_, cast):
    as_("maya").get(f"/episodes/{episode.pk}")
    answer = as_("piers").get(f"/patients/{episode.patient_id}/looks.pdf")
    assert answer["Content-Type"] == "application/pdf"
    said = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())
    for words in ("Who has looked at your record", "Amina Sample", "999 000 0018", "Maya Okafor, nurse"):
        assert words in said
    line = AuditLine.objects.order_by("-pk")[0]
    assert (line.action, line.actor, line.patient_id) == ("list_looks", cast.piers, episode.patient_id)


def test_list_begins_on_the_day_that_is_asked_for(episode, as_, cast):
    at_noon(cast.tomos, "read.outcomes", episode.patient_id, days_ago=30)
    address = f"/patients/{episode.patient_id}/looks"
    assert "Tomos Fairweather" in plain(as_("piers").get(address))
    week = (datetime.now(UTC) - timedelta(days=7)).date().isoformat()
    assert "Tomos Fairweather" not in plain(as_("piers").get(f"{address}?since={week}"))
    assert as_("piers").get(f"{address}?since-day=x&since-month=2&since-year=2026").status_code == 422


def test_administrator_makes_the_list_of_the_own_clinics_patients_alone(episode, as_, cast):
    other = Clinic.objects.create(name="Riverside", opened_at=datetime.now(UTC))
    episode.clinic = other
    episode.save()
    assert as_("bea").get(f"/patients/{episode.patient_id}/looks").status_code == 404
    assert as_("piers").get(f"/patients/{episode.patient_id}/looks").status_code == 200


def test_glass_waits_on_the_page_until_it_is_looked_into_and_stays_with_the_finding(episode, as_, cast):
    Clinic.objects.create(name="Riverside", opened_at=datetime.now(UTC))
    river = Staff.objects.create(username="river", name="River Nurse", role="nurse")
    patient = Patient.objects.get(pk=episode.patient_id)
    glass = clinics.break_glass(patient.nhs_number, patient.birth_date, "emergency", "Fell in our hall.", by=river)
    shown = plain(as_("piers").get("/privacy"))
    assert "1 to be looked into" in shown
    assert "River Nurse , nurse, opened SAMPLE, Amina" in shown
    assert "Fell in our hall." in shown
    empty = as_("piers").post(f"/privacy/glass/{glass.pk}/review", {})
    assert (empty.status_code, "Choose what you found." in plain(empty)) == (422, True)
    asked = {f"{glass.pk}-finding": "justified", f"{glass.pk}-words": "The ambulance sheet says so."}
    assert as_("piers").post(f"/privacy/glass/{glass.pk}/review", asked).status_code == 302
    shown = plain(as_("piers").get("/privacy"))
    assert "to be looked into" not in shown
    assert "Justified, found Piers Hollowell" in shown


def test_unusual_looks_are_told_with_their_reason_and_nothing_usual_is(episode, as_, cast):
    Staff.objects.filter(pk=cast.maya.pk).update(name="Maya Sample")
    at_noon(cast.maya, "read.journey", episode.patient_id)
    at_noon(cast.jo, "read.journey", episode.patient_id)
    for patient in range(1000, 1041):
        at_noon(cast.tomos, "read.outcomes", patient)
    for _ in range(10):
        at_noon(cast.ness, "refused.journey", None)
    at_noon(cast.priya, "refused.journey", None, days_ago=9)
    shown = plain(as_("piers").get("/privacy"))
    assert re.search(r"Maya Sample looked 1 time at the record of SAMPLE, Amina ?, who bears the same", shown)
    assert "Tomos Fairweather opened the records of 41 patients within 60 minutes" in shown
    assert "Ness Abernathy was refused 10 times" in shown
    assert "Jo Sparrow looked" not in shown
    assert "Priya" not in shown


def test_searches_are_told_by_their_fields_and_never_by_their_words(episode, as_):
    as_("maya").get("/patients?words=sample")
    shown = plain(as_("piers").get("/privacy"))
    assert re.search(r"Maya Okafor, nurse words 1", shown)


def test_patient_is_found_by_the_whole_nhs_number_and_a_stranger_is_not(episode, as_):
    found = as_("piers").post("/privacy", {"nhs_number": "999 000 0018"})
    assert found.headers["Location"] == f"/patients/{episode.patient_id}/looks"
    missed = as_("piers").post("/privacy", {"nhs_number": "999 000"})
    assert (missed.status_code, "nobody with this NHS number" in plain(missed)) == (422, True)
