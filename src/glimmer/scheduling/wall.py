"""Whole minutes on the wall clock, counted from the first day of the calendar."""

from datetime import date, datetime, time

MINUTES_A_DAY = 24 * 60


def wall(day: date, minute: int = 0) -> int:
    """Return a minute of a day as a whole number; `minute` counts from midnight."""
    return day.toordinal() * MINUTES_A_DAY + minute


def wall_of(moment: datetime) -> int:
    """Return a moment, already in the clinic's local time, as a whole number; seconds are left out."""
    return wall(moment.date(), moment.hour * 60 + moment.minute)


def day_of(minutes: int) -> date:
    """Return the day that a number lies in."""
    return date.fromordinal(minutes // MINUTES_A_DAY)


def minute_of(minutes: int) -> int:
    """Return the minutes from midnight."""
    return minutes % MINUTES_A_DAY


def time_of(minutes: int) -> time:
    """Return the time of day."""
    return time(*divmod(minutes % MINUTES_A_DAY, 60))


def clock(minutes: int) -> str:
    """Return the time of day as a page shows it: 09:30."""
    return f"{time_of(minutes):%H:%M}"


def minute(words: str) -> int:
    """Return the minutes from midnight of a time written 09:30."""
    hours, minutes = words.split(":")
    return int(hours) * 60 + int(minutes)
