"""The clinics that the crash job kills, and what their databases tell afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar, Self

from tests.support.live_server import GLIMMER, RunningClinic
from tests.support.postgres import PostgresServer
from tests.support.stubborn import StubbornMonitor, StubbornNurse

ROOT = Path(__file__).resolve().parents[1]
MONITORS = 4
PASSWORD = "a long enough phrase for the trial"
PAUSE_SECONDS = 0.01
DRAIN_SECONDS = 120


class Arrangement(ABC):
    """A clinic with monitors that speak and a nurse who presses. As a context: started, and stopped at the end."""

    victims: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, folder: Path, server: PostgresServer | None) -> None:
        folder.mkdir(parents=True)
        self.server = server
        url = server.create_database(folder.name.lower()) if server else ""
        self.clinic = RunningClinic(folder, url)
        self.places: list[dict[str, Any]] = []
        self.monitors: list[StubbornMonitor] = []
        self.nurse: StubbornNurse

    def __enter__(self) -> Self:
        self.clinic.glimmer("migrate")
        self.places = self.records("fill", str(MONITORS), PASSWORD)
        self.start()
        port = self.clinic.gateway_port
        self.monitors = [StubbornMonitor(n, port, place, PAUSE_SECONDS) for n, place in enumerate(self.places)]
        first = self.places[0]
        self.nurse = StubbornNurse(self.clinic.port, first["session"], first["nurse"], PASSWORD)
        for sender in (*self.monitors, self.nurse):
            sender.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ask_to_stop()
        self.stop()

    def start(self) -> None:
        """Start every process; overridden where there is more than one."""
        self.clinic.start()

    def stop(self) -> None:
        """Stop every process."""
        self.clinic.stop()

    @abstractmethod
    def kill(self, victim: str, outage_seconds: float) -> None:
        """Kill the victim at once, and start it again."""

    @staticmethod
    def let_them_speak(seconds: float) -> None:
        """Wait for the instant at which to kill."""
        time.sleep(seconds)

    def wait_until_all_are_heard(self) -> None:
        """Return when each monitor has had an answer again; raise when one has none for long."""
        for monitor in self.monitors:
            while monitor.heard.acquire(blocking=False):
                pass
            if not monitor.heard.acquire(timeout=60):
                raise RuntimeError(f"A monitor got no answer for a minute: {self.clinic.log()[-2000:]}")

    def let_them_finish(self) -> None:
        """Let every sender have its last answer, and what waits on disk arrive in the database."""
        self._ask_to_stop()
        for sender in (*self.monitors, self.nurse):
            sender.join(60)
        until = time.monotonic() + DRAIN_SECONDS
        acknowledged = sum(len(monitor.line.acknowledged) for monitor in self.monitors)
        while sum(self.records("count").values()) < acknowledged and time.monotonic() < until:
            time.sleep(1)

    def _ask_to_stop(self) -> None:
        for monitor in self.monitors:
            monitor.stopping.set()
        self.nurse.stopping.set()

    def records(self, *arguments: str) -> Any:
        """Look into the clinic's database with a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.ward_records", *arguments],
            env={**self.clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return json.loads(done.stdout)


class Together(Arrangement):
    """Pages, gateway and watcher in the one process, as `glimmer serve` starts them."""

    victims = frozenset({"one process"})

    def kill(self, victim: str, outage_seconds: float) -> None:
        self.clinic.kill()
        self.clinic.start()


class Apart(Arrangement):
    """The gateway in a process of its own beside the pages."""

    victims = frozenset({"gateway", "pages", "database", "database and gateway"})

    def __init__(self, folder: Path, server: PostgresServer | None) -> None:
        super().__init__(folder, server)
        self.clinic.more_environment["GLIMMER_GATEWAY"] = "false"
        self._gateway: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.clinic.start()
        self._start_gateway()

    def stop(self) -> None:
        self._end_gateway(signal.SIGTERM)
        self.clinic.stop()

    def kill(self, victim: str, outage_seconds: float) -> None:
        if victim == "pages":
            self.clinic.kill()
            self.clinic.start()
            return
        if "database" in victim:
            assert self.server is not None
            self.server.kill()
            time.sleep(outage_seconds)
        if "gateway" in victim:
            self._end_gateway(signal.SIGKILL)
            self._start_gateway()
        if "database" in victim and self.server is not None:
            self.server.resume()

    def _start_gateway(self) -> None:
        environment = {**self.clinic.environment, "GLIMMER_GATEWAY": "true"}
        with (self.clinic.data_dir / "gateway.log").open("ab") as log:
            self._gateway = subprocess.Popen([*GLIMMER, "gateway", "serve"], env=environment, stdout=log, stderr=log)

    def _end_gateway(self, how: signal.Signals) -> None:
        if self._gateway is not None and self._gateway.poll() is None:
            os.kill(self._gateway.pid, how)
            self._gateway.wait(30)


def told_by(clinic: Arrangement) -> Counter[str]:
    """Count what was acknowledged, and what of it the database lacks, has twice or has in another session."""
    stored = clinic.records("logs")
    found: Counter[str] = Counter()
    for monitor, place in zip(clinic.monitors, clinic.places, strict=True):
        session = stored["sessions"][str(place["session"])]
        found["acknowledged"] += len(monitor.line.acknowledged)
        times = [stored["messages"].get(control_id, 0) for control_id in monitor.line.acknowledged]
        found["lost"] += times.count(0)
        found["twice"] += sum(1 for count in times if count > 1)
        # Each monitor's pressures come in an order of their own: what the log holds must be just that.
        charted = Counter(row[0] for row in session["readings"])
        wanted = Counter(str(monitor.sent[control_id]) for control_id in monitor.line.acknowledged)
        found["in the wrong session"] += sum(((charted - wanted) + (wanted - charted)).values())
        # The clinic still runs, so the log may have grown since its row was read: what counts is that none is missing.
        found["gaps"] += session["seqs"] != list(range(1, len(session["seqs"]) + 1))
    notes = stored["sessions"][str(clinic.places[0]["session"])]["notes"]
    found["confirmed"] += len(clinic.nurse.written)
    found["lost"] += sum(1 for text in clinic.nurse.written if notes.get(text, 0) == 0)
    found["twice"] += sum(1 for count in notes.values() if count > 1)
    return found
