"""The pump against what was prepared: 50 mL at 75 mL/h, 0.7 mg/mL."""

import pytest

from glimmer.care.session.events import DeviceAlarm, DeviceReadings, InfusionPaused
from tests.support.story import Story, minute, reading, running


def pump_alarms(story: Story, at: float) -> dict[str, bool]:
    """The pump rules that were raised, and whether each still holds."""
    return {one.rule: one.is_holding for one in story.state(at).all_alarms if one.rule.startswith("pump")}


def pumping(story: Story, rate: float, since: float, until: float) -> Story:
    for at in range(int(since * 6), int(until * 6) + 1):
        story.monitor(at=at / 6, infusion_rate=rate)
    return story


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (75, set()),
        (78.75, set()),
        (71.25, set()),
        (79, {"pump_too_fast"}),
        (71, {"pump_too_slow"}),
        (0, {"pump_too_slow"}),
    ],
)
def test_rate_that_differs_by_more_than_five_per_cent_is_reported(rate, expected):
    assert set(pump_alarms(pumping(running(), rate, 15, 17), at=17)) == expected


def test_pump_may_take_half_a_minute_to_follow():
    story = pumping(running(), 0, 15, 15.3)
    assert pump_alarms(pumping(story, 75, 15.5, 17), at=17) == {}


def test_pump_that_runs_on_through_a_pause_is_reported():
    story = pumping(pumping(running(), 75, 15, 20).pauses(at=20), 75, 20.2, 22)
    assert pump_alarms(story, at=22) == {"pump_runs_unplanned": True}


def test_pump_that_stands_still_during_a_pause_is_right():
    story = pumping(pumping(running(), 75, 15, 20).pauses(at=20), 0, 20.2, 22)
    assert pump_alarms(story, at=22) == {}


def test_pause_that_is_written_down_late_takes_back_an_alarm_that_nobody_was_shown():
    story = pumping(pumping(running(), 75, 15, 20), 0, 20.2, 22)
    assert "pump_too_slow" in pump_alarms(story, at=22)
    assert pump_alarms(story.tell(InfusionPaused("Asked for it"), at=20, heard=22), at=22) == {}


def test_pump_that_runs_before_the_start_or_after_the_end_is_reported():
    before = Story().opens().prepares().second_checks()
    assert "pump_runs_unplanned" in pump_alarms(pumping(before, 75, 8, 10), at=10)
    after = pumping(running().stops(at=20), 75, 20.2, 22)
    assert "pump_runs_unplanned" in pump_alarms(after, at=22)


def test_volume_beyond_the_syringe_and_wrong_concentration_are_reported():
    story = running()
    for at in range(20, 23):
        story.monitor(at=at, volume_infused=53, drug_concentration=1.4)
    assert set(pump_alarms(story, at=23)) == {"pump_volume_beyond_plan", "pump_concentration_differs"}


def test_state_shows_what_the_pump_says_beside_the_plan():
    clock = running().monitor(at=25, volume_infused=12.4, infusion_rate=75).state(at=25).clock
    assert (clock.expected_volume_ml, clock.pump_volume_ml, clock.pump_rate_ml_per_hour) == (12.5, 12.4, 75)
    assert clock.share == 0.25


# Alarms that devices report themselves


def device_alarm(phase: str = "start", state: str = "active", priority: str = "high") -> DeviceAlarm:
    return DeviceAlarm("bay-1-pump", "196940", "Occlusion", phase, state, priority)


def occlusions(story: Story, at: float) -> list[tuple[str, bool]]:
    return [(one.priority, one.is_holding) for one in story.state(at).all_alarms if one.rule.startswith("device")]


def test_alarm_of_a_device_lasts_until_the_device_ends_it():
    story = running().tell(device_alarm(), at=20)
    assert occlusions(story, at=20.5) == [("high", True)]
    assert occlusions(story.tell(device_alarm("end", "inactive"), at=20.8), at=21) == [("high", False)]


def test_alarm_of_a_device_that_falls_silent_ends_a_minute_later_but_waits_to_be_acknowledged():
    story = running().tell(device_alarm(), at=20)
    assert occlusions(story, at=21.1) == [("high", False)]
    assert any(one.rule.startswith("device") for one in story.state(at=21.1).alarms)


def test_device_message_without_alarm_priority_is_left_to_the_log():
    assert occlusions(running().tell(device_alarm(priority="none"), at=20), at=20.5) == []


# Version 2: drug, not started, stopped early, ran on


def planned(**facts) -> Story:
    return running(protocol_version="2", **facts)


def says(story: Story, at: float, rule: str) -> str:
    return next(one.says for one in story.state(at).all_alarms if one.rule == rule)


@pytest.mark.parametrize(
    ("named", "differs"),
    [
        ("KETAMINE 10mg/ml", False),
        ("Ketamine", False),
        ("ketamine hydrochloride", False),
        ("Pump drug: Ketamine (racemic)", False),
        ("Esketamine", True),
        ("ESKETAMINE 25 mg/ml", True),
        ("S-ketamine", True),
        ("(S)-Ketamine", True),
        ("Arketamine", True),
        ("Midazolam", True),
        ("Dopamine", True),
        ("", False),
    ],
)
def test_drug_that_the_pump_names_must_be_the_prepared_one(named, differs):
    readings = (reading("infusion_rate", 75, minute(16), "pump"),)
    story = planned().tell(DeviceReadings("bay-1-pump", readings, drug=named), at=16)
    assert ("pump_drug_differs" in pump_alarms(story, at=16)) is differs


def test_wrong_drug_is_said_by_both_names_and_ends_when_the_right_one_is_named():
    story = planned().tell(DeviceReadings("bay-1-pump", (), drug="Midazolam"), at=16)
    assert says(story, 16, "pump_drug_differs") == (
        "The pump is set for Midazolam, but Ketamine (racemic) was prepared."
    )
    story.tell(DeviceReadings("bay-1-pump", (), drug="KETAMINE"), at=17)
    assert pump_alarms(story, at=17)["pump_drug_differs"] is False


def test_preparation_that_is_written_down_later_judges_the_drug_that_was_named_before():
    story = Story().opens(protocol_version="2").tell(DeviceReadings("bay-1-pump", (), drug="Midazolam"), at=3)
    assert pump_alarms(story, at=4) == {}
    assert "pump_drug_differs" in pump_alarms(story.prepares(at=5), at=5)


def test_pump_that_was_never_started_is_not_called_slow_or_stopped():
    story = pumping(planned(), 0, 15, 15.4)
    assert pump_alarms(story, at=15.4) == {}
    story = pumping(story, 0, 15.5, 15.6)
    assert set(pump_alarms(story, at=15.6)) == {"pump_not_started"}
    assert says(story, 15.6, "pump_not_started") == ("The pump stands still since the start, but 75 mL/h was prepared.")


def test_pump_that_stops_before_its_time_is_said_with_what_was_planned():
    story = pumping(pumping(planned(), 75, 15, 25), 0, 25.2, 26)
    assert set(pump_alarms(story, at=26)) == {"pump_stopped_early"}
    assert says(story, 26, "pump_stopped_early") == ("The pump has stopped before its time, but 75 mL/h was prepared.")


def test_pump_that_is_done_in_its_time_has_not_stopped_early():
    story = pumping(pumping(planned(), 75, 15, 54.5), 0, 54.7, 57)
    assert pump_alarms(story, at=57) == {}


def test_pump_that_runs_on_after_its_time_is_reported():
    story = pumping(planned(), 75, 15, 57.4)
    # 40 minutes and 5 % are over at 57.0; the pump may take half a minute.
    assert pump_alarms(story, at=57.4) == {}
    story = pumping(story, 75, 57.5, 58)
    assert set(pump_alarms(story, at=58)) == {"pump_ran_on"}
    assert says(story, 58, "pump_ran_on") == (
        "The pump still runs at 75 mL/h, longer than the 40 minutes that were planned."
    )


def test_pause_moves_the_planned_end():
    story = pumping(planned(), 75, 15, 20).pauses(at=20).resumes(at=30)
    assert pump_alarms(pumping(pumping(story, 0, 20.1, 29.9), 75, 30.1, 66), at=66) == {}


def test_pause_that_is_written_down_late_takes_back_stopped_early_too():
    story = pumping(pumping(planned(), 75, 15, 20), 0, 20.2, 22)
    assert "pump_stopped_early" in pump_alarms(story, at=22)
    assert pump_alarms(story.tell(InfusionPaused("Asked for it"), at=20, heard=22), at=22) == {}
