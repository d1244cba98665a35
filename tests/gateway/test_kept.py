"""An arrival that waited on disk: whether its time of arrival still means what it says."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from glimmer.gateway import kept
from glimmer.gateway.clock import CLINIC_ZONE, boot, uptime
from glimmer.gateway.forward import StoreAndForward
from glimmer.gateway.framing import framed
from glimmer.gateway.message import read_message
from glimmer.gateway.server import Gateway
from glimmer.gateway.sink import Received
from glimmer.gateway.spool import Spool
from tests.gateway.test_forward import Database
from tests.support.gateway_story import connected, until, vitals

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def again(waited: float, by_the_clock: float, **change: object) -> Received:
    """Return a message that waited so many seconds, while the machine's clock went so many."""
    raw, up = vitals("1"), uptime()
    came = Received(raw, read_message(raw, NOON), NOON, "", "key", boot=boot(), uptime=up)
    about = {**kept.arrival(came), **change}
    return kept.received_again(about, raw, NOON + timedelta(seconds=by_the_clock), up + waited, CLINIC_ZONE)


@pytest.mark.parametrize(
    ("waited", "by_the_clock", "held"),
    [(90, 90, True), (90, 90.9, True), (90, 92, False), (90, -150, False), (90, 3690, False), (0, 0, True)],
)
def test_a_clock_that_was_set_while_a_message_waited_is_noticed(waited: float, by_the_clock: float, held: bool) -> None:
    assert again(waited, by_the_clock).clock_held is held


@pytest.mark.parametrize("change", [{"boot": "another start"}, {"boot": ""}, {"uptime": 0.0}])
def test_after_another_start_of_the_machine_nobody_can_say(change: dict) -> None:
    assert again(90, 90).clock_held
    assert not again(90, 90, **change).clock_held


def test_a_file_of_an_earlier_version_says_nothing_about_the_clock() -> None:
    raw = vitals("1")
    about = {"received_at": NOON.isoformat(), "peer": "", "key": "k", "problem": "", "again": True}
    assert not kept.received_again(about, raw, NOON + MINUTE, uptime(), CLINIC_ZONE).clock_held


def test_this_machine_tells_its_starts_apart() -> None:
    assert boot()
    assert 0 < uptime() <= uptime()


@pytest.mark.parametrize(("step", "restarted", "held"), [(0, False, True), (0, True, True), (-4, False, False)])
def test_through_the_gateway_and_its_disk_a_set_clock_is_known_at_delivery(
    tmp_path: Path, step: int, restarted: bool, held: bool
) -> None:
    database, set_by = Database(), [timedelta()]

    def clock() -> datetime:
        return datetime.now(UTC) + set_by[0]

    def opened() -> StoreAndForward:
        forward = StoreAndForward(
            database.sink, Spool(tmp_path, most_bytes=100_000), clock=clock, retry_seconds=0.02, batch_messages=4
        )
        forward.start()
        return forward

    async def run() -> None:
        gateway = Gateway(opened(), port=0, clock=clock)
        await gateway.start()
        async with connected(gateway) as device:
            database.away = True
            device.sends(framed(vitals("1")))
            await device.hears()
            set_by[0] = step * MINUTE
            if not restarted:
                database.away = False
                await until(lambda: bool(database.rows))
        await gateway.stop()
        database.away = False
        if restarted:
            forward = opened()
            await until(lambda: bool(database.rows))
            await asyncio.to_thread(forward.close)

    asyncio.run(run())
    (row,) = database.rows
    assert row.clock_held is held
    assert row.delivered_at is not None
