"""The guards in the database against double booking, in the words of each engine.

PostgreSQL: an exclusion constraint on the claims, and a trigger function that keeps the claims of appointments and
shifts. SQLite: triggers alone. A migration installs them. On SQLite a later migration that rebuilds one of the tables
drops its triggers without a word, so they are looked for after every `migrate` and put back.

Kinds are those of `records.claims`: 1 bay, 2 patient, 4 shift of a member of staff.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

TAKEN = "glimmer: taken at that time already"
_SAME = "c.what = NEW.what AND c.key = NEW.key AND c.starts_at < NEW.ends_at AND c.ends_at > NEW.starts_at"
_COLUMNS = "(what, key, starts_at, ends_at, source, source_id)"
# Table, the word of its claims, when a row counts, which columns its claims rest on, and what it claims.
SOURCES = (
    (
        "records_appointment",
        "appointment",
        "NEW.cancelled_at IS NULL",
        "bay_id, patient_id, starts_at, ends_at, cancelled_at",
        ("1, NEW.bay_id", "2, NEW.patient_id"),
    ),
    ("records_shift", "shift", "NEW.cancelled_at IS NULL", "staff_id, starts_at, ends_at, cancelled_at",
     ("4, NEW.staff_id",)),
)  # fmt: skip


def sqlite_guards(tables: set[str]) -> dict[str, str]:
    """Return the SQL of each trigger by its name, for the tables that are there."""
    refuse = f"SELECT RAISE(ABORT, '{TAKEN}')"
    found = {
        "records_claim_once": (
            f"CREATE TRIGGER records_claim_once BEFORE INSERT ON records_claim "  # nosec B608
            f"WHEN EXISTS (SELECT 1 FROM records_claim c WHERE {_SAME}) BEGIN {refuse}; END"
        ),
        "records_claim_moved": (
            f"CREATE TRIGGER records_claim_moved BEFORE UPDATE ON records_claim "  # nosec B608
            f"WHEN EXISTS (SELECT 1 FROM records_claim c WHERE c.id <> NEW.id AND {_SAME}) BEGIN {refuse}; END"
        ),
    }
    for table, source, counts, columns, claims in SOURCES:
        if table not in tables:
            continue
        rows = "".join(
            f"INSERT INTO records_claim {_COLUMNS} "
            f"SELECT {claim}, NEW.starts_at, NEW.ends_at, '{source}', NEW.id WHERE {counts}; "
            for claim in claims
        )
        drop = f"DELETE FROM records_claim WHERE source = '{source}' AND source_id = OLD.id; "  # nosec B608
        made, changed, gone = f"{table}_claims", f"{table}_claims_anew", f"{table}_claims_gone"
        found[made] = f"CREATE TRIGGER {made} AFTER INSERT ON {table} BEGIN {rows}END"
        found[changed] = f"CREATE TRIGGER {changed} AFTER UPDATE OF {columns} ON {table} BEGIN {drop}{rows}END"
        found[gone] = f"CREATE TRIGGER {gone} AFTER DELETE ON {table} BEGIN {drop}END"
    return found


def put_back_on_sqlite(connection: BaseDatabaseWrapper) -> list[str]:
    """Install the triggers that are missing or other than they should be; return their names."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if "records_claim" not in tables:
            return []
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        there = dict(cursor.fetchall())
        wanted = sqlite_guards(tables)
        missing = [name for name, sql in wanted.items() if there.get(name) != sql]
        for name in missing:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(wanted[name])
    return missing


EXCLUSION = (
    "ALTER TABLE records_claim ADD CONSTRAINT claim_once EXCLUDE USING gist "
    # Ranges of one number stand for equality: the extension that would allow "=" here is not always installed.
    "(int4range(what, what, '[]') WITH &&, int8range(key, key, '[]') WITH &&, "
    "tstzrange(starts_at, ends_at, '[)') WITH &&)"
)


def postgresql_guard(table: str) -> list[str]:
    """Return the statements that keep the claims of one source table."""
    ((_, source, counts, columns, claims),) = [one for one in SOURCES if one[0] == table]
    rows = " ".join(
        f"INSERT INTO records_claim {_COLUMNS} VALUES ({claim}, NEW.starts_at, NEW.ends_at, '{source}', NEW.id);"  # nosec B608
        for claim in claims
    )
    return [
        f"CREATE OR REPLACE FUNCTION {table}_claims() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # nosec B608
        f"IF TG_OP <> 'INSERT' THEN DELETE FROM records_claim "
        f"WHERE source = '{source}' AND source_id = OLD.id; END IF; "
        f"IF TG_OP <> 'DELETE' THEN IF {counts} THEN {rows} END IF; END IF; RETURN NULL; END $$",
        f"CREATE TRIGGER {table}_claims AFTER INSERT OR DELETE OR UPDATE OF {columns} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_claims()",
    ]


def guards_after_migrate(sender: Any, using: str, **_: Any) -> None:
    """Put the triggers back after `migrate`, where a rebuilt table lost them."""
    from django.db import connections

    if connections[using].vendor == "sqlite":
        put_back_on_sqlite(connections[using])
