"""What runs beside the pages in the one process: the bedside gateway, the watcher, the demo's monitors.

All of it is started and stopped with the server (ASGI lifespan), never by a request: a task that a request
starts inherits that request's thread-bound context and dies with it.
"""

import asyncio
import contextlib
import errno
import logging
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from django.db import connections

from glimmer.actions.live import report_trouble, trouble_over
from glimmer.actions.watch import watch
from glimmer.config.bedside import BedsideSink
from glimmer.config.demo_bedsides import DemoBedsides
from glimmer.config.environment import Environment
from glimmer.gateway.server import Gateway
from glimmer.gateway.virtual import run as run_bedsides

LOG = logging.getLogger("glimmer.running")
TICK_SECONDS = 1.0
PORT_RETRY_SECONDS = 10.0
# Python lets a thread run for 5 ms before another may: on the way from socket to page that is waited three times.
SWITCH_SECONDS = 0.0005


class Running:
    """The parts of the process that are not pages. `start` and `stop` are called on the server's event loop."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.data_dir: Path = environment.data_dir.resolve()
        self.gateway: Gateway | None = None
        self.bedsides = DemoBedsides(self.data_dir) if environment.demo else None
        self._said = ""
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start watching, then listening: alarms are worked out before the first message arrives."""
        sys.setswitchinterval(SWITCH_SECONDS)
        self._watcher = threading.Thread(target=self._watch, name="glimmer-watcher", daemon=True)
        self._watcher.start()
        if self.environment.gateway and not await self._listen():
            self._tasks.append(asyncio.create_task(self._listen_later()))

    async def stop(self) -> None:
        """Stop the demo's monitors, store and answer what was received, end the watch."""
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.gateway is not None:
            await self.gateway.stop()
            (self.data_dir / "gateway-port").unlink(missing_ok=True)
        if self._watcher is not None:
            await asyncio.to_thread(self._watcher.join, 5.0)

    # The gateway

    async def _listen(self) -> bool:
        host, port = self.environment.gateway_host, self.environment.gateway_port
        gateway = Gateway(BedsideSink(), host, port)
        try:
            await gateway.start()
        except OSError as problem:
            says = f"The bedside gateway is not running: {_why(problem, host, port)}."
            if says != self._said:
                LOG.error(says)
                self._said = says
            report_trouble("gateway", f"{says} Readings from monitors do not arrive; write observations by hand.")
            return False
        self.gateway = gateway
        bound_host, bound_port = gateway.address
        self.data_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "gateway-port").write_text(f"{bound_port}\n", encoding="utf-8")
        trouble_over("gateway")
        LOG.info("The bedside gateway listens on %s port %d.", bound_host, bound_port)
        if self.bedsides is not None:
            self._tasks.append(asyncio.create_task(run_bedsides(self.bedsides.current, bound_host, bound_port)))
        return True

    async def _listen_later(self) -> None:
        """Try the port again now and then: whoever holds it may leave."""
        while True:
            await asyncio.sleep(PORT_RETRY_SECONDS)
            if await self._listen():
                return

    # The watcher, in a thread of its own

    def _watch(self) -> None:
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                self._tick()
                # A tick that took long is not made up for by a hurried one.
                self._stopping.wait(max(TICK_SECONDS - (time.monotonic() - began), TICK_SECONDS / 10))
        finally:
            connections.close_all()

    def _rest(self, sessions: int) -> datetime:
        """Spread the looks over half the tick: between two of them, readings and pages have the processor."""
        self._stopping.wait(TICK_SECONDS / 2 / sessions)
        return datetime.now(UTC)

    def _tick(self) -> None:
        now = datetime.now(UTC)
        try:
            watch(now, self._rest)
            if self.bedsides is not None:
                self.bedsides.refresh(now)
            trouble_over("watch")
        except Exception as problem:
            LOG.error("The watch over the sessions failed (%s); it is tried again.", type(problem).__name__)
            report_trouble("watch", "Alarms are not being worked out now. Watch the monitors themselves.", now)
            with contextlib.suppress(Exception):
                connections.close_all()


def _why(problem: OSError, host: str, port: int) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"port {port} is in use"
    if problem.errno == errno.EACCES:
        return f"this user may not open port {port}"
    return f"it cannot listen on {host} port {port}"
