"""The kinetic engine beside what its work cannot be cheaper than, and beside other engines (`kinetic_peers.py`).

Many people: 10,000 people, six infusions in seventeen days, every minute for 167 minutes each. The floor is the time
that this machine takes to write as many numbers, measured in turns with the work, so that both meet the same load; the
load itself stands in the row.
"""

import os
import resource
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.kinetic_peers import NOT_INSTALLED, closed_form_by_jax, is_here, solved_by_scipy
from bench.measured import best, row
from glimmer.guidance import figure
from glimmer.guidance.kinetics import default_model, kinetic_model
from glimmer.pharmacology.body import Bodies, bodies, drawn
from glimmer.pharmacology.crowd import levels_of_many, percentiles_of_many
from glimmer.pharmacology.doses import Infusion
from glimmer.pharmacology.modes import Modes, modes_of
from glimmer.pharmacology.predict import predict

DAYS = (0, 3, 7, 10, 14, 17)
SIX = [Infusion(day * 86_400, day * 86_400 + 2400, 35.0) for day in DAYS]
MOMENTS = [day * 86_400 + 60 * minute for day in DAYS for minute in range(1, 168)]
PEOPLE, SHORT_PEOPLE = 10_000, 300
SOLVED, SHORT_SOLVED = 20, 2
AIM_OF_FLOOR, AIM_BEDSIDE_MS = 3.0, 20.0


def load() -> str:
    """Return how busy the machine is, in words."""
    return f"load {os.getloadavg()[0]:.1f}"


def in_turns(one: Callable[[], Any], other: Callable[[], Any], times: int) -> tuple[float, float]:
    """Return the shortest run of each in ms, measured in turns: what else the machine does weighs on both alike."""
    runs = [(best(one, 1), best(other, 1)) for _ in range(times)]
    return min(run[0] for run in runs), min(run[1] for run in runs)


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return the rows: many people, percentiles in passing, one patient beside the bed."""
    count, times = (SHORT_PEOPLE, 3) if short else (PEOPLE, 30)
    model = kinetic_model("otto2021")
    people = bodies(model, 70.0, drawn(model, count, np.random.default_rng(1)))
    modes = modes_of(people)
    assert modes is not None
    space = np.empty((count, len(MOMENTS)))
    many, floor = in_turns(lambda: levels_of_many(modes, SIX, MOMENTS, out=space), lambda: space.fill(1.0), times)
    passing = best(lambda: percentiles_of_many(modes, SIX, MOMENTS, [5, 50, 95]), 3)
    whole = best(lambda: np.percentile(levels_of_many(modes, SIX, MOMENTS), [5, 50, 95], axis=0), 1)
    beside = [Infusion(0, 2400, 35.0)]
    bed = best(lambda: predict(default_model("esketamine"), 70.0, beside, range(0, 241 * 60, 60)), times)
    drawn_beside = figure("kinetics", "draws").value
    megabytes = space.nbytes / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    work = f"{count:,} people, six infusions, {len(MOMENTS):,} moments"
    return [
        row(work, many, "writing as many numbers", floor, f"at most {AIM_OF_FLOOR:g} times the peer",
             many <= AIM_OF_FLOOR * floor, f"{megabytes:.0f} MB, memory used before; process {peak:.0f} MB; {load()}"),
        *_peer_rows(work, many, people, modes, short=short),
        row(f"{work}: percentiles", passing, "of the whole matrix", whole, "", None,
             f"holds {count * 64 * 8 / 1e6:.0f} MB of levels instead of {megabytes:.0f}"),
        row(f"{drawn_beside:,} people beside the bed, 241 moments", bed, "the aim", AIM_BEDSIDE_MS,
             f"under {AIM_BEDSIDE_MS:g} ms", bed < AIM_BEDSIDE_MS, f"band with residual error, not compiled; {load()}"),
    ]  # fmt: skip


def _peer_rows(work: str, ours: float, people: Bodies, modes: Modes, *, short: bool) -> list[dict[str, Any]]:
    """Return a row for each peer: measured where it is installed, else named."""
    solver = solved_by_scipy(people, len(DAYS), SHORT_SOLVED if short else SOLVED) * people.count
    rows = [row(work, ours, "solve_ivp, one by one, scaled", solver, "", None, "LSODA, relative tolerance 1e-6")]
    if is_here("jax"):
        theirs = best(closed_form_by_jax(modes, DAYS), 3)
        rows.append(row(work, ours, "JAX, closed form, compiled", theirs, "", None, "double precision"))
    for package, words in NOT_INSTALLED.items():
        if not is_here(package):
            rows.append(row(work, ours, words, None, "", None, ""))
    return rows
