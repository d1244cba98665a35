"""What was decided after the course, and the letters that tell others."""

from django.db import models
from django.db.models import Q

from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff


class FollowUpDecision(models.Model):
    """The psychiatrist's decision after the course: what happens next, when, and why."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="followup_decisions")
    decision = models.CharField(
        max_length=12,
        choices=[("review", "Review"), ("repeat", "Repeat treatment"), ("discharge", "Discharge to the referrer")],
    )
    next_on = models.DateField(null=True, blank=True)
    reason = models.TextField()
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="discharge") | Q(next_on__isnull=False), name="follow_up_has_next_date"
            ),
        ]


class Letter(models.Model):
    """A letter to the GP, the referrer, a team or the patient. Signed letters keep the exact PDF that was signed.

    One that is not wanted any more, signed or not, is set aside by a named person with a reason; it stays.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=20)
    recipients = models.JSONField(default=list)
    content = models.JSONField()
    written_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    signed_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    pdf = models.BinaryField(null=True, blank=True)
    pdf_digest = models.CharField(max_length=64, blank=True)
    set_aside_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    set_aside_at = models.DateTimeField(null=True, blank=True)
    set_aside_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["written_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True, signed_at__isnull=True, pdf__isnull=True)
                | Q(signed_by__isnull=False, signed_at__isnull=False, pdf__isnull=False),
                name="letter_signed_by_at_and_pdf",
            ),
            models.CheckConstraint(
                condition=Q(set_aside_by__isnull=True, set_aside_at__isnull=True, set_aside_because="")
                | Q(set_aside_by__isnull=False, set_aside_at__isnull=False) & ~Q(set_aside_because=""),
                name="letter_set_aside_by_at_and_why",
            ),
        ]
