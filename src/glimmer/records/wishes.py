"""What a patient needs and wishes beside the treatment: communication needs, and what their data may be used for.

Rows are added, never edited; the newest counts. They belong to the patient and outlast a journey.
"""

from datetime import datetime

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery

from glimmer.care.communication import Needs
from glimmer.care.consent_purposes import REGISTRY
from glimmer.records.patients import Patient
from glimmer.records.staff import Staff


class CommunicationNeeds(models.Model):
    """What a patient needs to be informed and heard, as asked at one time. No code at all means: asked, and none."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="needs_asked")
    formats = models.JSONField(default=list)
    support = models.JSONField(default=list)
    contact = models.JSONField(default=list)
    language = models.CharField(max_length=60, blank=True)
    remarks = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]

    @property
    def needs(self) -> Needs:
        """The row as the rules take it."""
        return Needs(tuple(self.formats), tuple(self.support), tuple(self.contact), self.language, self.remarks)


class PurposeConsent(models.Model):
    """One decision of a patient on one purpose beside the treatment (`guidance.purposes`), on words of a version."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="purpose_consents")
    purpose = models.CharField(max_length=20)
    decision = models.CharField(
        max_length=10, choices=[("given", "Given"), ("refused", "Refused"), ("withdrawn", "Withdrawn")]
    )
    version = models.CharField(max_length=20)
    understood = models.BooleanField(null=True)
    reason = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    from_patient = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        indexes = [models.Index(fields=["patient", "purpose", "recorded_at"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(decision="given") | Q(understood=True) & Q(understood__isnull=False),
                name="purpose_given_was_understood",
            ),
            # On their own pages a patient can withdraw; consent is given in a conversation.
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=False, from_patient=False)
                | Q(recorded_by__isnull=True, from_patient=True, decision="withdrawn"),
                name="purpose_is_of_staff_or_withdrawn_by_the_patient",
            ),
        ]

    @property
    def author(self) -> str:
        """Who wrote it down: a member of staff, or the patient on their own pages."""
        return self.recorded_by.name if self.recorded_by is not None else "the patient"


def newest_needs(patient: Patient) -> CommunicationNeeds | None:
    """Return the needs as they were asked last, or None while nobody has asked."""
    return CommunicationNeeds.objects.filter(patient=patient).order_by("-recorded_at", "-pk").first()


def newest_purpose(patient: Patient, purpose: str) -> PurposeConsent | None:
    """Return the decision on a purpose that counts, or None."""
    found = PurposeConsent.objects.filter(patient=patient, purpose=purpose)
    return found.order_by("-recorded_at", "-pk").first()


def purpose_consent_holds(patient: Patient, purpose: str) -> bool:
    """Say whether a patient's data or words may be used for a purpose now. Nothing said is no."""
    newest = newest_purpose(patient, purpose)
    return newest is not None and newest.decision == "given"


def registry_consent_holds(patient: Patient) -> bool:
    """Say whether the registry may hold this patient now: asked each time, so that a withdrawal counts at once."""
    return purpose_consent_holds(patient, REGISTRY)


def patients_consenting_to(purpose: str, at: datetime | None = None) -> QuerySet[Patient]:
    """Return the patients whose newest decision on a purpose (up to `at`) says given, in one query."""
    decisions = PurposeConsent.objects.filter(patient=OuterRef("pk"), purpose=purpose)
    if at is not None:
        decisions = decisions.filter(recorded_at__lte=at)
    newest = decisions.order_by("-recorded_at", "-pk").values("decision")[:1]
    return Patient.objects.annotate(said=Subquery(newest)).filter(said="given")
