"""Treatment history, what an answer rested on, and versions of guidance that a clinician approves."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_treatmenttrial": "the treatment history",
    "records_illnessview": "the views of the illness",
    "records_guidanceversion": "the versions of guidance",
    "records_guidanceapproval": "the approvals of guidance",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0008_incidents"),
    ]

    operations = [
        migrations.AddField(
            model_name="selectionanswer",
            name="proposed",
            field=models.CharField(blank=True, default="", max_length=10),
        ),
        migrations.AddField(
            model_name="selectionanswer",
            name="rests_on",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.CreateModel(
            name="IllnessView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("months", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "severity",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("subsyndromal", "Below the threshold"),
                            ("mild", "Mild"),
                            ("moderate", "Moderate"),
                            ("severe", "Severe, without psychosis"),
                            ("severe_psychotic", "Severe, with psychosis"),
                        ],
                        max_length=20,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="illness_views", to="records.episode"
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
            },
        ),
        migrations.CreateModel(
            name="GuidanceApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("guidance_id", models.CharField(max_length=80)),
                ("version", models.CharField(max_length=20)),
                ("digest", models.CharField(max_length=64)),
                ("reason", models.TextField()),
                ("approved_at", models.DateTimeField()),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["approved_at", "pk"],
                "indexes": [
                    models.Index(fields=["kind", "guidance_id", "approved_at"], name="records_gui_kind_cfb477_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="guidance_approval_has_a_reason"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GuidanceVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("guidance_id", models.CharField(max_length=80)),
                ("version", models.CharField(max_length=20)),
                ("digest", models.CharField(max_length=64)),
                ("document", models.TextField()),
                ("reason", models.TextField()),
                ("proposed_at", models.DateTimeField()),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["proposed_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "guidance_id", "version"), name="guidance_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="guidance_version_has_a_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TreatmentTrial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("antidepressant", "Antidepressant"),
                            ("augmentation", "Added to an antidepressant"),
                            ("therapy", "Psychological therapy"),
                            ("ect", "Electroconvulsive therapy"),
                            ("other", "Other treatment"),
                        ],
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("dose", models.DecimalField(blank=True, decimal_places=3, max_digits=9, null=True)),
                (
                    "unit",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("mg/day", "mg/day"),
                            ("microgram/day", "microgram/day"),
                            ("g/day", "g/day"),
                            ("other", "another unit, named in the note"),
                        ],
                        max_length=20,
                    ),
                ),
                ("weeks", models.DecimalField(blank=True, decimal_places=1, max_digits=6, null=True)),
                ("sessions", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("no_response", "Did not help"),
                            ("partial", "Helped in part"),
                            ("lost", "Helped, then no longer"),
                            ("not_tolerated", "Stopped for side effects"),
                            ("helped", "Helped"),
                            ("unknown", "Not known"),
                        ],
                        max_length=20,
                    ),
                ),
                ("in_present_episode", models.BooleanField(null=True)),
                (
                    "stated_by",
                    models.CharField(
                        choices=[
                            ("referral", "The referral"),
                            ("gp_record", "The GP's record"),
                            ("letter", "A clinic's letter"),
                            ("patient", "The patient"),
                            ("relative", "A relative or carer"),
                        ],
                        max_length=20,
                    ),
                ),
                ("stated_where", models.CharField(blank=True, max_length=200)),
                ("note", models.TextField(blank=True)),
                ("withdrawn", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trials", to="records.episode"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="records.treatmenttrial",
                    ),
                ),
            ],
            options={
                "ordering": ["recorded_at", "pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="trial_has_a_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("dose__isnull", True), ("unit", "")),
                            models.Q(("dose__isnull", False), models.Q(("unit", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="trial_dose_and_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("dose__isnull", True), ("dose__gt", 0), _connector="OR"),
                        name="trial_dose_above_nothing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("replaces__isnull", True), ("withdrawn", False)),
                            models.Q(("replaces__isnull", False), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="trial_correction_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
