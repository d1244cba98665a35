"""Which week a calendar page shows."""

from datetime import date, timedelta

from django.utils import timezone


def monday_of(asked: str) -> date:
    """Return the Monday of the week of a day written 2026-03-16; of this week for anything else."""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = timezone.localdate()
    # The last and first years of the calendar leave room for the links to the weeks around.
    day = min(max(day, date(1970, 1, 1)), date(2999, 1, 1))
    return day - timedelta(days=day.weekday())
