"""What runs beside the pages: it starts and stops cleanly, and says in words what is wrong."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from glimmer.actions import live
from glimmer.config import listening as listening_module
from glimmer.config import running as running_module
from glimmer.config.environment import Environment
from glimmer.config.running import Running
from glimmer.gateway.sink import Outcome, SinkUnavailable
from glimmer.records.signed_heads import new_key
from tests.support.monitor_line import vitals


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    """Stand in for the watch over the sessions, which has tests of its own and needs a database."""
    ticks: list[datetime] = []
    monkeypatch.setattr(running_module, "watch", lambda now, rest: ticks.append(now))
    monkeypatch.setattr(running_module, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(running_module.HeadFile, "write", lambda self, at: None)
    yield ticks
    for one in live.trouble():
        live.trouble_over(one.part)


def scene(tmp_path: Path, port: int, act: Callable[[Running], Coroutine[Any, Any, None]], **settings: str) -> None:
    async def play() -> None:
        running = Running(Environment(data_dir=tmp_path, gateway_port=port, **settings))
        await running.start()
        try:
            await act(running)
        finally:
            await running.stop()

    asyncio.run(play())


def test_a_free_port_is_chosen_and_written_where_others_find_it(watched: list, tmp_path: Path) -> None:
    async def act(running: Running) -> None:
        port = int((tmp_path / "gateway-port").read_text())
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()

    scene(tmp_path, 0, act)
    assert not (tmp_path / "gateway-port").exists()
    assert live.trouble() == ()


def test_a_taken_port_is_one_sentence_and_is_taken_over_once_it_is_free(
    watched: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening_module, "RETRY_SECONDS", 0.05)
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]

    async def act(running: Running) -> None:
        (shown,) = live.trouble()
        assert shown.says.startswith(f"The bedside gateway is not running: port {port} is in use.")
        other.close()
        for _ in range(200):
            if not live.trouble():
                break
            await asyncio.sleep(0.05)
        assert live.trouble() == ()
        assert running.gateway is not None
        assert running.gateway.address[1] == port

    with caplog.at_level(logging.ERROR, logger="glimmer.running"):
        scene(tmp_path, port, act)
    said = [record.getMessage() for record in caplog.records if record.name == "glimmer.running"]
    assert said == [f"The bedside gateway is not running: port {port} is in use."]


def test_the_watch_goes_on_after_a_fault_and_the_board_says_that_it_failed(
    watched: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[str] = []
    seen: list[str] = []

    def watch(now: datetime, rest: object) -> int:
        seen.extend(one.says for one in live.trouble())
        turns.append("turn")
        if len(turns) == 1:
            raise OSError("disk full")
        return 0

    monkeypatch.setattr(running_module, "watch", watch)

    async def act(running: Running) -> None:
        while len(turns) < 3:
            await asyncio.sleep(0.01)

    scene(tmp_path, 0, act)
    assert "Alarms are not being worked out now. Watch the monitors themselves." in seen
    assert live.trouble() == ()


def test_it_watches_again_and_again_until_it_is_stopped(watched: list, tmp_path: Path) -> None:
    async def act(running: Running) -> None:
        while len(watched) < 3:
            await asyncio.sleep(0.01)

    scene(tmp_path, 0, act)
    count = len(watched)
    assert watched == sorted(watched)
    assert len(watched) == count


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"gateway_tls_certificate": "nowhere.pem"}, "the TLS certificate nowhere.pem cannot be read"),
        ({"gateway_allowed_networks": "10.0.0.0/99"}, "10.0.0.0/99 is not a network"),
    ],
)
def test_a_setting_that_cannot_be_used_is_on_the_board_and_nobody_is_let_in(
    watched: list, tmp_path: Path, settings: dict[str, str], says: str
) -> None:
    async def act(running: Running) -> None:
        (shown,) = live.trouble()
        assert shown.says.startswith("The bedside gateway is not running: ")
        assert says in shown.says
        assert running.gateway is None

    scene(tmp_path, 0, act, **settings)


def test_file_that_goes_bad_while_monitors_are_heard_is_on_the_board_before_a_restart_needs_it(
    watched: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_module, "FILES_SECONDS", 0.05)
    issued, certificate = trustme.CA().issue_cert("127.0.0.1"), tmp_path / "gateway.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    sound = certificate.read_bytes()

    async def act(running: Running) -> None:
        for content, says in ((sound, ""), (b"", "cannot be used"), (sound, "")):
            certificate.write_bytes(content)
            for _ in range(200):
                shown = " ".join(one.says for one in live.trouble())
                if (says in shown) if says else not shown:
                    break
                await asyncio.sleep(0.02)
            assert shown.startswith("Monitors are heard, but") if says else shown == ""
            assert running.gateway is not None

    scene(tmp_path, 0, act, gateway_tls_certificate=str(certificate))


def test_what_waits_on_disk_is_on_the_board_until_it_is_delivered(
    watched: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_module, "STATUS_SECONDS", 0.05)
    away = [True]

    class Sink:
        def store(self, batch: list) -> list:
            if away:
                raise SinkUnavailable
            return [Outcome("charted")] * len(batch)

    monkeypatch.setattr(listening_module, "BedsideSink", Sink)

    async def act(running: Running) -> None:
        reader, writer = await asyncio.open_connection(*running.gateway.address)
        writer.write(b"\x0b" + vitals("1", "bay-1-monitor", "A1", 120) + b"\x1c\r")
        assert b"MSA|AA|1" in await reader.readuntil(b"\x1c\r")
        while not live.trouble():
            await asyncio.sleep(0.01)
        assert [one.says for one in live.trouble()] == [
            "1 message from a monitor waits on disk until the database can be reached. "
            "Nothing is lost, but it is not shown yet."
        ]
        away.clear()
        while live.trouble():
            await asyncio.sleep(0.01)
        writer.close()
        await writer.wait_closed()

    scene(tmp_path, 0, act)


@pytest.mark.django_db
def test_signed_head_is_exported_once_a_day_and_after_a_day_switched_off(tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    running = Running(Environment(data_dir=tmp_path, audit_signing_key=str(tmp_path / "key")))
    start = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    exported = []
    for hours in (0, 1, 23, 25, 26, 90):
        running._export_once_a_day(start + timedelta(hours=hours))
        exported.append(len(list((tmp_path / "audit-export").iterdir())))
    assert exported == [1, 1, 1, 2, 2, 3]


@pytest.mark.django_db
def test_key_that_cannot_be_read_is_said_on_the_board_and_the_heads_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    running = Running(Environment(data_dir=tmp_path, audit_signing_key=str(tmp_path / "no-key")))
    running._keep_heads(running_module.HeadFile(tmp_path))
    try:
        assert [one.part for one in live.trouble()] == ["heads"]
        assert len(list((tmp_path / "heads").iterdir())) == 1
        assert "could not be kept (BadInput)" in caplog.text
    finally:
        live.trouble_over("heads")
