"""Claims on bays, patients and people's time, kept by the database itself, so that nobody is in two places."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fill_patient(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    editor.execute(
        "UPDATE records_appointment SET patient_id = (SELECT e.patient_id FROM records_plan p "
        "JOIN records_episode e ON e.id = p.episode_id WHERE p.id = records_appointment.plan_id)"
    )


class Migration(migrations.Migration):
    """On PostgreSQL the whole is one transaction."""

    dependencies = [("records", "0023_wording")]

    operations = [
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Bay"), (2, "Patient"), (3, "Member of staff"), (4, "Shift of a member of staff")]
                    ),
                ),
                ("key", models.BigIntegerField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("source", models.CharField(max_length=20)),
                ("source_id", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["what", "key", "starts_at"], name="claim_by_thing_and_time"),
                    models.Index(fields=["source", "source_id"], name="claim_by_source"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="claim_ends_after_it_starts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("what__in", [1, 2, 3, 4])), name="claim_of_a_known_kind"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="appointment",
            name="patient",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="records.patient",
            ),
        ),
        migrations.RunPython(fill_patient, migrations.RunPython.noop),
    ]
