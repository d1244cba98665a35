"""Psychotherapy in the record: places, capacity, clashes, attendance, and notes that the wrong person does not read."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from glimmer.actions import clinics
from glimmer.actions.booking import cancel_appointment, move_appointment
from glimmer.actions.followup import decide_followup
from glimmer.actions.psychotherapy import (
    TherapyDetails,
    cancel_therapy,
    join_group,
    move_therapy,
    plan_therapy,
    record_attendance,
)
from glimmer.actions.session import cancel_session
from glimmer.actions.therapy_notes import open_notes, read_notes, write_therapy_note
from glimmer.actions.therapy_timing import misplaced_of
from glimmer.records.access_therapy import places_of
from glimmer.records.models import AuditLine, Staff, Task, TherapyMember, TherapyNote
from glimmer.records.psychotherapy import standing_members
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEFORE = NOON - 2 * DAY


@pytest.fixture
def ward() -> Ward:
    return a_ward()


@pytest.fixture
def therapist(ward: Ward) -> Staff:
    return a_person("tomos", Role.THERAPIST)


def a_person(name: str, role: Role) -> Staff:
    return Staff.objects.create(username=name, name=name.title(), role=role.value)


def planned(
    ward: Ward, therapist: Staff, kind: str = "integration", after: timedelta = DAY, *, group: bool = False
) -> TherapyMember:
    details = TherapyDetails(kind, group, therapist, NOON + after, "Room 2")
    return plan_therapy(ward.episode, details, by=ward.nurse, at=BEFORE)


def test_session_is_tied_to_its_infusion_and_takes_therapist_and_patient(ward, therapist):
    member = planned(ward, therapist)
    assert (member.infusion, member.session.ends_at - member.session.starts_at) == (1, HOUR)
    with pytest.raises(RuleRefused, match="therapist is not free"):
        planned(a_ward(), therapist, after=DAY + timedelta(minutes=30))
    with pytest.raises(RuleRefused, match="patient is not free"):
        planned(ward, a_person("olwen", Role.THERAPIST), after=DAY)
    # The patient sits in bay at noon: nobody plans a talk over it.
    with pytest.raises(RuleRefused, match="patient is not free"):
        planned(ward, therapist, "therapy", after=HOUR)


def test_discharge_gives_back_talks_and_places_and_frees_therapist_and_leaves_no_task(ward, therapist):
    own, group = planned(ward, therapist), planned(ward, therapist, "preparation", after=-DAY, group=True)
    other = a_ward()
    stays = join_group(group.session, other.episode, by=ward.nurse, at=BEFORE)
    decide_followup(ward.episode, "discharge", None, "Moves away.", by=ward.psychiatrist, at=BEFORE)
    assert not standing_members(ward.episode).exists()
    own.session.refresh_from_db(), group.session.refresh_from_db()
    assert own.session.cancelled_at
    assert not group.session.cancelled_at
    assert standing_members(other.episode).get() == stays
    assert not Task.objects.filter(episode=ward.episode, kind="therapy_timing", done_at__isnull=True).exists()
    assert planned(other, therapist).pk


def test_group_of_four_takes_no_fifth_and_a_place_given_back_is_free(ward, therapist):
    first = planned(ward, therapist, "preparation", after=-DAY, group=True)
    others = [a_ward() for _ in range(4)]
    members = [join_group(first.session, one.episode, by=ward.nurse, at=BEFORE) for one in others[:3]]
    with pytest.raises(RuleRefused, match="All 4 places"):
        join_group(first.session, others[3].episode, by=ward.nurse, at=BEFORE)
    with pytest.raises(RuleRefused, match="down for this session already"):
        join_group(first.session, ward.episode, by=ward.nurse, at=BEFORE)
    record_attendance(members[0], "cancelled", "Has a cold", by=ward.nurse, at=BEFORE)
    join_group(first.session, others[3].episode, by=ward.nurse, at=BEFORE)
    with pytest.raises(RuleRefused, match="All 4 places"):
        record_attendance(members[0], "attended", by=ward.nurse, at=NOON)


@pytest.mark.parametrize(
    ("change", "field"), [({"kind": "dance"}, "kind"), ({"place": " "}, "place"), ({"therapist": None}, "therapist")]
)
def test_session_that_cannot_be_is_refused_at_its_field(ward, therapist, change, field):
    known = {"kind": "therapy", "is_group": False, "therapist": therapist, "starts_at": NOON + DAY, "place": "Room 2"}
    if field == "therapist":
        change = {"therapist": ward.pharmacist}
    with pytest.raises(BadInput) as problem:
        plan_therapy(ward.episode, TherapyDetails(**{**known, **change}), by=ward.nurse, at=BEFORE)
    assert problem.value.field == field


def test_cancelled_session_frees_everybody_and_stays(ward, therapist):
    member = planned(ward, therapist)
    with pytest.raises(BadInput):
        cancel_therapy(member.session, " ", by=ward.nurse, at=BEFORE)
    cancel_therapy(member.session, "The therapist is ill", by=ward.nurse, at=BEFORE)
    with pytest.raises(RuleRefused, match="cancelled for everybody"):
        record_attendance(member, "attended", by=ward.nurse, at=NOON + 2 * DAY)
    again = planned(ward, therapist)
    assert again.pk != member.pk
    with pytest.raises(RuleRefused, match="has begun"):
        cancel_therapy(again.session, "Late", by=ward.nurse, at=NOON + DAY)


def test_session_is_moved_with_everybody_or_not_at_all(ward, therapist):
    other = a_ward()
    member = planned(ward, therapist, "therapy", after=3 * DAY, group=True)
    join_group(member.session, other.episode, by=ward.nurse, at=BEFORE)
    with pytest.raises(RuleRefused, match="not free at that time"):
        move_therapy(member.session, NOON + HOUR, "Room 3", by=ward.nurse, at=BEFORE)
    member.session.refresh_from_db()
    assert member.session.starts_at == NOON + 3 * DAY
    move_therapy(member.session, NOON + 4 * DAY, "Room 3", by=ward.nurse, at=BEFORE)
    # The old time is free again, the new one taken for the therapist and both patients.
    planned(other, therapist, "therapy", after=3 * DAY)
    with pytest.raises(RuleRefused, match="patient is not free"):
        planned(ward, a_person("olwen", Role.THERAPIST), "therapy", after=4 * DAY)
    with pytest.raises(BadInput):
        move_therapy(member.session, BEFORE - DAY, "Room 3", by=ward.nurse, at=BEFORE)
    with pytest.raises(RuleRefused, match="has begun"):
        move_therapy(member.session, NOON + 9 * DAY, "Room 3", by=ward.nurse, at=NOON + 5 * DAY)


def test_attendance_is_corrected_by_recording_it_again(ward, therapist):
    member = planned(ward, therapist)
    with pytest.raises(RuleRefused, match="not begun"):
        record_attendance(member, "absent", by=therapist, at=NOON)
    record_attendance(member, "absent", by=therapist, at=NOON + 2 * DAY)
    record_attendance(member, "late", "Bus", by=therapist, at=NOON + 2 * DAY)
    assert [one.attendance for one in member.attendance.all()] == ["absent", "late"]


def test_infusion_that_moves_tells_a_therapist_until_the_dates_lie_well_again(ward, therapist):
    planned(ward, therapist)
    move_appointment(ward.appointment, NOON + 3 * DAY, ward.bay, by=ward.nurse, at=BEFORE)
    (task,) = Task.objects.filter(kind="therapy_timing", done_at__isnull=True)
    assert (task.owner_role, "before infusion 1" in task.says) == ("therapist", True)
    move_appointment(ward.appointment, NOON + HOUR - DAY, ward.bay, by=ward.nurse, at=BEFORE)
    assert not Task.objects.filter(kind="therapy_timing", done_at__isnull=True).exists()
    cancel_appointment(ward.appointment, "The patient is away", by=ward.nurse, at=BEFORE)
    assert "no date any more" in misplaced_of(ward.episode, BEFORE)[0].says


def test_session_cancelled_before_the_drug_tells_a_therapist_that_there_is_nothing_to_integrate(ward, therapist):
    planned(ward, therapist)
    cancel_session(ward.open(), "Blood pressure stayed high", by=ward.nurse, at=NOON)
    (task,) = Task.objects.filter(kind="therapy_timing", done_at__isnull=True)
    assert "infusion 1 has no date any more" in task.says
    assert task.episode == ward.episode


def seen(member: TherapyMember, by: Staff) -> list[str | None]:
    return [one.text for one in read_notes(member, by=by, at=NOON + 2 * DAY)]


def test_note_is_read_in_full_by_therapists_of_the_clinic_and_its_author_alone(ward, therapist):
    member = planned(ward, therapist)
    write_therapy_note(member, "What was said", "Came, and talked", by=therapist, at=NOON + DAY)
    assert seen(member, therapist) == ["What was said"]
    assert seen(member, a_person("olwen", Role.THERAPIST)) == ["What was said"]
    for other in (ward.nurse, ward.psychiatrist, ward.pharmacist):
        assert seen(member, other) == [None]
        assert read_notes(member, by=other, at=NOON)[0].note.summary == "Came, and talked"
    for outside in (ward.researcher, a_person("bea", Role.ADMINISTRATOR), a_person("gil", Role.MANAGER)):
        with pytest.raises(NotAllowed):
            read_notes(member, by=outside, at=NOON)


def test_therapist_of_another_clinic_does_not_read_it_even_behind_the_broken_glass_of_the_record(ward, therapist):
    member = planned(ward, therapist)
    write_therapy_note(member, "What was said", by=therapist, at=NOON + DAY)
    manager = a_person("gil", Role.MANAGER)
    riverside = clinics.open_clinic("Riverside", "RX1", by=manager)
    stranger = a_person("rhys", Role.THERAPIST)
    for membership in stranger.memberships.all():
        membership.delete()
    clinics.join_clinic(stranger, riverside, by=manager)
    clinics.break_glass(ward.patient.nhs_number, ward.patient.birth_date, "covering", "On call.", by=stranger)
    assert seen(member, stranger) == [None]
    with pytest.raises(NotAllowed, match="therapists of the patient's clinic"):
        write_therapy_note(member, "Mine", because="Why", by=stranger, at=NOON + DAY)


def test_notes_open_to_others_for_some_hours_with_a_reason_that_is_kept(ward, therapist):
    member = planned(ward, therapist)
    write_therapy_note(member, "What was said", by=therapist, at=NOON + DAY)
    at = NOON + 2 * DAY
    with pytest.raises(BadInput):
        open_notes(member, " ", by=ward.psychiatrist, at=at)
    opened = open_notes(member, "Danger tonight", by=ward.psychiatrist, at=at)
    assert seen(member, ward.psychiatrist) == ["What was said"]
    assert seen(member, ward.nurse) == [None]
    later = read_notes(member, by=ward.psychiatrist, at=opened.until)
    assert [one.text for one in later] == [None]
    line = AuditLine.objects.filter(action="open_notes").latest("pk")
    assert (line.patient_id, line.subject, "Danger" in str(line.details)) == (ward.patient.pk, "NoteOpening", False)
    with pytest.raises(RuleRefused, match="read these notes already"):
        open_notes(member, "Again", by=therapist, at=at)


def test_who_opened_a_note_with_a_reason_reads_it_and_never_becomes_its_author(ward, therapist):
    member = planned(ward, therapist)
    write_therapy_note(member, "What was said", by=therapist, at=NOON + DAY)
    open_notes(member, "Danger tonight", by=ward.psychiatrist, at=NOON + 2 * DAY)
    assert seen(member, ward.psychiatrist) == ["What was said"]
    with pytest.raises(NotAllowed, match="does not amend"):
        write_therapy_note(member, "Mine", because="Why", by=ward.psychiatrist, at=NOON + 2 * DAY)
    assert member.notes.count() == 1


def test_author_reads_their_own_version_and_not_what_a_therapist_wrote_since(ward, therapist):
    member = planned(ward, ward.psychiatrist)
    write_therapy_note(member, "Mine", by=ward.psychiatrist, at=NOON + DAY)
    write_therapy_note(member, "Mine, better", because="A slip", by=ward.psychiatrist, at=NOON + DAY)
    write_therapy_note(member, "Said since", because="More was said", by=therapist, at=NOON + DAY)
    assert seen(member, ward.psychiatrist) == [None, "Mine, better", "Mine"]
    assert seen(member, therapist) == ["Said since", "Mine, better", "Mine"]
    with pytest.raises(NotAllowed):
        write_therapy_note(member, "Over it", because="Unread", by=ward.psychiatrist, at=NOON + DAY)
    open_notes(member, "Danger tonight", by=ward.psychiatrist, at=NOON + 2 * DAY)
    assert seen(member, ward.psychiatrist) == ["Said since", "Mine, better", "Mine"]


def test_note_is_amended_by_a_new_version_and_never_overwritten(ward, therapist):
    member = planned(ward, therapist)
    write_therapy_note(member, "First", seen_version=0, by=therapist, at=NOON + DAY)
    with pytest.raises(BadInput) as problem:
        write_therapy_note(member, "Second", by=therapist, at=NOON + DAY)
    assert problem.value.field == "because"
    with pytest.raises(ChangedMeanwhile):
        write_therapy_note(member, "Second", because="Why", seen_version=0, by=therapist, at=NOON + DAY)
    write_therapy_note(member, "Second", because="A name was wrong", seen_version=1, by=therapist, at=NOON + DAY)
    assert seen(member, therapist) == ["Second", "First"]
    with pytest.raises(DatabaseError), transaction.atomic():
        TherapyNote.objects.filter(version=1).update(text="Never said")


def test_who_led_the_session_writes_the_first_note_and_others_do_not(ward, therapist):
    member = planned(ward, ward.psychiatrist)
    with pytest.raises(NotAllowed):
        write_therapy_note(member, "Not mine", by=ward.nurse, at=NOON + DAY)
    write_therapy_note(member, "Mine", by=ward.psychiatrist, at=NOON + DAY)
    assert seen(member, ward.psychiatrist) == ["Mine"]
    assert seen(member, therapist) == ["Mine"]


def test_of_a_patient_of_another_clinic_the_group_shows_nobodys_name(ward, therapist):
    other = a_ward()
    member = planned(ward, therapist, "preparation", after=-DAY, group=True)
    join_group(member.session, other.episode, by=ward.nurse, at=BEFORE)
    manager = a_person("gil", Role.MANAGER)
    riverside = clinics.open_clinic("Riverside", "RX1", by=manager)
    other.episode.clinic = riverside
    other.episode.save()
    assert [place.member is not None for place in places_of(ward.nurse, member.session)] == [True, False]
