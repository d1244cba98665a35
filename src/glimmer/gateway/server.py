"""The gateway: an MLLP server that acknowledges a message only after it is durably stored.

    socket -> MllpDecoder -> read_message -> queue -> one writer thread: sink.store(batch) -> acknowledgements
                                                                   then sink.after_answers()

The writer takes all that waits (group commit), so that many messages share one durable transaction.
A full queue stops the reading of sockets, never the storing. What the sink cannot store is answered with
"send again"; nothing is acknowledged that was not stored.
"""

import asyncio
import logging
import secrets
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from glimmer.gateway.acknowledge import answers
from glimmer.gateway.admission import Admission
from glimmer.gateway.arrival import COULD_NOT_READ, read_arrival
from glimmer.gateway.bounds import Counts, Limits
from glimmer.gateway.clock import CLINIC_ZONE, boot, uptime
from glimmer.gateway.door import Door
from glimmer.gateway.framing import Frame, framed
from glimmer.gateway.link import QUEUE, STOPPING, Link
from glimmer.gateway.message import Answer, DeviceMessage
from glimmer.gateway.sink import Outcome, Received, Sink, SinkUnavailable

__all__ = ["COULD_NOT_READ", "Counts", "Gateway", "Limits", "Outcome", "Received", "Sink", "SinkUnavailable"]

log = logging.getLogger("glimmer.gateway")

CLOSING_SECONDS = 2.0
"""How long a device may take to fetch its last answers when the gateway stops."""

BACKLOG = 1024
"""How many devices may wait to be let in: after a power cut they all come at once."""

COULD_NOT_STORE = "The message could not be stored. Send it again."


@dataclass(slots=True)
class _Job:
    link: Link
    received: Received
    answerable: bool
    answer: bytes = b""
    outcome: Outcome | None = field(default=None)


class Gateway:
    """Serves MLLP on `host`:`port` (0: any free port; see `address`), storing into `sink`.

    `admission` says who may speak to it, `tls` makes every connection an encrypted one. `on_stored(outcomes)` runs
    on the event loop after each commit. `clock` gives aware UTC times.
    """

    def __init__(
        self,
        sink: Sink,
        host: str = "127.0.0.1",
        port: int = 2575,
        *,
        on_stored: Callable[[Sequence[Outcome]], None] | None = None,
        limits: Limits | None = None,
        admission: Admission | None = None,
        tls: ssl.SSLContext | None = None,
        zone: tzinfo = CLINIC_ZONE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.sink = sink
        self.limits = limits or Limits()
        self.counts = Counts()
        self.clock = clock
        self.zone = zone
        self._admission = admission or Admission()
        self.tls = tls
        self._host, self._port = host, port
        self._on_stored = on_stored
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self.stopping = False
        self._links: set[Link] = set()
        self._waiting = 0
        self._waiting_bytes = 0
        self._full = False
        self._server: asyncio.Server | Door | None = None
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
        self._server = await self._listen()
        self._writer = threading.Thread(target=self._write, name="gateway-writer", daemon=True)
        self._writer.start()
        self._sweep()

    async def _listen(self) -> asyncio.Server | Door:
        if self.tls is None:
            return await self._loop.create_server(lambda: Link(self), self._host, self._port, backlog=BACKLOG)
        door = Door(self, self.tls)
        door.open(self._host, self._port, BACKLOG)
        return door

    async def stop(self) -> None:
        """Take no more, store and answer all that was taken, then close."""
        if self._server is None:
            return
        self._server.close()
        for link in list(self._links):
            link.hold(STOPPING)
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

    @property
    def connections(self) -> int:
        """How many devices are connected."""
        return len(self._links)

    @property
    def open_handshakes(self) -> int:
        """How many devices are in the midst of a TLS handshake, so not connected yet."""
        return self._server.open_handshakes if isinstance(self._server, Door) else 0

    @property
    def queued(self) -> tuple[int, int]:
        """How many messages, and bytes of them, have come and are not answered yet."""
        return self._waiting, self._waiting_bytes

    # On the event loop.

    def take(self, link: Link, frames: Sequence[Frame]) -> None:
        """Read the frames that a connection received and hand them to the writer."""
        now, up = self.clock(), uptime()
        for each in frames:
            self._jobs.append(_Job(link, self._received(each, now, up, link.peer), each.answerable))
            self._waiting_bytes += len(each.data)
        self.counts.received += len(frames)
        self._waiting += len(frames)
        link.waiting += len(frames)
        if not self._full and not self._has_room():
            self._full = True
            self.counts.queue_full += 1
            for one in self._links:
                one.hold(QUEUE)
        with self._wake:
            self._wake.notify()

    def _has_room(self) -> bool:
        return self._waiting < self.limits.queued_messages and self._waiting_bytes < self.limits.queued_bytes

    def _received(self, frame: Frame, now: datetime, up: float, peer: str) -> Received:
        problem, again = frame.problem, frame.again
        message = read_arrival(frame.data, now, self.zone, problem, again=again)
        if message.answer is not Answer.REJECTED and (refusal := self._admission.refusal(message.sender)):
            self.counts.refused_senders += 1
            problem, again = refusal, False
            message = read_arrival(frame.data, now, self.zone, problem, again=again)
        # A message that can never count as seen before must still be stored once, should storing it be tried twice.
        key = message.fingerprint or f"own:{secrets.token_hex(16)}"
        return Received(frame.data, message, now, peer, key, problem, again, boot=boot(), uptime=up)

    def _deliver(self, jobs: Sequence[_Job]) -> None:
        """Send the answers of one commit, in order, one write per connection; tell the listener."""
        bundles: dict[Link, bytes] = {}
        for job in jobs:
            job.link.waiting -= 1
            if job.answer:
                bundles[job.link] = bundles.get(job.link, b"") + job.answer
            self._waiting_bytes -= len(job.received.raw)
        self._waiting -= len(jobs)
        for link, data in bundles.items():
            link.send(data)
        if self._full and self._has_room():
            self._full = False
            for link in self._links:
                link.release(QUEUE)
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

    def connected(self, link: Link, host: str) -> bool:
        """Count a connection in; return False when its address is not let in, or when there are too many already."""
        if not self.admits(host):
            return False
        if len(self._links) >= self.limits.connections:
            self.counts.refused_connections += 1
            log.warning("connection refused: too many devices", extra={"connections": len(self._links)})
            return False
        self._links.add(link)
        if self._full:
            link.hold(QUEUE)
        return True

    def admits(self, host: str) -> bool:
        """Say whether an address may connect at all; count and log one that may not."""
        if self._admission.admits(host):
            return True
        self.counts.refused_addresses += 1
        log.warning("connection refused: %s is not an address that may connect", host)
        return False

    def disconnected(self, link: Link) -> None:
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
        try:
            return b"".join(framed(each) for each in answers(message, answer, words, now))
        except Exception as problem:
            # What is stored stays stored, and the writer goes on; a sender that hears nothing sends again.
            log.error("an answer could not be written", extra={"problem": type(problem).__name__})
            return b""
