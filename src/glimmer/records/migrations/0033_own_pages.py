"""Patients' own pages: links, devices and what patients send, which is only ever added to.

SQLite makes the table of purposes anew, and its triggers go with the old one: they are set again afterwards.
"""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
PURPOSES = {"records_purposeconsent": "the consents beside the treatment"}
ENTRIES = {"records_ownentry": "what a patient sent"}


def guard_purposes(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse to change or delete decisions on purposes."""
    append_only.guard(apps, editor, PURPOSES)


def unguard_purposes(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers off the table of purposes."""
    append_only.unguard(apps, editor, PURPOSES)


def guard_entries(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse to change or delete what patients sent."""
    append_only.guard(apps, editor, ENTRIES)


def unguard_entries(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers off again."""
    append_only.unguard(apps, editor, ENTRIES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0032_calendar"),
    ]

    operations = [
        migrations.RunPython(unguard_purposes, guard_purposes),
        migrations.CreateModel(
            name="OwnDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("began_at", models.DateTimeField()),
                ("pressed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_because", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-began_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="OwnEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mood", "mood"),
                            ("sleep", "sleep"),
                            ("effects", "effects"),
                            ("goal", "goal"),
                            ("words", "words"),
                            ("escort", "escort"),
                            ("question", "question"),
                            ("questionnaire", "questionnaire"),
                            ("danger_answer", "danger answer"),
                            ("not_safe", "not safe"),
                            ("mistake", "mistake"),
                        ],
                        max_length=20,
                    ),
                ),
                ("token", models.CharField(max_length=64)),
                ("day", models.DateField()),
                ("content", models.JSONField(default=dict)),
                ("language", models.CharField(default="en", max_length=5)),
                ("sent_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["sent_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="OwnLanguage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=5)),
                ("chosen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="OwnLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("channel", models.CharField(max_length=10)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_because", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-made_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="purposeconsent",
            name="from_patient",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="score",
            name="from_patient",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="purposeconsent",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="score",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="purposeconsent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("from_patient", False), ("recorded_by__isnull", False)),
                    models.Q(("decision", "withdrawn"), ("from_patient", True), ("recorded_by__isnull", True)),
                    _connector="OR",
                ),
                name="purpose_is_of_staff_or_withdrawn_by_the_patient",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("from_patient", False), ("recorded_by__isnull", False)),
                    models.Q(("from_patient", True), ("recorded_by__isnull", True)),
                    _connector="OR",
                ),
                name="score_is_of_staff_or_of_the_patient",
            ),
        ),
        migrations.AddField(
            model_name="owndevice",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="owndevice",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="own_devices", to="records.patient"
            ),
        ),
        migrations.AddField(
            model_name="ownentry",
            name="episode",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="own_entries", to="records.episode"
            ),
        ),
        migrations.AddField(
            model_name="ownentry",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="own_entries", to="records.patient"
            ),
        ),
        migrations.AddField(
            model_name="ownentry",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="records.ownentry",
            ),
        ),
        migrations.AddField(
            model_name="ownentry",
            name="score",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="own_entry",
                to="records.score",
            ),
        ),
        migrations.AddField(
            model_name="ownlanguage",
            name="patient",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="own_language", to="records.patient"
            ),
        ),
        migrations.AddField(
            model_name="ownlink",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="ownlink",
            name="message",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.outboxmessage",
            ),
        ),
        migrations.AddField(
            model_name="ownlink",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="own_links", to="records.patient"
            ),
        ),
        migrations.AddField(
            model_name="ownlink",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="owndevice",
            name="link",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="device", to="records.ownlink"
            ),
        ),
        migrations.AddIndex(
            model_name="ownentry",
            index=models.Index(fields=["patient", "kind", "day"], name="own_entry_by_kind_and_day"),
        ),
        migrations.AddConstraint(
            model_name="ownentry",
            constraint=models.UniqueConstraint(fields=("patient", "token"), name="own_entry_sent_once"),
        ),
        migrations.AddConstraint(
            model_name="ownentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("token", ""), _negated=True), name="own_entry_has_token"
            ),
        ),
        migrations.AddConstraint(
            model_name="ownentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "questionnaire"), ("score__isnull", False)),
                    models.Q(("kind", "questionnaire"), _negated=True),
                    _connector="OR",
                ),
                name="own_questionnaire_has_score",
            ),
        ),
        migrations.AddIndex(
            model_name="ownlink",
            index=models.Index(fields=["patient", "made_at"], name="own_link_of_patient"),
        ),
        migrations.AddConstraint(
            model_name="ownlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("made_at"))), name="own_link_ends_later"
            ),
        ),
        migrations.AddConstraint(
            model_name="ownlink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_because", "")),
                    models.Q(("withdrawn_at__isnull", False), models.Q(("withdrawn_because", ""), _negated=True)),
                    _connector="OR",
                ),
                name="own_link_withdrawn_when_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="ownlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"),
                name="own_link_used_or_withdrawn",
            ),
        ),
        migrations.AddConstraint(
            model_name="owndevice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_because", "")),
                    models.Q(("ended_at__isnull", False), models.Q(("ended_because", ""), _negated=True)),
                    _connector="OR",
                ),
                name="own_device_ended_when_and_why",
            ),
        ),
        migrations.RunPython(guard_purposes, unguard_purposes),
        migrations.RunPython(guard_entries, unguard_entries),
    ]
