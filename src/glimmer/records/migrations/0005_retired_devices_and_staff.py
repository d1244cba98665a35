"""Devices and members of staff are retired, never deleted: when, by whom, why."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def when_by_whom_and_why(table: str) -> list[migrations.AddField]:
    """Return the three columns of a table whose rows can be retired."""
    return [
        migrations.AddField(table, "retired_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            table,
            "retired_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(table, "retired_because", models.CharField(blank=True, max_length=500)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0004_functions_behind_switches"),
    ]

    operations = [
        *when_by_whom_and_why("device"),
        *when_by_whom_and_why("staff"),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("retired_at__isnull", True), ("retired_because", ""), ("retired_by__isnull", True)),
                    models.Q(
                        ("retired_at__isnull", False),
                        ("retired_by__isnull", False),
                        models.Q(("retired_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="device_retired_when_by_whom_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="staff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("retired_at__isnull", True), ("retired_because", ""), ("retired_by__isnull", True)),
                    models.Q(
                        ("is_active", False),
                        ("retired_at__isnull", False),
                        ("retired_by__isnull", False),
                        models.Q(("retired_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="staff_retired_when_by_whom_and_why",
            ),
        ),
    ]
