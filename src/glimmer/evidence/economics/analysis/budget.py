"""Budget impact: what a change of service means for cash, staff and beds, year by year, undiscounted.

A commissioner's question is not that of cost-effectiveness: how many people come in and go out each year, what leaves
the budget, and what only becomes free. So cash is kept by category; staff hours (in whole-time equivalents) and beds
are shown beside it and never added to it: a bed-day released is capacity, which somebody else will use, not money.

The contract is a `Profile` per strategy: what one person uses in each year since entry. A cohort engine fills it; so
does a spreadsheet. Every array has years as its last axis, and may have draws before it: (years,) or (draws, years).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy_rows
from glimmer.evidence.economics.analysis.spread import LEVEL, BadAnalysis, Spread, spread_of
from glimmer.evidence.economics.outcomes import Numbers

if TYPE_CHECKING:
    from polars import DataFrame

YEARS = 5
BED_DAYS = "bed-days"


@dataclass(frozen=True, slots=True)
class Profile:
    """What one person on a strategy uses in each year since entry, undiscounted. The first year is the year of entry.

    `cash` by category is what leaves a budget (drugs, sessions, prescriptions); what a bed costs does not belong in it
    where no bed is closed. `staff_hours` by role. `bed_days` in a hospital. `in_service` is the share of those who
    entered that is still seen in that year; it may be left out where everybody is seen for the years of the profile.
    """

    cash: Mapping[str, Numbers]
    staff_hours: Mapping[str, Numbers] = field(default_factory=dict)
    bed_days: Numbers | None = None
    in_service: Numbers | None = None

    def __post_init__(self) -> None:
        if not self.cash:
            raise BadAnalysis(
                "A profile needs at least one category of cash. Give 0 for each year if it costs nothing."
            )
        lengths = {name: np.shape(values)[-1] for name, values in self.series().items()}
        if len(set(lengths.values())) != 1:
            raise BadAnalysis(f"The series of a profile must cover the same years, but cover {lengths}.")

    @property
    def years(self) -> int:
        """How many years since entry it covers; nothing is used after them."""
        return int(np.shape(next(iter(self.cash.values())))[-1])

    def series(self) -> dict[str, Numbers]:
        """Return all that the profile gives, by what it is."""
        optional = {BED_DAYS: self.bed_days, "share in service": self.in_service}
        given = {name: values for name, values in optional.items() if values is not None}
        hours = {f"hours of {role}": values for role, values in self.staff_hours.items()}
        return {name: np.asarray(values, dtype=float) for name, values in {**self.cash, **hours, **given}.items()}


@dataclass(frozen=True, slots=True)
class Service:
    """How each year's eligible people are spread over strategies: `uptake[strategy]` (years,), adding up to 1."""

    uptake: Mapping[str, Numbers]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the budget in one year: `kind` "cash", "staff" or "capacity"; `name` the category, role or bed-days.

    Units: cash in currency, staff in whole-time equivalents, capacity in days. `change` is with less without.
    """

    year: int
    kind: str
    name: str
    without: Spread
    with_change: Spread
    change: Spread


@dataclass(frozen=True, slots=True)
class People:
    """How many enter, are in service and leave in a year, in one of the two services ("without", "with")."""

    year: int
    service: str
    strategy: str
    entering: float
    in_service: float
    leaving: float


@dataclass(frozen=True, slots=True)
class BudgetImpact:
    """Lines by year, then cash with its total first, staff, capacity. `people` by year, service and strategy."""

    lines: tuple[Line, ...]
    people: tuple[People, ...]
    currency: str

    def frame(self) -> "DataFrame":
        """Return one row per year and line. Add up cash rows only: staff and capacity are not money."""
        return tidy_rows([self._columns(line) for line in self.lines])

    def people_frame(self) -> "DataFrame":
        """Return one row per year, service and strategy."""
        return tidy_rows(
            [
                {
                    "year": one.year,
                    "service": one.service,
                    "strategy": one.strategy,
                    "entering": one.entering,
                    "in_service": one.in_service,
                    "leaving": one.leaving,
                }
                for one in self.people
            ]
        )

    def released(self, name: str = BED_DAYS) -> tuple[Spread, ...]:
        """Return how much capacity or staff time each year has free because of the change (below 0: more is needed)."""
        found = [line.change for line in self.lines if line.name == name and line.kind != "cash"]
        return tuple(Spread(-one.mean, one.standard_error, _negative(one.high), _negative(one.low)) for one in found)

    def _columns(self, line: Line) -> dict[str, Any]:
        unit = {"cash": self.currency, "staff": "whole-time equivalents", "capacity": "days"}[line.kind]
        return {
            "year": line.year,
            "kind": line.kind,
            "name": line.name,
            "unit": unit,
            "without": line.without.mean,
            "with": line.with_change.mean,
            **line.change.columns("change"),
        }


TOTAL = "all cash"


def budget_impact(
    eligible: Numbers,
    profiles: Mapping[str, Profile],
    without: Service,
    with_change: Service,
    *,
    hours_of_full_time_year: Mapping[str, float] | None = None,
    level: float = LEVEL,
    currency: str = "GBP",
) -> BudgetImpact:
    """Return the budget of each year with and without a change of service.

    `eligible`: people who become eligible in each year, (years,), usually five; `profiles` by strategy;
    `hours_of_full_time_year`: worked hours a year of one whole-time equivalent of each role, an input of the trust.
    People who are in treatment before year 1 are in neither service, and drop out of the change.
    Raise BadAnalysis for uptakes that do not add up to 1, a strategy without profile, or a role without its hours.
    """
    people = np.asarray(eligible, dtype=float)
    entries = {"without": _entries(people, profiles, without), "with": _entries(people, profiles, with_change)}
    used = {name: _used(entering, profiles, len(people)) for name, entering in entries.items()}
    _check_roles(used, hours_of_full_time_year or {})
    lines: list[Line] = []
    for year in range(len(people)):
        for kind, name in _names(used):
            scale = (hours_of_full_time_year or {})[name] if kind == "staff" else 1.0
            before, after = (used[service].get((kind, name), np.zeros((1, len(people)))) / scale for service in used)
            lines.append(_line(year, kind, name, before, after, level))
    seen = [
        one
        for year in range(len(people))
        for service, entering in entries.items()
        for one in _people(year, service, entering, profiles)
    ]
    return BudgetImpact(tuple(lines), tuple(seen), currency)


def _entries(people: Numbers, profiles: Mapping[str, Profile], service: Service) -> dict[str, Numbers]:
    """Return how many enter each strategy in each year."""
    if missing := sorted(set(service.uptake) - set(profiles)):
        raise BadAnalysis(f"There is no profile of {', '.join(missing)}. There is: {', '.join(profiles)}.")
    shares = {name: np.asarray(values, dtype=float) for name, values in service.uptake.items()}
    wrong = {name: values.shape for name, values in shares.items() if values.shape != people.shape}
    if wrong:
        raise BadAnalysis(f"Uptake must have one share for each of {len(people)} years, but has the shapes {wrong}.")
    total = np.sum(list(shares.values()), axis=0)
    below = [name for name, values in shares.items() if (values < 0).any()]
    if below or not np.allclose(total, 1, rtol=0, atol=1e-9):
        raise BadAnalysis(
            f"Uptake adds up to {np.round(total, 6).tolist()} over the years, and is below 0 for {below or 'none'}. "
            "Each year's shares must add up to 1: name usual care as a strategy of its own."
        )
    return {name: people * values for name, values in shares.items()}


def _used(
    entering: Mapping[str, Numbers], profiles: Mapping[str, Profile], years: int
) -> dict[tuple[str, str], Numbers]:
    """Return what is used in each year, (draws, years), by kind and name, over all strategies and years of entry."""
    used: dict[tuple[str, str], Numbers] = {}
    for strategy, people in entering.items():
        profile = profiles[strategy]
        parts = [(("cash", name), values) for name, values in profile.cash.items()]
        parts += [(("cash", TOTAL), values) for values in profile.cash.values()]
        parts += [(("staff", role), values) for role, values in profile.staff_hours.items()]
        parts += [(("capacity", BED_DAYS), profile.bed_days)] if profile.bed_days is not None else []
        for key, values in parts:
            used[key] = used.get(key, 0) + over_entries(people, values)
    return used


def over_entries(entering: Numbers, each: Numbers) -> Numbers:
    """Return what all use in each calendar year, (draws, years), from entries (years,) and use by year since entry."""
    years = len(entering)
    by_year_since_entry = np.atleast_2d(np.asarray(each, dtype=float))[:, :years]
    total = np.zeros((len(by_year_since_entry), years))
    for since in range(by_year_since_entry.shape[1]):
        total[:, since:] += entering[: years - since] * by_year_since_entry[:, [since]]
    return total


def _names(used: Mapping[str, Mapping[tuple[str, str], Numbers]]) -> Iterable[tuple[str, str]]:
    keys = dict.fromkeys(key for service in used.values() for key in service)
    kinds = ("cash", "staff", "capacity")
    return sorted(keys, key=lambda key: (kinds.index(key[0]), key[1] != TOTAL))


def _check_roles(used: Mapping[str, Mapping[tuple[str, str], Numbers]], hours: Mapping[str, float]) -> None:
    roles = [name for kind, name in _names(used) if kind == "staff"]
    if missing := [role for role in roles if not hours.get(role, 0) > 0]:
        raise BadAnalysis(
            f"Hours of {', '.join(missing)} cannot be turned into whole-time equivalents. "
            "Give for each role the worked hours of a full-time year in the trust "
            "(full_time_hours, hours_of_full_time_year)."
        )


def _line(year: int, kind: str, name: str, before: Numbers, after: Numbers, level: float) -> Line:
    pair = np.broadcast_arrays(before, after)
    without, with_change = (values[:, year] for values in pair)
    return Line(
        year + 1,
        kind,
        name,
        spread_of(without, level),
        spread_of(with_change, level),
        spread_of(with_change - without, level),
    )


def _people(year: int, service: str, entering: Mapping[str, Numbers], profiles: Mapping[str, Profile]) -> list[People]:
    rows = []
    for strategy, people in entering.items():
        profile = profiles[strategy]
        share = np.ones(profile.years) if profile.in_service is None else profile.in_service
        seen = over_entries(people, share).mean(axis=0)
        before = seen[year - 1] if year else 0.0
        rows.append(
            People(
                year + 1,
                service,
                strategy,
                float(people[year]),
                float(seen[year]),
                float(before + people[year] - seen[year]),
            )
        )
    return rows


def _negative(value: float | None) -> float | None:
    return None if value is None else -value
