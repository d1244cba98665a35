"""What was set aside: messages that the database refused for a reason of their own, looked at and delivered by hand.

    entries()        what lies in the folder, the oldest first: nothing of it names a patient
    deliver(entry)   once more by the way of every message; its files go only after the database has it

A message that is delivered twice, because somebody was killed between the commit and the removal of its file, is
known by its key. One process at a time delivers (the caller sees to that); the gateway may go on adding meanwhile.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import orjson

from glimmer.gateway.arrival import read_arrival
from glimmer.gateway.clock import CLINIC_ZONE, uptime
from glimmer.gateway.kept import arrival, received_again
from glimmer.gateway.sink import Outcome, Received, Sink, SinkUnavailable, store_one
from glimmer.gateway.spool import DAMAGED, replace_file

REFUSED = "refused-"
LONGEST_NAME = 60
REASONS = {
    "DataError": "The database cannot hold one of its values: it is too long, or not what its place is for.",
    "IntegrityError": "It breaks a rule that the database holds.",
    "NotSupportedError": "It asks for something that this database cannot do.",
    "ProgrammingError": "The database does not understand how Glimmer stores it: a fault of Glimmer's.",
}
UNKNOWN = "Why it was set aside is not known: the file about it is missing or damaged."
NOT_A_MESSAGE = "It is a damaged piece of the spool and no whole message, so it cannot be delivered. Look at its bytes."
NO_ARRIVAL = "When it arrived is not known, so nobody can say whose it was, and it is not delivered."


class CannotDeliver(ValueError):
    """What lies aside is nothing that can be delivered, or was refused again; the message says why."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """One thing in the folder. `received_at` is None where it is not known; `size` is in bytes.

    `sender` (MSH-3) and `control_id` (MSH-10) are "" where the bytes do not say.
    """

    name: str
    received_at: datetime | None
    sender: str
    control_id: str
    reason: str
    size: int


def about_refused(received: Received, problem: Exception, now: datetime) -> bytes:
    """Return what is kept beside a message that the database refused at `now`; no words of the database's own.

    A database may quote the values that it refuses, and those are a patient's.
    """
    return orjson.dumps({**arrival(received), "why": type(problem).__name__, "refused_at": now.isoformat()})


def name_of(received: Received) -> str:
    """Return the name under which a refused message is kept: the same for its repeat."""
    return f"{REFUSED}{received.key.replace(':', '-')}"


class Aside:
    """The folder `aside` of a spool. `zone` holds for times that name none, as in the gateway."""

    def __init__(self, folder: Path, zone: tzinfo = CLINIC_ZONE) -> None:
        self.folder = folder
        self.zone = zone

    def entries(self) -> list[SetAside]:
        """Return what lies there, by arrival; what somebody takes away meanwhile is left out."""
        found = []
        for path in sorted(self.folder.glob("*.hl7")):
            with contextlib.suppress(FileNotFoundError):
                found.append(self._entry(path))
        return sorted(found, key=lambda one: (one.received_at or datetime.max.replace(tzinfo=UTC), one.name))

    def _entry(self, path: Path) -> SetAside:
        raw, about = path.read_bytes(), self._about(path.stem)
        at = _moment(about.get("received_at"))
        reason = in_words(about.get("why"))
        if path.stem.startswith(DAMAGED):
            return SetAside(path.stem, at, "", "", reason, len(raw))
        message = read_arrival(raw, at or datetime.now(UTC), self.zone)
        return SetAside(path.stem, at, printable(message.sender), printable(message.control_id), reason, len(raw))

    def _about(self, name: str) -> dict[str, Any]:
        try:
            found = orjson.loads((self.folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def deliver(self, entry: SetAside, sink: Sink, now: datetime) -> Outcome | None:
        """Hand one message to the sink once more, and remove its files once it is stored; return what became of it.

        None: somebody has taken it away. Raise SinkUnavailable when the database is away, and CannotDeliver when the
        message is refused again (it stays, with the newest reason) or is none. The outcome "duplicate" says that the
        database had it already.
        """
        try:
            received = self._received(entry, now)
        except FileNotFoundError:
            return None
        try:
            outcome = store_one(sink, received)
        except SinkUnavailable:
            raise
        except Exception as problem:
            replace_file(self.folder / f"{entry.name}.json", about_refused(received, problem, now))
            raise CannotDeliver(in_words(type(problem).__name__)) from problem
        # The message first: what is left of a removal that was cut short is a note about nothing.
        for ending in ("hl7", "json"):
            (self.folder / f"{entry.name}.{ending}").unlink(missing_ok=True)
        return outcome

    def _received(self, entry: SetAside, now: datetime) -> Received:
        if not entry.name.startswith(REFUSED):
            raise CannotDeliver(NOT_A_MESSAGE)
        raw, about = (self.folder / f"{entry.name}.hl7").read_bytes(), self._about(entry.name)
        if _moment(about.get("received_at")) is None:
            raise CannotDeliver(NO_ARRIVAL)
        # Files of earlier versions have the key in their name alone.
        about.setdefault("key", _key_in(entry.name))
        return received_again(about, raw, now, uptime(), self.zone)


def _key_in(name: str) -> str:
    key = name.removeprefix(REFUSED)
    return f"own:{key.removeprefix('own-')}" if key.startswith("own-") else key


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def in_words(why: object) -> str:
    """Return in words why something lies aside, from what was kept about it."""
    if not isinstance(why, str) or not why:
        return UNKNOWN
    if not why.isidentifier():
        return why
    return REASONS.get(why, f"Glimmer failed on it ({why}). Tell whoever maintains Glimmer, with the message.")


def printable(text: str) -> str:
    """Return a sender's own words as a terminal may be given them."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:LONGEST_NAME])


def chosen(entries: Sequence[SetAside], name: str) -> list[SetAside]:
    """Return those entries that an operator means: one by its name (or its file's), or `all`."""
    wanted = name.removesuffix(".hl7")
    return [entry for entry in entries if wanted in ("all", entry.name)]
