"""Append-only tables: the database itself refuses to change or delete a line."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from glimmer.records.audit import AuditLine, append_audit
from glimmer.records.models import InboundMessage, LogLine

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def lines(session, maya):
    """One row in each append-only table."""
    LogLine.objects.create(
        session=session, seq=1, kind="note", happened_at=NOW, received_at=NOW, by="Maya", body={"text": "first"}
    )
    append_audit(at=NOW, actor=maya, actor_name=str(maya), action="write_note", subject="LogLine", subject_id=1)
    InboundMessage.objects.create(
        sender="ACME",
        control_id="1",
        kind="ORU^R01",
        status="quarantined",
        reason="unknown patient",
        received_at=NOW,
        raw=b"MSH|",
    )
    return {"records_logline", "records_auditline", "records_inboundmessage"}


@pytest.mark.parametrize("table", ["records_logline", "records_auditline", "records_inboundmessage"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id + 1000"])
def test_line_of_an_append_only_table_can_neither_change_nor_go(lines, table, statement):
    assert table in lines
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        before = cursor.fetchone()[0]
    refused = pytest.raises(DatabaseError, match="can only be added to")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        assert cursor.fetchone()[0] == before == 1


def test_audit_line_cannot_be_changed_through_the_model(lines):
    with pytest.raises(DatabaseError, match="can only be added to"), transaction.atomic():
        AuditLine.objects.update(actor_name="Nobody")
