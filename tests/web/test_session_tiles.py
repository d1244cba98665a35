"""Tiles of the newest values: what is wrong is said in words, and outranks age."""

from datetime import UTC, datetime, timedelta

import pytest

from glimmer.care.session.events import DeviceReadings, SessionEvent, SessionOpened, What
from glimmer.guidance import protocol
from glimmer.monitoring.state import session_state
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from glimmer.web.session_tiles import Tile, age_in_words, tiles_of

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PROTOCOL = protocol("iv-racemic-standard")
OPENED = SessionOpened(PROTOCOL.id, PROTOCOL.version, 1, 35, 40, 70, "Bay 1")


def tiles(*readings: tuple[Parameter, float], seconds_later: float = 5) -> dict[str, Tile]:
    def event(seq: int, what: What) -> SessionEvent:
        return SessionEvent(seq, START, START, "device bay-1", what)

    measured = tuple(Reading(parameter, value, START) for parameter, value in readings)
    events = [event(1, OPENED), event(2, DeviceReadings("bay-1", measured))] if measured else [event(1, OPENED)]
    now = START + timedelta(seconds=seconds_later)
    return {tile.key: tile for tile in tiles_of(session_state(events, now), now)}


def test_value_within_limits_says_so():
    tile = tiles((Parameter.SPO2, 98))["spo2"]
    assert (tile.value, tile.unit, tile.level, tile.says, tile.sign) == ("98", "%", "ok", "Within limits", "✓")


def test_value_beyond_a_limit_is_marked_at_once_before_any_alarm_has_waited():
    tile = tiles((Parameter.SPO2, 85), seconds_later=1)["spo2"]
    assert (tile.level, tile.word, tile.sign) == ("danger", "Beyond limit", "⬢")
    assert "very low" in tile.says


def test_value_beyond_a_limit_stays_marked_when_it_is_old():
    tile = tiles((Parameter.SPO2, 85), seconds_later=600)["spo2"]
    assert tile.level == "danger"
    assert tile.word.startswith("Old value. Beyond limit")


def test_normal_value_that_is_old_does_not_look_normal():
    tile = tiles((Parameter.SPO2, 98), seconds_later=600)["spo2"]
    assert (tile.level, tile.word, tile.sign) == ("stale", "Old value", "◷")


def test_what_was_never_measured_says_so():
    tile = tiles()["spo2"]
    assert (tile.value, tile.level, tile.says) == ("–", "none", "Not measured yet")


def test_pressure_is_one_tile_as_bad_as_its_worse_half():
    tile = tiles((Parameter.SYSTOLIC, 150), (Parameter.DIASTOLIC, 125))["pressure"]
    assert tile.value == "150/125"
    assert tile.level == "danger"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s ago"), (59.4, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"), (3900, "1 h 5 min ago")],
)
def test_age_is_said_as_people_say_it(seconds: float, words: str):
    assert age_in_words(seconds) == words
