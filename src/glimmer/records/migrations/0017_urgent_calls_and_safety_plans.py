"""Urgent calls with their steps, and safety plans."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_urgentcall": "the urgent calls",
    "records_urgentact": "the steps of urgent calls",
    "records_safetyplan": "the safety plans",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0016_fixed_dose"),
    ]

    operations = [
        migrations.CreateModel(
            name="SafetyPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("risk", models.JSONField()),
                ("risk_note", models.TextField(blank=True)),
                ("plan", models.JSONField()),
                ("made_with_patient", models.BooleanField()),
                ("copy_given", models.BooleanField()),
                ("review_on", models.DateField()),
                ("written_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="safety_plans", to="records.episode"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["written_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="UrgentCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("very_urgent", "Very urgent: danger now. Seen within 4 hours"),
                            ("urgent", "Urgent: danger soon. Seen within 24 hours"),
                        ],
                        max_length=20,
                    ),
                ),
                ("noticed", models.TextField()),
                ("raised_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="urgent_calls", to="records.episode"
                    ),
                ),
                (
                    "raised_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["raised_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="UrgentAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveSmallIntegerField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("seen", "Seen by a clinician"),
                            ("handed", "Handed over"),
                            ("returned", "Sent back to the clinic"),
                            ("note", "Note"),
                            ("closed", "Closed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("says", models.TextField()),
                ("whom", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="acts", to="records.urgentcall"
                    ),
                ),
            ],
            options={
                "ordering": ["call", "seq"],
            },
        ),
        migrations.AddConstraint(
            model_name="urgentcall",
            constraint=models.CheckConstraint(
                condition=models.Q(("noticed", ""), _negated=True), name="urgent_call_says_what"
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentact",
            constraint=models.UniqueConstraint(fields=("call", "seq"), name="urgent_steps_in_order"),
        ),
        migrations.AddConstraint(
            model_name="urgentact",
            constraint=models.CheckConstraint(
                condition=models.Q(("says", ""), _negated=True), name="urgent_step_says_what"
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("step__in", ["handed", "returned"]), _negated=True),
                    models.Q(("whom", ""), _negated=True),
                    _connector="OR",
                ),
                name="urgent_hand_over_names_whom",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
