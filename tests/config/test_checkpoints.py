"""SQLite's log is copied into the database beside the commits, and a failure of it harms nothing."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from glimmer.config import checkpoints
from glimmer.config.checkpoints import copy_log, keep_log_short
from glimmer.config.settings import _database


@pytest.fixture(autouse=True)
def _open(django_db_blocker: Any) -> Iterator[None]:
    """Let these tests at databases of their own; none touches the one that other tests share."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def database(tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """A SQLite database on the disk, set up as the clinic's own."""
    known: dict[str, Any] = {**settings.DATABASES["default"], **_database(""), "NAME": tmp_path / "clinic.sqlite3"}
    one = ConnectionHandler({"default": known})["default"]
    # The same connection is used by the test and by the thread under test, one after the other.
    one.inc_thread_sharing()
    with one.cursor() as cursor:
        cursor.execute("CREATE TABLE said (what TEXT)")
    yield one
    one.close()


def say(database: BaseDatabaseWrapper, times: int) -> None:
    for _ in range(times):
        with database.cursor() as cursor:
            cursor.execute("INSERT INTO said VALUES (%s)", ["x" * 3000])


def test_commits_leave_the_log_alone_until_it_is_long(database: BaseDatabaseWrapper) -> None:
    # SQLite's own measure is 1,000 pages; these are about 2,500.
    say(database, 1200)
    held, copied = copy_log(database)
    assert held > 1000
    assert copied == held


def test_what_is_copied_is_in_the_database_itself(database: BaseDatabaseWrapper, tmp_path: Path) -> None:
    say(database, 20)
    before = (tmp_path / "clinic.sqlite3").stat().st_size
    copy_log(database)
    assert (tmp_path / "clinic.sqlite3").stat().st_size > before + 20 * 3000


def test_log_is_kept_short_until_the_process_ends(
    database: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(checkpoints, "connection", database)
    say(database, 50)
    before = (tmp_path / "clinic.sqlite3").stat().st_size
    stopping = threading.Event()
    thread = threading.Thread(target=keep_log_short, args=(stopping,))
    thread.start()
    for _ in range(500):
        if (tmp_path / "clinic.sqlite3").stat().st_size > before:
            break
        stopping.wait(0.01)
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()
    assert (tmp_path / "clinic.sqlite3").stat().st_size > before + 50 * 3000


def test_failure_is_said_and_is_no_harm(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    known = {**settings.DATABASES["default"], **_database(""), "NAME": tmp_path / "gone" / "clinic.sqlite3"}
    assert copy_log(ConnectionHandler({"default": known})["default"]) == (-1, -1)
    assert "SQLite's log could not be copied now (OperationalError)" in caplog.text
