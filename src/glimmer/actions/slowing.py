"""Guessing is slowed, not punished: what was tried in vain too often rests for a while, longer each time.

    knock("sign-in:maya.okafor")     counts this try before anything is checked; raises while it rests
    went_well("sign-in:maya.okafor") forgets the failures

The count is in the database, so it holds for all processes together and after a restart. It counts *before* the secret
is looked at: a hundred tries at once get no more answers than eight one after the other.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from glimmer.records.sign_in import FailureCount
from glimmer.vocabulary.problems import BadInput

# With the rests below that is 32 tries in the first hour and 8 in each later one (ASVS 2.2.1 allows 100 an hour).
TRIES = 8
FIRST_REST = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)


class Resting(BadInput):
    """It was tried in vain too often; it is not even looked at until the rest of `minutes` is over."""

    minutes = 1


def knock(key: str, at: datetime | None = None, *, tries: int | None = None) -> None:
    """Count one try. Raise Resting, whose message says for how long, where there were more than `tries`."""
    now, tries = at or timezone.now(), tries or TRIES
    with transaction.atomic():
        row, is_new = FailureCount.objects.select_for_update().get_or_create(key=key, defaults={"last_at": now})
        if _rests(row, now):
            raise _resting(row.rests_until, now)
        if row.rests_until is not None or row.failures >= tries:
            row.failures, row.rests_until = 0, None
        if abs(now - row.last_at) > FORGOTTEN_AFTER:
            row.failures, row.rests = 0, 0
        row.failures, row.last_at = row.failures + 1, now
        if row.failures >= tries:
            row.rests_until, row.rests = now + _rest(row.rests), row.rests + 1
        row.save()
    if is_new:
        # Names that nobody has leave no heap of rows behind.
        FailureCount.objects.filter(last_at__lt=now - FORGOTTEN_AFTER).delete()


def went_well(key: str) -> None:
    """Forget the failures: this try was right."""
    FailureCount.objects.filter(key=key).delete()


def _rest(rests_before: int) -> timedelta:
    # Doubling stops long before the number grows too large to work with.
    return min(FIRST_REST * 2 ** min(rests_before, 10), LONGEST_REST)


def _rests(row: FailureCount, now: datetime) -> bool:
    # A clock that was put back must not make a rest of an hour one of a year.
    return row.rests_until is not None and now < row.rests_until <= now + LONGEST_REST


def _resting(until: datetime | None, now: datetime) -> Resting:
    minutes = max(1, round(((until or now) - now).total_seconds() / 60))
    problem = Resting(_in_words(minutes))
    problem.minutes = minutes
    return problem


def _in_words(minutes: int) -> str:
    return (
        f"There were too many wrong attempts. Wait {minutes} minute{'' if minutes == 1 else 's'}, then try again, "
        "or ask the clinic's administrator to reset your sign-in."
    )
