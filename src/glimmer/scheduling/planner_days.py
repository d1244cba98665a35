"""The month by days alone, before times: a much smaller problem whose answer says which day each session takes.

How many sessions a day holds is counted by filling it up with sessions of one length (and, for patients who can come
only at some hours, within those hours). What then does not fit by the minute is found out when the times are chosen,
and put elsewhere.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from glimmer.scheduling.house import Limits
from glimmer.scheduling.planner import Option, Problem, Row, Want, first_come, options_of, worth
from glimmer.scheduling.wall import MINUTES_A_DAY

DayOption = tuple[int, int]
Hours = tuple[int, int]


def day_options(options: Iterable[Option]) -> tuple[DayOption, ...]:
    """Return (want, day) for every day on which a want has at least one option."""
    return tuple(sorted({(one.want, one.begins // MINUTES_A_DAY) for one in options}))


def day_worths(problem: Problem, days: Sequence[DayOption]) -> list[int]:
    """Return what each of them is worth."""
    return [worth(problem.wants[want], day) for want, day in days]


def day_rows(problem: Problem, days: Sequence[DayOption]) -> tuple[Row, ...]:
    """Return what must hold by days: each want once, what a day holds, order and spacing."""
    by_want: defaultdict[int, list[int]] = defaultdict(list)
    by_day: defaultdict[int, list[int]] = defaultdict(list)
    for index, (want, day) in enumerate(days):
        by_want[want].append(index)
        by_day[day].append(index)
    rows = [Row(1, tuple((index, 1) for index in those)) for those in by_want.values()]
    for day, those in by_day.items():
        rows += _held(problem, days, day, those)
    for number, one in enumerate(problem.wants):
        if one.after is not None:
            rows += _spaced(one, days, by_want[number], by_want[one.after])
    return tuple(rows)


def _held(problem: Problem, days: Sequence[DayOption], day: int, those: Sequence[int]) -> list[Row]:
    """Return for each span of hours that patients are bound to, and each length: at most so many of it or longer."""
    count = _counter(problem, day)
    wants = {index: problem.wants[days[index][0]] for index in those}
    rows = []
    for begins, ends in {_hours(want) for want in wants.values()} | {(0, MINUTES_A_DAY)}:
        inside = [i for i, want in wants.items() if begins <= _hours(want)[0] and _hours(want)[1] <= ends]
        for minutes in {wants[index].minutes for index in inside}:
            longer = tuple((index, 1) for index in inside if wants[index].minutes >= minutes)
            rows.append(Row(count(minutes, begins, ends), longer))
    free = sum((lane.ends - lane.begins) * len(lane.bays) for lane in problem.lanes if lane.day == day)
    rows.append(Row(free, tuple((index, want.minutes) for index, want in wants.items())))
    return rows


def _counter(problem: Problem, day: int) -> Callable[[int, int, int], int]:
    of_day = Problem(
        (),
        tuple(lane for lane in problem.lanes if lane.day == day),
        tuple(one for one in problem.ceilings if one[0] // MINUTES_A_DAY == day),
    )

    @cache
    def count(minutes: int, begins: int, ends: int) -> int:
        most = sum(len(lane.bays) * ((lane.ends - lane.begins) // minutes) for lane in of_day.lanes)
        limits = Limits(frozenset(), begins or None, ends if ends < MINUTES_A_DAY else None)
        same = tuple(Want(number, 1, day, day, day, minutes, limits=limits) for number in range(most))
        return len(first_come(Problem(same, of_day.lanes, of_day.ceilings)))

    return count


def _hours(want: Want) -> Hours:
    return want.limits.not_before or 0, want.limits.not_after or MINUTES_A_DAY


def _spaced(want: Want, days: Sequence[DayOption], those: Sequence[int], before: Sequence[int]) -> list[Row]:
    least, most = want.gap
    rows = []
    for index in those:
        allowed = [(other, -1) for other in before if least <= days[index][1] - days[other][1] <= most]
        rows.append(Row(0, ((index, 1), *allowed)))
    return rows


def on_those_days(options: Sequence[Option], chosen: Iterable[DayOption]) -> tuple[Option, ...]:
    """Return the options that lie on the days that were chosen."""
    kept = set(chosen)
    return tuple(one for one in options if (one.want, one.begins // MINUTES_A_DAY) in kept)


def filled_up(problem: Problem, chosen: Sequence[Option]) -> tuple[Option, ...]:
    """Return the plan with what still fits put in, the weightiest first; what was chosen stays."""
    options = options_of(problem)
    return first_come(problem, options=options, taken=chosen, by_weight=True)
