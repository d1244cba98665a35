"""Decisions to go on with a course or to stop it, only ever added to."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {"records_coursedecision": "the decisions about courses"}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0026_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="CourseDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("continue", "Go on with the course"),
                            ("change", "Go on with a change, for which a new plan is prescribed"),
                            ("stop", "Stop the course"),
                        ],
                        max_length=10,
                    ),
                ),
                ("sessions_held", models.PositiveSmallIntegerField()),
                ("reason", models.TextField()),
                ("rests_on", models.JSONField()),
                ("definition_version", models.CharField(max_length=40)),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="course_decisions",
                        to="records.episode",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="course_decisions", to="records.plan"
                    ),
                ),
            ],
            options={
                "ordering": ["decided_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="course_decision_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["continue", "change", "stop"])),
                        name="course_decision_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
