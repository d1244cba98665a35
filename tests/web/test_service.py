"""Service accounts: a token reads what its scopes say, until it ends or is taken back, and nothing of a patient."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from glimmer.actions.services import LONGEST_DAYS, add_service, admit, revoke_service
from glimmer.records.audit import broken_at
from glimmer.records.models import AuditLine, ServiceToken
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed
from tests.support.cast import Cast, an_episode


@pytest.fixture
def token(cast: Cast) -> str:
    return add_service("Trust monitoring", ("status.read",), days=90, by=cast.bea)[1]


def read(page: str, token: str = "", kind: str = "Bearer"):
    return Client().get(f"/service/{page}", headers={"Authorization": f"{kind} {token}"} if token else {})


def test_token_reads_what_its_scope_says_and_each_use_is_audited(token):
    answer = read("status", token)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert set(answer.json()) == {"at", "troubles", "functions_on"}
    refused = read("counts", token)
    assert refused.status_code == 403
    assert "may not read counts.read" in refused.json()["problem"]
    lines = AuditLine.objects.filter(action="service_read")
    assert [(line.actor, line.actor_name, line.details) for line in lines] == [
        (None, "service Trust monitoring", {"scope": "status.read"})
    ]
    kept_out = AuditLine.objects.get(action="service_refused")
    assert (kept_out.actor_name, kept_out.details) == ("service Trust monitoring", {"scope": "counts.read"})
    assert ServiceToken.objects.get().used_at is not None
    assert broken_at() is None


def test_counts_hold_numbers_and_no_name(cast):
    episode = an_episode(cast, at="plan")
    token = add_service("Dashboard", ("counts.read",), days=1, by=cast.gil)[1]
    answer = read("counts", token)
    assert answer.json()["open_journeys"] == [{"step": "plan", "state": episode.state, "count": 1}]
    text = answer.content.decode()
    assert not [word for word in (episode.patient.family_name, episode.patient.nhs_number) if word in text]


@pytest.mark.parametrize(
    "spoilt", ["", "glimmer_service_", "x" * 60, "glimmer_service_" + "A" * 43, "{token}x", "{token[:-1]}", " "]
)
def test_what_is_no_token_opens_nothing_and_says_the_same(token, spoilt):
    sent = spoilt.replace("{token}", token).replace("{token[:-1]}", token[:-1])
    answer = read("status", sent)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="Glimmer"')
    assert "not known, has run out or was revoked" in answer.json()["problem"]
    assert not AuditLine.objects.filter(action="service_read").exists()


def test_token_is_taken_as_bearer_only_and_never_from_the_address_or_a_cookie(token):
    assert read("status", token, kind="Basic").status_code == 401
    browser = Client()
    browser.cookies["token"] = token
    assert browser.get(f"/service/status?token={token}&access_token={token}").status_code == 401


def test_person_who_is_signed_in_is_no_machine(cast, client):
    client.force_login(cast.gil)
    assert client.get("/service/counts").status_code == 401


def test_token_opens_no_page_of_a_person(token):
    answer = Client().get("/patients", headers={"Authorization": f"Bearer {token}"})
    assert answer["Location"].startswith("/sign-in")


def test_token_ends_by_itself_and_when_it_is_taken_back(cast):
    row, token = add_service("Short", ("status.read",), days=1, by=cast.bea)
    admit(token, "status.read", at=timezone.now() + timedelta(hours=23))
    with pytest.raises(NotAllowed):
        admit(token, "status.read", at=timezone.now() + timedelta(hours=25))
    revoke_service(row, "It stood in an e-mail", by=cast.gil)
    assert read("status", token).status_code == 401
    assert AuditLine.objects.filter(action="service_refused", subject_id=str(row.pk)).count() == 2
    with pytest.raises(ChangedMeanwhile):
        revoke_service(row, "Again", by=cast.gil)


def test_only_its_digest_is_kept(token):
    row = ServiceToken.objects.get()
    assert token not in str(vars(row))
    assert token not in str(list(AuditLine.objects.values_list("details", "actor_name")))
    assert len(token) > 50, "256 bits of chance"


@pytest.mark.parametrize(
    ("service", "scopes", "days"),
    [
        ("", ("status.read",), 1),
        ("S", (), 1),
        ("S", ("patients.read",), 1),
        ("S", ("status.read",), 0),
        ("S", ("status.read",), LONGEST_DAYS + 1),
    ],
)
def test_token_without_purpose_scope_or_end_is_not_made(cast, service, scopes, days):
    with pytest.raises(BadInput):
        add_service(service, scopes, days=days, by=cast.bea)
    assert not ServiceToken.objects.exists()


def test_nurse_makes_and_revokes_none(cast, token):
    with pytest.raises(NotAllowed):
        add_service("Mine", ("status.read",), days=1, by=cast.maya)
    with pytest.raises(NotAllowed):
        revoke_service(ServiceToken.objects.get(), "Mine", by=cast.maya)


def test_database_refuses_a_revocation_without_name_or_reason(token):
    for wrong in ({"revoked_at": timezone.now()}, {"revoked_because": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ServiceToken.objects.update(**wrong)
