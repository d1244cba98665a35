"""Real device messages through the gateway's reader into the records."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from glimmer.actions import live
from glimmer.config.bedside import BedsideSink
from glimmer.gateway.message import read_message
from glimmer.gateway.server import Received
from glimmer.gateway.virtual import VirtualBedside
from glimmer.records.logbook import events_of
from glimmer.records.models import InboundMessage
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


def test_a_virtual_bedside_is_charted_like_any_other(ward: Ward) -> None:
    session = ward.running()
    bedside = VirtualBedside(
        identifiers=((ward.patient.local_number, "GLIMMER", "MR"), (ward.patient.nhs_number, "NHS", "NH")),
        patient_name=("Applewhistle", "Amina"),
        bay=ward.bay.name,
        monitor_id=ward.monitor.identifier,
        pump_id=ward.pump.identifier,
        started_at=NOON,
    )
    messages = [received(bedside.monitor_message(LATER)), received(bedside.pump_message(LATER))]
    assert [outcome.status for outcome in BedsideSink().store(messages)] == ["charted", "charted"]
    charted = {r.parameter.value for e in events_of(session.pk)[-2:] for r in e.what.readings}
    assert {"systolic", "diastolic", "pulse", "spo2", "infusion_rate", "volume_infused"} <= charted


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
    assert [len(events_of(session.pk)) for session in sessions] == [1, 1]
    assert "two patients" in InboundMessage.objects.get().reason


def test_a_full_disk_is_told_to_the_gateway_and_shown_on_the_boards(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.open()
    message = received(vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, LATER))

    def full(rows: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("glimmer.actions.readings.insert_messages", full)
    with pytest.raises(OperationalError):
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
    seq = live.live_view(session.pk, LATER).last_seq
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
        state = live.state_now(session.pk, LATER)
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
        with pytest.raises(OperationalError):
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
