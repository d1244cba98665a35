"""The gateway's bounds over real sockets: a sender that sends too much waits, nothing is dropped, others go on."""

import asyncio
import socket
from contextlib import suppress

import pytest
import uvloop

from glimmer.gateway.bounds import Limits
from glimmer.gateway.framing import framed
from glimmer.gateway.server import Gateway
from tests.support.gateway_story import Memory, connected, until, vitals, with_gateway


def test_a_connection_beyond_its_rate_is_slowed_and_loses_nothing_while_another_goes_on() -> None:
    async def story(gateway, sink):
        async with connected(gateway) as loud, connected(gateway) as quiet:
            loud.sends(*(framed(vitals(str(number), filler="x" * 20_000)) for number in range(60)))
            await until(lambda: gateway.counts.slowed == 1)
            assert gateway.counts.received < 60
            quiet.sends(framed(vitals("quiet")))
            assert await quiet.hears() == [("CA", "quiet")]
            assert gateway.counts.received < 60
            assert await loud.hears(60) == [("CA", str(number)) for number in range(60)]

    assert len(with_gateway(story, limits=Limits(messages_per_second=25)).stored) == 61


def test_bytes_that_wait_hold_every_socket_back_until_there_is_room() -> None:
    async def story(gateway, sink):
        sink.gate.clear()
        async with connected(gateway) as one, connected(gateway) as two:
            for device in (one, two):
                device.sends(*(framed(vitals(str(number), filler="x" * 50_000)) for number in range(40)))
            await until(lambda: gateway.counts.queue_full == 1)
            await asyncio.sleep(0.2)
            taken, (messages, waiting) = gateway.counts.received, gateway.queued
            # At most one read of each socket beyond the bound.
            assert waiting < 200_000 + 2 * 300_000
            assert messages == taken < 80
            sink.gate.set()
            for device in (one, two):
                assert await device.hears(40) == [("CA", str(number)) for number in range(40)]
        assert gateway.queued == (0, 0)

    assert len({r.raw for r in with_gateway(story, limits=Limits(queued_bytes=200_000)).stored}) == 40


def test_a_device_that_never_reads_its_answers_is_cut_off_and_others_are_not_delayed() -> None:
    async def story(gateway, sink):
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(gateway.address)
        slow.setblocking(False)
        sent = 0
        async with connected(gateway) as other:
            while gateway.counts.closed_unread == 0:
                try:
                    sent += slow.send(framed(vitals(f"{sent}", modes="AL|AL")) * 50)
                except BlockingIOError:
                    await asyncio.sleep(0.01)
                except ConnectionError:
                    break
                other.sends(framed(vitals(f"other-{sent}")))
                assert (await other.hears())[0][0] == "CA"
            await until(lambda: gateway.connections == 1)
        slow.close()

    with_gateway(story, limits=Limits(unread_seconds=0.5, messages_per_second=100_000, half_message_seconds=0.4))


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_device_that_connects_while_all_are_held_back_is_held_back_too(loop) -> None:
    async def flood(gateway) -> None:
        async with connected(gateway) as device:
            device.sends(b"".join(framed(vitals(str(number))) for number in range(6_000)))
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await device.writer.drain()
            device.writer.transport.abort()

    async def play() -> None:
        sink = Memory()
        gateway = Gateway(sink, port=0, limits=Limits(queued_messages=10, messages_per_second=100_000))
        await gateway.start()
        sink.gate.clear()
        try:
            async with connected(gateway) as first:
                first.sends(*(framed(vitals(f"first-{number}")) for number in range(20)))
                await until(lambda: gateway.counts.queue_full == 1)
                await asyncio.gather(*(flood(gateway) for _ in range(3)))
                # One read of each, of at most a quarter of a megabyte.
                assert gateway.queued[1] < 4 * 300_000
        finally:
            sink.gate.set()
            await gateway.stop()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(play())


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="this system names these settings otherwise")
def test_the_network_is_asked_whether_a_silent_device_is_still_there() -> None:
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")))
            await device.hears()
            (link,) = gateway._links
            line = link._transport.get_extra_info("socket")
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 10

    with_gateway(story)


def test_six_hundred_devices_are_let_in_by_default() -> None:
    assert Limits().connections >= 600
