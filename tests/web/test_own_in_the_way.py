"""Patients' own pages with something in the way: a locked database, a link that is not posted, a log that is read."""

import io
import logging
import re

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from glimmer.actions.own_link import end_own_devices
from glimmer.records.audit import append_audit
from glimmer.records.models import OwnLink, Task
from glimmer.vocabulary.problems import BadInput, RuleRefused
from tests.support.cast import an_episode
from tests.support.own import born, invited, let_in


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="selection")


@pytest.fixture
def amina(episode, cast):
    return let_in(episode, cast.bea)


def text(answer):
    return answer.content.decode()


@pytest.mark.parametrize("problem", [RuleRefused("It would say whom it is about."), BadInput("No address.")])
def test_fresh_link_that_cannot_be_posted_is_answered_as_any_other(episode, cast, monkeypatch, caplog, problem):
    invited(episode, cast.bea)

    def refused(*given, **named):
        raise problem

    monkeypatch.setattr("glimmer.actions.own_link.post_message", refused)
    known = Client().post("/own/again", {"address": episode.patient.email})
    unknown = Client().post("/own/again", {"address": "nobody@example.org"})
    assert (known.status_code, known.templates) == (unknown.status_code, unknown.templates)
    assert re.sub(r'value="[^"]*"|nonce="[^"]*"', "", text(known)) == re.sub(
        r'value="[^"]*"|nonce="[^"]*"', "", text(unknown)
    )
    (said,) = [line for line in caplog.records if line.name == "glimmer.actions.own_link"]
    assert said.levelname == "WARNING"
    for private in (episode.patient.given_name, episode.patient.family_name, episode.patient.email):
        assert private not in said.getMessage()
    assert OwnLink.objects.get().withdrawn_at is None, "the older link still stands where no newer one was posted"


# What is logged


@pytest.fixture
def log():
    """What the console of the running product shows."""
    (console,) = [one for one in logging.getLogger().handlers if one.name == "console"]
    was = console.setStream(io.StringIO())
    yield console.stream
    console.setStream(was)


def test_wrong_birth_date_and_forged_form_log_no_secret(episode, cast, log, caplog):
    _, secret = invited(episode, cast.bea)
    assert Client().post(f"/own/in/{secret}", born(episode, **{"born-year": 1950})).status_code == 422
    assert Client(enforce_csrf_checks=True).post(f"/own/in/{secret}", born(episode)).status_code == 403
    assert Client().put(f"/own/in/{secret}").status_code == 405
    shown = log.getvalue()
    assert shown.count("/own/in/[not logged]") >= 3, shown
    assert secret not in shown
    for line in caplog.records:
        assert secret not in line.getMessage()
        assert secret not in getattr(getattr(line, "request", None), "path", "")


def test_wrong_address_of_a_feed_logs_no_secret(db, log):
    assert Client().get("/calendar/feeds/not-so-secret.ics").status_code == 401
    assert log.getvalue().rstrip().endswith("/calendar/feeds/[not logged]")
    assert "not-so-secret" not in log.getvalue()


# A locked database


def failing(monkeypatch, times):
    """Let the database be locked for so many acts of a patient."""
    left = [times]

    def locked(**fields):
        if left[0]:
            left[0] -= 1
            raise OperationalError("database is locked")
        return append_audit(**fields)

    monkeypatch.setattr("glimmer.actions.own_act.append_audit", locked)


def test_not_safe_is_tried_again_at_once_where_the_database_was_locked(amina, monkeypatch):
    failing(monkeypatch, 1)
    assert amina.post("/own/not-safe", {"token": "safe-n1"}).headers["Location"] == "/own/help?from=press"
    assert Task.objects.get().kind == "suicidality"


def test_not_safe_is_tried_again_also_where_the_device_s_row_was_locked(amina, monkeypatch):
    calls = []

    def locked_once(device, at):
        calls.append(at)
        if len(calls) == 1:
            raise OperationalError("database is locked")

    monkeypatch.setattr("glimmer.web.own.realm.note_press", locked_once)
    assert amina.post("/own/not-safe", {"token": "safe-n1"}).status_code == 302
    assert Task.objects.get().kind == "suicidality"


def test_not_safe_that_could_not_be_stored_offers_to_send_it_again_with_its_own_token(amina, monkeypatch):
    failing(monkeypatch, 2)
    answer = amina.post("/own/not-safe", {"token": "safe-n1"})
    assert answer.status_code == 503
    form = re.search(r'<form method="post" action="/own/not-safe">.*?</form>', text(answer), re.DOTALL)[0]
    assert 'name="token" value="safe-n1"' in form
    assert "116 123" in text(answer)
    assert amina.post("/own/not-safe", {"token": "safe-n1"}).status_code == 302
    assert Task.objects.count() == 1


def test_lost_telephone_voids_links_before_devices_so_that_no_link_opened_meanwhile_leaves_one(episode, cast, amina):
    invited(episode, cast.bea)
    with CaptureQueriesContext(connection) as made:
        assert end_own_devices(episode, "Telephone lost", by=cast.bea) == 1
    changed = [one["sql"] for one in made if one["sql"].startswith("UPDATE") and "records_own" in one["sql"]]
    assert [re.search(r'"records_(own\w+)"', sql)[1] for sql in changed] == ["ownlink", "owndevice"]
