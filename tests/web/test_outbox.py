"""The outbox page: what would have gone out, to whom, and what became of it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from glimmer.actions.clinics import join_clinic
from glimmer.actions.delivery import KeptHere, SendingFailed, deliver_due
from glimmer.actions.sending import EMAIL, Recipient, post_message, to_patient
from glimmer.records.audit import AuditLine
from glimmer.records.models import Clinic, OutboxMessage, SendingTry, Staff
from tests.support.cast import an_episode


class Away:
    name, keeps = "post", False

    def send(self, parcel):
        raise SendingFailed("The server is away.", is_final=True)


@pytest.fixture
def patient(cast):
    return an_episode(cast, at="referral").patient


def post_link(patient, once="own:1"):
    now = timezone.now()
    fields = {"link": "https://example.org/own/in#secret", "until": now + timedelta(days=3)}
    with transaction.atomic():
        return post_message(
            "own_link", to_patient(patient, EMAIL), fields, once=once, at=now, patient=patient,
            not_after=now + timedelta(days=3),
        )  # fmt: skip


def test_message_that_waits_is_listed_and_its_link_is_not_shown(as_, patient):
    message = post_link(patient)
    page = as_("bea").get("/outbox").content.decode()
    assert "One-time link to the patient" in page
    assert "SAMPLE, Amina" in page
    assert "Waiting" in page
    one = as_("bea").get(f"/outbox/{message.pk}").content.decode()
    assert "#secret" not in one
    assert "It was not tried yet" in one


def test_message_that_was_kept_shows_its_link_for_somebody_to_pass_on(as_, patient):
    message = post_link(patient)
    deliver_due(sender=KeptHere())
    page = as_("maya").get(f"/outbox/{message.pk}").content.decode()
    assert "https://example.org/own/in#secret" in page
    line = AuditLine.objects.get(action="read.outbox_message")
    assert (line.subject_id, line.patient_id) == (message.pk, patient.pk)


def test_failed_message_says_why_and_is_tried_again_by_a_press(as_, patient):
    message = post_link(patient)
    deliver_due(sender=Away())
    page = as_("bea").get(f"/outbox/{message.pk}").content.decode()
    assert "The server is away." in page
    assert as_("bea").post(f"/outbox/{message.pk}/retry").status_code == 302
    assert OutboxMessage.objects.get().state == "waiting"
    assert as_("bea").post(f"/outbox/{message.pk}/retry").status_code == 422


def test_try_that_was_cut_off_is_said_to_be_one(as_, patient):
    message = post_link(patient)
    SendingTry.objects.create(message=message, number=1, began_at=timezone.now(), sender="post")
    assert "it may have arrived all the same" in as_("bea").get(f"/outbox/{message.pk}").content.decode()


def test_waiting_message_is_withdrawn_with_a_reason(as_, patient):
    message = post_link(patient)
    assert as_("bea").post(f"/outbox/{message.pk}/withdraw", {"because": ""}).status_code == 422
    assert as_("bea").post(f"/outbox/{message.pk}/withdraw", {"because": "Told by hand."}).status_code == 302
    page = as_("bea").get(f"/outbox/{message.pk}").content.decode()
    assert "Told by hand." in page


def test_list_shows_one_state_and_says_when_there_is_nothing(as_, patient):
    assert "Nothing has been posted yet" in as_("bea").get("/outbox").content.decode()
    post_link(patient)
    assert "No message is in this state" in as_("bea").get("/outbox?state=failed").content.decode()


def test_message_about_another_clinics_patient_is_not_found_and_one_about_nobody_is(as_, cast, patient):
    about = post_link(patient)
    with transaction.atomic():
        other = post_message("letter_ready", Recipient(EMAIL, "a@example.org"), {}, once="x", at=timezone.now())
    elsewhere = Clinic.objects.create(name="Riverside", opened_at="2026-11-01T08:00Z")
    stranger = Staff.objects.create(username="river", name="River Nurse", role="nurse")
    join_clinic(stranger, elsewhere, by=cast.gil)
    browser = as_("maya")
    browser.force_login(stranger)
    assert browser.get(f"/outbox/{about.pk}").status_code == 404
    assert browser.get(f"/outbox/{other.pk}").status_code == 200
    assert "SAMPLE" not in browser.get("/outbox").content.decode()
