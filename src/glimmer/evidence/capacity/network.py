"""Several clinics at once: people turn to one by travel and wait, a full one sends them on, upkeep fills it.

It counts weeks and sessions, not minutes and chairs: what a clinic holds in a week comes from its calendar or from a
run of `simulate`. So a whole country takes seconds, and one clinic's day belongs to `simulate`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from glimmer.evidence.capacity import network_kernel as kernel
from glimmer.evidence.capacity.clinic import BadPlan, Clinic
from glimmer.evidence.capacity.network_kernel import Course, Net
from glimmer.evidence.capacity.pathway import DAYS_A_MONTH, Pathway
from glimmer.evidence.capacity.priors import Priors, priors
from glimmer.evidence.capacity.results import WEEKS_A_YEAR, spread
from glimmer.evidence.capacity.simulate import MOST_YEARS
from glimmer.evidence.economics.chance import key_of
from glimmer.evidence.economics.cohort import cores
from glimmer.evidence.economics.lives import key_of_draw
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.capacity import structure
from glimmer.scheduling.wall import MINUTES_A_DAY

Told = Callable[[int, int], None]
# So many of the nearest places are looked at; who finds all of these full or far waits for the best of them.
NEAREST = 8
SERIES = ("referred", "beyond reach", "not treated", "joined", "started", "started again", "gave up", "sessions",
          "places", "waiting", "waiting again", "in a course", "maintained", "went further")  # fmt: skip
STOCKS = ("waiting", "waiting again", "in a course", "maintained")
SPREADS, SPARE = 6, 64


@dataclass(frozen=True, slots=True)
class Place:
    """One clinic of a network: how many sessions a week it holds, and from which week on (0: from the start)."""

    code: str
    name: str
    sessions_a_week: float
    opens: int = 0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.sessions_a_week) and self.sessions_a_week >= 0 and self.opens >= 0):
            raise BadPlan(f"{self.name}: {self.sessions_a_week} sessions a week from week {self.opens} cannot be.")


@dataclass(frozen=True, slots=True)
class Demand:
    """Where referrals come from. `a_year` has the shape (areas,) or (draws, areas); `minutes` is (areas, places).

    `groups` names a group for each area, such as its deprivation fifth within its nation, for who is reached. `growth`
    is the demand of each week as a multiple (1 throughout where it is left out). `minutes_source` says what
    minutes are.
    """

    a_year: Numbers
    minutes: Numbers
    minutes_source: str
    groups: Sequence[str] = ()
    growth: Numbers | None = None


@dataclass(frozen=True)
class Networked:
    """What came of a network in each draw: `series` (draws, names, weeks), by place and by group (see `SERIES`)."""

    places: tuple[Place, ...]
    groups: tuple[str, ...]
    series: Numbers
    by_place: Numbers  # (draws, places, 5): joined, started, sum of weeks waited, within the target, sessions
    by_group: Numbers  # (draws, groups, 6): referred, beyond, started, sum of minutes, sum of weeks, within the target
    seed: int
    minutes_source: str

    def weekly(self, name: str) -> Numbers:
        """Return one series, (draws, weeks); raise KeyError naming what there is."""
        if name not in SERIES:
            raise KeyError(f"There is no series {name!r}. There is: {', '.join(SERIES)}.")
        return self.series[:, SERIES.index(name)]

    def answer(self) -> dict[str, Any]:
        """Return what is said of it; every figure is {"mean", "low", "high"} over the draws (95 %)."""
        weeks = self.series.shape[2]
        years = weeks / WEEKS_A_YEAR
        started = self.weekly("started").sum(axis=1)
        last = slice(max(weeks - round(WEEKS_A_YEAR), 0), weeks)
        return {
            "minutes": self.minutes_source,
            "years": years,
            "per year": {name: spread(self.weekly(name).sum(axis=1) / years) for name in SERIES if name not in STOCKS},
            "waiting at the end": spread(self.weekly("waiting")[:, -1] + self.weekly("waiting again")[:, -1]),
            "maintained at the end": spread(self.weekly("maintained")[:, -1]),
            "weeks to start": _spread_ratio(self.by_place[:, :, 2].sum(axis=1), started),
            "share within target": _spread_ratio(self.by_place[:, :, 3].sum(axis=1), started),
            "minutes each way": _spread_ratio(self.by_group[:, :, 3].sum(axis=1), started),
            "use in the last year": _spread_ratio(
                self.weekly("sessions")[:, last].sum(axis=1), self.weekly("places")[:, last].sum(axis=1)
            ),
            "places": [self._place(number) for number in range(len(self.places))],
            "groups": [self._group(number) for number in range(len(self.groups))],
        }

    def _place(self, number: int) -> dict[str, Any]:
        one, found = self.places[number], self.by_place[:, number]
        open_weeks = max(self.series.shape[2] - one.opens, 0)
        return {
            "code": one.code,
            "name": one.name,
            "opens in week": one.opens,
            "started": spread(found[:, 1]),
            "weeks to start": _spread_ratio(found[:, 2], found[:, 1]),
            "share within target": _spread_ratio(found[:, 3], found[:, 1]),
            "use": _spread_ratio(found[:, 4], np.full(len(found), one.sessions_a_week * open_weeks)),
        }

    def _group(self, number: int) -> dict[str, Any]:
        return group_row(self.groups[number], self.by_group[:, number])


def group_row(name: str, found: Numbers) -> dict[str, Any]:
    """Return what is said of a group of areas; `found` are its columns of `by_group`, or several groups' added up."""
    return {
        "group": name,
        "referred": spread(found[:, 0]),
        "beyond reach": _spread_ratio(found[:, 1], found[:, 0]),
        "started of those referred": _spread_ratio(found[:, 2], found[:, 0]),
        "minutes each way": _spread_ratio(found[:, 3], found[:, 2]),
        "weeks to start": _spread_ratio(found[:, 4], found[:, 2]),
    }


def run_network(
    places: Sequence[Place],
    demand: Demand,
    pathway: Pathway,
    inputs: Priors | None = None,
    *,
    years: float = 5,
    draws: int = 200,
    seed: int = 1,
    choice: Mapping[str, float] | None = None,
    workers: int | None = None,
    told: Told | None = None,
) -> Networked:
    """Return what comes of a network of clinics.

    `choice` replaces figures of guidance/capacity/network.toml (`week_in_minutes`, `choice_minutes`, `most_minutes`).
    Demand is the asker's: `referrals_per_week` of the priors is not used. The result is the same to the last bit for
    any number of `workers`. Raises BadPlan for tables that do not belong together or a demand that cannot be.
    """
    _check(places, demand, years, draws)
    said = {name: structure(name).value for name in ("week_in_minutes", "choice_minutes", "most_minutes")}
    if unknown := set(choice or {}) - set(said):
        raise BadPlan(f"There is no choice {', '.join(sorted(unknown))}. There is: {', '.join(said)}.")
    said |= dict(choice or {})
    groups = tuple(dict.fromkeys(demand.groups)) or ("all",)
    net = _net(places, demand, pathway, said, groups)
    drawn = (inputs or priors()).draw(draws, seed)
    weeks = round(years * WEEKS_A_YEAR)
    growth = np.ones(weeks) if demand.growth is None else np.ascontiguousarray(demand.growth[:weeks], float)
    if len(growth) < weeks:
        raise BadPlan(f"Growth is given for {len(growth)} weeks, but {weeks} are asked for.")
    one = partial(_draw, net, pathway, drawn, demand, growth, key_of(seed), len(groups))
    found = []
    with ThreadPoolExecutor(min(workers or cores(), draws)) as pool:
        for done, each in enumerate(pool.map(one, range(draws)), 1):
            found.append(each)
            if told:
                told(done, draws)
    series, by_place, by_group = (np.stack([each[part] for each in found]) for part in range(3))
    return Networked(tuple(places), groups, series, by_place, by_group, seed, demand.minutes_source)


def _draw(
    net: Net,
    pathway: Pathway,
    drawn: Mapping[str, Numbers],
    demand: Demand,
    growth: Numbers,
    key: Any,
    groups: int,
    draw: int,
) -> tuple[Numbers, Numbers, Numbers]:
    a_year = np.asarray(demand.a_year, float)
    rates = (a_year if a_year.ndim == 1 else a_year[draw]) / WEEKS_A_YEAR
    upto = np.cumsum(rates)
    expected = upto[-1] * growth.sum()
    room = int(expected + SPREADS * np.sqrt(expected)) + SPARE
    while True:
        series, by_place = np.zeros((kernel.SERIES, len(growth))), np.zeros((len(net.opens), 5))
        by_group = np.zeros((groups, 6))
        said = kernel.run_weeks(
            net, _course(drawn, draw), upto, key_of_draw(key, draw), growth, series, by_place, by_group, room
        )
        if said == kernel.FINE:
            return series, by_place, by_group
        room *= 2
        if room > kernel.MOST_PEOPLE:
            raise BadPlan(f"More than {kernel.MOST_PEOPLE:,} referrals came in draw {draw}. Take fewer years or areas.")


def _course(drawn: Mapping[str, Numbers], draw: int) -> Course:
    at = {name: float(values[draw]) for name, values in drawn.items()}
    shape = at["relapse_shape_ketamine"]
    # A hazard that is lower by a factor is a scale of the Weibull that is longer by its root of the shape.
    ratio = max(at["maintenance_hazard_ratio"], 1e-9)
    days = at["relapse_scale_ketamine_days"] * ratio ** (-1 / shape)
    return Course(
        at["accepted"], at["goes_on"], at["response"], at["gives_up_per_week"], shape, days, ratio,
        at["leaves_maintenance"], at["returns"],
    )  # fmt: skip


def _net(
    places: Sequence[Place], demand: Demand, pathway: Pathway, said: Mapping[str, float], groups: tuple[str, ...]
) -> Net:
    minutes = np.asarray(demand.minutes, float)
    kept = min(NEAREST, minutes.shape[1])
    order = np.argsort(minutes, axis=1, kind="stable")[:, :kept]
    near = np.take_along_axis(minutes, order, axis=1)
    number = {name: place for place, name in enumerate(groups)}
    return Net(
        np.where(near <= said["most_minutes"], order, kernel.NOBODY).astype(np.int64),
        near,
        np.array([number[name] for name in demand.groups] or [0] * len(minutes), np.int64),
        np.array([one.opens for one in places], np.int64),
        np.array([one.sessions_a_week for one in places], float),
        pathway.course_sessions,
        course_weeks(pathway),
        float(pathway.maintenance_days[-1]),
        math.inf if pathway.maintenance_months is None else pathway.maintenance_months * DAYS_A_MONTH / kernel.DAYS,
        float(said["week_in_minutes"]),
        float(said["choice_minutes"]),
        float(structure("target_weeks").value),
        float(structure("pace_weeks").value),
        float(structure("slowest_pace").value),
        pathway.courses_at_most,
    )


def sessions_a_week(clinic: Clinic, pathway: Pathway, in_use: float | None = None) -> float:
    """Return how many sessions a clinic can hold in a week, over a year of its calendar with its bank holidays.

    Chairs, nurses' places and doctors' minutes each set a limit, and the least of them at any moment holds. `in_use` is
    the share that can really be used; `in_use_at_most` of guidance where it is left out.
    """
    share = structure("in_use_at_most").value if in_use is None else in_use
    days = round(WEEKS_A_YEAR * kernel.DAYS)
    line = clinic.timeline(days)
    lasts = np.diff(np.append(line.minute, days * MINUTES_A_DAY))
    sessions = (pathway.course, pathway.maintenance)
    chair, nurse, doctor = (
        float(np.mean([getattr(one, name) for one in sessions]))
        for name in ("chair_minutes", "nurse_minutes", "doctor_minutes")
    )
    limits = [np.full(len(lasts), clinic.chairs / chair)]
    limits += [line.staff[:, 0] * clinic.nurse_share / nurse] if nurse else []
    limits += [line.staff[:, 1] / doctor] if doctor else []
    held = np.min(limits, axis=0) * np.where(line.closes > line.minute, lasts, 0)
    return float(held.sum() / WEEKS_A_YEAR * share)


def course_weeks(pathway: Pathway) -> int:
    """Return the weeks that a course takes, at least 1: its sessions with the protocol's days between them."""
    gaps = [pathway.course_days[number % len(pathway.course_days)] for number in range(pathway.course_sessions - 1)]
    return max(round((sum(gaps) + 1) / kernel.DAYS), 1)


def _check(places: Sequence[Place], demand: Demand, years: float, draws: int) -> None:
    minutes, a_year = np.asarray(demand.minutes), np.asarray(demand.a_year)
    if minutes.ndim != 2 or minutes.shape[1] != len(places) or not places:
        raise BadPlan(f"Minutes have the shape {minutes.shape}, but must be (areas, {len(places)} places).")
    if a_year.shape[-1] != len(minutes) or a_year.ndim > 2 or (a_year.ndim == 2 and len(a_year) != draws):
        raise BadPlan(f"Demand has the shape {a_year.shape}, but must be ({len(minutes)},) or (draws, {len(minutes)}).")
    if not (np.isfinite(a_year).all() and (a_year >= 0).all()):
        raise BadPlan("Referrals a year of an area are not a number or below 0. Give 0 or more for every area.")
    if np.isnan(minutes).any() or (minutes < 0).any():
        raise BadPlan("Minutes are not a number or below 0. What cannot be reached is infinite.")
    if demand.groups and len(demand.groups) != len(minutes):
        raise BadPlan(f"{len(demand.groups)} groups were given for {len(minutes)} areas.")
    if not 0 < years <= MOST_YEARS or draws < 1:
        raise BadPlan(f"{years} years in {draws} draws cannot be run. Ask for up to {MOST_YEARS} years and one draw.")


def _spread_ratio(above: Numbers, below: Numbers) -> dict[str, float | None] | None:
    """Return the spread of ratios over the draws in which there was anybody; None where there was nobody in any."""
    there = below > 0
    return spread(above[there] / below[there]) if there.any() else None
