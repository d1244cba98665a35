"""Server-sent events from the real process, fed by a real monitor over the real gateway."""

import json
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.event_stream import Heard, Listener
from tests.support.live_server import ClinicBuilder, RunningClinic
from tests.support.monitor_line import MonitorLine, vitals

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long test password"
pytestmark = pytest.mark.database


class Bedside:
    """A running session in a clinic, a nurse who may look at it, and the monitor of its bay."""

    def __init__(self, clinic: RunningClinic, place: dict[str, Any]) -> None:
        self.clinic, self.place = clinic, place
        self.session = place["session"]
        self.page = f"/sessions/{self.session}"
        self.stream = f"/live/sessions/{self.session}"
        self.line = MonitorLine(clinic.gateway_port)
        self.line.connect()
        self.sent = 0

    def nurse(self) -> Listener:
        return Listener(self.clinic.url).sign_in(self.place["nurse"], PASSWORD)

    def measure(self, systolic: int) -> str:
        self.sent += 1
        monitor, number = self.place["monitor"], self.place["local_number"]
        self.line.send(vitals(f"m{self.session}-{self.sent}", monitor, number, systolic, datetime.now(UTC)))
        return self.line.answer()


@pytest.fixture(scope="module")
def ward(clinic_templates: ClinicBuilder) -> Iterator[tuple[RunningClinic, list[dict[str, Any]]]]:
    """One process for all tests here, with a running session for each of them."""
    clinic = clinic_templates.build().start()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.ward_records", "fill", "16", PASSWORD],
        env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    yield clinic, json.loads(done.stdout)
    clinic.stop()


@pytest.fixture
def bedside(ward: tuple[RunningClinic, list[dict[str, Any]]]) -> Iterator[Bedside]:
    clinic, places = ward
    found = Bedside(clinic, places.pop())
    yield found
    found.line.close()


def shows(part: str, words: str) -> Callable[[Heard], bool]:
    return lambda heard: words in heard.data.get("parts", {}).get(part, "")


def refused(listener: Listener, path: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as answer:
        listener.open(path)
    answer.value.close()
    return answer.value.code


def test_reading_of_a_monitor_reaches_the_open_page(bedside: Bedside) -> None:
    with bedside.nurse().open(bedside.stream) as stream:
        first = next(iter(stream))
        assert first.event == "state"
        assert "Infusion running" in first.data["parts"]["status"]
        assert bedside.measure(173) == "AA"
        heard = stream.until(shows("values", "173/76"))
        assert ["systolic", 173.0] in [[name, value] for name, _, value in heard.data["points"]]
        assert int(heard.id) > int(first.id)


def test_live_part_is_the_same_html_as_on_a_page_loaded_anew(bedside: Bedside) -> None:
    nurse = bedside.nurse()
    with nurse.open(bedside.stream) as stream:
        bedside.measure(151)
        heard = stream.until(shows("values", "151/76"))
    tile = heard.data["parts"]["values"].split('id="tile-pressure"')[1].split("data-since")[0]
    assert tile in nurse.get(bedside.page)


def test_page_that_comes_back_gets_the_points_it_missed(bedside: Bedside) -> None:
    nurse = bedside.nurse()
    with nurse.open(bedside.stream) as stream:
        last_id = next(iter(stream)).id
    for systolic in (141, 142, 143):
        bedside.measure(systolic)
    with nurse.open(bedside.stream, last_id) as stream:
        first = next(iter(stream))
    assert [value for name, _, value in first.data["points"] if name == "systolic"] == [141.0, 142.0, 143.0]


def test_page_loaded_just_now_is_not_sent_its_points_again(bedside: Bedside) -> None:
    nurse = bedside.nurse()
    bedside.measure(144)
    seq = nurse.get(bedside.page).split('data-live-seq="')[1].split('"')[0]
    with nurse.open(f"{bedside.stream}?after={seq}") as stream:
        assert "points" not in next(iter(stream)).data


def test_stream_speaks_also_when_nothing_happens(bedside: Bedside) -> None:
    with bedside.nurse().open("/live/board") as stream:
        times = [heard.data["now"] for heard, _ in zip(stream, range(3), strict=False)]
    # The page calls itself "not live" after 8 s without a word (live.js).
    assert all(later - earlier < 8 for earlier, later in pairwise(times))


def test_board_hears_of_a_reading_in_any_bay(bedside: Bedside) -> None:
    with bedside.nurse().open("/live/board") as stream:
        next(iter(stream))
        bedside.measure(166)
        heard = stream.until(lambda heard: any("166/76" in html for html in heard.data.get("parts", {}).values()))
    assert next(name for name, html in heard.data["parts"].items() if "166/76" in html).startswith("bay-")


def test_stream_is_told_not_to_be_kept_or_held_back(bedside: Bedside) -> None:
    with bedside.nurse().open(bedside.stream) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.headers["Cache-Control"] == "no-store"
        assert stream.headers["X-Accel-Buffering"] == "no"


def test_sign_out_ends_the_stream_with_the_reason(bedside: Bedside) -> None:
    nurse = bedside.nurse()
    with nurse.open(bedside.stream) as stream:
        next(iter(stream))
        nurse.post("/sign-out", bedside.page)
        assert "You are signed out" in stream.until(lambda heard: heard.event == "bye").data["why"]


def newcomer(bedside: Bedside, name: str) -> Listener:
    """A nurse of the clinic who has signed in with a password of their own, and a manager to end it."""
    for user, role in ((name, "nurse"), (f"{name}-boss", "manager")):
        words = ("--role", role, "--password", PASSWORD)
        bedside.clinic.glimmer("staff", "add", user, "--name", "Lea Ver", *words)
    nurse = Listener(bedside.clinic.url).sign_in(name, PASSWORD)
    # What an operator typed opens only the page on which its owner chooses their own.
    nurse.post("/sign-in/password", "/sign-in/password", new="an otter of their own")
    return nurse


def test_person_who_left_the_clinic_loses_the_open_page_of_its_patient(bedside: Bedside) -> None:
    nurse = newcomer(bedside, "mover")
    with nurse.open(bedside.stream) as stream:
        next(iter(stream))
        bedside.clinic.glimmer("clinics", "leave", "mover", "This clinic", "--as", "mover-boss")
        assert "no longer see this patient" in stream.until(lambda heard: heard.event == "bye").data["why"]
    assert refused(nurse, bedside.stream) == 404


def test_person_who_is_retired_loses_the_open_page_within_seconds_and_every_other(bedside: Bedside) -> None:
    leaver = "leaver"
    nurse = newcomer(bedside, leaver)
    with nurse.open(bedside.stream) as stream:
        next(iter(stream))
        bedside.clinic.glimmer("staff", "retire", leaver, "--because", "Left", "--as", "leaver-boss")
        began = time.monotonic()
        assert "no longer includes" in stream.until(lambda heard: heard.event == "bye").data["why"]
        assert time.monotonic() - began < 10
    assert refused(nurse, bedside.stream) == 401
    assert "Sign in" in nurse.get(bedside.page)
    with pytest.raises(urllib.error.HTTPError) as answer:
        Listener(bedside.clinic.url).sign_in(leaver, PASSWORD)
    answer.value.close()


def test_stranger_and_unknown_session_get_no_stream(bedside: Bedside) -> None:
    assert refused(Listener(bedside.clinic.url), bedside.stream) == 401
    assert refused(bedside.nurse(), "/live/sessions/999999") == 404


def test_another_nurses_press_is_on_the_open_page(bedside: Bedside) -> None:
    nurse = bedside.nurse()
    with nurse.open(bedside.stream) as stream:
        shape = next(iter(stream)).data["shape"]
        nurse.post(f"{bedside.page}/pause", bedside.page, reason="Anxious", form_token="p1")
        heard = stream.until(shows("log", "Infusion paused: Anxious"))
    assert heard.data["shape"] != shape
    assert [mark["says"] for mark in heard.data["marks"]] == ["Pause"]


def test_shared_part_carries_nobodys_form_token(bedside: Bedside) -> None:
    bedside.measure(212)
    with bedside.nurse().open(bedside.stream) as stream:
        alarms = stream.until(shows("alarms", "Take charge")).data["parts"]["alarms"]
    assert 'name="csrfmiddlewaretoken" value=""' in alarms
    assert 'name="form_token" value=""' in alarms
