"""Settings as an operator mistypes them: one sentence that names the setting, never a trace, never a password."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from glimmer.config.environment import Environment, environment, kept_secret
from glimmer.vocabulary.problems import BadInput


@pytest.fixture
def read_afresh():
    environment.cache_clear()
    yield
    environment.cache_clear()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("GLIMMER_GATEWAY_CONNECTIONS", "many"),
        ("GLIMMER_GATEWAY_SPOOL_MEGABYTES", "-1"),
        ("GLIMMER_GATEWAY_PORT", "99999"),
        ("GLIMMER_GATEWAY", "maybe"),
        ("GLIMMER_DATABASE_URL", "mysql://me:hidden-word@db/clinic"),
        ("GLIMMER_DATABASE_URL", "postgres://me:hidden-word@db"),
        ("GLIMMER_DATABASE_URL", "postgres://me:hidden-word@db:port/clinic"),
    ],
)
def test_a_wrong_setting_is_named_without_its_secret(monkeypatch, read_afresh, setting, value):
    monkeypatch.setenv(setting, value)
    with pytest.raises(BadInput) as told:
        environment()
    assert setting in str(told.value)
    assert "hidden-word" not in str(told.value)


def test_an_address_of_a_database_that_is_right_is_taken():
    for url in ("", "postgres://me:word@db:5432/clinic", "postgresql://me@db/clinic"):
        assert Environment(database_url=url).database_url == url


def test_a_command_says_the_wrong_setting_in_one_sentence(tmp_path: Path):
    answer = subprocess.run(
        [sys.executable, "-m", "glimmer", "safety", "status"],
        env={**os.environ, "GLIMMER_DATA_DIR": str(tmp_path), "GLIMMER_PORT": "door"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "GLIMMER_PORT" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_folder_of_patients_data_is_its_owners_alone(tmp_path: Path):
    folder = tmp_path / "clinic" / "var"
    kept_secret(folder, "secret-key")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("words", [["safety", "status"], ["audit", "verify"], ["downtime", "sheets"]])
def test_a_command_says_that_the_database_is_away(tmp_path: Path, words: list[str]):
    answer = subprocess.run(
        [sys.executable, "-m", "glimmer", *words],
        env={
            **os.environ,
            "GLIMMER_DATA_DIR": str(tmp_path),
            "GLIMMER_DATABASE_URL": "postgres://me:hidden-word@127.0.0.1:9/clinic",
        },
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "database cannot be reached" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "hidden-word" not in answer.stderr
