"""Settings that protect a clinic behind https, read as its own process reads them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ASKED = """
import json
from glimmer.config import settings as s
from django.contrib.auth.hashers import Argon2PasswordHasher as hasher
names = [name for name in dir(s) if name.startswith(("SESSION_", "CSRF_", "SECURE_", "DEBUG", "PASSWORD_H"))]
argon = {"memory": hasher.memory_cost, "time": hasher.time_cost, "lanes": hasher.parallelism}
print(json.dumps({name: getattr(s, name) for name in names} | {"argon": argon}))
"""


def settings_with(folder: Path, **environment: str) -> dict[str, Any]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GLIMMER_")}
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        env={**kept, "GLIMMER_DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def behind_https(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return settings_with(tmp_path_factory.mktemp("clinic"), GLIMMER_HTTPS="true")


def test_cookies_go_to_this_host_alone_by_https_and_not_to_scripts(behind_https):
    told = behind_https
    assert (told["SESSION_COOKIE_NAME"], told["CSRF_COOKIE_NAME"]) == ("__Host-sessionid", "__Host-csrftoken")
    assert told["SESSION_COOKIE_SECURE"]
    assert told["CSRF_COOKIE_SECURE"]
    assert told["SESSION_COOKIE_HTTPONLY"]
    assert told["CSRF_COOKIE_HTTPONLY"]
    assert told["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_browser_that_came_by_https_never_comes_by_http_again(behind_https):
    assert behind_https["SECURE_HSTS_SECONDS"] >= 15_724_800
    assert behind_https["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True


def test_passwords_are_hashed_slowly_and_faults_are_not_shown(behind_https):
    assert behind_https["PASSWORD_HASHERS"] == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    # ASVS 2.4.5 asks for at least 15 MiB, two rounds, one lane.
    argon = behind_https["argon"]
    assert argon["memory"] >= 15 * 1024
    assert argon["time"] >= 2
    assert argon["lanes"] >= 1
    assert behind_https["DEBUG"] is False


def test_pages_are_not_framed_guessed_at_or_named_elsewhere(client, db):
    answer = client.get("/sign-in")
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert (answer["X-Content-Type-Options"], answer["Referrer-Policy"]) == ("nosniff", "same-origin")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert not {"Server", "X-Powered-By", "Access-Control-Allow-Origin"} & set(answer.headers)


def test_sign_in_gives_the_browser_a_new_unguessable_session(client, db):
    from glimmer.records.models import Staff
    from glimmer.vocabulary.people import Role

    Staff.objects.create_staff("maya", "Maya", Role.NURSE, "lantern-seven-otters")
    client.get("/sign-in/care-identity")
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    client.post("/sign-in", {"username": "maya", "password": "lantern-seven-otters"})
    assert client.get("/").status_code == 200
    assert client.session.session_key != planted
    # 32 signs of 36: more than 64 bits.
    assert len(client.session.session_key) == 32
