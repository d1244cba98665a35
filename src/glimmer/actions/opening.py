"""When the clinic is open and which bays are in use: entered, changed from a day on, withdrawn."""

from collections.abc import Mapping
from datetime import date, datetime, time

from glimmer.actions.act import acting
from glimmer.actions.endings import end_once
from glimmer.actions.entries import near_day, required_text
from glimmer.records.calendar import BayClosure, OpeningWeek, OtherDay
from glimmer.records.plans import Appointment, Bay
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput

LONGEST_WHY = 120


def set_opening_hours(
    from_day: date, hours: Mapping[int, tuple[time, time]], *, by: Staff, at: datetime | None = None
) -> OpeningWeek:
    """Enter the clinic's week from a day on: hours by weekday (0 Monday); a weekday that is left out is closed."""
    with acting(by, "calendar.arrange", verb="set_opening_hours", at=at) as act:
        near_day(from_day, "from_day")
        if not hours:
            raise BadInput("Enter the hours of at least one weekday.", field="from_day")
        for weekday, (opens, closes) in hours.items():
            if closes <= opens:
                raise BadInput("The clinic has to close after it opens.", field=f"closes_{weekday}")
        kept = {str(weekday): [f"{opens:%H:%M}", f"{closes:%H:%M}"] for weekday, (opens, closes) in hours.items()}
        week = OpeningWeek.objects.create(from_day=from_day, hours=kept, entered_by=by, entered_at=act.at)
        act.about(week)
        act.note(weekdays=sorted(hours), from_day=from_day.isoformat())
    return week


def set_other_day(
    day: date,
    why: str,
    opens: time | None = None,
    closes: time | None = None,
    *,
    by: Staff,
    at: datetime | None = None,
) -> OtherDay:
    """Say that a day is otherwise than its weekday: closed, or open at the hours given. What was said before goes."""
    with acting(by, "calendar.arrange", verb="set_other_day", at=at) as act:
        near_day(day, "day")
        reason = required_text(why, "why", "Say why, such as: Christmas, audit day.", LONGEST_WHY)
        if (opens is None) != (closes is None):
            raise BadInput("Enter both times, or neither for a closed day.", field="opens_at")
        if opens is not None and closes is not None and closes <= opens:
            raise BadInput("The clinic has to close after it opens.", field="closes_at")
        OtherDay.objects.filter(day=day, withdrawn_at__isnull=True).update(withdrawn_by=by, withdrawn_at=act.at)
        made = OtherDay.objects.create(
            day=day, why=reason, opens_at=opens, closes_at=closes, entered_by=by, entered_at=act.at
        )
        act.about(made)
        act.note(day=day.isoformat(), closed=opens is None)
    return made


def withdraw_other_day(row: OtherDay, *, by: Staff, at: datetime | None = None) -> OtherDay:
    """Take back that a day is otherwise: it is as its weekday again."""
    with acting(by, "calendar.arrange", verb="withdraw_other_day", at=at) as act:
        fresh = end_once(act, row, "withdrawn", "This was taken back already.")
    return fresh


def close_bay(
    bay: Bay, starts_at: datetime, ends_at: datetime, why: str, *, by: Staff, at: datetime | None = None
) -> BayClosure:
    """Take a bay out of use for a time. Dates that stand in it stay and are shown to whoever looks."""
    with acting(by, "calendar.arrange", verb="close_bay", at=at) as act:
        reason = required_text(why, "why", "Say why, such as: new floor.", LONGEST_WHY)
        if ends_at <= starts_at:
            raise BadInput("The end has to be after the beginning.", field="last_day")
        made = BayClosure.objects.create(
            bay=bay, starts_at=starts_at, ends_at=ends_at, why=reason, entered_by=by, entered_at=act.at
        )
        act.about(made)
        act.note(bay=bay.pk)
    return made


def reopen_bay(row: BayClosure, *, by: Staff, at: datetime | None = None) -> BayClosure:
    """Take back that a bay is out of use."""
    with acting(by, "calendar.arrange", verb="reopen_bay", at=at) as act:
        fresh = end_once(act, row, "withdrawn", "This bay was taken back into use already.")
        act.note(bay=fresh.bay_id)
    return fresh


def dates_in(closure: BayClosure) -> int:
    """Return how many standing dates fall into the time in which a bay is out of use."""
    return Appointment.objects.filter(
        bay_id=closure.bay_id,
        cancelled_at__isnull=True,
        starts_at__lt=closure.ends_at,
        ends_at__gt=closure.starts_at,
    ).count()


def dates_on_closed_days(days: list[OtherDay]) -> dict[int, int]:
    """Return how many standing dates fall on each of the closed days, by the key of its row; 0 left out."""
    found: dict[int, int] = {}
    for row in days:
        if row.opens_at is None:
            count = Appointment.objects.filter(starts_at__date=row.day, cancelled_at__isnull=True).count()
            if count:
                found[row.pk] = count
    return found
