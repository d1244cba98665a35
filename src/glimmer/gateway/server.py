"""The gateway: an MLLP server that acknowledges a message only after it is durably stored.

    socket -> MllpDecoder -> read_message -> queue -> one writer thread: sink.store(batch) -> acknowledgements
                                                                   then sink.after_answers()

The writer takes all that waits (group commit), so that many messages share one durable transaction.
A full queue stops the reading of sockets, never the storing. What the sink cannot store is answered with
"send again"; nothing is acknowledged that was not stored.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol

from glimmer.gateway.acknowledge import answers
from glimmer.gateway.clock import CLINIC_ZONE
from glimmer.gateway.framing import DEFAULT_LIMIT, Frame, MllpDecoder, framed
from glimmer.gateway.message import Answer, DeviceMessage, read_message

log = logging.getLogger("glimmer.gateway")

CLOSING_SECONDS = 2.0
"""How long a device may take to fetch its last answers when the gateway stops."""

COULD_NOT_READ = "Glimmer failed on this message. It is kept as it came, for an engineer to look at."
COULD_NOT_STORE = "The message could not be stored. Send it again."


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it reached the gateway. `raw` is unframed (only its beginning, where it was refused as too long).

    `message.quarantine` says why nothing of it may be charted; `message.fingerprint` tells a repeat.
    """

    raw: bytes
    message: DeviceMessage
    received_at: datetime
    peer: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the sink did with one message.

    `status`: "charted" (at least one thing of it is in a session), "noted" (stored, nothing in it to chart),
    "quarantined" (stored, a person must look), "duplicate" (was stored before; nothing was stored again) or
    "refused" (the sender is told no). `words` say why. `detail` is whatever `on_stored` wants to know.
    """

    status: str
    words: str = ""
    detail: Any = None


class Sink(Protocol):
    """Where messages are kept. Called in the gateway's one writer thread, never on the event loop."""

    def store(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        """Store all of `batch` in one durable transaction; return one outcome per message, in order.

        Raise anything when it cannot: then nothing of the batch may have been stored. A sink may have two methods
        more, called in the same thread: `after_answers()` whenever the answers to what was stored are on their way,
        for what no device should wait for, and `close()` last, so that it can give back its connection.
        """
        ...


@dataclass(slots=True)
class Counts:
    """What the gateway has done since it was started."""

    received: int = 0
    stored: int = 0
    not_stored: int = 0
    refused_connections: int = 0
    commits: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the gateway takes on. All proposals of ours; seconds, bytes and messages.

    `batch_wait_seconds` is waited before a commit only while fewer messages wait than devices are connected.
    """

    message_bytes: int = DEFAULT_LIMIT
    connections: int = 256
    queued_messages: int = 2_000
    batch_messages: int = 256
    batch_wait_seconds: float = 0.001
    half_message_seconds: float = 10.0
    idle_seconds: float = 600.0
    retry_seconds: float = 5.0


@dataclass(slots=True)
class _Job:
    link: "_Link"
    received: Received
    answerable: bool
    answer: bytes = b""
    outcome: Outcome | None = field(default=None)


class Gateway:
    """Serves MLLP on `host`:`port` (0: any free port; see `address`), storing into `sink`.

    `on_stored(outcomes)` runs on the event loop after each commit. `clock` gives aware UTC times.
    """

    def __init__(
        self,
        sink: Sink,
        host: str = "127.0.0.1",
        port: int = 2575,
        *,
        on_stored: Callable[[Sequence[Outcome]], None] | None = None,
        limits: Limits | None = None,
        zone: tzinfo = CLINIC_ZONE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.sink = sink
        self.limits = limits or Limits()
        self.counts = Counts()
        self.clock = clock
        self.zone = zone
        self._host, self._port = host, port
        self._on_stored = on_stored
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self.stopping = False
        self._links: set[_Link] = set()
        self._waiting = 0
        self._server: asyncio.Server | None = None
        self._writer: threading.Thread | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that the gateway listens on; raise RuntimeError before it was started."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("The gateway is not running: start it first.")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def start(self) -> None:
        """Start the writer and listen; raise OSError when the port is taken."""
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(lambda: _Link(self), self._host, self._port)
        self._writer = threading.Thread(target=self._write, name="gateway-writer", daemon=True)
        self._writer.start()
        self._sweep()

    async def stop(self) -> None:
        """Take no more, store and answer all that was taken, then close."""
        if self._server is None:
            return
        self._server.close()
        for link in list(self._links):
            link.stop_reading()
            link.give_up()
        if self._sweeper:
            self._sweeper.cancel()
        with self._wake:
            self.stopping = True
            self._wake.notify()
        if self._writer:
            await asyncio.to_thread(self._writer.join)
        # The writer's last answers are already on the loop's list; let them run before the sockets close.
        await asyncio.sleep(0)
        for link in list(self._links):
            link.close()
        closing_until = time.monotonic() + CLOSING_SECONDS
        while self._links and time.monotonic() < closing_until:
            await asyncio.sleep(0.01)
        for link in list(self._links):
            link.abort()
        self._server = None

    # On the event loop.

    def take(self, link: "_Link", frames: Sequence[Frame]) -> None:
        """Read the frames that a connection received and hand them to the writer."""
        now = self.clock()
        for each in frames:
            message = self._read(each, now)
            self._jobs.append(_Job(link, Received(each.data, message, now, link.peer), each.answerable))
        self.counts.received += len(frames)
        self._waiting += len(frames)
        link.waiting += len(frames)
        if self._waiting >= self.limits.queued_messages:
            link.stop_reading()
        with self._wake:
            self._wake.notify()

    def _read(self, frame: Frame, now: datetime) -> DeviceMessage:
        try:
            return read_message(frame.data, now, self.zone, frame.problem, again=frame.again)
        except Exception as problem:
            # A fault of ours, not of the device: it must cost neither the message nor the connection.
            log.error("a message could not be read", extra={"problem": type(problem).__name__})
            return DeviceMessage(now, quarantine=COULD_NOT_READ, answer=Answer.REJECTED)

    def _deliver(self, jobs: Sequence[_Job]) -> None:
        """Send the answers of one commit, in order, one write per connection; tell the listener."""
        bundles: dict[_Link, bytes] = {}
        for job in jobs:
            job.link.waiting -= 1
            if job.answer:
                bundles[job.link] = bundles.get(job.link, b"") + job.answer
        self._waiting -= len(jobs)
        for link, data in bundles.items():
            link.send(data)
        if self._waiting < self.limits.queued_messages:
            for link in self._links:
                link.go_on_reading()
        if self._on_stored:
            self._tell([job.outcome for job in jobs if job.outcome])

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        try:
            if outcomes and self._on_stored:
                self._on_stored(outcomes)
        except Exception as problem:
            log.error("a listener of stored messages failed", extra={"problem": type(problem).__name__})

    def _sweep(self) -> None:
        """Give up on half messages and on silent connections, once in a while."""
        now = time.monotonic()
        for link in list(self._links):
            link.check_silence(now)
        pause = min(1.0, self.limits.half_message_seconds / 4)
        self._sweeper = self._loop.call_later(pause, self._sweep)

    def connected(self, link: "_Link") -> bool:
        """Count a connection in; return False when there are too many already."""
        if len(self._links) >= self.limits.connections:
            self.counts.refused_connections += 1
            log.warning("connection refused: too many devices", extra={"connections": len(self._links)})
            return False
        self._links.add(link)
        return True

    def disconnected(self, link: "_Link") -> None:
        """Count a connection out."""
        self._links.discard(link)

    # In the writer thread.

    def _write(self) -> None:
        try:
            while batch := self._next_batch():
                self._store(batch)
                self._loop.call_soon_threadsafe(self._deliver, batch)
                self._after_answers()
        except RuntimeError:
            log.error("the event loop ended before the gateway was stopped")
        finally:
            self._close_sink()

    def _after_answers(self) -> None:
        try:
            after_answers = getattr(self.sink, "after_answers", None)
            if after_answers is not None:
                after_answers()
        except Exception as problem:
            # What was stored stays stored and answered; the next batch must be stored as well.
            log.error("the sink failed after the answers", extra={"problem": type(problem).__name__})

    def _close_sink(self) -> None:
        close = getattr(self.sink, "close", None)
        if close is not None:
            close()

    def _next_batch(self) -> list[_Job]:
        """Wait for messages; return all that wait up to the limit, or nothing when stopping and done."""
        jobs = self._jobs
        with self._wake:
            while not jobs and not self.stopping:
                self._wake.wait()
        if len(jobs) < len(self._links) and self.limits.batch_wait_seconds and not self.stopping:
            # Other devices may be about to speak, and one wait for the disk can then serve them all.
            time.sleep(self.limits.batch_wait_seconds)
        return [jobs.popleft() for _ in range(min(len(jobs), self.limits.batch_messages))]

    def _store(self, batch: list[_Job]) -> None:
        try:
            self._store_together(batch)
        except Exception as problem:
            log.error("a batch could not be stored", extra={"messages": len(batch), "problem": type(problem).__name__})
            if len(batch) == 1:
                self._fail(batch[0])
                return
            self._store_one_by_one(batch)

    def _store_together(self, batch: list[_Job]) -> None:
        outcomes = self.sink.store([job.received for job in batch])
        if len(outcomes) != len(batch):
            raise RuntimeError(f"The sink answered {len(outcomes)} of {len(batch)} messages.")
        now = self.clock()
        for job, outcome in zip(batch, outcomes, strict=True):
            job.outcome = outcome
            if job.answerable:
                job.answer = self._answer(job.received.message, outcome, now)
        self.counts.stored += len(batch)
        self.counts.commits += 1

    def _store_one_by_one(self, batch: list[_Job]) -> None:
        """Save what can be saved when one message spoils a batch; give up soon when nothing works."""
        deadline = time.monotonic() + self.limits.retry_seconds
        for job in batch:
            if time.monotonic() > deadline:
                self._fail(job)
                continue
            try:
                self._store_together([job])
            except Exception as problem:
                log.error("a message could not be stored", extra={"problem": type(problem).__name__})
                self._fail(job)

    def _fail(self, job: _Job) -> None:
        self.counts.not_stored += 1
        if job.answerable:
            job.answer = self._framed(job.received.message, Answer.SEND_AGAIN, COULD_NOT_STORE, self.clock())

    def _answer(self, message: DeviceMessage, outcome: Outcome, now: datetime) -> bytes:
        answer = Answer.REJECTED if outcome.status == "refused" else message.answer
        words = message.quarantine if message.answer is not Answer.STORED else outcome.words
        return self._framed(message, answer, words, now)

    def _framed(self, message: DeviceMessage, answer: Answer, words: str, now: datetime) -> bytes:
        return b"".join(framed(each) for each in answers(message, answer, words, now))


class _Link(asyncio.Protocol):
    """One device's connection."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.peer = ""
        self.waiting = 0
        self._decoder = MllpDecoder(gateway.limits.message_bytes)
        self._transport: asyncio.Transport | None = None
        self._heard = time.monotonic()
        self._reading = True
        self._writable = True
        self._closing = False
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        self.peer = f"{peer[0]}:{peer[1]}" if peer else ""
        if not self.gateway.connected(self):
            self._refused = True
            transport.close()

    def data_received(self, data: bytes) -> None:
        self._heard = time.monotonic()
        if not self._refused and (frames := self._decoder.feed(data)):
            self.gateway.take(self, frames)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._refused:
            self.give_up()
        self.gateway.disconnected(self)

    def check_silence(self, now: float) -> None:
        """Give up on a message whose rest does not come, and close a line that is silent for long."""
        silence = now - self._heard
        if self.waiting or not self._reading or self._closing:
            return
        if self._decoder.waiting and silence >= self.gateway.limits.half_message_seconds:
            self.give_up()
        elif silence >= self.gateway.limits.idle_seconds:
            self.close()

    def give_up(self) -> None:
        """Hand over what has come of an unfinished message, as a fragment."""
        if frames := self._decoder.give_up():
            self.gateway.take(self, frames)

    def send(self, data: bytes) -> None:
        """Send answers, unless the device has gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def stop_reading(self) -> None:
        """Leave what the device sends in its own buffers."""
        if self._reading and self._transport is not None:
            self._transport.pause_reading()
            self._reading = False

    def go_on_reading(self) -> None:
        """Read again, unless the device is not taking our answers."""
        if not self._reading and self._writable and self._transport is not None and not self.gateway.stopping:
            self._transport.resume_reading()
            self._reading = True

    def pause_writing(self) -> None:
        self._writable = False
        self.stop_reading()

    def resume_writing(self) -> None:
        self._writable = True
        self.go_on_reading()

    def close(self) -> None:
        """Close the connection after what is still to be sent."""
        self._closing = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close the connection at once: the device is not taking its answers."""
        if self._transport is not None:
            self._transport.abort()
