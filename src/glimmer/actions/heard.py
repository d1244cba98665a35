"""Which devices there are, what each is connected to, when it last spoke and whom it named: what pages show of them.

Read from the database, never from what passes through this process: the gateway may be another one. The watcher looks
once a second, a page before it is shown; an open page's stream is answered from memory.

    look()        ask the database for what is new (two short queries)
    stations()    what the last look saw
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from glimmer.records.logbook import stored_moment

# After a start, who spoke last is looked for among so many newest messages; all others count as silent.
NEWEST = 5000


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest message of a device. `named` are the identifiers of one that was not charted, as sent."""

    at: datetime
    status: str
    reason: str
    session_id: int | None
    named: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Station:
    """A device in use: where it stands, what it is connected to (`session_id` None: nothing), its last message."""

    device_id: int
    identifier: str
    kind: str
    bay_id: int | None
    bay: str
    association_id: int
    session_id: int | None
    session_bay: str
    connected_by: str
    connected_at: datetime | None
    may_be_unnamed: bool
    heard: Heard | None


@dataclass
class _Memory:
    newest_id: int = 0
    heard: dict[str, Heard] = field(default_factory=dict)
    stations: tuple[Station, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)


_MEMORY = _Memory()


def stations() -> tuple[Station, ...]:
    """Return the devices as the last look saw them, by bay and name."""
    return _MEMORY.stations


def look() -> tuple[Station, ...]:
    """Ask what is new and return the devices, by bay and name."""
    with _MEMORY.lock:
        rows = _devices()
        _listen(rows[0][-1] if rows else 0)
        _MEMORY.stations = tuple(_station(*row[:-1]) for row in rows)
        return _MEMORY.stations


def forget() -> None:
    """Forget all that was heard: tests and a reset of the demo clinic start clean."""
    with _MEMORY.lock:
        _MEMORY.newest_id, _MEMORY.heard, _MEMORY.stations = 0, {}, ()


def _devices() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, d.identifier, d.kind, d.bay_id, COALESCE(b.name, ''), COALESCE(a.id, 0), a.session_id, "
            "COALESCE(sb.name, ''), COALESCE(w.name, ''), a.connected_at, a.may_be_unnamed, "
            "(SELECT MAX(m.id) FROM records_inboundmessage m) "
            "FROM records_device d LEFT JOIN records_bay b ON b.id = d.bay_id "
            "LEFT JOIN records_association a ON a.device_id = d.id AND a.disconnected_at IS NULL "
            "LEFT JOIN records_treatmentsession s ON s.id = a.session_id "
            "LEFT JOIN records_bay sb ON sb.id = s.bay_id LEFT JOIN records_staff w ON w.id = a.connected_by_id "
            "WHERE d.retired_at IS NULL "
            "ORDER BY COALESCE(b.position, 32767), d.identifier"
        )
        return cursor.fetchall()


def _listen(newest_id: int | None) -> None:
    """Take note of the messages above the newest known one; start again where the inbox is another one."""
    newest = newest_id or 0
    if newest < _MEMORY.newest_id:
        _MEMORY.newest_id, _MEMORY.heard = 0, {}
    after = max(_MEMORY.newest_id, newest - NEWEST)
    if newest == after:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.device_identifier, m.received_at, m.status, m.reason, m.session_id, COALESCE(g.named, '') "
            "FROM records_inboundmessage m LEFT JOIN records_quarantinegroup g ON g.id = m.group_id "
            "WHERE m.id > %s AND m.id <= %s ORDER BY m.id",
            [after, newest],
        )
        newest_of = {row[0]: row[1:] for row in cursor.fetchall()}
    for identifier, (at, status, reason, session_id, named) in newest_of.items():
        who = tuple(tuple(part) for part in orjson.loads(named)) if named else ()
        _MEMORY.heard[identifier] = Heard(stored_moment(at), status, reason, session_id, who)
    _MEMORY.newest_id = newest


def _station(
    device_id: int,
    identifier: str,
    kind: str,
    bay_id: int | None,
    bay: str,
    association_id: int,
    session_id: int | None,
    session_bay: str,
    connected_by: str,
    connected_at: Any,
    may_be_unnamed: Any,
) -> Station:
    at = stored_moment(connected_at) if connected_at is not None else None
    unnamed = bool(may_be_unnamed)
    heard = _MEMORY.heard.get(identifier)
    held = (association_id, session_id, session_bay, connected_by, at, unnamed)
    return Station(device_id, identifier, kind, bay_id, bay, *held, heard)
