"""A new clinic's database is made at once, an older one goes on step by step: both end in the same database."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.live_server import ClinicBuilder, RunningClinic

pytestmark = [pytest.mark.database, pytest.mark.one_engine]
OLDER = "0038_calls_about_patients"
# As the Glimmer of that time left it: Django takes the single steps although the whole is at hand.
STEP_BY_STEP = f"""
from glimmer.cli.django_setup import start_django
start_django()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
executor.loader.replace_migrations = False
executor.loader.build_graph()
executor.migrate([("records", "{OLDER}")])
"""
# All that a database is, whatever the order of its columns.
DESCRIBE = """
import json, re
from glimmer.cli.django_setup import start_django
start_django()
from django.db import connection
found = {}
with connection.cursor() as cursor:
    def ask(query):
        cursor.execute(query)
        return sorted(map(repr, cursor.fetchall()))
    for table in connection.introspection.table_names(cursor):
        found["rows of " + table] = ask(f'SELECT count(*) FROM "{table}"')
    if connection.vendor == "sqlite":
        cursor.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        for kind, name, sql in cursor.fetchall():
            words = re.findall(r"\\w+|[^\\w\\s]", sql)
            found[f"{kind} {name}"] = sorted(words) if kind == "table" else words
    else:
        found["triggers"] = ask("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal")
        found["functions"] = ask("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        found["checks"] = ask("SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint")
        found["indexes"] = ask("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
        found["columns"] = ask("SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, "
            "column_default, is_identity FROM information_schema.columns WHERE table_schema = 'public'")
    found["first rows"] = ask("SELECT name FROM records_clinic") + ask("SELECT name FROM records_numberseries")
print(json.dumps(found))
"""


def run(clinic: RunningClinic, script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], env=clinic.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def described(clinic: RunningClinic) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(clinic, DESCRIBE))
    return found


def test_older_database_ends_as_the_one_that_is_made_at_once(clinic_templates: ClinicBuilder) -> None:
    older = clinic_templates.build(fresh=True)
    run(older, STEP_BY_STEP)
    assert "records_trainingrun" not in json.dumps(described(older)), "the older database was not older"
    older.glimmer("migrate")
    gone_on, at_once = described(older), described(clinic_templates.template("plain"))
    assert gone_on.keys() == at_once.keys()
    assert {key: gone_on[key] for key in gone_on if gone_on[key] != at_once[key]} == {}
    guards = [key for key in at_once if key.startswith("trigger ")] or at_once["triggers"]
    assert len(guards) > 50
