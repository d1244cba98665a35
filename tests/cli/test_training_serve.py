"""`glimmer serve --training`: its own folder, and no meeting of real people with invented ones in one database."""

import asyncio
import os
import subprocess
import sys

import pytest
import typer
from django.db import connection
from django.utils import timezone

from glimmer.cli import serve
from glimmer.config import asgi
from glimmer.config.environment import Environment
from glimmer.config.purpose import objection
from glimmer.records.models import Staff
from glimmer.records.training import DEMO, TRAINING, set_purpose

pytestmark = pytest.mark.django_db


def refused(demo: bool, training: bool, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(typer.Exit):
        serve._refuse_another_purpose(demo, training)
    return capsys.readouterr().err


def a_clinic() -> None:
    Staff.objects.create(username="real.nurse", name="A Nurse", role="nurse")


def test_training_is_refused_on_a_clinics_own_database(capsys):
    a_clinic()
    assert "no training takes place in it" in refused(True, True, capsys)


def test_training_is_refused_on_the_demos_database(capsys):
    set_purpose(DEMO, timezone.now())
    assert "no training takes place in it" in refused(True, True, capsys)


@pytest.mark.parametrize("demo", [True, False])
def test_training_database_is_not_served_as_a_clinic_or_a_demo(demo, capsys):
    set_purpose(TRAINING, timezone.now())
    assert "glimmer serve --training" in refused(demo, False, capsys)


def test_demo_monitors_are_not_started_on_a_clinics_own_database(capsys):
    a_clinic()
    assert "virtual monitors were not started" in refused(True, False, capsys)


def test_each_purpose_is_served_as_what_it_is():
    serve._refuse_another_purpose(True, True)  # empty
    serve._refuse_another_purpose(True, False)
    a_clinic()
    serve._refuse_another_purpose(False, False)
    set_purpose(TRAINING, timezone.now())
    serve._refuse_another_purpose(True, True)


def test_training_has_a_folder_of_its_own_and_nothing_leaves_it(monkeypatch):
    monkeypatch.setenv("GLIMMER_DATA_DIR", "/somewhere")
    monkeypatch.setenv("GLIMMER_TRAINING", "")
    serve._keep_apart()
    assert (os.environ["GLIMMER_DATA_DIR"], os.environ["GLIMMER_TRAINING"]) == ("/somewhere/training", "true")
    with pytest.raises(ValueError, match="no message leaves the training clinic"):
        Environment(training=True, demo=True, sender="smtp", mail_host="x", mail_from="a@example.org")
    with pytest.raises(ValueError, match="glimmer serve --training"):
        Environment(training=True)


@pytest.mark.parametrize("is_training", [True, False])
def test_server_that_was_started_in_another_way_serves_nothing_under_the_wrong_mark(is_training):
    assert bool(objection(is_training)) is is_training
    set_purpose(TRAINING, timezone.now())
    assert bool(objection(is_training)) is not is_training


def test_server_does_not_start_on_a_database_of_another_purpose(monkeypatch):
    monkeypatch.setattr(asgi, "objection_at_start", lambda is_training: "This database is for training.")
    sent: list[dict] = []

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(what):
        sent.append(what)

    asyncio.run(asgi.application({"type": "lifespan"}, receive, send))
    assert sent == [{"type": "lifespan.startup.failed", "message": "This database is for training."}]


def test_clinics_database_is_left_alone_before_its_tables_are_brought_up_to_date(capsys, monkeypatch):
    a_clinic()
    for tables in (None, ["records_staff"]):
        if tables:
            # As an older Glimmer left it, which did not know of training.
            monkeypatch.setattr(connection.introspection, "table_names", lambda: ["records_staff"])
        with pytest.raises(typer.Exit):
            serve._leave_a_clinic_alone(True)
        assert "no training takes place in it" in capsys.readouterr().err


def test_database_that_is_new_or_for_training_is_not_held_up(monkeypatch):
    serve._leave_a_clinic_alone(True)
    set_purpose(TRAINING, timezone.now())
    serve._leave_a_clinic_alone(True)
    monkeypatch.setattr(connection.introspection, "table_names", list)
    serve._leave_a_clinic_alone(True)


def test_nothing_is_migrated_where_training_is_refused(monkeypatch, tmp_path):
    done: list[str] = []
    monkeypatch.setattr(serve, "_refuse_a_taken_port", lambda *_: None)
    monkeypatch.setattr(serve, "_keep_apart", lambda: None)
    monkeypatch.setattr(serve, "start_django", lambda: None)
    monkeypatch.setattr(serve, "data_dir", lambda: tmp_path)
    monkeypatch.setattr(serve, "bring_database_up_to_date", lambda: done.append("migrated"))
    monkeypatch.setenv("GLIMMER_DEMO", "")
    monkeypatch.setenv("GLIMMER_HOST", "")
    monkeypatch.setenv("GLIMMER_PORT", "")
    a_clinic()
    with pytest.raises(typer.Exit):
        serve.serve("127.0.0.1", 1, False, True)
    assert done == []


def test_training_has_cookies_of_its_own_so_that_nobody_is_signed_out_of_the_clinic_by_it():
    names = "from glimmer.config import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    for training, expected in (("true", "training-sessionid training-csrftoken"), ("", "sessionid csrftoken")):
        environment = {**os.environ, "GLIMMER_TRAINING": training or "false", "GLIMMER_DEMO": "true"}
        done = subprocess.run(
            [sys.executable, "-c", names], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected
