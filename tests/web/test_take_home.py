"""The pages of take-home ketamine and of stock between premises, signed as they are used."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from glimmer.actions.live import forget_all
from glimmer.records.controlled import facts
from glimmer.records.models import RegisterPage, RegisterTransfer, Staff, TakeHomePrescription
from tests.support.bedside import Ward, a_ward
from tests.support.register import BATCH, EXPIRES, a_page

pytestmark = pytest.mark.django_db
PASSWORD = "a phrase of their own"
OF_BATCH = f"{EXPIRES.isoformat()}|{BATCH}"


@pytest.fixture
def ward(db: None) -> Ward:
    forget_all()
    cache.clear()
    found = a_ward(datetime.now(UTC) - timedelta(minutes=2))
    found.patient.address = "1 Sample Street"
    found.patient.save()
    for person in (found.nurse, found.second_nurse, found.psychiatrist):
        person.set_password(PASSWORD)
        person.registration = "GMC 0000001"
        person.save()
    return found


@pytest.fixture
def page(ward: Ward) -> RegisterPage:
    return a_page(ward, vials=4, form="oral solution", container="bottle", container_ml=50)


def words_of(response: Any) -> str:
    return unescape(" ".join(response.content.decode().split()))


def browser(person: Staff) -> Client:
    client = Client()
    client.force_login(person)
    return client


def shown(person: Staff, name: str, *ids: Any) -> str:
    response = browser(person).get(reverse(name, args=ids))
    assert response.status_code == 200
    return words_of(response)


def press(person: Staff, name: str, *ids: Any, **data: Any) -> tuple[int, str]:
    response = browser(person).post(reverse(name, args=ids), {"password": PASSWORD, **data}, follow=True)
    status = response.redirect_chain[0][1] if response.redirect_chain else response.status_code
    return status, words_of(response)


def two(ward: Ward, **more: Any) -> dict[str, Any]:
    return {"witness": ward.second_nurse.pk, "witness_password": PASSWORD, **more}


def order(page: RegisterPage, **more: Any) -> dict[str, Any]:
    day = timezone.localdate()
    starts = {"starts_on-day": day.day, "starts_on-month": day.month, "starts_on-year": day.year}
    dose = {"dose_mg": "50", "every_days": "3", "days": "30", "total_ml": "50"}
    words = {"directions": "50 mg (5 mL) every third day", "reason": "Agreed on by the team"}
    return {"page": page.pk, **dose, **words, **starts, **more}


def test_prescription_is_signed_printed_supplied_and_accounted_for(ward: Ward, page: RegisterPage) -> None:
    status, words = press(ward.psychiatrist, "take_home_new", ward.episode.pk, **order(page, total_ml="100"))
    assert status == 422
    assert "so the total is 50 mL" in words
    status, _ = press(ward.psychiatrist, "take_home_new", ward.episode.pk, **order(page))
    assert status == 302
    one = TakeHomePrescription.objects.get()
    printed = shown(ward.nurse, "prescription_print", one.pk)
    for asked in ("fifty (50) millilitres", "1 Sample Street", "GMC 0000001", "No repeats", "in ink"):
        assert asked in printed
    fetched = {"bottles": "1", "of_batch": OF_BATCH, "collector": "patient", "asked": "yes", "shown": "no", "seen": 0}
    status, words = press(ward.nurse, "prescription_supply", one.pk, **two(ward, **fetched))
    assert status == 422
    assert "Proof of identity was not shown" in words
    status, words = press(ward.nurse, "prescription_supply", one.pk, **two(ward, **fetched, note="Known for years"))
    assert status == 302
    assert "0 mL are left on it" in words
    assert facts(page).balance == 3
    assert "Supplied on a prescription" in shown(ward.nurse, "register_print", page.pk)
    assert press(ward.nurse, "prescription_back", one.pk, "lost", seen=1, ml="10", note="On the bus")[0] == 302
    gone = two(ward, seen=2, ml="20", note="Denatured")
    assert press(ward.nurse, "prescription_back", one.pk, "destroyed", **gone)[0] == 302
    assert press(ward.psychiatrist, "prescription_cancel", one.pk, seen=3, note="Stopped")[0] == 302
    assert "To take at home" in shown(ward.nurse, "journey", ward.episode.pk)


def test_signature_that_is_wrong_supplies_nothing(ward: Ward, page: RegisterPage) -> None:
    press(ward.psychiatrist, "take_home_new", ward.episode.pk, **order(page))
    one = TakeHomePrescription.objects.get()
    fetched = {"bottles": "1", "of_batch": OF_BATCH, "collector": "patient", "asked": "yes", "shown": "yes", "seen": 0}
    wrong = {**two(ward, **fetched), "witness_password": "guess"}
    status, words = press(ward.nurse, "prescription_supply", one.pk, **wrong)
    assert status == 422
    assert "The password is wrong. Nothing was signed." in words
    assert facts(page).balance == 4


def test_stock_is_sent_and_arrives_on_the_other_page(ward: Ward) -> None:
    here, there = a_page(ward, vials=5), a_page(ward, vials=0)
    assert "Send stock to other premises" in shown(ward.nurse, "register_page", here.pk)
    away = two(ward, to_page=there.pk, amount="2", of_batch=OF_BATCH, note="By courier")
    assert press(ward.nurse, "stock_send", here.pk, **away, seen=0)[0] == 409
    assert press(ward.nurse, "stock_send", here.pk, **away, seen=1)[0] == 302
    assert "2 of batch B1234 are on their way here" in shown(ward.nurse, "register_page", there.pk)
    key = RegisterTransfer.objects.get().pk
    status, words = press(ward.nurse, "stock_receive", key, **two(ward, arrived="1", seen=0))
    assert status == 422
    assert "2 were sent" in words
    assert press(ward.nurse, "stock_receive", key, **two(ward, arrived="2", seen=0))[0] == 302
    assert (facts(here).balance, facts(there).balance) == (3, 2)
