"""People followed one by one in continuous time, through the general interface, beside peers and the physical limit.

The work: Sick-Sicker, 100,000 people for 75 years, one strategy, about 0.95 million events. Compiling is apart. The
floor is what as many events need at least: a logarithm and an exponential each, measured in turns with the work.
"""

import math
import os
import time
from collections.abc import Callable
from typing import Any

from numba import njit

from bench.economics_individual_peers import heormodel_people, pyheor_people
from bench.economics_peers import NOT_INSTALLED, is_here
from bench.measured import fresh_rows, row
from glimmer.evidence.economics import ContinuousModel, events

PEOPLE, SHORT_PEOPLE = 100_000, 5_000
PEER_PEOPLE, SLOW_PEER_PEOPLE, SHORT_PEER_PEOPLE = 100_000, 500, 100
AIM_MS, AIM_MB, LIMIT_MS, AIM_OF_LIMIT = 50.0, 200.0, 5.0, 20.0
FRESH = """
from bench.economics_individual import sick_sicker
model = sick_sicker()
def work(): model.individuals({people}, workers=1)
"""


def sick_sicker() -> ContinuousModel:
    """Return the published rates as competing hazards, for the standard of care."""
    model = ContinuousModel("Sick-Sicker", years=75, discount=0.03)
    for name, value in {"r_die": 0.002, "r_fall_sick": 0.15, "r_recover": 0.5, "r_progress": 0.105}.items():
        model.parameter(name, value)
    model.state("Healthy", cost=2000, effect=1)
    model.state("Sick", cost=4000, effect=0.75)
    model.state("Sicker", cost=15_000, effect=0.5)
    model.state("Dead")
    model.transition("Healthy", "Sick", rate="r_fall_sick")
    model.transition("Healthy", "Dead", rate="r_die")
    model.transition("Sick", "Healthy", rate="r_recover")
    model.transition("Sick", "Sicker", rate="r_progress")
    model.transition("Sick", "Dead", rate="r_die", hazard_ratio=3)
    model.transition("Sicker", "Dead", rate="r_die", hazard_ratio=10)
    model.strategy("Standard of care")
    return model


@njit
def logarithms_and_exponentials(count: int) -> float:
    """Return a sum that takes one logarithm and one exponential for each of `count` events."""
    total = 0.0
    for place in range(count):
        total += math.exp(0.03 * math.log((place + 0.5) / count))
    return total


def shortest(*jobs: Callable[[], Any], times: int) -> list[float]:
    """Return the shortest run of each in ms, measured in turns, after one run that does not count."""
    found: list[list[float]] = [[] for _ in jobs]
    for turn in range(times + 1):
        for place, do in enumerate(jobs):
            began = time.perf_counter()
            do()
            if turn:
                found[place].append((time.perf_counter() - began) * 1000)
    return [min(one) for one in found]


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return the rows: the aim, the limit, the floor, the peers, twice the people, compile time and memory."""
    people, times = (SHORT_PEOPLE, 3) if short else (PEOPLE, 30)
    model, scale = sick_sicker(), people / PEOPLE
    moves = len(events(model, people, "Standard of care", seed=1))
    one, both, twice, floor = shortest(
        lambda: model.individuals(people, seed=1, workers=1),
        lambda: model.individuals(people, seed=1),
        lambda: model.individuals(2 * people, seed=1, workers=1),
        lambda: logarithms_and_exponentials(moves),
        times=times,
    )
    work, busy = f"{people:,} people in continuous time, {moves:,} events", f"load {os.getloadavg()[0]:.1f}"
    aim, limit = AIM_MS * scale, LIMIT_MS * scale
    return [
        row(f"{work}, one thread", one, "the aim", aim, f"at most {aim:g} ms", one <= aim, busy),
        row(f"{work}, one thread", one, "physical limit, from the facts", limit,
             f"at most {AIM_OF_LIMIT:g} times the peer", one <= AIM_OF_LIMIT * limit, busy),
        row(f"{work}, one thread", one, "a logarithm and an exponential for each", floor, "", None, "in turns"),
        row(f"{work}, all cores", both, "one thread", one, "", None, busy),
        row("Twice the people", twice, "once", one, "about twice", None, "one thread, in turns"),
        *_peers(work, one, people, model, short=short),
        *fresh_rows(FRESH.format(people=people), AIM_MB),
    ]  # fmt: skip


def _peers(work: str, ours: float, people: int, model: ContinuousModel, *, short: bool) -> list[dict[str, Any]]:
    exact = model.expected().total("cost")[0, 0]
    found = []
    for package, simulated, asked in (
        ("heormodel", heormodel_people, PEER_PEOPLE),
        ("pyheor", pyheor_people, SLOW_PEER_PEOPLE),
    ):
        if not is_here(package):
            found.append(row(work, ours, NOT_INSTALLED[package], None, "", None, ""))
            continue
        count = SHORT_PEER_PEOPLE if short else asked
        run = simulated(count)
        theirs = shortest(run, times=1)[0] * people / count
        words = f"{package}, scaled from {count:,} people" if count != people else package
        found.append(row(work, ours, words, theirs, "", None, f"its mean cost is {run() / exact:.3f} of the exact one"))
    return found
