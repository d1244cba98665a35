"""Who waits and how urgently, who did not come, what the planner proposed, and the feeds of people and bays."""

from django.db import models
from django.db.models import Q

from glimmer.records.calendar import by_and_at
from glimmer.records.episodes import Episode
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.records.staff import Staff

URGENT, SOON, ROUTINE = "urgent", "soon", "routine"
PRIORITIES = [(URGENT, "Urgent"), (SOON, "Soon"), (ROUTINE, "Routine")]
NOT_COME, LATE, BY_PATIENT, BY_CLINIC = "did_not_attend", "late", "by_patient", "by_clinic"
ABSENCES = [
    (NOT_COME, "Did not attend"),
    (LATE, "Cancelled late by the patient"),
    (BY_PATIENT, "Cancelled in time by the patient"),
    (BY_CLINIC, "Cancelled by the clinic"),
]


class WaitingPriority(models.Model):
    """How urgently a patient waits, as a clinician set it and why. The newest of an episode counts."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="priorities")
    priority = models.CharField(max_length=10, choices=PRIORITIES)
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["set_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="priority_has_reason")]


class Absence(models.Model):
    """A date that was not held, and by whose doing. Taken back where it was entered in error."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="absences")
    kind = models.CharField(max_length=20, choices=ABSENCES)
    words = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(withdrawn_at__isnull=True), name="absence_once_per_date"
            ),
            models.CheckConstraint(condition=by_and_at("withdrawn"), name="absence_withdrawn_by_and_at"),
        ]


class PlanningRun(models.Model):
    """One proposal of the planner: for which days, how the solver ended, and what first come would have given."""

    first_day = models.DateField()
    last_day = models.DateField()
    how = models.CharField(max_length=20)
    wanted = models.PositiveIntegerField()
    delivered = models.PositiveIntegerField()
    on_target = models.PositiveIntegerField()
    first_come_delivered = models.PositiveIntegerField()
    first_come_on_target = models.PositiveIntegerField()
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["made_at", "pk"]


class PlannedDate(models.Model):
    """One date that the planner proposes. It is nothing until a person accepts it; `outcome` says what became of it."""

    run = models.ForeignKey(PlanningRun, on_delete=models.PROTECT, related_name="dates")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="planned_dates")
    number = models.PositiveSmallIntegerField()
    bay = models.ForeignKey(Bay, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    days_off = models.SmallIntegerField()
    decided_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["starts_at", "bay__position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "plan", "number"], name="planned_once_per_run"),
            models.CheckConstraint(condition=by_and_at("decided"), name="planned_decided_by_and_at"),
        ]


class CalendarFeed(models.Model):
    """A secret address that shows the dates of one person or one bay. Only the digest of the secret is kept."""

    digest = models.CharField(max_length=64, unique=True)
    staff = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="feeds")
    bay = models.ForeignKey(Bay, null=True, blank=True, on_delete=models.PROTECT, related_name="feeds")
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    revoked_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(staff__isnull=True, bay__isnull=False) | Q(staff__isnull=False, bay__isnull=True),
                name="feed_of_a_person_or_a_bay",
            ),
            models.CheckConstraint(condition=by_and_at("revoked"), name="feed_revoked_by_and_at"),
        ]
