"""Many small random problems with every rule at once, each against the optimum that HiGHS proves of a model of its own.

A few run with the tests. A campaign: SITING_CASES=500 pytest -n0 tests/evidence/access/test_siting_campaign.py
"""

import os
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from glimmer.evidence.access.problem import BadProblem, Problem
from glimmer.evidence.access.solve import solve

CASES = int(os.environ.get("SITING_CASES", "12"))
BEYOND = 200.0


def posed(seed):
    """A problem in which each rule is there or not by chance."""
    chance = np.random.default_rng([20261128, seed])
    areas, sites = int(chance.integers(2, 30)), int(chance.integers(5, 14))
    clinics = int(chance.integers(1, 6))
    here, there = chance.uniform(0, 100, (areas, 2)), chance.uniform(0, 100, (sites, 2))
    minutes = np.hypot(*(here[:, None] - there).transpose(2, 0, 1))
    if chance.random() < 0.3:
        minutes = np.round(minutes, -1)
    minutes[chance.random(minutes.shape) < 0.08] = np.inf
    objective = ("median", "cover", "center")[seed % 3]
    deprived = 1 + (chance.choice([1, 2, 5]) - 1) * chance.random(areas)
    order = chance.permutation(sites).tolist()
    kept, shut, visited = order[: chance.integers(0, 3)], order[3 : 3 + chance.integers(0, 2)], order[-2:]
    body = np.array(["A", "B", "C"])[chance.integers(0, 3, sites)]
    asked = {
        "keep": tuple(kept),
        "forbidden": tuple(shut),
        "floor": {str(one): int(chance.integers(0, 2)) for one in np.unique(body)},
        "body": body,
    }
    weights = np.round(chance.uniform(0, 100, areas)) * deprived + 1
    if objective != "center" and chance.random() < 0.5:
        asked["outreach"] = {int(site): float(share) for site, share in zip(visited, (0.3, 0.2), strict=True)}
    if objective != "center" and not asked.get("outreach") and chance.random() < 0.6:
        asked["capacity"] = np.round(chance.uniform(0.1, 0.9, sites) * weights.sum())
    return Problem(
        minutes=minutes.astype(np.float32),
        weights=weights,
        clinics=clinics,
        objective=objective,
        within=float(chance.integers(10, 60)) if objective == "cover" else None,
        beyond=BEYOND,
        **asked,
    )


def best_of(problem):
    """Return the optimum by the textbook model: open y[s], send x[a, s] of what need of a may go there."""
    minutes = problem.minutes.astype(float)
    areas, sites = minutes.shape
    if problem.objective == "center":
        return best_longest(problem, minutes)
    parts = [(1 - sum(problem.outreach.values()), np.full(areas, BEYOND))]
    parts += [(share, np.minimum(minutes[:, site], BEYOND)) for site, share in problem.outreach.items()]
    cost, groups = [], []
    for share, otherwise in parts:
        way = np.column_stack([np.minimum(minutes, BEYOND), otherwise])
        worth = (way > problem.within).astype(float) if problem.within else way
        cost.append((problem.weights * share)[:, None] * worth)
        groups.append(problem.weights * share)
    rows, size = len(parts) * areas, len(parts) * areas * (sites + 1)
    each = np.kron(np.eye(rows), np.ones(sites + 1))
    to_open = np.zeros((rows * sites, size + sites))
    for row in range(rows):
        for site in range(sites):
            to_open[row * sites + site, row * (sites + 1) + site] = 1
            to_open[row * sites + site, size + site] = -1
    constraints = [
        LinearConstraint(np.hstack([each, np.zeros((rows, sites))]), 1, 1),
        LinearConstraint(to_open, -np.inf, 0),
        *opening(problem, size),
    ]
    if problem.capacity is not None:
        taken = np.zeros((sites, size + sites))
        for row, need in enumerate(np.concatenate(groups)):
            for site in range(sites):
                taken[site, row * (sites + 1) + site] = need
        constraints.append(LinearConstraint(taken, -np.inf, problem.capacity))
    found = milp(
        np.concatenate([np.concatenate(cost).ravel(), np.zeros(sites)]),
        constraints=constraints,
        bounds=may_open(problem, size),
        integrality=np.concatenate([np.zeros(size), np.ones(sites)]),
        options={"mip_rel_gap": 1e-9},
    )
    assert found.success, found.message
    mean = found.fun / problem.weights.sum()
    return 1 - mean if problem.within else mean


def best_longest(problem, minutes):
    """Return the least time within which every area that can be served is, by trying all times there are."""
    open_to = np.ones(problem.sites, bool)
    open_to[list(problem.forbidden)] = False
    reached = np.isfinite(minutes[:, open_to].min(axis=1))
    sizes = np.zeros(problem.sites)
    for limit in np.unique(minutes[reached][:, open_to]):
        within = LinearConstraint((minutes[reached] <= limit).astype(float), 1, np.inf)
        found = milp(
            sizes, constraints=[within, *opening(problem, 0)], bounds=may_open(problem, 0), integrality=sizes + 1
        )
        if found.success:
            return limit
    raise AssertionError("no plan at all")


def opening(problem, before):
    """Return the rules on how many sites open, in all and in each body."""
    one = np.concatenate([np.zeros(before), np.ones(problem.sites)])
    yield LinearConstraint(one, problem.clinics, problem.clinics)
    for body, least in problem.floor.items():
        yield LinearConstraint(one * np.concatenate([np.zeros(before), problem.body == body]), least, np.inf)


def may_open(problem, before):
    low, high = np.zeros(before + problem.sites), np.ones(before + problem.sites)
    low[[before + site for site in problem.keep]] = 1
    high[[before + site for site in (*problem.forbidden, *problem.outreach)]] = 0
    return Bounds(low, high)


@pytest.mark.parametrize("seed", range(CASES))
def test_plan_is_what_another_model_proves(seed):
    try:
        problem = posed(seed)
    except BadProblem as contradicts:
        # Rules of chance may contradict each other; with one clinic more in each body there is room for all.
        assert "clinics" in str(contradicts) or "kept" in str(contradicts)  # noqa: PT017
        return
    minutes = problem.minutes[:, problem.rules().may_open]
    if problem.objective == "center" and np.isinf(minutes).all():
        return
    plan, best = solve(problem), best_of(problem)
    assert plan.objective == pytest.approx(best, rel=1e-6, abs=1e-7)
    assert plan.is_proven
    assert len(plan.sites) == problem.clinics
    assert set(problem.keep) <= set(plan.sites)
    assert not {*problem.forbidden, *problem.outreach} & set(plan.sites)
    for body, least in problem.floor.items():
        assert (problem.body[list(plan.sites)] == body).sum() >= least
    one = solve(replace(problem), workers=1)
    assert (one.sites, one.bound) == (plan.sites, plan.bound)
