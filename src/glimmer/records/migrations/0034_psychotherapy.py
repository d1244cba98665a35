"""Psychotherapy sessions and places; attendance, notes and their openings are only ever added to."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_therapyattendance": "the attendance of therapy sessions",
    "records_therapynote": "the therapists' notes",
    "records_noteopening": "who opened notes",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0033_own_pages"),
    ]

    operations = [
        migrations.CreateModel(
            name="TherapySession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=30)),
                ("is_group", models.BooleanField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("place", models.CharField(blank=True, max_length=120)),
                ("by_video", models.BooleanField(default=False)),
                ("planned_at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_because", models.TextField(blank=True)),
                (
                    "cancelled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="therapy_sessions",
                        to="records.clinic",
                    ),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="therapy_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="TherapyMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("infusion", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="therapy", to="records.episode"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="members", to="records.therapysession"
                    ),
                ),
            ],
            options={
                "ordering": ["session__starts_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="TherapyAttendance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "attendance",
                    models.CharField(
                        choices=[
                            ("attended", "Attended"),
                            ("late", "Came late"),
                            ("absent", "Did not attend"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attendance",
                        to="records.therapymember",
                    ),
                ),
            ],
            options={
                "ordering": ["recorded_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("attendance", "cancelled"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="therapy_cancelled_with_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoteOpening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("because", models.TextField()),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="openings", to="records.therapymember"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("because", ""), _negated=True), name="therapy_note_opened_because"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TherapyNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveSmallIntegerField()),
                ("text", models.TextField()),
                ("summary", models.TextField(blank=True)),
                ("because", models.TextField(blank=True)),
                ("written_at", models.DateTimeField()),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="records.therapymember"
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
                "ordering": ["version"],
                "constraints": [
                    models.UniqueConstraint(fields=("member", "version"), name="therapy_note_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="therapy_note_says_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version", 1), models.Q(("because", ""), _negated=True), _connector="OR"),
                        name="therapy_note_amended_because",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="therapysession",
            index=models.Index(fields=["clinic", "starts_at"], name="therapy_by_clinic_and_time"),
        ),
        migrations.AddConstraint(
            model_name="therapysession",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="therapy_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="therapysession",
            constraint=models.CheckConstraint(
                condition=models.Q(("by_video", True), models.Q(("place", ""), _negated=True), _connector="OR"),
                name="therapy_has_a_place_or_video",
            ),
        ),
        migrations.AddConstraint(
            model_name="therapysession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cancelled_at__isnull", True), ("cancelled_by__isnull", True)),
                    models.Q(
                        ("cancelled_at__isnull", False),
                        ("cancelled_by__isnull", False),
                        models.Q(("cancelled_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="therapy_cancelled_by_at_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="therapymember",
            constraint=models.UniqueConstraint(fields=("session", "episode"), name="therapy_member_once"),
        ),
        migrations.RunPython(guard, unguard),
    ]
