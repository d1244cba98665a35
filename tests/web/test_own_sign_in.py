"""“Your sign-in”: apps, recovery codes and open sign-ins are one's own, and each change asks for the password."""

import base64
import re

import pytest
from django.test import Client
from django.utils import timezone

from glimmer.actions.second_factor import add_app
from glimmer.records.models import AuditLine, RecoveryCode, SecondFactor, Staff
from glimmer.vocabulary.one_time_codes import code_at, step_of
from glimmer.vocabulary.people import Role

PASSWORD = "lantern-seven-otters"
pytestmark = pytest.mark.django_db


@pytest.fixture
def maya() -> Staff:
    return Staff.objects.create_staff("maya", "Maya Okafor", Role.NURSE, PASSWORD)


@pytest.fixture
def jo() -> Staff:
    return Staff.objects.create_staff("jo", "Jo Sparrow", Role.NURSE, PASSWORD)


@pytest.fixture
def browser(maya: Staff) -> Client:
    client = Client()
    client.force_login(maya)
    return client


def an_app(staff: Staff, name: str = "phone") -> SecondFactor:
    secret = f"{name:<20}".encode()
    return add_app(secret, code_at(secret, step_of(timezone.now())), name, by=staff)


def test_app_is_added_with_the_password_and_a_code_that_fits(browser, maya):
    page = browser.get("/your-sign-in/app").content.decode()
    secret = base64.b32decode(re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", ""))
    fits = {"label": "my phone", "code": code_at(secret, step_of(timezone.now()))}
    assert browser.post("/your-sign-in/app", {**fits, "password": "guess"}).status_code == 422
    assert browser.post("/your-sign-in/app", {**fits, "code": "12", "password": PASSWORD}).status_code == 422
    assert not SecondFactor.objects.exists()
    done = browser.post("/your-sign-in/app", {**fits, "password": PASSWORD})
    assert len(re.findall(r"<code>[a-z0-9-]{19}</code>", done.content.decode())) == 10
    page = browser.get("/your-sign-in").content.decode()
    assert "my phone" in page
    assert "You have 10 left" in page


def test_app_is_removed_with_a_reason_and_stays_as_a_row(browser, maya):
    factor = an_app(maya)
    remove = f"/your-sign-in/factors/{factor.pk}/remove"
    assert browser.post(remove, {"reason": "", "password": PASSWORD}).status_code == 422
    assert browser.post(remove, {"reason": "Lost", "password": "guess"}).status_code == 422
    assert browser.post(remove, {"reason": "Lost", "password": PASSWORD}).status_code == 302
    factor.refresh_from_db()
    assert (factor.removed_by, factor.removed_because) == (maya, "Lost")
    assert browser.post(remove, {"reason": "Lost", "password": PASSWORD}).status_code == 404


def test_last_app_cannot_be_removed_where_the_clinic_asks_for_one(browser, maya, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"second_factor": "nurse"})
    first, second = an_app(maya), an_app(maya, "tablet")
    gone = browser.post(f"/your-sign-in/factors/{first.pk}/remove", {"reason": "Lost", "password": PASSWORD})
    kept = browser.post(f"/your-sign-in/factors/{second.pk}/remove", {"reason": "Lost", "password": PASSWORD})
    assert (gone.status_code, kept.status_code) == (302, 422)
    assert "Add the new one first" in kept.content.decode()
    assert SecondFactor.objects.filter(removed_at__isnull=True).get() == second


def test_app_of_a_colleague_is_never_found(browser, jo):
    factor = an_app(jo)
    answer = browser.post(f"/your-sign-in/factors/{factor.pk}/remove", {"reason": "Mine", "password": PASSWORD})
    assert answer.status_code == 404
    assert "phone" not in browser.get("/your-sign-in").content.decode()


def test_new_recovery_codes_ask_for_the_password(browser, maya):
    an_app(maya)
    assert browser.post("/your-sign-in/recovery-codes", {"password": "guess"}).status_code == 422
    assert not RecoveryCode.objects.exists()
    page = browser.post("/your-sign-in/recovery-codes", {"password": PASSWORD}).content.decode()
    assert len(re.findall(r"<code>[a-z0-9-]{19}</code>", page)) == 10


def test_signing_out_everywhere_ends_every_browser_and_nobody_elses(browser, maya, jo):
    other, colleague = Client(), Client()
    other.force_login(maya)
    colleague.force_login(jo)
    assert browser.post("/your-sign-in/sign-out-everywhere", {"password": "guess"}).status_code == 422
    assert other.get("/").status_code == 200
    assert browser.post("/your-sign-in/sign-out-everywhere", {"password": PASSWORD}).status_code == 302
    assert [one.get("/").status_code for one in (browser, other, colleague)] == [302, 302, 200]
    assert AuditLine.objects.filter(action="sign_out_everywhere", actor=maya).count() == 1


def test_person_is_told_at_the_next_sign_in_what_touched_it(maya):
    def enter(password: str = PASSWORD) -> Client:
        client = Client()
        client.post("/sign-in", {"username": "maya", "password": password})
        return client

    assert "Since you last signed in" not in enter().get("/").content.decode()
    enter("guess")
    enter("guess again")
    an_app(maya)
    maya.factors.update(removed_at=timezone.now(), removed_by=maya, removed_because="only for this test")
    page = enter().get("/").content.decode()
    assert "Since you last signed in: a wrong password (2 times); an app added." in page
    assert "Since you last signed in" not in enter().get("/").content.decode()


def test_browser_is_told_to_forget_at_the_sign_out(browser):
    assert browser.post("/sign-out")["Clear-Site-Data"] == '"cache", "storage"'
