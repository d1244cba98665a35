"""Who is reached by a plan, how fairly, and how unsure that is.

    found = measures(areas, travel, chosen, need(areas, draws=200, seed=1), seed=1)
    found.group("all", "all").within[60].mean        share of adults in need within 60 minutes, with low and high
    found.beyond.places                              who is beyond reach, by name

Each figure is a spread over draws: of who is in need, and of the minutes where the table of travel states an error.
A supplied table states none, so that its intervals hold the doubt about need alone. Tenths of deprivation are those
of the own nation; no rank is compared across nations. A way longer than `beyond` minutes counts as that long.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.access import inequality
from glimmer.evidence.access.breakdowns import breakdowns, missing
from glimmer.evidence.access.floating import places_per_person, places_within_reach
from glimmer.evidence.access.need import Need
from glimmer.evidence.access.tables import Areas
from glimmer.evidence.access.travel import Travel
from glimmer.evidence.economics.analysis.spread import Spread, spread_of, spreads_of
from glimmer.evidence.economics.inputs import stream
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.access import access_figure

# Draws that are worked out together: a table of this many by areas stays within some tens of megabytes.
DRAWS_AT_ONCE = 50
CURVE_POINTS = 101
MOST_DEPRIVED, LEAST_DEPRIVED = "1", "10"
PER = 1000


class BadMeasures(ValueError):
    """A plan was asked to be measured in a way that has no answer. The message says what is wrong and what to give."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The clinic that each area is nearest to, by its row among all sites, and the minutes to it, (areas,)."""

    site: NDArray[np.int64]
    minutes: Numbers


@dataclass(frozen=True, slots=True)
class Group:
    """How well one group is reached.

    `breakdown` and `name`: such as "nation" and "Wales"; `total`: the name of the group of which it is a part, with
    whose count it is shown. `within`: share of adults in need by limit (minutes).
    """

    breakdown: str
    name: str
    total: str
    adults: int
    in_need: Spread
    minutes: Spread
    within: Mapping[int, Spread]


@dataclass(frozen=True, slots=True)
class Gap:
    """Share within a limit: the first group's less the second's (`absolute`), and by it (`ratio`)."""

    limit: int
    first: str
    second: str
    absolute: Spread
    ratio: Spread | None


@dataclass(frozen=True, slots=True)
class Place:
    """An area that is beyond reach: its code, name, place, adults and minutes, and in which share of draws it is."""

    code: str
    name: str
    health_body: str
    nation: str
    adults: int
    minutes: float
    chance: float


@dataclass(frozen=True, slots=True)
class Beyond:
    """Who has more than `limit` minutes to go: adults over the draws, and places by name, the largest first."""

    limit: int
    adults: Spread
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything that is measured of a plan. `label` and `limits` are to stand on every output.

    `indices` by name, in INDICES; `curves` by name, at the values of guidance. `mode` is how people travel. `missing`
    says what people are not broken down by, and why.
    """

    groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]
    indices: Mapping[str, Spread]
    curves: Mapping[str, inequality.Curve]
    beyond: Beyond
    nearest: Nearest
    draws: int
    seed: int
    mode: str
    label: str
    limits: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def group(self, breakdown: str, name: str) -> Group:
        """Return one group; raise KeyError naming the groups of its breakdown."""
        there = {one.name: one for one in self.groups if one.breakdown == breakdown}
        if name not in there:
            raise KeyError(f"There is no group {name!r} of {breakdown!r}. There is: {', '.join(there) or 'none'}.")
        return there[name]


INDICES: Mapping[str, str] = {
    "slope_index": "Slope index of inequality: minutes, most less least deprived end",
    "relative_index": "Relative index of inequality: minutes, most by least deprived end",
    "concentration_of_minutes": "Concentration index of minutes (above 0: the least deprived travel longer)",
    "concentration_within": "Bounded concentration index of being within 60 minutes (above 0: least deprived more)",
    "worst_off_minutes": "Mean minutes of the worst-off tenth",
    "places_per_need": "Starts a year for each 1,000 adults in need, at the clinics that somebody in need reaches",
    "concentration_of_places": "Concentration index of places per adult (above 0: the least deprived have more)",
    "inequity_of_places": "Horizontal inequity: places against need (0: alike; below 0: more to the deprived)",
    "gini_of_places": "Gini coefficient of places for each adult in need",
    "atkinson_of_places_mild": "Atkinson's index of places for each adult in need, mild aversion",
    "atkinson_of_places_strong": "Atkinson's index of places for each adult in need, strong aversion",
}
"""What each index is, in words that stand beside it."""
INDEX_LIMIT = 60
"""The limit (minutes) of `concentration_within`."""


def limits() -> tuple[int, ...]:
    """Return the limits of minutes that are reported, the shortest first."""
    return tuple(int(one) for one in access_figure("measures", "minutes_limits").value)


def nearest(travel: Travel, chosen: Sequence[int]) -> Nearest:
    """Return the chosen site that each area is nearest to; of two equally near ones that of the lower row."""
    rows = np.array(sorted(chosen), np.int64)
    if len(rows) == 0:
        raise BadMeasures("No site is chosen, so that nobody is reached. Choose one at least.")
    ways = travel.minutes[:, rows]
    at = ways.argmin(axis=1)
    return Nearest(rows[at], ways[np.arange(len(ways)), at].astype(float))


def measures(
    areas: Areas,
    travel: Travel,
    chosen: Sequence[int],
    need: Need,
    *,
    seed: int = 1,
    places: Numbers | None = None,
    level: float | None = None,
    catchments: bool = True,
) -> Measures:
    """Return who is reached when the sites in the rows `chosen` are open.

    `need` has two draws at least, as no figure stands without an interval; `places` (chosen,): courses that each clinic
    can start in a year, in the order of `chosen` (those of guidance for all where it is not given).
    Without `catchments` nothing is said of how places are shared: floating catchments are most of the work, and a map
    that is touched waits for it. For people without a car give the travel of that mode and compare both answers.
    """
    if need.draws < 2:
        raise BadMeasures("A plan is not measured without an interval. Give at least 2 draws of need, better 200.")
    if len(set(chosen)) != len(chosen):
        raise BadMeasures("A site is chosen twice, so that its places would count twice. Name each site once.")
    rows = np.argsort(np.array(chosen), kind="stable")
    sites = np.array(chosen, np.int64)[rows]
    each = float(access_figure("measures", "starts_of_a_clinic").value)
    supply = np.full(len(sites), each) if places is None else np.asarray(places, float)[rows]
    work = _Work(areas, travel, nearest(travel, sites.tolist()), sites, supply, need, catchments)
    level = float(access_figure("measures", "interval_level").value) if level is None else level
    drawn: dict[Any, list[Numbers]] = {}
    for part in _parts(travel, need, seed, len(areas)):
        for key, values in work.measure(*part):
            drawn.setdefault(key, []).append(values)
    whole = {key: np.concatenate(parts) for key, parts in drawn.items()}
    spreads = {key: spread_of(values, level) for key, values in whole.items() if np.ndim(values) == 1}
    return Measures(
        groups=tuple(work.groups(whole, level)),
        gaps=tuple(work.gaps(whole, level)),
        indices={name: spreads["index", name] for name in INDICES if ("index", name) in spreads},
        curves=work.curves(),
        beyond=work.beyond(spreads["beyond"], whole["is_beyond"].mean(axis=0)),
        nearest=work.near,
        draws=need.draws,
        seed=seed,
        mode=travel.mode,
        label=travel.label,
        limits=travel.limits,
        missing=missing(areas),
    )


def stretch_of(travel: Travel, draws: int, seed: int, areas: int) -> Iterator[Numbers]:
    """Yield what the minutes are multiplied by, (some draws, areas), as the table states its errors: 1 where none."""
    common = stream(seed, "travel", "common").standard_normal(draws) * travel.error_common
    own = stream(seed, "travel", "own")
    for first in range(0, draws, DRAWS_AT_ONCE):
        some = common[first : first + DRAWS_AT_ONCE, None]
        noise = own.standard_normal((len(some), areas)) * travel.error_own if travel.error_own else 0.0
        yield np.broadcast_to(np.exp(some + noise), (len(some), areas))


def _parts(travel: Travel, need: Need, seed: int, areas: int) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield people in need and the stretch of their ways, some draws at a time."""
    for number, stretch in enumerate(stretch_of(travel, need.draws, seed, areas)):
        first = number * DRAWS_AT_ONCE
        yield need.people(first, first + DRAWS_AT_ONCE), stretch


class _Work:
    """The parts of one measurement: groups as sorted runs of areas, and what each draw says."""

    def __init__(
        self,
        areas: Areas,
        travel: Travel,
        near: Nearest,
        sites: NDArray,
        supply: Numbers,
        need: Need,
        catchments: bool,
    ) -> None:
        self.areas, self.near, self.supply, self.need, self.catchments = areas, near, supply, need, catchments
        self.ways = travel.minutes[:, sites].astype(float)
        self.longest = float(access_figure("travel", "beyond").value)
        self.reach = float(access_figure("measures", "beyond_reach").value)
        self.worst = float(access_figure("measures", "worst_off_share").value)
        self.aversions = access_figure("measures", "aversions").value
        self.breakdowns = breakdowns(areas)

    def measure(self, people: Numbers, stretch: Numbers) -> Iterator[tuple[Any, Numbers]]:
        """Yield every figure of some draws by its key: (draws,), or (draws, groups) for a breakdown."""
        minutes = np.minimum(self.near.minutes * stretch, self.longest)
        for name, runs in self.breakdowns.items():
            size = runs.sums(people)
            yield (name, "in_need"), size
            yield (name, "minutes"), _ratio(runs.sums(people * minutes), size)
            for limit in limits():
                yield (name, limit), _ratio(runs.sums(people * (minutes <= limit)), size)
        is_beyond = minutes > self.reach
        yield "is_beyond", is_beyond.astype(float)
        yield "beyond", (is_beyond * self.areas.adults).sum(axis=1)
        yield from ((("index", name), values) for name, values in self._of_minutes(people, minutes))
        places = places_within_reach(self.ways, people, self.supply, stretch=stretch)
        yield ("index", "places_per_need"), PER * places / people.sum(axis=1)
        if self.catchments:
            yield from ((("index", name), values) for name, values in self._of_places(people, stretch))

    def _of_minutes(self, people: Numbers, minutes: Numbers) -> Iterator[tuple[str, Numbers]]:
        rank, nation = self.areas.imd_pct, self.areas.nation
        yield "worst_off_minutes", inequality.worst_off(minutes, people, self.worst)
        if not _is_ranked(rank, nation):
            return
        line = inequality.slope(minutes, rank, people, nation)
        yield "slope_index", line.index
        if np.all(np.isfinite(line.relative)):
            yield "relative_index", line.relative
        yield "concentration_of_minutes", inequality.concentration_index(minutes, rank, people, nation)
        reached = (minutes <= INDEX_LIMIT).astype(float)
        if np.all((reached * people).sum(axis=1) > 0):
            yield (
                "concentration_within",
                inequality.bounded_concentration_index(reached, rank, people, 0, 1, nation),
            )

    def _of_places(self, people: Numbers, stretch: Numbers) -> Iterator[tuple[str, Numbers]]:
        """Places are shared by need; the concentration index is of places per adult, so that need stands beside it."""
        per_need = places_per_person(self.ways, people, self.supply, stretch=stretch)
        total = (per_need * people).sum(axis=1)
        if np.any(total <= 0):
            return
        adults, rank, nation = self.areas.adults, self.areas.imd_pct, self.areas.nation
        yield "gini_of_places", inequality.gini(per_need, people)
        for name, aversion in zip(("mild", "strong"), self.aversions, strict=True):
            yield f"atkinson_of_places_{name}", inequality.atkinson(per_need, people, aversion)
        if not _is_ranked(rank, nation):
            return
        per_adult, need_per_adult = (
            np.divide(one, adults, out=np.zeros(one.shape), where=adults > 0) for one in (per_need * people, people)
        )
        yield "concentration_of_places", inequality.concentration_index(per_adult, rank, adults, nation)
        yield "inequity_of_places", inequality.inequity(per_adult, need_per_adult, rank, adults, nation)

    def groups(self, whole: Mapping[Any, Numbers], level: float) -> Iterator[Group]:
        """Yield every group of every breakdown."""
        for name, runs in self.breakdowns.items():
            adults = runs.sums(self.areas.adults[None, :])[0]
            in_need, minutes = (spreads_of(whole[name, key], level) for key in ("in_need", "minutes"))
            within = {limit: spreads_of(whole[name, limit], level) for limit in limits()}
            for at, group in enumerate(runs.names):
                yield Group(
                    name,
                    group,
                    runs.totals[at],
                    round(float(adults[at])),
                    in_need[at],
                    minutes[at],
                    {limit: spreads[at] for limit, spreads in within.items()},
                )

    def gaps(self, whole: Mapping[Any, Numbers], level: float) -> Iterator[Gap]:
        """Yield the gap of the most to the least deprived tenth, and of rural to urban people, for each limit."""
        for breakdown, first, second in (
            ("tenth", MOST_DEPRIVED, LEAST_DEPRIVED),
            ("rurality", "rural", "urban"),
        ):
            there = self.breakdowns[breakdown].names
            if first not in there or second not in there:
                continue
            for limit in limits():
                one, other = (whole[breakdown, limit][:, there.index(name)] for name in (first, second))
                ratio = spread_of(one / other, level) if np.all(other > 0) else None
                yield Gap(limit, first, second, spread_of(one - other, level), ratio)

    def beyond(self, adults: Spread, chance: Numbers) -> Beyond:
        """Return who is beyond reach: places whose minutes are, as the table has them, the largest first."""
        areas, minutes = self.areas, self.near.minutes
        rows = np.flatnonzero((minutes > self.reach) & (areas.adults > 0))
        rows = rows[np.lexsort((areas.code[rows], -areas.adults[rows]))]
        district = areas.extra.get("lad_name")
        places = tuple(
            Place(
                str(areas.code[row]),
                str(areas.name[row]) if district is None else f"{areas.name[row]} ({district[row]})",
                str(areas.health_body[row]),
                str(areas.nation[row]),
                round(float(areas.adults[row])),
                float(minutes[row]),
                float(chance[row]),
            )
            for row in rows.tolist()
        )
        return Beyond(round(self.reach), adults, places)

    def curves(self) -> Mapping[str, inequality.Curve]:
        """Return the curves at the values of guidance, thinned to CURVE_POINTS.

        They are of minutes, of places, and of need beside them.
        """
        people, adults = self.need.central(), self.areas.adults
        rank, nation = self.areas.imd_pct, self.areas.nation
        found = {}
        if _is_ranked(rank, nation):
            minutes = np.minimum(self.near.minutes, self.longest)
            found["concentration_of_minutes"] = inequality.concentration_curve(minutes, rank, people, nation)
        return {name: _thinned(curve) for name, curve in {**found, **self._curves_of_places(people, adults)}.items()}

    def _curves_of_places(self, people: Numbers, adults: Numbers) -> dict[str, inequality.Curve]:
        per_need = places_per_person(self.ways, people, self.supply) if self.catchments else np.zeros(len(people))
        if not (per_need * people).sum() > 0:
            return {}
        found = {"lorenz_of_places": inequality.lorenz_curve(per_need, people)}
        rank, nation = self.areas.imd_pct, self.areas.nation
        is_lived_in = adults > 0
        if _is_ranked(rank, nation):
            for name, held in (("concentration_of_places", per_need * people), ("concentration_of_need", people)):
                per_adult = np.divide(held, adults, out=np.zeros(len(held)), where=is_lived_in)
                found[name] = inequality.concentration_curve(per_adult, rank, adults, nation)
        return found


def _is_ranked(rank: Numbers, nation: NDArray) -> bool:
    """Say whether some nation has more than one rank of deprivation: without, there is no slope."""
    return any(len(np.unique(rank[nation == one])) > 1 for one in np.unique(nation))


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Return shares; a group in which nobody is in need has none, and is said to have 0."""
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _thinned(curve: inequality.Curve) -> inequality.Curve:
    if len(curve.people) <= CURVE_POINTS:
        return curve
    at = np.unique(np.searchsorted(curve.people, np.linspace(0, 1, CURVE_POINTS)).clip(max=len(curve.people) - 1))
    return inequality.Curve(curve.people[at], curve.total[at])
