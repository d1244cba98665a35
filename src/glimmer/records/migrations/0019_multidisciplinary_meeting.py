"""The multidisciplinary meeting: cases, views and conclusions."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_meetingcase": "the list of the meeting",
    "records_meetingview": "the views of the meeting",
    "records_meetingconclusion": "the conclusions of the meeting",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0018_clinics"),
    ]

    operations = [
        migrations.CreateModel(
            name="MeetingCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_on", models.DateField()),
                ("question", models.TextField()),
                ("put_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="meeting_cases", to="records.episode"
                    ),
                ),
                (
                    "put_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["held_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MeetingConclusion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "advice",
                    models.CharField(
                        choices=[("treat", "Treat"), ("do_not_treat", "Do not treat"), ("later", "Discuss again")],
                        max_length=20,
                    ),
                ),
                ("says", models.TextField()),
                ("dissent", models.TextField(blank=True)),
                ("concluded_at", models.DateTimeField()),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="conclusion", to="records.meetingcase"
                    ),
                ),
                (
                    "concluded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MeetingView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "view",
                    models.CharField(
                        choices=[
                            ("for", "For"),
                            ("against", "Against"),
                            ("unsure", "Not sure yet"),
                            ("abstains", "Abstains"),
                        ],
                        max_length=10,
                    ),
                ),
                ("says", models.TextField()),
                ("role", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="views", to="records.meetingcase"
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="meetingcase",
            constraint=models.UniqueConstraint(fields=("episode", "held_on"), name="meeting_case_once_a_day"),
        ),
        migrations.AddConstraint(
            model_name="meetingcase",
            constraint=models.CheckConstraint(
                condition=models.Q(("question", ""), _negated=True), name="meeting_case_has_a_question"
            ),
        ),
        migrations.AddConstraint(
            model_name="meetingconclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("says", ""), _negated=True), name="meeting_conclusion_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="meetingview",
            constraint=models.CheckConstraint(
                condition=models.Q(("says", ""), _negated=True), name="meeting_view_says_why"
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
