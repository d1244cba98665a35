"""What the gateway hands over, to whom, and what it hears back: the words between server, spool and records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from glimmer.gateway.message import DeviceMessage


class SinkUnavailable(RuntimeError):
    """The sink cannot store anything now, whatever the message: the database is away. Trying later may help."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it reached the gateway. `raw` is unframed (only its beginning, where it was refused as too long).

    `message.quarantine` says why nothing of it may be charted. `key` tells a repeat of the same delivery: the
    message's fingerprint, or where it has none a key of this arrival alone. `problem` and `again` are what the
    gateway held against the bytes before it read them. `delivered_at` is set when the message waited on disk: the
    time at which it was handed on, which is later than `received_at`. `boot` and `uptime` are the machine's on
    arrival ("" and 0: not known). `clock_held`: while it waited nobody set the machine's clock, so that `received_at`
    means what it says; False where that cannot be shown, as after another start of the machine.
    """

    raw: bytes
    message: DeviceMessage
    received_at: datetime
    peer: str
    key: str = ""
    problem: str = ""
    again: bool = True
    delivered_at: datetime | None = None
    boot: str = ""
    uptime: float = 0.0
    clock_held: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the sink did with one message.

    `status`: "charted" (at least one thing of it is in a session), "noted" (stored, nothing in it to chart),
    "quarantined" (stored, a person must look), "duplicate" (was stored before; nothing was stored again),
    "refused" (the sender is told no) or "spooled" (kept on disk, to be stored later). `words` say why. `detail` is
    whatever `on_stored` wants to know.
    """

    status: str
    words: str = ""
    detail: Any = None


class Sink(Protocol):
    """Where messages are kept. Called in the gateway's one writer thread, never on the event loop."""

    def store(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        """Store all of `batch` in one durable transaction; return one outcome per message, in order.

        Raise SinkUnavailable when nothing can be stored now, anything else when it is the batch's own fault: in
        both cases nothing of the batch may have been stored. A sink may have two methods more, called in the same
        thread: `after_answers()` whenever the answers to what was stored are on their way, for what no device
        should wait for, and `close()` last, so that it can give back its connection.
        """
        ...


def store_one(sink: Sink, received: Received) -> Outcome:
    """Store one message by itself and return what became of it; raise what the sink raises."""
    return checked(sink.store([received]), 1)[0]


def checked(outcomes: Sequence[Outcome], count: int) -> Sequence[Outcome]:
    """Return the outcomes; raise RuntimeError where a sink did not answer each message."""
    if len(outcomes) != count:
        raise RuntimeError(f"The sink answered {len(outcomes)} of {count} messages.")
    return outcomes
