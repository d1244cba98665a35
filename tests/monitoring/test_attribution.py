"""Whose reading is it? Charted only where device, bay, session and patient agree; never guessed."""

from datetime import timedelta

import pytest

from glimmer.monitoring.attribution import BaySession, Charted, Claim, KnownDevice, Quarantined, attribute
from tests.support.story import minute, reading

DEVICE = KnownDevice("bay-1-monitor", "Bay 1")
SESSION = BaySession(7, "Bay 1", minute(0), "9990000018", "G000012")
NHS = ("9990000018", "NHS", "NH")
LOCAL = ("G000012", "GLIMMER", "MR")
OTHERS_NHS = ("9990000026", "NHS", "NH")
VISIT = ("G000099", "HOSPITAL", "VN")


def claim(*identifiers, measured: float = 10, received: float = 10, **facts) -> Claim:
    readings = (reading("spo2", 97, minute(measured)),)
    return Claim(
        **{
            "device": "bay-1-monitor",
            "identifiers": identifiers,
            "readings": readings,
            "received_at": minute(received),
            **facts,
        }
    )


@pytest.mark.parametrize(
    "identifiers",
    [
        (NHS,),
        (LOCAL,),
        (NHS, LOCAL),
        (("999 000 0018", "", "NH"),),
        (("9990000018", "", ""),),
        (("g000012", "", "PI"),),
        (LOCAL, VISIT),
        (LOCAL, ("HO-77/1", "OTHER HOSPITAL", "MR")),
        (LOCAL, ("", "", "NH")),
    ],
)
def test_message_that_names_the_patient_of_the_bay_is_charted(identifiers):
    outcome = attribute(claim(*identifiers), DEVICE, SESSION)
    assert isinstance(outcome, Charted)
    assert outcome.session_id == 7
    assert [one.value for one in outcome.readings] == [97]


@pytest.mark.parametrize(
    ("identifiers", "reason"),
    [
        ((), "names no patient"),
        ((("", "", ""),), "names no patient"),
        ((OTHERS_NHS,), "names another patient"),
        ((LOCAL, OTHERS_NHS), "names another patient"),
        ((NHS, ("G000013", "GLIMMER", "MR")), "names another patient"),
        ((("G000013", "", ""),), "names another patient"),
        ((("999000001X", "", "NH"),), "names another patient"),
        ((VISIT,), "does not know"),
        ((("HO-77/1", "OTHER HOSPITAL", "MR"),), "does not know"),
    ],
)
def test_message_that_does_not_name_the_patient_is_quarantined(identifiers, reason):
    outcome = attribute(claim(*identifiers), DEVICE, SESSION)
    assert isinstance(outcome, Quarantined)
    assert reason in outcome.reason


def test_visit_number_that_looks_like_the_patients_number_names_nobody():
    outcome = attribute(claim(("G000012", "HOSPITAL", "VN")), DEVICE, SESSION)
    assert isinstance(outcome, Quarantined)


@pytest.mark.parametrize(
    ("facts", "device", "session", "reason"),
    [
        ({"device": ""}, None, SESSION, "does not say which device"),
        ({}, None, SESSION, "is not registered"),
        ({}, KnownDevice("bay-1-monitor", ""), SESSION, "stands in no bay"),
        ({}, DEVICE, None, "no live session in Bay 1"),
        ({}, KnownDevice("bay-1-monitor", "Bay 2"), SESSION, "stands in Bay 2"),
        ({"is_demo": True}, DEVICE, SESSION, "demonstration"),
    ],
)
def test_device_that_stands_nowhere_certain_is_quarantined(facts, device, session, reason):
    outcome = attribute(claim(NHS, **facts), device, session)
    assert isinstance(outcome, Quarantined)
    assert reason in outcome.reason


@pytest.mark.parametrize("hours", [1, 5, 24 * 365])
def test_clock_that_is_hours_off_is_quarantined_in_both_directions(hours):
    late = SESSION.opened_at + timedelta(hours=hours)
    ahead = attribute(claim(NHS, measured=60 * hours), DEVICE, SESSION)
    behind = attribute(
        claim(NHS, measured=0, received=(late - SESSION.opened_at).total_seconds() / 60), DEVICE, SESSION
    )
    assert isinstance(ahead, Quarantined)
    assert "ahead" in ahead.reason
    assert isinstance(behind, Quarantined)
    assert "clock is wrong" in behind.reason


def test_clock_a_minute_off_is_charted():
    assert isinstance(attribute(claim(NHS, measured=11, received=10), DEVICE, SESSION), Charted)
    assert isinstance(attribute(claim(NHS, measured=9, received=10), DEVICE, SESSION), Charted)


def test_alarm_with_a_clock_hours_off_is_quarantined_too():
    alarm = Claim("bay-1-monitor", (NHS,), (), minute(10), event_at=minute(10 - 120))
    assert isinstance(attribute(alarm, DEVICE, SESSION), Quarantined)


def test_cuff_value_from_before_the_session_is_left_out_and_the_rest_is_charted():
    """A cuff keeps its last value when the next patient is connected: it may be the last patient's."""
    readings = (reading("systolic", 171, minute(-5)), reading("spo2", 97, minute(1)))
    outcome = attribute(Claim("bay-1-monitor", (NHS,), readings, minute(1)), DEVICE, SESSION)
    assert [one.parameter for one in outcome.readings] == ["spo2"]
    assert outcome.not_charted == ("Systolic blood pressure 171 mmHg: measured before this session was opened.",)


def test_very_old_value_beside_a_fresh_one_is_left_out_alone():
    readings = (reading("systolic", 171, minute(5)), reading("spo2", 97, minute(45)))
    outcome = attribute(Claim("bay-1-monitor", (NHS,), readings, minute(45)), DEVICE, SESSION)
    assert [one.parameter for one in outcome.readings] == ["spo2"]
    assert "40 min 0 s before it arrived" in outcome.not_charted[0]


def test_reason_names_no_patient():
    outcome = attribute(claim(OTHERS_NHS), DEVICE, SESSION)
    assert "999" not in outcome.reason
