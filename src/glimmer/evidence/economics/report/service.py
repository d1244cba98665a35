"""The service that is planned, from a file: who becomes eligible, what they take up, and whose health pays for it.

    [budget]
    eligible = [100, 120, 120, 120, 120]     # people a year; one number is for each of five years
    [budget.without]                         # shares that add up to 1 in every year
    usual_care = 1
    [budget.with]
    usual_care = [0.9, 0.8, 0.7, 0.7, 0.7]
    iv_maintained = [0.1, 0.2, 0.3, 0.3, 0.3]
    [budget.full_time_hours]                 # worked hours of a full-time year, by role of the protocol
    nurse = 1600
    psychiatrist = 1600
    pharmacist = 1600
    [equity]
    strategy = "iv_maintained"
    aversion = [0, 1, 10]                    # Atkinson; nobody but the decision maker can set it
    [[equity.groups]]                        # the most deprived first
    name = "Most deprived fifth"
    people = 100000
    baseline_qale = 62
    treated = 15
    opportunity_share = 0.26

Nothing of it is guessed: a part that is not in the file has no result.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from glimmer.evidence.economics.analysis import (
    BudgetImpact,
    Equity,
    Group,
    Profile,
    Service,
    budget_impact,
    equity_of,
)
from glimmer.evidence.economics.analysis.budget import YEARS
from glimmer.evidence.economics.expressions import closest
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

BUDGET = ("eligible", "without", "with", "full_time_hours")
EQUITY = ("strategy", "aversion", "groups")


class BadService(ValueError):
    """A file of a planned service is not as it must be. The message names the part and what to write."""


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """The tables of the file, with their names checked; values are checked where they are used."""

    budget: Mapping[str, Any] | None
    equity: Mapping[str, Any] | None


def read_service(path: Path) -> ServicePlan:
    """Return the plan of a TOML file; raise BadService saying what is wrong with it."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as problem:
        raise BadService(f"There is no file {path}.") from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise BadService(f"{path.name} cannot be read as text.") from problem
    except tomllib.TOMLDecodeError as problem:
        raise BadService(f"{path.name} is not valid TOML: {problem}.") from problem
    _only(tables, ("budget", "equity"), path.name)
    for part, known in (("budget", BUDGET), ("equity", EQUITY)):
        if part in tables:
            _only(tables[part], known, f"[{part}]")
            missing = [name for name in known if name not in tables[part]]
            if missing:
                raise BadService(f"[{part}] needs {', '.join(missing)}.")
    return ServicePlan(tables.get("budget"), tables.get("equity"))


def budget_of(plan: ServicePlan, profiles: Callable[[int], Mapping[str, Profile]]) -> BudgetImpact | None:
    """Return the budget impact of the plan; `profiles(years)` gives what a person on each strategy uses by year."""
    if plan.budget is None:
        return None
    said = plan.budget["eligible"]
    years = len(said) if isinstance(said, list) else YEARS
    return budget_impact(
        _yearly(said, years, "eligible"),
        profiles(years),
        Service(_shares(plan.budget["without"], years, "without")),
        Service(_shares(plan.budget["with"], years, "with")),
        hours_of_full_time_year={
            role: float(_number(hours, role)) for role, hours in _table(plan.budget, "full_time_hours").items()
        },
    )


def equity_from(plan: ServicePlan, outcomes: Outcomes, threshold: float) -> Equity | None:
    """Return who gains and who pays by the plan, at what a QALY costs elsewhere (currency per QALY)."""
    if plan.equity is None:
        return None
    strategy = str(plan.equity["strategy"])
    if strategy not in outcomes.strategies:
        near = closest(strategy, outcomes.strategies)
        there = ", ".join(outcomes.strategies)
        raise BadService(f"[equity]: there is no result of strategy {strategy!r}.{near} There is: {there}.")
    said = plan.equity["aversion"]
    aversions = [_number(one, "aversion") for one in (said if isinstance(said, list) else [said])]
    return equity_of(outcomes, strategy, _groups(plan.equity["groups"]), threshold, aversions)


def _groups(said: Any) -> list[Group]:
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise BadService("[[equity.groups]] must be tables, one for each group.")
    known = tuple(one.name for one in fields(Group))
    found = []
    for one in said:
        _only(one, known, "[[equity.groups]]")
        missing = [name for name in known if name not in one]
        if missing:
            raise BadService(f"[[equity.groups]] {one.get('name', '')!r} needs {', '.join(missing)}.")
        found.append(Group(str(one["name"]), *(_number(one[name], name) for name in known[1:])))
    return found


def _shares(said: Any, years: int, service: str) -> dict[str, Numbers]:
    if not isinstance(said, dict) or not said:
        raise BadService(f"[budget.{service}] must name strategies with their shares, such as usual_care = 1.")
    return {name: _yearly(shares, years, f"budget.{service}.{name}") for name, shares in said.items()}


def _yearly(said: Any, years: int, name: str) -> Numbers:
    each = said if isinstance(said, list) else [said] * years
    if len(each) != years:
        raise BadService(f"{name} has {len(each)} values, but the budget has {years} years.")
    found = np.array([_number(one, name) for one in each], float)
    if (found < 0).any():
        raise BadService(f"{name} is below 0 in a year. Give 0 or more.")
    return found


def _number(said: Any, name: str) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not np.isfinite(said):
        raise BadService(f"{name} is {said!r}, but must be a number.")
    return float(said)


def _table(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not isinstance(of[name], dict):
        raise BadService(f"[budget.{name}] must be a table.")
    found: Mapping[str, Any] = of[name]
    return found


def _only(said: Any, known: tuple[str, ...], who: str) -> None:
    if not isinstance(said, dict):
        raise BadService(f"{who} must be a table.")
    for name in said:
        if name not in known:
            raise BadService(f"{who} has no {name!r}.{closest(name, known)} It may hold {', '.join(known)}.")
