"""Calendar feeds: a secret address for the dates of one person or one bay, made, shown once, revoked.

Nothing in a feed says who a patient is: calendars lie open on phones and are kept by others.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.endings import end_once
from glimmer.records.access import require
from glimmer.records.calendar import Shift
from glimmer.records.plans import Appointment, Bay
from glimmer.records.staff import Staff
from glimmer.records.waiting import CalendarFeed
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import NotAllowed

BEHIND, AHEAD = timedelta(days=30), timedelta(days=400)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed: a name that stays the same, when, in which words, and whether it was cancelled."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    words: str
    changed_at: datetime
    cancelled: bool = False


def make_feed(bay: Bay | None = None, *, by: Staff, at: datetime | None = None) -> str:
    """Make a secret for one's own shifts, or for the sessions of a bay, and return it: it is never shown again."""
    with acting(by, "calendar.view", verb="make_feed", at=at) as act:
        secret = secrets.token_urlsafe(32)
        feed = CalendarFeed.objects.create(
            digest=_digest(secret), staff=None if bay is not None else by, bay=bay, made_by=by, made_at=act.at
        )
        act.about(feed)
        act.note(bay=bay.pk if bay is not None else None)
    return secret


def revoke_feed(feed: CalendarFeed, *, by: Staff, at: datetime | None = None) -> CalendarFeed:
    """Take an address back: one's own, or as one who arranges the calendar anybody's."""
    with acting(by, "calendar.view", verb="revoke_feed", at=at) as act:
        if feed.made_by_id != by.pk and not may(Role(by.role), "calendar.arrange"):
            raise NotAllowed("This address belongs to somebody else. Ask them, an administrator or the manager.")
        fresh = end_once(act, feed, "revoked", "This address was taken back already.")
    return fresh


def feeds_of(by: Staff) -> Sequence[CalendarFeed]:
    """Return the addresses that hold: one's own, and as one who arranges the calendar everybody's."""
    require(by, "calendar.view")
    found = CalendarFeed.objects.filter(revoked_at__isnull=True).select_related("staff", "bay", "made_by")
    return list(found if may(Role(by.role), "calendar.arrange") else found.filter(made_by=by))


def feed_of_secret(secret: str) -> CalendarFeed | None:
    """Return the feed of a secret, None for one that is unknown, revoked, or of somebody who has left."""
    feed = CalendarFeed.objects.filter(digest=_digest(secret), revoked_at__isnull=True).select_related("made_by", "bay")
    found = feed.first()
    return found if found is not None and found.made_by.is_active else None


def entries_of(feed: CalendarFeed, now: datetime | None = None) -> list[FeedEntry]:
    """Return what a feed shows: the shifts of a person, or the sessions in a bay, cancelled ones marked."""
    moment = now or timezone.now()
    since, until = moment - BEHIND, moment + AHEAD
    if feed.bay_id is None:
        shifts = Shift.objects.filter(staff=feed.staff, starts_at__gte=since, starts_at__lt=until)
        return [
            FeedEntry(
                f"shift-{row.pk}@glimmer",
                row.starts_at,
                row.ends_at,
                "On duty",
                row.cancelled_at or row.entered_at,
                row.cancelled_at is not None,
            )
            for row in shifts
        ]
    dates = Appointment.objects.filter(bay_id=feed.bay_id, starts_at__gte=since, starts_at__lt=until)
    return [
        FeedEntry(
            f"session-{row.pk}@glimmer",
            row.starts_at,
            row.ends_at,
            f"Session, {row.bay.name}",
            row.cancelled_at or row.booked_at,
            row.cancelled_at is not None,
        )
        for row in dates.select_related("bay")
    ]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
