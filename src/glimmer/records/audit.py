"""The audit trail: an append-only table, each line chained to the one before with a keyed digest.

Whoever edits, inserts or removes a line in the middle breaks the chain, and `broken_at` finds where.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC
from functools import partial
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, models

from glimmer.records.staff import Staff

# Any fixed number: it names the lock that makes writers of the chain take turns on PostgreSQL.
_CHAIN_LOCK = 726_001


class AuditLine(models.Model):
    """Who did what to which record, when and why. `details` holds keys and counts, never free text about a patient."""

    at = models.DateTimeField()
    actor = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=160)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    subject_id = models.BigIntegerField(null=True, blank=True)
    patient_id = models.BigIntegerField(null=True, blank=True)
    details = models.JSONField(default=dict)
    mac = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["patient_id", "at"]), models.Index(fields=["actor", "at"])]


def append_audit(**fields: Any) -> AuditLine:
    """Add one line to the chain, inside the caller's transaction.

    Raises RuntimeError outside a transaction: an action and its audit line stand or fall together.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("append_audit() must run in the transaction of the action that it records.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    last = AuditLine.objects.order_by("-pk").values_list("mac", flat=True).first() or ""
    line = AuditLine(**fields)
    line.mac = _mac(last, line)
    line.save(force_insert=True)
    return line


def broken_at() -> int | None:
    """Return the number of the first line whose digest does not fit, or None when the chain holds."""
    last = ""
    for line in AuditLine.objects.order_by("pk").iterator(chunk_size=2000):
        if not fits(line.mac, partial(_mac, last, line)):
            return int(line.pk)
        last = line.mac
    return None


def fits(mac: str, expected: Callable[[], str]) -> bool:
    """Say whether a digest is the expected one; a row that holds what nobody could have written has none that fits."""
    try:
        return hmac.compare_digest(mac.encode(), expected().encode())
    except (AttributeError, TypeError, ValueError):
        return False


def _mac(previous: str, line: AuditLine) -> str:
    body = orjson.dumps(
        [
            previous,
            line.at.astimezone(UTC).isoformat(),
            line.actor_id,
            line.actor_name,
            line.action,
            line.subject,
            line.subject_id,
            line.patient_id,
            line.details,
        ],
        option=orjson.OPT_SORT_KEYS,
    )
    return hmac.new(settings.AUDIT_KEY.encode(), body, hashlib.sha256).hexdigest()
