"""Signing in with something beside the password: nobody is signed in before both were right."""

import base64
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from glimmer.actions.second_factor import add_app, renew_recovery_codes
from glimmer.config.environment import Environment
from glimmer.records.models import AuditLine, RecoveryCode, SecondFactor, Staff
from glimmer.vocabulary.one_time_codes import code_at, step_of
from glimmer.vocabulary.people import Role
from glimmer.web.pending import LASTS_SECONDS

PASSWORD = "lantern-seven-otters"
SECRET = b"a secret of 20 bytes"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked_of_all(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"second_factor": "all"})


@pytest.fixture
def maya() -> Staff:
    return Staff.objects.create_staff("maya", "Maya Okafor", Role.NURSE, PASSWORD)


def code_now(secret: bytes = SECRET, steps: int = 0) -> str:
    return code_at(secret, step_of(timezone.now()) + steps)


def has_an_app(staff: Staff) -> SecondFactor:
    # Added a minute ago, so that the code of this very step is fresh.
    before = timezone.now() - timedelta(minutes=2)
    return add_app(SECRET, code_at(SECRET, step_of(before)), "phone", by=staff, at=before)


def enter_password(client: Client, **more: str):
    return client.post("/sign-in", {"username": "maya", "password": PASSWORD, **more})


def enter_code(client: Client, code: str):
    return client.post("/sign-in/code", {"code": code})


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_password_alone_opens_no_page(client, maya):
    has_an_app(maya)
    assert enter_password(client)["Location"] == "/sign-in/code"
    for page in ("/", "/patients", "/your-sign-in", "/board"):
        assert client.get(page)["Location"].startswith("/sign-in?")
    assert client.get("/live/board").status_code == 401
    assert not AuditLine.objects.filter(action="sign_in").exists()


def test_code_of_the_app_signs_in_and_leads_to_the_page_that_was_asked_for(client, maya):
    has_an_app(maya)
    enter_password(client, next="/patients")
    assert enter_code(client, code_now())["Location"] == "/patients"
    assert is_signed_in(client)
    assert AuditLine.objects.get(action="sign_in").details == {"beside": "app"}


def test_wrong_code_is_refused_in_words_and_audited(client, maya):
    has_an_app(maya)
    enter_password(client)
    wrong = str((int(code_now()) + 1) % 10**6).zfill(6)
    answer = enter_code(client, wrong)
    assert answer.status_code == 422
    assert "The code is wrong" in answer.content.decode()
    assert not is_signed_in(client)
    assert AuditLine.objects.filter(action="second_factor_refused", actor=maya).count() == 1


def test_code_is_good_once(client, maya):
    has_an_app(maya)
    code = code_now()
    enter_password(client)
    enter_code(client, code)
    other = Client()
    enter_password(other)
    answer = enter_code(other, code)
    assert "used already" in answer.content.decode()
    assert not is_signed_in(other)


def test_guessing_codes_is_slowed_even_for_the_right_one(client, maya):
    has_an_app(maya)
    enter_password(client)
    for _ in range(8):
        enter_code(client, "000000" if code_now() != "000000" else "000001")
    answer = enter_code(client, code_now())
    assert "too many wrong attempts" in answer.content.decode()
    assert not is_signed_in(client)


def test_who_has_no_app_adds_one_before_anything_else(client, maya):
    assert enter_password(client)["Location"] == "/sign-in/enrol"
    page = client.get("/sign-in/enrol").content.decode()
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    secret = base64.b32decode(key)
    assert client.get("/sign-in/enrol").content.decode().count(key[:4]) >= 1, "a reload shows the same key"
    wrong = client.post("/sign-in/enrol", {"label": "my phone", "code": "12"})
    assert wrong.status_code == 422
    assert not SecondFactor.objects.exists()
    done = client.post("/sign-in/enrol", {"label": "my phone", "code": code_now(secret)})
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", done.content.decode())
    assert len(set(codes)) == 10
    assert is_signed_in(client)
    assert key not in SecondFactor.objects.get().secret
    assert secret not in SecondFactor.objects.get().secret.encode()
    # The codes on the page are those that work, each once.
    for expected in (True, False):
        other = Client()
        enter_password(other)
        enter_code(other, codes[3].upper().replace("-", " "))
        assert is_signed_in(other) is expected


def test_recovery_codes_are_kept_as_digests_and_new_ones_void_the_old(maya):
    old, new = renew_recovery_codes(by=maya), renew_recovery_codes(by=maya)
    assert not set(old) & set(new)
    kept = " ".join(f"{row.salt} {row.digest}" for row in RecoveryCode.objects.all())
    assert not [code for code in (*old, *new) if code.replace("-", "") in kept]
    assert RecoveryCode.objects.filter(used_at__isnull=True).count() == 10


def test_password_that_changed_meanwhile_ends_a_sign_in_under_way(client, maya):
    has_an_app(maya)
    enter_password(client)
    maya.set_password("another one of four words")
    maya.save()
    assert enter_code(client, code_now()).status_code == 422
    assert not is_signed_in(client)


def test_sign_in_that_took_too_long_begins_again(client, maya):
    has_an_app(maya)
    enter_password(client)
    session = client.session
    kept = session["pending_sign_in"]
    session["pending_sign_in"] = {**kept, "began": kept["began"] - LASTS_SECONDS - 1}
    session.save()
    answer = enter_code(client, code_now())
    assert "Sign in from the beginning" in answer.content.decode()
    assert not is_signed_in(client)


def test_closed_account_does_not_get_past_the_code(client, maya):
    has_an_app(maya)
    enter_password(client)
    Staff.objects.update(is_active=False)
    enter_code(client, code_now())
    assert not is_signed_in(client)


@pytest.mark.parametrize("page", ["/sign-in/code", "/sign-in/enrol", "/sign-in/password"])
def test_no_step_of_a_sign_in_opens_without_the_one_before(client, maya, page):
    for answer in (client.get(page), client.post(page, {"code": code_now(), "new": "x" * 20, "label": "phone"})):
        assert answer.status_code == 422
    assert not SecondFactor.objects.exists()


def test_step_that_is_not_lacking_cannot_be_taken_instead_of_the_one_that_is(client, maya):
    has_an_app(maya)
    enter_password(client)
    answer = client.post("/sign-in/enrol", {"label": "mine", "code": code_now()})
    assert answer["Location"] == "/sign-in/code"
    assert SecondFactor.objects.count() == 1
    assert client.post("/sign-in/password", {"new": "four words of mine"})["Location"] == "/sign-in/code"
    assert Staff.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("said", "demo", "roles"),
    [
        ("", False, set(Role)),
        ("", True, set()),
        ("all", True, set(Role)),
        ("none", False, set()),
        ("nurse, safety officer", False, {Role.NURSE, Role.SAFETY_OFFICER}),
    ],
)
def test_setting_says_whose_sign_in_needs_a_second_factor(said, demo, roles):
    assert Environment(second_factor=said, demo=demo).second_factor_roles == roles


@pytest.mark.parametrize("said", ["nurses", "all,nurse", "none,all"])
def test_setting_that_names_nobody_is_refused_and_never_read_as_none(said):
    with pytest.raises(ValueError, match="write all, none"):
        Environment(second_factor=said)


def test_role_that_is_not_asked_signs_in_by_password_but_an_app_that_was_added_is_asked_for(client, maya, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"second_factor": "manager"})
    enter_password(client)
    assert is_signed_in(client)
    has_an_app(maya)
    other = Client()
    assert enter_password(other)["Location"] == "/sign-in/code"


def test_key_that_is_lost_says_so_and_lets_nobody_in(client, maya, settings):
    has_an_app(maya)
    settings.SEALING_KEY = "another installation's"
    enter_password(client)
    answer = enter_code(client, code_now())
    assert answer.status_code == 422
    assert "is not the one of this installation" in answer.content.decode()
    assert not is_signed_in(client)
