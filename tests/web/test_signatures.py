"""A password as a signature: a wrong one leaves a line, a borrowed one signs nothing, and guessing locks out nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.actions.passwords import give_temporary_password
from glimmer.actions.slowing import TRIES
from glimmer.records.audit import AuditLine
from glimmer.records.controlled import facts
from glimmer.records.models import RegisterPage, Staff
from tests.support.bedside import Ward, a_ward
from tests.support.register import a_page
from tests.web.test_controlled import press, receipt

pytestmark = pytest.mark.django_db
PASSWORDS = {
    "nurse": "the nurse's own words",
    "second_nurse": "the colleague's own words",
    "pharmacist": "the pharmacist's own words",
}


@pytest.fixture
def ward(db: None) -> Ward:
    found = a_ward(datetime.now(UTC) - timedelta(minutes=2))
    for name, password in PASSWORDS.items():
        person: Staff = getattr(found, name)
        person.set_password(password)
        person.save()
    return found


@pytest.fixture
def page(ward: Ward) -> RegisterPage:
    return a_page(ward)


def enter(ward: Ward, page: RegisterPage, **more: Any) -> tuple[int, str]:
    return press(ward.nurse, "register_post", page.pk, "in", **receipt(ward, **more))


def test_wrong_password_of_the_witness_leaves_a_line_that_names_both(ward: Ward, page: RegisterPage) -> None:
    assert enter(ward, page, witness_password="guess")[0] == 422
    line = AuditLine.objects.get(action="signature_refused")
    assert (line.actor, line.subject, line.subject_id) == (ward.nurse, "Staff", ward.second_nurse.pk)
    assert "guess" not in str(line.details)


def test_wrong_own_password_leaves_a_line(ward: Ward, page: RegisterPage) -> None:
    enter(ward, page, password="guess")
    line = AuditLine.objects.get(action="signature_refused")
    assert (line.actor, line.subject_id) == (ward.nurse, ward.nurse.pk)


def test_person_whose_signature_was_guessed_at_is_told_at_the_next_sign_in(ward: Ward, page: RegisterPage) -> None:
    asked = {"username": ward.second_nurse.username, "password": PASSWORDS["second_nurse"]}
    Client().post("/sign-in", asked)
    for _ in range(2):
        enter(ward, page, witness_password="guess")
    words = Client().post("/sign-in", asked, follow=True).content.decode()
    assert "a wrong password given as a signature (2 times)" in words


def test_guessing_at_a_colleague_stops_the_guesser_and_nobody_else(ward: Ward, page: RegisterPage) -> None:
    for _ in range(TRIES):
        enter(ward, page, witness_password="guess")
    assert "too many wrong attempts" in enter(ward, page)[1]
    by_another = receipt(ward, password=PASSWORDS["pharmacist"])
    assert press(ward.pharmacist, "register_post", page.pk, "in", **by_another)[0] == 302
    assert facts(page).balance == 15


def test_password_that_somebody_else_handed_out_signs_nothing(ward: Ward, page: RegisterPage) -> None:
    lent = give_temporary_password(ward.second_nurse, datetime.now(UTC))
    ward.second_nurse.save()
    status, words = enter(ward, page, witness_password=lent)
    assert (status, facts(page).balance) == (422, 10)
    assert "somebody else knows it" in words
    assert AuditLine.objects.get(action="signature_refused").details == {"why": "temporary"}


@pytest.mark.parametrize("name", ["protocol_approve", "selection_rules_approve_built_in"])
def test_password_is_never_sent_back_in_a_page(ward: Ward, name: str) -> None:
    psychiatrist: Staff = ward.psychiatrist
    ids = ("iv-racemic-standard", "1") if name == "protocol_approve" else ()
    browser = Client()
    browser.force_login(psychiatrist)
    # Without a reason the form comes back.
    answer = browser.post(reverse(name, args=ids), {"reason": "", "password": "quite secret words"})
    assert answer.status_code == 422
    assert "quite secret words" not in answer.content.decode()
