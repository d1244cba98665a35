"""The proof of the recorder: what a page was sent while it was live is what the replay shows of those moments."""

import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.event_stream import Heard, Listener
from tests.support.live_server import ClinicBuilder, RunningClinic
from tests.support.monitor_line import MonitorLine, vitals

pytestmark = pytest.mark.database
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long test password"
# How long an event may be on its way into the log: a frame in between is told by neither side.
ON_ITS_WAY_SECONDS = 0.5
FRAMES = 11


@pytest.fixture(scope="module")
def clinic(clinic_templates: ClinicBuilder) -> Iterator[RunningClinic]:
    running = clinic_templates.build().start()
    yield running
    running.stop()


def ward_records(clinic: RunningClinic, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.ward_records", *arguments],
        env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


class Film:
    """What a live page was sent, frame by frame, as it stood in that page."""

    def __init__(self, watcher: Listener, session: int) -> None:
        self.stream = watcher.open(f"/live/sessions/{session}")
        self.frames: list[tuple[int, float, dict[str, str]]] = []
        self._held: dict[str, str] = {}

    def until(self, wanted: Any, within_seconds: float = 20) -> None:
        """Film until a frame holds what is wanted."""
        end = time.monotonic() + within_seconds
        for heard in self.stream:
            self._take(heard)
            if wanted(self._held):
                return
            assert time.monotonic() < end, "what was waited for was never shown"

    def _take(self, heard: Heard) -> None:
        self._held = self._held | heard.data.get("parts", {})
        self.frames.append((int(heard.id), heard.data["at"], self._held))


def test_replay_shows_what_the_live_page_showed(clinic: RunningClinic) -> None:
    place = ward_records(clinic, "fill", "1", PASSWORD)[0]
    session, page = place["session"], f"/sessions/{place['session']}"
    nurse = Listener(clinic.url).sign_in(place["nurse"], PASSWORD)
    # A pharmacist sees the page without anything to press, and so does everybody in a replay.
    film = Film(Listener(clinic.url).sign_in(place["pharmacist"], PASSWORD), session)
    line = MonitorLine(clinic.gateway_port)
    line.connect()
    sent = 0

    def measure(systolic: int, seconds_ago: int = 0) -> None:
        nonlocal sent
        sent += 1
        at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        line.send(vitals(f"film-{sent}", place["monitor"], place["local_number"], systolic, at))
        assert line.answer() == "AA"

    film.until(lambda parts: "Infusion running" in parts["status"])
    measure(131, seconds_ago=30)
    film.until(lambda parts: "131/76" in parts["values"])
    measure(223, seconds_ago=20)  # an alarm that comes
    film.until(lambda parts: "glimmer-alarm " in parts["alarms"] and "is-alarm_raised" in parts["log"])
    measure(128)  # and goes
    film.until(lambda parts: "128/76" in parts["values"])
    measure(127, seconds_ago=10)  # a late reading: it belongs before the one that is shown
    nurse.post(f"{page}/note", page, form_token="film-note", text="Sat up by himself")
    film.until(lambda parts: "Sat up by himself" in parts["log"])
    note = re.search(r'id="log-(\d+)" class="is-note"', nurse.get(page))
    assert note
    nurse.post(f"{page}/correct", page, form_token="film-correct", about=note[1], reason="Wrong patient")
    film.until(lambda parts: "Marked as wrong" in parts["log"])
    # On a busy machine several things come in one frame; the page's beat brings the rest.
    film.until(lambda parts: len(film.frames) >= FRAMES, within_seconds=60)
    film.stream.answer.close()
    line.close()

    assert len({parts["alarms"] for _, _, parts in film.frames}) >= 2, "no alarm came"
    arrivals = ward_records(clinic, "report")["sessions"][str(session)]["arrivals"]
    compared = 0
    for seq, at, parts in film.frames:
        if any(at - ON_ITS_WAY_SECONDS < received <= at and number > seq for number, received in arrivals):
            continue
        # A frame's moment lies between two whole milliseconds, and an age may turn at one of them.
        told = [replayed(nurse, page, ms) for ms in (math.floor(at * 1000), math.ceil(at * 1000))]
        shown = [{name: html for name, html in one.items() if name in parts} for one in told]
        assert {"status", "alarms", "values", "infusion", "log", "schedule", "news2", "effects"} <= set(shown[0])
        # What is pressed to report an event is on no page that was.
        seen = {name: re.sub(r'<a class="glimmer-log__act".*?</a>  ', "  ", parts[name]) for name in shown[0]}
        assert seen in shown, f"line {seq} at {datetime.fromtimestamp(at, UTC)}"
        compared += 1
    assert compared >= 8, f"only {compared} of {len(film.frames)} frames could be compared"


def replayed(nurse: Listener, page: str, ms: int) -> dict[str, str]:
    """Return the parts of the replay at a moment."""
    parts: dict[str, str] = json.loads(nurse.get(f"{page}/replay/frame?at={ms}&viewing=film"))["parts"]
    return parts
