"""A plan of clinics brought to life: opened year by year under a workforce ceiling, and filled by who is in need.

It joins the two halves of the planner. Where clinics go and how far people travel comes from `evidence.access`; what a
clinic holds, who is kept well and who waits comes from here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glimmer.evidence.access.measures import stretch_of
from glimmer.evidence.access.need import Need, need, priors
from glimmer.evidence.access.tables import Areas, Sites
from glimmer.evidence.access.travel import Travel
from glimmer.evidence.capacity import funnel
from glimmer.evidence.capacity.clinic import Clinic
from glimmer.evidence.capacity.network import (
    SERIES,
    STOCKS,
    Demand,
    Networked,
    Place,
    group_row,
    run_network,
    sessions_a_week,
)
from glimmer.evidence.capacity.pathway import Pathway
from glimmer.evidence.capacity.priors import Priors
from glimmer.evidence.capacity.priors import priors as beliefs_of_people
from glimmer.evidence.capacity.results import WEEKS_A_YEAR, spread
from glimmer.evidence.capacity.rollout import RollOut, roll_out
from glimmer.evidence.economics.outcomes import Numbers

REFERRED = ("eligible_share", "referred_in_a_year")
"""From an adult in need to a referral. What follows, from assessment on, is believed of the clinic."""
# A group of areas is a nation and, within it, a fifth of deprivation: ranks of two nations are never compared.
APART = "|"
FIFTHS = ("most deprived fifth", "second fifth", "third fifth", "fourth fifth", "least deprived fifth")


@dataclass(frozen=True)
class Service:
    """A service as it grows: the order of opening, what came of it, and people in need within reach each year.

    `reach` is (draws, years): the share of people in need who live within `within` minutes of an open clinic, and
    `reach_of` the same within each nation. Its draws hold the stated error of the minutes; who turns where, and the
    minutes of those who start, go by the table as it is. `steps` is the funnel from adults to those kept well,
    `nation_of` the nation of each place.
    """

    opened: RollOut
    run: Networked
    reach: Numbers
    within: float
    staff: float
    steps: tuple[funnel.Step, ...]
    reach_of: Mapping[str, Numbers]
    nation_of: tuple[str, ...]

    def by_year(self) -> list[dict[str, Any]]:
        """Return one row for each year; every figure of a draw is {"mean", "low", "high"}."""
        weeks = self.run.series.shape[2]
        rows = []
        for year, used in enumerate(self.opened.used):
            first, last = (min(round(number * WEEKS_A_YEAR), weeks) for number in (year, year + 1))
            part = self.run.series[:, :, first:last]
            row: dict[str, Any] = {
                "year": year + 1,
                "clinics open": sum(one.year <= year for one in self.opened.openings),
                "staff": used,
                "workforce": self.opened.ceiling[year],
                "in need within reach": spread(self.reach[:, year]),
            }
            for number, name in enumerate(SERIES):
                values = part[:, number]
                row[name] = spread(values[:, -1] if name in STOCKS else values.sum(axis=1))
            rows.append(row)
        return rows

    def answer(self) -> dict[str, Any]:
        """Return all that is said of it, as plain data."""
        network = self.run.answer()
        network["groups"] = [self._group(one, at=1) for one in FIFTHS if self._columns(one, at=1)]
        return {
            "years": self.by_year(),
            "nations": self.by_nation(),
            "openings": self.opened.rows(),
            "not opened": [self.run.places[place].code for place in self.opened.left],
            "within": self.within,
            "staff of a clinic": self.staff,
            "funnel": funnel.rows(self.steps),
            "network": network,
        }

    def by_nation(self) -> list[dict[str, Any]]:
        """Return one row for each nation: its clinics and its reach by year, and who started over all years."""
        rows = []
        for nation, reach in self.reach_of.items():
            opened = [one.year for one in self.opened.openings if self.nation_of[one.place] == nation]
            years = [
                {"year": year + 1, "clinics open": sum(one <= year for one in opened), "in need within reach": said}
                for year, said in enumerate(spread(reach[:, year]) for year in range(len(self.opened.used)))
            ]
            rows.append({**self._group(nation, at=0), "years": years})
        return rows

    def _columns(self, name: str, at: int) -> list[int]:
        return [number for number, group in enumerate(self.run.groups) if group.split(APART)[at] == name]

    def _group(self, name: str, at: int) -> dict[str, Any]:
        """Return what is said of all groups with this nation (`at` 0) or this fifth (`at` 1)."""
        found = self.run.by_group[:, self._columns(name, at)].sum(axis=1)
        return group_row(name, found) | {"started": spread(found[:, 2])}


def national(
    areas: Areas,
    sites: Sites,
    travel: Travel,
    chosen: Sequence[int],
    clinic: Clinic,
    pathway: Pathway,
    *,
    staff: float,
    workforce: Sequence[float],
    within: float,
    inputs: Priors | None = None,
    draws: int = 200,
    seed: int = 1,
    first: Sequence[int] = (),
    growth: Numbers | None = None,
    workers: int | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Service:
    """Return what comes of the plan's sites (`chosen`: rows of `sites`), each with a clinic like `clinic`.

    `staff` is what a clinic needs and `workforce` how many there are in each year, in whole-time equivalents; the run
    lasts as many years. `first` are rows of `sites` that are open already. Raises BadPlan for what cannot be.
    """
    rows = list(chosen)
    held = sessions_a_week(clinic, pathway)
    places = [Place(str(sites.code[row]), str(sites.name[row]), held) for row in rows]
    minutes = np.asarray(travel.minutes[:, rows], float)
    wanted = need(areas, draws, seed)
    people = wanted.people()
    opened = roll_out(
        places, [staff] * len(rows), workforce, minutes, people.mean(axis=0), within=within,
        first=[rows.index(row) for row in first],
    )  # fmt: skip
    fifths = [FIFTHS[min((int(decile) - 1) // 2, len(FIFTHS) - 1)] for decile in areas.imd_decile]
    demand = Demand(
        _referrals(wanted, people),
        minutes,
        travel.label,
        [f"{nation}{APART}{fifth}" for nation, fifth in zip(areas.nation, fifths, strict=True)],
        growth,
    )
    run = run_network(
        opened.places(places), demand, pathway, inputs, years=len(workforce), draws=draws, seed=seed, workers=workers,
        told=told,
    )  # fmt: skip
    reach, reach_of = _reach(opened, minutes, people, within, len(workforce), travel, seed, areas.nation)
    steps = funnel.steps(wanted, inputs or beliefs_of_people(), run)
    return Service(opened, run, reach, within, staff, steps, reach_of, _nations(areas, sites, rows, minutes))


def _nations(areas: Areas, sites: Sites, rows: Sequence[int], minutes: Numbers) -> tuple[str, ...]:
    """Return the nation of each place; of one whose table does not say, that of the area from which it is nearest."""
    return tuple(
        str(sites.nation[row]) or str(areas.nation[int(minutes[:, place].argmin())]) for place, row in enumerate(rows)
    )


def _referrals(wanted: Need, people: Numbers) -> Numbers:
    """Return referrals a year, (draws, areas): the same draws as those of the people in need."""
    drawn = priors().draw(wanted.draws, wanted.seed)
    return people * np.prod([drawn[name] for name in REFERRED], axis=0)[:, None]


def _reach(
    opened: RollOut,
    minutes: Numbers,
    people: Numbers,
    within: float,
    years: int,
    travel: Travel,
    seed: int,
    nations: Any,
) -> tuple[Numbers, dict[str, Numbers]]:
    """Return the share in need within reach, (draws, years), with the error that the minutes are stated to have.

    Of everybody, and of the people of each nation.
    """
    stretch = np.concatenate(list(stretch_of(travel, len(people), seed, len(minutes))))
    parts = {str(nation): nations == nation for nation in dict.fromkeys(nations.tolist())}
    nearest = np.full(len(minutes), np.inf)
    reach, reach_of = np.zeros((len(people), years)), {nation: np.zeros((len(people), years)) for nation in parts}
    for year in range(years):
        for one in opened.openings:
            if one.year == year:
                nearest = np.minimum(nearest, minutes[:, one.place])
        near = people * (nearest * stretch <= within)
        reach[:, year] = near.sum(axis=1) / people.sum(axis=1)
        for nation, part in parts.items():
            reach_of[nation][:, year] = near[:, part].sum(axis=1) / people[:, part].sum(axis=1)
    return reach, reach_of
