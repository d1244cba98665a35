"""What runs beside the pages in the one process: the bedside gateway, the watcher, the demo's monitors.

All of it is started and stopped with the server (ASGI lifespan), never by a request: a task that a request
starts inherits that request's thread-bound context and dies with it.
"""

import asyncio
import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection, connections

from glimmer.actions.delivery import deliver_until, wake
from glimmer.actions.gateway_status import GatewayWatch
from glimmer.actions.live import report_trouble, sessions_followed, trouble_over
from glimmer.actions.reminders import remind_until
from glimmer.actions.watch import watch
from glimmer.config.checkpoints import keep_log_short
from glimmer.config.environment import Environment
from glimmer.config.listening import Listening
from glimmer.config.memory import Housekeeping
from glimmer.config.prediction_process import ALL
from glimmer.gateway.server import Gateway
from glimmer.records.heads import HeadFile, head_now
from glimmer.records.signed_heads import export_head, newest_export, signing_key

if TYPE_CHECKING:
    from glimmer.config.demo_bedsides import DemoBedsides

LOG = logging.getLogger("glimmer.running")
TICK_SECONDS = 1.0
# How much of the audit trail could be cut off without a trace outside the database.
HEADS_SECONDS = 60.0
EXPORT_EVERY = timedelta(days=1)
# Python lets a thread run for 5 ms before another may: on the way from socket to page that is waited three times.
SWITCH_SECONDS = 0.0005


def _bedsides(environment: Environment) -> "DemoBedsides":
    # Only here: a clinic's own process need not hold what virtual patients are worked out with.
    if environment.training:
        from glimmer.config.training_bedsides import TrainingBedsides

        return TrainingBedsides(environment.data_dir.resolve())
    from glimmer.config.demo_bedsides import DemoBedsides

    return DemoBedsides(environment.data_dir.resolve())


class Running:
    """The parts of the process that are not pages. `start` and `stop` are called on the server's event loop."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.data_dir: Path = environment.data_dir.resolve()
        self.bedsides = _bedsides(environment) if environment.demo else None
        self._listening: Listening | None = None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start watching, then listening: alarms are worked out before the first message arrives."""
        sys.setswitchinterval(SWITCH_SECONDS)
        self._beside(self._watch, "glimmer-watcher")
        self._beside(lambda: deliver_until(self._stopping), "glimmer-sender")
        self._beside(lambda: remind_until(self._stopping), "glimmer-reminders")
        if connection.vendor == "sqlite":
            self._beside(lambda: keep_log_short(self._stopping), "glimmer-checkpoints")
        if self.environment.gateway:
            self._listening = Listening(self.environment, self._monitors_speak)
            await self._listening.start()
        else:
            self._tasks.append(asyncio.create_task(self._watch_the_other_gateway()))

    @property
    def gateway(self) -> Gateway | None:
        """The gateway of this process, while it listens."""
        return self._listening.gateway if self._listening else None

    async def stop(self) -> None:
        """Stop the demo's monitors, store and answer what was received, end the watch."""
        self._stopping.set()
        wake()
        # A page that waits for one of the models would hold up the end of the process.
        for process in ALL:
            await asyncio.to_thread(process.end)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listening is not None:
            await self._listening.stop()
        for thread in self._threads:
            await asyncio.to_thread(thread.join, 5.0)

    def _beside(self, do: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=do, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _monitors_speak(self, host: str, port: int) -> None:
        if self.bedsides is not None:
            from glimmer.gateway.virtual import run as run_bedsides

            self._tasks.append(asyncio.create_task(run_bedsides(self.bedsides.current, host, port)))

    async def _watch_the_other_gateway(self) -> None:
        other = GatewayWatch(self.data_dir)
        while True:
            other.look()
            await asyncio.sleep(TICK_SECONDS)

    # The watcher, in a thread of its own

    def _watch(self) -> None:
        keeping, heads = Housekeeping(), HeadFile(self.data_dir)
        heads_at = time.monotonic()
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                self._tick()
                keeping.tick(sessions_followed())
                if began - heads_at >= HEADS_SECONDS:
                    heads_at = began
                    self._keep_heads(heads)
                # A tick that took long is not made up for by a hurried one.
                self._stopping.wait(max(TICK_SECONDS - (time.monotonic() - began), TICK_SECONDS / 10))
        finally:
            self._keep_heads(heads)
            keeping.end()
            connections.close_all()

    def _keep_heads(self, heads: HeadFile) -> None:
        try:
            now = datetime.now(UTC)
            heads.write(now)
            self._export_once_a_day(now)
            trouble_over("heads")
        except Exception as problem:
            LOG.error("The heads of the audit trail could not be kept (%s).", type(problem).__name__)
            report_trouble("heads", "The proof of the audit trail cannot be written. Tell the person who runs Glimmer.")

    def _export_once_a_day(self, now: datetime) -> None:
        """Sign and export where the chains end, when the newest export is a day old: also after days switched off."""
        if not self.environment.audit_signing_key:
            return
        folder = self.environment.audit_export_folder
        newest = newest_export(folder, now)
        if newest is None or now - newest >= EXPORT_EVERY:
            export_head(head_now(), folder, signing_key(Path(self.environment.audit_signing_key)), now)

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
