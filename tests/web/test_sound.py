"""What should sound, who paused it, and who is called: on the session page and on the board."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.actions.live import forget_all
from glimmer.actions.sound import longest_pause_seconds, pause_sound, resume_sound
from glimmer.actions.watch import watch
from glimmer.care.session.events import SoundPaused
from glimmer.guidance.figures import figure
from glimmer.records.logbook import events_of
from glimmer.records.models import Staff
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import NotAllowed
from glimmer.web.live import board_frame
from glimmer.web.session_alarms import AlarmRow
from glimmer.web.session_sound import SoundRow, room_sound
from tests.support.bedside import Ward, a_ward
from tests.support.templates import drawn

pytestmark = pytest.mark.django_db
EXTREME = {"values": {Parameter.SYSTOLIC: 212, Parameter.DIASTOLIC: 101}}


@pytest.fixture(autouse=True)
def nothing_remembered() -> Any:
    forget_all()
    yield
    forget_all()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ward(db: None, now: datetime) -> Ward:
    return a_ward(now - timedelta(minutes=2))


def shown(staff: Staff, name: str, *ids: int) -> str:
    client = Client()
    client.force_login(staff)
    return " ".join(unescape(client.get(reverse(name, args=ids)).content.decode()).split())


def test_high_alarm_sounds_on_its_session_and_on_the_board_and_says_so(ward: Ward, now: datetime) -> None:
    session = ward.running()
    assert 'data-sound="high"' not in shown(ward.nurse, "board")
    ward.observe(session, now, **EXTREME)
    watch(now)
    page, board = shown(ward.nurse, "session", session.pk), shown(ward.nurse, "board")
    assert 'data-sound="high"' in page
    assert "Alarm sound: high priority." in page
    assert 'data-sound="high"' in board
    assert f"Alarm sound: high priority, {ward.bay.name}." in board


def test_pause_stands_with_name_and_end_on_page_and_board_until_a_new_alarm_breaks_through(
    ward: Ward, now: datetime
) -> None:
    session = ward.running()
    ward.observe(session, now, **EXTREME)
    watch(now)
    client = Client()
    client.force_login(ward.nurse)
    client.post(reverse("session_pause_sound", args=[session.pk]), {"form_token": "once"})
    (event,) = [event for event in events_of(session.pk) if isinstance(event.what, SoundPaused)]
    assert event.what.seconds == longest_pause_seconds() <= 120
    for words in (shown(ward.nurse, "session", session.pk), shown(ward.nurse, "board")):
        assert "Sound paused</strong> by Maya Okafor, nurse until" in words
        assert 'data-sound=""' in words
        assert "data-left=" in words
    ward.observe(session, now + timedelta(seconds=2), values={Parameter.RESPIRATORY_RATE: 4})
    watch(now + timedelta(seconds=14))
    assert 'data-sound="high"' in " ".join(board_frame(ward.nurse).parts.values())


def test_pause_ends_when_somebody_switches_the_sound_on_again(ward: Ward, now: datetime) -> None:
    session = ward.running()
    ward.observe(session, now, **EXTREME)
    watch(now)
    pause_sound(session, by=ward.nurse)
    resume_sound(session, by=ward.psychiatrist)
    page = shown(ward.nurse, "session", session.pk)
    assert 'data-sound="high"' in page
    assert "Sound paused" not in page


@pytest.mark.parametrize("act", [pause_sound, resume_sound])
def test_only_who_may_take_charge_of_an_alarm_may_silence_it(ward: Ward, act: Any) -> None:
    session = ward.running()
    with pytest.raises(NotAllowed):
        act(session, by=ward.pharmacist)


def test_board_sounds_the_most_urgent_bay_and_names_those_at_that_priority() -> None:
    def row(priority: str) -> SoundRow:
        return SoundRow(priority, "", "", None)

    bays = [("Bay 1", row("medium")), ("Bay 2", row("high")), ("Bay 3", None), ("Bay 4", row("high"))]
    assert (room_sound(bays).priority, room_sound(bays).where) == ("high", "Bay 2, Bay 4")
    assert room_sound([("Bay 1", row("")), ("Bay 2", None)]).priority == ""


# IEC 60601-1-8 as remembered: pulses in a burst, length of a pulse in ms, gap between two pulses in ms,
# shortest and longest time between two bursts in s.
BOUNDS = {
    "high": (10, (75, 200), (50, 125), (2.5, 15)),
    "medium": (3, (125, 250), (125, 250), (2.5, 30)),
    "low": (2, (125, 250), (125, 250), (15, 1000)),
}


@pytest.mark.parametrize("priority", list(BOUNDS))
def test_tones_keep_to_the_pulses_and_gaps_of_the_standard(priority: str) -> None:
    pulses, (shortest, longest), (least, most), (soonest, latest) = BOUNDS[priority]
    starts, pulse = figure("tones", f"{priority}_starts").value, figure("tones", f"{priority}_pulse").value
    every = figure("tones", f"{priority}_every").value
    assert len(starts) == len(figure("tones", f"{priority}_pitches").value) == pulses
    assert shortest <= pulse <= longest
    gaps = [later - earlier - pulse for earlier, later in pairwise(starts)]
    if priority == "high":
        # Three and two, twice: a longer gap after the third, a longer one still between the two halves.
        assert [gaps[n] for n in (2, 7)] == [2 * gaps[0] + pulse] * 2
        assert 350 <= gaps[4] <= 1300
        gaps = [gaps[n] for n in (0, 1, 3, 5, 6, 8)]
    assert all(least <= gap <= most for gap in gaps)
    assert soonest <= every - (starts[-1] + pulse) / 1000 <= latest


def test_untaken_alarm_says_who_was_called_and_when_the_next_call_goes_out() -> None:
    at = datetime(2026, 11, 23, 14, 3, 10, tzinfo=UTC)
    row = AlarmRow("a", "k", "high", "Slow breathing", "Call", at, True, "", None, "")
    waiting = drawn("sound/calling.html", "calling", replace(row, escalates_at=at, calls_next="the nurse in charge"))
    assert "taken by nobody yet, calls the nurse in charge at 14:03:10" in waiting
    called = drawn("sound/calling.html", "calling", replace(row, escalated_to="the psychiatrist"))
    assert "taken by nobody yet, escalated to the psychiatrist<" in called
