"""Signing in: in words when it fails, back to the page that was asked for, never to another machine."""

import pytest
from django.test import Client

from glimmer.actions.slowing import TRIES
from glimmer.records.models import AuditLine, Staff
from glimmer.vocabulary.people import Role

PASSWORD = "lantern-seven-otters"


@pytest.fixture
def maya(db) -> Staff:
    return Staff.objects.create_staff("maya", "Maya Okafor", Role.NURSE, PASSWORD)


def sign_in(client: Client, username: str = "maya", password: str = PASSWORD, **more: str):
    return client.post("/sign-in", {"username": username, "password": password, **more})


def test_right_password_leads_to_the_start_page_and_is_audited(client, maya):
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert list(AuditLine.objects.values_list("action", "actor_id")) == [("sign_in", maya.pk)]


@pytest.mark.parametrize(("username", "password"), [("maya", "seven-lanterns"), ("nobody", PASSWORD)])
def test_wrong_name_and_wrong_password_get_the_same_words(client, maya, username, password):
    response = sign_in(client, username, password)
    page = response.content.decode()
    assert response.status_code == 422
    assert "The user name or the password is wrong. Check both and try again." in page
    assert "<title>Error: Sign in" in page
    assert password not in page


def test_empty_form_names_both_fields(client, maya):
    page = sign_in(client, "", "").content.decode()
    assert 'href="#sign-in-username"' in page
    assert 'href="#sign-in-password"' in page


def test_closed_account_cannot_sign_in(client, maya):
    Staff.objects.update(is_active=False)
    assert sign_in(client).status_code == 422


def test_guessing_is_slowed_even_for_the_right_password(client, maya):
    for _ in range(TRIES):
        sign_in(client, password="guess")
    response = sign_in(client)
    assert response.status_code == 422
    assert "too many wrong attempts" in response.content.decode()


def test_guessing_at_one_name_does_not_lock_another_out(client, maya):
    for _ in range(TRIES):
        sign_in(client, "jo", "guess")
    assert sign_in(client).status_code == 302


def test_page_that_was_asked_for_comes_after_signing_in(client, maya):
    asked = client.get("/patients?words=lind")
    assert asked["Location"] == "/sign-in?next=%2Fpatients%3Fwords%3Dlind"
    assert sign_in(client, next="/patients?words=lind")["Location"] == "/patients?words=lind"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)", "\\\\example.org"]
)
def test_link_to_another_machine_is_not_followed(client, maya, elsewhere):
    assert sign_in(client, next=elsewhere)["Location"] == "/"


def test_signing_out_ends_the_session_and_is_audited(client, maya):
    sign_in(client)
    assert client.post("/sign-out").status_code == 302
    assert client.get("/").status_code == 302
    assert list(AuditLine.objects.values_list("action", flat=True)) == ["sign_in", "sign_out"]


def test_form_from_another_site_is_refused_in_words(maya):
    strict = Client(enforce_csrf_checks=True)
    response = sign_in(strict)
    assert response.status_code == 403
    assert "This form could not be accepted" in response.content.decode()
    assert "Nothing was saved" in response.content.decode()


def test_sign_ins_are_listed_in_the_demo_clinic_only(client, maya, settings):
    assert "Maya Okafor" not in client.get("/sign-in").content.decode()
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"demo": True})
    assert "Maya Okafor" in client.get("/sign-in").content.decode()


def test_health_page_answers_without_signing_in(client, db):
    assert client.get("/health").content == b"ok\n"


def test_pages_forbid_scripts_and_sources_from_elsewhere(client, db):
    policy = client.get("/sign-in")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


def test_page_for_an_unknown_address_says_what_to_do(client, maya):
    client.force_login(maya)
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "There is no page at this address" in response.content.decode()
