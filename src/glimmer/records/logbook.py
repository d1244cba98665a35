"""A session's stored log, read back as the frozen events that the rules fold."""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection

from glimmer.care.session.events import IdentityContradicted, SessionEvent
from glimmer.records.sessions import LogLine, event_from_columns

_COLUMNS = 'SELECT seq, kind, happened_at, received_at, "by", author_id, body FROM records_logline'


def events_of(session_id: int, after_seq: int = 0, until_seq: int | None = None) -> list[SessionEvent]:
    """Return a session's events numbered above `after_seq` (and up to `until_seq`), in the order of storing.

    Read by plain SQL: a page that opens on a two-hour session reads thousands of lines.
    """
    where, values = " WHERE session_id = %s AND seq > %s", [session_id, after_seq]
    if until_seq is not None:
        where, values = where + " AND seq <= %s", [*values, until_seq]
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS + where + " ORDER BY seq", values)
        rows = cursor.fetchall()
    return [
        event_from_columns(seq, kind, stored_moment(happened), stored_moment(received), by, author_id, _body(body))
        for seq, kind, happened, received, by, author_id, body in rows
    ]


def last_contradiction(session_id: int, device: str) -> datetime | None:
    """Return when a session's log was last told that a device names another patient, None where it never was."""
    lines = LogLine.objects.filter(session_id=session_id, kind=IdentityContradicted.kind, body__device=device)
    return lines.order_by("-seq").values_list("received_at", flat=True).first()


def stored_moment(stored: Any) -> datetime:
    """Return a stored time as an aware UTC time: SQLite keeps text without a zone, PostgreSQL times with one."""
    if isinstance(stored, str):
        stored = datetime.fromisoformat(stored)
    moment: datetime = stored if stored.tzinfo else stored.replace(tzinfo=UTC)
    return moment


def _body(body: Any) -> dict[str, Any]:
    return orjson.loads(body) if isinstance(body, (str, bytes)) else body
