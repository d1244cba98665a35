"""Paper for the days when Glimmer is away: whose sheet it is, and its rows entered afterwards, each once."""

from datetime import datetime, timedelta
from io import BytesIO

import pypdf
import pytest
from django.db import OperationalError
from django.utils import timezone

from glimmer.care.session.course import Phase
from glimmer.care.session.events import (
    InfusionCompleted,
    InfusionPaused,
    InfusionStarted,
    NoteWritten,
    ObservationRecorded,
)
from glimmer.guidance.protocol import protocol
from glimmer.monitoring.state import as_received, session_state
from glimmer.records.audit import AuditLine, broken_at
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from glimmer.vocabulary.readings import Reading
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
EVENING = NOON + timedelta(hours=8)


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def round_at(when: datetime, systolic: float = 131, minute: int | None = None) -> ObservationRecorded:
    readings = (
        Reading(Parameter.SYSTOLIC, systolic, when, "manual"),
        Reading(Parameter.DIASTOLIC, 78, when, "manual"),
        Reading(Parameter.SPO2, 97, when, "manual"),
    )
    return ObservationRecorded(readings, due_minute=minute, consciousness="A")


def row(ward: Ward, name: str, minutes: int, what):
    from glimmer.actions.downtime import WrittenRow

    return WrittenRow(name, after(minutes), what, ward.nurse)


def whole_session(ward: Ward):
    return [
        row(ward, "E1", 20, InfusionStarted()),
        row(ward, "O1", 30, round_at(after(30), 150, 10)),
        row(ward, "O2", 40, round_at(after(40), 171, 20)),
        row(ward, "E2", 60, InfusionCompleted(50)),
    ]


def from_paper(ward: Ward, left: int | None = 130):
    from glimmer.actions.downtime import open_from_paper

    left_at = after(left) if left is not None else None
    return open_from_paper(
        ward.appointment, NOON, left_at, "Her sister", written_by=ward.nurse, by=ward.second_nurse, at=EVENING
    )


def enter(session, rows, ward: Ward, at: datetime = EVENING):
    from glimmer.actions.downtime import enter_rows

    return enter_rows(session, rows, by=ward.second_nurse, at=at)


def pages(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(BytesIO(pdf)).pages]


def test_every_page_of_every_sheet_names_its_own_patient_and_nobody_else():
    from glimmer.actions.downtime import print_sheets, sheet_number

    wards = [a_ward(after(number)) for number in range(4)]
    found = pages(print_sheets(NOON.date(), by=wards[0].nurse))
    named = [[ward for ward in wards if ward.patient.local_number in text] for text in found]
    assert [len(people) for people in named] == [1] * len(found)
    assert [ward for ward in wards for _ in range(len(found) // len(wards))] == [people[0] for people in named]
    assert [
        text for text, people in zip(found, named, strict=True) if sheet_number(people[0].appointment) not in text
    ] == []


def test_sheet_carries_the_dose_and_every_check_limit_and_criterion_of_the_protocol():
    from glimmer.actions.downtime import print_sheets
    from glimmer.guidance.protocol import protocol

    ward = a_ward(NOON)
    text = " ".join(pages(print_sheets(NOON.date(), by=ward.nurse)))
    pinned = protocol(ward.plan.protocol_id, ward.plan.protocol_version)
    assert "35 mg over 40 minutes" in text
    asked = [check.asks for check in (*pinned.checks_before, *pinned.leaving) if not check.only_if]
    assert [words for words in asked if " ".join(words.split()) not in text] == []
    assert [rule.id for rule in pinned.alarms if " ".join(rule.action.split()) not in text] == []
    assert "pregnancy test" not in text.lower()


@pytest.mark.parametrize(
    ("protocol_id", "dose_mg", "prepared"),
    [("sc-racemic-step-up", 35, "Syringe"), ("intranasal-esketamine", 56, "Set of devices")],
)
def test_sheet_of_what_no_pump_gives_asks_for_no_rate(protocol_id, dose_mg, prepared):
    from glimmer.actions.downtime import print_sheets

    ward = a_ward(NOON, protocol_id=protocol_id, dose_mg=dose_mg)
    text = " ".join(pages(print_sheets(NOON.date(), by=ward.nurse)))
    assert f"{prepared} (two people" in text
    assert "given by no pump" in text
    for word in ("mL/h", "made up to", "by the pump", "paused"):
        assert word not in text, word


def test_sheet_of_a_dose_that_was_typed_says_that_no_weight_was_used():
    from glimmer.actions.downtime import sheet_content
    from glimmer.records.models import Appointment, Plan

    booked = Appointment.objects.get(pk=a_ward().appointment.pk)
    assert "(actual weight used)" in sheet_content(booked)["weight"]
    Plan.objects.filter(pk=booked.plan_id).update(basis="", dose_mg_per_kg=None)
    typed = Appointment.objects.get(pk=booked.pk)
    assert sheet_content(typed)["weight"].endswith(" kg (the dose was not worked out from it)")


def printed_lines() -> list[AuditLine]:
    return list(AuditLine.objects.filter(action="print_sheets").order_by("pk"))


def test_each_sheet_that_is_printed_leaves_a_line_with_the_person_and_the_patient():
    from glimmer.actions.downtime import print_sheets, sheet_number

    first, second = a_ward(NOON), a_ward(after(5))
    print_sheets(NOON.date(), by=first.nurse)
    print_sheets(NOON.date(), by=first.psychiatrist, only=second.appointment)
    assert [(line.actor_id, line.patient_id, line.details["sheet"]) for line in printed_lines()] == [
        (first.nurse.pk, first.patient.pk, sheet_number(first.appointment)),
        (first.nurse.pk, second.patient.pk, sheet_number(second.appointment)),
        (first.psychiatrist.pk, second.patient.pk, sheet_number(second.appointment)),
    ]
    assert broken_at() is None


def test_sheets_written_by_the_machine_leave_a_line_without_a_person():
    from glimmer.actions.downtime import sheets_for_the_machine

    ward = a_ward(NOON)
    found = pages(sheets_for_the_machine(NOON.date()))
    assert all(ward.patient.local_number in text for text in found)
    assert [(line.actor_id, line.actor_name, line.patient_id) for line in printed_lines()] == [
        (None, "command line of the machine", ward.patient.pk)
    ]


def test_a_full_database_never_holds_back_the_sheets(monkeypatch, caplog):
    from glimmer.actions.downtime import print_sheets

    def full_disk(**fields):
        raise OperationalError("database or disk is full")

    ward = a_ward(NOON)
    monkeypatch.setattr("glimmer.actions.act.append_audit", full_disk)
    assert ward.patient.local_number in pages(print_sheets(NOON.date(), by=ward.nurse))[0]
    assert printed_lines() == []
    assert "could not take print_sheets" in caplog.text


def test_whoever_may_not_print_gets_no_sheet_and_leaves_no_line():
    from glimmer.actions.downtime import print_sheets

    ward = a_ward(NOON)
    with pytest.raises(NotAllowed):
        print_sheets(NOON.date(), by=ward.researcher)
    assert printed_lines() == []


def test_day_without_sessions_has_no_sheets_and_says_so():
    from glimmer.actions.downtime import print_sheets

    ward = a_ward(NOON)
    with pytest.raises(RuleRefused, match="No session is booked for 3 March 2026"):
        print_sheets(datetime(2026, 3, 3).date(), by=ward.nurse)  # noqa: DTZ001 - a day, not a moment


def test_session_held_on_paper_is_told_by_its_log_with_the_times_as_written():
    ward = a_ward(NOON)
    session = from_paper(ward)
    enter(session, whole_session(ward), ward)
    from glimmer.records.logbook import events_of

    events = events_of(session.pk)
    state = session_state(events, EVENING)
    assert state.phase is Phase.LEFT
    assert state.clock.started_at == after(20)
    assert state.clock.ended_at == after(60)
    assert [scored.at for scored in state.rounds] == [after(30), after(40)]
    assert {event.received_at for event in events} == {EVENING}, "Nothing pretends to have been seen live."
    assert session_state(as_received(events, after(100)), after(100)).rounds == ()
    session.refresh_from_db()
    assert (session.phase, session.ended_at) == ("left", after(130))


def test_rows_are_by_who_wrote_them_and_say_that_they_come_from_paper():
    ward = a_ward(NOON)
    session = from_paper(ward)
    enter(session, whole_session(ward), ward)
    line = session.log.get(kind="started")
    assert line.author == ward.nurse
    assert "on paper" in line.by
    from glimmer.records.models import AuditLine

    assert AuditLine.objects.filter(action="enter_rows", actor=ward.second_nurse).count() == 1


def test_who_has_left_since_can_be_named_as_the_writer_and_long_ago_no_more():
    from glimmer.actions.downtime import EARLIEST_DAYS_BACK, people_on_paper
    from glimmer.actions.retiring import retire_staff
    from glimmer.records.models import Staff

    ward = a_ward(NOON)
    manager = Staff.objects.create(username="boss", name="Bo Ss", role="manager")
    now = timezone.now()
    retire_staff(ward.nurse, "Left", by=manager, at=now - timedelta(days=1))
    retire_staff(ward.pharmacist, "Left", by=manager, at=now - timedelta(days=EARLIEST_DAYS_BACK + 1))
    offered = people_on_paper(ward.second_nurse)
    assert ward.nurse in offered
    assert ward.pharmacist not in offered
    session = from_paper(ward)
    enter(session, whole_session(ward), ward)
    assert session.log.get(kind="started").author == ward.nurse


def test_sheet_entered_twice_is_stored_once():
    ward = a_ward(NOON)
    session = from_paper(ward)
    first = enter(session, whole_session(ward), ward)
    again = enter(session, whole_session(ward), ward, EVENING + timedelta(hours=1))
    assert len(first.events) == 4
    assert (again.events, again.known) == ((), ("E1", "O1", "O2", "E2"))
    assert session.log.filter(kind="observation").count() == 2


def test_half_entered_sheet_goes_on_where_it_was_left():
    ward = a_ward(NOON)
    session = from_paper(ward)
    enter(session, whole_session(ward)[:2], ward)
    assert len(enter(session, whole_session(ward), ward).events) == 2


def test_same_row_with_another_value_is_refused_and_changes_nothing():
    ward = a_ward(NOON)
    session = from_paper(ward)
    enter(session, whole_session(ward), ward)
    with pytest.raises(ChangedMeanwhile, match="Row O1"):
        enter(session, [row(ward, "O1", 30, round_at(after(30), 99, 10))], ward)
    assert session.log.filter(kind="observation").count() == 2


def test_round_that_was_entered_live_and_stands_on_the_paper_too_counts_once():
    ward = a_ward(NOON)
    session = ward.open()
    ward.observe(session, after(5))
    from glimmer.records.logbook import events_of

    live = next(event.what for event in events_of(session.pk) if isinstance(event.what, ObservationRecorded))
    told = enter(session, [row(ward, "O1", 5, live)], ward, after(200))
    assert (told.events, told.known) == ((), ("O1",))


def test_downtime_in_the_middle_is_entered_into_the_running_session():
    ward = a_ward(NOON)
    session = ward.running()
    enter(session, [row(ward, "E1", 10, InfusionPaused("Wanted to stop for a moment"))], ward, after(30))
    session.refresh_from_db()
    assert session.phase == "paused"
    assert session.ended_at is None


def test_missing_checks_never_hold_back_what_happened():
    ward = a_ward(NOON)
    session = from_paper(ward)
    told = enter(session, [row(ward, "E1", 20, InfusionStarted())], ward)
    assert [event.what for event in told.events] == [InfusionStarted()]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("E1", 600, NoteWritten("Later"))], "lies in the future"),
        ([("E1", -10, NoteWritten("Earlier"))], "before the session was opened"),
        ([("E1", 20, InfusionStarted()), ("E2", 21, InfusionStarted())], "stands twice"),
        ([("E1", 20, InfusionStarted()), ("E2", 10, InfusionCompleted())], "end before it starts"),
        ([("E1", 20, InfusionCompleted())], "without its start"),
        ([("E1", 20, InfusionPaused("Sick"))], "needs a start"),
        ([("E1", 20, InfusionStarted()), ("E2", 150, InfusionCompleted())], "leave before the infusion ends"),
    ],
)
def test_what_cannot_be_true_is_refused_in_words_and_nothing_is_stored(rows, says):
    ward = a_ward(NOON)
    session = from_paper(ward)
    known = session.log.count()
    with pytest.raises(RuleRefused, match=says):
        enter(session, [row(ward, *one) for one in rows], ward)
    assert session.log.count() == known


def test_start_that_the_log_already_holds_is_not_entered_a_second_time():
    ward = a_ward(NOON)
    session = ward.running()
    with pytest.raises(RuleRefused, match=r"start of the infusion is in the log already, by Maya"):
        enter(session, [row(ward, "E1", 3, InfusionStarted())], ward, after(30))


def test_bay_that_has_a_live_session_still_takes_the_paper_of_an_earlier_one():
    ward, other = a_ward(NOON), a_ward(NOON)
    ward.appointment.bay = other.bay
    ward.appointment.starts_at, ward.appointment.ends_at = NOON - timedelta(hours=9), NOON - timedelta(hours=7)
    ward.appointment.save()
    other.running()
    assert from_paper(ward).ended_at is not None
    unfinished = a_ward(NOON)
    unfinished.appointment.bay = other.bay
    unfinished.appointment.starts_at = NOON - timedelta(hours=6)
    unfinished.appointment.ends_at = NOON - timedelta(hours=4)
    unfinished.appointment.save()
    with pytest.raises(RuleRefused, match="has a session that has not ended"):
        from_paper(unfinished, left=None)


def test_sheet_of_the_future_or_of_long_ago_is_refused():
    from glimmer.actions.downtime import open_from_paper

    ward = a_ward(NOON)
    people = {"written_by": ward.nurse, "by": ward.second_nurse}
    with pytest.raises(BadInput, match="future"):
        open_from_paper(ward.appointment, after(900), None, "", at=EVENING, **people)
    with pytest.raises(RuleRefused, match="older than"):
        open_from_paper(ward.appointment, NOON, after(100), "Her sister", at=NOON + timedelta(days=60), **people)


def test_only_those_who_treat_enter_a_sheet():
    from glimmer.actions.downtime import open_from_paper

    ward = a_ward(NOON)
    with pytest.raises(NotAllowed):
        open_from_paper(ward.appointment, NOON, None, "", written_by=ward.nurse, by=ward.researcher, at=EVENING)


def test_a_fall_is_on_the_sheet_as_a_nurse_would_see_it():
    from glimmer.actions.downtime import limits_in_words

    limits = {one["when"]: one["action"] for one in limits_in_words(protocol("iv-racemic-standard"))}
    assert limits["SpO2 falls by 4 or more within 120 s for 10 s"] == "Check the probe and the airway."
    assert not [when for when in limits if "-" in when], "no saturation is below zero"


def test_every_page_of_a_sheet_says_when_it_was_printed():
    from glimmer.actions.downtime import print_sheets

    ward = a_ward(NOON)
    before = timezone.localdate()
    found = pages(print_sheets(NOON.date(), by=ward.nurse))
    days = {f"printed {day:%-d %B %Y}" for day in (before, timezone.localdate())}
    assert [text for text in found if not any(day in text for day in days)] == []
