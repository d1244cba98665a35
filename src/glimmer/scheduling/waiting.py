"""The waiting list in its order, and for whom a free slot would do. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from glimmer.guidance import figure
from glimmer.scheduling.house import House, Limits, Place, breaches, is_free
from glimmer.scheduling.slots import Rhythm, spacing_breaches
from glimmer.scheduling.wall import day_of

CLASSES = ("urgent", "soon", "routine")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One patient who waits. `key` is the caller's, `priority` "" where nobody has set one.

    `missing` are the sessions without a date, `standing` the days of those that have one, by number.
    """

    key: int
    since: date
    priority: str
    missing: tuple[int, ...] = ()
    standing: Mapping[int, date] = field(default_factory=dict)

    def weeks(self, today: date) -> int:
        """Whole weeks waited."""
        return max(0, (today - self.since).days) // 7

    def is_overdue(self, today: date) -> bool:
        """Say whether they wait longer than their class should; without a priority, as for routine."""
        weeks = figure("calendar", "priority_weeks").value[self.priority or CLASSES[-1]]
        return (today - self.since).days > weeks * 7


def in_order(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return the list as it is worked off: by class, then by how long they wait; no class counts as routine."""
    return sorted(waiting, key=lambda one: (CLASSES.index(one.priority or CLASSES[-1]), one.since, one.key))


@dataclass(frozen=True, slots=True)
class Fit:
    """A free slot would do for a session: its number, and what stands against it in words (none: it fits)."""

    number: int
    against: tuple[str, ...] = ()


def fits(
    one: Waiting, rhythm: Rhythm, minutes: int, house: House, place: Place, begins: int, limits: Limits
) -> Fit | None:
    """Return for which session a slot would do, or None: the first without a date that keeps order and spacing.

    Too far from the session before is no hindrance where that one was held longer ago: late is better than never.
    """
    day = day_of(begins)
    if not is_free(house, place, begins, begins + minutes):
        return None
    for number in one.missing:
        before = [other for fixed, other in one.standing.items() if fixed < number]
        after = [other for fixed, other in one.standing.items() if fixed > number]
        if any(other >= day for other in before) or any(other <= day for other in after):
            continue
        if any(earlier < number for earlier in one.missing):
            return None
        if spacing_breaches(one.standing, number, day, rhythm):
            return None
        against = breaches(house, place, begins, begins + minutes, limits)
        return Fit(number, tuple(breach.says for breach in against))
    return None
