"""What runs beside the pages: it starts and stops cleanly, and says in words what is wrong."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from glimmer.actions import live
from glimmer.config import running as running_module
from glimmer.config.environment import Environment
from glimmer.config.running import Running


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    """Stand in for the watch over the sessions, which has tests of its own and needs a database."""
    ticks: list[datetime] = []
    monkeypatch.setattr(running_module, "watch", lambda now, rest: ticks.append(now))
    monkeypatch.setattr(running_module, "TICK_SECONDS", 0.05)
    yield ticks
    for one in live.trouble():
        live.trouble_over(one.part)


def scene(tmp_path: Path, port: int, act: Callable[[Running], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        running = Running(Environment(data_dir=tmp_path, gateway_port=port))
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
    monkeypatch.setattr(running_module, "PORT_RETRY_SECONDS", 0.05)
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
    said = [record.getMessage() for record in caplog.records]
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
