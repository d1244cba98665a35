"""The worklist of what was not charted, as a nurse and her colleague work on it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.actions.live import forget_all
from glimmer.actions.ports import PORTS
from glimmer.care.session.events import DeviceReadings
from glimmer.config import wiring
from glimmer.records.logbook import events_of
from glimmer.records.models import QuarantineGroup, Staff
from tests.actions.test_quarantine import sends
from tests.support.bedside import Ward, a_ward

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PORTS, "read_device_message", wiring._read_device_message)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ward(db: None, now: datetime) -> Ward:
    forget_all()
    return a_ward(now - timedelta(minutes=2))


def browser(person: Staff) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(person: Staff, name: str = "quarantine", *ids: int, query: str = "") -> str:
    response = browser(person).get(reverse(name, args=ids) + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def press(person: Staff, name: str, group: QuarantineGroup, **data: object) -> str:
    response = browser(person).post(reverse(f"quarantine_{name}", args=[group.pk]), data, follow=True)
    assert response.status_code in {200, 409, 422}
    return " ".join(response.content.decode().split())


def test_a_minute_of_messages_is_one_line_with_count_values_and_the_patient_it_names(ward: Ward, now: datetime) -> None:
    ward.open(connected=False)
    sends(ward, *(now - second * SECOND for second in range(60)), systolic=188)
    shown = page(ward.nurse)
    assert shown.count("is not connected to a session") == 1
    for words in (">60<", ward.patient.name, "Sys 188 mmHg", ward.monitor.identifier):
        assert words in shown, words


def test_two_people_attribute_a_group_on_the_page(ward: Ward, now: datetime) -> None:
    session = ward.open(connected=False)
    sends(ward, now - 2 * SECOND, now - SECOND)
    group = QuarantineGroup.objects.get()
    assert "Choose the session." in press(ward.nurse, "propose", group, seen=0, reason="I saw it")
    shown = press(ward.nurse, "propose", group, seen=0, session=session.pk, reason="I stood beside her")
    assert "Another person has to confirm it; nothing is charted yet." in shown
    assert "You proposed this. Another person has to look and confirm it." in shown
    assert "Confirm: these are" not in shown
    assert "You proposed this yourself" in press(ward.nurse, "confirm", group, seen=1)
    assert f"Confirm: these are {ward.patient.name}" in page(ward.second_nurse, "quarantine_group", group.pk)
    shown = press(ward.second_nurse, "confirm", group, seen=1)
    assert "2 messages are in the session&#39;s log, 0 were left out." in shown
    assert "as second person after Maya Okafor" in shown
    assert len([e for e in events_of(session.pk) if isinstance(e.what, DeviceReadings)]) == 2
    assert ward.monitor.identifier not in page(ward.nurse).split("<main")[1].split("Show what is decided")[1]
    assert "Attributed" in page(ward.nurse, query="?show=decided")


def test_page_says_loudly_that_messages_name_another_patient_than_the_one_proposed(ward: Ward, now: datetime) -> None:
    session, other = ward.open(connected=False), a_ward(now)
    sends(ward, now, number=other.patient.local_number)
    group = QuarantineGroup.objects.get()
    assert "▲ The messages name somebody else." in page(ward.nurse, "quarantine_group", group.pk)
    proposal = {"seen": 0, "session": session.pk, "reason": "Left in the monitor"}
    assert "tick that you know it" in press(ward.nurse, "propose", group, **proposal)
    press(ward.nurse, "propose", group, **proposal, sure="yes")
    shown = page(ward.second_nurse, "quarantine_group", group.pk)
    assert f"The messages name somebody else than {ward.patient.name}:" in shown
    assert other.patient.name in shown
    assert "tick that you know it" in press(ward.second_nurse, "confirm", group, seen=1)
    assert "1 message is in the session&#39;s log, 0 were left out." in press(
        ward.second_nurse, "confirm", group, seen=1, sure="yes"
    )


def test_messages_of_the_right_patient_ask_for_nothing_more(ward: Ward, now: datetime) -> None:
    ward.open(connected=False)
    sends(ward, now)
    shown = page(ward.nurse, "quarantine_group", QuarantineGroup.objects.get().pk)
    assert "The messages name this patient." in shown
    assert "name somebody else" not in shown


def test_discard_needs_a_reason_and_can_be_taken_back(ward: Ward, now: datetime) -> None:
    sends(ward, now)
    group = QuarantineGroup.objects.get()
    assert "Say why" in press(ward.nurse, "discard", group, seen=0, reason="")
    assert "this can be taken back" in press(ward.nurse, "discard", group, seen=0, reason="Biomedical engineer's test")
    assert "wait for a decision again" in press(ward.psychiatrist, "reopen", group, seen=1, reason="Not a test")


def test_second_to_decide_reads_what_the_first_did(ward: Ward, now: datetime) -> None:
    sends(ward, now)
    group = QuarantineGroup.objects.get()
    press(ward.nurse, "discard", group, seen=0, reason="A test")
    shown = press(ward.second_nurse, "discard", group, seen=0, reason="A test")
    assert "Maya Okafor, nurse has decided about these messages" in shown
    assert "Nothing of yours was saved" in shown


def test_what_waits_stands_on_the_start_page_and_the_board(ward: Ward, now: datetime) -> None:
    assert "Device messages: " not in page(ward.nurse, "home") + page(ward.nurse, "board")
    sends(ward, now)
    assert "Device messages: 1 group waits for a decision" in page(ward.nurse, "home")
    assert "Device messages: 1 group waits for a decision" in page(ward.nurse, "board")
    press(ward.nurse, "discard", QuarantineGroup.objects.get(), seen=0, reason="A test")
    assert "Device messages: " not in page(ward.nurse, "home") + page(ward.nurse, "board")


def test_pharmacist_looks_but_is_offered_no_decision(ward: Ward, now: datetime) -> None:
    ward.open(connected=False)
    sends(ward, now)
    shown = page(ward.pharmacist, "quarantine_group", QuarantineGroup.objects.get().pk)
    assert "Discard" not in shown.split("<main")[1]
    assert "Propose" not in shown.split("<main")[1]
