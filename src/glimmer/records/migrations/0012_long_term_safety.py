"""Long-term safety checks and the psychiatrists' decisions about them, only ever added to."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {"records_longtermcheck": "the long-term checks", "records_longtermreview": "the long-term decisions"}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse to change or delete what was written."""
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers off again."""
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0011_consent_in_two_stages"),
    ]

    operations = [
        migrations.CreateModel(
            name="LongTermCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(max_length=30)),
                ("done_on", models.DateField()),
                ("answers", models.JSONField()),
                ("holds", models.JSONField(default=list)),
                ("is_complete", models.BooleanField()),
                ("note", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="long_term_checks",
                        to="records.episode",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["recorded_at", "pk"],
                "indexes": [models.Index(fields=["episode", "domain"], name="long_term_by_domain")],
            },
        ),
        migrations.CreateModel(
            name="LongTermReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(max_length=30)),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("continue", "Go on with treatment"),
                            ("wait", "Hold further sessions for now"),
                            ("stop", "Stop treatment"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField()),
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
                        related_name="long_term_reviews",
                        to="records.episode",
                    ),
                ),
            ],
            options={
                "ordering": ["decided_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="long_term_reviewed_with_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["continue", "wait", "stop"])),
                        name="long_term_decision_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
