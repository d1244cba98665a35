"""The audit chain: whole when nobody touched it, broken at the line that somebody did touch."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from glimmer.records.audit import AuditLine, append_audit, broken_at

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def chain(maya):
    """Ten lines, and the append-only triggers out of the way, as for somebody with the database in hand."""
    for number in range(10):
        append_audit(
            at=NOW + timedelta(seconds=number),
            actor=maya,
            actor_name=str(maya),
            action="write_note",
            subject="LogLine",
            subject_id=number,
            patient_id=1,
            details={"number": number},
        )
    with connection.cursor() as cursor:
        for verb in ("update", "delete"):
            on = " ON records_auditline" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER records_auditline_no_{verb}{on}")
    return list(AuditLine.objects.order_by("pk").values_list("pk", flat=True))


def test_chain_that_nobody_touched_holds(chain):
    assert len(chain) == 10
    assert broken_at() is None


@pytest.mark.parametrize(
    "change",
    [
        {"actor_name": "Somebody else"},
        {"action": "sign_letter"},
        {"at": NOW},
        {"patient_id": 2},
        {"subject_id": 77},
        {"details": {"number": 99}},
        {"actor": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_chain_breaks_at_the_line_that_was_changed(chain, change):
    AuditLine.objects.filter(pk=chain[4]).update(**change)
    assert broken_at() == chain[4]


def test_chain_breaks_after_a_line_that_was_removed(chain):
    AuditLine.objects.filter(pk=chain[4]).delete()
    assert broken_at() == chain[5]


def test_chain_breaks_where_two_lines_changed_places(chain):
    fourth, fifth = AuditLine.objects.get(pk=chain[4]), AuditLine.objects.get(pk=chain[5])
    AuditLine.objects.filter(pk=fifth.pk).delete()
    AuditLine.objects.filter(pk=fourth.pk).update(mac=fifth.mac, details=fifth.details, at=fifth.at)
    assert broken_at() == chain[4]


def test_chain_written_with_another_key_does_not_hold(chain, settings):
    settings.AUDIT_KEY = "another key"
    assert broken_at() == chain[0]


def test_audit_line_outside_the_transaction_of_its_action_is_refused(maya, monkeypatch):
    with monkeypatch.context() as outside:
        # The test's own transaction is left aside for a moment: the function only looks at this mark.
        outside.setattr(connections["default"], "in_atomic_block", False)
        with pytest.raises(RuntimeError, match="in the transaction"):
            append_audit(at=NOW, actor=maya, actor_name="x", action="x", subject="x")


def test_audit_line_goes_with_the_transaction_that_failed(maya):
    def fail_after_the_audit_line():
        with transaction.atomic():
            append_audit(at=NOW, actor=maya, actor_name="x", action="x", subject="x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_the_audit_line()
    assert AuditLine.objects.count() == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [("mac", "\u00e9" * 64), ("details", "{not json"), ("at", "yesterday")],
)
def test_line_that_cannot_even_be_read_is_named_and_stops_nothing(chain, column, value):
    if connection.vendor == "postgresql" and column != "mac":
        pytest.skip("PostgreSQL itself stores no such value")
    with connection.cursor() as cursor:
        # A check constraint on the column is no guard against who holds the file.
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(f"UPDATE records_auditline SET {column} = %s WHERE id = %s", [value, chain[4]])
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    assert broken_at() == chain[4]
