"""Consent in two stages: the information given, the patient's questions, then the decision. None is ever edited."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_informationgiven": "the information given to patients",
    "records_patientquestion": "the questions of patients",
    "records_questionanswer": "the answers to patients",
    "records_consentrecord": "the decisions on consent",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0010_second_factor"),
    ]

    operations = [
        migrations.CreateModel(
            name="PatientQuestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asks", models.TextField()),
                ("asked_by", models.CharField(max_length=120)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["recorded_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="QuestionAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("says", models.TextField()),
                ("answered_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["answered_at", "pk"],
            },
        ),
        migrations.AddField(
            model_name="consentrecord",
            name="interpreter",
            field=models.CharField(
                blank=True,
                choices=[("not_needed", "Not needed"), ("used", "Was there"), ("declined", "Offered and declined")],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="consentrecord",
            name="interpreter_who",
            field=models.CharField(blank=True, max_length=160),
        ),
        migrations.AddField(
            model_name="consentrecord",
            name="sooner_because",
            field=models.TextField(blank=True),
        ),
        migrations.CreateModel(
            name="InformationGiven",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=40)),
                ("digest", models.CharField(max_length=64)),
                ("protocol_id", models.CharField(max_length=60)),
                ("protocol_version", models.CharField(max_length=20)),
                ("content", models.JSONField()),
                ("told", models.JSONField()),
                ("cost", models.TextField(blank=True)),
                ("ways", models.JSONField(default=list)),
                (
                    "interpreter",
                    models.CharField(
                        choices=[
                            ("not_needed", "Not needed"),
                            ("used", "Was there"),
                            ("declined", "Offered and declined"),
                        ],
                        max_length=12,
                    ),
                ),
                ("interpreter_who", models.CharField(blank=True, max_length=160)),
                ("given_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="information_given",
                        to="records.episode",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.plan",
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
        migrations.AddField(
            model_name="consentrecord",
            name="information",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="records.informationgiven",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("interpreter", "used"), _negated=True),
                    models.Q(("interpreter_who", ""), _negated=True),
                    _connector="OR",
                ),
                name="consent_interpreter_has_name",
            ),
        ),
        migrations.AddField(
            model_name="patientquestion",
            name="episode",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="patient_questions", to="records.episode"
            ),
        ),
        migrations.AddField(
            model_name="patientquestion",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="questionanswer",
            name="answered_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="questionanswer",
            name="question",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="records.patientquestion"
            ),
        ),
        migrations.AddConstraint(
            model_name="informationgiven",
            constraint=models.CheckConstraint(
                condition=models.Q(("given_at__lte", models.F("recorded_at"))), name="information_not_ahead"
            ),
        ),
        migrations.AddConstraint(
            model_name="informationgiven",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("interpreter", "used"), _negated=True),
                    models.Q(("interpreter_who", ""), _negated=True),
                    _connector="OR",
                ),
                name="information_interpreter_has_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="patientquestion",
            constraint=models.CheckConstraint(
                condition=models.Q(("asks", ""), _negated=True), name="question_has_text"
            ),
        ),
        migrations.AddConstraint(
            model_name="questionanswer",
            constraint=models.CheckConstraint(condition=models.Q(("says", ""), _negated=True), name="answer_has_text"),
        ),
        migrations.RunPython(guard, unguard),
    ]
