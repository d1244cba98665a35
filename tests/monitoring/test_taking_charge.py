"""Taking charge of one alarm must not silence the next: nobody takes charge of what nobody was shown."""

import pytest

from tests.support.story import Story, running


def beating(story: Story, since: float, until: float, pulse: float) -> Story:
    """The monitor says a pulse every ten seconds."""
    for step in range(round((until - since) * 6) + 1):
        story.monitor(since + step / 6, pulse=pulse)
    return story


def breathing(story: Story, since: int, until: int, spo2: float) -> Story:
    """The monitor says a saturation every second; times in seconds."""
    for at in range(since, until):
        story.monitor(at / 60, spo2=spo2)
    return story


def taken(story: Story, at: float, rule: str) -> list[bool]:
    """Whether somebody took charge of each alarm of a rule, by onset."""
    alarms = [one for one in story.state(at).all_alarms if one.rule == rule]
    return [one.is_acknowledged for one in sorted(alarms, key=lambda one: one.onset)]


@pytest.mark.parametrize("version", ["1", "2"])
def test_fast_pulse_that_began_before_the_last_alarm_was_taken_in_charge_is_a_new_alarm(version):
    story = beating(running(protocol_version=version), 20, 26, 128)
    story = beating(story, 26.5, 30, 90)
    key = next(one.key for one in story.state(30).all_alarms if one.rule == "tachycardia")
    # The second run begins at minute 30.5, has lasted five minutes at 35.5; charge is taken of the first in between.
    story = beating(story, 30.5, 32, 128).acknowledges(key, 32.05)
    story = beating(story, 32.1, 37, 128)
    assert taken(story, 37, "tachycardia") == [True, False]


@pytest.mark.parametrize("version", ["1", "2"])
def test_low_saturation_that_is_not_raised_yet_when_charge_is_taken_is_a_new_alarm(version):
    story = breathing(breathing(running(protocol_version=version), 1200, 1230, 86), 1230, 1260, 97)
    key = next(one.key for one in story.state(21).all_alarms if one.rule == "oxygen-very-low")
    story = breathing(story, 1260, 1265, 85).acknowledges(key, 1265.5 / 60)
    story = breathing(story, 1266, 1285, 85)
    assert taken(story, 1285 / 60, "oxygen-very-low") == [True, False]


def test_alarm_that_still_lasts_when_charge_is_taken_is_no_new_one():
    story = breathing(running(), 1200, 1230, 86)
    key = next(one.key for one in story.state(20.5).all_alarms if one.rule == "oxygen-very-low")
    story = breathing(story.acknowledges(key, 1230 / 60), 1231, 1300, 85)
    assert taken(story, 1300 / 60, "oxygen-very-low") == [True]


def test_alarm_that_came_and_went_before_charge_was_taken_is_taken_with_the_first():
    story = running()
    for since, until, spo2 in ((1200, 1230, 86), (1230, 1250, 97), (1250, 1270, 84), (1270, 1290, 97)):
        story = breathing(story, since, until, spo2)
    key = next(one.key for one in story.state(21.5).all_alarms if one.rule == "oxygen-very-low")
    assert taken(story.acknowledges(key, 21.5), 22, "oxygen-very-low") == [True]
