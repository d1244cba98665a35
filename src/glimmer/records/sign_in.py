"""What signing in rests on beside the password: apps, security keys, recovery codes, and the count of failures."""

from django.db import models

from glimmer.records.staff import Staff

APP, KEY = "app", "key"


class SecondFactor(models.Model):
    """Something a member of staff holds: an app that shows one-time codes, or a security key.

    One that is removed stays as a row with when, by whom and why. `secret` (of an app) is sealed; `last_step` is the
    newest time step whose code was taken, so that no code is taken twice. `sign_count` is what the key counted last.
    """

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="factors")
    kind = models.CharField(max_length=10, choices=[(APP, "App"), (KEY, "Security key")])
    name = models.CharField(max_length=60)
    secret = models.TextField(blank=True)
    last_step = models.BigIntegerField(default=0)
    credential_id = models.CharField(max_length=1400, blank=True)
    public_key = models.TextField(blank=True)
    sign_count = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    removed_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=APP, credential_id="") & ~models.Q(secret="")
                | models.Q(kind=KEY, secret="") & ~models.Q(credential_id="") & ~models.Q(public_key=""),
                name="second_factor_is_an_app_or_a_key",
            ),
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=True, removed_by__isnull=True, removed_because="")
                | models.Q(removed_at__isnull=False, removed_by__isnull=False) & ~models.Q(removed_because=""),
                name="second_factor_removed_when_by_whom_and_why",
            ),
            # One key is one person's: it cannot be enrolled twice, for anybody.
            models.UniqueConstraint(
                fields=["credential_id"], condition=~models.Q(credential_id=""), name="second_factor_key_once"
            ),
        ]


class RecoveryCode(models.Model):
    """A code that a person keeps on paper for the day the phone is lost; here only its salted digest. Good once."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="recovery_codes")
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]


class FailureCount(models.Model):
    """How often in a row something was tried in vain, kept in the database: for all processes, and over a restart.

    `key` says what and for whom; `rests` how often it was made to rest since it last went well.
    """

    key = models.CharField(max_length=160, unique=True)
    failures = models.IntegerField(default=0)
    rests = models.IntegerField(default=0)
    last_at = models.DateTimeField()
    rests_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(failures__gte=0, rests__gte=0), name="failure_count_counts_up")
        ]


def factors_of(staff: Staff) -> models.QuerySet[SecondFactor]:
    """Return the second factors that a person has now, the oldest first."""
    return SecondFactor.objects.filter(staff=staff, removed_at__isnull=True)


def recovery_codes_of(staff: Staff) -> models.QuerySet[RecoveryCode]:
    """Return the recovery codes that a person can still use."""
    return RecoveryCode.objects.filter(staff=staff, used_at__isnull=True)
