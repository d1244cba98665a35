"""A device or a person is taken out of use: nothing is deleted, nothing new comes of them, and the clinic can go on."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client

from glimmer.actions import heard
from glimmer.actions.devices import connect_bay, connect_device
from glimmer.actions.readings import chart_messages
from glimmer.actions.retiring import reinstate_device, retire_device, retire_staff
from glimmer.actions.session import cancel_session
from glimmer.care.session.events import DeviceConnected, DeviceReadings
from glimmer.records.audit import AuditLine, broken_at
from glimmer.records.logbook import events_of
from glimmer.records.models import Device, InboundMessage, LogLine, Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from tests.actions.test_readings import vitals
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


# Devices


def test_retired_device_is_charted_no_more_and_its_messages_are_kept_with_the_reason(ward: Ward, cast: Cast) -> None:
    retire_device(ward.monitor, "Sent for repair", by=cast.gil, at=NOON)
    (stored,) = chart_messages([vitals(ward, at=LATER)])
    assert stored.status == "quarantined"
    assert "was retired" in stored.reason
    assert InboundMessage.objects.get().device == ward.monitor
    device = Device.objects.get(pk=ward.monitor.pk)
    assert (device.retired_at, device.retired_by, device.retired_because) == (NOON, cast.gil, "Sent for repair")
    line = AuditLine.objects.get(action="retire_device")
    assert (line.actor, line.subject, line.subject_id) == (cast.gil, "Device", device.pk)
    assert broken_at() is None


def test_what_waited_on_disk_from_before_it_was_retired_is_not_charted_either(ward: Ward, cast: Cast) -> None:
    session = ward.open()
    message = vitals(ward, at=LATER)
    cancel_session(session, "Went home", by=ward.nurse, at=LATER + timedelta(minutes=1))
    retire_device(ward.monitor, "Broken", by=cast.gil, at=LATER + timedelta(minutes=2))
    (stored,) = chart_messages([vitals(ward, at=message.received_at, logged_at=LATER + timedelta(minutes=3))])
    assert "was retired" in stored.reason
    assert not any(isinstance(event.what, DeviceReadings) for event in events_of(session.pk))


def test_device_is_not_retired_while_it_is_connected(ward: Ward, cast: Cast) -> None:
    session = ward.open()
    with pytest.raises(RuleRefused, match=f"is connected to session {session.pk}"):
        retire_device(ward.monitor, "Broken", by=cast.gil, at=LATER)
    assert chart_messages([vitals(ward)])[0].status == "charted"
    assert not AuditLine.objects.filter(action="retire_device").exists()
    cancel_session(session, "Went home", by=ward.nurse, at=LATER)
    assert retire_device(ward.monitor, "Broken", by=cast.gil, at=LATER).retired_at == LATER


def test_retired_device_is_offered_to_nobody_and_connected_to_nothing(ward: Ward, cast: Cast) -> None:
    session = ward.open(connected=False)
    retire_device(ward.monitor, "Broken", by=cast.gil, at=NOON)
    with pytest.raises(RuleRefused, match="was retired"):
        connect_device(session, ward.monitor.pk, by=ward.nurse, at=LATER)
    connect_bay(session, by=ward.nurse, at=LATER)
    connected = [event.what.device for event in events_of(session.pk) if isinstance(event.what, DeviceConnected)]
    assert connected == [ward.pump.identifier]
    assert [one.identifier for one in heard.look()] == [ward.pump.identifier]
    heard.forget()


def test_device_that_comes_back_is_charted_again_and_its_absence_stays_in_the_audit(ward: Ward, cast: Cast) -> None:
    retire_device(ward.monitor, "Sent for repair", by=cast.gil, at=NOON)
    with pytest.raises(ChangedMeanwhile, match="retired already"):
        retire_device(ward.monitor, "Again", by=cast.gil, at=NOON)
    reinstate_device(ward.monitor, "Repaired and tested", by=cast.bea, at=NOON)
    with pytest.raises(ChangedMeanwhile, match="in use already"):
        reinstate_device(ward.monitor, "Again", by=cast.gil, at=NOON)
    ward.open()
    assert chart_messages([vitals(ward)])[0].status == "charted"
    lines = AuditLine.objects.filter(subject="Device").order_by("pk")
    assert [(line.action, line.actor, line.details["because"]) for line in lines] == [
        ("retire_device", cast.gil, "Sent for repair"),
        ("reinstate_device", cast.bea, "Repaired and tested"),
    ]


@pytest.mark.parametrize("name", ["tomos", "priya", "ness", "wilf"])
def test_who_neither_connects_devices_nor_runs_the_clinic_retires_none(ward: Ward, cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        retire_device(ward.monitor, "Broken", by=getattr(cast, name))
    with pytest.raises(NotAllowed):
        reinstate_device(ward.monitor, "Mended", by=getattr(cast, name))


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_reason_is_needed_and_can_be_kept(ward: Ward, cast: Cast, reason: str) -> None:
    with pytest.raises(BadInput):
        retire_device(ward.monitor, reason, by=cast.gil)
    with pytest.raises(BadInput):
        retire_staff(cast.maya, reason, by=cast.gil)
    assert Device.objects.filter(retired_at=None).count() == 2
    assert not Staff.objects.filter(is_active=False).exists()


# People


def test_person_who_is_retired_is_signed_out_and_stays_the_author(ward: Ward, cast: Cast) -> None:
    session = ward.open()
    Staff.objects.filter(pk=ward.nurse.pk).update(password=cast.maya.password)
    browser = Client()
    browser.force_login(Staff.objects.get(pk=ward.nurse.pk))
    assert browser.get("/").status_code == 200
    retire_staff(ward.nurse, "Left the clinic", by=cast.bea, at=LATER)
    answer = browser.get("/")
    assert (answer.status_code, answer["Location"].startswith("/sign-in")) == (302, True)
    assert not Client().login(username=ward.nurse.username, password="a long enough test phrase")
    gone = Staff.objects.get(pk=ward.nurse.pk)
    assert (gone.is_active, gone.retired_at, gone.retired_by) == (False, LATER, cast.bea)
    assert not gone.has_usable_password()
    assert LogLine.objects.filter(session=session, author=gone).exists()
    line = AuditLine.objects.get(action="retire_staff")
    assert (line.actor, line.subject_id, line.details) == (cast.bea, gone.pk, {"role": "nurse"})
    with pytest.raises(ProtectedError):
        gone.delete()
    with pytest.raises(NotAllowed, match="closed"):
        cancel_session(session, "Went home", by=gone)


def test_sign_in_that_was_open_does_not_come_back_should_the_row_ever_be_active_again(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.maya)
    retire_staff(cast.maya, "Left", by=cast.bea)
    Staff.objects.filter(pk=cast.maya.pk).update(is_active=True, retired_at=None, retired_by=None, retired_because="")
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize(("last", "role"), [("bea", Role.ADMINISTRATOR), ("wilf", Role.SAFETY_OFFICER)])
def test_last_person_of_a_role_that_a_clinic_needs_is_not_retired_until_there_is_another(
    cast: Cast, last: str, role: Role
) -> None:
    person = getattr(cast, last)
    gone = Staff.objects.create(username="before", name="Fern Before", role=role.value, is_active=False)
    with pytest.raises(RuleRefused, match=f"last {role.label.lower()} who can sign in"):
        retire_staff(person, "Left", by=cast.gil)
    assert Staff.objects.get(pk=person.pk).is_active
    Staff.objects.create(username="next", name="Nina Next", role=role.value)
    assert not retire_staff(person, "Left", by=cast.gil).is_active
    with pytest.raises(ChangedMeanwhile, match="retired already"):
        retire_staff(gone, "Again", by=cast.gil)


def test_last_nurse_may_leave(cast: Cast) -> None:
    retire_staff(cast.jo, "Left", by=cast.gil)
    assert not retire_staff(cast.maya, "Left", by=cast.bea).is_active


def test_nobody_retires_themselves_or_without_the_right_to(cast: Cast) -> None:
    with pytest.raises(RuleRefused, match="Nobody retires themselves"):
        retire_staff(cast.gil, "Left", by=cast.gil)
    for name in ("maya", "idris", "tomos", "priya", "ness", "wilf"):
        with pytest.raises(NotAllowed):
            retire_staff(cast.jo, "Left", by=getattr(cast, name))
    assert not Staff.objects.filter(is_active=False).exists()


# What the database refuses


@pytest.mark.parametrize("change", [{"retired_at": NOON}, {"retired_because": "Broken"}, {"retired_by": "gil"}])
def test_database_refuses_who_or_when_or_why_alone(ward: Ward, cast: Cast, change: dict) -> None:
    change = {key: cast.gil if value == "gil" else value for key, value in change.items()}
    for model, key in ((Device, ward.monitor.pk), (Staff, cast.maya.pk)):
        with pytest.raises(IntegrityError, match="retired_when_by_whom_and_why"), transaction.atomic():
            model.objects.filter(pk=key).update(**change)


def test_database_refuses_a_person_who_is_retired_and_may_sign_in(cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="retired_when"), transaction.atomic():
        Staff.objects.filter(pk=cast.maya.pk).update(retired_at=NOON, retired_by=cast.gil, retired_because="Left")
