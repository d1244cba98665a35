"""The wire of the virtual devices: each has its own connection, waits for its answer, and comes back when cut off."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from glimmer.gateway.framing import MllpDecoder, framed
from glimmer.gateway.hl7 import Hl7Problem, parse
from glimmer.gateway.virtual.bedside import VirtualBedside

log = logging.getLogger("glimmer.virtual")

ANSWER_SECONDS = 10.0
RETRY_SECONDS = 1.0
PUMP_EVERY = 5
"""A pump reports its state once in so many monitor messages."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where the gateway is."""

    host: str
    port: int


async def run(
    bedsides: Callable[[], Sequence[VirtualBedside]],
    host: str,
    port: int,
    *,
    every_seconds: float = 1.0,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Play the bedsides to the gateway until cancelled.

    `bedsides()` is asked again before every message, so that a session that starts, pauses or ends in Glimmer
    does so at the virtual pump too; it must be quick and must not block. Devices are told apart by their ids.
    """
    devices: dict[str, asyncio.Task[None]] = {}
    line = Line(host, port)
    try:
        while True:
            wanted = {d for b in bedsides() for d in (b.monitor_id, b.pump_id) if d}
            for device in set(devices) - wanted:
                devices.pop(device).cancel()
            for device in sorted(wanted - set(devices)):
                devices[device] = asyncio.create_task(_device(device, bedsides, line, every_seconds, clock))
            await asyncio.sleep(every_seconds)
    finally:
        for task in devices.values():
            task.cancel()
        await asyncio.gather(*devices.values(), return_exceptions=True)


async def _device(
    device: str,
    bedsides: Callable[[], Sequence[VirtualBedside]],
    line: Line,
    every_seconds: float,
    clock: Callable[[], datetime],
) -> None:
    """Be one monitor or pump: build what is due, send it, wait for the answer, send again where told to."""
    waiting: list[bytes] = []
    sent_until = clock() - timedelta(seconds=every_seconds)
    round_number = 0
    while True:
        try:
            async with _connected(line) as (reader, writer):
                decoder = MllpDecoder()
                while True:
                    if not waiting:
                        now = clock()
                        waiting = _due(device, bedsides(), sent_until, now, round_number)
                        sent_until, round_number = now, round_number + 1
                    while waiting:
                        answer = await _exchange(reader, writer, decoder, waiting[0])
                        if answer == "E":
                            await asyncio.sleep(RETRY_SECONDS)
                            continue
                        waiting.pop(0)
                    await asyncio.sleep(every_seconds)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as problem:
            log.info("virtual device lost its line", extra={"device": device, "problem": type(problem).__name__})
            # What waits is old by the time the line is back: a monitor sends what it sees now.
            waiting = waiting[:1]
            await asyncio.sleep(RETRY_SECONDS)


def _due(
    device: str, bedsides: Sequence[VirtualBedside], since: datetime, now: datetime, round_number: int
) -> list[bytes]:
    for bedside in bedsides:
        if device == bedside.monitor_id:
            return [*bedside.monitor_events(since, now), bedside.monitor_message(now)]
        if device == bedside.pump_id:
            state = [bedside.pump_message(now)] if round_number % PUMP_EVERY == 0 else []
            return [*bedside.pump_events(since, now), *state]
    return []


@contextlib.asynccontextmanager
async def _connected(line: Line):  # type: ignore[no-untyped-def]
    reader, writer = await asyncio.open_connection(line.host, line.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, decoder: MllpDecoder, message: bytes
) -> str:
    """Send one message; return the last letter of its acknowledgement: A stored, R refused, E send again."""
    writer.write(framed(message))
    await writer.drain()
    control_id = parse(message).header.text(10)
    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            data = await reader.read(65_536)
            if not data:
                raise ConnectionResetError
            for answer in decoder.feed(data):
                if (code := _code(answer.data, control_id)) is not None:
                    return code


def _code(answer: bytes, control_id: str) -> str | None:
    try:
        acknowledgement = parse(answer).first("MSA")
    except Hl7Problem:
        return None
    # An answer to another message (one that was given up on) is not ours.
    if acknowledgement is None or acknowledgement.text(2) != control_id:
        return None
    return acknowledgement.text(1)[-1:]
