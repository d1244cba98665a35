"""A month for four bays and 120 patients: the planner beside first come, first served, on the same cases.

Both keep the same rules, judged anew afterwards by those of booking by hand. Time is that of the solver's process from
its start to its answer, as the page waits for it.
"""

import json
import resource
import subprocess
import sys
import time
from statistics import median
from typing import Any

from bench.calendar_month import a_month
from glimmer.guidance import figure
from glimmer.scheduling.planner import Measured, Problem, faults, first_come, measured, placed, problem_of
from glimmer.scheduling.wire import problem_as, solution_from

SEEDS = tuple(range(1, 11))
AIM_SECONDS = 2.0


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return time, sessions delivered and target dates met, each beside first come."""
    seeds = SEEDS[:1] if short else SEEDS
    told = [_month(seed) for seed in seeds]
    seconds, processor = sorted(one[0] for one in told), sorted(one[5] for one in told)
    plans, simple = [one[1] for one in told], [one[2] for one in told]
    wrong, wanted = sum(one[3] for one in told), sum(one[4] for one in told)
    note = f"{len(seeds)} made-up months, {wanted} sessions wanted; rules broken: {wrong}; "
    note += f"slowest {seconds[-1]:.1f} s, of the processor {processor[-1]:.1f} s"
    return [
        {
            "job": "calendar: plan a month, 4 bays and 120 patients",
            "ours": round(median(seconds), 2),
            "peer": "",
            "peer_value": None,
            "ratio": None,
            "unit": "s, median",
            "target": f"under {AIM_SECONDS:g} s",
            "target_met": median(seconds) <= AIM_SECONDS and wrong == 0,
            "note": note,
        },
        _beside("sessions delivered", plans, simple, "delivered"),
        _beside("target dates met", plans, simple, "on_target"),
    ]


def _month(seed: int) -> tuple[float, Measured, Measured, int, int, float]:
    house, wants, first, last = a_month(seed)
    began, used = time.perf_counter(), _processor()
    problem = problem_of(house, wants, first, last)
    chosen = _solved(problem)
    seconds = time.perf_counter() - began
    found = placed(problem, chosen)
    return (
        seconds,
        measured(problem, chosen),
        measured(problem, first_come(problem)),
        len(faults(house, problem, found)),
        len(wants),
        _processor() - used,
    )


def _processor() -> float:
    """Return the seconds that this process and those it waited for have had of the processor."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _solved(problem: Problem) -> Any:
    asked = json.dumps({"problem": problem_as(problem), "seconds": figure("calendar", "planning_seconds").value})
    command = [sys.executable, "-m", "glimmer.scheduling.solver"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    return solution_from(json.loads(done.stdout.splitlines()[-1]))[0]


def _beside(name: str, plans: list[Measured], simple: list[Measured], what: str) -> dict[str, Any]:
    ours, theirs = (sum(getattr(one, what) for one in those) for those in (plans, simple))
    better = sum(getattr(a, what) > getattr(b, what) for a, b in zip(plans, simple, strict=True))
    return {
        "job": f"calendar: {name}",
        "ours": ours,
        "peer": "first come, first served",
        "peer_value": theirs,
        "ratio": round(ours / theirs, 3),
        "unit": "sessions",
        "target": "more than the peer",
        "target_met": ours > theirs,
        "note": f"better in {better} of {len(plans)} months",
    }
