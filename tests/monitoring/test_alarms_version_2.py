"""The limits that version 2 of the protocol adds: NEWS2's single threes, no breathing, and rates of change."""

import pytest

from glimmer.monitoring.state import SessionState
from tests.support.story import CALM, Story, running

ABOUT = ("signal_lost", "observation_overdue", "pump")


def raised(state: SessionState) -> dict[str, str]:
    """The rules about the patient that were raised, with their priorities."""
    return {one.rule: one.priority for one in state.all_alarms if not one.rule.startswith(ABOUT)}


def steady(seconds: int, **values: float) -> Story:
    """Return a session in which a monitor sends the same values once a second from minute 20 on."""
    story = running(protocol_version="2")
    for at in range(seconds + 1):
        story.monitor(at=20 + at / 60, **values)
    return story


def test_calm_session_raises_nothing_under_version_2():
    story = running(protocol_version="2")
    for at in range(0, 120, 5):
        story.monitor(at=15 + at / 60, infusion_rate=75, **CALM)
    assert story.state(17).all_alarms == ()


# Royal College of Physicians, NEWS2 chart: which value of one parameter scores 3, and which 1.
@pytest.mark.parametrize(
    ("values", "seconds", "expected"),
    [
        ({"pulse": 41}, 60, {"pulse-slow": "low"}),
        ({"pulse": 51}, 120, {}),
        ({"pulse": 40}, 10, {"pulse-very-slow": "high"}),
        ({"pulse": 0}, 10, {"pulse-very-slow": "high"}),
        ({"pulse": 130}, 120, {}),
        ({"pulse": 131}, 60, {"pulse-very-fast": "medium"}),
        ({"respiratory_rate": 9}, 60, {}),
        ({"respiratory_rate": 8}, 10, {"breathing-slow": "high"}),
        ({"respiratory_rate": 24}, 120, {}),
        ({"respiratory_rate": 25}, 60, {"breathing-fast": "medium"}),
        ({"systolic": 91}, 0, {}),
        ({"systolic": 90}, 0, {"pressure-low": "medium"}),
        ({"systolic": 70}, 0, {"pressure-low": "medium", "pressure-very-low": "high"}),
    ],
)
def test_value_that_lasts_raises_exactly_this(values, seconds, expected):
    assert raised(steady(seconds, **values).state(20 + seconds / 60)) == expected


SPIKES = [({"pulse": 35}, 9), ({"respiratory_rate": 6}, 9), ({"pulse": 140}, 59)]


@pytest.mark.parametrize(("values", "seconds"), SPIKES)
def test_spike_that_is_shorter_than_the_rule_allows_raises_nothing(values, seconds):
    calm = {name: CALM[name] for name in values}
    story = steady(seconds, **values).monitor(at=20 + (seconds + 0.9) / 60, **calm)
    assert raised(story.state(23)) == {}


def test_no_breathing_is_high_at_once():
    story = running(protocol_version="2").monitor(at=20, respiratory_rate=0)
    assert raised(story.state(20)) == {"breathing-absent": "high"}


# Rate of change


def pressures(*pairs: tuple[float, float]) -> Story:
    story = running(protocol_version="2")
    for at, systolic in pairs:
        story.monitor(at=at, systolic=systolic)
    return story


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(20, 122), (25, 152)], {"pressure-rising-fast"}),
        ([(20, 122), (25, 151)], set()),
        ([(20, 122), (30, 152)], {"pressure-rising-fast"}),
        ([(20, 122), (30.1, 152)], set()),
        # In two steps: against the lowest of the ten minutes, not against the last.
        ([(20, 122), (24, 138), (28, 152)], {"pressure-rising-fast"}),
        ([(20.5, 152), (25, 122)], set()),
    ],
)
def test_rise_of_thirty_within_ten_minutes(pairs, expected):
    story = pressures(*pairs)
    assert set(raised(story.state(pairs[-1][0]))) == expected


def test_fall_of_four_per_cent_within_two_minutes_that_lasts_ten_seconds():
    story = running(protocol_version="2")
    for at in range(40):
        story.monitor(at=20 + at / 60, spo2=99 if at < 30 else 95)
    assert raised(story.state(20 + 39 / 60)) == {}
    story.monitor(at=20 + 40 / 60, spo2=95)
    assert raised(story.state(20 + 40 / 60)) == {"oxygen-falling": "low"}
    says = next(one.says for one in story.state(21).all_alarms if one.rule == "oxygen-falling")
    assert says == "Oxygen saturation fell by 4 % within 2 minutes (limit 4)"


def test_slow_fall_is_no_fast_fall():
    story = running(protocol_version="2")
    for step in range(60):
        story.monitor(at=20 + step / 6, spo2=99 - step // 15)
    assert raised(story.state(30)) == {}


def test_two_probes_that_disagree_are_no_change():
    story = running(protocol_version="2")
    for at in range(60):
        story.monitor(at=20 + at / 60, spo2=99, site="left hand")
        story.monitor(at=20 + (at + 0.5) / 60, spo2=95, site="right hand")
    assert raised(story.state(21)) == {}


def test_earlier_value_that_arrives_late_makes_the_rise_that_it_is():
    story = pressures((30, 150)).monitor(at=31, measured=26, heard=31, systolic=118)
    assert set(raised(story.state(31))) == {"pressure-rising-fast"}


# Lost signal after the infusion, and of the pump


def lost(story: Story, at: float) -> set[str]:
    return {one.rule for one in story.state(at).alarms if one.rule.startswith("signal_lost")}


def test_signal_is_watched_after_the_infusion_too_with_more_patience():
    story = running(protocol_version="2").monitor(at=20, **CALM).completes(at=20.5)
    assert lost(story, at=25.4) == set()
    assert lost(story, at=25.6) == {"signal_lost:spo2", "signal_lost:pulse", "signal_lost:respiratory_rate"}
    assert "signal_lost:systolic" in lost(story, at=50.6)
    first = Story().opens().monitor(at=10, **CALM).prepares(11).second_checks(12).starts(15).completes(20.5)
    assert not any(one.is_holding for one in first.state(60).alarms if one.rule.startswith("signal_lost"))


def test_pump_that_falls_silent_is_a_lost_signal():
    story = running(protocol_version="2").monitor(at=19, infusion_rate=75)
    assert "signal_lost:infusion_rate" not in lost(story, at=19.9)
    assert "signal_lost:infusion_rate" in lost(story, at=20.1)


def test_pump_that_never_spoke_is_said_quietly():
    found = {one.rule: (one.priority, one.says) for one in running(protocol_version="2").state(16.1).alarms}
    assert found["pump_never_heard:infusion_rate"] == ("low", "No pump has sent its rate since the start.")


def test_overdue_round_clears_by_itself_when_it_was_done():
    story = running(protocol_version="2")
    assert "observation_overdue:0" in {one.rule for one in story.state(18.1).alarms}
    story.nurse_observes(at=18.5, due=0, **CALM)
    assert "observation_overdue:0" not in {one.rule for one in story.state(18.6).alarms}
