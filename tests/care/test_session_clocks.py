"""A device whose clock is slow must not hide what it measures now behind what was written down before."""

import random

import pytest

from glimmer.care.session.events import DeviceReadings
from glimmer.care.session.log import fold
from glimmer.monitoring.state import session_state
from glimmer.vocabulary.parameters import Parameter
from tests.support.story import Story, minute, reading, running

SLOW_BY = 13
PUMP = "bay-1-pump"


def slow(story: Story, since: float, until: float, slow_by: float = SLOW_BY, every: float = 1 / 6, **values) -> Story:
    """The monitor speaks in time of itself, but its clock is `slow_by` minutes behind."""
    steps = round((until - since) / every)
    for step in range(steps + 1):
        at = since + step * every
        story.monitor(at, measured=at - slow_by, **values)
    return story


def prepared() -> Story:
    return Story().opens().prepares(at=11).second_checks(at=12).starts(at=15)


def test_low_saturation_from_a_slow_clock_is_alarmed_and_shown_over_an_older_round():
    story = slow(prepared(), 16, 20, spo2=97).nurse_observes(at=20.1, due=10, spo2=98)
    state = slow(story, 20.2, 21, spo2=82).state(at=21)
    assert state.value("spo2").reading.value == 82
    assert state.value("spo2").beyond == "high"
    assert state.value("spo2").age_seconds <= 1
    assert [alarm.rule for alarm in state.alarms if alarm.priority == "high"] == ["oxygen-very-low"]


def test_new_danger_is_not_swallowed_by_an_alarm_that_was_acknowledged_before_it():
    story = slow(slow(slow(prepared(), 16, 20, spo2=97), 20.2, 21, spo2=82), 21.2, 25, spo2=97)
    first = next(alarm for alarm in story.state(at=25).alarms if alarm.rule == "oxygen-very-low")
    story.acknowledges(first.key, at=25)
    state = slow(story, 26, 27, spo2=80).state(at=27)
    assert [alarm.is_acknowledged for alarm in state.all_alarms if alarm.rule == "oxygen-very-low"] == [False, True]


def test_pump_with_a_slow_clock_that_was_never_started_is_reported():
    story = prepared()
    for step in range(20):
        at = 13 + step / 6
        rate = (reading("infusion_rate", 0, minute(at - SLOW_BY)),)
        story.tell(DeviceReadings(PUMP, rate), at, f"device {PUMP}", None)
    assert any(alarm.rule.startswith("pump") for alarm in story.state(at=16.2).alarms)


def test_device_that_was_in_time_once_keeps_the_times_of_what_it_stored():
    story = slow(running(), 20, 24, slow_by=5, spo2=88)
    assert fold(story.events).series[Parameter.SPO2].latest.at == minute(19).timestamp()


def test_one_old_cuff_value_sent_again_and_again_does_not_become_new():
    story = prepared()
    for at in range(16, 30):
        story.monitor(at, measured=4, systolic=122, diastolic=78)
    assert story.state(at=29).value("systolic").age_seconds == 25 * 60


def test_clock_is_not_called_slow_before_it_was_watched_for_a_minute():
    assert fold(slow(prepared(), 16, 16.9, spo2=97).events).clocks.slow == {}
    assert fold(slow(prepared(), 16, 17, spo2=97).events).clocks.slow == {"bay-1-monitor": SLOW_BY * 60}


@pytest.mark.parametrize("seed", range(5))
def test_order_of_arrival_does_not_matter_to_a_clock(seed):
    story = slow(prepared(), 16, 20, spo2=97).nurse_observes(at=20.1, spo2=98)
    events = slow(slow(story, 20.2, 22, spo2=82), 22.1, 23, slow_by=11, spo2=91).corrects(10, at=23).events
    shuffled = random.Random(seed).sample(events, k=len(events))
    assert session_state(shuffled, minute(24)) == session_state(events, minute(24))


def test_clock_that_is_set_back_in_the_midst_is_told_by_a_lost_signal_and_a_stale_value():
    """It was in time once, so it is not put right; but the old value must not stand there as if it were new."""
    story = slow(prepared(), 16, 20, slow_by=0, spo2=97)
    state = slow(story, 20.2, 22, slow_by=5, spo2=82).state(at=22)
    assert any(alarm.rule == "signal_lost:spo2" and alarm.is_holding for alarm in state.alarms)
    assert state.value("spo2").is_stale
