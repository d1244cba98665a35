"""Device messages of two clinics: nobody reads or writes another clinic's patient by way of a monitor."""

from datetime import UTC, datetime, timedelta

import pytest

from glimmer.actions.clinics import break_glass_at_the_bedside, join_clinic
from glimmer.actions.live import forget_all
from glimmer.actions.ports import PORTS
from glimmer.care.session.events import DeviceReadings
from glimmer.config import wiring
from glimmer.records.audit import AuditLine
from glimmer.records.logbook import events_of
from glimmer.records.models import Clinic, QuarantineGroup, Staff
from tests.actions.test_quarantine import sends
from tests.support.bedside import Ward, a_ward
from tests.web.test_quarantine import browser, page, press

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward(db: None, monkeypatch: pytest.MonkeyPatch) -> Ward:
    monkeypatch.setattr(PORTS, "read_device_message", wiring._read_device_message)
    forget_all()
    found = a_ward(datetime.now(UTC) - timedelta(minutes=2))
    found.session = found.open(connected=False)  # type: ignore[attr-defined]
    sends(found, datetime.now(UTC))
    return found


@pytest.fixture
def group(ward: Ward) -> QuarantineGroup:
    return QuarantineGroup.objects.get()


@pytest.fixture
def stranger(ward: Ward) -> Staff:
    riverside = Clinic.objects.create(name="Riverside", opened_at=datetime.now(UTC))
    manager = Staff.objects.create(username="gil", name="Gil Thackeray", role="manager")
    nurse = Staff.objects.create(username="river", name="River Nurse", role="nurse")
    join_clinic(nurse, riverside, by=manager)
    return nurse


def charted(ward: Ward) -> int:
    return len([one for one in events_of(ward.session.pk) if isinstance(one.what, DeviceReadings)])  # type: ignore[attr-defined]


def test_stranger_reads_that_the_messages_name_somebody_else_and_not_whom(
    ward: Ward, group: QuarantineGroup, stranger: Staff
) -> None:
    for shown in (page(stranger), page(stranger, "quarantine_group", group.pk)):
        assert ward.patient.name not in shown
        assert "a patient of another clinic" in shown
    assert "1 session of another clinic was live as well" in page(stranger, "quarantine_group", group.pk)
    lines = AuditLine.objects.filter(actor=stranger)
    assert not [one for one in lines if ward.episode.patient_id in one.details.get("patients", ())]
    assert ward.patient.name in page(ward.nurse, "quarantine_group", group.pk)


def test_stranger_proposes_no_session_of_another_clinic(ward: Ward, group: QuarantineGroup, stranger: Staff) -> None:
    asked = {"seen": 0, "session": ward.session.pk, "reason": "A guess", "sure": "yes"}  # type: ignore[attr-defined]
    press(stranger, "propose", group, **asked)
    group.refresh_from_db()
    assert (group.state, charted(ward)) == ("open", 0)


def test_stranger_is_no_second_person_for_another_clinics_patient(
    ward: Ward, group: QuarantineGroup, stranger: Staff
) -> None:
    press(ward.nurse, "propose", group, seen=0, session=ward.session.pk, reason="I stood there")  # type: ignore[attr-defined]
    shown = page(stranger, "quarantine_group", group.pk)
    assert ward.patient.name not in shown
    assert "somebody of that clinic confirms" in shown
    answer = browser(stranger).post(f"/quarantine/{group.pk}/confirm", {"seen": 1, "sure": "yes"})
    assert answer.status_code == 422
    assert charted(ward) == 0
    assert AuditLine.objects.filter(actor=stranger, action="refused.attribute_messages").exists()


def test_who_broke_the_glass_beside_the_patient_decides_as_the_clinic_does(
    ward: Ward, group: QuarantineGroup, stranger: Staff
) -> None:
    number = ward.session.pk  # type: ignore[attr-defined]
    break_glass_at_the_bedside(number, "covering", "I am alone in the room.", by=stranger)
    assert ward.patient.name in page(stranger, "quarantine_group", group.pk)
    press(stranger, "propose", group, seen=0, session=number, reason="I stand beside her")
    press(ward.nurse, "confirm", group, seen=1)
    assert charted(ward) == 1
