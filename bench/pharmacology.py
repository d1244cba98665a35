"""The kinetic engine beside what its work cannot be cheaper than, and beside a general solver.

Many people: 10,000 people, six infusions in seventeen days, every minute for 167 minutes each. The floor is the time
that this machine takes to write as many numbers. opentiva, the other package that holds ketamine, does not build on
Python 3.11 and newer, and JAX is 620 MB: neither is measured here.
"""

import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from glimmer.guidance import figure
from glimmer.guidance.kinetics import default_model, kinetic_model
from glimmer.pharmacology.body import Bodies, bodies, drawn
from glimmer.pharmacology.crowd import levels_of_many, percentiles_of_many
from glimmer.pharmacology.doses import Infusion
from glimmer.pharmacology.modes import modes_of
from glimmer.pharmacology.predict import predict

DAYS = (0, 3, 7, 10, 14, 17)
SIX = [Infusion(day * 86_400, day * 86_400 + 2400, 35.0) for day in DAYS]
MOMENTS = [day * 86_400 + 60 * minute for day in DAYS for minute in range(1, 168)]
PEOPLE, SHORT_PEOPLE = 10_000, 300
SOLVED, SHORT_SOLVED = 20, 2
AIM_OF_FLOOR, AIM_BEDSIDE_MS = 3.0, 20.0


def best(do: Callable[[], Any], times: int) -> float:
    """Return the shortest of several runs in ms, after one that does not count."""
    do()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        found.append((time.perf_counter() - began) * 1000)
    return min(found)


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return the rows: many people, percentiles in passing, one patient beside the bed."""
    count, times = (SHORT_PEOPLE, 3) if short else (PEOPLE, 30)
    model = kinetic_model("otto2021")
    people = bodies(model, 70.0, drawn(model, count, np.random.default_rng(1)))
    modes = modes_of(people)
    assert modes is not None
    space = np.empty((count, len(MOMENTS)))
    many = best(lambda: levels_of_many(modes, SIX, MOMENTS, out=space), times)
    floor = best(lambda: space.fill(1.0), times)
    solver = solved(people, SHORT_SOLVED if short else SOLVED) * count
    passing = best(lambda: percentiles_of_many(modes, SIX, MOMENTS, [5, 50, 95]), 3)
    whole = best(lambda: np.percentile(levels_of_many(modes, SIX, MOMENTS), [5, 50, 95], axis=0), 1)
    beside = [Infusion(0, 2400, 35.0)]
    bed = best(lambda: predict(default_model("esketamine"), 70.0, beside, range(0, 241 * 60, 60)), times)
    drawn_beside = figure("kinetics", "draws").value
    megabytes = space.nbytes / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    work = f"{count:,} people, six infusions, {len(MOMENTS):,} moments"
    return [
        _row(work, many, "writing as many numbers", floor, f"at most {AIM_OF_FLOOR:g} times the peer",
             many <= AIM_OF_FLOOR * floor, f"{megabytes:.0f} MB into memory used before; process {peak:.0f} MB"),
        _row(work, many, "solve_ivp, one by one, scaled", solver, "", None, "LSODA, relative tolerance 1e-6"),
        _row(f"{work}: percentiles", passing, "of the whole matrix", whole, "", None,
             f"holds {count * 64 * 8 / 1e6:.0f} MB of levels instead of {megabytes:.0f}"),
        _row(f"{drawn_beside:,} people beside the bed, 241 moments", bed, "the aim", AIM_BEDSIDE_MS,
             f"under {AIM_BEDSIDE_MS:g} ms", bed < AIM_BEDSIDE_MS, "band with residual error, without compiled code"),
    ]  # fmt: skip


def solved(people: Bodies, count: int) -> float:
    """Return how many ms a general solver takes for one person, over `count` of them."""
    began = time.perf_counter()
    for one in range(count):
        matrix = people.matrix[one, :3, :3]
        for _ in DAYS:
            held = np.zeros(3)
            for start, end, flow in ((0.0, 40.0, 35.0 / 40), (40.0, 167.0, 0.0)):
                asked = np.arange(start + 1, end + 1)

                def change(_: float, now: Any, flow: float = flow, matrix: Any = matrix) -> Any:
                    moved = matrix @ now
                    moved[0] += flow
                    return moved

                held = solve_ivp(change, (start, end), held, "LSODA", asked, rtol=1e-6, atol=1e-9).y[:, -1]
    return (time.perf_counter() - began) * 1000 / count


def _row(work: str, ours: float, peer: str, peers: float, target: str, met: bool | None, note: str) -> dict[str, Any]:
    return {
        "job": work,
        "ours": round(ours, 2),
        "peer": peer,
        "peer_value": round(peers, 2),
        "ratio": round(ours / peers, 4),
        "unit": "ms",
        "target": target,
        "target_met": met,
        "note": note,
    }
