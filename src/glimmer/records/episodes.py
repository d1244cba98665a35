"""One patient's way through the clinic, from a referral to the discharge letter, and the referral itself."""

from django.db import models
from django.db.models import F, Q

from glimmer.records.clinics import Clinic, the_only_clinic
from glimmer.records.patients import Patient
from glimmer.records.staff import Staff

ITEM_STATES = [("present", "Present"), ("none", "Explicitly none"), ("missing", "Missing")]


class Episode(models.Model):
    """The thread that ties one referral's steps together.

    `step` and `state` are derived by `care.journey.where_is` and stored only so that worklists can
    be found by an index; every action refreshes them in its own transaction. `revision` counts
    changes: a page posts the revision it showed, and an old page is refused.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="episodes")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="episodes", default=the_only_clinic)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_because = models.TextField(blank=True)
    step = models.CharField(max_length=20, default="referral")
    state = models.CharField(max_length=60, default="")
    needs = models.CharField(max_length=200, default="")
    waiting_on = models.CharField(max_length=20, default="")
    revision = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["step", "updated_at"]),
            models.Index(fields=["waiting_on", "updated_at"]),
            models.Index(fields=["closed_at", "step"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="episode_closed_by_and_at",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(closed_at__isnull=True), name="one_open_episode_per_patient"
            ),
        ]


class Referral(models.Model):
    """The referral as it arrived. `digest` is the SHA-256 of an imported bundle: the same one is taken once."""

    episode = models.OneToOneField(Episode, on_delete=models.PROTECT, related_name="referral")
    received_at = models.DateTimeField()
    source = models.CharField(
        max_length=20, choices=[("gp", "GP"), ("psychiatrist", "Psychiatrist"), ("other", "Other")]
    )
    referrer_name = models.CharField(max_length=120)
    referrer_organisation = models.CharField(max_length=160, blank=True)
    referrer_code = models.CharField(max_length=10, blank=True)
    priority = models.CharField(
        max_length=10, choices=[("routine", "Routine"), ("urgent", "Urgent")], default="routine"
    )
    reason = models.TextField()
    how = models.CharField(max_length=10, choices=[("typed", "Typed in"), ("fhir", "FHIR bundle")])
    digest = models.CharField(max_length=64, blank=True)
    document = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], condition=~Q(digest=""), name="referral_bundle_once"),
        ]


class ReferralItem(models.Model):
    """One item of the referral minimum set (`guidance.referral_items()`): present, explicitly none or missing."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="items")
    item = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=ITEM_STATES, default="missing")
    text = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["referral", "item"], name="referral_item_once"),
            models.CheckConstraint(
                condition=Q(state="present") & ~Q(text="") | Q(state__in=["none", "missing"]),
                name="present_item_has_text",
            ),
        ]


class TriageDecision(models.Model):
    """What triage decided. A later decision replaces an earlier one; none is ever edited."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="triage_decisions")
    decision = models.CharField(
        max_length=10, choices=[("accepted", "Accepted"), ("returned", "Returned"), ("declined", "Declined")]
    )
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(decision="accepted") | ~Q(reason=""), name="triage_refusal_has_reason"),
        ]


class SelectionAnswer(models.Model):
    """One answer to one selection rule. Append-only: the newest answer of a rule counts.

    `proposed` is what the record proposed when it was answered, "" where it proposed nothing; `rests_on` what that
    proposal and the answer rested on then, a line each.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="selection_answers")
    rule = models.CharField(max_length=60)
    answer = models.CharField(max_length=10, choices=[("met", "Met"), ("not_met", "Not met"), ("unknown", "Unknown")])
    evidence = models.TextField(blank=True)
    proposed = models.CharField(max_length=10, blank=True, default="")
    rests_on = models.TextField(blank=True, default="")
    answered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["answered_at", "pk"]
        indexes = [models.Index(fields=["episode", "rule"])]


class SelectionOverride(models.Model):
    """A psychiatrist lets a failed hard rule pass, with a reason; it counts once a second clinician agrees."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="selection_overrides")
    rule = models.CharField(max_length=60)
    reason = models.TextField()
    proposed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_reason"),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False) & ~Q(agreed_by=F("proposed_by")),
                name="override_second_is_another_person",
            ),
        ]


class SelectionDecision(models.Model):
    """The psychiatrist's decision, and the version of the rules it was judged by."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="selection_decisions")
    decision = models.CharField(max_length=12, choices=[("eligible", "Eligible"), ("not_eligible", "Not eligible")])
    reason = models.TextField(blank=True)
    guidance_version = models.CharField(max_length=80)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(decision="eligible") | ~Q(reason=""), name="not_eligible_has_reason"),
        ]
