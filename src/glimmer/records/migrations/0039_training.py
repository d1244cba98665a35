"""What a database is for, and the training sessions in it; what was said is only ever added to."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {"records_databasepurpose": "the purpose of a database", "records_trainingrun": "training runs"}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse to change or delete what was written."""
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers off again."""
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0038_calls_about_patients"),
    ]

    operations = [
        migrations.CreateModel(
            name="DatabasePurpose",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("set_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="purpose_is_one_line"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["demo", "training"])), name="purpose_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TrainingRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("case_id", models.CharField(max_length=40)),
                ("case_version", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                (
                    "appointment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="training_run",
                        to="records.appointment",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"ordering": ["-pk"]},
        ),
        migrations.RunPython(guard, unguard),
    ]
