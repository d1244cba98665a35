"""The functions behind switches: who signed them, a role for who signs, and plans whose dose was typed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "records_switchsigning"


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse, in the database itself, to change or delete a signature, as for the logs before it."""
    for verb in ("update", "delete"):
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb.upper()} ON {TABLE} "
                "FOR EACH ROW EXECUTE FUNCTION glimmer_append_only()"
            )
        else:
            editor.execute(
                f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb.upper()} ON {TABLE} "
                "BEGIN SELECT RAISE(ABORT, 'the signatures of functions can only be added to'); END"
            )


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers off again."""
    for verb in ("update", "delete"):
        on = f" ON {TABLE}" if editor.connection.vendor == "postgresql" else ""
        editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_{verb}{on}")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0003_devices_and_quarantine"),
    ]

    operations = [
        migrations.CreateModel(
            name="SwitchSigning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("function", models.CharField(max_length=20)),
                ("is_on", models.BooleanField()),
                ("signed_at", models.DateTimeField()),
                ("statement", models.JSONField()),
                ("reason", models.TextField()),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="staff",
            name="staff_role_known",
        ),
        migrations.AlterField(
            model_name="plan",
            name="basis",
            field=models.CharField(
                blank=True, choices=[("actual", "Actual weight"), ("ideal", "Ideal weight")], max_length=10
            ),
        ),
        migrations.AlterField(
            model_name="plan",
            name="dose_mg_per_kg",
            field=models.DecimalField(blank=True, decimal_places=3, max_digits=4, null=True),
        ),
        migrations.AlterField(
            model_name="staff",
            name="role",
            field=models.CharField(
                choices=[
                    ("nurse", "Nurse"),
                    ("psychiatrist", "Psychiatrist"),
                    ("therapist", "Therapist"),
                    ("pharmacist", "Pharmacist"),
                    ("administrator", "Administrator"),
                    ("manager", "Manager"),
                    ("researcher", "Researcher"),
                    ("safety officer", "Clinical safety officer"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis", ""), ("dose_mg_per_kg__isnull", True)),
                    models.Q(("dose_mg_per_kg__isnull", False), models.Q(("basis", ""), _negated=True)),
                    _connector="OR",
                ),
                name="plan_dose_worked_out_or_typed",
            ),
        ),
        migrations.AddConstraint(
            model_name="staff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "nurse",
                            "psychiatrist",
                            "therapist",
                            "pharmacist",
                            "administrator",
                            "manager",
                            "researcher",
                            "safety officer",
                        ],
                    )
                ),
                name="staff_role_known",
            ),
        ),
        migrations.AddField(
            model_name="switchsigning",
            name="signed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="switchsigning",
            constraint=models.CheckConstraint(
                condition=models.Q(("function__in", ["dose_arithmetic", "alarms", "prediction"])),
                name="switch_function_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="switchsigning",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="switch_signed_with_a_reason"
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
