"""The processes of the gateway benchmark: our gateway, the peer's server, and the devices. See bench/gateway.py.

python -m bench.gateway_parts clinic             our gateway into the records in GLIMMER_DATA_DIR; prints its port
python -m bench.gateway_parts tables FILE        our gateway into two plain tables; prints its port
python -m bench.gateway_parts peer               PyPI hl7's server; prints its port
python -m bench.gateway_parts devices PORT COUNT SECONDS FILE
                                                 one message outstanding per connection; prints answers a second
"""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import django
import hl7
from hl7.mllp import start_hl7_server

from glimmer.gateway.framing import framed
from glimmer.gateway.server import Gateway, Outcome, Received, Sink
from glimmer.gateway.virtual import VirtualBedside

SCHEMA = """
CREATE TABLE message (id INTEGER PRIMARY KEY, fingerprint TEXT UNIQUE, sender TEXT, control_id TEXT, device TEXT,
                      received_at TEXT, raw BLOB);
CREATE TABLE reading (message INTEGER REFERENCES message, parameter TEXT, value REAL, measured_at TEXT, site TEXT);
"""


class SqliteSink:
    """Stores every message and its readings in SQLite, one durable transaction per batch (WAL, synchronous FULL)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def store(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        if self._connection is None:
            # Opened here because SQLite wants each connection used by the thread that opened it.
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(SCHEMA)
        link = self._connection
        link.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [self._one(link, received) for received in batch]
            link.execute("COMMIT")
        except BaseException:
            link.execute("ROLLBACK")
            raise
        return outcomes

    def _one(self, link: sqlite3.Connection, received: Received) -> Outcome:
        message = received.message
        stored = link.execute(
            "INSERT OR IGNORE INTO message (fingerprint, sender, control_id, device, received_at, raw)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                message.fingerprint,
                message.sender,
                message.control_id,
                message.device,
                received.received_at.isoformat(),
                received.raw,
            ),
        )
        if not stored.rowcount:
            return Outcome("duplicate")
        link.executemany(
            "INSERT INTO reading VALUES (?, ?, ?, ?, ?)",
            [
                (stored.lastrowid, r.parameter.value, r.value, r.measured_at.isoformat(), r.site)
                for r in message.readings
            ],
        )
        return Outcome("charted")


def clinic_sink() -> Sink:
    """Return the sink that the product itself uses, with the settings that GLIMMER_... name."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "glimmer.config.settings"
    django.setup()
    from glimmer.config.bedside import BedsideSink
    from glimmer.config.running import SWITCH_SECONDS

    sys.setswitchinterval(SWITCH_SECONDS)
    return BedsideSink()


async def serve_ours(sink: Sink) -> None:
    """Serve our gateway until killed."""
    gateway = Gateway(sink, port=0)
    await gateway.start()
    print(gateway.address[1], flush=True)
    await asyncio.Event().wait()


async def serve_peer() -> None:
    """Serve PyPI `hl7` as its documentation does: read, parse, take the values, acknowledge. Nothing is stored."""

    async def talk(reader: Any, writer: Any) -> None:
        try:
            while not writer.is_closing():
                message = await reader.readmessage()
                _values = [(str(row[3][0][0]), str(row[5])) for row in message.segments("OBX")]
                writer.writemessage(message.create_ack())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await start_hl7_server(talk, port=0, host="127.0.0.1", encoding="utf-8")
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


class Device(asyncio.Protocol):
    """One connection that always has exactly one message outstanding."""

    def __init__(self, number: int, message: bytes, counts: list[int]) -> None:
        self._before, self._after = message.split(b"CONTROLID")
        self._number, self._turn, self._counts = number, 0, counts
        self._heard = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        control_id = b"%d-%d" % (self._number, self._turn)
        self._transport.write(framed(self._before + control_id + self._after))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if not self._heard.endswith(b"\x1c\r"):
            return
        if (
            b"|%d-%d" % (self._number, self._turn) not in self._heard
            or b"|AE|" in self._heard
            or b"|CE|" in self._heard
        ):
            raise RuntimeError("The answer is not to the message that was sent, or says that it was not stored.")
        self._heard.clear()
        self._counts[0] += 1
        self._turn += 1
        self._send()


async def play_devices(port: int, count: int, seconds: float, patients: str) -> None:
    """Send for a while, the first fifth of it not counted; print the answers per second.

    `patients` is a JSON file that says which monitor stands by whom.
    """
    known = json.loads(Path(patients).read_text())
    counts = [0]
    loop = asyncio.get_running_loop()
    for number, patient in zip(range(count), known, strict=False):
        device = partial(Device, number, _message(patient), counts)
        await loop.create_connection(device, "127.0.0.1", port)
    await asyncio.sleep(seconds / 5)
    before, began = counts[0], time.perf_counter()
    await asyncio.sleep(seconds)
    print((counts[0] - before) / (time.perf_counter() - began), flush=True)


def _message(patient: dict[str, Any]) -> bytes:
    """Return vital signs with CONTROLID where the control id belongs."""
    now = datetime.now(UTC)
    identifiers = ((patient["local_number"], "GLIMMER", "MR"), (patient["nhs_number"], "NHS", "NH"))
    bedside = VirtualBedside(identifiers, ("Example", "Zed"), "Bay", patient["monitor"], "pump", script_from=now)
    bedside = replace(bedside, sender="BENCH")
    message = bedside.monitor_message(now)
    control_id = hl7.parse(message.decode())["MSH.F10"].encode()
    # Both ask for the one application acknowledgement that the peer's library writes.
    return message.replace(b"|" + control_id + b"|", b"|CONTROLID|", 1).replace(b"|||AL|NE|", b"|||||", 1)


if __name__ == "__main__":
    part, *rest = sys.argv[1:]
    if part == "clinic":
        asyncio.run(serve_ours(clinic_sink()))
    elif part == "tables":
        asyncio.run(serve_ours(SqliteSink(rest[0])))
    elif part == "peer":
        asyncio.run(serve_peer())
    else:
        asyncio.run(play_devices(int(rest[0]), int(rest[1]), float(rest[2]), rest[3]))
