"""Store and forward: what the database cannot take now is kept on disk, and delivered later, in order, once.

    writer thread:    store(batch) -> the database, or the spool while it is away or anything waits in the spool
    forwarder thread: spool -> the database, again and again until it takes it

A message may be delivered twice (the database committed and the connection broke before it said so, or the process
was killed between the commit and the removal from the spool): its key tells the database that it has it already.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import orjson

from glimmer.gateway.aside import about_refused, name_of
from glimmer.gateway.clock import CLINIC_ZONE, uptime
from glimmer.gateway.kept import arrival, received_again
from glimmer.gateway.sink import Outcome, Received, Sink, SinkUnavailable, checked, store_one
from glimmer.gateway.spool import Spool, Taken

LOG = logging.getLogger("glimmer.gateway.forward")

KEPT = "Kept on disk until the database can be reached."
SET_ASIDE = "The database refuses this message. It is kept as it came, for an engineer to look at."


@dataclass(slots=True)
class ForwardCounts:
    """What was kept on disk and what became of it, since the start."""

    spooled: int = 0
    delivered: int = 0
    set_aside: int = 0
    spool_failures: int = 0


class StoreAndForward:
    """A sink in front of another one. `make_sink()` is called once for each of the two threads that store.

    `retry_seconds` passes before the database is tried again. Call `start` before the first message.
    """

    def __init__(
        self,
        make_sink: Callable[[], Sink],
        spool: Spool,
        *,
        zone: tzinfo = CLINIC_ZONE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        retry_seconds: float = 1.0,
        batch_messages: int = 256,
    ) -> None:
        self.spool = spool
        self.counts = ForwardCounts()
        self.can_keep = True
        self._direct, self._late = make_sink(), make_sink()
        self.zone, self.clock = zone, clock
        self._retry_seconds, self._batch_messages = retry_seconds, batch_messages
        self._stopping = threading.Event()
        self._forwarder = threading.Thread(target=self._forward, name="gateway-forwarder", daemon=True)

    def start(self) -> None:
        """Begin to deliver what waits, from before a restart too."""
        self._forwarder.start()

    # In the writer thread: the Sink

    def store(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        """Store the batch, or keep it on disk while it cannot be stored or while earlier messages wait there."""
        # Only this thread adds to the spool, so what is empty here stays empty until the store has returned.
        if self.spool.waiting == 0:
            try:
                return self._store_or_set_aside(batch)
            except SinkUnavailable:
                LOG.warning("The database is away: %d messages are kept on disk.", len(batch))
        return self._keep(batch)

    def after_answers(self) -> None:
        """Let the inner sink tell of what was stored at once."""
        _after_answers(self._direct)

    def close(self) -> None:
        """Stop delivering and give back both connections; what waits stays on the disk."""
        self._stopping.set()
        if self._forwarder.is_alive():
            self._forwarder.join()
        _close(self._direct)
        self.spool.close()

    def _keep(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        try:
            self.spool.add([_content(received) for received in batch])
        except OSError:
            self.counts.spool_failures += 1
            self.can_keep = False
            raise
        self.can_keep = True
        self.counts.spooled += len(batch)
        return [Outcome("spooled", KEPT)] * len(batch)

    def _store_or_set_aside(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        try:
            return self._direct.store(batch)
        except SinkUnavailable:
            raise
        except Exception:
            if len(batch) > 1:
                raise  # The gateway tries one by one, so that the others are stored.
            return [self._again_or_aside(self._direct, batch[0])]

    # In the forwarder thread

    def _forward(self) -> None:
        try:
            while not self._stopping.is_set():
                if self.spool.wait(self._retry_seconds) and not self._deliver_some():
                    self._stopping.wait(self._retry_seconds)
        finally:
            _close(self._late)

    def _deliver_some(self) -> bool:
        """Deliver the oldest messages; return False when it is better to wait before the next try."""
        try:
            taken = self.spool.take(self._batch_messages)
            if taken is not None:
                self._deliver(taken)
                self.counts.delivered += len(taken.contents)
                self.spool.delivered(taken)
                if not self.spool.waiting:
                    LOG.info("All that was kept on disk is delivered.")
        except SinkUnavailable:
            return False
        except Exception as problem:
            LOG.error("What waits on disk could not be delivered (%s); it is tried again.", type(problem).__name__)
            return False
        _after_answers(self._late)
        return True

    def _deliver(self, taken: Taken) -> None:
        now, up = self.clock(), uptime()
        batch = [_received(content, now, up, self.zone) for content in taken.contents]
        try:
            checked(self._late.store(batch), len(batch))
        except SinkUnavailable:
            raise
        except Exception:
            for received in batch:
                self._again_or_aside(self._late, received)

    def _again_or_aside(self, sink: Sink, received: Received) -> Outcome:
        """Try one message by itself; what the database refuses for a reason of the message's own is set aside."""
        try:
            return store_one(sink, received)
        except SinkUnavailable:
            raise
        except Exception as problem:
            LOG.error("A message was set aside: the database refuses it (%s).", type(problem).__name__)
            about = about_refused(received, problem, self.clock())
            self.spool.put_aside(name_of(received), received.raw, about)
            self.counts.set_aside += 1
            return Outcome("refused", SET_ASIDE)


def _content(received: Received) -> bytes:
    """Return what is kept of an arrival: one line of JSON, then the bytes as they came."""
    return orjson.dumps(arrival(received)) + b"\n" + received.raw


def _received(content: bytes, now: datetime, up: float, zone: tzinfo) -> Received:
    line, _, raw = content.partition(b"\n")
    return received_again(orjson.loads(line), raw, now, up, zone)


def _after_answers(sink: Sink) -> None:
    after_answers = getattr(sink, "after_answers", None)
    try:
        if after_answers is not None:
            after_answers()
    except Exception as problem:
        # What was stored stays stored; what comes after it must be stored as well.
        LOG.error("The sink failed after the answers (%s).", type(problem).__name__)


def _close(sink: Sink) -> None:
    close = getattr(sink, "close", None)
    if close is not None:
        close()
