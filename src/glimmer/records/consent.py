"""Consent to treatment: given, refused, withdrawn, each a row of its own that is never edited."""

from django.db import models
from django.db.models import Q

from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff


class ConsentRecord(models.Model):
    """One conversation about consent and what came of it. The newest row of an episode counts."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="consents")
    decision = models.CharField(
        max_length=10, choices=[("given", "Given"), ("refused", "Refused"), ("withdrawn", "Withdrawn")]
    )
    information_version = models.CharField(max_length=40)
    understands = models.BooleanField(null=True)
    retains = models.BooleanField(null=True)
    weighs = models.BooleanField(null=True)
    communicates = models.BooleanField(null=True)
    points_covered = models.JSONField(default=list)
    questions = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                # A check passes in SQL when it is neither true nor false, so "not assessed" has to be named.
                condition=~Q(decision="given")
                | Q(understands=True, retains=True, weighs=True, communicates=True)
                & Q(
                    understands__isnull=False,
                    retains__isnull=False,
                    weighs__isnull=False,
                    communicates__isnull=False,
                ),
                name="consent_given_needs_capacity",
            ),
        ]
