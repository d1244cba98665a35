"""A device at the gateway's socket, and a sink that remembers: for tests that tell one line's story."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from glimmer.gateway.framing import MllpDecoder
from glimmer.gateway.hl7 import parse
from glimmer.gateway.server import Gateway, Outcome, Received


def vitals(control_id: str, saturation: int = 97, modes: str = "AL|NE", filler: str = "") -> bytes:
    """Return one message with a saturation; `filler` makes it longer."""
    return (
        f"MSH|^~\\&|MON|WARD|||20261122120000+0000||ORU^R01^ORU_R01|{control_id}|P|2.6|||{modes}\r"
        "PID|||9990000018^^^NHS^NH||Example^Zed\r"
        "OBR|1||1|69965^X^MDC|||20261122115959+0000\r"
        f"OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|{saturation}|262688^MDC_DIM_PERCENT^MDC|||||R{filler}\r"
    ).encode()


class Memory:
    """A sink that keeps what it is given and knows a repeat; `gate` holds the writer back, `broken` makes it fail."""

    def __init__(self) -> None:
        self.batches: list[list[Received]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.broken: Callable[[Received], bool] = lambda _: False
        self.threads: set[str] = set()

    @property
    def stored(self) -> list[Received]:
        """Everything that was stored, in order."""
        return [received for batch in self.batches for received in batch]

    def store(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        """Keep a batch; a repeat is kept once."""
        self.threads.add(threading.current_thread().name)
        self.gate.wait(20)
        if any(self.broken(received) for received in batch):
            raise OSError("disk full; patient 9990000018 could not be written")
        seen = {r.message.fingerprint for r in self.stored if r.message.fingerprint}
        outcomes, new = [], []
        for received in batch:
            if received.message.fingerprint in seen:
                outcomes.append(Outcome("duplicate"))
                continue
            seen.add(received.message.fingerprint or str(id(received)))
            new.append(received)
            quarantine = received.message.quarantine
            outcomes.append(Outcome("quarantined", quarantine) if quarantine else Outcome("charted"))
        self.batches.append(new)
        return outcomes


class Device:
    """A monitor's end of the line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._decoder, self._waiting = MllpDecoder(), []

    def sends(self, *packets: bytes) -> None:
        """Put packets on the line without waiting."""
        for packet in packets:
            self.writer.write(packet)

    async def hears(self, count: int = 1) -> list[tuple[str, str]]:
        """Return the next answers as (code, control id answered); fail after ten seconds."""
        async with asyncio.timeout(10):
            while len(self._waiting) < count:
                data = await self.reader.read(65_536)
                assert data, "the gateway closed the connection"
                self._waiting += [parse(frame.data).first("MSA") for frame in self._decoder.feed(data)]
        answers, self._waiting = self._waiting[:count], self._waiting[count:]
        return [(answer.text(1), answer.text(2)) for answer in answers]

    async def is_cut_off(self) -> bool:
        """Say whether the gateway ends the connection; fail after ten seconds."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True


@asynccontextmanager
async def connected(gateway: Gateway) -> AsyncIterator[Device]:
    """A device on a connection of its own."""
    reader, writer = await asyncio.open_connection(*gateway.address)
    try:
        yield Device(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def with_gateway(story: Callable[[Gateway, Memory], Awaitable[None]], **options: object) -> Memory:
    """Run `story` against a gateway on a free port of the loopback; return what it stored."""
    sink = Memory()

    async def play() -> None:
        gateway = Gateway(sink, port=0, **options)
        await gateway.start()
        try:
            await story(gateway, sink)
        finally:
            sink.gate.set()
            await gateway.stop()

    asyncio.run(play())
    return sink


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail after ten seconds."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
