"""Store and forward, through the real gateway: acknowledged while the database is away, delivered once, in order."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from glimmer.gateway.forward import StoreAndForward
from glimmer.gateway.framing import framed
from glimmer.gateway.server import Gateway
from glimmer.gateway.sink import Outcome, Received, SinkUnavailable
from glimmer.gateway.spool import Spool
from tests.support.gateway_story import Device, connected, until, vitals


class Database:
    """What both sinks write to: it knows a key that it has, may be away, may refuse, may break after a commit."""

    def __init__(self) -> None:
        self.rows: list[Received] = []
        self.away = False
        self.refuses: Callable[[Received], bool] = lambda _: False
        self.breaks_after_commit = False
        self.lock = threading.Lock()
        self.told = 0
        self.closed: list[str] = []

    @property
    def control_ids(self) -> list[str]:
        return [row.message.control_id for row in self.rows]

    def sink(self) -> "DatabaseSink":
        return DatabaseSink(self)


class DatabaseSink:
    def __init__(self, database: Database) -> None:
        self.database = database

    def store(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        with self.database.lock:
            if self.database.away:
                raise SinkUnavailable("gone")
            if any(self.database.refuses(one) for one in batch):
                raise ValueError("patient 9990000018 is refused")
            outcomes = []
            for one in batch:
                known = one.key in {row.key for row in self.database.rows}
                outcomes.append(Outcome("duplicate" if known else "charted"))
                if not known:
                    self.database.rows.append(one)
            if self.database.breaks_after_commit:
                self.database.breaks_after_commit = False
                raise SinkUnavailable("the line broke before the commit was confirmed")
            return outcomes

    def after_answers(self) -> None:
        self.database.told += 1

    def close(self) -> None:
        self.database.closed.append(threading.current_thread().name)


Story = Callable[[Device, Database, StoreAndForward], Awaitable[None]]


def play(folder: Path, story: Story, database: Database | None = None, **spool: int) -> Database:
    """Run the story with one device on a gateway that keeps in `folder` what the database cannot take."""
    database = database or Database()

    async def run() -> None:
        kept = Spool(folder, **{"most_bytes": 1_000_000, **spool})
        forward = StoreAndForward(database.sink, kept, retry_seconds=0.02, batch_messages=4)
        forward.start()
        gateway = Gateway(forward, port=0)
        await gateway.start()
        try:
            async with connected(gateway) as device:
                await story(device, database, forward)
        finally:
            await gateway.stop()

    asyncio.run(run())
    return database


async def say(device: Device, *control_ids: str, modes: str = "AL|NE") -> list[tuple[str, str]]:
    device.sends(*(framed(vitals(one, modes=modes)) for one in control_ids))
    return await device.hears(len(control_ids))


def test_while_the_database_is_away_messages_are_acknowledged_and_later_delivered_in_order(tmp_path: Path) -> None:
    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        assert await say(device, "0") == [("CA", "0")]
        database.away = True
        numbers = [str(number) for number in range(1, 60)]
        assert await say(device, *numbers) == [("CA", one) for one in numbers]
        assert database.control_ids == ["0"]
        assert forward.spool.waiting == 59
        database.away = False
        await until(lambda: forward.spool.waiting == 0)
        assert await say(device, "60") == [("CA", "60")]

    database = play(tmp_path, story)
    assert database.control_ids == [str(number) for number in range(61)]
    assert list(tmp_path.glob("*.spool")) == []
    assert database.closed == ["gateway-forwarder", "gateway-writer"]
    assert database.told


def test_what_comes_while_something_waits_queues_behind_it(tmp_path: Path) -> None:
    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.away = True
        await say(device, "1")
        database.lock.acquire()  # the database is back, but slow: the forwarder is in the middle of it
        database.away = False
        try:
            assert await say(device, "2", "3") == [("CA", "2"), ("CA", "3")]
        finally:
            database.lock.release()
        await until(lambda: forward.spool.waiting == 0)

    assert play(tmp_path, story).control_ids == ["1", "2", "3"]


def test_the_time_of_arrival_travels_with_the_message_and_the_time_of_delivery_beside_it(tmp_path: Path) -> None:
    began = datetime.now(UTC)

    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        await say(device, "0")
        database.away = True
        await say(device, "1")
        await asyncio.sleep(0.2)
        database.away = False
        await until(lambda: forward.spool.waiting == 0)

    direct, late = play(tmp_path, story).rows
    assert direct.delivered_at is None
    assert late.delivered_at is not None
    assert began < late.received_at < late.delivered_at - timedelta(seconds=0.1)
    assert late.message.received_at == late.received_at
    assert (late.raw, late.peer, late.key) == (vitals("1"), late.peer, late.message.fingerprint)
    assert late.message.readings == direct.message.readings


def test_a_restart_delivers_what_was_acknowledged_before_it(tmp_path: Path) -> None:
    database = Database()
    database.away = True

    async def before(device: Device, database: Database, forward: StoreAndForward) -> None:
        assert await say(device, "1", "2") == [("CA", "1"), ("CA", "2")]

    async def after(device: Device, database: Database, forward: StoreAndForward) -> None:
        assert forward.spool.waiting == 2
        await say(device, "3")
        database.away = False
        await until(lambda: forward.spool.waiting == 0)

    play(tmp_path, before, database)
    play(tmp_path, after, database)
    assert database.control_ids == ["1", "2", "3"]


def test_a_commit_that_was_not_confirmed_is_not_stored_twice(tmp_path: Path) -> None:
    junk = b"GET / HTTP/1.1\r\n\r\n"

    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.breaks_after_commit = True
        device.sends(junk + framed(vitals("1")))
        assert await device.hears() == [("CA", "1")]
        await until(lambda: forward.spool.waiting == 0)
        assert forward.counts.delivered >= 1

    database = play(tmp_path, story)
    # The junk has no fingerprint: its own key of this arrival tells it.
    assert [row.raw for row in database.rows] == [junk, vitals("1")]


def test_a_message_that_the_database_refuses_is_set_aside_and_does_not_block_the_others(tmp_path: Path) -> None:
    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.refuses = lambda received: received.message.control_id == "bad"
        database.away = True
        assert await say(device, "1", "bad", "2") == [("CA", "1"), ("CA", "bad"), ("CA", "2")]
        database.away = False
        await until(lambda: forward.spool.waiting == 0)
        assert forward.spool.set_aside == 1

    assert play(tmp_path, story).control_ids == ["1", "2"]
    (kept,) = (tmp_path / "aside").glob("*.hl7")
    assert kept.read_bytes() == vitals("bad")


def test_a_message_refused_at_once_is_set_aside_and_its_sender_told_no(tmp_path: Path) -> None:
    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.refuses = lambda received: received.message.control_id == "bad"
        assert await say(device, "1", "bad", "2") == [("CA", "1"), ("CR", "bad"), ("CA", "2")]
        assert forward.spool.set_aside == 1

    assert play(tmp_path, story).control_ids == ["1", "2"]
    (kept,) = (tmp_path / "aside").glob("*.hl7")
    assert kept.read_bytes() == vitals("bad")


def test_a_spool_that_is_full_asks_the_device_to_send_again(tmp_path: Path) -> None:
    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.away = True
        answers = [await say(device, str(number)) for number in range(8)]
        codes = [code for ((code, _),) in answers]
        assert codes == ["CA"] * codes.count("CA") + ["CE"] * codes.count("CE")
        assert 0 < codes.count("CA") < 8
        assert not forward.can_keep
        database.away = False
        await until(lambda: forward.spool.waiting == 0)
        assert database.control_ids == [str(number) for number in range(codes.count("CA"))]
        assert await say(device, "7") == [("CA", "7")]

    play(tmp_path, story, most_bytes=3_000)


def test_a_spool_that_cannot_be_written_asks_the_device_to_send_again(tmp_path: Path) -> None:
    blocked = tmp_path / "spool"
    blocked.write_text("a file where the folder should be")

    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.away = True
        assert await say(device, "1") == [("CE", "1")]
        database.away = False
        assert await say(device, "1") == [("CA", "1")]

    assert play(blocked, story).control_ids == ["1"]


def test_the_forwarder_survives_a_file_that_it_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.away = True
        await say(device, "1")
        whole, failures = forward.spool.take, []

        def take(most: int) -> object:
            if len(failures) < 2:
                failures.append(1)
                raise OSError(5, "Input/output error")
            return whole(most)

        monkeypatch.setattr(forward.spool, "take", take)
        database.away = False
        await until(lambda: forward.spool.waiting == 0)

    assert play(tmp_path, story).control_ids == ["1"]


def test_stopping_does_not_wait_for_a_database_that_is_away(tmp_path: Path) -> None:
    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.away = True
        await say(device, "1")

    assert play(tmp_path, story).rows == []
