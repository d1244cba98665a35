"""Sick-Sicker in continuous time, person by person, in other packages from the registry: what the bench compares with.

None of them is a dependency; one that is not installed is named as such (see economics_peers.py).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

STATES = ("Healthy", "Sick", "Sicker", "Dead")
RATES = np.array([[0, 0.15, 0, 0.002], [0.5, 0, 0.105, 0.006], [0, 0, 0, 0.02], [0, 0, 0, 0]])
COSTS, EFFECTS = np.array([2000.0, 4000.0, 15_000.0, 0.0]), np.array([1.0, 0.75, 0.5, 0.0])
YEARS, RATE = 75.0, 0.03


def heormodel_people(people: int) -> Callable[[], float]:
    """Return heormodel's continuous microsimulation of so many people, as a function that gives the mean cost."""
    import pandas as pd
    from heormodel.models.microsim import MicrosimModel
    from heormodel.run import run_psa

    with np.errstate(divide="ignore"):
        means = 1 / RATES

    def times(params: Any, intervention: str, state: Any, attrs: Any, rng: Any) -> Any:
        return rng.exponential(size=(len(state), len(STATES))) * means[state]

    engine = MicrosimModel.continuous(
        states=STATES,
        event_times=times,
        state_reward_rates=lambda params, intervention, state, attrs: (COSTS[state], EFFECTS[state]),
        interventions=["Standard of care"],
        horizon=YEARS,
        discount_rate=RATE,
        n_individuals=people,
    )
    draws = pd.DataFrame({"unused": [0.0]}, index=pd.RangeIndex(1, name="iteration"))
    return lambda: float(_outcomes(run_psa(engine, draws, seed=1)).data["cost"].iloc[0])


def _outcomes(result: Any) -> Any:
    return getattr(result, "outcomes", result)


def pyheor_people(people: int) -> Callable[[], float]:
    """Return pyheor's discrete-event simulation of so many people, as a function that gives the mean cost."""
    import pyheor

    name = "Standard of care"
    model = pyheor.DiscreteEventSimulationModel(
        states=list(STATES), strategies=[name], time_horizon=YEARS, dr_cost=RATE, dr_qaly=RATE
    )
    for source, target in np.argwhere(RATES > 0):
        model.set_event(name, STATES[source], STATES[target], pyheor.Exponential(rate=float(RATES[source, target])))
    model.set_state_cost("care", {name: dict(zip(STATES, COSTS.tolist(), strict=True))})
    model.set_state_qaly("quality", {name: dict(zip(STATES, EFFECTS.tolist(), strict=True))})

    def run() -> float:
        found = model.run(n_patients=people, seed=1, progress=False)
        return float(np.mean(found.results[name]["total_cost"]))

    return run
