"""Real device messages through the gateway's reader into the records."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError, connection

from glimmer.actions import live
from glimmer.config.bedside import BedsideSink, database_is_away
from glimmer.gateway.message import read_message
from glimmer.gateway.sink import Received, SinkUnavailable
from glimmer.gateway.virtual import VirtualBedside
from glimmer.records.logbook import events_of
from glimmer.records.models import InboundMessage
from glimmer.records.training import DEMO, TRAINING, set_purpose
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.monitor_line import vitals
from tests.support.shared_data import shared_data

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=3)


@pytest.fixture
def ward(db: None) -> Iterator[Ward]:
    yield a_ward()
    live.trouble_over("storage")


def received(raw: bytes, at: datetime = LATER) -> Received:
    return Received(raw, read_message(raw, at), at, "127.0.0.1:5000")


def test_a_monitors_values_are_in_the_patients_log_as_they_were_sent(ward: Ward) -> None:
    session = ward.open()
    raw = vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, LATER)
    (outcome,) = BedsideSink().store([received(raw)])
    assert outcome.status == "charted"
    event = events_of(session.pk)[-1]
    values = {(r.parameter.value, r.value, r.site) for r in event.what.readings}
    assert values == {
        ("systolic", 131, "cuff"),
        ("diastolic", 76, "cuff"),
        ("pulse", 72, "oximeter"),
        ("spo2", 98, "oximeter"),
    }
    assert {reading.measured_at for reading in event.what.readings} == {LATER}


def a_bedside(ward: Ward, **other: Any) -> VirtualBedside:
    return VirtualBedside(
        identifiers=((ward.patient.local_number, "GLIMMER", "MR"), (ward.patient.nhs_number, "NHS", "NH")),
        patient_name=("Applewhistle", "Amina"),
        bay=ward.bay.name,
        monitor_id=ward.monitor.identifier,
        pump_id=ward.pump.identifier,
        started_at=NOON,
        **({"sender": "BEDSIDE_TEST"} | other),
    )


def test_a_virtual_bedside_is_charted_like_any_other(ward: Ward) -> None:
    session = ward.running()
    bedside = a_bedside(ward)
    messages = [received(bedside.monitor_message(LATER)), received(bedside.pump_message(LATER))]
    assert [outcome.status for outcome in BedsideSink().store(messages)] == ["charted", "charted"]
    charted = {r.parameter.value for e in events_of(session.pk)[-2:] for r in e.what.readings}
    assert {"systolic", "diastolic", "pulse", "spo2", "infusion_rate", "volume_infused"} <= charted


def test_a_clinics_own_database_refuses_a_virtual_device_and_charts_nothing(ward: Ward) -> None:
    session = ward.running()
    before = len(events_of(session.pk))
    bedside = a_bedside(ward, sender="GLIMMER_VIRTUAL")
    outcomes = BedsideSink().store([received(bedside.monitor_message(LATER)), received(bedside.pump_message(LATER))])
    assert [one.status for one in outcomes] == ["refused", "refused"]
    assert all("nothing simulated is charted" in one.reason for one in InboundMessage.objects.all())
    assert len(events_of(session.pk)) == before


@pytest.mark.parametrize("kind", [DEMO, TRAINING])
def test_a_database_in_which_nobody_is_real_takes_a_virtual_device(ward: Ward, kind: str) -> None:
    set_purpose(kind, NOON)
    ward.running()
    raw = a_bedside(ward, sender="GLIMMER_VIRTUAL").monitor_message(LATER)
    assert [one.status for one in BedsideSink().store([received(raw)])] == ["charted"]


def test_the_drug_that_a_pump_names_reaches_the_log(ward: Ward) -> None:
    session = ward.running()
    bedside = a_bedside(ward, drug="Ketamine")
    BedsideSink().store([received(bedside.pump_message(LATER)), received(bedside.monitor_message(LATER))])
    assert [event.what.drug for event in events_of(session.pk)[-2:]] == ["Ketamine", ""]


def test_a_probe_that_is_off_is_told_as_such_and_for_which_measurement(ward: Ward) -> None:
    session = ward.running()
    (outcome,) = BedsideSink().store([received(a_bedside(ward).alarm_message(LATER, "start"))])
    assert outcome.status == "charted", outcome.words
    alarm = events_of(session.pk)[-1].what
    assert (alarm.about, alarm.parameter, alarm.phase) == ("probe_off", "spo2", "start")
    assert alarm.text == "SpO2 probe off (MDC_PULS_OXIM_SAT_O2)"


def test_what_happened_to_the_pump_is_told_in_words(ward: Ward) -> None:
    session = ward.running()
    BedsideSink().store([received(a_bedside(ward).pump_message(LATER, "197288^MDC_EVT_PUMP_DELIV_START^MDC"))])
    event = events_of(session.pk)[-1].what
    assert (event.text, event.priority, event.about) == ("the pump was started", "none", "pump")


@pytest.mark.parametrize("name", sorted(path.name for path in shared_data("hl7").glob("*.hl7")))
def test_every_published_sample_of_a_foreign_device_ends_in_sight(ward: Ward, name: str) -> None:
    session = ward.open()
    lines = len(events_of(session.pk))
    raw = (shared_data("hl7") / name).read_bytes()
    (outcome,) = BedsideSink().store([received(raw)])
    kept = InboundMessage.objects.get()
    assert bytes(kept.raw) == raw
    assert kept.status in {"quarantined", "refused", "noted"}
    assert kept.reason or kept.status == "noted"
    assert len(events_of(session.pk)) == lines
    assert outcome.status == kept.status


def test_a_value_that_cannot_be_is_left_out_and_kept_in_sight(ward: Ward) -> None:
    session = ward.open()
    raw = vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, LATER).replace(b"|98|", b"|140|")
    (outcome,) = BedsideSink().store([received(raw)])
    assert outcome.status == "charted"
    assert "spo2" not in {r.parameter.value for r in events_of(session.pk)[-1].what.readings}
    (row,) = InboundMessage.objects.get().summary["not_charted"]
    assert row["value"].startswith("140")
    assert "impossible" in row["why_not"]


def test_two_patients_in_one_message_reach_nobody(ward: Ward) -> None:
    other = a_ward()
    sessions = [ward.open(), other.open()]
    raw = vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, LATER)
    raw = raw.replace(b"\rOBR", f"\rPID|||{other.patient.local_number}^^^CLINIC^MR\rOBR".encode())
    BedsideSink().store([received(raw)])
    assert not any(event.by.startswith("device") for session in sessions for event in events_of(session.pk))
    assert "two patients" in InboundMessage.objects.get().reason


def test_a_full_disk_is_told_to_the_gateway_and_shown_on_the_boards(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.open()
    message = received(vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, LATER))

    def full(rows: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("glimmer.actions.readings.insert_messages", full)
    with pytest.raises(SinkUnavailable):
        BedsideSink().store([message])
    (shown,) = live.trouble()
    assert "cannot be stored" in shown.says
    monkeypatch.undo()
    assert BedsideSink().store([message])[0].status == "charted"
    assert live.trouble() == ()


def test_an_acknowledgement_that_nobody_asked_for_is_kept_but_not_charted(ward: Ward) -> None:
    raw = b"MSH|^~\\&|X|Y|GLIMMER||20261123120000+0000||ACK^R01^ACK|7|P|2.6\rMSA|AA|1\r"
    (outcome,) = BedsideSink().store([received(raw)])
    assert outcome.status == "quarantined"


def test_a_page_hears_of_a_reading_after_its_device_has_the_answer(
    ward: Ward, django_capture_on_commit_callbacks, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    session = ward.running()
    live.forget_all()
    seq = live.live_view(session.pk, LATER).state.last_seq
    sink = BedsideSink()
    with django_capture_on_commit_callbacks(execute=True):
        sink.store([received(vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, LATER))])

    async def page() -> tuple[live.Notice | None, live.Notice | None]:
        with live.subscribe(session.pk) as ear:
            before = await ear.next(0)
            sink.after_answers()
            return before, await ear.next(10)

    with django_assert_num_queries(0):
        before, heard = asyncio.run(page())
        state = live.view_now(session.pk, LATER).state
    assert before is None
    assert heard is not None
    assert [event.seq for event in heard.events] == [seq + 1]
    assert state.last_seq == seq + 1
    live.forget_all()


def test_nothing_is_told_of_a_batch_that_could_not_be_stored(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:  # type: ignore[no-untyped-def]
    ward.running()
    sink = BedsideSink()
    told: list[int] = []
    monkeypatch.setattr("glimmer.config.bedside.announce", lambda session_id, events: told.append(session_id))

    def full(rows: object) -> None:
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr("glimmer.actions.readings.insert_lines", full)
        with pytest.raises(SinkUnavailable):
            sink.store([received(vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, LATER))])
    sink.after_answers()
    assert told == []


def test_one_session_that_cannot_be_told_does_not_keep_the_news_from_another(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:  # type: ignore[no-untyped-def]
    other = a_ward()
    sessions = [ward.running().pk, other.running().pk]
    told: list[int] = []

    def tell(session_id: int, events: object) -> None:
        if session_id == sessions[0]:
            raise RuntimeError("the fold of this session failed")
        told.append(session_id)

    monkeypatch.setattr("glimmer.config.bedside.announce", tell)
    sink = BedsideSink()
    with django_capture_on_commit_callbacks(execute=True):
        sink.store(
            [
                received(vitals(str(number), each.monitor.identifier, each.patient.local_number, 131, LATER))
                for number, each in enumerate((ward, other))
            ]
        )
    sink.after_answers()
    assert told == sessions[1:]


def test_a_value_that_waited_on_disk_is_in_the_log_from_when_a_page_could_show_it(ward: Ward) -> None:
    session = ward.running()
    raw = vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, LATER)
    delivered = LATER + timedelta(seconds=75)
    BedsideSink().store([replace(received(raw), delivered_at=delivered)])
    event = events_of(session.pk)[-1]
    assert (event.happened_at, event.received_at) == (LATER, delivered)
    assert {reading.measured_at for reading in event.what.readings} == {LATER}
    assert InboundMessage.objects.get().received_at == LATER


def test_a_message_without_a_fingerprint_is_stored_once_though_it_is_delivered_twice(ward: Ward) -> None:
    junk = received(b"GET / HTTP/1.1\r\n\r\n")
    assert junk.message.fingerprint == ""
    twice = [BedsideSink().store([replace(junk, key="own:1")])[0].status for _ in range(2)]
    assert twice == ["refused", "duplicate"]
    assert InboundMessage.objects.count() == 1


def with_state(kind: type[Exception], state: str) -> Exception:
    problem, problem.__cause__ = kind("said by the server"), psycopg.errors.lookup(state)("said by the server")
    return problem


@pytest.mark.parametrize(
    ("problem", "away"),
    [
        (OperationalError("database or disk is full"), True),
        (OperationalError("database is locked"), True),
        (InterfaceError("connection already closed"), True),
        (OSError("no route"), True),
        (with_state(OperationalError, "57P01"), True),  # the server is shut down
        (with_state(OperationalError, "53100"), True),  # its disk is full
        (with_state(OperationalError, "40P01"), True),  # deadlock: the other one won
        (with_state(OperationalError, "55P03"), True),  # somebody holds the row for too long
        (with_state(ProgrammingError, "42P01"), True),  # not migrated yet
        (with_state(DataError, "22001"), False),  # a value too long for its column
        (with_state(IntegrityError, "23514"), False),  # a check that the row fails
        (with_state(OperationalError, "54000"), False),  # a message that breaks a limit of the server
        (ValueError("a fault of ours"), False),
    ],
)
def test_a_database_that_is_away_is_told_from_a_message_that_it_refuses(problem: Exception, away: bool) -> None:
    assert database_is_away(problem) is away


def test_nobody_waits_for_ever_for_a_row_that_somebody_else_has_locked(ward: Ward) -> None:
    asked = {"sqlite": ["PRAGMA busy_timeout"]}.get(
        connection.vendor, ["SHOW lock_timeout", "SHOW idle_in_transaction_session_timeout"]
    )
    with connection.cursor() as cursor:
        answers = [cursor.execute(question).fetchone()[0] for question in asked]
    assert answers == ([20_000] if connection.vendor == "sqlite" else ["20s", "1min"])
