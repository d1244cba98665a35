"""In which order clinics of a plan open, year by year, when there are only so many people to staff them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glimmer.evidence.capacity.clinic import BadPlan
from glimmer.evidence.capacity.network import Place
from glimmer.evidence.capacity.results import WEEKS_A_YEAR
from glimmer.evidence.economics.outcomes import Numbers


@dataclass(frozen=True, slots=True)
class Opening:
    """One clinic of a roll-out: the year in which it opens (0 the first), and how many in need it newly reaches.

    `reached` are those whose way to the nearest open clinic it makes shorter than `within` minutes; `minutes_saved` is
    the sum of minutes that it saves to those in need who already had one within reach, and to those newly reached.
    """

    place: int
    code: str
    name: str
    year: int
    staff: float
    reached: float
    minutes_saved: float


@dataclass(frozen=True, slots=True)
class RollOut:
    """Openings in their order. `left` are the places that the workforce does not stretch to."""

    openings: tuple[Opening, ...]
    left: tuple[int, ...]
    used: tuple[float, ...]  # staff by the end of each year
    ceiling: tuple[float, ...]

    def places(self, places: Sequence[Place]) -> tuple[Place, ...]:
        """Return the places with the weeks in which they open; those that are left out hold no session."""
        opens = {one.place: round(one.year * WEEKS_A_YEAR) for one in self.openings}
        return tuple(
            replace(one, opens=opens[number]) if number in opens else replace(one, sessions_a_week=0.0)
            for number, one in enumerate(places)
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each opening, for tables."""
        return [
            {
                "year": one.year + 1,
                "code": one.code,
                "name": one.name,
                "staff": one.staff,
                "newly within reach": one.reached,
                "minutes saved each way": one.minutes_saved,
            }
            for one in self.openings
        ]


def roll_out(
    places: Sequence[Place],
    staff: Sequence[float],
    ceiling: Sequence[float],
    minutes: Numbers,
    need: Numbers,
    *,
    within: float,
    first: Sequence[int] = (),
) -> RollOut:
    """Return the order of opening: each next clinic newly reaches most people in need per person on staff.

    `staff` is what each clinic needs in whole-time equivalents, `ceiling` how many there are in each year for all
    clinics together. `minutes` is (areas, places), `need` people in need (areas,), `within` the minutes of reach.
    `first` are places that are open from the start, such as clinics there are. A tie goes to the larger saving of
    minutes, then to the earlier place. A clinic that opened stays: a ceiling that falls closes none, and is refused.
    """
    _check(places, staff, ceiling, minutes, need)
    best = np.full(len(need), np.inf)
    openings: list[Opening] = []
    used: list[float] = []
    left = list(range(len(places)))
    spent = 0.0
    for year, most in enumerate(ceiling):
        for place in first if year == 0 else ():
            best, spent = _open(openings, left, places, staff, minutes, need, within, best, spent, place, year)
        if spent > most + 1e-9:
            raise BadPlan(f"In year {year + 1} there are {most:g} staff, but the clinics that are open need {spent:g}.")
        while affordable := [place for place in left if spent + staff[place] <= most + 1e-9]:
            place = max(affordable, key=lambda one: (*_gain(minutes, need, within, best, staff, one), -one))
            best, spent = _open(openings, left, places, staff, minutes, need, within, best, spent, place, year)
        used.append(spent)
    return RollOut(tuple(openings), tuple(left), tuple(used), tuple(map(float, ceiling)))


def _gain(
    minutes: Numbers, need: Numbers, within: float, best: Numbers, staff: Sequence[float], place: int
) -> tuple[float, float]:
    reached, saved = _worth(minutes, need, within, best, place)
    return reached / staff[place], saved / staff[place]


def _worth(minutes: Numbers, need: Numbers, within: float, best: Numbers, place: int) -> tuple[float, float]:
    there = minutes[:, place]
    reached = float(need[(there <= within) & (best > within)].sum())
    nearer = np.isfinite(best) & (there < best)
    return reached, float((need[nearer] * (best[nearer] - there[nearer])).sum())


def _open(
    openings: list[Opening],
    left: list[int],
    places: Sequence[Place],
    staff: Sequence[float],
    minutes: Numbers,
    need: Numbers,
    within: float,
    best: Numbers,
    spent: float,
    place: int,
    year: int,
) -> tuple[Numbers, float]:
    if place not in left:
        raise BadPlan(f"Place {place} was to open twice, or there is none of that number.")
    reached, saved = _worth(minutes, need, within, best, place)
    one = places[place]
    openings.append(Opening(place, one.code, one.name, year, float(staff[place]), reached, saved))
    left.remove(place)
    return np.minimum(best, minutes[:, place]), spent + float(staff[place])


def _check(
    places: Sequence[Place], staff: Sequence[float], ceiling: Sequence[float], minutes: Numbers, need: Numbers
) -> None:
    if minutes.shape != (len(need), len(places)) or len(staff) != len(places):
        raise BadPlan(
            f"Minutes have the shape {minutes.shape} and staff is given for {len(staff)} clinics, but there are "
            f"{len(need)} areas and {len(places)} places."
        )
    if not len(ceiling) or any(not (np.isfinite(most) and most >= 0) for most in ceiling):
        raise BadPlan("The workforce of each year must be given, 0 or more.")
    if any(not (np.isfinite(one) and one > 0) for one in staff):
        raise BadPlan("Every clinic needs staff: give a number above 0 for each.")
