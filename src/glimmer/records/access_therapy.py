"""Psychotherapy sessions and places in them, for a person who may see the patient: the only way from a page to them."""

from dataclasses import dataclass
from datetime import datetime

from glimmer.records.access import NotFound, access_episode, access_episodes, require
from glimmer.records.clinics import clinics_of
from glimmer.records.episodes import Episode
from glimmer.records.looking import note_record
from glimmer.records.psychotherapy import TherapyAttendance, TherapyMember, TherapySession
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a session: `member` is None where the person may not know whose it is. `attendance` the newest."""

    member: TherapyMember | None
    attendance: TherapyAttendance | None = None


def access_therapy(by: Staff, episode: Episode) -> list[TherapyMember]:
    """Return the patient's places in sessions, cancelled ones too, the oldest first; attendance and notes fetched."""
    require(by, "therapy.view")
    found = TherapyMember.objects.filter(episode=episode).select_related(
        "session__therapist", "episode__patient", "added_by"
    )
    return list(found.prefetch_related("attendance__recorded_by", "notes").order_by("session__starts_at", "pk"))


def attendances(member: TherapyMember) -> list[TherapyAttendance]:
    """Return what was recorded about whether the patient came, as it was fetched with the place."""
    return list(member.attendance.all())


def newest_attendance(member: TherapyMember) -> TherapyAttendance | None:
    """Return what was recorded last about whether the patient came, or None."""
    return max(member.attendance.all(), key=lambda one: (one.recorded_at, one.pk), default=None)


def attendance_of(by: Staff, member: TherapyMember) -> list[TherapyAttendance]:
    """Return everything that was recorded about whether the patient came, the newest first."""
    require(by, "therapy.view")
    return list(member.attendance.select_related("recorded_by").order_by("-recorded_at", "-pk"))


def summary_of(by: Staff, member: TherapyMember) -> str | None:
    """Return the therapist's summary for the team, "" for who may not read it, and None where there is no note."""
    newest = max(member.notes.all(), key=lambda one: one.version, default=None)
    if newest is None:
        return None
    return newest.summary if may(Role(by.role), "therapy.summary") else ""


def access_member(by: Staff, member_id: int, permission: str = "therapy.view") -> TherapyMember:
    """Return one place in a session with its patient, or raise NotFound."""
    require(by, permission)
    members = TherapyMember.objects.select_related("session__therapist", "episode__patient")
    found = members.filter(pk=member_id).first()
    if found is None:
        raise NotFound("There is no such therapy session. Go back to the patient's psychotherapy page.")
    access_episode(by, found.episode_id)
    return found


def access_therapy_session(by: Staff, session_id: int) -> TherapySession:
    """Return one session of the person's clinics, or one with a patient whom they may see; or raise NotFound."""
    require(by, "therapy.view")
    found = TherapySession.objects.select_related("therapist", "clinic", "cancelled_by").filter(pk=session_id).first()
    of_clinic = found is not None and clinics_of(by).filter(pk=found.clinic_id).exists()
    if found is None or not (of_clinic or access_episodes(by).filter(therapy__session=found).exists()):
        raise NotFound("There is no such therapy session. Go back to the patient's psychotherapy page.")
    note_record(by, found)
    return found


def places_of(by: Staff, session: TherapySession) -> list[Place]:
    """Return the places of a session; of a patient whom the person may not see it is known that there is somebody."""
    require(by, "therapy.view")
    members = list(
        session.members.select_related("episode__patient").prefetch_related("attendance__recorded_by").order_by("pk")
    )
    visible = set(access_episodes(by).filter(pk__in=[one.episode_id for one in members]).values_list("pk", flat=True))
    for one in members:
        if one.episode_id in visible:
            note_record(by, one, one.episode.patient_id)
    return [Place(one, newest_attendance(one)) if one.episode_id in visible else Place(None) for one in members]


def open_groups(by: Staff, now: datetime) -> list[TherapySession]:
    """Return the groups to come of the person's clinics, without anybody who is down for them."""
    require(by, "therapy.view")
    found = TherapySession.objects.filter(
        is_group=True, cancelled_at__isnull=True, starts_at__gt=now, clinic__in=clinics_of(by)
    )
    return list(found.select_related("therapist").order_by("starts_at", "pk"))


def talks_between(by: Staff, begins: datetime, ends: datetime) -> list[TherapySession]:
    """Return the sessions of the person's clinics that begin in a time, by time, without who is down for them.

    Whoever may not see therapy at all gets none: a calendar is for more people than its talks.
    """
    if not may(Role(by.role), "therapy.view"):
        return []
    found = TherapySession.objects.filter(cancelled_at__isnull=True, clinic__in=clinics_of(by))
    found = found.filter(starts_at__gte=begins, starts_at__lt=ends)
    return list(found.select_related("therapist").order_by("starts_at", "pk"))


def leaders(by: Staff) -> list[Staff]:
    """Return who may lead a session: therapists, psychiatrists and nurses of the person's clinics."""
    require(by, "therapy.view")
    roles = [Role.THERAPIST.value, Role.PSYCHIATRIST.value, Role.NURSE.value]
    found = Staff.objects.filter(is_active=True, role__in=roles, memberships__clinic__in=clinics_of(by))
    return list(found.filter(memberships__ended_at__isnull=True).distinct().order_by("name"))
