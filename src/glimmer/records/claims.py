"""Who and what is taken when: one row for each bay, patient, member of staff or shift and the time it is taken for.

The database itself refuses a second claim on the same thing at the same time: an exclusion constraint on PostgreSQL, a
trigger on SQLite. Claims of appointments and shifts are written by triggers of those tables, so a program that forgets
them cannot. Whatever else takes a person or a room for a time (a therapy session, a group) writes claims of its own
with its own word as `source`.

Never change this table's columns in a migration without care: on SQLite the triggers of other tables name it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import F, Q, QuerySet

BAY, PATIENT, STAFF, SHIFT = 1, 2, 3, 4
WHAT = [(BAY, "Bay"), (PATIENT, "Patient"), (STAFF, "Member of staff"), (SHIFT, "Shift of a member of staff")]
APPOINTMENT_SOURCE, SHIFT_SOURCE = "appointment", "shift"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time that somebody wants to claim: `what` is one of WHAT, `key` the row's key, aware times, end left out."""

    what: int
    key: int
    starts_at: datetime
    ends_at: datetime


class Claim(models.Model):
    """One thing is taken from `starts_at` until just before `ends_at`, by the row `source_id` of `source`.

    A bay or a patient is taken by a session. A member of staff is taken (STAFF) by what they do with one patient or
    group alone, and on duty (SHIFT) at one place at a time; a nurse on duty may look after several bays.
    """

    what = models.PositiveSmallIntegerField(choices=WHAT)
    key = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    source = models.CharField(max_length=20)
    source_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["what", "key", "starts_at"], name="claim_by_thing_and_time"),
            models.Index(fields=["source", "source_id"], name="claim_by_source"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="claim_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(what__in=[code for code, _ in WHAT]), name="claim_of_a_known_kind"),
        ]


def claims_against(wanted: Wanted, *, besides: Iterable[tuple[str, int]] = ()) -> QuerySet[Claim]:
    """Return the claims that stand against one wanted time; `besides` names sources whose claims do not count."""
    found = Claim.objects.filter(
        what=wanted.what, key=wanted.key, starts_at__lt=wanted.ends_at, ends_at__gt=wanted.starts_at
    )
    for source, source_id in besides:
        found = found.exclude(source=source, source_id=source_id)
    return found.order_by("starts_at")
