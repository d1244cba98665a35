"""Which device is connected to which session, since when and until when, by whom."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from glimmer.records.sessions import Device, TreatmentSession
from glimmer.records.staff import Staff

SESSION_ENDED = "The session ended."


class Association(models.Model):
    """A person connected a device to a session. Open while `disconnected_at` is empty; a device has one at most.

    `may_be_unnamed`: the person confirmed that this device sends no patient number. `disconnected_by` is empty where
    the session's end ended it. The rows stay, because what arrives late is judged by what was open when it arrived.
    """

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="associations")
    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="associations")
    connected_at = models.DateTimeField()
    connected_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    may_be_unnamed = models.BooleanField(default=False)
    disconnected_at = models.DateTimeField(null=True, blank=True)
    disconnected_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["connected_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["device"], condition=Q(disconnected_at__isnull=True), name="one_open_association_per_device"
            ),
            models.CheckConstraint(
                condition=Q(disconnected_at__isnull=False) | Q(disconnected_by__isnull=True, reason=""),
                name="association_ended_by_whom_and_when",
            ),
            models.CheckConstraint(
                condition=Q(disconnected_at__isnull=True) | ~Q(reason=""), name="association_ended_for_a_reason"
            ),
        ]


def end_associations(session_id: int, at: datetime) -> list[str]:
    """End what is connected to a session that is over; return the names of the devices. The session is locked."""
    still_open = Association.objects.filter(session_id=session_id, disconnected_at__isnull=True)
    names = list(still_open.order_by("pk").values_list("device__identifier", flat=True))
    if names:
        still_open.update(disconnected_at=at, reason=SESSION_ENDED)
    return names
