"""A clinic as the simulation sees it: chairs, hours, who is on duty when, and the days on which it is closed."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from glimmer.evidence.economics.expressions import BadModel
from glimmer.guidance import figure
from glimmer.guidance.capacity import structure
from glimmer.guidance.working_days import NATIONS, bank_holiday
from glimmer.scheduling.opening import Hours, Opening, usual_opening
from glimmer.scheduling.staffing import Duty
from glimmer.scheduling.wall import MINUTES_A_DAY, day_of, minute_of, wall
from glimmer.vocabulary.people import Role

WEEK_DAYS = 7
MOST_CHAIRS = 1000
# As far as calendars here are worked out.
FIRST_YEAR, LAST_YEAR = 2000, 2100


class BadPlan(BadModel):
    """A clinic, a pathway or what is asked of them cannot be simulated. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How many people are on duty on a weekday (0 Monday), from `begins` until before `ends` (minutes from midnight).

    Shifts that overlap add up. `nurses` watch sessions, `doctors` are called to them, `assessors` see new patients.
    """

    weekday: int
    begins: int
    ends: int
    nurses: int = 0
    doctors: int = 0
    assessors: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.weekday < WEEK_DAYS and 0 <= self.begins < self.ends <= MINUTES_A_DAY):
            raise BadPlan(
                f"A shift on weekday {self.weekday} from minute {self.begins} to {self.ends} is none. Weekdays are 0 "
                "(Monday) to 6, and a shift begins before it ends, within one day."
            )
        if min(self.nurses, self.doctors, self.assessors) < 0:
            raise BadPlan("Nobody can be fewer than no people on duty. Give 0 or more nurses, doctors and assessors.")


Rota = tuple[tuple[Shift, ...], ...]


def levels(week: Iterable[Shift]) -> tuple[Shift, ...]:
    """Return a week's shifts as stretches that do not overlap, each with everybody who is on duty in it."""
    found, whole = [], list(week)
    for day in range(WEEK_DAYS):
        shifts = [shift for shift in whole if shift.weekday == day]
        turns = sorted({turn for shift in shifts for turn in (shift.begins, shift.ends)})
        for begins, ends in pairwise(turns):
            there = [shift for shift in shifts if shift.begins <= begins < shift.ends]
            count = {who: sum(getattr(shift, who) for shift in there) for who in ("nurses", "doctors", "assessors")}
            if any(count.values()):
                found.append(Shift(day, begins, ends, **count))
    return tuple(found)


class Timeline(NamedTuple):
    """A clinic's days as arrays. A change holds from its minute until the next; minutes count from the first midnight.

    `closes` is until when a session may last that begins now (0: closed): until the clinic closes or the last nurse
    goes home. A nurse who leaves others behind finishes the patient in hand. `next_open` is the first open day from a
    day on.
    """

    minute: Any  # (changes,)
    closes: Any  # (changes,)
    staff: Any  # (changes, 3): nurses, doctors, assessors
    next_open: Any  # (days + 1,): days + 1 where none is left
    weekday: Any  # (days,)


@dataclass(frozen=True)
class Clinic:
    """One clinic. `rota` are the weeks that the staff work in turn; `nurse_share` how many patients one nurse watches.

    `begins` is the first day that is simulated. `doctors_assess`: new patients are seen by the doctors who also look
    after sessions (sessions first), and not by assessors. `stated` says where the clinic's figures come from.
    """

    name: str
    chairs: int
    opening: Opening
    rota: Rota
    begins: date
    nurse_share: int = field(default_factory=lambda: int(figure("calendar", "bays_per_nurse").value))
    nation: str = "England"
    doctors_assess: bool = False
    stated: str = ""

    def __post_init__(self) -> None:
        if self.nation not in NATIONS:
            raise BadPlan(f"{self.nation!r} is no nation with bank holidays here. There is: {', '.join(NATIONS)}.")
        if not FIRST_YEAR <= self.begins.year <= LAST_YEAR:
            raise BadPlan(f"The clinic begins on {self.begins}. Give a day between {FIRST_YEAR} and {LAST_YEAR}.")
        if not 0 <= self.chairs <= MOST_CHAIRS:
            raise BadPlan(f"{self.chairs} chairs were given, but a clinic has 0 to {MOST_CHAIRS}.")
        if self.nurse_share < 1:
            raise BadPlan(f"One nurse watches {self.nurse_share} patients, but must watch at least 1.")
        if not self.rota:
            raise BadPlan("The rota has no week. Give at least one, empty where nobody works.")

    @classmethod
    def example(cls, begins: date = date(2027, 1, 4)) -> "Clinic":
        """Return a small clinic of stated size (guidance/capacity/structure.toml), open at the usual hours."""
        size, opening = structure("example_clinic").value, usual_opening()
        shifts = tuple(
            Shift(day, hours.opens, hours.closes, size["nurses"], size["doctors"], int(place < size["assessment_days"]))
            for place, (day, hours) in enumerate(sorted(opening.weekly.items()))
        )
        return cls(
            "Example clinic", size["chairs"], opening, (shifts,), begins, stated=structure("example_clinic").source
        )

    @classmethod
    def of(
        cls,
        opening: Opening,
        rota: Sequence[Duty],
        *,
        name: str,
        chairs: int,
        begins: date,
        assessment: Sequence[Shift] | None = None,
        nation: str = "England",
        without: Collection[int] = (),
    ) -> "Clinic":
        """Return a clinic from its own calendar: the duties entered, whole weeks of them, worked again in turn.

        `assessment` are the shifts in which new patients are seen, by people beside the rota; None: the psychiatrists
        of the rota see them when no session needs one. `without` are persons whose duties nobody takes over. Raise
        BadPlan where the rota covers no week.
        """
        weeks = _weeks(rota, without)
        if not weeks:
            raise BadPlan("The rota holds no whole week of duties. Enter the rota of at least one week first.")
        extra = tuple(assessment or ())
        turns = len(weeks)
        return cls(
            name,
            chairs,
            opening,
            tuple(levels((*week, *extra)) for week in weeks),
            begins,
            nation=nation,
            doctors_assess=assessment is None,
            stated=f"The clinic's calendar: {turns} week{'s' if turns > 1 else ''} of rota, worked in turn",
        )

    def with_chairs(self, chairs: int) -> "Clinic":
        """Return the clinic with another number of chairs."""
        return replace(self, chairs=chairs)

    def with_more(self, *, nurses: int = 0, doctors: int = 0, assessors: int = 0) -> "Clinic":
        """Return the clinic with more people at all times at which there are such people; below 0: fewer."""
        more = {"nurses": nurses, "doctors": doctors, "assessors": assessors}

        def changed(shift: Shift) -> Shift:
            there = {who: getattr(shift, who) for who in more}
            return replace(shift, **{who: max(0, count + more[who]) for who, count in there.items() if count})

        return self._with_levels(changed)

    def with_staff(
        self, *, nurses: int | None = None, doctors: int | None = None, assessors: int | None = None
    ) -> "Clinic":
        """Return the clinic with so many people at all times at which there are such people; None: as they are."""
        wanted = {"nurses": nurses, "doctors": doctors, "assessors": assessors}

        def changed(shift: Shift) -> Shift:
            return replace(
                shift, **{who: count for who, count in wanted.items() if count is not None and getattr(shift, who)}
            )

        return self._with_levels(changed)

    def _with_levels(self, changed: Callable[[Shift], Shift]) -> "Clinic":
        # Two people on duty may be two shifts that overlap: one fewer is one of the two, and not one of each.
        return replace(self, rota=tuple(tuple(changed(shift) for shift in levels(week)) for week in self.rota))

    def most_on_duty(self) -> dict[str, int]:
        """Return the most people of each kind who are on duty at once in any week of the rota."""
        shifts = [shift for week in self.rota for shift in levels(week)]
        kinds = ("nurses", "doctors", "assessors")
        return {who: max((getattr(shift, who) for shift in shifts), default=0) for who in kinds}

    def hours_on(self, day: date) -> Hours | None:
        """Return the hours of a day, None where closed: what was entered for it, else its nation's bank holidays."""
        if day in self.opening.others:
            return self.opening.others[day].hours
        return None if bank_holiday(day, self.nation) else self.opening.week_of(day).get(day.weekday())

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """Return the shifts of a day: those of its weekday in the week whose turn it is."""
        monday = self.begins - timedelta(days=self.begins.weekday())
        week = self.rota[(day - monday).days // WEEK_DAYS % len(self.rota)]
        return tuple(shift for shift in week if shift.weekday == day.weekday())

    def timeline(self, days: int) -> Timeline:
        """Return the first `days` days as arrays."""
        dates = [self.begins + timedelta(days=number) for number in range(days)]
        hours = [self.hours_on(day) for day in dates]
        spans = _open_spans(hours)
        turns: dict[int, None] = {}
        staff: dict[int, list[int]] = {}
        for opens, closes in spans:
            turns |= {opens: None, closes: None}
        for number, day in enumerate(dates):
            for shift in self.shifts_on(day):
                _add(staff, number * MINUTES_A_DAY, shift)
        minutes = sorted({*turns, *staff})
        on_duty, rows, ends = [0, 0, 0], [], iter(spans)
        closes_at, span, current = [], next(ends, None), 0.0
        for minute in minutes:
            on_duty = [now + more for now, more in zip(on_duty, staff.get(minute, (0, 0, 0)), strict=True)]
            rows.append(on_duty)
            while span is not None and span[1] <= minute:
                span = next(ends, None)
            is_open = span is not None and span[0] <= minute
            # Open to the last minute of what is looked at: nobody knows when it would have closed.
            current = 0.0 if not is_open or span is None else math.inf if span[1] == days * MINUTES_A_DAY else span[1]
            closes_at.append(current)
        _end_with_the_nurses(minutes, closes_at, rows)
        return Timeline(
            np.array(minutes, float),
            np.array(closes_at, float),
            np.array(rows, np.int64).reshape(-1, 3),
            _next_open(hours, days),
            np.array([day.weekday() for day in dates], np.int64),
        )


def _weeks(rota: Iterable[Duty], without: Collection[int]) -> Rota:
    """Return the weeks of a dated rota from its first Monday on, nurses and psychiatrists only."""
    counted = {Role.NURSE: "nurses", Role.PSYCHIATRIST: "doctors"}
    duties = [duty for duty in rota if duty.role in counted]
    if not duties:
        return ()
    first = min(day_of(duty.begins) for duty in duties)
    monday = first - timedelta(days=first.weekday())
    spans: dict[tuple[date, int, str], list[tuple[int, int]]] = {}
    last = max(day_of(duty.ends - 1) for duty in duties)
    for duty in duties:
        for day, begins, ends in _by_day(duty) if duty.person not in without else ():
            spans.setdefault((day, duty.person, duty.role), []).append((begins, ends))
    weeks: dict[int, list[Shift]] = {}
    for (day, _, role), theirs in spans.items():
        number = (day - monday).days // WEEK_DAYS
        who = {counted[Role(role)]: 1}
        weeks.setdefault(number, []).extend(Shift(day.weekday(), *one, **who) for one in _joined(theirs))
    return tuple(tuple(weeks.get(number, ())) for number in range((last - monday).days // WEEK_DAYS + 1))


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return one person's times with those joined that overlap: nobody is there twice."""
    found: list[tuple[int, int]] = []
    for begins, ends in sorted(spans):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((begins, ends))
    return found


def _by_day(duty: Duty) -> Iterable[tuple[date, int, int]]:
    """Cut a duty at midnight."""
    begins = duty.begins
    while begins < duty.ends:
        ends = min(duty.ends, wall(day_of(begins)) + MINUTES_A_DAY)
        yield day_of(begins), minute_of(begins), ends - wall(day_of(begins))
        begins = ends


def _open_spans(hours: Sequence[Hours | None]) -> list[tuple[int, int]]:
    """Return when the clinic is open, in minutes from the first midnight; what follows without a break is one span."""
    spans: list[tuple[int, int]] = []
    for number, open_for in enumerate(hours):
        if open_for is None:
            continue
        opens, closes = (number * MINUTES_A_DAY + minute for minute in (open_for.opens, open_for.closes))
        if spans and spans[-1][1] == opens:
            spans[-1] = (spans[-1][0], closes)
        elif closes > opens:
            spans.append((opens, closes))
    return spans


def _end_with_the_nurses(minutes: Sequence[int], closes_at: list[float], rows: Sequence[Sequence[int]]) -> None:
    """Let a session begin only where it can end before the last nurse goes home."""
    leaves = math.inf
    for place in range(len(minutes) - 1, -1, -1):
        if rows[place][0] == 0:
            leaves = minutes[place]
        else:
            closes_at[place] = min(closes_at[place], leaves)


def _add(staff: dict[int, list[int]], midnight: int, shift: Shift) -> None:
    for minute, sign in ((shift.begins, 1), (shift.ends, -1)):
        change = staff.setdefault(midnight + minute, [0, 0, 0])
        for place, people in enumerate((shift.nurses, shift.doctors, shift.assessors)):
            change[place] += sign * people


def _next_open(hours: Sequence[Hours | None], days: int) -> Any:
    found = np.full(days + 1, days + 1, np.int64)
    for number in range(days - 1, -1, -1):
        found[number] = number if hours[number] is not None else found[number + 1]
    return found
