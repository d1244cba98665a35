"""When the clinic is open: hours by weekday, bank holidays, and days that are otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from glimmer.guidance import figure
from glimmer.guidance.working_days import bank_holiday
from glimmer.scheduling.wall import minute


@dataclass(frozen=True, slots=True)
class Hours:
    """From when until when, in minutes from midnight."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class OtherDay:
    """A day that is otherwise than its weekday: open for `hours`, or closed (None), and why."""

    hours: Hours | None
    why: str


@dataclass(frozen=True)
class Opening:
    """The clinic's week and the days that are otherwise. `assumed`: nobody entered hours, so a proposal stands.

    `later` are weeks that come into force on a day, in order.
    """

    weekly: Mapping[int, Hours]
    others: Mapping[date, OtherDay] = field(default_factory=dict)
    assumed: bool = False
    later: tuple[tuple[date, Mapping[int, Hours]], ...] = ()

    def week_of(self, day: date) -> Mapping[int, Hours]:
        """Return the week that is in force on a day."""
        return next((week for begins, week in reversed(self.later) if begins <= day), self.weekly)

    def hours_on(self, day: date) -> Hours | None:
        """Return the hours of a day, or None where the clinic is closed. What was entered beats a bank holiday."""
        if day in self.others:
            return self.others[day].hours
        return None if bank_holiday(day) else self.week_of(day).get(day.weekday())

    def why_closed(self, day: date) -> str:
        """Return why the clinic is closed on a day, or ""."""
        if self.hours_on(day) is not None:
            return ""
        other = self.others.get(day)
        return other.why if other is not None else bank_holiday(day) or f"closed on {day:%A}s"


def usual_opening(others: Mapping[date, OtherDay] | None = None) -> Opening:
    """Return the week that is assumed until the clinic has entered its own."""
    usual = figure("calendar", "usual_opening").value
    hours = Hours(minute(usual["opens"]), minute(usual["closes"]))
    weekdays = figure("dose", "open_weekdays").value
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return Opening({number: hours for number, name in enumerate(names) if name in weekdays}, others or {}, assumed=True)
