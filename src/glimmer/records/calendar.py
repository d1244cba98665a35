"""What dates are found in: opening hours, days that are otherwise, bays out of use, shifts, skills, patients' limits.

Nothing here is overwritten: a change is a new row, a mistake is withdrawn, and both keep who and when.
"""

from django.db import models
from django.db.models import F, Q

from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment, Bay
from glimmer.records.staff import Staff


def by_and_at(field: str) -> Q:
    """Return the condition that who and when are both there or neither."""
    by, at = f"{field}_by__isnull", f"{field}_at__isnull"
    return Q(**{by: True, at: True}) | Q(**{by: False, at: False})


class OpeningWeek(models.Model):
    """The clinic's week from a day on: `hours` maps a weekday ("0" Monday) to ["09:00", "17:00"]; others are closed."""

    from_day = models.DateField()
    hours = models.JSONField()
    entered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["from_day", "entered_at", "pk"]


class OtherDay(models.Model):
    """A day that is otherwise than its weekday: closed, or open at other hours, and why."""

    day = models.DateField()
    opens_at = models.TimeField(null=True, blank=True)
    closes_at = models.TimeField(null=True, blank=True)
    why = models.CharField(max_length=120)
    entered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["day"], condition=Q(withdrawn_at__isnull=True), name="other_day_once"),
            models.CheckConstraint(condition=by_and_at("withdrawn"), name="other_day_withdrawn_by_and_at"),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__gt=F("opens_at")),
                name="other_day_closes_after_it_opens",
            ),
        ]


class BayClosure(models.Model):
    """A bay is out of use for a time, and why."""

    bay = models.ForeignKey(Bay, on_delete=models.PROTECT, related_name="closures")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why = models.CharField(max_length=120)
    entered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="closure_ends_after_it_starts"),
            models.CheckConstraint(condition=by_and_at("withdrawn"), name="closure_withdrawn_by_and_at"),
        ]


class Shift(models.Model):
    """A member of staff is on duty for a time. The database lets nobody be on duty twice at once (`records.claims`)."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    entered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    cancelled_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "staff__name"]
        indexes = [models.Index(fields=["starts_at", "cancelled_at"], name="shift_by_time")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_starts"),
            models.CheckConstraint(condition=by_and_at("cancelled"), name="shift_cancelled_by_and_at"),
        ]


class StaffSkill(models.Model):
    """A skill (`guidance.skills`) that a member of staff has, until a day where it runs out."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="staff_skills")
    skill = models.CharField(max_length=40)
    until = models.DateField(null=True, blank=True)
    entered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    ended_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["staff__name", "skill"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "skill"], condition=Q(ended_at__isnull=True), name="staff_skill_once"
            ),
            models.CheckConstraint(condition=by_and_at("ended"), name="staff_skill_ended_by_and_at"),
        ]


class PatientLimits(models.Model):
    """When a patient can come and how they travel, as they told. The newest row of a patient counts."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="calendar_limits")
    not_weekdays = models.JSONField(default=list)
    not_before = models.TimeField(null=True, blank=True)
    not_after = models.TimeField(null=True, blank=True)
    needs_escort = models.BooleanField(default=False)
    travel = models.CharField(max_length=200, blank=True)
    entered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["entered_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(not_before__isnull=True) | Q(not_after__isnull=True) | Q(not_after__gt=F("not_before")),
                name="limits_leave_some_time",
            ),
        ]


class DateOverride(models.Model):
    """Why a date stands although the calendar's rules speak against it. `rules` are their words, one line each."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="date_overrides")
    rules = models.TextField()
    because = models.CharField(max_length=500)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(because=""), name="date_override_has_reason")]
