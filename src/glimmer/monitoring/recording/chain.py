"""Lines of canonical JSON, each of which carries the SHA-256 of the line before; and events as such lines."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from glimmer.care.session.events import SessionEvent, from_body, to_body

FORMAT = "glimmer-session"
VERSION = 1
PREVIOUS = "previous"


class Damaged(ValueError):
    """What was read is not what was written; the text says where and how."""


def canonical(value: Any) -> bytes:
    """Return the one spelling of a JSON value: names sorted, no blanks, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest_of(raw: bytes) -> str:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


def chained(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return the rows as lines, each with the digest of the line before it ("" in the first)."""
    lines, previous = [], ""
    for row in rows:
        line = canonical({**row, PREVIOUS: previous})
        lines.append(line + b"\n")
        previous = digest_of(line)
    return b"".join(lines)


def unchained(raw: bytes, name: str) -> list[dict[str, Any]]:
    """Return the rows of chained lines; raise Damaged at the first line that does not continue the one before."""
    if not raw:
        return []
    if not raw.endswith(b"\n"):
        raise Damaged(f"{name} ends in the middle of a line.")
    rows, previous = [], ""
    for number, line in enumerate(raw[:-1].split(b"\n"), start=1):
        row = _row(line, name, number)
        if row.pop(PREVIOUS, None) != previous:
            raise Damaged(f"{name}, line {number}: it does not carry the digest of the line before it.")
        previous = digest_of(line)
        rows.append(row)
    return rows


def _row(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise Damaged(f"{name}, line {number}: it is no JSON.") from None
    if not isinstance(row, dict):
        raise Damaged(f"{name}, line {number}: it is no JSON object.")
    return row


def event_row(event: SessionEvent) -> dict[str, Any]:
    """Return an event as a row; `by_id` is the clinic's own number of the person, null for devices and Glimmer."""
    return {
        "seq": event.seq,
        "kind": event.what.kind,
        "happened_at": moment_text(event.happened_at),
        "received_at": moment_text(event.received_at),
        "by": event.by,
        "by_id": event.by_id,
        "body": json.loads(canonical(to_body(event.what))),
    }


def event_of(row: dict[str, Any]) -> SessionEvent:
    """Return the event of a row; raise Damaged where this Glimmer cannot read it."""
    try:
        happened, received = (datetime.fromisoformat(row[name]) for name in ("happened_at", "received_at"))
        what = from_body(row["kind"], row["body"])
        return SessionEvent(row["seq"], happened, received, row["by"], what, row["by_id"])
    except (KeyError, TypeError, ValueError) as problem:
        raise Damaged(f"Entry {row.get('seq', '?')} cannot be read by this version of Glimmer: {problem}.") from None


def moment_text(moment: datetime) -> str:
    """Return a moment in universal time, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
