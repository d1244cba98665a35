"""Psychotherapy sessions, who is down for them, who came, and the therapists' notes: notes are added, never changed."""

from datetime import datetime

from django.db import models
from django.db.models import Q, QuerySet

from glimmer.care.psychotherapy import ATTENDANCE, Planned
from glimmer.records.clinics import Clinic
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff


class TherapySession(models.Model):
    """One session of a kind of `guidance/psychotherapy.toml`: with one patient, or with a group of several journeys."""

    kind = models.CharField(max_length=30)
    is_group = models.BooleanField()
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="therapy_sessions")
    therapist = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="therapy_sessions")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.CharField(max_length=120, blank=True)
    by_video = models.BooleanField(default=False)
    planned_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    cancelled_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_because = models.TextField(blank=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["clinic", "starts_at"], name="therapy_by_clinic_and_time")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="therapy_ends_after_start"),
            models.CheckConstraint(condition=Q(by_video=True) | ~Q(place=""), name="therapy_has_a_place_or_video"),
            models.CheckConstraint(
                condition=Q(cancelled_by__isnull=True, cancelled_at__isnull=True)
                | Q(cancelled_by__isnull=False, cancelled_at__isnull=False) & ~Q(cancelled_because=""),
                name="therapy_cancelled_by_at_and_why",
            ),
        ]


class TherapyMember(models.Model):
    """One patient's place in a session; `infusion` is the number of the infusion that it is for."""

    session = models.ForeignKey(TherapySession, on_delete=models.PROTECT, related_name="members")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="therapy")
    infusion = models.PositiveSmallIntegerField(null=True, blank=True)
    added_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["session__starts_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["session", "episode"], name="therapy_member_once")]


class TherapyAttendance(models.Model):
    """Whether a patient came. The newest counts; one that was wrong stays."""

    member = models.ForeignKey(TherapyMember, on_delete=models.PROTECT, related_name="attendance")
    attendance = models.CharField(max_length=10, choices=list(ATTENDANCE.items()))
    reason = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(attendance="cancelled") | ~Q(reason=""), name="therapy_cancelled_with_reason"
            ),
        ]


class TherapyNote(models.Model):
    """A therapist's note of one patient's session: `text` for its readers, `summary` for the team. Versions add up."""

    member = models.ForeignKey(TherapyMember, on_delete=models.PROTECT, related_name="notes")
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    summary = models.TextField(blank=True)
    because = models.TextField(blank=True)
    written_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["member", "version"], name="therapy_note_version_once"),
            models.CheckConstraint(condition=~Q(text=""), name="therapy_note_says_something"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(because=""), name="therapy_note_amended_because"),
        ]


class NoteOpening(models.Model):
    """Somebody who does not read the notes of a session opened them, said why, and reads them until `until`."""

    member = models.ForeignKey(TherapyMember, on_delete=models.PROTECT, related_name="openings")
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    because = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(because=""), name="therapy_note_opened_because")]


def standing_members(episode: Episode) -> QuerySet[TherapyMember]:
    """Return the patient's places in sessions that stand: neither the session nor the place was cancelled."""
    return _not_cancelled(TherapyMember.objects.filter(episode=episode, session__cancelled_at__isnull=True))


def standing_places(session: TherapySession) -> QuerySet[TherapyMember]:
    """Return the places of a session that nobody has given back."""
    return _not_cancelled(TherapyMember.objects.filter(session=session))


def _not_cancelled(found: QuerySet[TherapyMember]) -> QuerySet[TherapyMember]:
    newest = TherapyAttendance.objects.filter(member=models.OuterRef("pk")).order_by("-recorded_at", "-pk")
    told = found.annotate(newest_attendance=models.Subquery(newest.values("attendance")[:1]))
    return told.filter(Q(newest_attendance__isnull=True) | ~Q(newest_attendance="cancelled"))


def planned_for(episode: Episode) -> list[Planned]:
    """Return the frozen facts of the patient's sessions that stand."""
    rows = standing_members(episode).select_related("session")
    return [Planned(row.pk, row.session.kind, row.session.starts_at, row.infusion) for row in rows]


def is_open_to(member: TherapyMember, by: Staff, now: datetime) -> bool:
    """Say whether a person has opened the notes of a session and they have not closed again."""
    return NoteOpening.objects.filter(member=member, by=by, at__lte=now, until__gt=now).exists()
