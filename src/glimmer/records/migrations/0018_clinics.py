"""Clinics: who works in which, whose journeys they see, and the glass that is broken for another clinic's patient.

The clinic that there was becomes the first: all its staff and all its journeys belong to it.
"""

from importlib import import_module

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

import glimmer.records.clinics

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {"records_brokenglass": "the glass that was broken", "records_glassreview": "what the privacy officer found"}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


def open_the_first_clinic(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("records", "Clinic").objects.create(name="This clinic", opened_at=timezone.now())


def everybody_joins(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    member, now = apps.get_model("records", "ClinicMember"), timezone.now()
    clinic = apps.get_model("records", "Clinic").objects.get()
    for person in apps.get_model("records", "Staff").objects.all():
        member.objects.create(clinic=clinic, staff=person, since=now)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0017_urgent_calls_and_safety_plans"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clinic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True)),
                ("code", models.CharField(blank=True, max_length=10)),
                ("opened_at", models.DateTimeField()),
            ],
        ),
        migrations.RunPython(open_the_first_clinic, migrations.RunPython.noop),
        # Every journey so far belongs to the clinic that was just opened: the first of a new table.
        migrations.AddField(
            model_name="episode",
            name="clinic",
            field=models.ForeignKey(
                default=1, on_delete=django.db.models.deletion.PROTECT, related_name="episodes", to="records.clinic"
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="episode",
            name="clinic",
            field=models.ForeignKey(
                default=glimmer.records.clinics.the_only_clinic,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="episodes",
                to="records.clinic",
            ),
        ),
        migrations.CreateModel(
            name="BrokenGlass",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("emergency", "The patient needs care now and cannot wait"),
                            ("covering", "I cover for the patient's own clinic"),
                            ("other", "Another reason"),
                        ],
                        max_length=20,
                    ),
                ),
                ("words", models.CharField(max_length=500)),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ClinicMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("added_by", models.CharField(blank=True, max_length=160)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_by", models.CharField(blank=True, max_length=160)),
            ],
        ),
        migrations.CreateModel(
            name="ClinicShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("shared_by", models.CharField(max_length=160)),
                ("because", models.CharField(max_length=500)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_by", models.CharField(blank=True, max_length=160)),
            ],
        ),
        migrations.CreateModel(
            name="GlassReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "finding",
                    models.CharField(
                        choices=[("justified", "Justified"), ("not_justified", "Not justified")], max_length=20
                    ),
                ),
                ("words", models.CharField(max_length=500)),
            ],
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
                    ("privacy officer", "Privacy officer"),
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
                            "privacy officer",
                        ],
                    )
                ),
                name="staff_role_known",
            ),
        ),
        migrations.AddField(
            model_name="brokenglass",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="glass_broken", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="brokenglass",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="glass_broken", to="records.patient"
            ),
        ),
        migrations.AddField(
            model_name="clinicmember",
            name="clinic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="members", to="records.clinic"
            ),
        ),
        migrations.AddField(
            model_name="clinicmember",
            name="staff",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="clinicshare",
            name="clinic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="records.clinic"
            ),
        ),
        migrations.AddField(
            model_name="clinicshare",
            name="episode",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="records.episode"
            ),
        ),
        migrations.AddField(
            model_name="glassreview",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="glassreview",
            name="glass",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="review", to="records.brokenglass"
            ),
        ),
        migrations.AddIndex(
            model_name="brokenglass",
            index=models.Index(fields=["by", "until"], name="glass_by_person_and_end"),
        ),
        migrations.AddConstraint(
            model_name="brokenglass",
            constraint=models.CheckConstraint(
                condition=models.Q(("words", ""), _negated=True), name="glass_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="brokenglass",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("at"))), name="glass_ends_after_it_was_broken"
            ),
        ),
        migrations.AddConstraint(
            model_name="brokenglass",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["emergency", "covering", "other"])), name="glass_reason_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="clinicmember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("clinic", "staff"), name="clinic_member_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="clinicmember",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_by", "")),
                    models.Q(("ended_at__isnull", False), models.Q(("ended_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="clinic_member_ended_by_and_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="clinicshare",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("clinic", "episode"), name="clinic_share_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="clinicshare",
            constraint=models.CheckConstraint(
                condition=models.Q(("because", ""), _negated=True), name="clinic_share_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="clinicshare",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_by", "")),
                    models.Q(("ended_at__isnull", False), models.Q(("ended_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="clinic_share_ended_by_and_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="glassreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("words", ""), _negated=True), name="glass_review_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="glassreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("finding__in", ["justified", "not_justified"])), name="glass_review_finding_known"
            ),
        ),
        migrations.RunPython(guard, unguard),
        migrations.RunPython(everybody_joins, migrations.RunPython.noop),
    ]
