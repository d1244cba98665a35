"""What fails behind the socket, the sink or the gateway itself, costs no message, and no device its connection."""

import asyncio
import threading
from datetime import tzinfo

from glimmer.gateway.framing import framed
from glimmer.gateway.server import COULD_NOT_READ, Gateway, Outcome
from tests.support.gateway_story import Memory, connected, until, vitals, with_gateway


def test_sink_that_forgets_an_outcome_counts_as_a_failure():
    class Forgetful(Memory):
        def store(self, batch):
            return list(super().store(batch))[:-1]

    async def play() -> None:
        gateway = Gateway(Forgetful(), port=0)
        await gateway.start()
        try:
            async with connected(gateway) as device:
                device.sends(framed(vitals("1")))
                assert await device.hears() == [("CE", "1")]
        finally:
            await gateway.stop()

    asyncio.run(play())


def test_sink_may_refuse_a_message():
    class Strict(Memory):
        def store(self, batch):
            return [Outcome("refused", "not here") for _ in batch]

    async def play() -> None:
        gateway = Gateway(Strict(), port=0)
        await gateway.start()
        try:
            async with connected(gateway) as device:
                device.sends(framed(vitals("1")))
                assert await device.hears() == [("CR", "1")]
        finally:
            await gateway.stop()

    asyncio.run(play())


def test_fault_of_our_own_costs_neither_the_message_nor_the_connection(caplog):
    class BrokenZone(tzinfo):
        def utcoffset(self, moment):
            raise ZeroDivisionError

    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1").replace(b"+0000", b"")))
            async with asyncio.timeout(10):
                assert b"MSA|AR|" in await device.reader.readuntil(b"\x1c\r")
            device.sends(framed(vitals("2")))
            assert await device.hears() == [("CA", "2")]

    lost, _ = with_gateway(story, zone=BrokenZone()).stored
    assert lost.message.quarantine == COULD_NOT_READ
    assert lost.raw == vitals("1").replace(b"+0000", b"")
    assert "Traceback" not in caplog.text


def test_sink_is_closed_in_the_thread_that_used_it():
    class Closing(Memory):
        def close(self) -> None:
            self.threads.add("closed in " + threading.current_thread().name)

    sink = Closing()

    async def play() -> None:
        gateway = Gateway(sink, port=0)
        await gateway.start()
        await gateway.stop()

    asyncio.run(play())
    assert sink.threads == {"closed in gateway-writer"}


def test_device_that_never_takes_its_answers_does_not_hold_up_the_stop():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(b"".join(framed(vitals(str(n) * 400)) for n in range(10)) * 400)
            await until(lambda: gateway.counts.stored > 500)
            async with asyncio.timeout(30):
                await gateway.stop()

    with_gateway(story)


def test_answer_that_cannot_be_written_does_not_silence_the_gateway(caplog):
    class Unspeakable(Memory):
        def store(self, batch):
            super().store(batch)
            return [Outcome("refused", "\ud800") if one.message.control_id == "1" else Outcome("x") for one in batch]

    async def story() -> None:
        gateway = Gateway(Unspeakable(), port=0)
        await gateway.start()
        try:
            async with connected(gateway) as device:
                device.sends(framed(vitals("1")))
                await until(lambda: gateway.counts.stored == 1)
                device.sends(framed(vitals("2")))
                assert await device.hears() == [("CA", "2")]
                assert (gateway.counts.not_stored, gateway.queued) == (0, (0, 0))
        finally:
            await gateway.stop()

    asyncio.run(asyncio.wait_for(story(), 20))
    assert "an answer could not be written" in caplog.text
