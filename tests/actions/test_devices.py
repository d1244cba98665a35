"""A person connects a device to a session; what it sends is charted there, from then on, and nowhere else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from glimmer.actions.devices import connect_bay, connect_device, disconnect_device
from glimmer.actions.leaving import discharge_patient, record_leaving
from glimmer.actions.log import log_of
from glimmer.actions.readings import MessageFacts, Stored, chart_messages
from glimmer.actions.session import cancel_session, override_leaving
from glimmer.actions.watch import alarms_to_raise
from glimmer.care.session.events import (
    DeviceAlarm,
    DeviceConnected,
    DeviceDisconnected,
    DeviceReadings,
    IdentityContradicted,
    What,
)
from glimmer.monitoring.identity import connected_devices
from glimmer.monitoring.state import as_received, session_state
from glimmer.records.devices import Association
from glimmer.records.logbook import events_of
from glimmer.records.models import AuditLine, InboundMessage, TreatmentSession
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from glimmer.vocabulary.readings import Reading
from tests.actions.test_readings import vitals
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


@pytest.fixture
def other(db: None) -> Ward:
    return a_ward()


def told(session: TreatmentSession, kind: type[What]) -> list[What]:
    return [event.what for event in events_of(session.pk) if isinstance(event.what, kind)]


def charted(session: TreatmentSession) -> list[float]:
    return [reading.value for what in told(session, DeviceReadings) for reading in what.readings]  # type: ignore[attr-defined]


def spo2(ward: Ward, value: float, minute: float, **other: object) -> MessageFacts:
    """Return a saturation from the ward's monitor at a minute, naming its patient if not told otherwise."""
    at = NOON + minute * MINUTE
    reading = Reading(Parameter.SPO2, value, at, "oximeter")
    return vitals(ward, f"{value}-{minute}", at, **{"readings": (reading,), **other})


def sent(message: MessageFacts, written_minute: float | None = None) -> Stored:
    """Store a message; `written_minute` is when it was delivered, where it waited on disk."""
    logged_at = None if written_minute is None else NOON + written_minute * MINUTE
    return chart_messages([replace(message, logged_at=logged_at)])[0]


# Connecting and disconnecting


def test_connecting_writes_who_and_when_into_log_and_table(ward: Ward) -> None:
    session = ward.open(connected=False)
    events = connect_device(session, ward.monitor.pk, by=ward.nurse, at=NOON + MINUTE)
    assert [event.what for event in events] == [DeviceConnected(ward.monitor.identifier)]
    row = Association.objects.get()
    assert (row.device, row.session, row.connected_by, row.connected_at) == (
        ward.monitor,
        session,
        ward.nurse,
        NOON + MINUTE,
    )
    assert list(connected_devices(log_of(session.pk))) == [ward.monitor.identifier]
    audit = AuditLine.objects.last()
    assert audit is not None
    assert (audit.action, audit.patient_id) == ("connect_device", ward.patient.pk)


def test_one_press_connects_what_stands_in_the_bay_and_is_free(ward: Ward, other: Ward) -> None:
    session, elsewhere = ward.open(connected=False), other.open(connected=False)
    connect_device(elsewhere, ward.pump.pk, by=ward.nurse, at=NOON)
    connect_bay(session, by=ward.nurse, at=NOON)
    assert told(session, DeviceConnected) == [DeviceConnected(ward.monitor.identifier)]
    with pytest.raises(ChangedMeanwhile, match="connected already"):
        connect_bay(session, by=ward.second_nurse, at=NOON)


def test_the_same_press_posted_twice_connects_once(ward: Ward) -> None:
    session = ward.open(connected=False)
    assert len(connect_bay(session, by=ward.nurse, form_token="press", at=NOON)) == 2
    assert connect_bay(session, by=ward.nurse, form_token="press", at=NOON) == []
    assert Association.objects.count() == 2


def test_whoever_connects_what_is_connected_here_reads_who_did(ward: Ward) -> None:
    session = ward.open()
    with pytest.raises(ChangedMeanwhile, match="Maya Okafor"):
        connect_device(session, ward.monitor.pk, by=ward.second_nurse, at=NOON)


def test_nobody_connects_to_a_session_that_is_over_or_without_the_permission(ward: Ward) -> None:
    session = ward.open(connected=False)
    with pytest.raises(NotAllowed):
        connect_device(session, ward.monitor.pk, by=ward.pharmacist, at=NOON)
    cancel_session(session, "Went home", by=ward.nurse, at=NOON)
    with pytest.raises(RuleRefused, match="over"):
        connect_device(session, ward.monitor.pk, by=ward.nurse, at=NOON)


def test_disconnecting_needs_a_reason_and_stands_in_the_log(ward: Ward) -> None:
    session = ward.open()
    with pytest.raises(BadInput):
        disconnect_device(session, ward.monitor.pk, " ", by=ward.nurse, at=NOON)
    disconnect_device(session, ward.monitor.pk, "Cable broken", by=ward.second_nurse, at=NOON + MINUTE)
    assert told(session, DeviceDisconnected) == [DeviceDisconnected(ward.monitor.identifier, "Cable broken")]
    row = Association.objects.get(device=ward.monitor)
    assert (row.disconnected_by, row.disconnected_at, row.reason) == (ward.second_nurse, NOON + MINUTE, "Cable broken")
    with pytest.raises(ChangedMeanwhile):
        disconnect_device(session, ward.monitor.pk, "Cable broken", by=ward.nurse, at=NOON + MINUTE)


def test_session_that_ends_lets_its_devices_go(ward: Ward) -> None:
    session = ward.open()
    cancel_session(session, "Went home", by=ward.nurse, at=NOON + MINUTE)
    kinds = [event.what.kind for event in events_of(session.pk)[-3:]]
    assert kinds == ["cancelled", "device_disconnected", "device_disconnected"]
    assert not Association.objects.filter(disconnected_at__isnull=True).exists()
    assert set(Association.objects.values_list("disconnected_by", "reason")) == {(None, "The session ended.")}
    assert connected_devices(log_of(session.pk)) == {}


def test_discharge_lets_the_devices_go_too(ward: Ward) -> None:
    session = ward.recovering()
    at = NOON + 120 * MINUTE
    ward.observe(session, at=at)
    state = session_state(events_of(session.pk), at)
    answers = {
        one.check.id: ("no" if one.check.wanted == "no" else "yes", "")
        for one in state.leaving
        if not one.check.measured
    }
    record_leaving(session, answers, by=ward.nurse, at=at)
    for one in session_state(events_of(session.pk), at).leaving:
        if one.state != "met":
            override_leaving(session, one.check.id, "Seen", by=ward.psychiatrist, at=at)
    for alarm in session_state(events_of(session.pk), at).alarms:
        assert alarm.priority != "high"
    discharge_patient(session, "Her sister", by=ward.nurse, at=at)
    assert not Association.objects.filter(disconnected_at__isnull=True).exists()
    assert sent(spo2(ward, 97, 121)).status == "quarantined"


def test_alarm_that_began_before_the_connection_counts_from_the_connection_and_says_so(ward: Ward) -> None:
    session = ward.open(connected=False)
    connect_device(session, ward.monitor.pk, may_be_unnamed=True, by=ward.nurse, at=NOON + 20 * MINUTE)
    alarm = DeviceAlarm(ward.monitor.identifier, "196670", "Low SpO2", "start", "active", "high")
    at = NOON + 21 * MINUTE
    message = vitals(ward, "old-alarm", at, readings=(), identifiers=(), alarm=alarm, alarm_at=NOON - 5 * MINUTE)
    assert [one.status for one in chart_messages([message])] == ["charted"]
    (event,) = [event for event in events_of(session.pk) if isinstance(event.what, DeviceAlarm)]
    assert event.happened_at == NOON + 20 * MINUTE
    assert "began before the device was connected here" in event.what.text


# Moving a device


def test_monitor_that_is_connected_elsewhere_is_taken_only_with_a_reason_by_somebody_who_saw_it(
    ward: Ward, other: Ward
) -> None:
    session, elsewhere = ward.open(), other.open()
    held = Association.objects.get(device=ward.monitor)
    with pytest.raises(ChangedMeanwhile, match=ward.bay.name):
        connect_device(elsewhere, ward.monitor.pk, reason="Ours is broken", by=ward.nurse, at=NOON + MINUTE)
    with pytest.raises(BadInput, match="Say why"):
        connect_device(elsewhere, ward.monitor.pk, seen_elsewhere=held.pk, by=ward.nurse, at=NOON + MINUTE)
    connect_device(
        elsewhere, ward.monitor.pk, seen_elsewhere=held.pk, reason="Ours is broken", by=ward.nurse, at=NOON + MINUTE
    )
    assert ward.monitor.identifier in connected_devices(log_of(elsewhere.pk))
    assert ward.monitor.identifier not in connected_devices(log_of(session.pk))
    (gone,) = told(session, DeviceDisconnected)
    assert other.bay.name in gone.reason  # type: ignore[attr-defined]
    assert other.patient.family_name not in gone.reason  # type: ignore[attr-defined]


def test_monitor_moved_between_bays_in_mid_session_charts_each_value_where_it_was_measured(
    ward: Ward, other: Ward
) -> None:
    first, second = ward.open(), other.open()
    assert sent(spo2(ward, 91, 1)).session_id == first.pk
    held = Association.objects.get(device=ward.monitor)
    connect_device(second, ward.monitor.pk, seen_elsewhere=held.pk, reason="Moved", by=ward.nurse, at=NOON + 5 * MINUTE)
    theirs = ((other.patient.nhs_number, "NHS", "NH"),)
    # Somebody has typed the other patient in; the cuff still repeats the first patient's pressure beside a new value.
    cuff = Reading(Parameter.SYSTOLIC, 181, NOON + 4 * MINUTE, "cuff")
    fresh = Reading(Parameter.SPO2, 98, NOON + 6 * MINUTE, "oximeter")
    assert sent(spo2(ward, 98, 6, identifiers=theirs, readings=(cuff, fresh))).session_id == second.pk
    assert (charted(first), charted(second)) == ([91], [98])
    # It is turned back to the first patient's name without being connected again: to quarantine, and alarmed.
    assert sent(spo2(ward, 92, 7)).status == "quarantined"
    assert (charted(first), charted(second)) == ([91], [98])
    assert len(told(second, IdentityContradicted)) == 1


# Attribution


def test_device_that_is_not_connected_is_quarantined_even_where_everything_else_agrees(ward: Ward) -> None:
    session = ward.open(connected=False)
    stored = sent(spo2(ward, 97, 1))
    assert stored.status == "quarantined"
    assert "not connected to a session" in stored.reason
    assert ward.bay.name in stored.reason
    connect_bay(session, by=ward.nurse, at=NOON + 2 * MINUTE)
    assert sent(spo2(ward, 98, 3)).status == "charted"
    assert charted(session) == [98]


def test_the_last_patients_number_left_in_a_monitor_is_quarantined_and_alarmed_without_a_name(
    ward: Ward, other: Ward
) -> None:
    session = ward.open()
    theirs = ((other.patient.local_number, "", "MR"), (other.patient.nhs_number, "NHS", "NH"))
    stored = sent(spo2(ward, 84, 1, identifiers=theirs))
    assert (stored.status, stored.session_id) == ("quarantined", None)
    assert charted(session) == []
    (what,) = told(session, IdentityContradicted)
    assert what == IdentityContradicted(ward.monitor.identifier, stored.message_id)
    (alarm,) = alarms_to_raise(log_of(session.pk), NOON + MINUTE)
    assert (alarm.rule, alarm.priority) == (f"identity:{ward.monitor.identifier}", "medium")
    shown = " ".join(str(event.what) for event in events_of(session.pk)) + alarm.says + alarm.action
    for identity in (other.patient.local_number, other.patient.nhs_number, other.patient.family_name):
        assert identity not in shown
    assert InboundMessage.objects.get().session is None


def test_a_monitor_that_contradicts_every_second_is_told_once_a_minute(ward: Ward) -> None:
    session = ward.open()
    theirs = (("9990000026", "NHS", "NH"),)
    for second in range(0, 150, 10):
        sent(spo2(ward, 84, 1 + second / 60, identifiers=theirs))
    chart_messages([spo2(ward, 84, 4 + n / 60, identifiers=theirs) for n in range(5)])
    assert len(told(session, IdentityContradicted)) == 4
    assert InboundMessage.objects.filter(status="quarantined").count() == 20


def test_two_patients_messages_in_one_batch_stay_apart(ward: Ward, other: Ward) -> None:
    sessions = [ward.open(), other.open()]
    batch = [spo2(one, value, 1 + n / 60) for n in range(20) for one, value in ((ward, 91), (other, 99))]
    # The other patient's identity comes over this patient's device once.
    batch.insert(7, spo2(ward, 55, 1.5, identifiers=((other.patient.local_number, "", "MR"),)))
    answers = chart_messages(batch)
    assert [answer.status for answer in answers].count("quarantined") == 1
    assert (set(charted(sessions[0])), set(charted(sessions[1]))) == ({91}, {99})


def test_only_a_device_confirmed_to_send_no_number_is_charted_without_one(ward: Ward) -> None:
    session = ward.open(connected=False)
    connect_device(session, ward.monitor.pk, may_be_unnamed=True, by=ward.nurse, at=NOON)
    connect_device(session, ward.pump.pk, by=ward.nurse, at=NOON)
    assert sent(spo2(ward, 97, 1, identifiers=())).status == "charted"
    unnamed_pump = spo2(ward, 96, 1, identifiers=(), device=ward.pump.identifier, fingerprint="pump")
    assert "names no patient" in sent(unnamed_pump).reason
    assert sent(spo2(ward, 95, 2, identifiers=(("9990000026", "NHS", "NH"),))).status == "quarantined"
    assert charted(session) == [97]


def test_monitor_that_speaks_on_after_the_session_is_quarantined_and_leaves_the_log_alone(ward: Ward) -> None:
    session = ward.open()
    sent(spo2(ward, 97, 1))
    cancel_session(session, "Went home", by=ward.nurse, at=NOON + 2 * MINUTE)
    lines = len(events_of(session.pk))
    assert sent(spo2(ward, 96, 3)).status == "quarantined"
    assert sent(spo2(ward, 96, 4, identifiers=(("9990000026", "NHS", "NH"),))).status == "quarantined"
    assert len(events_of(session.pk)) == lines


def test_clock_set_back_after_a_move_charts_nothing_for_the_patient_the_monitor_was_taken_from(
    ward: Ward, other: Ward
) -> None:
    first, second = ward.open(connected=False), other.open()
    device = ward.monitor.pk
    connect_device(first, device, may_be_unnamed=True, by=ward.nurse, at=NOON)
    held = Association.objects.get(device=ward.monitor).pk
    moved_at = NOON + 5 * MINUTE
    connect_device(second, device, may_be_unnamed=True, seen_elsewhere=held, reason="Moved", by=ward.nurse, at=moved_at)
    # The machine's clock is set back by four minutes: what the second patient's monitor sends now seems to come early.
    stored = sent(spo2(ward, 84, 2, identifiers=()))
    assert (stored.status, charted(first), charted(second)) == ("quarantined", [], [])


# What arrives late (store and forward)


def test_late_delivery_is_judged_by_what_was_connected_when_the_message_arrived(ward: Ward, other: Ward) -> None:
    first, second = ward.open(), other.open()
    arrived_before = spo2(ward, 91, 1)
    held = Association.objects.get(device=ward.monitor)
    connect_device(second, ward.monitor.pk, seen_elsewhere=held.pk, reason="Moved", by=ward.nurse, at=NOON + 5 * MINUTE)
    stored = sent(arrived_before, written_minute=6)
    assert (stored.status, stored.session_id) == ("charted", first.pk)
    assert charted(second) == []


def test_what_arrived_before_the_device_was_connected_is_not_charted_later(ward: Ward) -> None:
    session = ward.open(connected=False)
    early = spo2(ward, 91, 1)
    connect_bay(session, by=ward.nurse, at=NOON + 2 * MINUTE)
    assert sent(early, written_minute=3).status == "quarantined"
    assert charted(session) == []


def test_late_delivery_to_a_session_that_ended_meanwhile_is_quarantined(ward: Ward) -> None:
    session = ward.open()
    late = spo2(ward, 91, 1)
    cancel_session(session, "Went home", by=ward.nurse, at=NOON + 2 * MINUTE)
    stored = sent(late, written_minute=3)
    assert (stored.status, charted(session)) == ("quarantined", [])
    assert "has ended" in stored.reason


def moved(ward: Ward, other: Ward, minute: float = 5) -> tuple[TreatmentSession, TreatmentSession]:
    """The ward's monitor, which sends no number, is with its own patient from noon, from the minute with another's."""
    first, second = ward.open(connected=False), other.open(connected=False)
    device = ward.monitor.pk
    connect_device(first, device, may_be_unnamed=True, by=ward.nurse, at=NOON)
    held = Association.objects.get(device=ward.monitor).pk
    connect_device(
        second,
        device,
        may_be_unnamed=True,
        seen_elsewhere=held,
        reason="Moved",
        by=ward.nurse,
        at=NOON + minute * MINUTE,
    )
    return first, second


def test_clock_set_back_before_an_unnamed_message_waited_charts_nothing_for_the_patient_of_before(
    ward: Ward, other: Ward
) -> None:
    first, second = moved(ward, other)
    # Set back by four minutes at 12:06, then the database is away: it came from the second patient, "at 12:02".
    stored = sent(spo2(ward, 84, 2, identifiers=()), written_minute=2.5)
    assert (stored.status, charted(first), charted(second)) == ("quarantined", [], [])
    assert "no longer connected as it was then" in stored.reason


def test_clock_put_right_while_an_unnamed_message_waited_charts_nothing_for_the_patient_of_after(
    ward: Ward, other: Ward
) -> None:
    first, second = moved(ward, other)
    # The clock was three minutes ahead when it came from the first patient at 12:03, and is right when it is delivered.
    message = spo2(ward, 84, 6, identifiers=())
    stored = sent(replace(message, clock_held=False), written_minute=7)
    assert (stored.status, charted(first), charted(second)) == ("quarantined", [], [])
    assert "clock was set meanwhile" in stored.reason


def test_unnamed_message_that_waited_is_charted_where_clock_and_association_leave_no_doubt(
    ward: Ward, other: Ward
) -> None:
    first, second = moved(ward, other)
    assert sent(spo2(ward, 97, 6, identifiers=()), written_minute=7).status == "charted"
    assert (charted(first), charted(second)) == ([], [97])


def test_named_message_that_waited_is_charted_whatever_the_clock_did(ward: Ward) -> None:
    session = ward.open()
    assert sent(replace(spo2(ward, 97, 1), clock_held=False), written_minute=2).status == "charted"
    assert charted(session) == [97]


def test_where_the_clock_was_set_back_between_two_patients_what_comes_now_is_the_present_ones(
    ward: Ward, other: Ward
) -> None:
    first, second = ward.open(connected=False), other.open(connected=False)
    connect_device(first, ward.monitor.pk, may_be_unnamed=True, by=ward.nurse, at=NOON)
    disconnect_device(first, ward.monitor.pk, "Needed elsewhere", by=ward.nurse, at=NOON + 9 * MINUTE)
    # Set back by eight minutes, then connected to the second patient: both stretches now cover 12:04.
    connect_device(second, ward.monitor.pk, may_be_unnamed=True, by=ward.nurse, at=NOON + 2 * MINUTE)
    assert sent(spo2(ward, 84, 4, identifiers=())).status == "charted"
    assert (charted(first), charted(second)) == ([], [84])


def test_replay_shows_a_late_value_only_from_when_it_was_written(ward: Ward) -> None:
    session = ward.open()
    sent(spo2(ward, 91, 1), written_minute=9)
    events = events_of(session.pk)
    at = [NOON + minute * MINUTE for minute in (8, 9)]
    seen = [session_state(as_received(events, moment), moment).value("spo2") for moment in at]
    assert [value.reading.value if value and value.reading else None for value in seen] == [None, 91]
    assert InboundMessage.objects.get().received_at == NOON + MINUTE


# What the database refuses


def test_database_refuses_a_second_open_association_of_one_device(ward: Ward, other: Ward) -> None:
    ward.open()
    elsewhere = other.open(connected=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Association.objects.create(device=ward.monitor, session=elsewhere, connected_at=NOON, connected_by=ward.nurse)


@pytest.mark.parametrize("change", [{"disconnected_at": NOON}, {"reason": "Left"}, {"disconnected_by": "nurse"}])
def test_database_refuses_an_end_without_when_or_without_why(ward: Ward, change: dict) -> None:
    session = ward.open(connected=False)
    change = {key: ward.nurse if value == "nurse" else value for key, value in change.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Association.objects.create(
            device=ward.monitor, session=session, connected_at=NOON, connected_by=ward.nurse, **change
        )


def test_hot_path_asks_nothing_more_than_it_did(ward: Ward, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    session = ward.open()
    # Savepoint, known messages, what is connected, lock, messages, lines, newest line, release.
    with django_assert_num_queries(8):
        chart_messages([spo2(ward, 97, 1), replace(spo2(ward, 98, 1.1), fingerprint="x")])
    assert charted(session) == [97, 98]
