"""Treatment sessions, their append-only log, and the devices at the bedside."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from glimmer.care.session.course import Phase
from glimmer.care.session.events import SessionEvent, from_body
from glimmer.guidance.protocol import protocol
from glimmer.records.episodes import Episode
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.records.staff import Staff


class Device(models.Model):
    """A monitor or pump that may speak to the gateway. `identifier` is what it calls itself in its messages.

    `retired_at`, by whom and why: it was taken out of use, and nothing that it sends is charted. The row stays.
    """

    identifier = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=10, choices=[("monitor", "Monitor"), ("pump", "Pump")])
    bay = models.ForeignKey(Bay, null=True, blank=True, on_delete=models.PROTECT, related_name="devices")
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    retired_because = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True, retired_by__isnull=True, retired_because="")
                | Q(retired_at__isnull=False, retired_by__isnull=False) & ~Q(retired_because=""),
                name="device_retired_when_by_whom_and_why",
            ),
        ]

    def __str__(self) -> str:
        return self.identifier


class TreatmentSession(models.Model):
    """One session. Its state lives in its log; the columns here are what lists and constraints need.

    `phase` is derived from the log (`SessionLog.phase`) and refreshed by every action. `last_seq` is the
    number of the newest log line; the row is locked while lines are added. `drug_is_open`, derived as well: containers
    of the controlled drug are out for it that nobody has accounted for.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="sessions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="treatment_sessions")
    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, related_name="session")
    bay = models.ForeignKey(Bay, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    phase = models.CharField(max_length=20, default="checks")
    ended_at = models.DateTimeField(null=True, blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    drug_is_open = models.BooleanField(default=False)

    class Meta:
        ordering = ["opened_at"]
        indexes = [models.Index(fields=["episode", "number"])]
        constraints = [
            # Whose reading is it? Only one session may be live in a bay, and one per patient's episode.
            models.UniqueConstraint(
                fields=["bay"], condition=Q(ended_at__isnull=True), name="one_live_session_per_bay"
            ),
            models.UniqueConstraint(
                fields=["episode"], condition=Q(ended_at__isnull=True), name="one_live_session_per_episode"
            ),
        ]


def sessions_had(episode: Episode, drug: str, before: datetime | None = None) -> int:
    """Return how many sessions of an episode a drug was given in (opened before a moment, where one is given)."""
    over = TreatmentSession.objects.filter(episode=episode, phase=Phase.LEFT.value)
    over = over.filter(opened_at__lt=before) if before else over
    pinned = over.values_list("plan__protocol_id", "plan__protocol_version")
    return sum(1 for name, version in pinned if protocol(name, version).drug == drug)


class LogLine(models.Model):
    """One event of a session's log, as stored. Triggers in the database refuse to change or delete it.

    `form_token` is the page's own number for one press of a button: the same press posted twice
    is stored once.
    """

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="log")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=24)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    by = models.CharField(max_length=160)
    author = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    body = models.JSONField()
    form_token = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["session", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="log_line_once"),
            models.UniqueConstraint(
                fields=["session", "form_token"], condition=~Q(form_token=""), name="log_form_posted_once"
            ),
        ]

    def event(self) -> SessionEvent:
        """Return the line as the frozen event that the rules fold."""
        return event_from_columns(
            self.seq, self.kind, self.happened_at, self.received_at, self.by, self.author_id, self.body
        )


def event_from_columns(
    seq: int,
    kind: str,
    happened_at: datetime,
    received_at: datetime,
    by: str,
    author_id: int | None,
    body: dict[str, Any],
) -> SessionEvent:
    """Return the event of one row of the log, without making a model instance."""
    return SessionEvent(seq, happened_at, received_at, by, from_body(kind, body), author_id)
