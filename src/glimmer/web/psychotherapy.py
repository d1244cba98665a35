"""Psychotherapy: a patient's sessions around the infusions, a session with its places, and the therapists' notes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.psychotherapy import (
    cancel_therapy,
    join_group,
    move_therapy,
    places_taken,
    plan_therapy,
    record_attendance,
)
from glimmer.actions.therapy_notes import open_notes, read_notes, reads_in_full, write_therapy_note, writes_notes
from glimmer.actions.therapy_timing import infusions_of, misplaced_of
from glimmer.care.psychotherapy import suggestions
from glimmer.guidance.psychotherapy import therapy_kind, therapy_kinds
from glimmer.records.access import access_episode
from glimmer.records.access_therapy import (
    access_member,
    access_therapy,
    access_therapy_session,
    attendance_of,
    leaders,
    newest_attendance,
    open_groups,
    places_of,
    summary_of,
)
from glimmer.records.episodes import Episode
from glimmer.records.psychotherapy import TherapyAttendance, TherapyMember, TherapySession, planned_for
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web import psychotherapy_forms as forms
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


@dataclass(frozen=True, slots=True)
class Row:
    """One session of a patient as the page shows it. `summary` is None where there is no note.

    `warning` says why where it no longer lies well to its infusion.
    """

    member: TherapyMember
    title: str
    attendance: TherapyAttendance | None
    summary: str | None
    warning: str


@page("therapy.view")
def psychotherapy(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show a patient's sessions, what is wanted next, and the forms to plan and to join a group."""
    return _page(request, access_episode(request.staff, episode_id))


@page("therapy.plan", methods=("POST",))
def plan_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Plan a session."""
    episode = access_episode(request.staff, episode_id)
    form = forms.PlanForm(request.POST, people=leaders(request.staff))
    if attempt(form, lambda data: plan_therapy(episode, form.details(), by=request.staff, seen=data["seen"])):
        return done(request, "The session is planned.", "psychotherapy", episode_id)
    return _page(request, episode, plan=form)


@page("therapy.plan", methods=("POST",))
def join_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Put the patient down for a group."""
    episode = access_episode(request.staff, episode_id)
    groups = open_groups(request.staff, timezone.now())
    form = forms.JoinForm(request.POST, groups=_free(groups))

    def join(data: dict[str, Any]) -> None:
        chosen = next(one for one in groups if str(one.pk) == data["group"])
        join_group(chosen, episode, by=request.staff, seen=data["seen"])

    if attempt(form, join):
        return done(request, "The patient is down for the group.", "psychotherapy", episode_id)
    return _page(request, episode, join=form)


@page("therapy.view")
def therapy_session(request: StaffRequest, therapy_id: int) -> HttpResponse:
    """Show one session with its places."""
    return _session(request, access_therapy_session(request.staff, therapy_id))


@page("therapy.plan", methods=("POST",))
def cancel_post(request: StaffRequest, therapy_id: int) -> HttpResponse:
    """Cancel a session for everybody."""
    session = access_therapy_session(request.staff, therapy_id)
    form = forms.CancelForm(request.POST)
    if attempt(form, lambda data: cancel_therapy(session, data["reason"], by=request.staff)):
        return done(request, "The session is cancelled.", "therapy_session", therapy_id)
    return _session(request, session, form)


@page("therapy.plan", methods=("POST",))
def move_post(request: StaffRequest, therapy_id: int) -> HttpResponse:
    """Move a session with everybody who is down for it."""
    session = access_therapy_session(request.staff, therapy_id)
    form = forms.MoveForm(request.POST)

    def move(data: dict[str, Any]) -> None:
        move_therapy(session, form.starts_at, data["place"], data["by_video"] == "yes", by=request.staff)

    if attempt(form, move):
        return done(request, "The session was moved. Tell everybody who is down for it.", "therapy_session", therapy_id)
    return _session(request, session, move=form)


@page("therapy.attend", methods=("POST",))
def attendance_post(request: StaffRequest, member_id: int) -> HttpResponse:
    """Record whether a patient came."""
    member = access_member(request.staff, member_id, "therapy.attend")
    form = forms.AttendanceForm(request.POST)
    if attempt(form, lambda data: record_attendance(member, data["attendance"], data["reason"], by=request.staff)):
        return done(request, "The attendance was recorded.", "therapy_member", member_id)
    return _member(request, member, attendance=form)


@page("therapy.view")
def therapy_member(request: StaffRequest, member_id: int) -> HttpResponse:
    """Show one patient's session: attendance, and the note as far as the person reads it."""
    return _member(request, access_member(request.staff, member_id))


@page("therapy.note", methods=("POST",))
def note_post(request: StaffRequest, member_id: int) -> HttpResponse:
    """Write or amend the note."""
    member = access_member(request.staff, member_id, "therapy.note")
    form = forms.NoteForm(request.POST)

    def write(data: dict[str, Any]) -> None:
        write_therapy_note(
            member,
            data["text"],
            data["for_team"],
            data["because"],
            seen_version=data["seen"],
            by=request.staff,
        )

    if attempt(form, write):
        return done(request, "The note was written.", "therapy_member", member_id)
    return _member(request, member, note=form)


@page("therapy.open_notes", methods=("POST",))
def open_post(request: StaffRequest, member_id: int) -> HttpResponse:
    """Open the notes with a reason."""
    member = access_member(request.staff, member_id, "therapy.open_notes")
    form = forms.OpenForm(request.POST)
    if attempt(form, lambda data: open_notes(member, data["because"], by=request.staff)):
        return done(request, "The notes are open to you for a few hours.", "therapy_member", member_id)
    return _member(request, member, opening=form)


def _free(groups: list[TherapySession]) -> list[tuple[str, str]]:
    """Return the groups with a free place as choices, without anybody's name but the therapist's."""
    found = []
    for one in groups:
        kind = therapy_kind(one.kind)
        free = kind.most_members - places_taken(one) if kind else 0
        if kind and free > 0:
            local = timezone.localtime(one.starts_at)
            where = "by video" if one.by_video else one.place
            words = f"{kind.title}, {local:%-d %b %Y, %H:%M}, {one.therapist.name}, {where}: {free} free"
            found.append((str(one.pk), words))
    return found


def _page(request: StaffRequest, episode: Episode, **posted: Form) -> HttpResponse:
    now, staff = timezone.now(), request.staff
    plans = episode.closed_at is None and may(Role(staff.role), "therapy.plan")
    plan = posted.get("plan") or forms.PlanForm(people=leaders(staff))
    join = posted.get("join") or forms.JoinForm(groups=_free(open_groups(staff, now)))
    planned = planned_for(episode)
    return show(
        request,
        "psychotherapy.html",
        title="Psychotherapy",
        here="patients",
        episode=episode,
        step="plan",
        forms=[plan, join],
        plan_form=plan,
        join_form=join,
        plans=plans,
        rows=_rows(request, episode, now),
        wanted=suggestions(infusions_of(episode), planned, now),
        kinds=therapy_kinds(),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk), ("Plan", "plan", episode.pk)],
    )


def _rows(request: StaffRequest, episode: Episode, now: datetime) -> list[Row]:
    warnings = {one.key: one.says for one in misplaced_of(episode, now)}
    return [
        Row(
            member=one,
            title=_title(one.session),
            attendance=newest_attendance(one),
            summary=summary_of(request.staff, one),
            warning=warnings.get(one.pk, ""),
        )
        for one in access_therapy(request.staff, episode)
    ]


def _title(session: TherapySession) -> str:
    kind = therapy_kind(session.kind)
    return f"{kind.title if kind else session.kind}{', group' if session.is_group else ''}"


def _session(
    request: StaffRequest,
    session: TherapySession,
    form: forms.CancelForm | None = None,
    move: forms.MoveForm | None = None,
) -> HttpResponse:
    form = form or forms.CancelForm()
    move = move or forms.MoveForm(initial=_present(session))
    kind = therapy_kind(session.kind)
    now = timezone.now()
    return show(
        request,
        "therapy_session.html",
        title="Therapy session",
        here="patients",
        forms=[form, move],
        form=form,
        move_form=move,
        session=session,
        heading=_title(session),
        kind=kind,
        taken=places_taken(session),
        has_begun=session.starts_at <= now,
        places=places_of(request.staff, session),
        cancels=session.cancelled_at is None
        and session.starts_at > now
        and may(Role(request.staff.role), "therapy.plan"),
        trail=[("Patients", "patients")],
    )


def _present(session: TherapySession) -> dict[str, Any]:
    local = timezone.localtime(session.starts_at)
    where = {"by_video": "yes" if session.by_video else "no", "place": session.place}
    return {"day": local.date(), "at_time": local.time(), **where}


def _member(request: StaffRequest, member: TherapyMember, **posted: Form) -> HttpResponse:
    staff, now = request.staff, timezone.now()
    role, is_open = Role(staff.role), member.session.cancelled_at is None
    seen = read_notes(member, by=staff, at=now) if may(role, "therapy.summary") else []
    full = may(role, "therapy.summary") and reads_in_full(member, staff, now)
    note = posted.get("note")
    note = note if isinstance(note, forms.NoteForm) else forms.NoteForm(initial=_as_typed(seen))
    note.version = seen[0].note.version if seen else 0
    attendance = posted.get("attendance") or forms.AttendanceForm()
    opening = posted.get("opening") or forms.OpenForm()
    return show(
        request,
        "therapy_member.html",
        title="Therapy session",
        here="patients",
        episode=member.episode,
        step="plan",
        forms=list(posted.values()),
        member=member,
        heading=_title(member.session),
        attended=attendance_of(staff, member),
        notes=seen,
        reads=full,
        writes=is_open and may(role, "therapy.note") and writes_notes(member, staff),
        opens=bool(seen) and not full and may(role, "therapy.open_notes"),
        attends=is_open and may(role, "therapy.attend"),
        note_form=note,
        attendance_form=attendance,
        open_form=opening,
        trail=[("Patients", "patients"), ("Psychotherapy", "psychotherapy", member.episode_id)],
    )


def _as_typed(seen: list[Any]) -> dict[str, str]:
    """Return the newest note for amending, where the person reads it in full."""
    if not seen or seen[0].text is None:
        return {}
    return {"text": seen[0].text, "for_team": seen[0].note.summary}
