"""Handshakes at the gateway's door: bounded in time and in number, each that fails counted by its reason."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
import uvloop

from glimmer.gateway.admission import admission
from glimmer.gateway.bounds import Counts
from glimmer.gateway.framing import framed
from glimmer.gateway.server import Gateway, Limits
from glimmer.gateway.tls import tls_context
from tests.gateway.test_tls import HOST, Files, speaks
from tests.support.gateway_story import Device, Memory, until, vitals

Story = Callable[[Gateway], Awaitable[None]]
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=sorted(LOOPS))
def at_the_door(request: pytest.FixtureRequest, files: Files) -> Callable[..., Counts]:
    """Return a function that plays a story with a gateway that wants certificates, on each of the two event loops."""

    def play(story: Story, *, networks: str = "", **limits: float) -> Counts:
        async def run() -> Counts:
            gateway = Gateway(
                Memory(),
                port=0,
                tls=tls_context(files.certificate, files.key, files.authority_file),
                limits=Limits(**limits),
                admission=admission(networks),
            )
            await gateway.start()
            try:
                await story(gateway)
            finally:
                await gateway.stop()
            await until(lambda: gateway.connections == 0)
            return gateway.counts

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(run())

    return play


def failed(counts: Counts) -> dict[str, int]:
    """Return the reasons that were counted; they have to add up."""
    reasons = {
        name.removeprefix("handshakes_"): count
        for name, count in asdict(counts).items()
        if name.startswith("handshakes_") and name != "handshakes_full" and count
    }
    assert sum(reasons.values()) == counts.failed_handshakes
    return reasons


async def silent(gateway: Gateway) -> Device:
    """Connect and say nothing."""
    return Device(*await asyncio.open_connection(*gateway.address))


async def refused(gateway: Gateway, context: ssl.SSLContext) -> None:
    """Let a device try that is no event loop: it says why it does not like our certificate before it leaves."""

    def tries() -> None:
        plain = socket.create_connection(gateway.address, timeout=10)
        with plain, context.wrap_socket(plain, server_hostname=HOST) as device:
            assert device.recv(1) == b""
            raise ConnectionResetError

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.to_thread(tries)


def leaves(device: Device) -> None:
    device.writer.transport.abort()


def test_handshake_that_hangs_is_ended_in_time_and_counted(at_the_door: Callable[..., Counts]) -> None:
    async def story(gateway: Gateway) -> None:
        quiet, half = await silent(gateway), await silent(gateway)
        half.sends(b"\x16\x03\x01\x02\x00\x01")
        await until(lambda: gateway.open_handshakes == 2)
        assert await quiet.is_cut_off()
        assert await half.is_cut_off()
        await until(lambda: gateway.open_handshakes == 0)
        for device in (quiet, half):
            leaves(device)

    assert failed(at_the_door(story, handshake_seconds=0.3)) == {"too_slow": 2}


def test_no_more_than_so_many_are_open_at_once_and_whoever_waits_is_let_in_later(
    at_the_door: Callable[..., Counts], files: Files
) -> None:
    async def story(gateway: Gateway) -> None:
        known = Device(*await asyncio.open_connection(*gateway.address, ssl=files.device(files.authority)))
        hanging = [await silent(gateway) for _ in range(7)]
        await until(lambda: gateway.open_handshakes == 3)
        waiting = asyncio.create_task(speaks(gateway, files.device(files.authority), "late"))
        for _ in range(20):
            await asyncio.sleep(0.01)
            assert gateway.open_handshakes <= 3
        # Whoever is connected already does not notice.
        known.sends(framed(vitals("known")))
        assert await known.hears() == [("CA", "known")]
        assert not waiting.done()
        assert await waiting == [("CA", "late")]
        for device in (*hanging, known):
            leaves(device)

    counts = at_the_door(story, handshakes=3, handshake_seconds=1.0)
    assert failed(counts)["too_slow"] >= 3
    assert counts.handshakes_full >= 1


def test_after_a_power_cut_all_devices_come_at_once_and_all_are_let_in(
    at_the_door: Callable[..., Counts], files: Files
) -> None:
    async def story(gateway: Gateway) -> None:
        context = files.device(files.authority)
        answers = await asyncio.gather(*(speaks(gateway, context, str(number)) for number in range(60)))
        assert answers == [[("CA", str(number))] for number in range(60)]

    counts = at_the_door(story, handshakes=4)
    assert (counts.stored, failed(counts)) == (60, {})


def test_address_that_may_not_connect_gets_no_handshake(at_the_door: Callable[..., Counts], files: Files) -> None:
    async def story(gateway: Gateway) -> None:
        await refused(gateway, files.device(files.authority))

    counts = at_the_door(story, networks="10.0.0.0/8")
    assert (counts.refused_addresses, failed(counts), counts.received) == (1, {}, 0)


def test_each_failure_is_counted_by_its_reason(
    at_the_door: Callable[..., Counts], files: Files, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    expired = files.device()
    lapsed = files.authority.issue_cert(
        "monitor", not_before=now - timedelta(days=9), not_after=now - timedelta(days=1)
    )
    lapsed.configure_cert(expired)
    distrusting = ssl.create_default_context()
    trustme.CA().configure_trust(distrusting)
    files.authority.issue_cert("monitor").configure_cert(distrusting)
    old = files.device(files.authority)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    # The system's own floor would keep even the device from offering it.
    old.set_ciphers("DEFAULT:@SECLEVEL=0")

    async def story(gateway: Gateway) -> None:
        for context in (files.device(), files.device(files.stranger), expired, distrusting, old):
            before = gateway.counts.failed_handshakes
            await refused(gateway, context)
            await until(lambda before=before: gateway.counts.failed_handshakes == before + 1)
        with pytest.raises((ConnectionError, AssertionError)):
            await speaks(gateway, None)
        gone = await silent(gateway)
        await until(lambda: gateway.open_handshakes == 1)
        leaves(gone)
        await until(lambda: gateway.open_handshakes == 0)
        assert await speaks(gateway, files.device(files.authority)) == [("CA", "1")]

    assert failed(at_the_door(story)) == {
        "without_certificate": 1,
        "wrong_certificate": 1,
        "expired_certificate": 1,
        "refused_by_device": 1,
        "old_tls": 1,
        "plain_text": 1,
        "left": 1,
    }


@pytest.mark.parametrize("rounds", [0, 1, 50])
def test_stopping_ends_the_handshakes_that_are_under_way(at_the_door: Callable[..., Counts], rounds: int) -> None:
    """However far they came: one that was only just let in has no transport yet that would close it."""
    left: list[socket.socket] = []

    async def story(gateway: Gateway) -> None:
        left.append(await asyncio.to_thread(socket.create_connection, gateway.address, 10))
        while not gateway.open_handshakes:
            await asyncio.sleep(0)
        for _ in range(rounds):
            await asyncio.sleep(0)

    at_the_door(story)
    with left[0] as device, suppress(ConnectionResetError):
        assert device.recv(1) == b""


def test_port_that_is_taken_is_said_as_without_tls(files: Files) -> None:
    async def run() -> None:
        tls = tls_context(files.certificate, files.key)
        first = Gateway(Memory(), port=0, tls=tls)
        await first.start()
        try:
            with pytest.raises(OSError, match="in use"):
                await Gateway(Memory(), port=first.address[1], tls=tls).start()
        finally:
            await first.stop()

    asyncio.run(run())
