"""What the session page and the chair board say about devices, and the presses that connect them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.actions.devices import connect_device
from glimmer.actions.live import forget_all
from glimmer.actions.readings import chart_messages
from glimmer.records.models import Association, Staff, TreatmentSession
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from tests.actions.test_devices import spo2
from tests.actions.test_readings import vitals
from tests.support.bedside import Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ward(db: None, now: datetime) -> Ward:
    forget_all()
    return a_ward(now - MINUTE)


def browser(person: Staff) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(session: TreatmentSession, person: Staff, asked: str = "") -> str:
    return " ".join(browser(person).get(reverse("session", args=[session.pk]) + asked).content.decode().split())


def board(person: Staff) -> str:
    return " ".join(browser(person).get(reverse("board")).content.decode().split())


def press(session: TreatmentSession, name: str, person: Staff, **data: object) -> str:
    response = browser(person).post(reverse(f"session_{name}", args=[session.pk]), data, follow=True)
    assert response.status_code in {200, 409, 422}
    return " ".join(response.content.decode().split())


def speaks(ward: Ward, now: datetime, **other: object) -> None:
    chart_messages([vitals(ward, f"{now}", now, **other)])


def test_page_says_plainly_that_nothing_is_connected(ward: Ward, now: datetime) -> None:
    session = ward.open(connected=False)
    assert "No device is connected to this session" in page(session, ward.nurse)
    assert f"{ward.monitor.identifier}</strong>: not connected, and silent." in page(session, ward.nurse)


@pytest.mark.parametrize(
    ("identifiers", "words"),
    [
        ("own", "names this patient"),
        ((), "names nobody"),
        ((("9990000026", "NHS", "NH"),), "names somebody else"),
        ((("77/A", "ELSEWHERE", "MR"),), "names a number that is not known here"),
    ],
)
def test_page_says_whom_a_device_names_that_speaks_unconnected(
    ward: Ward, now: datetime, identifiers: object, words: str
) -> None:
    session = ward.open(connected=False)
    speaks(ward, now, identifiers=((ward.patient.nhs_number, "NHS", "NH"),) if identifiers == "own" else identifiers)
    shown = page(session, ward.nurse)
    assert "not connected, but speaking" in shown
    assert words in shown
    assert "9990000026" not in shown


def test_one_press_connects_the_bay_and_the_page_says_by_whom(ward: Ward, now: datetime) -> None:
    session = ward.open(connected=False)
    shown = press(session, "connect_bay", ward.nurse)
    assert "The devices of this bay are connected to this session." in shown
    assert "by Maya Okafor." in shown
    assert "No device is connected" not in shown


def test_connecting_asks_nothing_beforehand_about_a_missing_number(ward: Ward) -> None:
    session = ward.open(connected=False)
    assert "checked" not in page(session, ward.nurse).split("devices-heading")[1].split("</section>")[0]
    press(session, "connect", ward.nurse, device=ward.monitor.pk, may_be_unnamed="yes")
    press(session, "connect", ward.nurse, device=ward.pump.pk)
    unnamed = Association.objects.order_by("pk").values_list("device__kind", "may_be_unnamed")
    assert list(unnamed) == [("monitor", True), ("pump", False)]


def test_device_from_elsewhere_is_taken_with_a_reason(ward: Ward, now: datetime) -> None:
    other = a_ward(now - MINUTE)
    session, elsewhere = ward.open(connected=False), other.open()
    held = Association.objects.get(device=other.monitor)
    data = {"device": other.monitor.pk, "elsewhere": held.pk}
    where = f"connected to the session in {other.bay.name} by Maya Okafor"
    assert where in page(session, ward.nurse, "?devices=all")
    assert where not in page(session, ward.nurse), "A hospital's devices are not sent to every page each second."
    assert "Say why it is taken from that session" in press(session, "connect", ward.nurse, **data, reason="")
    shown = press(session, "connect", ward.nurse, **data, reason="Ours is broken")
    assert "The device is connected to this session." in shown
    assert other.patient.family_name not in shown
    assert f"Disconnected {other.monitor.identifier}" in page(elsewhere, ward.nurse)


def test_whoever_did_not_see_where_it_is_reads_who_has_it(ward: Ward, now: datetime) -> None:
    other = a_ward(now - MINUTE)
    session = ward.open(connected=False)
    other.open()
    assert "Maya Okafor, nurse connected" in press(session, "connect", ward.nurse, device=other.monitor.pk)


def test_connected_device_that_contradicts_says_so_and_never_whom_it_named(ward: Ward, now: datetime) -> None:
    session = ward.open()
    speaks(ward, now, identifiers=(("9990000026", "NHS", "NH"),))
    shown = page(session, ward.nurse)
    assert "Its last message was not charted: The message names another patient" in shown
    assert "named another patient; what it sent waits in quarantine" in shown
    assert "9990000026" not in shown


def test_disconnecting_wants_a_reason(ward: Ward) -> None:
    session = ward.open()
    assert "Say why the device is disconnected." in press(session, "disconnect", ward.nurse, device=ward.monitor.pk)
    shown = press(session, "disconnect", ward.nurse, device=ward.monitor.pk, reason="Broken cable")
    assert "The device is disconnected from this session." in shown


@pytest.mark.parametrize("device", ["", "nonsense", "999999", "-1"])
def test_nonsense_for_a_device_gives_words(ward: Ward, device: str) -> None:
    session = ward.open(connected=False)
    shown = press(session, "connect", ward.nurse, device=device)
    assert "There is a problem" in shown


def test_whoever_may_not_connect_sees_the_devices_without_a_button(ward: Ward) -> None:
    session = ward.open()
    shown = page(session, ward.pharmacist)
    assert ward.monitor.identifier in shown
    assert "Disconnect" not in shown


def test_board_says_which_device_speaks_without_being_connected(ward: Ward, now: datetime) -> None:
    session = ward.open(connected=False)
    assert f"{ward.monitor.identifier} not connected" in board(ward.nurse)
    speaks(ward, now)
    assert f"{ward.monitor.identifier} speaks, not connected" in board(ward.nurse)
    connect_device(session, ward.monitor.pk, by=ward.nurse)
    assert f"{ward.monitor.identifier} connected" in board(ward.nurse)


def test_board_says_that_a_connected_device_is_silent(ward: Ward) -> None:
    ward.open()
    assert f"{ward.pump.identifier} connected, silent" in board(ward.nurse)


def test_inbox_that_was_put_back_is_heard_from_its_beginning(ward: Ward, now: datetime) -> None:
    session = ward.open(connected=False)
    chart_messages([spo2(ward, 97, 1, fingerprint=f"f{n}") for n in range(3)])
    page(session, ward.nurse)
    forget_all()
    speaks(ward, now)
    assert "not connected, but speaking" in page(session, ward.nurse)


def test_clock_that_is_behind_is_said_beside_its_device(ward: Ward, now: datetime) -> None:
    slow_by = timedelta(minutes=4)
    session = ward.open(at=now - 9 * MINUTE)
    for number in range(8):
        at = now - timedelta(seconds=100 - 12 * number)
        reading = Reading(Parameter.SPO2, 97, at - slow_by, "oximeter")
        chart_messages([vitals(ward, f"slow-{number}", at, readings=(reading,))])
    text = page(session, ward.nurse)
    assert "Its clock is 4 min slow: its times are put right here. Set its clock." in text


def test_clock_that_is_right_is_not_spoken_of(ward: Ward, now: datetime) -> None:
    session = ward.open()
    speaks(ward, now)
    assert "Its clock is" not in page(session, ward.nurse)
