"""What the gateway's writer asks of the database: few statements for many messages, the same on both engines.

Monitors send all day, so this path is written in SQL: one question for what is known, one for what each device is
connected to, one locked look at the sessions, one insert of messages, one of log lines.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection

from glimmer.records.logbook import stored_moment

_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Held:
    """One association of a device: with which session, from when until when (None: still), and whose session it is."""

    session_id: int
    since: datetime
    until: datetime | None
    may_be_unnamed: bool
    opened_at: datetime
    has_ended: bool
    nhs_number: str
    local_number: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a registered device stands, whether a session is live there, and what it was connected to lately.

    `is_retired`: a person took it out of use.
    """

    identifier: str
    device_id: int
    bay: str
    bay_is_live: bool
    is_retired: bool
    held: tuple[Held, ...]

    def held_at(self, moment: datetime) -> Held | None:
        """Return the association that was open at a moment, None where there was none.

        Where the clock was set back between two of them, both may cover it: then the one that is open still.
        """
        found = None
        for one in self.held:
            if one.since <= moment and (one.until is None or moment < one.until):
                if one.until is None:
                    return one
                found = found or one
        return found


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that is in the inbox already."""

    message_id: int
    status: str
    reason: str
    session_id: int | None


def known_messages(fingerprints: Iterable[str]) -> dict[str, Kept]:
    """Return, by fingerprint, those messages that the inbox already holds."""
    wanted = sorted({one for one in fingerprints if one})
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        # The condition is spelt as in the unique constraint, without a parameter, so that its index is used.
        cursor.execute(
            "SELECT fingerprint, id, status, reason, session_id FROM records_inboundmessage "  # nosec B608
            f"WHERE NOT (fingerprint = '') AND fingerprint IN ({_marks(len(wanted))})",
            wanted,
        )
        return {fingerprint: Kept(*kept) for fingerprint, *kept in cursor.fetchall()}


def places_of(identifiers: Iterable[str], since: datetime) -> dict[str, Place]:
    """Return, for those devices that are known, where they stand and what they were connected to after `since`."""
    wanted = sorted(set(identifiers))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.identifier, d.id, COALESCE(b.name, ''), live.id, d.retired_at, "  # nosec B608
            "s.id, a.connected_at, a.disconnected_at, a.may_be_unnamed, s.opened_at, s.ended_at, "
            "p.nhs_number, COALESCE(p.local_number, '') "
            "FROM records_device d LEFT JOIN records_bay b ON b.id = d.bay_id "
            "LEFT JOIN records_treatmentsession live ON live.bay_id = d.bay_id AND live.ended_at IS NULL "
            "LEFT JOIN records_association a ON a.device_id = d.id "
            "AND (a.disconnected_at IS NULL OR a.disconnected_at >= %s) "
            "LEFT JOIN records_treatmentsession s ON s.id = a.session_id "
            "LEFT JOIN records_episode e ON e.id = s.episode_id LEFT JOIN records_patient p ON p.id = e.patient_id "
            f"WHERE d.identifier IN ({_marks(len(wanted))})",
            [moment_writer()(since), *wanted],
        )
        rows = cursor.fetchall()
    places: dict[str, Place] = {}
    for identifier, device_id, bay, live_id, retired_at, *held in rows:
        known = places.get(identifier)
        joined = (*(known.held if known else ()), *_held(*held))
        places[identifier] = Place(identifier, device_id, bay, live_id is not None, retired_at is not None, joined)
    return places


def _held(
    session_id: int | None, since: Any, until: Any, unnamed: Any, opened_at: Any, ended_at: Any, *who: str
) -> tuple[Held, ...]:
    if session_id is None:
        return ()
    over = stored_moment(until) if until is not None else None
    opened = stored_moment(opened_at)
    return (Held(session_id, stored_moment(since), over, bool(unnamed), opened, ended_at is not None, *who),)


def lock_live_sessions(session_ids: Iterable[int]) -> dict[int, int]:
    """Lock those sessions that are still live, and return the number of the newest line of each log."""
    wanted = sorted(set(session_ids))
    if not wanted:
        return {}
    # Locked in the order of their numbers, as everywhere, so that two writers never wait for each other.
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, last_seq FROM records_treatmentsession WHERE ended_at IS NULL "  # nosec B608
            f"AND id IN ({_marks(len(wanted))}) ORDER BY id{lock}",
            wanted,
        )
        return dict(cursor.fetchall())


def insert_messages(rows: Sequence[dict[str, Any]]) -> list[int]:
    """Add messages to the inbox and return their numbers, in the same order.

    Each is a dictionary of all columns, the summary as JSON text; its time is changed to what is stored.
    """
    columns = (
        *("sender", "control_id", "fingerprint", "kind", "status", "reason", "received_at"),
        *("device_id", "device_identifier", "session_id", "group_id", "summary", "raw"),
    )
    numbers: list[int] = []
    moment = moment_writer()
    for row in rows:
        row["received_at"] = moment(row["received_at"])
    for chunk in _chunks([tuple(row[column] for column in columns) for row in rows]):
        numbers += _insert("records_inboundmessage", columns, chunk, returning=True)
    return numbers


def insert_lines(rows: Sequence[tuple[int, int, str, datetime, datetime, str, dict[str, Any]]]) -> None:
    """Add log lines: (session, seq, kind, happened at, received at, by, body), none of them by a member of staff."""
    columns = ("session_id", "seq", "kind", "happened_at", "received_at", "by", "body", "form_token")
    moment = moment_writer()
    stored = [
        (session_id, seq, kind, moment(happened_at), moment(received_at), by, orjson.dumps(body).decode(), "")
        for session_id, seq, kind, happened_at, received_at, by, body in rows
    ]
    for chunk in _chunks(stored):
        _insert("records_logline", columns, chunk)


def keep_last_seq(last: dict[int, int]) -> None:
    """Write the number of the newest line of each log."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE records_treatmentsession SET last_seq = %s WHERE id = %s",
            [(seq, session_id) for session_id, seq in sorted(last.items())],
        )


def moment_writer() -> Callable[[datetime], Any]:
    """Return what turns an aware time into what this database stores, each time once.

    It is what Django's own adapter gives, which alone would take a third of this path's time.
    """
    if connection.vendor != "sqlite":
        return lambda moment: moment.astimezone(UTC)
    written: dict[int, tuple[datetime, str]] = {}

    def in_words(moment: datetime) -> str:
        # Known by the object itself, not by its value: comparing aware times costs more than writing them.
        known = written.get(id(moment))
        if known is None:
            text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
            known = written[id(moment)] = (moment, text)
        return known[1]

    return in_words


def _insert(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], returning: bool = False) -> list[int]:
    row_marks = f"({_marks(len(columns))})"
    names = ", ".join(f'"{column}"' for column in columns)
    # Table and columns are the models' own names, the values go by marks.
    sql = f"INSERT INTO {table} ({names}) VALUES {', '.join([row_marks] * len(rows))}"  # nosec B608
    with connection.cursor() as cursor:
        cursor.execute(sql + " RETURNING id" if returning else sql, [value for row in rows for value in row])
        # Numbers are given in the order of the rows, but not promised to come back in it.
        return sorted(number for (number,) in cursor.fetchall()) if returning else []


def _chunks(rows: list[tuple[Any, ...]]) -> Iterable[list[tuple[Any, ...]]]:
    return (rows[start : start + _MOST_ROWS] for start in range(0, len(rows), _MOST_ROWS))


def _marks(count: int) -> str:
    return ", ".join(["%s"] * count)
