"""Whose patients are whose: clinics, who works in them, which journeys belong to them, and the glass that was broken.

Clinical staff see the journeys of their own clinics. Whoever has to see another patient at once breaks the glass: says
why, sees that patient for a few hours, and the privacy officer reads of it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, Model, Q, QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from glimmer.records.patients import Patient
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput

FIRST_NAME = "This clinic"
EMERGENCY, COVERING, OTHER = "emergency", "covering", "other"
REASONS = [
    (EMERGENCY, "The patient needs care now and cannot wait"),
    (COVERING, "I cover for the patient's own clinic"),
    (OTHER, "Another reason"),
]
JUSTIFIED, NOT_JUSTIFIED = "justified", "not_justified"
FINDINGS = [(JUSTIFIED, "Justified"), (NOT_JUSTIFIED, "Not justified")]
Row = TypeVar("Row", bound=Model)


class Clinic(models.Model):
    """One clinic whose staff see the same patients. `code` is its ODS code where it has one."""

    name = models.CharField(max_length=120, unique=True)
    code = models.CharField(max_length=10, blank=True)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ClinicMember(models.Model):
    """A member of staff belongs to a clinic from `since` until `ended_at`. Nobody stands behind the very first."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="members")
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="memberships")
    since = models.DateTimeField()
    added_by = models.CharField(max_length=160, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "staff"], condition=Q(ended_at__isnull=True), name="clinic_member_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="") | Q(ended_at__isnull=False) & ~Q(ended_by=""),
                name="clinic_member_ended_by_and_at",
            ),
        ]


class ClinicShare(models.Model):
    """A journey that another clinic sees as well, from `since` until `ended_at`, and why."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="shares")
    episode = models.ForeignKey("records.Episode", on_delete=models.PROTECT, related_name="shares")
    since = models.DateTimeField()
    shared_by = models.CharField(max_length=160)
    because = models.CharField(max_length=500)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "episode"], condition=Q(ended_at__isnull=True), name="clinic_share_once"
            ),
            models.CheckConstraint(condition=~Q(because=""), name="clinic_share_has_reason"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="") | Q(ended_at__isnull=False) & ~Q(ended_by=""),
                name="clinic_share_ended_by_and_at",
            ),
        ]


class BrokenGlass(models.Model):
    """A person opened the record of a patient of another clinic, until when and why. Never changed or removed."""

    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="glass_broken")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="glass_broken")
    at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=20, choices=REASONS)
    words = models.CharField(max_length=500)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["by", "until"], name="glass_by_person_and_end")]
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="glass_has_reason"),
            models.CheckConstraint(condition=Q(until__gt=models.F("at")), name="glass_ends_after_it_was_broken"),
            models.CheckConstraint(condition=Q(reason__in=[value for value, _ in REASONS]), name="glass_reason_known"),
        ]


class GlassReview(models.Model):
    """What the privacy officer found about one broken glass. Never changed or removed."""

    glass = models.OneToOneField(BrokenGlass, on_delete=models.PROTECT, related_name="review")
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    finding = models.CharField(max_length=20, choices=FINDINGS)
    words = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="glass_review_says_why"),
            models.CheckConstraint(
                condition=Q(finding__in=[value for value, _ in FINDINGS]), name="glass_review_finding_known"
            ),
        ]


def the_only_clinic() -> int:
    """Return the key of the clinic where there is one; the first is made here, as in an emptied database.

    Raises BadInput where there are several: then a person has to say which.
    """
    found = list(Clinic.objects.values_list("pk", flat=True)[:2])
    if len(found) > 1:
        raise BadInput("There are several clinics: say which one this is for.")
    return found[0] if found else Clinic.objects.create(name=FIRST_NAME, opened_at=timezone.now()).pk


@receiver(post_save, sender=Staff)
def join_the_only_clinic(instance: Staff, created: bool, raw: bool, **_: object) -> None:
    """Let a new person belong to the clinic where there is no other; with several, somebody says to which."""
    if created and not raw and Clinic.objects.count() <= 1:
        ClinicMember.objects.create(clinic_id=the_only_clinic(), staff=instance, since=timezone.now())


def clinics_of(staff: Staff) -> QuerySet[Clinic]:
    """Return the clinics that a person belongs to now."""
    return Clinic.objects.filter(members__staff=staff, members__ended_at__isnull=True).order_by("pk")


def open_glass(by: Staff, now: datetime | None = None) -> QuerySet[BrokenGlass]:
    """Return the glass that a person has broken and that has not closed again."""
    now = now or timezone.now()
    return BrokenGlass.objects.filter(by=by, at__lte=now, until__gt=now).order_by()


def own(by: Staff, prefix: str = "") -> Q:
    """Return the condition that a row belongs to a journey of the person's clinics; `prefix` leads to the episode."""
    mine = ClinicMember.objects.filter(staff=by, ended_at__isnull=True).values("clinic_id")
    shared = ClinicShare.objects.filter(clinic__in=mine, ended_at__isnull=True).values("episode_id")
    return Q(**{f"{prefix}clinic__in": mine}) | Q(**{f"{prefix}id__in": shared})


def own_patients(by: Staff, patients: Iterable[int]) -> set[int]:
    """Return those of the patients who have a journey of the person's own clinics."""
    found = Patient.objects.filter(own(by, "episodes__"), pk__in=set(patients))
    return set(found.values_list("pk", flat=True))


def in_reach(by: Staff, prefix: str = "") -> Q:
    """Return the condition that a person may see a row: of an own clinic, or of a patient whose glass they broke."""
    return own(by, prefix) | Q(**{f"{prefix}patient__in": open_glass(by).values("patient_id")})


def reached(by: Staff, found: QuerySet[Row], prefix: str = "") -> QuerySet[Row]:
    """Return those rows that a person may see, each with `is_own`: False where only broken glass lets them."""
    told: Any = {"is_own": ExpressionWrapper(own(by, prefix), output_field=BooleanField())}
    return found.annotate(**told).filter(in_reach(by, prefix))


def told_apart(by: Staff, found: QuerySet[Row], prefix: str = "") -> QuerySet[Row]:
    """Return all rows, each with `may_be_named`: whether the person may see whose it is."""
    told: Any = {"may_be_named": ExpressionWrapper(in_reach(by, prefix), output_field=BooleanField())}
    return found.annotate(**told)


def names_of(clinics: Iterable[Clinic]) -> str:
    """Return the names of clinics as a sentence holds them."""
    return ", ".join(str(clinic) for clinic in clinics)
