"""A running clinic with one session in each phase, and a monitor at each bedside that a test speaks for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.live_server import ClinicBuilder, RunningClinic
from tests.support.monitor_line import MonitorLine, vitals

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long test password"


class PhasedClinic:
    """A clinic with one session in each phase."""

    def __init__(self, running: RunningClinic, places: dict[str, Any]) -> None:
        self.running, self.places = running, places
        self.sent = 0

    def address(self, phase: str) -> str:
        return f"{self.running.url}/sessions/{self.places[phase]['session']}"

    def sign_in(self, page: Page, username: str = "ward-nurse") -> Page:
        page.goto(f"{self.running.url}/sign-in")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.running.url}/")
        return page

    def measure(self, phase: str, systolic: int, at: datetime | None = None) -> None:
        self.sent += 1
        line = MonitorLine(self.running.gateway_port)
        line.connect()
        place = self.places[phase]
        line.send(vitals(f"b{phase}-{self.sent}", place["monitor"], place["local_number"], systolic, at))
        assert line.answer() == "AA"
        line.close()


def phased_clinic(templates: ClinicBuilder) -> Iterator[PhasedClinic]:
    """Yield a started clinic, and stop it afterwards."""
    running = templates.build().start()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.bedside_phases", PASSWORD],
        env={**running.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    yield PhasedClinic(running, json.loads(done.stdout))
    running.stop()
