"""Siting in a process of its own: `python -m glimmer.evidence.access.worker` answers one question a line.

It is a process so that no page's process loads numpy. What it says is plain data for `glimmer.web.siting_map`,
`glimmer.web.siting_charts` and their template: every figure as [mean, low, high], low to high holding 95 of 100 draws.
Without a folder of tables it answers on the 68 health bodies that come with Glimmer, and says that this is coarse.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.access.breakdowns import NOT_SAID
from glimmer.evidence.access.candidates import Candidates, doubt_of
from glimmer.evidence.access.compare import compare
from glimmer.evidence.access.disclosure import Disclosure, disclosure
from glimmer.evidence.access.measures import BadMeasures, Measures, limits, measures
from glimmer.evidence.access.need import Need, need
from glimmer.evidence.access.pareto import Point, front
from glimmer.evidence.access.plan import Plan, evaluate
from glimmer.evidence.access.problem import BadProblem, Problem, fewest_clinics, pose
from glimmer.evidence.access.solve import solve
from glimmer.evidence.access.suppress import HIDDEN
from glimmer.evidence.access.tables import BadTable
from glimmer.evidence.access.worker_tables import Tables, candidates_in, hexagons, short_names
from glimmer.evidence.desk import Told, serve
from glimmer.evidence.economics.analysis.spread import Spread, in_three_figures
from glimmer.vocabulary.problems import BadInput

SEED, SECONDS, FRONT_SECONDS = 1, 60.0, 20.0
FEW_AREAS, DRAWS, DRAWS_OF_MANY, FRONT_DRAWS = 1_000, 200, 50, 20
MOST_LISTED, MOST_NEAR, MOST_LEFT_OUT, CURVE_STEPS = 120, 40, 16, 20
# The front: so many clinics, as parts of what was asked for.
FRONT_PARTS = (0.5, 0.75, 1.0, 1.5, 2.0)
# A page waits for it: one weight beside the mean alone.
FRONT_WEIGHTS = (4.0,)
# Fronts that were searched for, so that toggling a site searches nothing again.
MOST_FRONTS = 8
_FRONTS: dict[tuple[object, ...], list[dict[str, Any]]] = {}
BREAKDOWNS = {"tenth": "Tenths of deprivation", "rurality": "Where people live", "nation": "Nation", "age": "Age",
              "sex": "Sex", "ethnicity": "Ethnicity", "cars in the household": "Cars in the household"}  # fmt: skip
# The most deprived fifth is two tenths; far is the third of the limits.
FIFTH, FAR = 2, 60
CHANGED = {"all": "Everybody", "nation": "Nation", "tenth": "Tenth of deprivation", "rurality": "Where people live"}
NO_CAR = (
    "Without a car: not known. No table without_car of those minutes is in the folder; nobody may drive home after a "
    "session, so it matters."
)
# Standard deviations that hold 95 of 100 draws of a normal error.
Z = 1.96
GOALS = {
    "median": "so that people travel the fewest minutes on average",
    "cover": "so that most people are within {within:g} minutes",
    "center": "so that the longest way is as short as can be",
}
Three = list[float | None]


@dataclass(frozen=True)
class Asked:
    """One question, read: the tables of the part of the country, the problem, and who is in need."""

    tables: Tables
    candidates: Candidates
    problem: Problem
    need: Need
    question: Mapping[str, Any]

    @property
    def within(self) -> int:
        """The limit of minutes that counts as within reach."""
        return int(self.question["within"])


def work(asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """Return the answer to one question of the page; raise BadInput in words for what cannot be planned."""
    try:
        return _answered(asked, told)
    except (BadProblem, BadTable, BadMeasures) as wrong:
        raise BadInput(str(wrong)) from wrong


def _answered(question: Mapping[str, Any], told: Told) -> dict[str, Any]:
    asked = _read(question)
    if question["do"] == "sites":
        plan = None
        chosen = tuple(asked.tables.sites.rows(question["sites"]).tolist())
    else:
        plan = solve(asked.problem, seed=SEED, seconds=SECONDS, told=told)
        chosen = plan.sites
    return _shown(asked, plan, chosen, told)


def _read(question: Mapping[str, Any]) -> Asked:
    if question["within"] not in limits():
        raise BadInput(f"Within reach is counted at {', '.join(map(str, limits()))} minutes. Type one of these.")
    tables, those = candidates_in(question["folder"], question["kinds"], question["struck"])
    those.refuse_left_out((*question["sites"], *question["keep"], *question["before"]))
    tables = tables.part(question["where"])
    areas = tables.areas
    draws = DRAWS if len(areas) <= FEW_AREAS else DRAWS_OF_MANY
    people = need(areas, draws, SEED)
    within: dict[str, Any] = {"within": float(question["within"])} if question["objective"] == "cover" else {}
    clinics = len(question["sites"]) if question["do"] == "sites" else int(question["clinics"])
    problem = pose(
        areas,
        tables.sites,
        tables.travel,
        clinics=clinics,
        need=people.central(),
        equity=float(question["equity"]),
        keep=tuple(question["keep"]) if question["do"] == "solve" else (),
        objective=question["objective"],
        floor=int(question["floor"]) if question["do"] == "solve" else 0,
        **within,
    )
    return Asked(tables, those, problem, people, question)


def _shown(asked: Asked, plan: Plan | None, chosen: tuple[int, ...], told: Told) -> dict[str, Any]:
    tables, areas, travel = asked.tables, asked.tables.areas, asked.tables.travel
    served = evaluate(asked.problem, chosen)
    found = measures(areas, travel, chosen, asked.need, seed=SEED, catchments=False)
    minutes = found.nearest.minutes
    hidden = disclosure(areas, asked.need, found.nearest, need_by_area=False)
    sites, unlisted = _sites(asked, chosen, served.assigned, minutes, hidden)
    left = _left_out(asked, minutes, hidden)
    return {
        "title": _title(asked, plan, chosen),
        "says": _says(asked, found),
        "proof": _proof(plan, served.objective, served.unit, is_proxy=travel.is_proxy),
        "candidates": asked.candidates.as_data(),
        "coarse": tables.coarse,
        "where": dict(tables.places)[asked.question["where"]],
        "places": [list(one) for one in tables.places],
        "is_proxy": travel.is_proxy,
        "label": f"Minutes are {travel.label}" if travel.is_proxy else travel.label,
        "limits": list(travel.limits),
        "levels": [float(one) for one in limits()],
        "figures": _figures(asked, found),
        "sites": sites,
        "unlisted": unlisted,
        "areas": {
            "lat": _short(areas.lat), "lon": _short(areas.lon),
            "minutes": [round(float(one), 1) if np.isfinite(one) else None for one in minutes],
        },
        "outlines": tables.outlines,
        "left_out": left,
        "left_out_says": _left_out_says(asked, found, len(left), minutes),
        "hatched": [int(row) for row in _deprived_and_far(asked, minutes)],
        "change": _change(asked, chosen, hidden),
        "hexes": _hexes(asked, found, minutes),
        "curve": _curve(found),
        "groups": [*_groups(found, asked.within, hidden), *_groups_without_car(asked, chosen, hidden)],
        "missing": [*found.missing, *([] if tables.without_car is not None else [NO_CAR])],
        "front": _front(asked, chosen, told) if asked.question["front"] else None,
        "coverage": _coverage(asked) if asked.question["front"] else None,
        "attribution": tables.attribution,
    }  # fmt: skip


def _title(asked: Asked, plan: Plan | None, chosen: Sequence[int]) -> str:
    count = f"{len(chosen)} clinic{'' if len(chosen) == 1 else 's'}"
    if plan is None:
        return f"Just the {count} that you ticked"
    return f"{count}, chosen {GOALS[asked.question['objective']].format(within=asked.within)}"


def _says(asked: Asked, found: Measures) -> list[str]:
    near = _in_percent(found.group("all", "all").within[asked.within])
    worst, places = _three(found.indices["worst_off_minutes"]), _three(found.indices["places_per_need"])
    by_nation = [(one.within[asked.within], one.name) for one in found.groups if one.breakdown == "nation"]
    nations = [f"{name} {_in_percent(share)}" for share, name in sorted(by_nation, key=lambda one: one[0].mean)]
    return [
        f"{near} of adults in need are within {asked.within} minutes one way. To be near is not to be treated: these "
        f"clinics have places for {places[0]:.2f} ({places[1]:.2f} to {places[2]:.2f}) starts a year for each 1,000 "
        f"in need. The worst-off tenth travel {worst[0]:.0f} minutes on average ({worst[1]:.0f} to {worst[2]:.0f}).",
        *([f"Within {asked.within} minutes, the fewest first: {'; '.join(nations)}."] if len(nations) > 1 else []),
    ]


def _in_percent(share: Spread) -> str:
    mean, low, high = _three(share, 100)
    return f"{mean:.0f} % ({low:.0f} to {high:.0f})"


def _proof(plan: Plan | None, objective: float, unit: str, *, is_proxy: bool) -> str:
    shown = f"{objective:.1f} minutes" if unit == "minutes" else f"{100 * objective:.1f} % of need"
    if plan is None:
        return f"Nothing was searched for. By the goal above these sites reach {shown}, by the middle estimate."
    by = "by these estimated minutes" if is_proxy else "by these tables"
    if plan.is_proven:
        sure = f"No other choice of as many sites is better {by}: that is proven."
    else:
        sure = f"No other choice can be better {by} by more than {100 * plan.gap:.2f} %: that is proven."
    cut = " The time was over before the search was." if plan.is_cut_short else ""
    return f"It reaches {shown}, by the middle estimate. {sure}{cut} Seed {plan.seed}."


def _figures(asked: Asked, found: Measures) -> list[dict[str, Any]]:
    everybody, within = found.group("all", "all"), asked.within
    rows = [
        ("Minutes one way, on average", "minutes", _three(everybody.minutes), 0),
        ("Minutes of the worst-off tenth", "minutes", _three(found.indices["worst_off_minutes"]), 0),
        *((f"Adults in need within {limit} minutes", "%", _three(everybody.within[limit], 100), 0)
          for limit in sorted({*everybody.within, within})),
        ("Places for each 1,000 adults in need", "starts a year", _three(found.indices["places_per_need"]), 2),
        ("Adults in need", "people", in_three_figures(_three(everybody.in_need)), 0),
        (f"Adults farther than {found.beyond.limit} minutes", "people",
         in_three_figures(_three(found.beyond.adults)), 0),
    ]  # fmt: skip
    return [{"title": title, "unit": unit, "value": value, "digits": digits} for title, unit, value, digits in rows]


def _sites(
    asked: Asked, chosen: Sequence[int], assigned: NDArray[Any], minutes: NDArray[Any], hidden: Disclosure
) -> tuple[list[dict[str, Any]], int]:
    """Return the open sites and those that could be: all of them, or of many those nearest to who is worst off."""
    sites, travel = asked.tables.sites, asked.tables.travel
    is_open = np.zeros(len(sites), bool)
    is_open[list(chosen)] = True
    others = np.flatnonzero(~is_open).tolist()
    if len(others) > MOST_LISTED:
        burden = np.where(np.isfinite(minutes), minutes, minutes[np.isfinite(minutes)].max(initial=0.0) * 2)
        worst = np.argsort(-burden * asked.need.central(), kind="stable")[: 4 * MOST_NEAR]
        near = travel.minutes[worst].copy()
        near[:, list(chosen)] = np.inf
        others = list(dict.fromkeys(near.argmin(axis=1).tolist()))[:MOST_NEAR]
    people = asked.need.people()
    rows = []
    for row in [*chosen, *sorted(others)]:
        mine = np.flatnonzero(assigned == row)
        rows.append(
            {"code": str(sites.code[row]), "name": str(sites.name[row]), "lat": float(sites.lat[row]),
             "lon": float(sites.lon[row]), "is_open": bool(is_open[row]), "kind": str(sites.kind[row]),
             "check": doubt_of(str(sites.name[row])),
             "where": asked.tables.body_name(str(sites.health_body[row])) if not asked.tables.coarse else "",
             "people": in_three_figures(_spread(people[:, mine].sum(axis=1)))
             if is_open[row] and not hidden.no_need_at(row) else None,
             "few": bool(is_open[row]) and hidden.no_need_at(row)}
        )  # fmt: skip
    return rows, len(sites) - len(rows)


def _left_out(asked: Asked, minutes: NDArray[Any], hidden: Disclosure) -> list[dict[str, Any]]:
    """Return the places beyond the limit with most adults of each nation, by name; a small count is not told.

    A nation of small areas would otherwise hide behind one of large ones. The nation that is farthest comes first.
    """
    areas, travel = asked.tables.areas, asked.tables.travel
    error = float(np.hypot(travel.error_common, travel.error_own))
    rows = np.flatnonzero((minutes > asked.within) & (areas.adults > 0))
    rows = rows[np.lexsort((areas.code[rows], -areas.adults[rows]))]
    far = {one: areas.adults[rows[areas.nation[rows] == one]].sum() / areas.adults[areas.nation == one].sum()
           for one in np.unique(areas.nation[rows]).tolist()}  # fmt: skip
    nations = sorted(far, key=lambda one: (-far[one], one))
    each = MOST_LEFT_OUT // max(len(nations), 1)
    rows = np.concatenate([rows[areas.nation[rows] == one][:each] for one in nations]) if nations else rows
    return [
        {
            "nation": str(areas.nation[row]),
            "name": f"{areas.name[row]}{asked.tables.district(int(row))}",
            "adults": HIDDEN if hidden.adults.rows[row] else f"{areas.adults[row]:,.0f}",
            "minutes": [float(minutes[row] * np.exp(sign * Z * error)) for sign in (0, -1, 1)]
            if np.isfinite(minutes[row])
            else None,
        }
        for row in rows
    ]


def _left_out_says(asked: Asked, found: Measures, listed: int, minutes: NDArray[Any]) -> str:
    far = int((minutes > asked.within).sum())
    mean, low, high = in_three_figures(_three(found.beyond.adults))
    more = f" The {listed} with most adults, alike for each nation, are listed." if far > listed else ""
    return (
        f"{far} of {len(minutes)} places are farther than {asked.within} minutes by the middle estimate.{more} "
        f"Adults farther than {found.beyond.limit} minutes: {mean:,.0f} ({low:,.0f} to {high:,.0f})."
    )


def _deprived_and_far(asked: Asked, minutes: NDArray[Any]) -> NDArray[Any]:
    """Return the areas of the most deprived fifth of their nation that are beyond an hour, as rows."""
    areas = asked.tables.areas
    return np.flatnonzero((areas.imd_decile <= FIFTH) & (minutes > FAR) & (areas.adults > 0))


def _change(asked: Asked, chosen: Sequence[int], hidden: Disclosure) -> dict[str, Any] | None:
    """Return what these sites change against those that were there before, if any were named."""
    if not asked.question["before"]:
        return None
    tables = asked.tables
    before = tables.sites.rows(asked.question["before"]).tolist()
    found = compare(tables.areas, tables.travel, sorted(set(before)), chosen, asked.need, seed=SEED)
    few = hidden.adults.groups
    return {
        "before": sorted(set(asked.question["before"])),
        "areas": [None if np.isnan(one) else round(float(one), 1) for one in found.areas],
        "groups": [
            {"title": CHANGED[one.breakdown], "name": _group_name(one.breakdown, one.name),
             "before": _three(one.before), "after": _three(one.after), "less": _three(one.less)}
            for one in found.groups if one.name not in few[one.breakdown] and one.name != NOT_SAID
        ],
    }  # fmt: skip


def _hexes(asked: Asked, found: Measures, minutes: NDArray[Any]) -> list[dict[str, Any]]:
    """Return the health bodies of the part that is looked at, with their places in the cartogram."""
    there = {one.name: one for one in found.groups if one.breakdown == "health body"}
    rows: list[dict[str, Any]] = []
    hatched = set(asked.tables.areas.health_body[_deprived_and_far(asked, minutes)].tolist())
    for code, name, column, row in hexagons():
        if code in there:
            rows.append({"code": code, "name": name, "short": short_names()[code], "column": column, "row": row,
                         "minutes": _three(there[code].minutes), "is_hatched": code in hatched})  # fmt: skip
    if not rows:
        return []
    left, top = min(one["column"] for one in rows), min(one["row"] for one in rows)
    top -= top % 2
    return [{**one, "column": one["column"] - left, "row": one["row"] - top} for one in rows]


def _curve(found: Measures) -> dict[str, Any] | None:
    name = "concentration_of_minutes"
    if name not in found.indices or name not in found.curves:
        return None
    curve = found.curves[name]
    people = np.linspace(0, 1, CURVE_STEPS + 1)
    burden = np.interp(people, curve.people, curve.total)
    return {"people": _short(people), "burden": _short(burden), "index": _three(found.indices[name])}


def _groups_without_car(asked: Asked, chosen: Sequence[int], hidden: Disclosure) -> list[dict[str, Any]]:
    """Return the same groups by the minutes of those without a car, if they are known."""
    on_foot = asked.tables.without_car
    if on_foot is None:
        return []
    found = measures(asked.tables.areas, on_foot, chosen, asked.need, seed=SEED, catchments=False)
    return [{**one, "title": f"{one['title']}, without a car"} for one in _groups(found, asked.within, hidden)]


def _groups(found: Measures, within: int, hidden: Disclosure) -> list[dict[str, Any]]:
    """Return the groups that are put side by side, each with its share within reach; groups of few are left out."""
    shown = []
    few_in = hidden.no_adults_of(found)
    for breakdown, title in BREAKDOWNS.items():
        rows = [
            one for one, few in zip(found.groups, few_in, strict=True)
            if one.breakdown == breakdown and one.name != NOT_SAID and not few
        ]  # fmt: skip
        if breakdown == "tenth":
            rows = sorted(rows, key=lambda one: int(one.name))
        if len(rows) > 1:
            shown.append({"title": title, "rows": [
                {"name": _group_name(breakdown, one.name), "share": _three(one.within[within], 100)} for one in rows
            ]})  # fmt: skip
    return shown


def _group_name(breakdown: str, name: str) -> str:
    if breakdown != "tenth":
        return name[:1].upper() + name[1:]
    return {"1": "1, most deprived", "10": "10, least deprived"}.get(name, name)


def _front(asked: Asked, chosen: tuple[int, ...], told: Told) -> list[dict[str, Any]]:
    """Return the plans that no other beats in clinics, minutes on average and minutes of the worst-off tenth."""
    key = _front_key(asked)
    if key not in _FRONTS:
        while len(_FRONTS) >= MOST_FRONTS:
            del _FRONTS[next(iter(_FRONTS))]
        _FRONTS[key] = _searched(asked, int(asked.question["clinics"]), told)
    here = _measured(asked, chosen)
    plans = [here, *(one for one in _FRONTS[key] if sorted(one["sites"]) != sorted(here["sites"]))]
    shown = [{**one, "is_here": one is here} for one in plans]
    return sorted((one for one in shown if not _is_beaten(one, shown)), key=lambda one: one["average"][0])


def _front_key(asked: Asked) -> tuple[object, ...]:
    question = asked.question
    return (question["folder"], question["where"], float(question["equity"]), int(question["clinics"]),
            int(question["within"]), int(question["floor"]), tuple(question["keep"]), tuple(question["kinds"]),
            tuple(sorted(question["struck"].items())))  # fmt: skip


def _coverage(asked: Asked) -> list[dict[str, Any]]:
    """Return what fewer and more clinics reach, each at the plan with the fewest minutes, by their number."""
    rows = [one for one in _FRONTS[_front_key(asked)] if one["is_least"]]
    shown = [{name: one[name] for name in ("clinics", "within", "average")} for one in rows]
    return sorted(shown, key=lambda one: int(one["clinics"]))


def _searched(asked: Asked, count: int, told: Told) -> list[dict[str, Any]]:
    """Return plans with fewer and more clinics than were asked for, by the same rules, each measured."""
    many, kept = len(asked.tables.sites), asked.tables.sites.rows(asked.question["keep"]).tolist()
    problem = replace(asked.problem, objective="median", within=None, clinics=many,
                      floor=int(asked.question["floor"]), keep=tuple(kept))  # fmt: skip
    # Fewer than the rules need would be no plan.
    least = max(1, fewest_clinics(problem))
    wanted = sorted({min(max(least, round(count * part)), many) for part in FRONT_PARTS})
    found = front(problem, wanted, weights=FRONT_WEIGHTS, seed=SEED, seconds=FRONT_SECONDS, told=told)
    return [{**_measured(asked, one.served.sites), "proof": _proof_of(one), "is_least": one.weight == 0}
            for one in found]  # fmt: skip


def _proof_of(point: Point) -> str:
    """Say what is proven of a plan of the front: of the mean alone, or of the mean and the worst-off tenth together."""
    what = "the average" if point.weight == 0 else f"the average plus {point.weight:g} times the worst-off tenth"
    if point.is_proven:
        return f"Proven: with as many clinics {what} could be {100 * point.gap:.1f} % less at most"
    return f"Not proven: with as many clinics {what} could be up to {100 * point.gap:.0f} % less"


def _measured(asked: Asked, sites: tuple[int, ...]) -> dict[str, Any]:
    draws = FRONT_DRAWS if len(asked.tables.areas) > FEW_AREAS else DRAWS
    found = measures(asked.tables.areas, asked.tables.travel, sites, need(asked.tables.areas, draws, SEED), seed=SEED,
                     catchments=False)  # fmt: skip
    return {
        "clinics": len(sites),
        "average": _three(found.group("all", "all").minutes),
        "worst": _three(found.indices["worst_off_minutes"]),
        "within": _three(found.group("all", "all").within[asked.within], 100),
        "sites": [str(asked.tables.sites.code[row]) for row in sites],
        "proof": "What it is proven to be stands above",
    }


def _is_beaten(one: Mapping[str, Any], plans: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether another plan is as good in everything and better in something; the asker's own is never dropped."""
    mine = (one["clinics"], one["average"][0], one["worst"][0])
    theirs = [(other["clinics"], other["average"][0], other["worst"][0]) for other in plans if other is not one]
    return not one["is_here"] and any(
        all(a <= b for a, b in zip(other, mine, strict=True)) and other != mine for other in theirs
    )


def _three(spread: Any, times: float = 1) -> list[float]:
    return [float(spread.mean) * times, float(spread.low) * times, float(spread.high) * times]


def _spread(values: NDArray[Any]) -> list[float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return [float(values.mean()), float(low), float(high)]


def _short(values: NDArray[Any]) -> list[float]:
    return [round(float(one), 4) for one in values]


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout, work)
