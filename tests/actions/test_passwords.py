"""Passwords: long, not common, not a name; no rules of composition; a temporary one must be changed."""

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.actions.passwords import LONGEST, TEMPORARY_FOR, give_temporary_password, judge_password
from glimmer.records.models import AuditLine, Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput

MAYA = {"username": "maya.okafor", "name": "Maya Okafor"}
PASSWORD = "lantern-seven-otters"


@pytest.mark.parametrize(
    "password",
    [
        "three blue kettles",
        "otters otters otters",
        "correct horse battery",
        "水曜日は雨が降りました。",
        "🦦🪷🫖🧭🪁🧶🪗🛶🧃🪴🧊🪐",
        "all lower case words",
        "x" * 5 + "abcdefghijk" * 5,
        "  with   blanks   in  it  ",
        "maya likes blue kettles",
    ],
)
def test_long_password_is_taken_whatever_signs_it_is_made_of(password):
    judge_password(password, **MAYA)


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short words", "at least 12"),
        ("k" * 11 + "é", "first that are guessed"),
        ("123456789qwerty", "first that are guessed"),
        ("Manchesterunited", "first that are guessed"),
        ("maya.okafor123", "mostly a name"),
        ("OkaforMaya2026", "mostly a name"),
        ("glimmer-clinic-1", "mostly a name"),
        ("a" * LONGEST + "b", f"at most {LONGEST}"),
    ],
)
def test_password_that_is_guessed_first_is_refused_with_what_would_be_better(password, says):
    with pytest.raises(BadInput, match=says):
        judge_password(password, **MAYA)


@settings(max_examples=25)
@given(st.text(max_size=11))
def test_nothing_shorter_than_twelve_signs_is_ever_taken(password):
    with pytest.raises(BadInput):
        judge_password(password, **MAYA)


def test_what_is_handed_out_is_long_random_and_would_pass_itself():
    staff = Staff(**MAYA, role=Role.NURSE.value)
    found = {give_temporary_password(staff, timezone.now()) for _ in range(20)}
    assert len(found) == 20
    for one in found:
        judge_password(one, **MAYA)


@pytest.fixture
def maya(db) -> Staff:
    return Staff.objects.create_staff("maya.okafor", "Maya Okafor", Role.NURSE, PASSWORD)


def enter(client: Client, password: str):
    return client.post("/sign-in", {"username": "maya.okafor", "password": password})


def test_temporary_password_opens_only_the_page_that_asks_for_ones_own(client, maya):
    handed_out = give_temporary_password(maya, timezone.now())
    maya.save()
    assert enter(client, handed_out)["Location"] == "/sign-in/password"
    assert client.get("/").status_code == 302
    again = client.post("/sign-in/password", {"new": handed_out})
    assert "This is the password that you have" in again.content.decode()
    assert client.post("/sign-in/password", {"new": "maya.okafor12"}).status_code == 422
    assert client.post("/sign-in/password", {"new": "three blue kettles"})["Location"] == "/"
    assert client.get("/").status_code == 200
    assert enter(Client(), handed_out).status_code == 422
    other = Client()
    assert enter(other, "three blue kettles")["Location"] == "/"
    assert AuditLine.objects.filter(action="change_password", actor=maya).count() == 1


def test_temporary_password_runs_out(client, maya):
    handed_out = give_temporary_password(maya, timezone.now() - TEMPORARY_FOR)
    maya.save()
    assert "has run out" in enter(client, handed_out).content.decode()
    assert client.get("/").status_code == 302


def test_password_that_became_common_is_changed_at_the_next_sign_in(client, maya):
    maya.set_password("123456789qwerty")
    maya.save()
    assert enter(client, "123456789qwerty")["Location"] == "/sign-in/password"
    assert "among the first that are guessed" in client.get("/sign-in/password").content.decode()


def test_changing_it_needs_the_old_one_and_ends_what_is_open_elsewhere(client, maya):
    other = Client()
    enter(client, PASSWORD)
    enter(other, PASSWORD)
    new = {"new": "three blue kettles"}
    wrong = client.post("/your-sign-in/password", {"password": "guess", **new})
    assert (wrong.status_code, other.get("/").status_code) == (422, 200)
    assert client.post("/your-sign-in/password", {"password": PASSWORD, **new}).status_code == 302
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert new["new"] not in str(AuditLine.objects.latest("pk").details)
