"""What lets another system read something of the clinic: a token with a purpose, a scope and an end."""

from django.db import models

from glimmer.records.staff import Staff


class ServiceToken(models.Model):
    """One token of a service account. Only its digest is kept; the token itself was shown once.

    `service` names the system that uses it, `scopes` what it may read. A revoked one stays, with when, by whom and why.
    """

    service = models.CharField(max_length=60)
    scopes = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["service", "pk"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(service=""), name="service_token_names_its_service"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("made_at")), name="service_token_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True, revoked_because="")
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~models.Q(revoked_because=""),
                name="service_token_revoked_when_by_whom_and_why",
            ),
        ]
