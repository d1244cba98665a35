"""Run a clinic many times: each draw of the inputs is one possible future, whoever works it out and when."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from glimmer.evidence.capacity import plan as numbered
from glimmer.evidence.capacity.clinic import WEEK_DAYS, BadPlan, Clinic, Timeline
from glimmer.evidence.capacity.pathway import EXPONENTIAL, Pathway
from glimmer.evidence.capacity.plan import Plan
from glimmer.evidence.capacity.priors import NAMES, Priors
from glimmer.evidence.capacity.results import Asked, Simulated
from glimmer.evidence.capacity.runs import run_draws
from glimmer.evidence.economics.chance import key_of
from glimmer.evidence.economics.cluster import spread
from glimmer.evidence.economics.cohort import cores
from glimmer.evidence.economics.outcomes import Numbers

Told = Callable[[int, int], None]
DAYS_A_YEAR = 365.25
MOST_YEARS, MOST_DRAWS = 30, 1_000_000
# A lifetime: more is a mistaken unit.
MOST_DAYS_WAITED = 36_500
# So many draws are worked on by one thread at a time, and by one worker of a cluster.
AT_ONCE, PART_DRAWS = 10, 50
# Scratch for so many standard deviations more people than expected; where more come, the part is run again with twice.
SPREADS, SPARE = 5, 32


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody on the present waiting list: days since referral, whether urgent, and whether assessed already."""

    days: float
    urgent: bool = False
    assessed: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.days <= MOST_DAYS_WAITED:
            raise BadPlan(f"Somebody waits for {self.days:g} days, but it must be 0 to {MOST_DAYS_WAITED:,}.")


@dataclass(frozen=True, slots=True)
class Present:
    """The clinic as it is on the first day: who waits, and for how many days each has been in maintenance."""

    waiting: tuple[Waiting, ...] = ()
    maintained: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if any(not 0 <= days <= MOST_DAYS_WAITED for days in self.maintained):
            raise BadPlan(f"Days in maintenance must be 0 to {MOST_DAYS_WAITED:,} for everybody.")

    @classmethod
    def of(cls, waiting: "Present | Sequence[Waiting] | None") -> "Present":
        """Return what a caller gave: a whole present, a list of people waiting, or nothing."""
        if isinstance(waiting, Present):
            return waiting
        people = tuple(waiting or ())
        if not all(isinstance(one, Waiting) for one in people):
            raise BadPlan("The present list holds something that is nobody waiting. Give a Waiting for each person.")
        return cls(people)


def simulate(
    clinic: Clinic,
    pathway: Pathway,
    inputs: Priors,
    *,
    years: float = 5,
    draws: int = 200,
    seed: int = 1,
    waiting: Present | Sequence[Waiting] | None = None,
    workers: int | None = None,
    cluster: str = "",
    told: Told | None = None,
) -> Simulated:
    """Return `draws` futures of a clinic over `years`, each with its own draw of the inputs.

    `waiting` is the present list, who waits longest is seen first; None: the clinic begins empty, and the result says
    so. The same seed gives the same people with the same chances, whatever the clinic, the number of `workers`
    (threads; None: every core) or the `cluster` (the address of a Dask scheduler). `told(done, of)` hears of draws.
    Raise BadPlan where something cannot be simulated.
    """
    present = Present.of(waiting)
    if not (math.isfinite(years) and 0 < years <= MOST_YEARS):
        raise BadPlan(f"{years} years were asked for. Ask for more than 0 and at most {MOST_YEARS}.")
    if not 1 <= draws <= MOST_DRAWS:
        raise BadPlan(f"{draws} draws were asked for. Ask for 1 to {MOST_DRAWS:,}.")
    weeks = max(1, round(years * DAYS_A_YEAR / WEEK_DAYS))
    timeline = clinic.timeline(weeks * WEEK_DAYS)
    laid = lay_out(clinic, pathway, present, timeline)
    values = inputs.draw(draws, seed)
    if cluster:
        work = partial(run_part, laid, seed=seed)
        parts = spread(cluster, work, values, told, PART_DRAWS)
        arrays = [np.concatenate(part) for part in zip(*parts, strict=True)]
    else:
        arrays = list(_in_threads(laid, values, seed, workers, told))
    asked = Asked(clinic, pathway, inputs, present, years, draws, seed)
    return Simulated(asked, timeline, values, *arrays)


def compare(scenarios: Mapping[str, tuple[Clinic, Pathway, Priors]], **how: Any) -> dict[str, Simulated]:
    """Return what comes of each scenario by name, all with the same people and the same chances.

    `how` goes to `simulate`. Differences between two of them, draw by draw, vary far less than the futures themselves:
    see `Simulated.against`.
    """
    return {name: simulate(*one, **how) for name, one in scenarios.items()}


def lay_out(clinic: Clinic, pathway: Pathway, present: Present, timeline: Timeline) -> Plan:
    """Return clinic and pathway as the kernel takes them."""
    waiting = sorted(present.waiting, key=lambda one: -one.days)
    return Plan(
        days=len(timeline.weekday),
        chairs=clinic.chairs,
        nurse_share=clinic.nurse_share,
        doctors_assess=clinic.doctors_assess,
        minute=timeline.minute,
        closes=timeline.closes,
        staff=timeline.staff,
        next_open=timeline.next_open,
        first_weekday=int(timeline.weekday[0]),
        course=_needs(pathway.course),
        maintenance=_needs(pathway.maintenance),
        course_sessions=pathway.course_sessions,
        course_days=np.array(pathway.course_days, np.int64),
        maintenance_days=np.array(pathway.maintenance_days, np.int64),
        maintenance_sessions=pathway.maintenance_sessions,
        assessment_minutes=float(pathway.assessment_minutes),
        assessment_spread=float(pathway.assessment_spread),
        session_spread=float(pathway.session_spread),
        is_exponential=pathway.law == EXPONENTIAL,
        preparation_days=pathway.preparation_days,
        no_show_minutes=float(pathway.no_show_minutes),
        rebook_days=pathway.rebook_days,
        relapse_wait_days=pathway.relapse_wait_days,
        courses_at_most=pathway.courses_at_most,
        first_come=pathway.first_come,
        present=np.array([[one.days, one.urgent, one.assessed] for one in waiting], float).reshape(-1, 3),
        maintained=np.array(present.maintained, float),
    )


def _needs(session: Any) -> Numbers:
    return np.array([session.chair_minutes, session.nurse_minutes, session.doctor_minutes], float)


def run_part(laid: Plan, values: Mapping[str, Numbers], first: int, seed: int) -> tuple[Any, ...]:
    """Return weekly series, days waited, hours taken and totals of some draws, `first` being the first of them."""
    table = np.ascontiguousarray(np.stack([values[name] for name in NAMES], axis=1))
    count, weeks = len(table), laid.days // WEEK_DAYS
    expected = table[:, numbered.P_REFERRALS].max(initial=0.0) * weeks
    room = int(expected + SPREADS * math.sqrt(expected)) + SPARE + len(laid.present) + len(laid.maintained)
    while True:
        weekly = np.zeros((count, numbered.SERIES, weeks), np.int32)
        waited = np.zeros((count, numbered.WAITED, laid.days), np.int32)
        hours, totals = np.zeros((count, 24 * WEEK_DAYS)), np.zeros((count, numbered.TOTALS))
        state = run_draws(laid, table, key_of(seed), first, room, weekly, waited, hours, totals)
        if state == numbered.DONE:
            return weekly, waited, hours, totals
        room *= 2


def _in_threads(
    laid: Plan, values: Mapping[str, Numbers], seed: int, workers: int | None, told: Told | None
) -> Iterator[Numbers]:
    count = len(values[NAMES[0]])
    parts = [slice(begin, min(begin + AT_ONCE, count)) for begin in range(0, count, AT_ONCE)]

    def one(part: slice) -> tuple[Numbers, ...]:
        mine = {name: values[name][part] for name in NAMES}
        return run_part(laid, mine, part.start, seed)

    found = []
    with ThreadPoolExecutor(max(1, min(workers or cores(), len(parts)))) as pool:
        for part, arrays in zip(parts, pool.map(one, parts), strict=True):
            found.append(arrays)
            if told:
                told(part.stop, count)
    for arrays in zip(*found, strict=True):
        yield np.concatenate(arrays)
