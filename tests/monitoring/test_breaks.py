"""A probe that moves shows a normal value now and then: that must not start a danger's time anew."""

import pytest

from tests.support.story import Story, running


def said(story: Story, since: float, values: list[float], every: float, parameter: str) -> Story:
    """The monitor says these values, one `every` seconds, from second `since` on."""
    for step, value in enumerate(values):
        story.monitor((since + step * every) / 60, **{parameter: value})
    return story


def alarms(story: Story, at: float, rule: str) -> list:
    return [one for one in story.state(at / 60).all_alarms if one.rule == rule]


def version(number: str) -> Story:
    return running(protocol_version=number)


FLICKERING = [128.0] * 9 + [80.0]


def test_fast_pulse_with_single_normal_values_is_alarmed_after_its_five_minutes():
    story = said(version("2"), 1200, FLICKERING * 16, 2, "pulse")
    (alarm,) = alarms(story, 1520, "tachycardia")
    assert alarm.is_holding
    assert (alarm.raised_at.minute, alarm.raised_at.second) == (25, 0)


def test_under_version_1_each_normal_value_is_a_break_as_it_was():
    assert alarms(said(version("1"), 1200, FLICKERING * 16, 2, "pulse"), 1520, "tachycardia") == []


def test_low_saturation_with_one_normal_value_in_the_midst_is_alarmed_in_time():
    story = said(version("2"), 1200, [85, 85, 85, 97, 85, 85, 85], 2, "spo2")
    assert [one.raised_at.second for one in alarms(story, 1212, "oxygen-very-low")] == [10]


@pytest.mark.parametrize("normal_for", [4, 6, 10, 30])
def test_two_short_dips_with_a_real_break_between_stay_silent(normal_for):
    dips = [85.0] * 3 + [97.0] * (normal_for // 2) + [85.0] * 3 + [97.0] * 10
    assert alarms(said(version("2"), 1200, dips, 2, "spo2"), 1290, "oxygen-very-low") == []


def test_a_dip_is_not_raised_in_its_break():
    # Low for eight seconds, normal from the eighth on: the ten seconds fall into the break, and no low value follows.
    story = said(version("2"), 1200, [85.0] * 4 + [97.0] * 10, 2, "spo2")
    for at in range(1200, 1230):
        assert alarms(story, at, "oxygen-very-low") == []


def test_alarm_is_over_when_the_values_became_normal_not_when_that_was_believed():
    story = said(version("2"), 1200, [85.0] * 10 + [97.0] * 10, 2, "spo2")
    (alarm,) = alarms(story, 1240, "oxygen-very-low")
    assert (alarm.over_at.minute, alarm.over_at.second) == (20, 20)


def test_flicker_within_an_alarm_is_one_alarm_even_when_charge_was_taken():
    story = said(version("2"), 1200, [85.0] * 10, 2, "spo2")
    key = alarms(story, 1219, "oxygen-very-low")[0].key
    story = said(story.acknowledges(key, 1220 / 60), 1221, [97.0, 85.0, 85.0, 97.0, 85.0, 85.0] * 4, 2, "spo2")
    assert len(alarms(story, 1270, "oxygen-very-low")) == 1
