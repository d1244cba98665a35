"""From a message to the right patient's log, or to quarantine with the reason; once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DatabaseError

from glimmer.actions.readings import MessageFacts, chart_messages
from glimmer.actions.session import cancel_session
from glimmer.care.session.events import DeviceAlarm, DeviceReadings
from glimmer.records.logbook import events_of
from glimmer.records.models import InboundMessage, LogLine, TreatmentSession
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
LATER = NOON + 60 * SECOND


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


def vitals(ward: Ward, control_id: str = "1", at: datetime = LATER, **other: object) -> MessageFacts:
    message = MessageFacts(
        sender="MON^TEST",
        control_id=control_id,
        fingerprint=f"print-{ward.monitor.identifier}-{control_id}",
        kind="vitals",
        received_at=at,
        raw=f"raw {control_id}".encode(),
        device=ward.monitor.identifier,
        identifiers=((ward.patient.local_number, "CLINIC", "MR"),),
        readings=(Reading(Parameter.SPO2, 97, at - SECOND, "oximeter"), Reading(Parameter.PULSE, 71, at - SECOND)),
    )
    return replace(message, **other)  # type: ignore[arg-type]


def charted(session: TreatmentSession) -> list[DeviceReadings]:
    return [event.what for event in events_of(session.pk) if isinstance(event.what, DeviceReadings)]


def test_a_message_lands_in_the_session_of_its_bay_and_patient(ward: Ward) -> None:
    session = ward.open()
    written_at = LATER + timedelta(milliseconds=40)
    (stored,) = chart_messages([vitals(ward, logged_at=written_at)])
    assert (stored.status, stored.session_id) == ("charted", session.pk)
    event = events_of(session.pk)[-1]
    assert isinstance(event.what, DeviceReadings)
    assert [(r.parameter, r.value) for r in event.what.readings] == [(Parameter.SPO2, 97), (Parameter.PULSE, 71)]
    assert event.happened_at == LATER - SECOND
    assert event.received_at == written_at
    assert event.by == f"device {ward.monitor.identifier}"
    kept = InboundMessage.objects.get(pk=stored.message_id)
    assert kept.received_at == LATER
    assert bytes(kept.raw) == b"raw 1"
    assert event.what.message_id == kept.pk
    session.refresh_from_db()
    assert session.last_seq == event.seq


def test_one_call_numbers_the_lines_of_each_session_in_order(ward: Ward) -> None:
    other = a_ward()
    sessions = [ward.open(), other.open()]
    batch = [vitals(one, str(number)) for number in range(5) for one in (ward, other)]
    assert {stored.status for stored in chart_messages(batch)} == {"charted"}
    for session in sessions:
        # Opened, functions told, two devices connected, five messages.
        assert [event.seq for event in events_of(session.pk)] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
        session.refresh_from_db()
        assert session.last_seq == 9


def test_a_message_sent_twice_is_stored_once_and_answered_alike(ward: Ward) -> None:
    session = ward.open()
    (first,) = chart_messages([vitals(ward)])
    (again,) = chart_messages([vitals(ward)])
    assert (again.status, again.message_id) == ("duplicate", first.message_id)
    assert len(charted(session)) == 1


def test_a_message_twice_in_one_call_is_stored_once(ward: Ward) -> None:
    session = ward.open()
    first, again = chart_messages([vitals(ward), vitals(ward)])
    assert (first.status, again.status) == ("charted", "duplicate")
    assert again.message_id == first.message_id
    assert len(charted(session)) == 1


def test_a_device_that_counts_from_one_again_loses_nothing(ward: Ward) -> None:
    session = ward.open()
    chart_messages([vitals(ward, "1")])
    (stored,) = chart_messages([replace(vitals(ward, "1", LATER + SECOND), fingerprint="another")])
    assert stored.status == "charted"
    assert len(charted(session)) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"device": "somebody-elses-monitor"}, "is not registered"),
        ({"device": ""}, "does not say which device"),
        ({"identifiers": ()}, "names no patient"),
        ({"identifiers": (("G999999", "CLINIC", "MR"),)}, "names another patient"),
        ({"identifiers": (("9990000018", "NHS", "NH"),)}, "names another patient"),
        ({"objection": "One message holds two patients (PID)."}, "two patients"),
    ],
)
def test_what_belongs_to_nobody_certain_is_kept_in_quarantine(ward: Ward, change: dict, reason: str) -> None:
    session = ward.open()
    (stored,) = chart_messages([replace(vitals(ward), **change)])
    assert stored.status == "quarantined"
    assert reason in stored.reason
    assert charted(session) == []
    kept = InboundMessage.objects.get()
    assert (kept.status, kept.reason, bytes(kept.raw)) == ("quarantined", stored.reason, b"raw 1")


def test_a_contradicting_identifier_beside_the_right_one_is_quarantined(ward: Ward) -> None:
    session = ward.open()
    both = ((ward.patient.local_number, "", "MR"), ("9990000018", "NHS", "NH"))
    (stored,) = chart_messages([vitals(ward, identifiers=both)])
    assert stored.status == "quarantined"
    assert charted(session) == []


def test_without_a_live_session_a_bays_monitor_is_quarantined(ward: Ward) -> None:
    (stored,) = chart_messages([vitals(ward)])
    assert "not connected to a session" in stored.reason


def test_after_the_session_ended_its_monitor_is_quarantined(ward: Ward) -> None:
    session = ward.open()
    cancel_session(session, "Went home", by=ward.nurse, at=NOON + SECOND)
    (stored,) = chart_messages([vitals(ward)])
    assert stored.status == "quarantined"
    assert charted(session) == []


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_hours_off_is_quarantined(ward: Ward, hours: int) -> None:
    session = ward.open(NOON)
    shifted = LATER + timedelta(hours=hours)
    (stored,) = chart_messages([vitals(ward, readings=(Reading(Parameter.SPO2, 97, shifted, "oximeter"),))])
    assert stored.status == "quarantined"
    assert "clock" in stored.reason
    assert charted(session) == []


def test_the_last_patients_cuff_value_is_left_out_with_its_reason(ward: Ward) -> None:
    session = ward.open(NOON)
    old = Reading(Parameter.SYSTOLIC, 181, NOON - 300 * SECOND, "cuff")
    fresh = Reading(Parameter.SPO2, 97, LATER, "oximeter")
    (stored,) = chart_messages([vitals(ward, readings=(old, fresh))])
    assert stored.status == "charted"
    assert [one.readings for one in charted(session)] == [(fresh,)]
    left_out = InboundMessage.objects.get().summary["left_out"]
    assert len(left_out) == 1
    assert "before this session was opened" in left_out[0]


def test_a_message_of_which_nothing_can_be_charted_is_quarantined(ward: Ward) -> None:
    ward.open()
    summary = {"not_charted": [{"name": "SpO2", "value": "140 %", "why_not": "impossible"}]}
    (stored,) = chart_messages([vitals(ward, readings=(), summary=summary)])
    assert stored.status == "quarantined"
    assert InboundMessage.objects.get().summary["not_charted"][0]["why_not"] == "impossible"


def test_a_device_alarm_is_written_into_the_log(ward: Ward) -> None:
    session = ward.open()
    alarm = DeviceAlarm(ward.pump.identifier, "196940", "Occlusion", "start", "active", "high")
    message = vitals(ward, kind="alarm", device=ward.pump.identifier, readings=(), alarm=alarm, alarm_at=LATER)
    (stored,) = chart_messages([message])
    assert stored.status == "charted"
    (event,) = [event for event in events_of(session.pk) if isinstance(event.what, DeviceAlarm)]
    assert (event.what.code, event.what.message_id) == ("196940", stored.message_id)


def test_a_sign_of_life_is_noted_and_not_charted(ward: Ward) -> None:
    session = ward.open()
    (stored,) = chart_messages([vitals(ward, kind="watchdog", readings=())])
    assert stored.status == "noted"
    assert charted(session) == []


def test_a_refused_message_is_kept_for_a_person_to_see(ward: Ward) -> None:
    (stored,) = chart_messages(
        [vitals(ward, fingerprint="", kind="order", readings=(), objection="An order to a pump.", refused=True)]
    )
    assert stored.status == "refused"
    assert InboundMessage.objects.get().reason == "An order to a pump."


def test_refused_messages_are_never_taken_for_repeats(ward: Ward) -> None:
    refused = vitals(ward, fingerprint="", objection="Damaged.", refused=True, readings=())
    assert [one.status for one in chart_messages([refused, refused])] == ["refused", "refused"]


def test_what_a_database_cannot_keep_does_not_stop_the_others(ward: Ward) -> None:
    session = ward.open()
    odd = vitals(
        ward,
        "odd",
        sender="zero\x00byte",
        device="half\ud800",
        identifiers=(("\x00", "", ""),),
        summary={"patient_name": "\x00\ud800", "problems": ["\x00"]},
    )
    long = vitals(ward, "c" * 500, sender="s" * 500, fingerprint="long")
    statuses = [one.status for one in chart_messages([odd, long, vitals(ward, "2")])]
    assert statuses == ["quarantined", "charted", "charted"]
    assert len(charted(session)) == 2


def test_times_from_other_zones_are_kept_as_the_same_moment(ward: Ward) -> None:
    session = ward.open()
    tokyo = LATER.astimezone(timezone(timedelta(hours=9)))
    chart_messages([vitals(ward, readings=(Reading(Parameter.SPO2, 97, tokyo, "oximeter"),), received_at=tokyo)])
    event = events_of(session.pk)[-1]
    assert event.received_at == LATER
    assert event.received_at.tzinfo == UTC
    assert charted(session)[0].readings[0].measured_at == LATER


def test_a_failed_write_leaves_nothing_of_the_call(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ward.open()

    def full_disk(rows: object) -> None:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr("glimmer.actions.readings.insert_lines", full_disk)
    with pytest.raises(DatabaseError):
        chart_messages([vitals(ward)])
    monkeypatch.undo()
    assert not InboundMessage.objects.exists()
    assert not LogLine.objects.filter(kind=DeviceReadings.kind).exists()
    assert chart_messages([vitals(ward)])[0].status == "charted"
    assert len(charted(session)) == 1
