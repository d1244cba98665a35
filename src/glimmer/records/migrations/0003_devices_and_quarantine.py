"""Devices are connected to sessions by people; what was not charted is put together in groups that people decide."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
DECISIONS = {"records_quarantinedecision": "the decisions about quarantine"}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, DECISIONS)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, DECISIONS)


def put_together(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Give the messages that already wait a group each per device and reason: none may drop out of sight.

    Only the new column is written; the triggers that forbid any change are set aside for it and put back.
    """
    uncharted = "status IN ('quarantined', 'refused')"
    append_only.unguard(apps, editor)
    editor.execute(
        "INSERT INTO records_quarantinegroup (device_id, device_identifier, named, alike, reason, status, first_at, "
        "last_at, count, \"values\", state) SELECT device_id, device_identifier, '', reason, reason, status, "
        "MIN(received_at), MAX(received_at), COUNT(*), '{}', 'open' FROM records_inboundmessage "
        f"WHERE {uncharted} GROUP BY device_id, device_identifier, reason, status"
    )
    editor.execute(
        "UPDATE records_inboundmessage SET group_id = (SELECT g.id FROM records_quarantinegroup g WHERE "
        "g.device_identifier = records_inboundmessage.device_identifier AND g.reason = records_inboundmessage.reason "
        "AND g.status = records_inboundmessage.status AND COALESCE(g.device_id, 0) = "
        f"COALESCE(records_inboundmessage.device_id, 0)) WHERE {uncharted}"
    )
    if editor.connection.vendor == "postgresql":
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be altered
    append_only.guard(apps, editor)


class Migration(migrations.Migration):
    """Associations, groups and decisions; each message of quarantine belongs to a group."""

    dependencies = [
        ("records", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Association",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("connected_at", models.DateTimeField()),
                ("may_be_unnamed", models.BooleanField(default=False)),
                ("disconnected_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "connected_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="associations", to="records.device"
                    ),
                ),
                (
                    "disconnected_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="associations",
                        to="records.treatmentsession",
                    ),
                ),
            ],
            options={
                "ordering": ["connected_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="QuarantineGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device_identifier", models.CharField(blank=True, max_length=200)),
                ("named", models.TextField(blank=True)),
                ("alike", models.TextField()),
                ("reason", models.TextField()),
                (
                    "status",
                    models.CharField(choices=[("quarantined", "Quarantined"), ("refused", "Refused")], max_length=12),
                ),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
                ("values", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits"),
                            ("proposed", "Proposed"),
                            ("attributed", "Attributed"),
                            ("discarded", "Discarded"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                (
                    "connected_to",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="records.treatmentsession",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.device",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="QuarantineDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveSmallIntegerField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed for a session"),
                            ("attributed", "Attributed to the session"),
                            ("discarded", "Discarded"),
                            ("reopened", "Opened again"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
                ("charted", models.PositiveIntegerField(blank=True, null=True)),
                ("left_out", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.treatmentsession",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="records.quarantinegroup",
                    ),
                ),
            ],
            options={
                "ordering": ["group", "seq"],
            },
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="group",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="records.quarantinegroup",
            ),
        ),
        migrations.RunPython(put_together, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                condition=models.Q(("group__isnull", False)), fields=["group", "id"], name="message_by_quarantine_group"
            ),
        ),
        migrations.AddConstraint(
            model_name="association",
            constraint=models.UniqueConstraint(
                condition=models.Q(("disconnected_at__isnull", True)),
                fields=("device",),
                name="one_open_association_per_device",
            ),
        ),
        migrations.AddConstraint(
            model_name="association",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disconnected_at__isnull", False),
                    models.Q(("disconnected_by__isnull", True), ("reason", "")),
                    _connector="OR",
                ),
                name="association_ended_by_whom_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="association",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disconnected_at__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="association_ended_for_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="quarantinegroup",
            index=models.Index(fields=["state", "last_at"], name="quarantine_by_state"),
        ),
        migrations.AddIndex(
            model_name="quarantinegroup",
            index=models.Index(fields=["device_identifier", "last_at"], name="quarantine_by_device"),
        ),
        migrations.AddConstraint(
            model_name="quarantinegroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "refused"), _negated=True),
                    ("state__in", ["open", "discarded"]),
                    _connector="OR",
                ),
                name="damaged_is_never_attributed",
            ),
        ),
        migrations.AddConstraint(
            model_name="quarantinedecision",
            constraint=models.UniqueConstraint(fields=("group", "seq"), name="quarantine_decided_one_after_another"),
        ),
        migrations.AddConstraint(
            model_name="quarantinedecision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("step", "attributed")), fields=("group",), name="quarantine_attributed_at_most_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="quarantinedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("session__isnull", False), ("step__in", ["proposed", "attributed"])),
                    models.Q(("session__isnull", True), ("step__in", ["discarded", "reopened"])),
                    _connector="OR",
                ),
                name="quarantine_session_where_there_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="quarantinedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("step", "attributed"), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="quarantine_decision_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="quarantinedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("charted__isnull", False),
                        ("left_out__isnull", False),
                        ("proposed_by__isnull", False),
                        ("step", "attributed"),
                        models.Q(("by", models.F("proposed_by")), _negated=True),
                    ),
                    models.Q(models.Q(("step", "attributed"), _negated=True), ("proposed_by__isnull", True)),
                    _connector="OR",
                ),
                name="quarantine_attributed_by_two_people",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
