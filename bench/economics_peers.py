"""Sick-Sicker in other packages from the registry, on the same draws: what the bench compares with.

heormodel counts half a cycle, pyheor by its life table. None of them is a dependency; one that is not installed is
named as such. To measure them: `pip install --target FOLDER heormodel pyheor`, then PYTHONPATH=FOLDER.
"""

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

NOT_INSTALLED = {
    "heormodel": "heormodel: not installed here",
    "pyheor": "pyheor: not installed here",
    "simpy": "SimPy: not installed here",
    "ciw": "Ciw: not installed here",
}
STATES = ("Healthy", "Sick", "Sicker", "Dead")
STRATEGIES = ("Standard of care", "Strategy A", "Strategy B", "Strategy AB")
CYCLES, RATE = 75, 0.03


def is_here(package: str) -> bool:
    """Say whether a peer is installed."""
    return importlib.util.find_spec(package) is not None


def _matrix(p: Mapping[str, float], strategy: str) -> list[list[float]]:
    die, die_sick, die_sicker = (1 - np.exp(-p["r_die"] * h) for h in (1, p["hr_die_sick"], p["hr_die_sicker"]))
    slowed = p["hr_progress_b"] if strategy.endswith("B") else 1.0
    fall, recover, progress = (1 - np.exp(-r) for r in (p["r_fall_sick"], p["r_recover"], p["r_progress"] * slowed))
    back, on = recover * (1 - die_sick), progress * (1 - die_sick)
    return [
        [(1 - fall) * (1 - die), fall * (1 - die), 0.0, die],
        [back, 1 - back - on - die_sick, on, die_sick],
        [0.0, 0.0, 1 - die_sicker, die_sicker],
        [0.0, 0.0, 0.0, 1.0],
    ]


def _costs(p: Mapping[str, float], strategy: str) -> list[float]:
    treated = {"A": p["c_a"], "B": p["c_b"], "AB": p["c_a"] + p["c_b"]}.get(strategy.split()[-1], 0.0)
    return [p["c_healthy"], p["c_sick"] + treated, p["c_sicker"] + treated, 0.0]


def _effects(p: Mapping[str, float], strategy: str) -> list[float]:
    return [1.0, p["u_sick_a"] if strategy.split()[-1] in ("A", "AB") else p["u_sick"], p["u_sicker"], 0.0]


def heormodel_cohort(draws: Mapping[str, Any]) -> Callable[[], Any]:
    """Return heormodel's run of these draws, as a function that gives costs (draws, strategies)."""
    import pandas as pd
    from heormodel.models.markov import CohortSpec, MarkovModel

    def spec(p: Any, strategy: str) -> Any:
        return CohortSpec(
            np.array(_matrix(p, strategy)), np.array(_costs(p, strategy)), np.array(_effects(p, strategy))
        )

    engine = MarkovModel(
        states=STATES,
        interventions=STRATEGIES,
        transitions_and_rewards=spec,
        n_cycles=CYCLES,
        discount_rate=RATE,
        cycle_correction="half_cycle",
    )
    table = pd.DataFrame(dict(draws), index=pd.RangeIndex(len(draws["r_die"]), name="iteration"))

    def run() -> Any:
        wide = engine.evaluate(table).data["cost"].unstack("intervention")
        return np.column_stack([wide[name] for name in STRATEGIES])

    return run


def pyheor_cohort(draws: Mapping[str, Any]) -> Callable[[], Any]:
    """Return pyheor's run of these draws, as a function that gives costs (draws, strategies)."""
    from pyheor import Cycle
    from pyheor.models.markov import CohortStateTransitionModel

    model = CohortStateTransitionModel(
        states=list(STATES),
        strategies=list(STRATEGIES),
        n_cycles=CYCLES,
        cycle=Cycle(1, "year"),
        dr_cost=RATE,
        dr_qaly=RATE,
        method="life-table",
    )
    for name in draws:
        model.add_param(name, base=0.0)
    for strategy in STRATEGIES:
        model.set_transitions(strategy, _matrix_in(strategy))
    for place, state in enumerate(STATES):
        model.set_state_cost(state, {s: {state: _worth_in(_costs, s, place)} for s in STRATEGIES})
        model.set_state_qaly(state, {s: {state: _worth_in(_effects, s, place)} for s in STRATEGIES})
    people = [
        {name: float(value) for name, value in zip(draws, row, strict=True)}
        for row in zip(*draws.values(), strict=True)
    ]

    def run() -> Any:
        done = [model._simulate_single({**model._get_base_params(), **one}) for one in people]
        return np.array([[sum(one[strategy]["total_costs"].values()) for strategy in STRATEGIES] for one in done])

    return run


def _matrix_in(strategy: str) -> Callable[[Any, Any], Any]:
    return lambda p, t: _matrix(p, strategy)


def _worth_in(what: Callable[[Any, str], list[float]], strategy: str, place: int) -> Callable[[Any, Any], Any]:
    return lambda p, t: what(p, strategy)[place]
