"""Incidents: a report and its steps, only ever added to; and the accountable officer's role."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {"records_incidentstep": "the steps of an incident"}
REPORT = "records_incidentreport"
SAID = (
    "id", "kind", "episode_id", "session_id", "log_seq", "page_id", "entry_number", "term", "what", "did",
    "happened_at", "reported_at", "reported_by_id", "reported_by_name", "form_token",
)  # fmt: skip


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse to change or delete what was written."""
    append_only.guard(apps, editor, TABLES)
    for verb in (f"UPDATE OF {', '.join(SAID)}", "DELETE"):
        name = f"{REPORT}_no_{verb.split()[0].lower()}"
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {REPORT} FOR EACH ROW EXECUTE FUNCTION glimmer_append_only()"
            )
        else:
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {REPORT} "
                "BEGIN SELECT RAISE(ABORT, 'what was reported can only be added to'); END"
            )


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers off again."""
    append_only.unguard(apps, editor, TABLES)
    on = f" ON {REPORT}" if editor.connection.vendor == "postgresql" else ""
    for verb in ("update", "delete"):
        editor.execute(f"DROP TRIGGER IF EXISTS {REPORT}_no_{verb}{on}")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0007_drug_is_open"),
    ]

    operations = [
        migrations.CreateModel(
            name="IncidentReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("adverse_event", "Adverse event"),
                            ("safety", "Incident"),
                            ("near_miss", "Near miss"),
                            ("controlled_drug", "Controlled drug"),
                        ],
                        max_length=20,
                    ),
                ),
                ("log_seq", models.PositiveIntegerField(blank=True, null=True)),
                ("entry_number", models.PositiveIntegerField(blank=True, null=True)),
                ("term", models.CharField(blank=True, max_length=40)),
                ("what", models.TextField()),
                ("did", models.TextField(blank=True)),
                ("happened_at", models.DateTimeField()),
                ("reported_at", models.DateTimeField()),
                ("reported_by_name", models.CharField(max_length=160)),
                ("form_token", models.CharField(blank=True, max_length=40)),
                ("is_closed", models.BooleanField(default=False)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["is_closed", "due_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="IncidentStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveSmallIntegerField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("assessed", "Assessed"),
                            ("outcome", "Outcome"),
                            ("told", "Patient or family told in person"),
                            ("wrote", "Account and apology given in writing"),
                            ("card", "Yellow Card"),
                            ("lfpse", "Recorded in LFPSE"),
                            ("officer", "Taken over by the accountable officer"),
                            ("note", "Note"),
                            ("closed", "Closed"),
                            ("reopened", "Opened again"),
                        ],
                        max_length=12,
                    ),
                ),
                ("body", models.JSONField(default=dict)),
                ("by_name", models.CharField(max_length=160)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["report", "seq"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="staff",
            name="staff_role_known",
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
                    ("accountable officer", "Controlled drugs accountable officer"),
                ],
                max_length=20,
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
                            "accountable officer",
                        ],
                    )
                ),
                name="staff_role_known",
            ),
        ),
        migrations.AddField(
            model_name="incidentreport",
            name="episode",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="incidents",
                to="records.episode",
            ),
        ),
        migrations.AddField(
            model_name="incidentreport",
            name="page",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="incidents",
                to="records.registerpage",
            ),
        ),
        migrations.AddField(
            model_name="incidentreport",
            name="reported_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="incidentreport",
            name="session",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="incidents",
                to="records.treatmentsession",
            ),
        ),
        migrations.AddField(
            model_name="incidentstep",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="incidentstep",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="records.incidentreport"
            ),
        ),
        migrations.AddIndex(
            model_name="incidentreport",
            index=models.Index(fields=["is_closed", "due_at"], name="incidents_by_what_is_due"),
        ),
        migrations.AddConstraint(
            model_name="incidentreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["adverse_event", "safety", "near_miss", "controlled_drug"])),
                name="incident_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("what", ""), _negated=True), name="incident_says_what_happened"
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentreport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("form_token", ""), _negated=True),
                fields=("form_token",),
                name="incident_form_posted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentstep",
            constraint=models.UniqueConstraint(fields=("report", "seq"), name="incident_steps_one_after_another"),
        ),
        migrations.AddConstraint(
            model_name="incidentstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "step__in",
                        [
                            "assessed",
                            "outcome",
                            "told",
                            "wrote",
                            "card",
                            "lfpse",
                            "officer",
                            "note",
                            "closed",
                            "reopened",
                        ],
                    )
                ),
                name="incident_step_known",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
