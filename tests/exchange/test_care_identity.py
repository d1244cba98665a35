"""Signing in by an OpenID provider: a real one, in a process of its own, and a clinic that knows only its address."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from glimmer.exchange import care_identity
from glimmer.records.models import AuditLine, Staff
from glimmer.vocabulary.people import Role
from tests.support.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
CLINIC = "http://testserver"
BACK = f"{CLINIC}/sign-in/care-identity/back"
MAYA = {"sub": "555036632103", "name": "Maya Okafor", "acr": "AAL3_ANY"}
PEOPLE = {
    "maya": MAYA,
    "nobody-of-ours": {**MAYA, "sub": "555000000009"},
    "weak": {**MAYA, "acr": "AAL1_USERPASS"},
    "no level": {"sub": MAYA["sub"]},
    "other issuer": {**MAYA, "iss": "http://127.0.0.1:1"},
    "other audience": {**MAYA, "aud": "another-clinic"},
    "run out": {**MAYA, "exp": 1_600_000_000},
    "other nonce": {**MAYA, "nonce": "another"},
    "other access token": {**MAYA, "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


class Provider:
    """The provider's process."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        told = folder / f"provider-{self.port}.json"
        told.write_text(json.dumps({"client_id": "clinic", "back": BACK, "people": PEOPLE, **more}))
        command = [sys.executable, "-m", "tests.support.openid_provider", str(self.port), str(told)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(400):
            try:
                requests.get(f"{self.issuer}/keys", timeout=1)
                return
            except requests.ConnectionError:
                assert self.process.poll() is None, "the provider did not start"
                time.sleep(0.05)
        raise AssertionError("the provider does not answer")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clinic's own key, as an operator makes it with openssl."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path_factory.mktemp("key") / "clinic.pem"
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*pem))
    return path


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    started = Provider(tmp_path_factory.mktemp("provider"), secret="a secret of the client")
    yield started
    started.stop()


@pytest.fixture
def clinic(provider: Provider, settings: Any, db: None) -> Staff:
    """A clinic that takes the provider's word for its nurse, and asks everybody for a second factor."""
    set_up(settings, provider.issuer, oidc_client_secret="a secret of the client")
    maya = Staff.objects.create_staff("maya", "Maya Okafor", Role.NURSE, "lantern-seven-otters")
    maya.identity_issuer, maya.identity_subject = provider.issuer, MAYA["sub"]
    maya.save()
    return maya


def set_up(settings: Any, issuer: str, **more: str) -> None:
    care_identity._KNOWN.clear()
    told = {
        "second_factor": "all",
        "oidc_issuer": issuer,
        "oidc_client_id": "clinic",
        "oidc_acr": "AAL2_OR_AAL3_ANY AAL3_ANY",
        **more,
    }
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=told)


def sent_back(client: Client, person: str, tamper: Callable[[str], str] = lambda address: address, **more: str) -> str:
    """Go to the provider as a browser does, sign in there, and return the address that it sends the browser back to."""
    away = client.get("/sign-in/care-identity", more)
    assert away.status_code == 302, away.content.decode()
    with requests.Session() as browser:
        address = tamper(away["Location"])
        assert browser.get(address, timeout=5).status_code == 200
        answer = browser.post(address, {"person": person}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].removeprefix(CLINIC)


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_person_whom_the_provider_knows_is_signed_in_without_another_factor(client, clinic):
    came_back = client.get(sent_back(client, "maya", next="/patients"))
    assert came_back["Location"] == "/patients"
    assert is_signed_in(client)
    assert AuditLine.objects.get(action="sign_in").details == {"beside": "care identity"}


@pytest.mark.parametrize(
    "person", ["weak", "no level", "other issuer", "other audience", "run out", "other nonce", "other access token"]
)
def test_token_that_is_wrong_in_one_way_lets_nobody_in(client, clinic, person):
    answer = client.get(sent_back(client, person))
    assert answer.status_code == 422
    assert not is_signed_in(client)
    assert not AuditLine.objects.filter(action="sign_in").exists()


def test_person_whom_this_clinic_does_not_know_does_not_get_in(client, clinic):
    answer = client.get(sent_back(client, "nobody-of-ours"))
    assert "nobody of this clinic is linked" in answer.content.decode()
    assert not is_signed_in(client)


def test_person_who_has_left_does_not_get_in(client, clinic):
    Staff.objects.update(is_active=False)
    assert client.get(sent_back(client, "maya")).status_code == 422
    assert not is_signed_in(client)


def test_answer_is_good_once_and_in_the_browser_that_asked(client, clinic):
    address = sent_back(client, "maya")
    stranger = Client()
    assert stranger.get(address).status_code == 422
    assert not is_signed_in(stranger)
    # A stranger who asked for themselves cannot slip their own answer in: the state is another.
    stranger.get("/sign-in/care-identity")
    assert stranger.get(address).status_code == 422
    assert not is_signed_in(stranger)
    assert client.get(address).status_code == 302
    again = Client()
    again.cookies = client.cookies
    assert again.get(address).status_code == 422


def test_code_alone_is_worth_nothing_without_the_verifier(client, clinic):
    def other_challenge(address: str) -> str:
        challenge = parse_qs(urlsplit(address).query)["code_challenge"][0]
        return address.replace(challenge, "A" * len(challenge))

    assert client.get(sent_back(client, "maya", other_challenge)).status_code == 422
    assert not is_signed_in(client)


def test_address_that_the_browser_is_sent_to_asks_for_what_the_standards_ask(client, clinic):
    asked = parse_qs(urlsplit(client.get("/sign-in/care-identity")["Location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert (asked["redirect_uri"], asked["acr_values"]) == ([BACK], ["AAL2_OR_AAL3_ANY AAL3_ANY"])
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 30


def test_clinic_signs_its_own_requests_with_a_key_that_the_provider_fetches(
    client, clinic, settings, key_file, tmp_path
):
    set_up(settings, "http://127.0.0.1:1", oidc_client_key=str(key_file))
    published = json.loads(client.get("/sign-in/care-identity/keys").content)
    assert set(published["keys"][0]) == {"kty", "n", "e", "use", "alg", "kid"}, "never the private half"
    own_keys = tmp_path / "keys"
    own_keys.mkdir()
    (own_keys / "jwks").write_text(json.dumps(published))
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(own_keys)]
    web = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    strict = Provider(tmp_path, jwks_uri=f"http://127.0.0.1:{port}/jwks")
    try:
        set_up(settings, strict.issuer, oidc_client_key=str(key_file))
        Staff.objects.update(identity_issuer=strict.issuer)
        assert client.get(sent_back(client, "maya"))["Location"] == "/"
        assert is_signed_in(client)
        set_up(settings, strict.issuer, oidc_client_key="", oidc_client_secret="only words")
        other = Client()
        assert other.get(sent_back(other, "maya")).status_code == 422
    finally:
        strict.stop()
        web.kill()
        web.wait()


def test_provider_that_calls_itself_otherwise_is_not_asked(client, clinic, settings, tmp_path):
    liar = Provider(tmp_path, secret="x", calls_itself="https://identity.example")
    try:
        set_up(settings, liar.issuer, oidc_client_secret="x")
        assert "calls itself" in client.get("/sign-in/care-identity").content.decode()
    finally:
        liar.stop()


def test_provider_that_is_away_leaves_the_password(client, clinic, settings):
    set_up(settings, f"http://127.0.0.1:{free_port()}", oidc_client_secret="x")
    answer = client.get("/sign-in/care-identity")
    assert answer.status_code == 422
    assert "cannot be reached now. Sign in with your user name and password" in answer.content.decode()
    set_up(settings, "http://identity.example", oidc_client_secret="x")
    assert "must be reached by https" in client.get("/sign-in/care-identity").content.decode()
