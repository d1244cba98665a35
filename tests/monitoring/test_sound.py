"""What a room hears, and for how long somebody may silence it (60 s for a high alarm, 120 s for the others)."""

from glimmer.care.session.events import SoundPaused, SoundResumed
from glimmer.monitoring.sound import Sound
from tests.support.story import Story, minute, running

NURSE = "Maya Okafor, nurse"


def heard(story: Story, at: float) -> Sound:
    return story.state(at).sound


def alarming(systolic: float) -> Story:
    return running().monitor(at=15.5, spo2=98, pulse=70).monitor(at=16, systolic=systolic, diastolic=80)


def test_most_urgent_alarm_sounds_until_somebody_takes_charge():
    story = alarming(210)
    assert heard(story, 16).priority == "high"
    for alarm in story.state(16).alarms:
        story.acknowledges(alarm.key, at=16.1)
    assert heard(story, 16.2).priority == ""


def test_pause_silences_a_medium_alarm_for_two_minutes_at_most():
    story = alarming(170).tell(SoundPaused(600), at=16.1)
    assert heard(story, 16.2) == Sound("", "medium", minute(18.1), NURSE)


def test_pause_silences_a_high_alarm_for_one_minute_at_most():
    story = alarming(210).tell(SoundPaused(120), at=16.1)
    assert heard(story, 16.2) == Sound("", "high", minute(17.1), NURSE)
    assert heard(story, 17.1).priority == "high"


def test_alarm_raised_during_the_pause_breaks_through_it():
    story = alarming(170).tell(SoundPaused(60), at=16.1).monitor(at=16.3, systolic=210, diastolic=80)
    assert heard(story, 16.4).priority == "high"


def test_sound_comes_back_when_switched_on_or_when_the_pause_is_over():
    story = alarming(170).tell(SoundPaused(15), at=16.1)
    assert heard(story, 16.3).priority == ""
    assert heard(story, 16.35).priority == "medium"
    assert heard(story.tell(SoundResumed(), at=16.2), 16.3).priority == "medium"
