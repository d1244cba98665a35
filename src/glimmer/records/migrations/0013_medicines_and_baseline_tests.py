"""The list of medicines, interactions settled, and the results of the tests before treatment."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_medicinelist": "the lists of medicines",
    "records_medicinesettling": "the interactions settled",
    "records_baselineresult": "the results of tests",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0012_long_term_safety"),
    ]

    operations = [
        migrations.CreateModel(
            name="BaselineResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("test", models.CharField(max_length=40)),
                ("done_on", models.DateField()),
                ("result", models.CharField(max_length=20)),
                ("systolic", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("diastolic", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("note", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="baseline_results",
                        to="records.episode",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "withdraws",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawn_by",
                        to="records.baselineresult",
                    ),
                ),
            ],
            options={
                "ordering": ["done_on", "recorded_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("diastolic__isnull", True), ("systolic__isnull", True)),
                            models.Q(("diastolic__isnull", False), ("systolic__isnull", False)),
                            _connector="OR",
                        ),
                        name="baseline_pressure_is_two_numbers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdraws__isnull", True), models.Q(("note", ""), _negated=True), _connector="OR"
                        ),
                        name="baseline_withdrawal_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MedicineList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(blank=True)),
                ("takes_none", models.BooleanField(default=False)),
                ("asked", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="medicine_lists", to="records.episode"
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("takes_none", True), ("text", "")),
                            models.Q(("takes_none", False), models.Q(("text", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="medicine_list_or_none",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MedicineSettling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("interaction", models.CharField(max_length=60)),
                ("names", models.JSONField()),
                ("says", models.TextField()),
                ("settled_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="medicine_settlings",
                        to="records.episode",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["settled_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("says", ""), _negated=True), name="medicine_settling_says_how"
                    )
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
