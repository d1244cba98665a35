"""The whole answer to "where should clinics be, and who is left out?": plan, measures, catchments, as plain data.

    answer = answer_to(Question(clinics=50, areas=Path("areas.parquet"), sites=Path("sites.csv.gz")))
    as_data(answer)                        plain data: what the command prints as JSON, and a scenario file seals

Every figure has its interval, minutes carry their label, and small numbers are hidden before anything leaves here.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import glimmer
from glimmer.evidence.access.bodies import COARSE, body_areas, body_sites
from glimmer.evidence.access.breakdowns import COMPOSITE, with_people
from glimmer.evidence.access.candidates import Candidates, candidates, doubt_of
from glimmer.evidence.access.disclosure import Disclosure, disclosure
from glimmer.evidence.access.measures import (
    INDICES,
    Measures,
    Nearest,
    limits,
    measures,
    stretch_of,
)
from glimmer.evidence.access.need import Need, need, shown_priors
from glimmer.evidence.access.plan import Plan
from glimmer.evidence.access.problem import pose
from glimmer.evidence.access.solve import solve
from glimmer.evidence.access.tables import Areas, Sites, read_areas, read_sites
from glimmer.evidence.access.travel import Travel, proxy, read_travel
from glimmer.evidence.economics.analysis.spread import Spread, spread_of
from glimmer.guidance.access import access_figure

Told = Callable[[str, int, int], None]
DRAWS = 200
SECONDS = 60.0
ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0. Source: Office for National "
    "Statistics; NISRA; National Records of Scotland; MHCLG; Welsh Government; Scottish Government; NHS England. "
    "Contains OS data (c) Crown copyright and database right."
)
"""To be printed with every map and table that stands on the public tables of docs/access.md."""
COMPOSITE_ATTRIBUTION = "UK composite index of deprivation: mySociety, CC BY 4.0."
"""To be printed too where areas carry that index."""


class BadQuestion(ValueError):
    """A question of access is not as it must be. The message says what is wrong and what to give instead."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Paths are tables of docs/access.md; without `areas` the health bodies of guidance stand in.

    `travel`, and `without_car` for people who have none: tables of minutes; without the first, minutes are
    estimated from distance. `people`: who lives where (breakdowns.py). `mode`: which mode of `travel`, where it holds
    several. `keep`, `forbidden`: codes of sites.
    `kinds`: the kinds of site that are used (none named: all). `struck`: why a site is no candidate, by its code.
    `objective`: "median", "cover" (with `within`) or "center". `floor`: least clinics of each health body. `equity`:
    how much more the need of the most deprived counts. `route`: one of need.ROUTES. `draws`: for the intervals.
    """

    clinics: int
    areas: Path | None = None
    sites: Path | None = None
    travel: Path | None = None
    mode: str = ""
    without_car: Path | None = None
    people: Path | None = None
    objective: str = "median"
    within: float | None = None
    keep: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    struck: Mapping[str, str] = field(default_factory=dict)
    floor: int = 0
    equity: float = 1.0
    route: str = "survey"
    draws: int = DRAWS
    seed: int = 1
    seconds: float = SECONDS

    def __post_init__(self) -> None:
        if self.areas is not None and self.sites is None:
            raise BadQuestion("Areas are named and sites are not. Name the table of candidate sites too.")
        if self.travel is not None and self.areas is None:
            raise BadQuestion("A table of travel needs the areas and sites that its codes are of. Name both tables.")
        if self.draws < 2:
            raise BadQuestion(f"{self.draws} draws give no interval, and no plan is shown without one. Ask for 200.")

    @property
    def is_coarse(self) -> bool:
        """Whether whole health bodies stand in for areas."""
        return self.areas is None

    def tables(self) -> dict[str, Path]:
        """Return the tables that are read, by what they are."""
        named = {
            "areas": self.areas,
            "sites": self.sites,
            "travel": self.travel,
            "without_car": self.without_car,
            "people": self.people,
        }
        return {name: path for name, path in named.items() if path is not None}


@dataclass(frozen=True, slots=True)
class Catchment:
    """Who is nearest to one open site: adults, people in need, and their minutes; `site` is its row."""

    site: int
    adults: int
    in_need: Spread
    minutes: Spread


@dataclass(frozen=True, eq=False)
class Answer:
    """Everything that is said to a question. `sites` are those of `candidates`; `without_car`: None without a table."""

    question: Question
    areas: Areas
    sites: Sites
    candidates: Candidates
    plan: Plan
    need: Need
    measures: Measures
    without_car: Measures | None
    catchments: tuple[Catchment, ...]
    hidden: Disclosure

    @property
    def labels(self) -> tuple[str, ...]:
        """What must stand on every output."""
        return (self.measures.label, *([COARSE] if self.question.is_coarse else []))

    @property
    def attribution(self) -> str:
        """Whose data it is, to be printed on every output."""
        return " ".join([ATTRIBUTION, *([COMPOSITE_ATTRIBUTION] if COMPOSITE in self.areas.extra else [])])


def answer_to(question: Question, told: Told | None = None) -> Answer:
    """Return the plan and all that is measured of it.

    `told` hears what is done, and how many of how many steps. Raise BadQuestion, or BadTable or BadProblem of what is
    wrong in the tables or cannot be solved.
    """
    told = told or (lambda _what, _done, _of: None)
    told("Reading the tables", 0, 1)
    areas, those = _tables(question)
    sites = those.sites
    travel = _travel(question, areas, sites)
    people = need(areas, question.draws, question.seed, question.route)
    problem = pose(
        areas,
        sites,
        travel,
        clinics=question.clinics,
        need=people.central(),
        equity=question.equity,
        keep=question.keep,
        forbidden=question.forbidden,
        objective=question.objective,
        within=question.within,
        floor=question.floor,
    )
    told("Reading the tables", 1, 1)
    plan = solve(
        problem,
        seed=question.seed,
        seconds=question.seconds,
        told=lambda done, of: told("Looking for the sites", done, of),
    )
    told("Measuring who is reached", 0, 1)
    found = measures(areas, travel, plan.sites, people, seed=question.seed)
    other = None
    if question.without_car is not None:
        by_foot = read_travel(question.without_car, areas, sites)
        other = measures(areas, by_foot, plan.sites, people, seed=question.seed)
    near = catchments(areas, travel, found.nearest, people, question.seed)
    told("Measuring who is reached", 1, 1)
    return Answer(
        question, areas, sites, those, plan, people, found, other, near, disclosure(areas, people, found.nearest)
    )


def catchments(areas: Areas, travel: Travel, near: Nearest, people: Need, seed: int) -> tuple[Catchment, ...]:
    """Return who is nearest to each open site, in the order of their rows; the ways stretch as those of measures do."""
    is_reached = np.isfinite(near.minutes)
    sites, at = np.unique(near.site[is_reached], return_inverse=True)
    longest = float(access_figure("travel", "beyond").value)
    minutes, order = near.minutes[is_reached], np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(len(sites)))
    in_need, ways, first = [], [], 0
    for stretch in stretch_of(travel, people.draws, seed, len(areas)):
        some = people.people(first, first + len(stretch))[:, is_reached]
        way = np.minimum(minutes * stretch[:, is_reached], longest)
        size = np.add.reduceat(some[:, order], starts, axis=1)
        in_need.append(size)
        total = np.add.reduceat((some * way)[:, order], starts, axis=1)
        ways.append(np.divide(total, size, out=np.zeros(size.shape), where=size > 0))
        first += len(stretch)
    adults = np.add.reduceat(areas.adults[is_reached][order], starts)
    sizes, means = np.concatenate(in_need), np.concatenate(ways)
    return tuple(
        Catchment(site, round(float(adults[row])), spread_of(sizes[:, row]), spread_of(means[:, row]))
        for row, site in enumerate(sites.tolist())
    )


def _tables(question: Question) -> tuple[Areas, Candidates]:
    areas = body_areas() if question.areas is None else read_areas(question.areas)
    sites = body_sites() if question.sites is None else read_sites(question.sites)
    if question.people is not None:
        areas = with_people(areas, question.people)
    those = candidates(sites, question.kinds, question.struck)
    those.refuse_left_out((*question.keep, *question.forbidden))
    return areas, those


def _travel(question: Question, areas: Areas, sites: Sites) -> Travel:
    if question.travel is None:
        return proxy(areas, sites)
    return read_travel(question.travel, areas, sites, mode=question.mode)


def as_data(answer: Answer) -> dict[str, Any]:
    """Return the whole answer as plain data, small numbers hidden: the same for the same question on any machine."""
    plan, sites = answer.plan, answer.sites
    return {
        "glimmer": glimmer.__version__,
        "question": question_as_data(answer.question),
        "minutes are": answer.measures.label,
        "labels": list(answer.labels),
        "limits": list(answer.measures.limits),
        "candidates": answer.candidates.as_data(),
        "plan": {
            "objective": plan.objective,
            "unit": plan.unit,
            "bound": plan.bound,
            "gap": plan.gap,
            "is proven": plan.is_proven,
            "is cut short": plan.is_cut_short,
            "method": plan.method,
            "notes": list(plan.notes),
            "sites": site_rows(answer),
        },
        "open sites": [str(sites.code[row]) for row in plan.sites],
        "measures": measures_as_data(answer.measures, answer),
        "without a car": None if answer.without_car is None else measures_as_data(answer.without_car, answer),
        "priors": shown_priors(),
        "starts a year": _spread(spread_of(answer.need.starts())),
        "attribution": answer.attribution,
    }


def question_as_data(question: Question) -> dict[str, Any]:
    """Return a question as plain data; paths as texts."""
    return {name: _plain(value) for name, value in asdict(question).items()}


def site_rows(answer: Answer) -> list[dict[str, Any]]:
    """Return a row for each open site with its catchment, counts too small to be shown as None."""
    by_site = {one.site: one for one in answer.catchments}
    nobody = Catchment(-1, 0, Spread(0.0, 0.0, 0.0, 0.0), Spread(0.0, 0.0, 0.0, 0.0))
    rows = [by_site.get(site, replace(nobody, site=site)) for site in answer.plan.sites]
    sites = answer.sites
    return [
        {
            "code": str(sites.code[one.site]),
            "name": str(sites.name[one.site]),
            "kind": str(sites.kind[one.site]),
            "check": doubt_of(str(sites.name[one.site])),
            "health body": str(sites.health_body[one.site]),
            "lat": float(sites.lat[one.site]),
            "lon": float(sites.lon[one.site]),
            "precision": str(sites.precision[one.site]),
            "adults nearest": None if answer.hidden.no_adults_at(one.site) else one.adults,
            "in need": None if answer.hidden.no_need_at(one.site) else _spread(one.in_need),
            "minutes": _spread(one.minutes) if one.adults else None,
        }
        for one in rows
    ]


def measures_as_data(found: Measures, answer: Answer) -> dict[str, Any]:
    """Return measures as plain data, counts too small to be shown as None."""
    return {
        "mode": found.mode,
        "minutes are": found.label,
        "draws": found.draws,
        "groups": group_rows(found, answer.hidden),
        "missing": list(found.missing),
        "gaps": [
            {
                "limit": gap.limit,
                "of": f"{gap.first} less {gap.second}",
                "absolute": _spread(gap.absolute),
                "ratio": None if gap.ratio is None else _spread(gap.ratio),
            }
            for gap in found.gaps
        ],
        "indices": {name: {"what": INDICES[name], **_spread(one)} for name, one in found.indices.items()},
        "curves": {
            name: {"people": curve.people.tolist(), "total": curve.total.tolist()}
            for name, curve in found.curves.items()
        },
        "beyond": {
            "limit": found.beyond.limit,
            "adults": _spread(found.beyond.adults),
            "places": beyond_rows(found, answer),
        },
    }


def group_rows(found: Measures, hidden: Disclosure) -> list[dict[str, Any]]:
    """Return a row for each group; what is too small is None, and so are its shares."""
    adults, in_need = hidden.no_adults_of(found), hidden.no_need_of(found)
    return [
        {
            "breakdown": one.breakdown,
            "group": one.name,
            "adults": None if adults[at] else one.adults,
            "in need": None if in_need[at] else _spread(one.in_need),
            "minutes": None if adults[at] else _spread(one.minutes),
            "within": None if adults[at] else {str(limit): _spread(one.within[limit]) for limit in limits()},
        }
        for at, one in enumerate(found.groups)
    ]


def beyond_rows(found: Measures, answer: Answer) -> list[dict[str, Any]]:
    """Return a row for each place that is beyond reach; None for minutes means that no clinic can be reached at all."""
    hidden = dict(zip(answer.areas.code.tolist(), answer.hidden.adults.rows.tolist(), strict=True))
    return [
        {
            "code": one.code,
            "name": one.name,
            "health body": one.health_body,
            "nation": one.nation,
            "adults": None if hidden[one.code] else one.adults,
            "minutes": one.minutes if np.isfinite(one.minutes) else None,
            "chance of being beyond": one.chance,
        }
        for one in found.beyond.places
    ]


def _spread(one: Spread) -> dict[str, Any]:
    return {"mean": one.mean, "low": one.low, "high": one.high}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
