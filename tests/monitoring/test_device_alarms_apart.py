"""Alarms that devices report must not hide each other: one code may stand for many, and one alarm may grow graver."""

from glimmer.care.session.events import DeviceAlarm
from tests.support.story import Story, running

LOW = "196652"  # MDC_EVT_LO: too low, whatever it is that was measured


def reports(story: Story, at: float, parameter: str = "", priority: str = "PM", phase: str = "start") -> Story:
    what = DeviceAlarm("bay-1-monitor", LOW, f"{parameter} low", phase, "", priority, parameter=parameter)
    return story.tell(what, at, "device bay-1-monitor", None)


def reported(story: Story, at: float) -> list[tuple[str, str, bool]]:
    found = [one for one in story.state(at).all_alarms if one.rule.startswith("device")]
    return sorted((one.says, one.priority, one.is_holding) for one in found)


def test_two_alarms_of_one_code_about_two_measurements_are_two_alarms():
    story = reports(reports(running(), 20, "spo2"), 20.1, "pulse")
    assert [says for says, _, _ in reported(story, 20.2)] == [
        "bay-1-monitor reports: pulse low.",
        "bay-1-monitor reports: spo2 low.",
    ]


def test_end_of_one_ends_not_the_other():
    story = reports(reports(running(), 20, "spo2"), 20.1, "pulse")
    story = reports(story, 20.2, "pulse", phase="end")
    assert [holds for _, _, holds in reported(story, 20.3)] == [False, True]


def test_alarm_that_grows_graver_is_shown_at_its_new_priority():
    story = reports(reports(running(), 20, "spo2", "PM"), 20.2, "spo2", "PH", phase="continue")
    assert [(priority, holds) for _, priority, holds in reported(story, 20.3)] == [("high", True), ("medium", False)]


def test_alarm_that_is_taken_in_charge_and_then_grows_graver_is_new():
    story = reports(running(), 20, "spo2", "PL")
    key = next(one.key for one in story.state(20).all_alarms if one.rule.startswith("device"))
    story = reports(story.acknowledges(key, 20.1), 20.2, "spo2", "PH", phase="continue")
    untaken = [one for one in story.state(20.3).alarms if not one.is_acknowledged and one.rule.startswith("device")]
    assert [one.priority for one in untaken] == ["high"]


def test_alarm_that_grows_less_grave_stays_one_alarm():
    story = reports(reports(running(), 20, "spo2", "PH"), 20.2, "spo2", "PM", phase="continue")
    assert [(priority, holds) for _, priority, holds in reported(story, 20.3)] == [("high", True)]
