"""Small decisions whose answers are known in closed form, and how hypothesis makes many of them."""

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from glimmer.evidence.economics.outcomes import Evaluate, Numbers, Outcomes

NAMES = ("usual care", "ketamine", "ECT", "rTMS", "esketamine")


def outcomes(costs: Sequence, effects: Sequence, names: Sequence[str] = NAMES, **more) -> Outcomes:
    """Outcomes from lists: one row (deterministic), or a row per draw; the first strategy is the reference."""
    table = np.atleast_2d(np.asarray(costs, dtype=float))
    names = tuple(names[: table.shape[1]])
    more = {"reference": names[0], **more}
    return Outcomes(names, table, np.atleast_2d(np.asarray(effects, dtype=float)), **more)


def two_normals(draws: int, seed: int) -> Outcomes:
    """The problem of voi_closed_form_normal.json: INB = theta1 + theta2, N(200, 800^2) and N(0, 600^2), no effects."""
    chance = np.random.default_rng(seed)
    theta1, theta2 = chance.normal(200, 800, draws), chance.normal(0, 600, draws)
    nothing = np.zeros(draws)
    return Outcomes(
        ("old", "new"),
        np.column_stack([nothing, -(theta1 + theta2)]),
        np.zeros((draws, 2)),
        "old",
        {"theta1": theta1, "theta2": theta2, "noise": chance.normal(size=draws)},
    )


def model(net_benefits: Mapping[str, object], means: Mapping[str, float]) -> Evaluate:
    """A model by formulas: each strategy's net benefit as a function of the parameters (by name), all of it as savings.

    Effects are zero, so that net benefit is the same at every threshold.
    """

    def evaluate(values: Mapping[str, Numbers | float]) -> Outcomes:
        given = {**means, **values}
        many = max((np.size(value) for value in given.values()), default=1)
        full = {name: np.broadcast_to(np.asarray(value, dtype=float), (many,)) for name, value in given.items()}
        columns = [np.broadcast_to(formula(full), (many,)) for formula in net_benefits.values()]
        names = tuple(net_benefits)
        return Outcomes(names, -np.column_stack(columns), np.zeros((many, len(names))), names[0], full)

    return evaluate


@st.composite
def decisions(draw, least: int = 1, draws: tuple[int, int] = (1, 6), whole: bool = True) -> Outcomes:
    """Any decision: few whole values, so that ties, twins and dominance come up often; costs may be negative."""
    many = draw(st.integers(least, len(NAMES)))
    rows = draw(st.integers(*draws))
    number = st.integers(-3, 6) if whole else st.floats(-1e5, 1e5)
    # One flat list: a list of lists takes hypothesis twice as long to make.
    figures = np.array(draw(st.lists(number, min_size=2 * rows * many, max_size=2 * rows * many)), dtype=float)
    return outcomes(*figures.reshape(2, rows, many))


def permuted(decision: Outcomes, order: Sequence[int]) -> Outcomes:
    """The same decision with its strategies named in another order."""
    return Outcomes(
        tuple(decision.strategies[at] for at in order),
        decision.costs[:, list(order)],
        decision.effects[:, list(order)],
        decision.reference,
        decision.draws,
    )
