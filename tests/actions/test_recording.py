"""A session as a file: whole, the clinic's own, and nobody else's."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pypdf
import pytest
from django.db import connection, transaction

from glimmer.actions.live import forget_all
from glimmer.actions.log import append, lock_session
from glimmer.actions.ports import PORTS
from glimmer.actions.readings import chart_messages
from glimmer.actions.recording import Exported, compare_with_clinic, export_session
from glimmer.actions.session import write_note
from glimmer.care.session.events import DeviceReadings
from glimmer.exchange.record import render_record
from glimmer.guidance import protocol
from glimmer.monitoring.recording import package
from glimmer.monitoring.recording.chain import event_of
from glimmer.monitoring.recording.examine import examine
from glimmer.monitoring.state import as_received, session_state
from glimmer.records.audit import AuditLine
from glimmer.records.logbook import events_of
from glimmer.records.models import InboundMessage, TreatmentSession
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import NotAllowed
from tests.actions.test_readings import vitals
from tests.actions.test_replay import a_session
from tests.support.bedside import NOON, PROTOCOL, Ward, a_ward

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def typesetter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PORTS, "render_record", render_record)


@pytest.fixture
def ward(db: None) -> Iterator[Ward]:
    forget_all()
    yield a_ward()
    forget_all()


@pytest.fixture
def session(ward: Ward) -> TreatmentSession:
    return a_session(ward)


def exported(ward: Ward, session: TreatmentSession, **more: Any) -> Exported:
    return export_session(session, by=ward.psychiatrist, at=NOON + 1000 * SECOND, **more)


def member(file: Exported, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(file.raw)) as archive:
        return archive.read(name)


def rows(file: Exported, name: str = "session.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in member(file, name).splitlines()]


def words_of(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_file_holds_every_event_and_explains_itself(ward: Ward, session: TreatmentSession) -> None:
    header, *lines = rows(exported(ward, session))
    assert [event_of(line) for line in lines] == events_of(session.pk)
    assert header["protocol"]["id"] == PROTOCOL
    assert header["protocol"]["digest"] == protocol(PROTOCOL).digest
    assert {rule["id"] for rule in header["protocol"]["tables"]["alarms"]} == {r.id for r in protocol(PROTOCOL).alarms}
    assert header["patient"]["nhs_number"] == ward.patient.nhs_number


def test_file_is_found_whole_and_the_clinics_own(ward: Ward, session: TreatmentSession) -> None:
    file = exported(ward, session)
    examined = examine(file.raw)
    assert [finding.says for finding in examined.findings if not finding.holds] == []
    assert examined.digest == file.digest
    assert [finding.says for finding in compare_with_clinic(examined) if not finding.holds] == []


def test_the_same_log_gives_the_same_bytes(ward: Ward, session: TreatmentSession) -> None:
    first = exported(ward, session)
    assert export_session(session, by=ward.psychiatrist, at=NOON + 9000 * SECOND).raw == first.raw


def test_export_stands_in_the_audit_trail_with_its_digest(ward: Ward, session: TreatmentSession) -> None:
    file = exported(ward, session, with_messages=True)
    line = AuditLine.objects.get(action="export_session")
    assert (line.subject, line.subject_id, line.patient_id) == ("TreatmentSession", session.pk, ward.patient.pk)
    assert line.actor == ward.psychiatrist
    assert line.details == {"digest": file.digest, "entries": len(events_of(session.pk)), "messages": True}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PSYCHIATRIST}))
def test_only_a_psychiatrist_may_export(ward: Ward, session: TreatmentSession, role: str) -> None:
    ward.nurse.role = role
    with pytest.raises(NotAllowed):
        export_session(session, by=ward.nurse)
    assert not AuditLine.objects.filter(action="export_session").exists()


def test_states_are_those_of_what_had_arrived(ward: Ward, session: TreatmentSession) -> None:
    told = rows(exported(ward, session), "states.jsonl")
    events = events_of(session.pk)
    assert len(told) >= 3
    for row in told:
        moment = datetime.fromisoformat(row["at"])
        state = session_state(as_received(events, moment), moment)
        assert (row["phase"], row["last_seq"]) == (state.phase.value, state.last_seq)
        assert [alarm[1] for alarm in row["alarms"]] == [alarm.says for alarm in state.alarms]


def test_messages_of_the_session_come_along_only_when_wanted(ward: Ward, session: TreatmentSession) -> None:
    stranger = vitals(ward, "stranger", NOON + 320 * SECOND, identifiers=(("G999999", "CLINIC", "MR"),))
    assert chart_messages([stranger])[0].status == "quarantined"
    with pytest.raises(KeyError):
        member(exported(ward, session), "messages.jsonl")
    told = rows(exported(ward, session, with_messages=True), "messages.jsonl")
    assert [row["id"] for row in told] == list(
        InboundMessage.objects.filter(session=session, status="charted").order_by("pk").values_list("pk", flat=True)
    )
    assert b"raw stranger" not in b"".join(bytes(row["raw_base64"], "ascii") for row in told)


def test_message_that_two_people_attributed_is_told_without_its_bytes(ward: Ward, session: TreatmentSession) -> None:
    stranger = vitals(ward, "later", NOON + 320 * SECOND, identifiers=(("G999999", "CLINIC", "MR"),))
    stored = chart_messages([stranger])[0]
    readings = DeviceReadings(ward.monitor.identifier, stranger.readings, stored.message_id)
    with transaction.atomic():
        locked = lock_session(session)
        append(locked, [readings], by="Maya Okafor, nurse", at=NOON + 330 * SECOND)
        locked.save()
    told = rows(exported(ward, session, with_messages=True), "messages.jsonl")
    assert (told[-1]["id"], told[-1]["raw_base64"]) == (stored.message_id, None)
    assert told[-1]["sha256"] == hashlib.sha256(stranger.raw).hexdigest()
    assert all(row["raw_base64"] for row in told[:-1])


def test_nothing_of_another_patient_is_in_the_file(ward: Ward, session: TreatmentSession) -> None:
    other = a_ward()
    write_note(a_session(other), "Zanzibar", by=other.nurse, at=NOON + 320 * SECOND)
    file = exported(ward, session, with_messages=True)
    pdf = " ".join(words_of(member(file, "record.pdf"))).replace(" ", "").lower()
    for words in ("Zanzibar", other.patient.name, other.patient.nhs_number, other.patient.local_number):
        assert words.encode() not in file.raw
        assert words.replace(" ", "").lower() not in pdf
    assert ward.patient.name.replace(" ", "").lower() in pdf
    assert ward.patient.family_name not in file.name


def test_record_prints_course_values_alarms_corrections_and_the_digest_on_every_page(
    ward: Ward, session: TreatmentSession
) -> None:
    file = exported(ward, session)
    pages = words_of(member(file, "record.pdf"))
    digest = json.loads(member(file, "MANIFEST.json"))["files"]["session.jsonl"]["sha256"]
    assert all(digest in page for page in pages)
    assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, start=1))
    text = " ".join(pages)
    for words in (
        "35 mg over 40 min (0.5 mg/kg)",
        "(highest 220)",
        "MARKED AS WRONG by Maya Okafor, nurse: Typed into the wrong field. It had said:",
        "Water given",
        "Nobody took charge",
        "12:00:00 Start",
        "Everything that happened",
    ):
        assert words in text, words


def test_export_of_the_stored_log_that_was_changed_is_not_the_clinics_any_more(
    ward: Ward, session: TreatmentSession
) -> None:
    file = exported(ward, session)
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            pytest.skip("the triggers are dropped for this test on SQLite only")
        triggers = cursor.execute("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='records_logline'")
        for (name,) in triggers.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute("UPDATE records_logline SET body=replace(body, 'Water', 'Wine') WHERE kind='note'")
    findings = compare_with_clinic(examine(file.raw))
    assert [finding.says for finding in findings if not finding.holds] == [
        f"The clinic's own log says something else in entry {events_of(session.pk)[-1].seq}."
    ]


def test_entries_that_came_after_the_export_are_told(ward: Ward, session: TreatmentSession) -> None:
    file = exported(ward, session)
    write_note(session, "Later", by=ward.nurse, at=NOON + 900 * SECOND)
    examined = examine(file.raw)
    later = compare_with_clinic(examined)
    assert all(finding.holds for finding in later)
    assert re.search(r"same \d+ entries; 1 were added after the export", later[2].says)


def test_file_that_nobody_exported_here_is_not_the_clinics(ward: Ward, session: TreatmentSession) -> None:
    file = exported(ward, session)
    members = package.unpack(file.raw)
    del members[package.MANIFEST]
    forged = package.pack({**members, package.RECORD: members[package.RECORD] + b"%"})
    examined = examine(forged)
    assert examined.holds, "a file that was made anew as a whole contradicts itself nowhere"
    assert "has never exported" in " ".join(f.says for f in compare_with_clinic(examined) if not f.holds)
