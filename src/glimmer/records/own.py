"""The patients' own pages: links to them, devices they are open on, and what patients send. Rows stay, and end."""

from django.db import models
from django.db.models import Q

from glimmer.care.own import DeviceFacts, Kind, LinkFacts, is_late
from glimmer.records.episodes import Episode
from glimmer.records.outbox import OutboxMessage
from glimmer.records.outcomes import Score
from glimmer.records.patients import Patient
from glimmer.records.staff import Staff


class OwnLink(models.Model):
    """A one-time link to a patient's own pages; of its secret only the digest is kept. The newest one counts.

    `made_by` is who invited the patient, None where the patient asked for a fresh link themselves.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="own_links")
    digest = models.CharField(max_length=64, unique=True)
    channel = models.CharField(max_length=10)
    message = models.ForeignKey(OutboxMessage, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["patient", "made_at"], name="own_link_of_patient")]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("made_at")), name="own_link_ends_later"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_because="")
                | Q(withdrawn_at__isnull=False) & ~Q(withdrawn_because=""),
                name="own_link_withdrawn_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(withdrawn_at__isnull=True), name="own_link_used_or_withdrawn"
            ),
        ]


class OwnDevice(models.Model):
    """A browser that a patient's pages are open on; of its cookie only the digest is kept."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="own_devices")
    link = models.OneToOneField(OwnLink, on_delete=models.PROTECT, related_name="device")
    digest = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField()
    pressed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_because="") | Q(ended_at__isnull=False) & ~Q(ended_because=""),
                name="own_device_ended_when_and_why",
            ),
        ]

    @property
    def facts(self) -> DeviceFacts:
        """The frozen facts a rule takes."""
        return DeviceFacts(self.began_at, self.pressed_at, self.ended_at)


class OwnLanguage(models.Model):
    """The language that a patient chose for their own pages and for messages."""

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="own_language")
    language = models.CharField(max_length=5)
    chosen_at = models.DateTimeField()


class OwnEntry(models.Model):
    """One thing that a patient sent, never edited. `token` is that of the form: sent twice, it is stored once.

    `day` is what it is about, `sent_at` when it came. `replaces` is an earlier entry that this one takes the place of,
    such as a goal that was reached. `score` is the score that a questionnaire made, with its answers.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="own_entries")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="own_entries")
    kind = models.CharField(max_length=20, choices=[(one.value, one.value.replace("_", " ")) for one in Kind])
    token = models.CharField(max_length=64)
    day = models.DateField()
    content = models.JSONField(default=dict)
    language = models.CharField(max_length=5, default="en")
    sent_at = models.DateTimeField()
    score = models.OneToOneField(Score, null=True, blank=True, on_delete=models.PROTECT, related_name="own_entry")
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")

    class Meta:
        ordering = ["sent_at", "pk"]
        indexes = [models.Index(fields=["patient", "kind", "day"], name="own_entry_by_kind_and_day")]
        constraints = [
            models.UniqueConstraint(fields=["patient", "token"], name="own_entry_sent_once"),
            models.CheckConstraint(condition=~Q(token=""), name="own_entry_has_token"),
            models.CheckConstraint(
                condition=Q(kind="questionnaire", score__isnull=False) | ~Q(kind="questionnaire"),
                name="own_questionnaire_has_score",
            ),
        ]

    @property
    def late(self) -> bool:
        """Whether it was sent after the day it is about."""
        from django.utils import timezone

        return is_late(self.day, timezone.localtime(self.sent_at).date())


def link_facts(link: OwnLink) -> LinkFacts:
    """Return the frozen facts of a link."""
    newest = OwnLink.objects.filter(patient=link.patient_id).order_by("-made_at", "-pk").values_list("pk", flat=True)
    return LinkFacts(link.expires_at, link.used_at, link.withdrawn_at, newest.first() == link.pk)


def language_of(patient: Patient) -> str:
    """Return the language that a patient chose, or English; as it was read along with the patient, where it was."""
    found: OwnLanguage | None = getattr(patient, "own_language", None)
    return found.language if found is not None else "en"


def entries_that_count(patient: Patient) -> models.QuerySet[OwnEntry]:
    """Return what a patient sent, the newest first, without what they replaced."""
    return OwnEntry.objects.filter(patient=patient, replaced_by__isnull=True).order_by("-sent_at", "-pk")
