"""Refuse, in the database itself, to change or delete a line of an append-only table."""

from collections.abc import Mapping

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

APPEND_ONLY = {
    "records_auditline": "the audit trail",
    "records_logline": "a session's log",
    "records_inboundmessage": "the messages from devices",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor, tables: Mapping[str, str] = APPEND_ONLY) -> None:
    if editor.connection.vendor == "postgresql":
        _guard_postgresql(editor, tables)
    else:
        _guard_sqlite(editor, tables)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor, tables: Mapping[str, str] = APPEND_ONLY) -> None:
    for table in tables:
        for verb in ("update", "delete"):
            if editor.connection.vendor == "postgresql":
                editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb} ON {table}")
            else:
                editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


def _guard_sqlite(editor: BaseDatabaseSchemaEditor, tables: Mapping[str, str]) -> None:
    for table, what in tables.items():
        for verb in ("update", "delete"):
            editor.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{what.replace(chr(39), chr(39) * 2)} can only be added to'); END"
            )


def _guard_postgresql(editor: BaseDatabaseSchemaEditor, tables: Mapping[str, str]) -> None:
    editor.execute(
        "CREATE OR REPLACE FUNCTION glimmer_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% can only be added to', TG_TABLE_NAME; END $$",
        params=None,  # else the percent sign is taken for a placeholder
    )
    for table in tables:
        for verb in ("update", "delete"):
            editor.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION glimmer_append_only()"
            )


class Migration(migrations.Migration):
    """Triggers on SQLite and PostgreSQL."""

    dependencies = [("records", "0001_initial")]

    operations = [migrations.RunPython(guard, unguard)]
