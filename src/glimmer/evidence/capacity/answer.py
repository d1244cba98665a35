"""Everything that is said of a run, as plain data for pages, commands and files: no figure without its interval."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glimmer import __version__
from glimmer.evidence.capacity.clinic import WEEK_DAYS
from glimmer.evidence.capacity.queues import mmc, sessions_per_start
from glimmer.evidence.capacity.results import MONTHS_A_YEAR, RESOURCES, SERIES, STOCKS, WEEKS_A_YEAR, Simulated, spread

MEDIAN = 0.5


def answer(found: Simulated, aim: tuple[float, float] | None = None) -> dict[str, Any]:
    """Return the answer of a run; every figure is {"mean", "low", "high"} over the draws, low to high holding 95 %.

    `aim` is the share that should start and within how many weeks, the standard where it is left out. An end that is
    None is not finite: the share was not reached within the run. A figure that is None cannot be given.
    """
    asked = found.asked
    return {
        "clinic": _clinic(found),
        "pathway": {
            "protocols": list(asked.pathway.protocols),
            "maintenance days": list(asked.pathway.maintenance_days),
            "maintenance": asked.pathway.maintenance_in_words,
            "maintenance ends after months": asked.pathway.maintenance_months,
            "maintenance sessions at most": asked.pathway.maintenance_sessions or None,
        },
        "run": {
            "years": asked.years,
            "weeks": found.weeks,
            "draws": asked.draws,
            "seed": asked.seed,
            "version": __version__,
        },
        "said": assumptions(found),
        "wait": _wait(found, aim or found.target()),
        "waiting list": _waiting(found),
        "per year": {
            name: spread(found.weekly(name).sum(axis=1) / found.weeks * WEEKS_A_YEAR)
            for name in SERIES
            if name not in STOCKS
        },
        "use": {name: spread(found.utilisation(name)) for name in RESOURCES},
        "vials a month": spread(found.vials().sum(axis=1) / found.weeks * WEEKS_A_YEAR / MONTHS_A_YEAR),
        "sessions on a later day than due": spread(found.late()),
        "in the long run": long_run(found),
        "books": {"little": found.balance()},
        "inputs": asked.inputs.rows(),
    }


def assumptions(found: Simulated) -> list[str]:
    """Return what has to be known to read the run, as sentences."""
    asked, present = found.asked, found.asked.present
    said = []
    if present.waiting or present.maintained:
        said.append(
            f"It begins with {len(present.waiting)} people waiting and {len(present.maintained)} in maintenance."
        )
    if not present.maintained:
        nobody = "nobody is" if present.waiting else "nobody waits and nobody is"
        said.append(
            f"It begins as if {nobody} in treatment, which flatters the first years of a clinic that is already "
            "running."
        )
    if asked.clinic.opening.assumed:
        said.append("Opening hours are assumed until the clinic's own are entered.")
    proposals = [row["input"] for row in asked.inputs.rows() if row["evidence"] == "proposal"]
    if proposals:
        said.append(
            f"{len(proposals)} inputs are proposals of this project and no findings: {', '.join(map(str, proposals))}."
        )
    said.append(asked.pathway.maintenance_in_words)
    said.append("The rota is worked as it stands: sickness and leave are in it only where the rota holds them.")
    return said


def _clinic(found: Simulated) -> dict[str, Any]:
    clinic = found.asked.clinic
    hours_a_week = {name: minutes / 60 / found.weeks for name, minutes in found.minutes_there.items()}
    return {
        "name": clinic.name,
        "nation": clinic.nation,
        "chairs": clinic.chairs,
        "patients one nurse watches": clinic.nurse_share,
        "begins": clinic.begins.isoformat(),
        "stated": clinic.stated,
        "hours a week": {
            "chairs": hours_a_week["chairs"],
            "nurses": hours_a_week["nurses"] / clinic.nurse_share,
            "doctors": hours_a_week["doctors"],
            "assessors": hours_a_week["assessors"],
        },
    }


def _wait(found: Simulated, aim: tuple[float, float]) -> dict[str, Any]:
    share, weeks = aim
    within = found.waits.within(weeks)
    return {
        "target share": share,
        "target weeks": weeks,
        "within target": spread(within),
        "of today's list within target": spread(found.of_list_within(weeks)),
        "of today's list late already": found.late_already(weeks),
        "chance that the target is met": chance(within >= share) if within is not None else None,
        "median weeks": _weeks(found, MEDIAN),
        "weeks for the target share": _weeks(found, share),
    }


def _weeks(found: Simulated, share: float) -> dict[str, float | None] | None:
    days = found.waits.days_until(share)
    said = spread(days / WEEK_DAYS)
    middle = float(np.quantile(days, 0.5, method="lower")) / WEEK_DAYS
    return said and said | {
        "middle": middle if np.isfinite(middle) else None,
        "not reached": float(np.isinf(days).mean()),
    }


def chance(happened: Any) -> dict[str, float]:
    """Return the share of draws in which something happened, with Wilson's 95 % interval for so many draws."""
    count, share, z = len(happened), float(np.mean(happened)), 1.959963984540054
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return {"mean": share, "low": max(0.0, float(middle - half)), "high": min(1.0, float(middle + half))}


def _waiting(found: Simulated) -> dict[str, Any]:
    ends = [min(found.weeks, round(year * WEEKS_A_YEAR)) for year in range(1, int(np.ceil(found.asked.years)) + 1)]
    waiting, care = found.weekly("waiting"), found.weekly("in care")
    return {
        "at the end of year": [
            {"year": year, "waiting": spread(waiting[:, end - 1]), "in care": spread(care[:, end - 1])}
            for year, end in enumerate(ends, 1)
        ],
        "at the start": len(found.asked.present.waiting),
    }


@dataclass(frozen=True)
class _Demand:
    """What is asked of each resource over what there is, draw by draw, and what it comes of."""

    starts: Any
    sessions_a_week: Any
    sessions_per_start: Any
    there: dict[str, float]
    loads: dict[str, Any]


def keeps_up(found: Simulated) -> Any:
    """Return in which draws what is asked without end is less than there is of everything: else the list grows.

    By sums that know nothing of the simulation. Whoever is needed and never there cannot keep up.
    """
    return _is_less(_demand(found))


def _is_less(demand: _Demand) -> Any:
    return np.all([load < 1 for load in demand.loads.values()], axis=0)


def _demand(found: Simulated) -> _Demand:
    values, pathway = dict(found.values), found.asked.pathway
    starts = values["referrals_per_week"] * values["accepted"] * values["goes_on"]
    per = sessions_per_start(pathway, values)
    there = {name: minutes / found.weeks for name, minutes in found.minutes_there.items()}
    again = values["did_not_attend"] / np.maximum(1 - values["did_not_attend"], 0.01)
    course, kept = starts * (per.course + per.later_course), starts * per.maintenance
    lost = (course + kept) * again * pathway.no_show_minutes
    seen = values["referrals_per_week"] * values["accepted"]
    assessing = seen * (pathway.assessment_minutes + again * pathway.no_show_minutes)
    asked = {
        "chairs": course * pathway.course.chair_minutes + kept * pathway.maintenance.chair_minutes + lost,
        "nurses": course * pathway.course.nurse_minutes + kept * pathway.maintenance.nurse_minutes + lost,
        "doctors": course * pathway.course.doctor_minutes + kept * pathway.maintenance.doctor_minutes + lost,
        "assessors": assessing,
    }
    if found.asked.clinic.doctors_assess:
        asked["doctors"] = asked["doctors"] + asked.pop("assessors")
    loads = {
        name: minutes / there[name] if there[name] > 0 else np.where(minutes > 0, np.inf, 0.0)
        for name, minutes in asked.items()
    }
    return _Demand(starts, course + kept, per.sessions, there, loads)


def long_run(found: Simulated) -> dict[str, Any]:
    """Return what the clinic would come to without end, by sums that know nothing of the simulation.

    "load" is what is asked of a resource over what there is: above 1 the list grows for ever, and None where somebody
    is needed who is never there. The wait for a chair is that of M/M/c on as many servers as chairs and nurses' places
    allow, halved as sessions hardly vary in length (Allen and Cunneen); it knows no shifts and no rhythm of days.
    """
    demand = _demand(found)
    return {
        "sessions of each who starts": spread(demand.sessions_per_start),
        "starts a year": spread(demand.starts * WEEKS_A_YEAR),
        "sessions a week": spread(demand.sessions_a_week),
        "load": {name: spread(load) if np.isfinite(load).all() else None for name, load in demand.loads.items()},
        "chance that it keeps up": chance(_is_less(demand)),
        "hours until a chair is free": _chair_wait(found, demand.sessions_a_week, demand.there),
    }


def _chair_wait(found: Simulated, sessions: Any, there: dict[str, float]) -> dict[str, float | None] | None:
    clinic = found.asked.clinic
    if not clinic.chairs or not there["chairs"]:
        return None
    open_minutes = there["chairs"] / clinic.chairs
    servers = min(clinic.chairs, int(there["nurses"] // open_minutes) or 1)
    minutes = found.asked.pathway.course.chair_minutes
    waits = np.array([mmc(float(one) / open_minutes, minutes, servers).mean_wait for one in sessions]) / 2 / 60
    middle = float(np.median(waits))
    low_and_high = spread(waits) or {}
    # Where the load passes the servers the wait has no end, and so no mean.
    return low_and_high | {
        "median": middle if np.isfinite(middle) else None,
        "without end": float(np.isinf(waits).mean()),
    }
