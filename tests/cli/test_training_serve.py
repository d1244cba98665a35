"""`glimmer serve --training`: its own folder, and no meeting of real people with invented ones in one database."""

import os

import pytest
import typer
from django.utils import timezone

from glimmer.cli import serve
from glimmer.config.environment import Environment
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
