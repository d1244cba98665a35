"""What waits in quarantine, by device, identity, reason and stretch of time; and what people decided about it."""

from django.db import models
from django.db.models import F, Q

from glimmer.records.sessions import Device, TreatmentSession
from glimmer.records.staff import Staff

OPEN, PROPOSED, ATTRIBUTED, DISCARDED, REOPENED = "open", "proposed", "attributed", "discarded", "reopened"
STATES = [(OPEN, "Waits"), (PROPOSED, "Proposed"), (ATTRIBUTED, "Attributed"), (DISCARDED, "Discarded")]
STEPS = [
    (PROPOSED, "Proposed for a session"),
    (ATTRIBUTED, "Attributed to the session"),
    (DISCARDED, "Discarded"),
    (REOPENED, "Opened again"),
]


class QuarantineGroup(models.Model):
    """Messages of one device that named the same identity and were not charted for the same reason, one after another.

    A monitor speaks every second: a person decides about the stretch, not about each second of it. `named` is the
    identity as sent: JSON, a list of [value, authority, type]. `alike` is the reason without its numbers, by which
    messages are put together. `connected_to` is the session the device was connected to when they arrived, if any.
    `values` holds, by parameter, first, last, lowest, highest and how many. `status` is that of its messages;
    `state` what became of the group, refreshed by every decision; once decided on, it takes no further message.
    """

    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    device_identifier = models.CharField(max_length=200, blank=True)
    named = models.TextField(blank=True)
    alike = models.TextField()
    reason = models.TextField()
    status = models.CharField(max_length=12, choices=[("quarantined", "Quarantined"), ("refused", "Refused")])
    # Without a constraint in the database, which would lock the session for every message that is not its own.
    connected_to = models.ForeignKey(
        TreatmentSession, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=STATES, default=OPEN)

    class Meta:
        ordering = ["-last_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "last_at"], name="quarantine_by_state"),
            models.Index(fields=["device_identifier", "last_at"], name="quarantine_by_device"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="refused") | Q(state__in=[OPEN, DISCARDED]), name="damaged_is_never_attributed"
            ),
        ]


class QuarantineDecision(models.Model):
    """One step in deciding about a group. Triggers in the database refuse to change or delete it.

    `seq` counts from 1 in the group: of two people who decide at once, the database lets one through. An attribution
    names who had proposed it, and that is another person. `charted` and `left_out` count its messages.
    """

    group = models.ForeignKey(QuarantineGroup, on_delete=models.PROTECT, related_name="decisions")
    seq = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=12, choices=STEPS)
    session = models.ForeignKey(TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    proposed_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    charted = models.PositiveIntegerField(null=True, blank=True)
    left_out = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["group", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["group", "seq"], name="quarantine_decided_one_after_another"),
            models.UniqueConstraint(
                fields=["group"], condition=Q(step=ATTRIBUTED), name="quarantine_attributed_at_most_once"
            ),
            models.CheckConstraint(
                condition=Q(step__in=[PROPOSED, ATTRIBUTED], session__isnull=False)
                | Q(step__in=[DISCARDED, REOPENED], session__isnull=True),
                name="quarantine_session_where_there_is_one",
            ),
            models.CheckConstraint(condition=Q(step=ATTRIBUTED) | ~Q(reason=""), name="quarantine_decision_has_reason"),
            models.CheckConstraint(
                condition=Q(step=ATTRIBUTED, proposed_by__isnull=False, charted__isnull=False, left_out__isnull=False)
                & ~Q(by=F("proposed_by"))
                | ~Q(step=ATTRIBUTED) & Q(proposed_by__isnull=True),
                name="quarantine_attributed_by_two_people",
            ),
        ]
