"""Sick-Sicker with a life table, progression by time since falling sick and rewards of moves, against plain arrays.

The model is the one of the DARTH tutorial on time-dependent cohorts; the life table is its own. What is expected is
worked out here with matrices over all places, and not by anything of the engine.
"""

import csv

import numpy as np
import pytest

from glimmer.evidence.economics.cohort import trace
from glimmer.evidence.economics.model import Model
from tests.support.shared_data import shared_data

CYCLES, START_AGE, DISCOUNT = 75, 25, 0.03
SCALE, SHAPE = 0.08, 1.1
# strategy: what treatment costs, what a year in S1 is worth, the hazard ratio of progression
TREATED = {"SoC": (0, 0.75, 1.0), "A": (12_000, 0.95, 1.0), "B": (13_000, 0.75, 0.6), "AB": (25_000, 0.95, 0.6)}


def life_table() -> dict[int, float]:
    with shared_data("economics", "sicksicker_lifetable_usa2015_total_25_99.csv").open() as file:
        return {int(row["Age"]): float(row["Total"]) for row in csv.DictReader(file)}


def declared(by_residence: bool) -> Model:
    """Return the model as a person would declare it."""
    model = Model(
        "Sick-Sicker by age", cycles=CYCLES, discount=DISCOUNT, start_age=START_AGE, counting="darth_simpson",
        flows="counted",
    )  # fmt: skip
    rates = life_table()
    model.table("mortality", rates, rates.values())
    weibull = f"((state_time + 1) * {SCALE}) ** {SHAPE} - (state_time * {SCALE}) ** {SHAPE}"
    for name, said in {
        "c_treatment": 0,
        "u_treated": 0.75,
        "hr_progress": 1,
        "p_HD": "rate_to_probability(mortality(age))",
        "p_S1D": "rate_to_probability(3 * mortality(age))",
        "p_S2D": "rate_to_probability(10 * mortality(age))",
    }.items():
        model.value(name, said)
    model.state("H", cost=2000, effect=1)
    model.state("S1", cost="4000 + c_treatment", effect="u_treated", **({"tunnel": CYCLES} if by_residence else {}))
    model.state("S2", cost="15000 + c_treatment", effect=0.5)
    model.state("D")
    model.transition("H", "S1", "rate_to_probability(0.15) * (1 - p_HD)")
    model.transition("H", "D", "p_HD")
    model.transition("S1", "H", "rate_to_probability(0.5) * (1 - p_S1D)")
    progress = weibull if by_residence else "0.105"
    model.transition("S1", "S2", f"rate_to_probability(({progress}) * hr_progress) * (1 - p_S1D)")
    model.transition("S1", "D", "p_S1D")
    model.transition("S2", "D", "p_S2D")
    model.reward("effect", -0.01, source="H", target="S1")
    model.reward("cost", 1000, source="H", target="S1")
    model.reward("cost", 2000, target="D")
    for name, (cost, utility, ratio) in TREATED.items():
        model.strategy(name, c_treatment=cost, u_treated=utility, hr_progress=ratio)
    return model


def by_matrices(name: str, by_residence: bool):
    """Return cost, effect and the trace (cycles + 1, H S1 S2 D) of a strategy."""
    cost, utility, ratio = TREATED[name]
    rates, sick = life_table(), CYCLES if by_residence else 1
    s2, dead = 1 + sick, 2 + sick
    residence = np.arange(sick)
    progress = ((residence + 1) * SCALE) ** SHAPE - (residence * SCALE) ** SHAPE if by_residence else np.array([0.105])
    people = np.zeros((CYCLES + 1, dead + 1))
    people[0, 0] = 1
    fell, died = np.zeros(CYCLES + 1), np.zeros(CYCLES + 1)
    for k in range(CYCLES):
        die = 1 - np.exp(-rates[START_AGE + k] * np.array([1, 3, 10]))
        move = np.zeros((dead + 1, dead + 1))
        fall, recover, worsen = (1 - np.exp(-rate) for rate in (0.15, 0.5, progress * ratio))
        move[0, 1], move[0, dead] = (1 - die[0]) * fall, die[0]
        for t in range(sick):
            here, onward = 1 + t, 1 + min(t + 1, sick - 1)
            move[here, 0], move[here, s2], move[here, dead] = (1 - die[1]) * recover, (1 - die[1]) * worsen[t], die[1]
            move[here, onward] = (1 - die[1]) * (1 - recover - worsen[t])
        move[s2, dead], move[dead, dead] = die[2], 1
        move[0, 0], move[s2, s2] = (1 - die[0]) * (1 - fall), 1 - die[2]
        flows = people[k][:, None] * move
        people[k + 1] = flows.sum(axis=0)
        fell[k + 1], died[k + 1] = flows[0, 1], flows[:dead, dead].sum()
    seen = np.column_stack([people[:, 0], people[:, 1:s2].sum(axis=1), people[:, s2], people[:, dead]])
    weights = np.where(np.arange(1, CYCLES + 2) % 2 == 0, 2 / 3, 4 / 3)
    weights[[0, -1]] = 1 / 3
    weights = weights / (1 + DISCOUNT) ** np.arange(CYCLES + 1)
    paid = seen @ np.array([2000, 4000 + cost, 15_000 + cost, 0]) + 1000 * fell + 2000 * died
    gained = seen @ np.array([1, utility, 0.5, 0]) - 0.01 * fell
    return weights @ paid, weights @ gained, seen


@pytest.mark.parametrize("by_residence", [False, True], ids=["by age", "by age and time since falling sick"])
def test_published_time_dependent_model_equals_plain_arrays(by_residence):
    model = declared(by_residence)
    run = model.run()
    for column, name in enumerate(TREATED):
        cost, effect, seen = by_matrices(name, by_residence)
        assert run.total("cost")[0, column] == pytest.approx(cost, rel=1e-9)
        assert run.total("effect")[0, column] == pytest.approx(effect, rel=1e-9)
        np.testing.assert_allclose(trace(model, name).shares, seen, rtol=1e-9, atol=1e-14)
