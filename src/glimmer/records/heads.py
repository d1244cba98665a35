"""Heads of the chains, kept outside the database: they show when the last lines of a chain were cut off.

A chain proves that nothing in its middle was touched. Its end proves nothing: whoever removes the newest lines leaves
a shorter chain that holds. So the process writes, once a minute while anything changes, where each chain ends into a
file of the day in `DATA_DIR/heads`, signed with the audit's key. Copied to another machine each day, these files are
out of reach of whoever holds this one.
"""

import hashlib
import hmac
import os
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db.models import Max

from glimmer.records.audit import AuditLine
from glimmer.records.controlled import RegisterEntry

FOLDER = "heads"
DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chains end: the audit's newest line and how many there are, and each page's newest entry.

    `register` is {page: (number of the entry, its digest)}; "" and 0 stand for an empty audit.
    """

    line: int
    lines: int
    mac: str
    register: tuple[tuple[int, int, str], ...]

    @property
    def body(self) -> dict[str, Any]:
        """The head as a file holds it, without time and signature."""
        return {
            "line": self.line,
            "lines": self.lines,
            "mac": self.mac,
            "register": [list(one) for one in self.register],
        }


def head_now() -> Head:
    """Return where the chains end now."""
    last = AuditLine.objects.order_by("-pk").values_list("pk", "mac").first() or (0, "")
    newest = RegisterEntry.objects.values("page_id").annotate(newest=Max("number")).values_list("page_id", "newest")
    entries = RegisterEntry.objects.values_list("page_id", "number", "mac")
    register = tuple(entries.get(page_id=page, number=number) for page, number in sorted(newest))
    return Head(last[0], AuditLine.objects.count(), last[1], register)


def signed(head: Head, at: datetime) -> dict[str, Any]:
    """Return a head with its time and signature, ready for a file."""
    body = {"at": at.isoformat(), **head.body}
    return {**body, "signature": _signature(body)}


def _signature(body: dict[str, Any]) -> str:
    packed = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return hmac.new(settings.AUDIT_KEY.encode(), b"head\n" + packed, hashlib.sha256).hexdigest()


class HeadFile:
    """Writes heads into the file of the day, when something has changed since the last one."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER
        self._last: Head | None = None

    def write(self, at: datetime) -> Path | None:
        """Write the present head durably and return its file; None where nothing has changed since the last."""
        head = head_now()
        if head == self._last:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{at:%Y-%m-%d}.jsonl"
        with path.open("ab") as file:
            file.write(orjson.dumps(signed(head, at)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._last = head
        return path


def heads_in(folder: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Return each head that is kept, as (where it stands, head); None for a line that is no head."""
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                head = orjson.loads(line)
            except orjson.JSONDecodeError:
                head = None
            yield f"{path.name}, line {number}", head if isinstance(head, dict) else None


def not_kept(heads: Iterable[tuple[str, dict[str, Any] | None]]) -> list[str]:
    """Return what the heads prove to be gone or changed, in words; nothing where the chains hold all of them.

    The last line of a file may be half written, where the machine lost its power: that alone proves nothing.
    """
    wrong, held = [], _Held()
    for where, head in heads:
        if head is None:
            wrong.append(f"{where}: this line cannot be read.")
            continue
        body = {name: value for name, value in head.items() if name != "signature"}
        if not hmac.compare_digest(str(head.get("signature", "")), _signature(body)):
            wrong.append(f"{where}: this head was not signed by this clinic, or was changed.")
            continue
        wrong += [f"{where}: {words}" for words in held.gone(body)]
    return wrong


def lost_since(bodies: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """Return what heads whose signature was looked at elsewhere prove to be gone or changed, as (where, body)."""
    held = _Held()
    return [f"{where}: {words}" for where, body in bodies for words in held.gone(body)]


class _Held:
    """What the database holds now, read once for all heads: a year has a hundred thousand of them."""

    def __init__(self) -> None:
        # Digests as bytes and numbers packed: a large clinic has millions of lines.
        self._lines, self._digests = array("q"), bytearray()
        for line, mac in AuditLine.objects.order_by("pk").values_list("pk", "mac").iterator(chunk_size=5000):
            self._lines.append(line)
            self._digests += _digest(mac)
        self._entries = set(RegisterEntry.objects.values_list("page_id", "number", "mac"))

    def gone(self, body: dict[str, Any]) -> Iterator[str]:
        """Yield in words what a signed head names and the database lacks."""
        count = bisect_right(self._lines, body["line"])
        if body["line"] and not self._holds(count - 1, body["line"], body["mac"]):
            yield f"line {body['line']} of the audit trail, which stood on {body['at']}, is gone or changed."
        elif count != body["lines"]:
            yield f"the audit trail had {body['lines']} lines on {body['at']}; now it has {count} of them."
        for page, number, mac in body["register"]:
            if (page, number, mac) not in self._entries:
                yield f"entry {number} of page {page} of the register, which stood on {body['at']}, is gone or changed."

    def _holds(self, place: int, line: int, mac: str) -> bool:
        if place < 0 or self._lines[place] != line:
            return False
        return bytes(self._digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES]) == _digest(mac)


def _digest(mac: str) -> bytes:
    """Return a digest in hexadecimal as its bytes; one that is none, as somebody may have written, as zeros."""
    try:
        return bytes.fromhex(mac).ljust(DIGEST_BYTES, b"\0")[:DIGEST_BYTES]
    except ValueError:
        return bytes(DIGEST_BYTES)
