"""Long-term safety checks and the psychiatrists' decisions about them, as stored: only ever added to."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone

from glimmer.care.long_term import DECISIONS, Check, History, Review
from glimmer.care.supplies import Prescription, is_at_home
from glimmer.records.episodes import Episode
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.supplies import standing_prescriptions

# Of a session in these phases nothing was given.
NOTHING_GIVEN = ("checks", "ready", "cancelled")


class LongTermCheck(models.Model):
    """One check of one domain. `holds` are the findings, in the words of the guidance that they were judged by.

    `is_complete` is false where something was answered as not known: then it does not count as done.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="long_term_checks")
    domain = models.CharField(max_length=30)
    done_on = models.DateField()
    answers = models.JSONField()
    holds = models.JSONField(default=list)
    is_complete = models.BooleanField()
    note = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        indexes = [models.Index(fields=["episode", "domain"], name="long_term_by_domain")]

    @property
    def facts(self) -> Check:
        """The frozen facts that a rule takes."""
        at = timezone.localtime(self.recorded_at)
        return Check(self.domain, self.done_on, at, self.is_complete, tuple(self.holds), self.pk)


class LongTermReview(models.Model):
    """A psychiatrist's decision about one domain of a patient: what was recorded before was seen."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="long_term_reviews")
    domain = models.CharField(max_length=30)
    decision = models.CharField(max_length=10, choices=list(DECISIONS.items()))
    reason = models.TextField()
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="long_term_reviewed_with_a_reason"),
            models.CheckConstraint(condition=Q(decision__in=list(DECISIONS)), name="long_term_decision_known"),
        ]

    @property
    def facts(self) -> Review:
        """The frozen facts that a rule takes."""
        return Review(self.domain, timezone.localtime(self.decided_at), self.decision, str(self.decided_by))


def sessions_given(patient_ids: list[int]) -> models.QuerySet[TreatmentSession]:
    """Return the sessions of these patients, over all journeys, in which the drug was given; with their plans."""
    held = TreatmentSession.objects.filter(episode__patient_id__in=patient_ids).exclude(phase__in=NOTHING_GIVEN)
    return held.select_related("plan", "episode").order_by("opened_at")


def histories(patient_ids: list[int], today: date) -> dict[int, History]:
    """Return the history of each of these patients, in four queries however many they are."""
    sessions: dict[int, list[TreatmentSession]] = {one: [] for one in patient_ids}
    for session in sessions_given(patient_ids):
        sessions[session.episode.patient_id].append(session)
    checks: dict[int, list[Check]] = {one: [] for one in patient_ids}
    reviews: dict[int, list[Review]] = {one: [] for one in patient_ids}
    for check in LongTermCheck.objects.filter(episode__patient_id__in=patient_ids).select_related("episode"):
        checks[check.episode.patient_id].append(check.facts)
    decided = LongTermReview.objects.filter(episode__patient_id__in=patient_ids)
    for review in decided.select_related("episode", "decided_by"):
        reviews[review.episode.patient_id].append(review.facts)
    at_home: dict[int, list[Prescription]] = {one: [] for one in patient_ids}
    for prescribed in standing_prescriptions(patient_ids):
        at_home[prescribed.episode.patient_id].append(prescribed.facts)
    return {
        one: History(
            tuple(timezone.localtime(session.opened_at).date() for session in sessions[one]),
            tuple(checks[one]),
            tuple(reviews[one]),
            is_at_home(at_home[one], today),
        )
        for one in patient_ids
    }
