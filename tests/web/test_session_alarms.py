"""Alarms as rows: what raised them, and beside it what the value is now."""

from datetime import UTC, datetime, timedelta

from glimmer.care.session.events import DeviceReadings, SessionEvent, SessionOpened
from glimmer.guidance import protocol
from glimmer.monitoring.state import session_state
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from glimmer.web.session_alarms import AlarmRow, alarm_rows

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PROTOCOL = protocol("iv-racemic-standard")
OPENED = SessionOpened(PROTOCOL.id, PROTOCOL.version, 1, 35, 40, 70, "Bay 1")


def alarms(*pressures: tuple[float, float]) -> dict[str, AlarmRow]:
    """The rows after cuff readings of systolic and diastolic pressure, five minutes apart."""
    events = [SessionEvent(1, START, START, "Glimmer", OPENED)]
    for number, (systolic, diastolic) in enumerate(pressures, start=2):
        at = START + timedelta(minutes=5 * number)
        cuff = (
            Reading(Parameter.SYSTOLIC, systolic, at, "cuff"),
            Reading(Parameter.DIASTOLIC, diastolic, at, "cuff"),
        )
        events.append(SessionEvent(number, at, at, "device bay-1", DeviceReadings("bay-1", cuff)))
    now = events[-1].happened_at + timedelta(seconds=5)
    return {row.key.partition("@")[0]: row for row in alarm_rows(session_state(events, now))}


def test_alarm_that_lasts_shows_the_value_of_now_beside_the_one_that_raised_it():
    row = alarms((168, 96), (191, 118))["hypertension"]
    assert "168 mmHg" in row.says
    assert row.now == "191/118 mmHg"


def test_alarm_whose_cause_is_over_shows_no_value_of_now():
    row = alarms((191, 118), (124, 76))["hypertension"]
    assert not row.is_active
    assert row.now == ""
