"""The treatment plan and its dates in the calendar."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from glimmer.records.episodes import Episode
from glimmer.records.patients import Patient
from glimmer.records.staff import Staff


class Bay(models.Model):
    """A treatment place: bed or chair with a monitor and a pump."""

    name = models.CharField(max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """A prescribed course. The newest plan of an episode counts; `version` counts them.

    Doses in mg, weight in kg, height in cm. `basis` says which weight the dose was worked out from. Where the
    prescriber typed the dose because dose arithmetic is off, `dose_mg_per_kg` is None and `basis` is ""; where the
    protocol gives everybody the same dose, it is None as well and `basis` is "fixed". `infusion_minutes` are those
    from the first moment of giving to the last: 0 where all is given at once.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveSmallIntegerField()
    protocol_id = models.CharField(max_length=60)
    protocol_version = models.CharField(max_length=20)
    protocol_digest = models.CharField(max_length=64)
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1)
    height_cm = models.DecimalField(max_digits=4, decimal_places=1)
    basis = models.CharField(
        max_length=10,
        choices=[("actual", "Actual weight"), ("ideal", "Ideal weight"), ("fixed", "Fixed dose")],
        blank=True,
    )
    dose_mg_per_kg = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    dose_mg = models.DecimalField(max_digits=6, decimal_places=1)
    infusion_minutes = models.PositiveSmallIntegerField()
    sessions = models.PositiveSmallIntegerField()
    oxygen_scale = models.PositiveSmallIntegerField(choices=[(1, "Scale 1"), (2, "Scale 2")], default=1)
    pregnancy_possible = models.BooleanField()
    reason = models.TextField(blank=True)
    prescribed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    prescribed_at = models.DateTimeField()
    second_prescriber = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    second_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["episode", "version"], name="plan_version_once"),
            models.CheckConstraint(
                condition=Q(second_prescriber__isnull=True, second_at__isnull=True)
                | Q(second_prescriber__isnull=False, second_at__isnull=False)
                & ~Q(second_prescriber=F("prescribed_by")),
                name="second_prescriber_is_another",
            ),
            models.CheckConstraint(condition=Q(dose_mg__gt=0, weight_kg__gt=0), name="plan_dose_positive"),
            models.CheckConstraint(
                condition=Q(dose_mg_per_kg__isnull=True, basis__in=["", "fixed"])
                | Q(dose_mg_per_kg__isnull=False, basis__in=["actual", "ideal"]),
                name="plan_dose_worked_out_or_typed",
            ),
        ]

    @property
    def dose_was_typed(self) -> bool:
        """True where no sum stands behind the dose: dose arithmetic was off."""
        return self.basis == ""

    @property
    def amount(self) -> float:
        """The dose in the unit in which the protocol doses: mg/kg, or mg where it is fixed or was typed."""
        return float(self.dose_mg if self.dose_mg_per_kg is None else self.dose_mg_per_kg)

    @property
    def minutes_in_words(self) -> str:
        """The time that giving takes, to stand after the dose: ` over 40 minutes`, or nothing."""
        return f" over {self.infusion_minutes} minutes" if self.infusion_minutes else ""

    @property
    def dose_basis(self) -> str:
        """Where the dose comes from, in words: `0.5 mg/kg, actual weight`."""
        if self.basis == "fixed":
            return "the same for every weight"
        if self.dose_mg_per_kg is None:
            return "typed by the prescriber, not worked out"
        return f"{self.dose_mg_per_kg.normalize():f} mg/kg, {self.get_basis_display().lower()}"


class Appointment(models.Model):
    """One planned session of a plan. Cancelled ones stay, with who, when and why.

    `patient` is the plan's own, written here so that the database can see that a patient is in one place at a time:
    its triggers claim the bay and the patient for each date that stands (`records.claims`).
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="appointments")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments", editable=False)
    number = models.PositiveSmallIntegerField()
    bay = models.ForeignKey(Bay, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    booked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    cancelled_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_because = models.TextField(blank=True)

    class Meta:
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["starts_at", "bay"])]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointment_ends_after_start"),
            models.CheckConstraint(
                condition=Q(cancelled_by__isnull=True, cancelled_at__isnull=True)
                | Q(cancelled_by__isnull=False, cancelled_at__isnull=False),
                name="appointment_cancelled_by_and_at",
            ),
            models.UniqueConstraint(
                fields=["plan", "number"], condition=Q(cancelled_at__isnull=True), name="one_date_per_session"
            ),
            models.UniqueConstraint(
                fields=["bay", "starts_at"], condition=Q(cancelled_at__isnull=True), name="bay_start_once"
            ),
        ]

    def save(self, *args: Any, **more: Any) -> None:
        """Write the date with the patient of its plan, whoever was given."""
        self.patient_id = self.plan.episode.patient_id
        super().save(*args, **more)
