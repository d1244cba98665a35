"""Every message that a device sent, as it arrived: charted, quarantined or refused, and why."""

from django.db import models
from django.db.models import Q

from glimmer.records.quarantine import QuarantineGroup
from glimmer.records.sessions import Device, TreatmentSession


class InboundMessage(models.Model):
    """One message from a device, stored before it is acknowledged and never changed.

    `sender` and `control_id` are MSH-3/4 and MSH-10. `fingerprint` is the gateway's: the same for a message
    that was sent twice and for no other, because devices start counting their control ids again; a message
    is stored once per fingerprint. `status` is charted, quarantined, refused or noted; `reason` says why in
    words when it was not charted. `group` is the stretch of such messages in which a person finds it.
    """

    sender = models.CharField(max_length=200)
    control_id = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=20)
    status = models.CharField(
        max_length=12,
        choices=[("charted", "Charted"), ("quarantined", "Quarantined"), ("refused", "Refused"), ("noted", "Noted")],
    )
    reason = models.TextField(blank=True)
    received_at = models.DateTimeField()
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    device_identifier = models.CharField(max_length=200, blank=True)
    session = models.ForeignKey(
        TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    group = models.ForeignKey(
        QuarantineGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    summary = models.JSONField(default=dict)
    raw = models.BinaryField()

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "received_at"]),
            models.Index(fields=["sender", "control_id"]),
            # What was charted, nearly everything, pays nothing for it.
            models.Index(fields=["group", "id"], condition=Q(group__isnull=False), name="message_by_quarantine_group"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], condition=~Q(fingerprint=""), name="message_stored_once"),
            models.CheckConstraint(
                condition=Q(status="charted", session__isnull=False) | Q(status="noted") | ~Q(reason=""),
                name="uncharted_message_has_reason",
            ),
        ]
