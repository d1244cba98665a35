"""What a sink does after the answers: no device waits for it, and nothing of it is left behind or spoils the line."""

import asyncio
import threading

from glimmer.gateway.framing import framed
from glimmer.gateway.server import Gateway
from tests.support.bedside import NOON
from tests.support.gateway_story import Memory, connected
from tests.support.monitor_line import vitals as vitals_of


def vitals(control_id: str) -> bytes:
    return vitals_of(control_id, "bay-1-monitor", "A1", 120, NOON)


class Telling(Memory):
    """A sink that tells what it stored, and may be held up or fail while it does."""

    def __init__(self) -> None:
        super().__init__()
        self.may_tell = threading.Event()
        self.told: list[str] = []
        self.fails = False

    def after_answers(self) -> None:
        assert self.may_tell.wait(20)
        if self.fails:
            raise RuntimeError("no page can be told")
        new = [received.message.control_id for received in self.stored if received.message.control_id not in self.told]
        self.told += new


async def play(sink: Telling, *, stop_while_telling: bool = False) -> None:
    gateway = Gateway(sink, port=0)
    await gateway.start()
    try:
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")))
            assert (await device.hears())[0][1] == "1"
            assert sink.told == []
            if not stop_while_telling:
                sink.may_tell.set()
            device.sends(framed(vitals("2")))
            if not stop_while_telling:
                assert (await device.hears())[0][1] == "2"
    finally:
        asyncio.get_running_loop().call_later(0.1, sink.may_tell.set)
        await gateway.stop()


def test_device_has_its_answer_before_anything_is_told():
    sink = Telling()
    asyncio.run(play(sink))
    assert sink.told == ["1", "2"]


def test_telling_that_fails_does_not_stop_the_storing():
    sink = Telling()
    sink.fails = True
    asyncio.run(play(sink))
    assert [received.message.control_id for received in sink.stored] == ["1", "2"]


def test_stop_tells_what_was_stored_before_it_ends():
    sink = Telling()
    asyncio.run(play(sink, stop_while_telling=True))
    assert sink.told == [received.message.control_id for received in sink.stored]
    assert sink.told[0] == "1"
