"""Messages that go out by e-mail or text message, stored with the act that causes them, and each try to send one."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from glimmer.records.patients import Patient
from glimmer.records.staff import Staff

EMAIL, TEXT = "email", "text"
WAITING, KEPT, SENT, FAILED, WITHDRAWN = "waiting", "kept", "sent", "failed", "withdrawn"
STATES = (
    (WAITING, "Waiting"),
    (KEPT, "Kept here, sent to nobody"),
    (SENT, "Sent"),
    (FAILED, "Failed"),
    (WITHDRAWN, "Withdrawn"),
)
LINK = "{link}"
"""Stands in the words for a link that is sealed apart, until it is sent."""


class OutboxMessage(models.Model):
    """One message to one address. `once` is its cause in a word: the same cause is never stored a second time.

    `patient` is whom it is about, if anybody; `to_name` names a recipient who is not the patient. A secret link is
    not in `words` but in `sealed_link`, and is forgotten once it was sent or has run out. `try_at` is when it is tried
    next, `held_until` until when a sender that took it may be at work on it; nothing is sent after `not_after`.
    """

    once = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=[(EMAIL, "E-mail"), (TEXT, "Text message")])
    address = models.CharField(max_length=254)
    to_name = models.CharField(max_length=120, blank=True)
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="messages_out", db_index=False
    )
    language = models.CharField(max_length=5, default="en")
    subject = models.CharField(max_length=200)
    words = models.TextField()
    sealed_link = models.TextField(blank=True)
    posted_at = models.DateTimeField()
    asked_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=STATES, default=WAITING)
    try_at = models.DateTimeField()
    not_after = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    withdrawn_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-posted_at", "-pk"]
        indexes = [
            # What waits is little, and is asked for every second.
            models.Index(fields=["try_at"], condition=Q(state=WAITING), name="outbox_waiting"),
            models.Index(fields=["patient", "posted_at"], name="outbox_of_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=WAITING, ended_at__isnull=True) | ~Q(state=WAITING) & Q(ended_at__isnull=False),
                name="outbox_ended_when_not_waiting",
            ),
            models.CheckConstraint(condition=~Q(address="") & ~Q(words=""), name="outbox_has_address_and_words"),
            models.CheckConstraint(
                condition=~Q(state=WITHDRAWN) | ~Q(withdrawn_because=""), name="outbox_withdrawn_because"
            ),
            models.CheckConstraint(condition=Q(state__in=[state for state, _ in STATES]), name="outbox_state_known"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"

    def has_run_out(self, now: datetime) -> bool:
        """Say whether it is too late for it to be of use."""
        return self.not_after is not None and self.not_after <= now


class SendingTry(models.Model):
    """One try to send a message. Without an end the process was stopped in it, and nobody knows whether it went out."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()
    began_at = models.DateTimeField()
    sender = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=[(KEPT, "Kept"), (SENT, "Sent"), (FAILED, "Failed")], blank=True)
    says = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["message", "number"]
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="sending_tries_in_order"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | Q(ended_at__isnull=False) & ~Q(outcome=""),
                name="sending_try_ended_with_outcome",
            ),
        ]
