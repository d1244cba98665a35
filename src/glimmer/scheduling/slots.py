"""Dates for a whole course at once: several ways to hold it, or why there is none and what nearly fits.

Each day offers its best slot for a way of looking (any bay, one bay, one time of day); then the days are chosen by
dynamic programming over the protocol's spacing, so that the answer is the best of its kind and not the first found.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from glimmer.guidance import Protocol, figure
from glimmer.scheduling.house import RULES, Breach, House, Limits, Place, breaches, is_free
from glimmer.scheduling.wall import clock, minute_of, wall

# What one thing costs beside another, in the sum that the search makes least: a breach outweighs any wait, a day off
# the rhythm a day of waiting. These rank ways and are no clinical figures.
BREACH, OFF_RHYTHM, A_DAY = 1_000_000, 40, 1


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The spacing of a protocol, in days: the rhythm in turn, the least between any two, and how far off it may be."""

    gaps: tuple[int, ...]
    shortest: int
    over: int
    under: int

    def gap_before(self, number: int) -> int:
        """Return the days that the rhythm puts between a session and the one before it; `number` counts from 2."""
        return self.gaps[(number - 2) % len(self.gaps)]

    def least_before(self, number: int) -> int:
        """Return the least days between a session and the one before it that still keep the rhythm."""
        return max(self.shortest, self.gap_before(number) - self.under)

    def longest_before(self, number: int) -> int:
        """Return the most days between a session and the one before it."""
        return self.gap_before(number) + self.over


def rhythm_of(protocol: Protocol) -> Rhythm:
    """Return the spacing that a protocol states."""
    value = protocol.days_between.value
    gaps = tuple(value) if isinstance(value, tuple) else (value,)
    over, under = figure("calendar", "days_over_rhythm").value, figure("calendar", "days_under_rhythm").value
    return Rhythm(gaps, protocol.shortest_days_between.value, over, under)


@dataclass(frozen=True)
class Course:
    """What is to be found a date for: `wanted` session numbers of `minutes` each, from `first_day` on.

    `fixed` are the days of sessions of the same course that stand already, by number.
    """

    wanted: tuple[int, ...]
    minutes: int
    rhythm: Rhythm
    first_day: date
    fixed: Mapping[int, date] = field(default_factory=dict)


def days_looked_at(course: Course) -> int:
    """Return how many days from the first one dates are looked for on: enough for the whole course at its rhythm."""
    longest = sum(course.rhythm.longest_before(number) for number in course.wanted)
    return max(int(figure("calendar", "look_ahead").value), longest)


@dataclass(frozen=True, slots=True)
class Slot:
    """One offered date: session `number` in a bay from wall minute `begins`, and what stands against it."""

    number: int
    place: Place
    begins: int
    against: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way to hold the course. `names` says what it is good for; `against` counts what a reason has to override."""

    names: tuple[str, ...]
    slots: tuple[Slot, ...]

    @property
    def against(self) -> tuple[str, ...]:
        """What stands against the way, each thing once."""
        return tuple(dict.fromkeys(breach.says for slot in self.slots for breach in slot.against))


@dataclass(frozen=True, slots=True)
class Found:
    """The ways that fit, those that nearly do, and why, where none fits: how many days fell to which rule."""

    ways: tuple[Way, ...]
    nearly: tuple[Way, ...] = ()
    why: tuple[str, ...] = ()


Keep = Callable[[Slot], bool]
SOONEST, ANOTHER = "Soonest", "Another way"


def find_ways(course: Course, house: House, limits: Limits) -> Found:
    """Return the ways to give every wanted session a date."""
    grid = _Grid(course, house, limits)
    ways = _several(course, house, grid, strict=True)
    if ways:
        return Found(ways)
    return Found((), _several(course, house, grid, strict=False)[:2], grid.why())


class _Grid:
    """The slots of each day, judged once."""

    def __init__(self, course: Course, house: House, limits: Limits) -> None:
        self.course, self.house, self.limits = course, house, limits
        self.days = [course.first_day + timedelta(days=n) for n in range(days_looked_at(course))]
        self.by_day = {day: self._slots(day) for day in self.days}

    def _slots(self, day: date) -> list[Slot]:
        house, minutes = self.house.on(day), self.course.minutes
        hours = house.opening.hours_on(day)
        usual = hours or next(iter(house.opening.week_of(day).values()), None)
        if usual is None:
            return []
        step = figure("calendar", "starts_every").value
        starts = {wall(day, m) for m in range(usual.opens, usual.closes - minutes + 1, step)}
        # Straight after another date as well, so that no bay stands empty for the sake of round times.
        ends = {end for spans in house.taken.values() for _, end in spans if usual.opens <= minute_of(end)}
        starts |= {end for end in ends if end + minutes <= wall(day, usual.closes)}
        return [
            Slot(0, place, begins, breaches(house, place, begins, begins + minutes, self.limits))
            for begins in sorted(starts)
            for place in house.places
            if is_free(house, place, begins, begins + minutes)
        ]

    def why(self) -> tuple[str, ...]:
        """Count the days on which no slot was without a breach, by what stood against the best of them."""
        fell: Counter[str] = Counter()
        for day in self.days:
            slots = self.by_day[day]
            best = min(slots, key=lambda slot: len(slot.against), default=None)
            if best is None:
                fell["every bay is taken, or the patient is"] += 1
            elif best.against:
                fell[RULES[best.against[0].rule]] += 1
        return tuple(f"{count} of {len(self.days)} days: {words}" for words, count in fell.most_common())


def _several(course: Course, house: House, grid: _Grid, *, strict: bool) -> tuple[Way, ...]:
    tried: list[tuple[str, Way | None]] = [(SOONEST, _best(course, grid, lambda slot: True, strict, OFF_RHYTHM // 40))]
    times = sorted({minute_of(slot.begins) for slots in grid.by_day.values() for slot in slots})
    step = figure("calendar", "starts_every").value
    round_times = [one for one in times if one % step == 0]
    tried.append(("Same time of day", _least(course, (_at_time(course, grid, one, strict) for one in round_times))))
    tried.append(("Same bay", _least(course, (_in_bay(course, grid, place, strict) for place in house.places))))
    both = (_best(course, grid, _both(place, one), strict, OFF_RHYTHM) for place in house.places for one in round_times)
    tried.append(("Same weekdays, time and bay", _least(course, both)))
    names: dict[tuple[Slot, ...], list[str]] = {}
    # One session alone has nothing to be the same as.
    alone = len(course.wanted) == 1
    for name, way in tried:
        if way is not None:
            names.setdefault(way.slots, []).append(name if name == SOONEST or not alone else ANOTHER)
    return tuple(Way(tuple(dict.fromkeys(said)), slots) for slots, said in names.items())


def _at_time(course: Course, grid: _Grid, at: int, strict: bool) -> Way | None:
    return _best(course, grid, lambda slot: minute_of(slot.begins) == at, strict, OFF_RHYTHM)


def _in_bay(course: Course, grid: _Grid, place: Place, strict: bool) -> Way | None:
    return _best(course, grid, lambda slot: slot.place.key == place.key, strict, OFF_RHYTHM)


def _both(place: Place, at: int) -> Keep:
    return lambda slot: slot.place.key == place.key and minute_of(slot.begins) == at


def _least(course: Course, ways: Iterable[Way | None]) -> Way | None:
    found = [way for way in ways if way is not None]
    return min(found, key=lambda way: _cost(course, way), default=None)


def _cost(course: Course, way: Way) -> int:
    days = {slot.number: slot.begins // (24 * 60) for slot in way.slots}
    off = sum(
        abs(day - days[number - 1] - course.rhythm.gap_before(number))
        for number, day in days.items()
        if number - 1 in days
    )
    return BREACH * sum(len(slot.against) for slot in way.slots) + OFF_RHYTHM * off + max(days.values())


def _best(course: Course, grid: _Grid, keep: Keep, strict: bool, off_rhythm: int) -> Way | None:
    """Return the cheapest choice of days for all sessions, from the first wanted to the last, or None.

    `costs[n][day]` is the least sum with session `numbers[n]` on that day, and from which day of the one before.
    """
    best_of_day = {day: _of_day(slots, keep, strict) for day, slots in grid.by_day.items()}
    numbers = range(min(course.wanted), max(course.wanted) + 1)
    before = _fixed_before(course, numbers[0])
    costs: list[dict[date, tuple[int, date | None]]] = []
    for number in numbers:
        earlier = {day: cost for day, (cost, _) in costs[-1].items()} if costs else before
        costs.append(_reach(course, number, earlier, best_of_day, off_rhythm))
        if not costs[-1]:
            return None
    costs[-1] = {day: one for day, one in costs[-1].items() if _before_the_next(course, numbers[-1], day)}
    if not costs[-1]:
        return None
    return _followed_back(course, numbers, costs, best_of_day)


def _of_day(slots: list[Slot], keep: Keep, strict: bool) -> Slot | None:
    kept = [slot for slot in slots if keep(slot) and not (strict and slot.against)]
    return min(kept, key=lambda slot: (len(slot.against), slot.begins), default=None)


def _fixed_before(course: Course, number: int) -> dict[date, int]:
    """Return where the session before the first wanted stands; {} where nothing comes before it."""
    earlier = [day for other, day in course.fixed.items() if other < number]
    return {max(earlier): 0} if earlier else {}


def _reach(
    course: Course, number: int, earlier: Mapping[date, int], best: Mapping[date, Slot | None], off_rhythm: int
) -> dict[date, tuple[int, date | None]]:
    if number in course.fixed:
        days: Iterable[date] = (course.fixed[number],)
    else:
        days = [day for day, slot in best.items() if slot is not None]
    found: dict[date, tuple[int, date | None]] = {}
    for day in days:
        slot = None if number in course.fixed else best[day]
        own = BREACH * len(slot.against) if slot is not None else 0
        own += A_DAY * (day - course.first_day).days
        if not earlier:
            found[day] = (own, None)
            continue
        reach = _from_before(course.rhythm, number, day, earlier, off_rhythm)
        if reach is not None:
            found[day] = (own + reach[0], reach[1])
    return found


def _from_before(
    rhythm: Rhythm, number: int, day: date, earlier: Mapping[date, int], off_rhythm: int
) -> tuple[int, date] | None:
    """Return the least cost of coming to a day from the session before, and from which day; None where none may."""
    nominal, least = rhythm.gap_before(number), None
    for gap in range(rhythm.least_before(number), rhythm.longest_before(number) + 1):
        other = day - timedelta(days=gap)
        if other in earlier:
            cost = earlier[other] + off_rhythm * abs(gap - nominal)
            least = (cost, other) if least is None or cost < least[0] else least
    return least


def _before_the_next(course: Course, number: int, day: date) -> bool:
    """Say whether a day keeps the rhythm's least distance to the next session that stands already."""
    after = min((fixed for fixed in course.fixed if fixed > number), default=None)
    return after is None or (course.fixed[after] - day).days >= course.rhythm.least_before(after)


def _followed_back(
    course: Course,
    numbers: range,
    costs: list[dict[date, tuple[int, date | None]]],
    best: Mapping[date, Slot | None],
) -> Way:
    day: date | None = min(costs[-1], key=lambda one: (costs[-1][one][0], one))
    chosen: list[Slot] = []
    for number, reached in zip(reversed(numbers), reversed(costs), strict=True):
        assert day is not None  # each was reached from one before it
        slot = best.get(day)
        if number in course.wanted and slot is not None:
            chosen.append(Slot(number, slot.place, slot.begins, slot.against))
        day = reached[day][1]
    return Way((), tuple(reversed(chosen)))


def spacing_breaches(course_days: Mapping[int, date], number: int, day: date, rhythm: Rhythm) -> tuple[Breach, ...]:
    """Return what stands against a day of one session beside the sessions before and after it: that it is too near."""
    found: list[Breach] = []
    before = max((other for other in course_days if other < number), default=None)
    after = min((other for other in course_days if other > number), default=None)
    if before is not None:
        found += too_near(before, (day - course_days[before]).days, number, rhythm)
    if after is not None:
        found += too_near(after, (course_days[after] - day).days, after, rhythm)
    return tuple(found)


def too_near(other: int, gap: int, later: int, rhythm: Rhythm) -> tuple[Breach, ...]:
    """Return what stands against `gap` days between a session and `other`; `later` is the later one of the two."""
    days = f"{gap} day{'s' if gap != 1 else ''}"
    if gap < rhythm.shortest:
        says = f"Session {other} is {days} away; the protocol wants at least {rhythm.shortest} days between."
        return (Breach("spacing", says),)
    if gap < rhythm.least_before(later):
        says = f"Session {other} is {days} away, closer than the rhythm of {rhythm.gap_before(later)} days."
        return (Breach("closer", says),)
    return ()


def shown(slot: Slot) -> str:
    """Return a slot in words: Monday 16 March, 10:00, Bay 1."""
    day = date.fromordinal(slot.begins // (24 * 60))
    return f"{day:%A} {day.day} {day:%B}, {clock(slot.begins)}, {slot.place.name}"
