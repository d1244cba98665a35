"""Communication needs, consents beside the treatment, and signatures. None is ever edited."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_communicationneeds": "the communication needs of patients",
    "records_purposeconsent": "the consents beside the treatment",
    "records_consentsignature": "the signatures of patients",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0013_medicines_and_baseline_tests"),
    ]

    operations = [
        migrations.CreateModel(
            name="CommunicationNeeds",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("formats", models.JSONField(default=list)),
                ("support", models.JSONField(default=list)),
                ("contact", models.JSONField(default=list)),
                ("language", models.CharField(blank=True, max_length=60)),
                ("remarks", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="needs_asked", to="records.patient"
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
            name="ConsentSignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        choices=[("drawn", "Drawn on the screen"), ("typed", "Typed name"), ("scan", "Scan of paper")],
                        max_length=6,
                    ),
                ),
                ("signed_name", models.CharField(max_length=160)),
                ("path", models.TextField(blank=True)),
                ("scan", models.BinaryField(blank=True, null=True)),
                ("scan_type", models.CharField(blank=True, max_length=20)),
                ("digest", models.CharField(max_length=64)),
                ("witness_name", models.CharField(blank=True, max_length=160)),
                ("recorded_at", models.DateTimeField()),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="records.consentrecord",
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
                            models.Q(("how", "drawn"), ("scan__isnull", True), models.Q(("path", ""), _negated=True)),
                            models.Q(
                                ("how", "typed"),
                                ("path", ""),
                                ("scan__isnull", True),
                                models.Q(("witness_name", ""), _negated=True),
                            ),
                            models.Q(
                                ("how", "scan"),
                                ("path", ""),
                                ("scan__isnull", False),
                                models.Q(("scan_type", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="signature_is_what_it_says",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signed_name", ""), _negated=True), name="signature_has_a_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PurposeConsent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=20)),
                (
                    "decision",
                    models.CharField(
                        choices=[("given", "Given"), ("refused", "Refused"), ("withdrawn", "Withdrawn")], max_length=10
                    ),
                ),
                ("version", models.CharField(max_length=20)),
                ("understood", models.BooleanField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purpose_consents",
                        to="records.patient",
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
                "indexes": [
                    models.Index(fields=["patient", "purpose", "recorded_at"], name="records_pur_patient_402673_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "given"), _negated=True),
                            models.Q(("understood", True), ("understood__isnull", False)),
                            _connector="OR",
                        ),
                        name="purpose_given_was_understood",
                    )
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
