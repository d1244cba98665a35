"""The guards against double booking, once every date knows its patient."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from glimmer.records.double_booking import EXCLUSION, postgresql_guard, put_back_on_sqlite


def claim_what_stands(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    # Of old dates that overlap, which no check forbade across bays, the first booked keeps the claim.
    for what, column in ((1, "bay_id"), (2, "patient_id")):
        editor.execute(
            "INSERT INTO records_claim (what, key, starts_at, ends_at, source, source_id) "
            f"SELECT {what}, a.{column}, a.starts_at, a.ends_at, 'appointment', a.id FROM records_appointment a "
            "WHERE a.cancelled_at IS NULL AND NOT EXISTS (SELECT 1 FROM records_appointment b "
            f"WHERE b.{column} = a.{column} AND b.id < a.id AND b.cancelled_at IS NULL "
            "AND b.starts_at < a.ends_at AND b.ends_at > a.starts_at)"
        )


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "sqlite":
        put_back_on_sqlite(editor.connection)
        return
    for statement in (EXCLUSION, *postgresql_guard("records_appointment")):
        editor.execute(statement, params=None)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "sqlite":
        for name in (
            "records_claim_once",
            "records_claim_moved",
            "records_appointment_claims",
            "records_appointment_claims_anew",
            "records_appointment_claims_gone",
        ):
            editor.execute(f"DROP TRIGGER IF EXISTS {name}")
        return
    editor.execute("DROP TRIGGER IF EXISTS records_appointment_claims ON records_appointment")
    editor.execute("DROP FUNCTION IF EXISTS records_appointment_claims()")


class Migration(migrations.Migration):
    """Apart from the filling: PostgreSQL changes no table while rows of it wait to be checked."""

    dependencies = [("records", "0024_calendar_claims")]

    operations = [
        migrations.AlterField(
            model_name="appointment",
            name="patient",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="records.patient",
            ),
        ),
        migrations.RunPython(claim_what_stands, migrations.RunPython.noop),
        migrations.RunPython(guard, unguard),
    ]
