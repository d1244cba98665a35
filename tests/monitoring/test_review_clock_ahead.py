"""A device clock that ran ahead and was put right: what it said "from the future" must not hide what follows."""

from glimmer.care.session.log import fold
from tests.support.story import Story, running


def clock_put_right() -> Story:
    """The oximeter's clock is 110 s ahead (allowed), says 98 %, is put right, and the patient desaturates."""
    story = running()
    story.monitor(at=20, measured=20 + 110 / 60, heard=20, spo2=98)
    for second in range(5, 40, 5):
        story.monitor(at=20 + second / 60, spo2=80)
    return story


def test_newest_value_is_the_one_that_is_shown():
    state = clock_put_right().state(at=20 + 36 / 60)
    assert state.value("spo2").reading.value == 80
    assert state.value("spo2").beyond == "high"


def test_alarm_is_not_said_to_be_over():
    state = clock_put_right().state(at=20 + 36 / 60)
    alarm = next(alarm for alarm in state.alarms if alarm.rule == "oxygen-very-low")
    assert alarm.is_holding


def test_cuff_value_from_a_clock_ahead_sent_again_and_again_is_one_value():
    story = running()
    for second in range(60):
        story.monitor(at=20 + second / 60, measured=21.5, systolic=185, diastolic=100)
    measured = [sample for sample in fold(story.events).series["systolic"] if sample.reading.value == 185]
    assert len(measured) == 1
