"""Security keys: the right key at the right address answers a fresh question; anything else opens nothing."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page

from glimmer.records.models import AuditLine, SecondFactor, Staff
from glimmer.vocabulary.people import Role
from tests.support.accessibility import assert_accessible
from tests.support.live_server import ClinicBuilder
from tests.support.soft_key import SoftKey

PASSWORD = "lantern-seven-otters"


@pytest.fixture
def maya(db: None, settings) -> Staff:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"second_factor": "all"})
    return Staff.objects.create_staff("maya", "Maya Okafor", Role.NURSE, PASSWORD)


def enter_password(client: Client, username: str = "maya") -> str:
    return client.post("/sign-in", {"username": username, "password": PASSWORD})["Location"]


def challenge_of(client: Client, page: str) -> str:
    assert client.get(page).status_code == 200
    return client.session["key_challenge"]


def enrolled(client: Client, key: SoftKey, username: str = "maya") -> None:
    """Sign in for the first time, with this key."""
    assert enter_password(client, username) == "/sign-in/enrol"
    answer = key.create(challenge_of(client, "/sign-in/enrol/key"))
    done = client.post("/sign-in/enrol/key", {"label": "blue key", "answer": answer})
    assert len(re.findall(r"<code>[a-z0-9-]{19}</code>", done.content.decode())) == 10
    assert client.get("/").status_code == 200


def asked_again(key: SoftKey) -> tuple[Client, str]:
    """Come back in another browser as far as the key is asked; return it with the challenge."""
    client = Client()
    assert enter_password(client) == "/sign-in/code"
    return client, challenge_of(client, "/sign-in/key")


def test_key_is_added_at_the_first_sign_in_and_signs_in_from_then_on(client, maya):
    key = SoftKey()
    enrolled(client, key)
    other, challenge = asked_again(key)
    assert other.post("/sign-in/key", {"answer": key.get(challenge)})["Location"] == "/"
    assert other.get("/").status_code == 200
    assert AuditLine.objects.filter(action="sign_in").latest("pk").details == {"beside": "security key"}
    assert SecondFactor.objects.get().sign_count == 1


def wrong_challenge(key: SoftKey, challenge: str) -> str:
    return key.get("A" * len(challenge))


def other_address(key: SoftKey, challenge: str) -> str:
    key.origin, key.host = "https://testserver.example", "testserver.example"
    return key.get(challenge)


def other_key(key: SoftKey, challenge: str) -> str:
    return SoftKey(identity=key.identity).get(challenge)


def copied_key(key: SoftKey, challenge: str) -> str:
    key.count -= 2
    return key.get(challenge)


def untouched(key: SoftKey, challenge: str) -> str:
    return key.get(challenge, flags=0)


def unknown(key: SoftKey, challenge: str) -> str:
    return SoftKey().get(challenge)


@pytest.mark.parametrize(
    "answer", [wrong_challenge, other_address, other_key, copied_key, untouched, unknown, lambda *_: "{}"]
)
def test_answer_that_does_not_fit_opens_nothing(client, maya, answer: Callable[[SoftKey, str], str]):
    key = SoftKey(count=5)
    enrolled(client, key)
    other, challenge = asked_again(key)
    refused = other.post("/sign-in/key", {"answer": answer(key, challenge)})
    assert refused.status_code == 422
    assert other.get("/").status_code == 302
    assert AuditLine.objects.filter(action="second_factor_refused").count() == 1


def test_answer_that_somebody_recorded_fits_no_second_time(client, maya):
    key = SoftKey()
    enrolled(client, key)
    other, challenge = asked_again(key)
    recorded = key.get(challenge)
    other.post("/sign-in/key", {"answer": recorded})
    thief, _ = asked_again(key)
    assert thief.post("/sign-in/key", {"answer": recorded}).status_code == 422
    assert thief.get("/").status_code == 302


def test_key_is_one_persons_and_added_once(client, maya):
    key = SoftKey()
    enrolled(client, key)
    jo = Staff.objects.create_staff("jo", "Jo Sparrow", Role.NURSE, PASSWORD)
    other = Client()
    enter_password(other, "jo")
    answer = key.create(challenge_of(other, "/sign-in/enrol/key"))
    refused = other.post("/sign-in/enrol/key", {"label": "mine", "answer": answer})
    assert "added already" in refused.content.decode()
    assert not SecondFactor.objects.filter(staff=jo).exists()


def test_second_key_is_added_on_ones_own_page_with_the_password(client, maya):
    enrolled(client, SoftKey())
    second = SoftKey()
    for password, status in (("guess", 422), (PASSWORD, 302)):
        answer = second.create(challenge_of(client, "/your-sign-in/key"))
        given = {"label": "red key", "answer": answer, "password": password}
        assert client.post("/your-sign-in/key", given).status_code == status
    assert SecondFactor.objects.count() == 2


@pytest.mark.database
def test_first_sign_in_of_a_nurse_in_a_real_browser_with_a_key(clinic_templates: ClinicBuilder, page: Page):
    """Temporary password, own password, key, recovery codes; and the next day the key again."""
    clinic = clinic_templates.build()
    clinic.more_environment = {"GLIMMER_SECOND_FACTOR": "all"}
    clinic.glimmer("staff", "add", "maya", "--name", "Maya", "--role", "nurse", "--password", "three blue kettles")
    clinic.start()
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": False, "isUserVerified": False}
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    home = f"http://localhost:{clinic.port}/"  # a key is bound to a name, never to a number

    def enter(password: str) -> None:
        page.goto(f"{home}sign-in")
        page.get_by_label("User name").fill("maya")
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()

    try:
        enter("three blue kettles")
        assert "server" not in page.request.get(f"{home}sign-in").headers, "nobody need know what serves the pages"
        page.get_by_label("New password", exact=True).fill("four slow green trains")
        page.get_by_role("button", name="Go on").click()
        assert_accessible(page)
        page.get_by_role("link", name="Add the key instead").click()
        assert_accessible(page)
        page.get_by_label("What do you call it?").fill("my blue key")
        page.get_by_role("button", name="Add the key").click()
        page.get_by_role("heading", name="Your recovery codes").wait_for()
        assert_accessible(page)
        page.get_by_role("link", name="Go on to your start page").click()
        page.get_by_role("button", name="Sign out").click()
        enter("four slow green trains")
        assert_accessible(page)
        page.get_by_role("button", name="Use your security key").click()
        page.get_by_role("button", name="Touch your security key").click()
        page.wait_for_url(home)
        assert page.get_by_role("link", name="Maya, nurse").is_visible()
    finally:
        clinic.stop()
