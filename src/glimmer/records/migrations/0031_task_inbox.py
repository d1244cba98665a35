"""Tasks from hand to hand: who has one, and how it came to them."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {"records_taskstep": "the steps of tasks"}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0030_maintenance"),
    ]

    operations = [
        migrations.CreateModel(
            name="TaskStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("added", "Added"),
                            ("taken", "Taken"),
                            ("put_back", "Put back"),
                            ("handed", "Handed over"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("to_role", models.CharField(blank=True, max_length=20)),
                ("note", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.AddField(
            model_name="task",
            name="taken_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="taken_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("taken_at__isnull", True), ("taken_by__isnull", True)),
                    models.Q(("taken_at__isnull", False), ("taken_by__isnull", False)),
                    _connector="OR",
                ),
                name="task_taken_by_and_at",
            ),
        ),
        migrations.AddField(
            model_name="taskstep",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="taskstep",
            name="task",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="records.task"
            ),
        ),
        migrations.AddField(
            model_name="taskstep",
            name="to_person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="taskstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__in", ["added", "taken", "put_back", "handed"])), name="task_step_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="taskstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("step", "handed"), _negated=True),
                    models.Q(models.Q(("to_role", ""), _negated=True), models.Q(("note", ""), _negated=True)),
                    _connector="OR",
                ),
                name="task_handed_to_whom_and_why",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
