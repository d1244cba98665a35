"""A month for many patients at once, as a problem for a solver: what is wanted, where there is room, what must hold.

Every number is whole. Whoever solves it chooses *options* (one session in one lane at one start); `rows_of` states the
rules as linear rows over them. Nothing here knows a solver; `scheduling.solver` does, in a process of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from glimmer.guidance import figure
from glimmer.guidance.skills import skills
from glimmer.scheduling.house import House, Limits, Span, breaches
from glimmer.scheduling.staffing import Duty
from glimmer.scheduling.wall import MINUTES_A_DAY, wall
from glimmer.vocabulary.people import Role

# How much a session is worth beside a day away from its target: delivering always comes first, then being on time.
# These rank plans and are no clinical figures.
DELIVERED, A_DAY_OFF, MOST_DAYS_OFF = 100, 9, 8


@dataclass(frozen=True, slots=True)
class Want:
    """One session that is wanted. Days are ordinals (`date.toordinal`), `minutes` the time in the bay.

    `after` is the index of the want that has to come before it, `gap` the least and the most days from that one;
    `weight` says how much it counts (clinical priority).
    """

    patient: int
    number: int
    target: int
    earliest: int
    latest: int
    minutes: int
    weight: int = 1
    after: int | None = None
    gap: tuple[int, int] = (0, 0)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Lane:
    """Bays that are free for the same stretch of one day: wall minutes, the end left out."""

    begins: int
    ends: int
    bays: tuple[int, ...]

    @property
    def day(self) -> int:
        """The day's ordinal."""
        return self.begins // MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class Option:
    """One want in one lane from one wall minute on."""

    want: int
    lane: int
    begins: int


@dataclass(frozen=True)
class Problem:
    """What is wanted and where there is room. `ceilings` say how many more patients the staff can look after."""

    wants: tuple[Want, ...]
    lanes: tuple[Lane, ...]
    ceilings: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """One session with its place: index of the want, bay, wall minute."""

    want: int
    bay: int
    begins: int


@dataclass(frozen=True, slots=True)
class Row:
    """At most `most` in the sum of coefficients times options."""

    most: int
    terms: tuple[tuple[int, int], ...]


def problem_of(house: House, wants: Sequence[Want], first: date, last: date) -> Problem:
    """Return the problem of a house as it stands; `wants` keep their order, which is that of first come."""
    lanes: list[Lane] = []
    ceilings: list[tuple[int, int, int]] = []
    shortest = min((want.minutes for want in wants), default=0)
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        hours = house.opening.hours_on(day)
        if hours is None:
            continue
        of_day = house.on(day)
        lanes += _lanes(of_day, wall(day, hours.opens), wall(day, hours.closes), shortest)
        if house.rota_until is not None and day <= house.rota_until:
            ceilings += _ceilings(of_day, wall(day, hours.opens), wall(day, hours.closes))
    return Problem(tuple(wants), tuple(lanes), tuple(ceilings))


def _lanes(house: House, opens: int, closes: int, shortest: int) -> list[Lane]:
    """Return the free stretches of a day, bays with the same stretch together."""
    bays: defaultdict[Span, list[int]] = defaultdict(list)
    for place in house.places:
        closed = [(start, end) for start, end, _ in place.closed]
        for span in _free(opens, closes, [*house.taken.get(place.key, ()), *closed]):
            if span[1] - span[0] >= shortest:
                bays[span].append(place.key)
    return [Lane(begins, ends, tuple(keys)) for (begins, ends), keys in sorted(bays.items())]


def _free(opens: int, closes: int, taken: Iterable[Span]) -> list[Span]:
    found, since = [], opens
    for start, end in sorted(taken):
        if start > since:
            found.append((since, min(start, closes)))
        since = max(since, end)
    if since < closes:
        found.append((since, closes))
    return [(begins, ends) for begins, ends in found if begins < ends]


def _ceilings(house: House, opens: int, closes: int) -> list[tuple[int, int, int]]:
    """Return how many more patients the staff can look after, stretch by stretch."""
    spans = [span for spans in house.taken.values() for span in spans]
    turns = {opens, closes, *(turn for span in spans for turn in span)}
    turns |= {turn for duty in house.duties for turn in (duty.begins, duty.ends)}
    marks = sorted(turn for turn in turns if opens <= turn <= closes)
    return [
        (begins, ends, _most(house.duties, begins) - sum(start <= begins < end for start, end in spans))
        for begins, ends in pairwise(marks)
    ]


def _most(duties: Sequence[Duty], moment: int) -> int:
    on_duty = [duty for duty in duties if duty.begins <= moment < duty.ends]
    able = {skill.id for skill in skills() if skill.life_support}
    rescuers = {duty.person for duty in on_duty if duty.role == Role.PSYCHIATRIST or duty.skills & able}
    if len(rescuers) < figure("calendar", "life_support_on_site").value:
        return 0
    nurses = {duty.person for duty in on_duty if duty.role == Role.NURSE}
    return len(nurses) * int(figure("calendar", "bays_per_nurse").value)


def options_of(problem: Problem) -> tuple[Option, ...]:
    """Return every place that each want could take, its own limits kept."""
    lengths = sorted({want.minutes for want in problem.wants})
    by_day: defaultdict[int, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for number, lane in enumerate(problem.lanes):
        by_day[lane.day].append((number, _starts(lane, lengths)))
    shut = [(begins, ends) for begins, ends, most in problem.ceilings if most <= 0]
    return tuple(
        Option(number, lane, begins)
        for number, want in enumerate(problem.wants)
        for day in range(want.earliest, want.latest + 1)
        for lane, starts in by_day[day]
        for begins in _for_the_patient(starts, problem.lanes[lane], want)
        if begins + want.minutes <= problem.lanes[lane].ends
        and _can_come(want, begins)
        and not any(start < begins + want.minutes and begins < end for start, end in shut)
    )


def _starts(lane: Lane, lengths: Sequence[int]) -> tuple[int, ...]:
    """Return the starts that leave no gap before them: whatever fits can be pushed to one of these."""
    found = {lane.begins}
    reached = [lane.begins]
    while reached:
        begins = reached.pop()
        for minutes in lengths:
            if begins + minutes < lane.ends and begins + minutes not in found:
                found.add(begins + minutes)
                reached.append(begins + minutes)
    return tuple(sorted(found))


def _for_the_patient(starts: tuple[int, ...], lane: Lane, want: Want) -> tuple[int, ...]:
    # Whoever cannot come before a time begins at that time, too.
    own = lane.day * MINUTES_A_DAY + (want.limits.not_before or 0)
    return (*starts, own) if lane.begins < own < lane.ends and own not in starts else starts


def _can_come(want: Want, begins: int) -> bool:
    limits, day = want.limits, begins // MINUTES_A_DAY
    at = begins % MINUTES_A_DAY
    return (
        date.fromordinal(day).weekday() not in limits.not_weekdays
        and day not in limits.too_near
        and (limits.not_before is None or at >= limits.not_before)
        and (limits.not_after is None or at + want.minutes <= limits.not_after)
    )


def worth(want: Want, day: int) -> int:
    """Return what a session on a day is worth: more by priority, less for each day away from its target."""
    return want.weight * (DELIVERED - A_DAY_OFF * min(MOST_DAYS_OFF, abs(day - want.target)))


def rows_of(problem: Problem, options: Sequence[Option]) -> tuple[Row, ...]:
    """Return what must hold, as rows: each want once, bays, staff, order and spacing."""
    by_want: defaultdict[int, list[int]] = defaultdict(list)
    for index, option in enumerate(options):
        by_want[option.want].append(index)
    rows = [Row(1, tuple((index, 1) for index in of_want)) for of_want in by_want.values()]
    rows += _room(problem, options)
    rows += _spacing(problem, options, by_want)
    return tuple(rows)


def _room(problem: Problem, options: Sequence[Option]) -> list[Row]:
    """Return a row for each start in a lane (bays) and for each stretch that the staff limit."""
    in_lane: defaultdict[int, list[int]] = defaultdict(list)
    on_day: defaultdict[int, list[int]] = defaultdict(list)
    for index, option in enumerate(options):
        in_lane[option.lane].append(index)
        on_day[option.begins // MINUTES_A_DAY].append(index)
    rows = [
        Row(len(problem.lanes[lane].bays), terms)
        for lane, those in in_lane.items()
        for terms in _covering(problem, options, those, {options[index].begins for index in those})
    ]
    for begins, ends, most in problem.ceilings:
        those = on_day[begins // MINUTES_A_DAY]
        marks = {begins, *(options[i].begins for i in those if begins <= options[i].begins < ends)}
        rows += [Row(max(0, most), terms) for terms in _covering(problem, options, those, marks)]
    return [row for row in rows if sum(one for _, one in row.terms) > row.most]


def _covering(
    problem: Problem, options: Sequence[Option], those: Sequence[int], marks: Iterable[int]
) -> list[tuple[tuple[int, int], ...]]:
    def covers(option: Option, mark: int) -> bool:
        return option.begins <= mark < option.begins + problem.wants[option.want].minutes

    found = {tuple((index, 1) for index in those if covers(options[index], mark)) for mark in sorted(marks)}
    return sorted(terms for terms in found if terms)


def _spacing(problem: Problem, options: Sequence[Option], by_want: Mapping[int, list[int]]) -> list[Row]:
    """Return for each day of a session: only if the one before it is within the days that the protocol wants."""
    rows: list[Row] = []
    for number, want in enumerate(problem.wants):
        if want.after is None:
            continue
        least, most = want.gap
        before = [(options[index].begins // MINUTES_A_DAY, index) for index in by_want.get(want.after, ())]
        on_day: defaultdict[int, list[int]] = defaultdict(list)
        for index in by_want.get(number, ()):
            on_day[options[index].begins // MINUTES_A_DAY].append(index)
        for day, those in on_day.items():
            allowed = [(index, -1) for earlier, index in before if least <= day - earlier <= most]
            rows.append(Row(0, (*((index, 1) for index in those), *allowed)))
    return rows


def placed(problem: Problem, chosen: Sequence[Option]) -> tuple[Placed, ...]:
    """Give each chosen option a bay of its lane: in the order of their starts, the first that is free."""
    free: dict[tuple[int, int], int] = {}
    found = []
    for option in sorted(chosen, key=lambda one: (one.begins, one.want)):
        want = problem.wants[option.want]
        bay = next(bay for bay in problem.lanes[option.lane].bays if free.get((option.lane, bay), 0) <= option.begins)
        free[option.lane, bay] = option.begins + want.minutes
        found.append(Placed(option.want, bay, option.begins))
    return tuple(found)


def first_come(
    problem: Problem,
    *,
    options: Sequence[Option] | None = None,
    taken: Sequence[Option] = (),
    by_weight: bool = False,
) -> tuple[Option, ...]:
    """Return what first come, first served gives: each want in its turn takes the option nearest to its target.

    What is `taken` stays as it is. With `by_weight` the weightier wants have their turn first, a course in its order.
    """
    by_want: defaultdict[int, list[Option]] = defaultdict(list)
    for option in options if options is not None else options_of(problem):
        by_want[option.want].append(option)
    days = {one.want: one.begins // MINUTES_A_DAY for one in taken}
    placed_now = list(taken)
    turns: list[int] = sorted(range(len(problem.wants)), key=lambda one: -problem.wants[one].weight * by_weight)
    for number in turns:
        want = problem.wants[number]
        if number in days:
            continue
        choices = [one for one in by_want[number] if _in_time(want, one, days)]
        choices.sort(key=lambda one: (abs(one.begins // MINUTES_A_DAY - want.target), one.begins))
        chosen = next((one for one in choices if _has_room(problem, placed_now, one)), None)
        if chosen is not None:
            placed_now.append(chosen)
            days[number] = chosen.begins // MINUTES_A_DAY
    return tuple(placed_now)


def _in_time(want: Want, option: Option, days: Mapping[int, int]) -> bool:
    if want.after is None:
        return True
    if want.after not in days:
        return False
    return want.gap[0] <= option.begins // MINUTES_A_DAY - days[want.after] <= want.gap[1]


def _has_room(problem: Problem, taken: Sequence[Option], option: Option) -> bool:
    ends = option.begins + problem.wants[option.want].minutes
    near = [one for one in taken if one.begins // MINUTES_A_DAY == option.begins // MINUTES_A_DAY]
    spans = [(one.begins, one.begins + problem.wants[one.want].minutes, one.lane) for one in near]
    marks = {option.begins, *(start for start, _, _ in spans if option.begins < start < ends)}
    bays = len(problem.lanes[option.lane].bays)
    if any(sum(s <= mark < e and lane == option.lane for s, e, lane in spans) >= bays for mark in marks):
        return False
    for begins, until, most in problem.ceilings:
        if begins < ends and option.begins < until:
            inside = {max(begins, option.begins), *(mark for mark in marks if begins <= mark < until)}
            if any(sum(s <= mark < e for s, e, _ in spans) >= most for mark in inside):
                return False
    return True


@dataclass(frozen=True, slots=True)
class Measured:
    """What a plan delivers: sessions, how many of them within a day of their target, and the worth of both."""

    delivered: int
    on_target: int
    worth: int


def measured(problem: Problem, chosen: Sequence[Option]) -> Measured:
    """Count what the chosen options deliver."""
    near = figure("calendar", "target_met_within").value
    days = [(problem.wants[one.want], one.begins // MINUTES_A_DAY) for one in chosen]
    return Measured(
        len(chosen),
        sum(abs(day - want.target) <= near for want, day in days),
        sum(worth(want, day) for want, day in days),
    )


def faults(house: House, problem: Problem, found: Sequence[Placed]) -> list[str]:
    """Judge a plan anew by the rules of booking by hand: what is wrong with it, in words. For tests and bench."""
    wrong = []
    days = {one.want: one.begins // MINUTES_A_DAY for one in found}
    places = {place.key: place for place in house.places}
    full = house
    for one in found:
        want = problem.wants[one.want]
        span = (one.begins, one.begins + want.minutes)
        if any(start < span[1] and span[0] < end for start, end in full.taken.get(one.bay, ())):
            wrong.append(f"bay {one.bay} taken twice")
        if want.after is not None:
            gap = days[one.want] - days.get(want.after, -10_000)
            if not want.gap[0] <= gap <= want.gap[1]:
                wrong.append(f"want {one.want} comes {gap} days after the one before")
        full = full.with_taken(one.bay, span)
    for one in found:
        want = problem.wants[one.want]
        span = (one.begins, one.begins + want.minutes)
        day = full.on(date.fromordinal(one.begins // MINUTES_A_DAY))
        others = tuple(other for other in day.taken[one.bay] if other != span)
        alone = House(day.places, day.opening, {**day.taken, one.bay: others}, (), day.duties, day.rota_until)
        wrong += [breach.says for breach in breaches(alone, places[one.bay], *span, want.limits)]
    return wrong
