"""A connected device that names another patient is an alarm, and never says whom it named."""

from datetime import timedelta

import pytest

from glimmer.care.session.events import (
    AlarmAcknowledged,
    DeviceConnected,
    DeviceDisconnected,
    IdentityContradicted,
    SessionEvent,
    SessionOpened,
)
from glimmer.care.session.log import fold
from glimmer.monitoring.identity import connected_devices, may_tell_again
from glimmer.monitoring.state import session_state
from tests.support.story import minute

OPENED = SessionOpened("iv-racemic-standard", "1", 1, 35, 40, 70, "Bay 1")
MONITOR = "bay-1-monitor"


def events_of(*told):
    """Return the events of `(minute, what)`, after the opening, numbered in this order."""
    lines = [(0, OPENED), *told]
    return [SessionEvent(seq, minute(at), minute(at), "Glimmer", what) for seq, (at, what) in enumerate(lines, start=1)]


def alarms(at, *told):
    state = session_state(events_of(*told), minute(at))
    return [alarm for alarm in state.all_alarms if alarm.rule.startswith("identity")]


def test_contradiction_raises_a_medium_alarm_that_stays_until_somebody_takes_it():
    told = [(1, DeviceConnected(MONITOR)), (5, IdentityContradicted(MONITOR, 7))]
    (alarm,) = alarms(6, *told)
    assert (alarm.priority, alarm.is_holding, alarm.is_active) == ("medium", True, True)
    assert MONITOR in alarm.says
    assert "name on the monitor" in alarm.action
    (later,) = alarms(30, *told)
    assert (later.is_holding, later.is_active) == (False, True)
    (taken,) = alarms(30, *told, (8, AlarmAcknowledged(alarm.key, "Changed the name")))
    assert not taken.is_active


def test_contradictions_one_after_another_are_one_alarm_and_one_long_after_is_another():
    told = [(at, IdentityContradicted(MONITOR)) for at in (5, 6, 7, 8)]
    (alarm,) = alarms(9, *told)
    assert alarm.onset == minute(5)
    taken = (9, AlarmAcknowledged(alarm.key))
    assert len(alarms(40, *told, taken, (39, IdentityContradicted(MONITOR)))) == 2


def test_each_device_has_an_alarm_of_its_own():
    assert len(alarms(6, (5, IdentityContradicted(MONITOR)), (5, IdentityContradicted("bay-1-pump")))) == 2


def test_alarm_is_over_when_the_device_is_taken_off():
    told = [(5, IdentityContradicted(MONITOR)), (6, DeviceDisconnected(MONITOR, "Other patient in it"))]
    (alarm,) = alarms(6.5, *told)
    assert not alarm.is_holding
    assert alarm.over_at == minute(6)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_connected_devices_do_not_depend_on_the_order_of_arrival(order):
    events = events_of(
        (1, DeviceConnected(MONITOR)), (2, DeviceDisconnected(MONITOR, "Broken")), (3, DeviceConnected("bay-2-monitor"))
    )
    held = connected_devices(fold(events[place] for place in order))
    assert list(held) == ["bay-2-monitor"]
    assert held["bay-2-monitor"].happened_at == minute(3)


def test_device_connected_again_is_connected():
    events = events_of(
        (1, DeviceConnected(MONITOR)), (2, DeviceDisconnected(MONITOR, "Cable")), (3, DeviceConnected(MONITOR, True))
    )
    held = connected_devices(fold(events))
    assert held[MONITOR].what.may_be_unnamed


def test_log_is_told_at_most_once_a_minute():
    assert may_tell_again(None, minute(0))
    assert not may_tell_again(minute(0), minute(0) + timedelta(seconds=59))
    assert may_tell_again(minute(0), minute(1))
    assert may_tell_again(minute(60), minute(0)), "a clock that was put back does not silence it"
