"""Whose reading is it? Charted only where a person's association and the patient's identity agree; never guessed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from glimmer.monitoring.attribution import (
    ANOTHER,
    NOBODY,
    THIS,
    UNKNOWN,
    Charted,
    Claim,
    Connected,
    KnownDevice,
    Quarantined,
    attribute,
    attribute_by_people,
    names,
)
from tests.support.story import minute, reading

DEVICE = KnownDevice("bay-1-monitor", "Bay 1")
SESSION = Connected(7, minute(0), minute(0), "9990000018", "G000012")
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
        ({}, KnownDevice("bay-1-monitor", ""), None, "is not connected to a session"),
        ({}, DEVICE, None, "There is none in Bay 1"),
        ({}, KnownDevice("bay-1-monitor", "Bay 1", bay_is_live=True), None, "connect it on that session's page"),
        ({}, DEVICE, replace(SESSION, has_ended=True), "has ended"),
        ({}, replace(DEVICE, is_retired=True), SESSION, "was retired"),
        ({}, replace(DEVICE, is_retired=True), None, "was retired"),
        ({"is_demo": True}, DEVICE, SESSION, "demonstration"),
    ],
)
def test_device_that_is_connected_to_nothing_certain_is_quarantined(facts, device, session, reason):
    outcome = attribute(claim(NHS, **facts), device, session)
    assert isinstance(outcome, Quarantined)
    assert reason in outcome.reason


@pytest.mark.parametrize(("identifiers", "may_be_unnamed"), [((), True), ((), False), ((NHS,), True), ((NHS,), False)])
def test_where_the_association_is_in_doubt_only_the_patients_own_number_is_believed(identifiers, may_be_unnamed):
    certain = replace(SESSION, may_be_unnamed=may_be_unnamed)
    expected = Charted if identifiers or may_be_unnamed else Quarantined
    assert isinstance(attribute(claim(*identifiers), DEVICE, certain), expected)
    outcome = attribute(claim(*identifiers), DEVICE, replace(certain, doubt="The clock was set."))
    assert isinstance(outcome, Charted if identifiers else Quarantined)
    if identifiers == () and may_be_unnamed:
        assert outcome == Quarantined("The clock was set.")


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


def test_only_a_device_that_a_person_said_sends_no_number_may_name_nobody():
    unnamed = replace(SESSION, may_be_unnamed=True)
    assert isinstance(attribute(claim(), DEVICE, unnamed), Charted)
    assert isinstance(attribute(claim(("", "", "MR")), DEVICE, unnamed), Charted)
    for identifiers in [(OTHERS_NHS,), (LOCAL, OTHERS_NHS), (VISIT,), (("HO-77/1", "OTHER HOSPITAL", "MR"),)]:
        assert isinstance(attribute(claim(*identifiers), DEVICE, unnamed), Quarantined), identifiers


@pytest.mark.parametrize(
    ("identifiers", "contradicts"),
    [((OTHERS_NHS,), True), ((LOCAL, OTHERS_NHS), True), ((), False), ((VISIT,), False)],
)
def test_only_naming_another_patient_is_a_contradiction(identifiers, contradicts):
    outcome = attribute(claim(*identifiers), DEVICE, SESSION)
    assert isinstance(outcome, Quarantined)
    assert outcome.contradicts is contradicts


def test_contradiction_is_told_even_where_the_clock_is_wrong_too():
    outcome = attribute(claim(OTHERS_NHS, measured=600), DEVICE, SESSION)
    assert isinstance(outcome, Quarantined)
    assert outcome.contradicts


def test_value_from_before_the_device_was_connected_is_left_out():
    """A monitor moved to this patient in mid-session repeats the last cuff value of the one it came from."""
    moved = replace(SESSION, since=minute(20))
    readings = (reading("systolic", 171, minute(18)), reading("spo2", 97, minute(21)))
    outcome = attribute(Claim("bay-1-monitor", (NHS,), readings, minute(21)), DEVICE, moved)
    assert [one.parameter for one in outcome.readings] == ["spo2"]
    assert "before the device was connected to this session" in outcome.not_charted[0]


@pytest.mark.parametrize(
    ("identifier", "verdict"),
    [
        (("9990000026", "", "XX"), ANOTHER),  # no authority, a kind that HL7 does not know: an NHS number all the same
        (("9990000018", "", "XX"), THIS),
        (("9990000026", "", "VN"), UNKNOWN),  # a visit number, by its kind, that happens to add up
        (("9990000026", "OTHER HOSPITAL", "XX"), UNKNOWN),
        (("G000013", "", "XX"), UNKNOWN),
        (("", "NHS", "NH"), NOBODY),
    ],
)
def test_nhs_number_is_compared_wherever_nothing_says_that_it_is_something_else(identifier, verdict):
    assert names((identifier,), "9990000018", "G000012") == verdict


@pytest.mark.parametrize(
    ("identifier", "verdict"),
    [
        (("G000012", "CLINIC", "MR"), THIS),
        (("G000012", "clinic", "MR"), THIS),
        (("G000012", "", "MR"), THIS),
        (("G000013", "CLINIC", "MR"), ANOTHER),
        (("77", "CLINIC", "MR"), ANOTHER),  # our own number, whatever it looks like
        (("G000013", "", "MR"), ANOTHER),
        (("G000012", "OTHER HOSPITAL", "MR"), UNKNOWN),  # the same figures, given by somebody else
        (("G000013", "OTHER HOSPITAL", "MR"), UNKNOWN),
        (("9990000026", "OTHER HOSPITAL", "MR"), ANOTHER),
    ],
)
def test_clinic_that_says_how_devices_name_it_knows_its_own_numbers(identifier, verdict):
    assert names((identifier,), "9990000018", "G000012", "Clinic") == verdict


def test_two_peoples_word_stands_for_the_identity_but_not_for_the_time():
    others = claim(OTHERS_NHS, measured=10, received=10)
    assert isinstance(attribute_by_people(others, minute(0), minute(60)), Charted)
    assert isinstance(attribute_by_people(others, minute(0), None), Charted)
    for opened, ended in [(minute(11), None), (minute(0), minute(9))]:
        assert isinstance(attribute_by_people(others, opened, ended), Quarantined)
    assert isinstance(attribute_by_people(claim(NHS, measured=200), minute(0), None), Quarantined)
