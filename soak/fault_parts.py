"""What the fault jobs are made of: a clinic with a gateway process of its own, monitors that speak, and the judgement.

Each patient has a range of systolic pressures of their own, so that a reading on a wrong patient shows.
"""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.migrated import begin_with
from tests.support.monitor_line import vitals
from tests.support.postgres import free_port

PYTHON = [sys.executable, "-m"]
RANGE = 20
LOWEST = 60


class Clinic:
    """A data folder, a database and sessions in it; its gateway can be started, killed and asked how it is."""

    def __init__(self, folder: Path, database_url: str = "", host: str = "127.0.0.1") -> None:
        self.folder, self.host = folder, host
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.clock = folder.parent / f"{folder.name}-clock"
        self.log_path = folder.parent / f"{folder.name}-gateway.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GLIMMER_", "DJANGO_"))}
        self.environment = kept | {
            "DJANGO_SETTINGS_MODULE": "glimmer.config.settings",
            "GLIMMER_DATA_DIR": str(folder),
            "GLIMMER_DATABASE_URL": database_url,
            "GLIMMER_GATEWAY_HOST": host,
            "GLIMMER_GATEWAY_PORT": str(self.port),
            "GLIMMER_SECOND_FACTOR": "none",
            "GLIMMER_SECRET_KEY": "only-for-the-soak",
            "FAULT_CLOCK": str(self.clock),
        }
        self.places: list[dict[str, Any]] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.most_memory_mb = 0.0

    def fill(self, patients: int) -> None:
        """Bring the database up to date and open a running session for each patient."""
        if not self.environment["GLIMMER_DATABASE_URL"]:
            begin_with(self.folder)
        self._python("django", "migrate", "--verbosity", "0")
        self.places = json.loads(self._python("tests.support.ward_records", "fill", str(patients)))

    def report(self) -> dict[str, Any]:
        """Return what is stored."""
        told: dict[str, Any] = json.loads(self._python("tests.support.ward_records", "logs"))
        return told

    def _python(self, *command: str) -> str:
        done = subprocess.run([*PYTHON, *command], env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
        return done.stdout

    def start(self, most_file_bytes: int | None = None) -> None:
        """Start the gateway; with a number, no file of it can grow beyond that."""
        (self.folder / "gateway-status.json").unlink(missing_ok=True)

        def limit() -> None:
            if most_file_bytes is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (most_file_bytes, resource.RLIM_INFINITY))

        with self.log_path.open("ab") as log:
            command = [*PYTHON, "soak.fault_gateway"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, preexec_fn=limit)

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the gateway's process."""
        self.look_at_memory()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def look_at_memory(self) -> float:
        """Return how many MB the gateway holds now, and remember the most."""
        with suppress(OSError, StopIteration):
            status = Path(f"/proc/{self.process.pid}/status").read_text()  # type: ignore[union-attr]
            line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            megabytes = int(line.split()[1]) / 1024
            self.most_memory_mb = max(self.most_memory_mb, megabytes)
            return megabytes
        return 0.0

    def status(self) -> dict[str, Any]:
        """Return what the gateway last said of itself."""
        with suppress(OSError, ValueError):
            told: dict[str, Any] = json.loads((self.folder / "gateway-status.json").read_text())
            return told
        return {"counts": {}, "troubles": {}}

    async def up(self) -> None:
        """Wait until the gateway that was started listens."""
        if not await self.until(lambda status: status["counts"].get("connections") is not None):
            raise RuntimeError(f"The gateway did not start: {self.log_path.read_text()[-2000:]}")

    async def until(self, condition: Callable[[dict[str, Any]], Any], seconds: float = 120) -> bool:
        """Wait until the gateway's status says so; return whether it did."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.look_at_memory()
            if condition(self.status()):
                return True
            await asyncio.sleep(0.1)
        return False


@dataclass
class Told:
    """What one monitor sent and heard: systolic by control id in the order of sending, and what was acknowledged."""

    place: int
    sent: dict[str, int] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    asked_again: int = 0
    slowest_seconds: float = 0.0


class Monitor:
    """One monitor at one bedside: sends, waits for the answer, sends again what was not acknowledged."""

    def __init__(self, clinic: Clinic, number: int, place: int) -> None:
        self.clinic, self.number = clinic, number
        self.told = Told(place)
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def say(
        self, count: int, *, pause: float = 0.0, at: Callable[[int], datetime | None] = lambda _: None
    ) -> None:
        """Send so many messages; `at` gives the time that the device's clock shows for each."""
        for turn in range(count):
            await self.until_acknowledged(*self.message(at(turn)))
            if pause:
                await asyncio.sleep(pause)

    def message(self, at: datetime | None = None) -> tuple[str, bytes]:
        """Return the next message and its control id."""
        place, count = self.clinic.places[self.told.place], len(self.told.sent) + 1
        control_id = f"m{self.number}-{count}"
        systolic = LOWEST + RANGE * self.told.place + count % RANGE
        self.told.sent[control_id] = systolic
        return control_id, vitals(control_id, place["monitor"], place["local_number"], systolic, at)

    async def until_acknowledged(self, control_id: str, message: bytes) -> None:
        """Send until an AA with this control id comes back."""
        began = time.monotonic()
        while control_id not in self.told.acknowledged:
            try:
                if await self.answer(control_id, message):
                    self.told.acknowledged.add(control_id)
                else:
                    self.told.asked_again += 1
                    await asyncio.sleep(0.1)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                await self.hang_up()
                await asyncio.sleep(0.05)
        self.told.slowest_seconds = max(self.told.slowest_seconds, time.monotonic() - began)

    async def answer(self, control_id: str, message: bytes) -> bool:
        """Send once; return whether it was acknowledged as stored."""
        if self._line is None:
            self._line = await asyncio.open_connection(self.clinic.host, self.clinic.port)
        reader, writer = self._line
        writer.write(b"\x0b" + message + b"\x1c\r")
        while True:
            async with asyncio.timeout(30):
                heard = await reader.readuntil(b"\x1c\r")
            _, code, answered = next(line for line in heard.decode().split("\r") if line.startswith("MSA")).split("|")[
                :3
            ]
            if answered == control_id:
                return code == "AA"

    async def hang_up(self) -> None:
        """Close the line."""
        line, self._line = self._line, None
        if line is not None:
            line[1].close()
            with suppress(OSError):
                await line[1].wait_closed()


def monitors(clinic: Clinic, count: int, first: int = 0) -> list[Monitor]:
    """Return monitors spread over the clinic's patients."""
    return [Monitor(clinic, first + number, number % len(clinic.places)) for number in range(count)]


async def hang_up_all(speaking: list[Monitor]) -> None:
    """Close all lines."""
    await asyncio.gather(*(one.hang_up() for one in speaking))


@dataclass(frozen=True)
class Played:
    """A fault that was played and is not judged yet: who spoke, whether all else went as it should, and in words."""

    fault: str
    aim: str
    speaking: list[Monitor]
    good: bool = True
    words: str = ""
    note: str = ""


def judged(clinic: Clinic, played: list[Played], claim: str) -> list[dict[str, Any]]:
    """Say of each whether what was acknowledged is stored exactly once and by its own patient."""
    stored = clinic.report()
    astray = sum(
        1 for place, reading in _systolics(clinic, stored) if not 0 <= reading - LOWEST - RANGE * place < RANGE
    )
    return [_judged(clinic, one, claim, stored, astray) for one in played]


def _judged(clinic: Clinic, played: Played, claim: str, stored: dict[str, Any], astray: int) -> dict[str, Any]:
    acknowledged = [control_id for one in played.speaking for control_id in one.told.acknowledged]
    lost = sum(1 for control_id in acknowledged if control_id not in stored["messages"])
    twice = sum(1 for control_id in acknowledged if stored["messages"].get(control_id, 0) > 1)
    again = sum(one.told.asked_again for one in played.speaking)
    slowest = max(one.told.slowest_seconds for one in played.speaking)
    measured = (
        f"{len(acknowledged)} acknowledged: {lost} lost, {twice} stored twice, {astray} on a wrong patient; "
        f"{again} asked for again; slowest answer {slowest:.2f} s; at most {clinic.most_memory_mb:.0f} MB"
    )
    good = bool(acknowledged) and not (lost or twice or astray) and played.good
    return {
        "job": f"faults: {played.fault}",
        "claim": claim,
        "aim": played.aim,
        "measured": "; ".join(part for part in (measured, played.words) if part),
        "met": good,
        "note": played.note,
    }


def _systolics(clinic: Clinic, stored: dict[str, Any]) -> Iterator[tuple[int, int]]:
    for number, place in enumerate(clinic.places):
        for readings in stored["sessions"][str(place["session"])]["readings"]:
            yield number, int(float(readings[0]))


def charted_in_order(clinic: Clinic, speaking: list[Monitor]) -> bool:
    """Say whether each patient's log holds what their one monitor sent first, in the order of sending, whole."""
    stored = clinic.report()
    found = dict[int, list[int]]()
    for place, systolic in _systolics(clinic, stored):
        found.setdefault(place, []).append(systolic)
    return all(found.get(one.told.place) == list(one.told.sent.values()) for one in speaking)


@asynccontextmanager
async def gateway_running(clinic: Clinic, most_file_bytes: int | None = None) -> AsyncIterator[None]:
    """Run the clinic's gateway meanwhile, and end it as an operator does."""
    clinic.start(most_file_bytes)
    try:
        await clinic.up()
        yield
    finally:
        await asyncio.to_thread(clinic.end, signal.SIGTERM)
