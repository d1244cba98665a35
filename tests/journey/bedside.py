"""The monitor and the pump at a patient's bay: they speak HL7 over TCP to the clinic's own bedside port."""

import asyncio
import contextlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from glimmer.gateway.virtual import Pause, VirtualBedside
from glimmer.gateway.virtual import run as run_bedsides

MINUTES_TO_THE_TOP = 4.0
"""After so many minutes of its script the virtual patient's pressure has risen as far as it will."""


class Bedside:
    """The devices of one bay. What a test tells them, the next message shows."""

    def __init__(self, port: int, bay: int, name: tuple[str, str], nhs_number: str, local_number: str = "") -> None:
        identifiers = ((nhs_number, "NHS", "NH"),)
        if local_number:
            identifiers = ((local_number, "GLIMMER", "MR"), *identifiers)  # type: ignore[assignment]
        self.port = port
        self._is = VirtualBedside(
            identifiers=identifiers,
            patient_name=name,
            bay=f"Bay {bay}",
            monitor_id=f"bay-{bay}-monitor",
            pump_id=f"bay-{bay}-pump",
            script="calm",
            seed=7,
            script_from=datetime.now(UTC),
            cuff_every_seconds=2,
            sender="BEDSIDE_TEST",
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._play, name=f"bedside-{bay}", daemon=True)

    def is_switched_on(self) -> "Bedside":
        self._thread.start()
        return self

    def is_switched_off(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(10)

    def pump_starts(self) -> None:
        self._change(started_at=datetime.now(UTC))

    def pump_stands_still(self) -> None:
        self._change(pauses=(*self._is.pauses, Pause(datetime.now(UTC))))

    def pump_goes_on(self) -> None:
        *others, last = self._is.pauses
        self._change(pauses=(*others, replace(last, until=datetime.now(UTC))))

    def pump_is_stopped(self) -> None:
        self._change(stopped_at=datetime.now(UTC))

    def pressure_rises(self) -> None:
        self._change(script="hypertensive", script_from=datetime.now(UTC) - timedelta(minutes=MINUTES_TO_THE_TOP))

    def pressure_settles(self) -> None:
        self._change(script="calm", script_from=datetime.now(UTC))

    def _change(self, **facts: Any) -> None:
        self._is = replace(self._is, **facts)

    def _play(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(
            run_bedsides(lambda: (self._is,), "127.0.0.1", self.port, every_seconds=0.5)
        )
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        self._loop.close()
