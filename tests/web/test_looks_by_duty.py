"""By what right a record was seen is told as it is: a register names patients of other clinics as well."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.actions import clinics
from glimmer.records.audit import AuditLine
from glimmer.records.models import Clinic, Staff
from glimmer.vocabulary.people import Role
from tests.support.bedside import Ward, a_ward
from tests.support.register import a_page, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward(datetime.now(UTC) - timedelta(minutes=2))


@pytest.fixture
def page_id(ward: Ward) -> int:
    """A page of the register on which the ward's patient stands."""
    page = a_page(ward)
    take(ward.open(), page, 1, seen=1, by=ward.nurse, witness=ward.second_nurse, at=datetime.now(UTC))
    return page.pk


@pytest.fixture
def stranger(ward: Ward) -> Staff:
    """A nurse of another clinic."""
    riverside = Clinic.objects.create(name="Riverside", opened_at=datetime.now(UTC))
    manager = Staff.objects.create(username="gil", name="Gil Thackeray", role=Role.MANAGER.value)
    nurse = Staff.objects.create(username="river", name="River Nurse", role=Role.NURSE.value)
    clinics.join_clinic(nurse, riverside, by=manager)
    return nurse


def opened(person: Staff, name: str, *ids: int) -> str:
    browser = Client()
    browser.force_login(person)
    answer = browser.get(reverse(name, args=ids))
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def right_of(person: Staff, patient: int) -> str:
    lines = AuditLine.objects.filter(actor=person, action="read.register_page")
    (line,) = [one for one in lines if patient in one.details.get("patients", ())]
    return str(line.details["why"])


def test_other_clinics_patient_on_a_page_of_the_register_is_seen_by_the_role_and_not_by_the_clinic(
    ward: Ward, page_id: int, stranger: Staff
) -> None:
    patient = ward.episode.patient_id
    for person in (stranger, ward.nurse):
        opened(person, "register_page", page_id)
    assert (right_of(stranger, patient), right_of(ward.nurse, patient)) == ("the role", "own clinic")


def test_patient_reads_by_what_right_the_stranger_saw_the_name(ward: Ward, page_id: int, stranger: Staff) -> None:
    opened(stranger, "register_page", page_id)
    officer = Staff.objects.create(username="piers", name="Piers Hollowell", role=Role.PRIVACY_OFFICER.value)
    words = opened(officer, "access_list", ward.episode.patient_id)
    assert "River Nurse, nurse Had your name on a list" in words
    assert "Works in another clinic; the work of their role includes it" in words
    assert "Works in your clinic" not in words.split("River Nurse")[1].split("nurse")[1]


def test_patient_reads_that_the_register_was_printed_with_the_name_on_it(ward: Ward, page_id: int) -> None:
    opened(ward.pharmacist, "register_print", page_id)
    officer = Staff.objects.create(username="piers", name="Piers Hollowell", role=Role.PRIVACY_OFFICER.value)
    words = opened(officer, "access_list", ward.episode.patient_id)
    assert re.search(rf"{ward.pharmacist.name}, pharmacist Printed a list with your name on it \( ?register ?\)", words)
