"""The roll-out of a service for its page: clinics by year, who starts and waits, by nation, and the funnel.

What it says is plain data: every figure as [mean, low, high], low to high holding 95 of 100 draws.
"""

from collections.abc import Mapping
from typing import Any

from glimmer.evidence.access.need import need
from glimmer.evidence.access.problem import BadProblem, pose
from glimmer.evidence.access.solve import solve
from glimmer.evidence.access.tables import BadTable
from glimmer.evidence.access.worker_tables import Tables, tables_in
from glimmer.evidence.capacity.clinic import Clinic
from glimmer.evidence.capacity.national import Service, national
from glimmer.evidence.capacity.network import sessions_a_week
from glimmer.evidence.capacity.pathway import Pathway
from glimmer.evidence.capacity.questions import target
from glimmer.evidence.capacity.sentences import so_many
from glimmer.evidence.capacity.worker_views import Three, ends
from glimmer.evidence.desk import Told
from glimmer.evidence.economics.analysis.spread import in_three_figures
from glimmer.vocabulary.problems import BadInput

SEED, DRAWS = 1, 100
# How long the best sites are looked for; what is found by then is shown with its gap.
SECONDS = 40.0
# How much of the whole work is looking for sites.
SITES_PART = 0.3
MOST_FOUND = 8
_FOUND: dict[tuple[str, str, int], tuple[tuple[str, ...], float]] = {}


def roll_out_answer(asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """Return the answer to one question of the page; raise BadInput in words for what cannot be planned."""
    try:
        return _answered(asked, told)
    except (BadProblem, BadTable) as wrong:
        raise BadInput(str(wrong)) from wrong


def _answered(asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    tables = tables_in(asked["folder"]).part(asked["where"])
    parts = 1000
    codes, gap = _sites(
        asked, tables, lambda done, of: told(round(parts * SITES_PART * min(done / max(of, 1), 1)), parts)
    )
    pathway = Pathway.from_protocol(months=asked["months"]).every(int(asked["interval_days"]))
    clinic = Clinic.example().with_chairs(int(asked["chairs"]))
    clinic = clinic.with_staff(nurses=int(asked["nurses"]), doctors=int(asked["doctors"]))
    workforce = [asked["workforce"] + year * asked["more_a_year"] for year in range(int(asked["years"]))]
    found = national(
        tables.areas, tables.sites, tables.travel, tables.sites.rows(codes).tolist(), clinic, pathway,
        staff=float(asked["staff"]), workforce=workforce, within=float(asked["within"]), draws=DRAWS, seed=SEED,
        told=lambda done, of: told(round(parts * (SITES_PART + (1 - SITES_PART) * done / max(of, 1))), parts),
    )  # fmt: skip
    return _shown(tables, found, pathway, clinic, gap)


def _sites(asked: Mapping[str, Any], tables: Tables, told: Told) -> tuple[tuple[str, ...], float]:
    """Return the best sites of a plan and how far from the best they may be, the same for whatever else is asked."""
    key = asked["folder"], asked["where"], int(asked["clinics"])
    if key not in _FOUND:
        if len(_FOUND) >= MOST_FOUND:
            del _FOUND[next(iter(_FOUND))]
        # By need and not by adults, so that the page of siting finds the same sites.
        weights = need(tables.areas, DRAWS, SEED).central()
        problem = pose(tables.areas, tables.sites, tables.travel, clinics=key[2], need=weights)
        plan = solve(problem, seed=SEED, seconds=SECONDS, told=told)
        _FOUND[key] = plan.codes, float(plan.gap)
    return _FOUND[key]


def _as_known(count: Three) -> Three:
    """Return an estimate to three figures; what was counted has no interval and stays as it is."""
    return count if count[1] == count[2] else in_three_figures(count)


def _shown(tables: Tables, found: Service, pathway: Pathway, clinic: Clinic, gap: float) -> dict[str, Any]:
    said = found.answer()
    years, network = said["years"], said["network"]
    return {
        "title": _title(years, said["within"]),
        "says": [
            pathway.maintenance_in_words,
            f"Each clinic has {so_many(clinic.chairs, 'chair')}, {so_many(clinic.most_on_duty()['nurses'], 'nurse')} "
            f"and {so_many(clinic.most_on_duty()['doctors'], 'doctor')} on duty at once, open on weekdays: it holds "
            f"about {sessions_a_week(clinic, pathway):.0f} sessions a week.",
            f"The sites are those with the fewest minutes on average; no plan of so many is more than {100 * gap:.1f} "
            "% better. They open in the order in which each newly reaches most people in need for its staff.",
        ],
        "coarse": tables.coarse,
        "label": f"Minutes are {tables.travel.label}" if tables.travel.is_proxy else tables.travel.label,
        "attribution": tables.attribution,
        "places": [list(one) for one in tables.places],
        "draws": DRAWS,
        "seed": SEED,
        "within": said["within"],
        "years": [_year(row) for row in years],
        "nations": [_nation(row) for row in said["nations"]],
        "fifths": [_group(row) for row in network["groups"]],
        "openings": [
            {"year": row["year"], "code": row["code"], "name": row["name"], "reached": row["newly within reach"]}
            for row in said["openings"]
        ],
        "left": len(said["not opened"]),
        "funnel": [
            {"step": row["step"], "unit": row["unit"], "count": _as_known(ends(row["count"])),
             "share": None if row["of those before"] is None else ends(row["of those before"], 100)}
            for row in said["funnel"]
        ],
        "figures": [
            {"title": "Weeks from referral to start, of those who started",
             "value": _or_none(network["weeks to start"])},
            {"title": f"Started within {target()[1]:g} weeks, of those who started, %",
             "value": _or_none(network["share within target"], 100)},
            {"title": "Minutes each way, of those who started", "value": _or_none(network["minutes each way"])},
            {"title": "Of the sessions that clinics hold, used in the last year, %",
             "value": _or_none(network["use in the last year"], 100)},
        ],
    }  # fmt: skip


def _title(years: list[dict[str, Any]], within: float) -> str:
    last = years[-1]
    started, reach = last["started"], last["in need within reach"]
    clinics = f"{last['clinics open']} clinic{'' if last['clinics open'] == 1 else 's'}"
    return (
        f"By year {last['year']}, {clinics} start {started['mean']:,.0f} people a year ({started['low']:,.0f} to "
        f"{started['high']:,.0f}), and {100 * reach['mean']:.0f} % of people in need ({100 * reach['low']:.0f} to "
        f"{100 * reach['high']:.0f}) live within {within:g} minutes"
    )


def _year(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "year": row["year"],
        "clinics": row["clinics open"],
        "staff": row["staff"],
        "workforce": row["workforce"],
        "reach": ends(row["in need within reach"], 100),
        **{name: ends(row[key]) for name, key in (
            ("referred", "referred"), ("started", "started"), ("again", "started again"), ("further", "went further"),
            ("beyond", "beyond reach"), ("gave_up", "gave up"), ("waiting", "waiting"), ("maintained", "maintained"))},
    }  # fmt: skip


def _nation(row: Mapping[str, Any]) -> dict[str, Any]:
    last = row["years"][-1]
    return _group(row) | {
        "clinics": [one["clinics open"] for one in row["years"]],
        "reach": ends(last["in need within reach"], 100),
    }


def _group(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": row["group"],
        "started": ends(row["started"]),
        "share": _or_none(row["started of those referred"], 100),
        "beyond": _or_none(row["beyond reach"], 100),
        "minutes": _or_none(row["minutes each way"]),
        "weeks": _or_none(row["weeks to start"]),
    }


def _or_none(said: Mapping[str, float | None] | None, times: float = 1) -> Three | None:
    return None if said is None else ends(said, times)
