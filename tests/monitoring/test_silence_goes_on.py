"""A signal that was lost in the infusion is not found again by the infusion's end."""

from tests.support.story import CALM, Story, running

STEADY = {"pulse": 72, "respiratory_rate": 14}


def quiet_oximeter(version: str) -> Story:
    """The oximeter is heard until minute 50; the infusion is completed at 55, and all else goes on."""
    story = running(protocol_version=version)
    for at in range(15, 80):
        story.monitor(at, **(STEADY if at > 50 else {**STEADY, "spo2": CALM["spo2"]}))
        if at == 55:
            story.completes(55)
    return story


def lost(story: Story, at: float) -> list[tuple[bool, int, int]]:
    found = [one for one in story.state(at).all_alarms if one.rule == "signal_lost:spo2"]
    return [(one.is_holding, one.raised_at.minute, one.onset.minute) for one in found]


def test_silence_that_was_called_in_the_infusion_is_still_called_after_it():
    story = quiet_oximeter("2")
    for at in (54, 56, 59, 70):
        assert lost(story, at) == [(True, 51, 50)]


def test_silence_ends_when_the_probe_is_heard_again_after_the_infusion():
    story = quiet_oximeter("2").monitor(80, spo2=97)
    assert lost(story, 81) == [(False, 51, 50)]


def test_under_version_1_nothing_is_watched_after_the_infusion_as_it_was():
    assert lost(quiet_oximeter("1"), 70) == [(False, 51, 50)]
