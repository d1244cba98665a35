"""The best plan is the best: against every choice there is, against HiGHS alone, and with a bound that holds."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from glimmer.evidence.access.bound import lower_bound
from glimmer.evidence.access.exact import TooLarge, solve_exactly, solve_with_capacity
from glimmer.evidence.access.heuristic import Search, greedy
from glimmer.evidence.access.plan import evaluate
from glimmer.evidence.access.problem import BadProblem, Problem, pose
from glimmer.evidence.access.problem_ways import lay_out
from glimmer.evidence.access.solve import solve
from glimmer.evidence.access.tables import read_areas, read_sites
from glimmer.evidence.access.travel import proxy
from tests.support.shared_data import shared_data

CASES = settings(max_examples=40, deadline=None, derandomize=True)
BEYOND = 100.0


@st.composite
def problems(draw, objectives=("median", "cover")):
    """A few areas and sites with rounded or ragged minutes, some beyond reach, under every kind of rule."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    areas, sites = draw(st.integers(1, 24)), draw(st.integers(3, 9))
    clinics = draw(st.integers(1, min(4, sites - 2)))
    minutes = chance.uniform(0, 120, (areas, sites))
    if draw(st.booleans()):
        minutes = np.round(minutes, -1)
    minutes[chance.random((areas, sites)) < 0.1] = np.inf
    objective = draw(st.sampled_from(objectives))
    rule = draw(st.sampled_from(("none", "keep", "forbidden", "floor", "outreach")))
    asked = {
        "none": {},
        "keep": {"keep": (sites - 1,)},
        "forbidden": {"forbidden": (0, 1)},
        "floor": {"floor": 1, "body": np.array(["A", "B"])[np.arange(sites) % 2]} if clinics > 1 else {},
        "outreach": {} if objective == "center" else {"outreach": {0: 0.4, 1: 0.2}},
    }[rule]
    return Problem(
        minutes=minutes.astype(np.float32),
        weights=np.concatenate([[5.0], np.round(chance.uniform(0, 100, areas - 1))]),
        clinics=clinics,
        objective=objective,
        within=40.0 if objective == "cover" else None,
        beyond=BEYOND,
        **asked,
    )


def worth(problem, chosen):
    """Return the objective of some sites, from its definition in plain loops."""
    reached, need = 0.0, 0.0
    for minutes, weight in zip(problem.minutes.tolist(), problem.weights.tolist(), strict=True):
        nearest = min(minutes[site] for site in chosen)
        parts = [(1 - sum(problem.outreach.values()), nearest)]
        parts += [(share, min(nearest, minutes[site])) for site, share in problem.outreach.items()]
        for share, way in parts:
            way = min(way, problem.beyond)
            reached += weight * share * (way <= problem.within if problem.within else way)
        need += weight
    return reached / need


def allowed(problem):
    """Return every choice of sites that the rules allow."""
    shut = {*problem.forbidden, *problem.outreach}
    for chosen in itertools.combinations(range(problem.sites), problem.clinics):
        bodies = set() if problem.body is None else set(problem.body[list(chosen)].tolist())
        if not shut & set(chosen) and set(problem.keep) <= set(chosen) and (not problem.floor or bodies == {"A", "B"}):
            yield chosen


@CASES
@given(problems())
def test_plan_is_the_best_of_every_choice_there_is(problem):
    plan = solve(problem)
    best = (max if problem.within else min)(worth(problem, chosen) for chosen in allowed(problem))
    assert plan.sites in set(allowed(problem))
    assert plan.objective == pytest.approx(worth(problem, plan.sites), rel=1e-9, abs=1e-12)
    assert plan.objective == pytest.approx(best, rel=1e-6, abs=1e-9)
    assert plan.is_proven


@CASES
@given(problems(objectives=("center",)))
def test_longest_way_is_the_shortest_of_every_choice_there_is(problem):
    may_open = problem.rules().may_open
    reachable = (problem.weights > 0) & np.isfinite(problem.minutes[:, may_open].min(axis=1))
    if not reachable.any():
        with pytest.raises(BadProblem, match="can reach"):
            solve(problem)
        return
    plan = solve(problem)
    best = min(float(problem.minutes[reachable][:, list(one)].min(axis=1).max()) for one in allowed(problem))
    assert plan.objective == best
    assert plan.is_proven


@CASES
@given(problems())
def test_bound_is_below_every_choice_from_any_prices(problem):
    ways, rules = lay_out(problem), problem.rules()
    costs = [ways.total(np.array(chosen)) for chosen in allowed(problem)]
    for part in (0.0, 0.5, 1.0):
        bound = lower_bound(ways, rules, problem.clinics, min(costs), part * ways.base, rounds=30)
        assert bound.value <= min(costs) * (1 + 1e-12) + 1e-9
        # What the prices rule out is in no plan that is better, and what they demand is in every one.
        for chosen, cost in zip(allowed(problem), costs, strict=True):
            upper = float(np.median(costs))
            if cost < upper * (1 - 1e-9):
                assert not bound.can_be_closed(rules, upper)[list(chosen)].any()
                assert set(np.flatnonzero(bound.must_be_open(rules, upper))) <= set(chosen)


@CASES
@given(problems(), st.integers(0, 2**32 - 1))
def test_tables_of_swaps_say_what_each_swap_would_save(problem, seed):
    ways, rules = lay_out(problem), problem.rules()
    search = Search(ways, rules, greedy(ways, rules, problem.clinics))
    search.shake(np.random.default_rng(seed), 5)
    state = search.state
    before = ways.total(search.sites)
    assert float(ways.weight @ state.d1) == pytest.approx(before, rel=1e-9, abs=1e-9)
    for slot, closes in enumerate(state.site_of):
        for opens in np.flatnonzero(state.slot_of < 0):
            after = ways.total(np.array([*(site for site in state.site_of if site != closes), opens]))
            said = state.gain[opens] - state.loss[slot] + state.extra[opens, slot]
            assert said == pytest.approx(before - after, rel=1e-6, abs=1e-6 * ways.need)


def best_with_capacity(problem):
    """Return the least cost of every choice of sites: who goes where is a transport problem for SciPy."""
    need, best = problem.weights, np.inf
    for chosen in allowed(problem):
        way = problem.minutes[:, list(chosen)].astype(float)
        cost = np.where(way <= problem.within, 0.0, 1.0) if problem.within else np.minimum(way, BEYOND)
        # The last place is nowhere, and has room for all.
        cost = np.column_stack([cost, np.full(len(need), 1.0 if problem.within else BEYOND)])
        areas, places = cost.shape
        room = np.kron(need, np.eye(places))[:-1]
        all_go = np.kron(np.eye(areas), np.ones(places))
        asked = {"A_ub": room, "b_ub": problem.capacity[list(chosen)], "A_eq": all_go, "b_eq": np.ones(areas)}
        best = min(best, linprog((cost * need[:, None]).ravel(), bounds=(0, 1), **asked).fun)
    return best / need.sum()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(problems(), st.integers(0, 2**32 - 1))
def test_full_sites_send_the_rest_where_there_is_room(problem, seed):
    if problem.outreach:
        return
    room = np.round(np.random.default_rng(seed).uniform(0, problem.weights.sum(), problem.sites))
    full = Problem(**{**{name: getattr(problem, name) for name in problem.__dataclass_fields__}, "capacity": room})
    plan, best = solve(full), best_with_capacity(full)
    assert plan.objective == pytest.approx(1 - best if problem.within else best, rel=1e-6, abs=1e-6)
    assert plan.is_proven
    sent = np.zeros(problem.sites)
    for area, weight in enumerate(problem.weights):
        parts = [(site, share) for where, site, share in plan.served.split if where == area]
        for site, share in parts or [(int(plan.assigned[area]), 1.0)]:
            if site >= 0:
                sent[site] += share * weight
    assert (sent <= room * (1 + 1e-6) + 1e-6).all()


def test_capacities_of_a_whole_country_are_refused_with_the_size():
    problem = Problem(np.ones((300, 300), np.float32), np.ones(300), 2, capacity=np.ones(300))
    with pytest.raises(TooLarge, match="90,000 pairs"):
        solve_with_capacity(lay_out(problem), problem.rules(), 2, np.ones(300), most=60_000, seconds=5)


@pytest.fixture(scope="module")
def country():
    areas, sites = read_areas(shared_data("geo", "areas_uk.parquet")), read_sites(shared_data("geo", "sites_uk.csv.gz"))
    return areas, sites, proxy(areas, sites)


def of_body(country, body, **asked):
    areas, sites, travel = country
    here, there = areas.health_body == body, sites.health_body == body
    minutes = np.ascontiguousarray(travel.minutes[here][:, there])
    return Problem(minutes=minutes, weights=areas.adults[here], **asked)


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("E54000010", {"clinics": 5}),
        ("W11000024", {"clinics": 2}),
        ("E54000027", {"clinics": 4, "objective": "cover", "within": 10.0}),
        ("E54000050", {"clinics": 8, "objective": "cover", "within": 20.0}),
    ],
)
def test_plan_of_a_real_health_body_is_what_highs_proves_by_itself(country, body, asked):
    problem = of_body(country, body, **asked)
    plan = solve(problem)
    nowhere = np.zeros(problem.sites, bool)
    alone = solve_exactly(
        lay_out(problem), problem.rules(), problem.clinics, closed=nowhere, opened=nowhere, seconds=60
    )
    cost = alone.cost / problem.weights.sum()
    assert alone.bound == pytest.approx(alone.cost, rel=1e-6), "HiGHS did not come to an end."
    assert plan.objective == pytest.approx(cost if problem.within is None else 1 - cost, rel=1e-6)
    assert plan.is_proven


def test_plan_of_half_the_country_comes_near_its_bound_and_is_the_same_for_any_number_of_workers(country):
    areas, sites, travel = country
    # The north of England and Scotland: large enough for the heuristic to be on its own.
    north = areas.lat > 53.3
    problem = pose(areas.part(north), sites, travel.part(north), clinics=40)
    one, two = (solve(problem, seed=3, seconds=300, workers=workers) for workers in (1, 2))
    assert one.gap < 0.002
    assert one.bound <= one.objective
    assert (one.sites, one.objective, one.bound) == (two.sites, two.objective, two.bound)
    assert one.objective == two.objective
    assert [sites.code[site] for site in one.sites] == list(one.codes)


def test_floor_of_every_health_body_is_kept_at_the_size_of_the_country(country):
    areas, sites, travel = country
    problem = pose(areas, sites, travel, clinics=75, floor=1, keep=(str(sites.code[0]),))
    plan = solve(problem, seconds=5)
    assert set(sites.health_body[list(plan.sites)]) == set(areas.health_body.tolist())
    assert 0 in plan.sites
    assert plan.bound <= plan.objective


def test_search_that_runs_out_of_time_says_so_and_still_has_a_plan(country):
    plan = solve(pose(*country, clinics=60), seconds=0.01)
    assert plan.is_cut_short
    assert len(plan.sites) == 60
    assert plan.bound <= plan.objective


def test_search_ends_at_the_gap_that_is_asked_for_and_says_how_far_it_is(country):
    problem = of_body(country, "E54000050", clinics=8)
    rough, near = (solve(problem, gap=gap) for gap in (0.05, 0.002))
    assert rough.gap <= 0.05
    assert near.gap <= 0.002
    assert not rough.is_cut_short
    best = solve(problem)
    assert best.is_proven
    assert rough.bound <= best.objective <= near.objective <= rough.objective * (1 + 1e-12)
    with pytest.raises(BadProblem, match="from 0 to below 1"):
        solve(problem, gap=1.0)


@pytest.mark.parametrize("clinics", [3, 8])
def test_longest_way_of_a_real_health_body_is_what_set_cover_proves(country, clinics):
    problem = of_body(country, "E54000050", clinics=clinics, objective="center")
    plan = solve(problem)
    worst = problem.minutes[:, list(plan.sites)].min(axis=1).max()
    assert plan.is_proven
    assert plan.objective == float(worst)
    # One step of minutes less, and HiGHS says that no so many sites reach everybody.
    less = (problem.minutes < worst).astype(float)
    every = np.ones(problem.sites)
    found = milp(0 * every, constraints=[LinearConstraint(less, 1, np.inf), LinearConstraint(every, 0, clinics)],
                 bounds=Bounds(0, 1), integrality=every)  # fmt: skip
    assert found.status == 2, "a better plan exists"


def test_solver_prints_nothing_into_the_answer(country, capfd):
    plan = solve(of_body(country, "E54000050", clinics=8, objective="cover", within=20.0))
    assert "HiGHS" in plan.method
    assert capfd.readouterr() == ("", "")


def test_evaluation_of_a_map_is_what_the_plan_says(country):
    problem = of_body(country, "E54000010", clinics=5)
    plan = solve(problem)
    served = evaluate(problem, plan.sites)
    assert served.objective == plan.objective
    nearest = problem.minutes[:, list(plan.sites)]
    assert np.array_equal(served.minutes, nearest.min(axis=1))
    assert np.array_equal(np.array(plan.sites)[nearest.argmin(axis=1)], served.assigned)
    with pytest.raises(ValueError, match="at least one"):
        evaluate(problem, ())
