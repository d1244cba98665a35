"""Lost signal: what the monitor no longer says, while the infusion lasts."""

from glimmer.monitoring.state import SessionState
from tests.support.story import CALM, Story, minute, running


def lost(state: SessionState) -> set[str]:
    return {signal.parameter.value for signal in state.signals if signal.is_lost}


def streaming(until: float, start: float = 15) -> Story:
    story = running()
    for at in range(int(start * 6), int(until * 6) + 1):
        story.monitor(at=at / 6, spo2=97, pulse=70, respiratory_rate=14)
    return story


def test_oxygen_signal_is_lost_a_minute_after_its_last_value():
    story = streaming(until=20)
    assert "spo2" not in lost(story.state(at=20.9))
    assert "spo2" in lost(story.state(at=21.1))


def test_breathing_is_tolerated_for_two_minutes_and_the_cuff_for_fifteen():
    story = streaming(until=20).monitor(at=20, systolic=120, diastolic=70)
    assert lost(story.state(at=21.9)) == {"spo2", "pulse"}
    assert lost(story.state(at=22.1)) == {"spo2", "pulse", "respiratory_rate"}
    assert "systolic" in lost(story.state(at=35.1))


def test_lost_signal_is_an_alarm_that_is_over_when_the_signal_returns():
    story = streaming(until=20).monitor(at=23, spo2=96)
    one = next(alarm for alarm in story.state(at=23.5).all_alarms if alarm.rule == "signal_lost:spo2")
    assert (one.onset, one.over_at) == (minute(20), minute(23))


def test_silence_before_the_start_and_after_the_end_is_no_alarm():
    assert lost(Story().opens().monitor(at=1, **CALM).state(at=10)) == set()
    story = streaming(until=54.9).completes(at=55)
    assert not [alarm for alarm in story.state(at=90).all_alarms if alarm.rule == "signal_lost:spo2"]


def test_silence_during_a_pause_still_counts():
    assert "spo2" in lost(streaming(until=20).pauses(at=20.5).state(at=22))


def test_cuff_value_sent_again_does_not_keep_the_cuff_alive():
    story = running()
    for at in range(16, 40):
        story.monitor(at=at, measured=16, systolic=120, diastolic=70)
    assert "systolic" in lost(story.state(at=39))


def test_value_written_by_hand_does_not_bring_the_monitor_back():
    assert "spo2" in lost(streaming(until=20).nurse_observes(at=21.5, spo2=97).state(at=22))


def test_values_that_arrive_much_later_do_not_fill_the_silence():
    story = streaming(until=20)
    for at in range(121, 150):
        story.monitor(at=25 + at / 1000, measured=at / 6, spo2=97)
    state = story.state(at=26.5)
    assert "spo2" in lost(state)


def test_device_whose_clock_is_a_minute_slow_is_not_lost():
    story = running()
    for at in range(90, 150):
        story.monitor(at=at / 6, measured=at / 6 - 1.5, spo2=97)
    assert "spo2" not in lost(story.state(at=25))


def test_monitor_that_never_spoke_is_reported_after_the_start():
    story = Story().opens().nurse_observes(at=5, **CALM).prepares().second_checks().starts(at=15)
    assert story.state(at=14).no_monitor_yet
    assert lost(story.state(at=15.9)) == set()
    state = story.state(at=16.1)
    assert "spo2" in lost(state)
    assert any("no monitor has sent it" in alarm.says for alarm in state.alarms)


def test_age_of_the_signal_is_told():
    signal = next(one for one in streaming(until=20).state(at=20.5).signals if one.parameter == "spo2")
    assert (signal.silent_seconds, signal.tolerated_seconds, signal.last_heard_at) == (30, 60, minute(20))
