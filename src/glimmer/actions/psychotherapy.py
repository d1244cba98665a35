"""Psychotherapy: sessions planned, patients put down for them, attendance. Notes are in `therapy_notes`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import locked_episode, open_episode
from glimmer.actions.entries import chosen, optional_text, required_text
from glimmer.actions.log import allow
from glimmer.actions.therapy_timing import infusions_of, keep_timing_task
from glimmer.care.psychotherapy import ATTENDANCE, infusion_for, may_join, may_record_attendance
from glimmer.guidance.psychotherapy import TherapyKind, therapy_kind
from glimmer.records.claims import PATIENT, STAFF, Claim, Wanted, claims_against
from glimmer.records.clinics import in_reach
from glimmer.records.episodes import Episode
from glimmer.records.psychotherapy import (
    TherapyAttendance,
    TherapyMember,
    TherapySession,
    standing_members,
    standing_places,
)
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, RuleRefused

THERAPIST_CLAIM, MEMBER_CLAIM = "therapy", "therapy_member"
LEADERS = (Role.THERAPIST.value, Role.PSYCHIATRIST.value, Role.NURSE.value)
LONGEST_PLACE = 120


@dataclass(frozen=True, slots=True)
class TherapyDetails:
    """A session as planned: a kind by its id, with whom, when, and where or by video."""

    kind: str
    is_group: bool
    therapist: Staff
    starts_at: datetime
    place: str = ""
    by_video: bool = False


def plan_therapy(
    episode: Episode, details: TherapyDetails, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> TherapyMember:
    """Plan a session and put the patient down for it. The therapist and the patient are taken for its time."""
    with acting(by, "therapy.plan", verb="plan_therapy", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        kind = _checked(details)
        session = TherapySession.objects.create(
            kind=kind.id,
            is_group=details.is_group,
            clinic=locked.clinic,
            therapist=details.therapist,
            starts_at=details.starts_at,
            ends_at=details.starts_at + timedelta(minutes=kind.minutes),
            place=optional_text(details.place, "place", LONGEST_PLACE),
            by_video=details.by_video,
            planned_by=by,
            planned_at=act.at,
        )
        _claim(STAFF, details.therapist.pk, session, THERAPIST_CLAIM, session.pk, "The therapist")
        member = _put_down(act, session, locked, kind)
        act.about(session)
        act.note(kind=kind.id, group=details.is_group, infusion=member.infusion)
    return member


def join_group(
    session: TherapySession, episode: Episode, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> TherapyMember:
    """Put one more patient down for a group."""
    with acting(by, "therapy.plan", verb="join_group", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        # Whoever joins waits here for the one before: the last place is given once.
        fresh = TherapySession.objects.select_for_update(of=("self",)).get(pk=session.pk)
        if not fresh.is_group:
            raise RuleRefused("This session is for one patient.")
        member = _put_down(act, fresh, locked, _kind(fresh.kind))
        act.about(fresh)
        act.note(kind=fresh.kind, infusion=member.infusion)
    return member


def move_therapy(
    session: TherapySession,
    starts_at: datetime,
    place: str = "",
    by_video: bool = False,
    *,
    by: Staff,
    at: datetime | None = None,
) -> TherapySession:
    """Move a session that has not begun to another time or place, with everybody who is down for it, or not at all."""
    with acting(by, "therapy.plan", verb="move_therapy", at=at) as act:
        fresh = TherapySession.objects.select_for_update(of=("self",)).get(pk=session.pk)
        _refuse_over(fresh, act.at)
        if starts_at <= act.at:
            raise BadInput("The new time lies in the past. Check day and time.", field="day")
        if not by_video and not place.strip():
            raise BadInput("Say where, or that it is by video.", field="place")
        members = _standing(fresh)
        act.note(was=fresh.starts_at.isoformat(), members=len(members))
        _set_free(fresh, [one.pk for one in members])
        fresh.ends_at = starts_at + (fresh.ends_at - fresh.starts_at)
        fresh.starts_at, fresh.by_video = starts_at, by_video
        fresh.place = optional_text(place, "place", LONGEST_PLACE)
        fresh.save(update_fields=["starts_at", "ends_at", "place", "by_video"])
        _claim(STAFF, fresh.therapist_id, fresh, THERAPIST_CLAIM, fresh.pk, "The therapist")
        for member in members:
            _claim(PATIENT, member.episode.patient_id, fresh, MEMBER_CLAIM, member.pk, "A patient who is down for it")
            member.infusion = infusion_for(_kind(fresh.kind), starts_at, infusions_of(member.episode))
            member.save(update_fields=["infusion"])
            keep_timing_task(act, member.episode)
        act.about(fresh)
    return fresh


def cancel_therapy(session: TherapySession, reason: str, *, by: Staff, at: datetime | None = None) -> TherapySession:
    """Cancel a session for everybody who is down for it, with the reason."""
    with acting(by, "therapy.plan", verb="cancel_therapy", at=at) as act:
        why = required_text(reason, "reason", "Give the reason for cancelling.")
        fresh = TherapySession.objects.select_for_update(of=("self",)).get(pk=session.pk)
        _refuse_over(fresh, act.at)
        fresh.cancelled_by, fresh.cancelled_at, fresh.cancelled_because = by, act.at, why
        fresh.save(update_fields=["cancelled_by", "cancelled_at", "cancelled_because"])
        members = list(fresh.members.values_list("pk", flat=True))
        _set_free(fresh, members)
        act.about(fresh)
        act.note(members=len(members))
    return fresh


def give_back_places(act: Act, reason: str) -> int:
    """Cancel, within the act, what the patient is still down for: a session of their own, a place in a group."""
    members = standing_members(locked_episode(act)).filter(session__starts_at__gt=act.at)
    for member in members:
        session = TherapySession.objects.select_for_update(of=("self",)).get(pk=member.session_id)
        if session.is_group:
            TherapyAttendance.objects.create(
                member=member, attendance="cancelled", reason=reason, recorded_by=act.by, recorded_at=act.at
            )
            Claim.objects.filter(source=MEMBER_CLAIM, source_id=member.pk).delete()
        else:
            session.cancelled_by, session.cancelled_at, session.cancelled_because = act.by, act.at, reason
            session.save(update_fields=["cancelled_by", "cancelled_at", "cancelled_because"])
            _set_free(session, [member.pk])
    return len(members)


def record_attendance(
    member: TherapyMember, attendance: str, reason: str = "", *, by: Staff, at: datetime | None = None
) -> TherapyAttendance:
    """Record whether a patient came; a wrong entry is replaced by recording it again. A cancelled place is free."""
    with acting(by, "therapy.attend", verb="record_attendance", episode=member.episode, at=at) as act:
        chosen(attendance, tuple(ATTENDANCE), "attendance", "Choose whether the patient came.")
        why = optional_text(reason, "reason")
        session = TherapySession.objects.select_for_update(of=("self",)).get(pk=member.session_id)
        if session.cancelled_at is not None:
            raise RuleRefused("This session was cancelled for everybody.")
        was_cancelled = not standing_members(member.episode).filter(pk=member.pk).exists()
        if attendance == "cancelled" and not why:
            raise BadInput("Give the reason for the cancellation.", field="reason")
        allow(may_record_attendance(attendance, why, session.starts_at, act.at), "This cannot be recorded.")
        if was_cancelled and attendance != "cancelled":
            _refuse_full(session, _kind(session.kind), is_member=False)
            _claim(PATIENT, member.episode.patient_id, session, MEMBER_CLAIM, member.pk, "This patient")
        stored = TherapyAttendance.objects.create(
            member=member, attendance=attendance, reason=why, recorded_by=by, recorded_at=act.at
        )
        if attendance == "cancelled":
            Claim.objects.filter(source=MEMBER_CLAIM, source_id=member.pk).delete()
            keep_timing_task(act)
        act.about(stored)
        act.note(attendance=attendance)
    return stored


def _checked(details: TherapyDetails) -> TherapyKind:
    kind = _kind(details.kind)
    if details.therapist.role not in LEADERS or not details.therapist.is_active:
        raise BadInput("Choose who leads the session: a therapist, a psychiatrist or a nurse.", field="therapist")
    if not details.by_video and not details.place.strip():
        raise BadInput("Say where, or that it is by video.", field="place")
    return kind


def _kind(kind_id: str) -> TherapyKind:
    found = therapy_kind(kind_id)
    if found is None:
        raise BadInput("Choose what kind of session it is.", field="kind")
    return found


def _put_down(act: Act, session: TherapySession, episode: Episode, kind: TherapyKind) -> TherapyMember:
    if not _may_lead(session, episode):
        raise RuleRefused("The therapist of this session does not work in this patient's clinic.")
    is_member = TherapyMember.objects.filter(session=session, episode=episode).exists()
    _refuse_full(session, kind, is_member=is_member)
    member = TherapyMember.objects.create(
        session=session,
        episode=episode,
        infusion=infusion_for(kind, session.starts_at, infusions_of(episode)),
        added_by=act.by,
        added_at=act.at,
    )
    _claim(PATIENT, episode.patient_id, session, MEMBER_CLAIM, member.pk, "This patient")
    return member


def _may_lead(session: TherapySession, episode: Episode) -> bool:
    return Episode.objects.filter(in_reach(session.therapist), pk=episode.pk).exists()


def _refuse_full(session: TherapySession, kind: TherapyKind, *, is_member: bool) -> None:
    verdict = may_join(
        kind,
        is_group=session.is_group,
        members=places_taken(session),
        is_member=is_member,
        cancelled=session.cancelled_at is not None,
    )
    allow(verdict, "The patient cannot be put down for it.")


def places_taken(session: TherapySession) -> int:
    """Return how many patients are down for a session, cancelled places left out."""
    return len(_standing(session))


def _standing(session: TherapySession) -> list[TherapyMember]:
    return list(standing_places(session).select_related("episode__patient"))


def _refuse_over(session: TherapySession, at: datetime) -> None:
    if session.cancelled_at is not None:
        raise RuleRefused("This session was cancelled already.")
    if session.starts_at <= at:
        raise RuleRefused("This session has begun. Record for each patient whether they came.")


def _set_free(session: TherapySession, members: list[int]) -> None:
    Claim.objects.filter(source=THERAPIST_CLAIM, source_id=session.pk).delete()
    Claim.objects.filter(source=MEMBER_CLAIM, source_id__in=members).delete()


def _claim(what: int, key: int, session: TherapySession, source: str, source_id: int, who: str) -> None:
    """Take somebody for the time of a session; raise RuleRefused where they are taken already."""
    wanted = Wanted(what, key, session.starts_at, session.ends_at)
    if claims_against(wanted).exists():
        raise RuleRefused(f"{who} is not free at that time. Choose another time.")
    Claim.objects.create(
        what=what, key=key, starts_at=session.starts_at, ends_at=session.ends_at, source=source, source_id=source_id
    )
