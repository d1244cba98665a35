"""The therapists' notes: amended by new versions, read by therapists of the clinic, opened by others with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from glimmer.actions.act import acting
from glimmer.actions.entries import optional_text, required_text
from glimmer.care.psychotherapy import may_read_note
from glimmer.guidance import figure
from glimmer.records.clinics import own
from glimmer.records.episodes import Episode
from glimmer.records.psychotherapy import NoteOpening, TherapyMember, TherapyNote, is_open_to
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import ChangedMeanwhile, NotAllowed, RuleRefused

LONGEST = 20_000
SHORT = 2_000


@dataclass(frozen=True, slots=True)
class NoteSeen:
    """One version as a person may see it: `text` is None where they read the summary alone."""

    note: TherapyNote
    text: str | None


def write_therapy_note(
    member: TherapyMember,
    text: str,
    summary: str = "",
    because: str = "",
    *,
    seen_version: int | None = None,
    by: Staff,
    at: datetime | None = None,
) -> TherapyNote:
    """Write the note of a patient's session, or amend it: the version before stays. `seen_version` is the page's."""
    with acting(by, "therapy.note", verb="write_therapy_note", at=at) as act:
        act.patient_id = member.episode.patient_id
        # Whoever writes waits here for the one before: versions follow one another.
        locked = TherapyMember.objects.select_for_update(of=("self",)).select_related("session").get(pk=member.pk)
        newest = locked.notes.order_by("-version").first()
        if not writes_notes(locked, by):
            raise NotAllowed(
                "This note is for the therapists of the patient's clinic, and for who wrote its newest version. "
                "Who opened it with a reason reads it, and does not amend it."
            )
        if locked.session.cancelled_at is not None:
            raise RuleRefused("This session was cancelled, so there is nothing to write about.")
        if seen_version is not None and seen_version != (newest.version if newest else 0):
            raise ChangedMeanwhile(
                "Somebody wrote this note while you had the page open. Nothing of yours was saved. "
                "Read it below, then write yours again if it is still right."
            )
        note = TherapyNote.objects.create(
            member=locked,
            version=newest.version + 1 if newest else 1,
            text=required_text(text, "text", "Write the note.", LONGEST),
            summary=optional_text(summary, "for_team", SHORT),
            because=required_text(because, "because", "Say why the note is amended.") if newest else "",
            written_by=by,
            written_at=act.at,
        )
        act.about(note)
        act.note(version=note.version)
    return note


def open_notes(member: TherapyMember, because: str, *, by: Staff, at: datetime | None = None) -> NoteOpening:
    """Open the notes of a session, with the reason, to somebody who reads only its summary. The audit tells of it."""
    with acting(by, "therapy.open_notes", verb="open_notes", at=at) as act:
        act.patient_id = member.episode.patient_id
        if reads_in_full(member, by, act.at):
            raise RuleRefused("You read these notes already.")
        opened = NoteOpening.objects.create(
            member=member,
            by=by,
            because=required_text(because, "because", "Say why you have to read these notes."),
            at=act.at,
            until=act.at + timedelta(hours=figure("access", "therapy_note_open_for").value),
        )
        act.about(opened)
    return opened


def read_notes(member: TherapyMember, *, by: Staff, at: datetime | None = None) -> list[NoteSeen]:
    """Return the versions of a note, the newest first: in full, or the summary alone. The audit says which."""
    with acting(by, "therapy.summary", verb="read_notes", at=at) as act:
        act.patient_id = member.episode.patient_id
        notes = list(member.notes.select_related("written_by").order_by("-version"))
        seen = _as_seen(member, notes, by, act.at)
        in_full = [one.note.version for one in seen if one.text is not None]
        act.about(member)
        act.note(in_full=bool(in_full) and len(in_full) == len(notes), versions=len(notes), read=in_full)
    return seen


def reads_in_full(member: TherapyMember, by: Staff, at: datetime) -> bool:
    """Say whether a person reads every version of the notes of a patient's session in full."""
    if _is_therapist(member, by) or is_open_to(member, by, at):
        return True
    authors = set(member.notes.values_list("written_by", flat=True))
    return authors == {by.pk}


def writes_notes(member: TherapyMember, by: Staff) -> bool:
    """Say whether a person writes or amends the note: a therapist of the clinic, or its newest version's author.

    The first note is also written by who led the session. Whoever opened a note with a reason reads, and writes never:
    they would be an author, and read for good.
    """
    newest = member.notes.order_by("-version").first()
    writer = member.session.therapist_id if newest is None else newest.written_by_id
    return writer == by.pk or _is_therapist(member, by)


def _as_seen(member: TherapyMember, notes: Sequence[TherapyNote], by: Staff, at: datetime) -> list[NoteSeen]:
    """Return each version as a person may see it: an author reads their own version, not what others wrote since."""
    therapist, opened = _is_therapist(member, by), is_open_to(member, by, at)
    return [
        NoteSeen(
            note,
            note.text
            if may_read_note(is_author=note.written_by_id == by.pk, is_therapist_of_clinic=therapist, has_opened=opened)
            else None,
        )
        for note in notes
    ]


def _is_therapist(member: TherapyMember, by: Staff) -> bool:
    return by.role == Role.THERAPIST.value and _is_of_clinic(member, by)


def _is_of_clinic(member: TherapyMember, by: Staff) -> bool:
    # Not behind the broken glass of the record: that lets somebody see the patient, not read what was said in therapy.
    return Episode.objects.filter(own(by), pk=member.episode_id).exists()
