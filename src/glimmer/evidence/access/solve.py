"""Solve a siting problem: a heuristic for the plan, a bound for the proof, HiGHS for what is left between them.

    plan = solve(problem, seed=1, seconds=60)             or with gap=0.001: near enough is enough
    plan.codes, plan.objective, plan.bound, plan.gap, plan.is_proven

First sites are opened greedily and swapped. Prices then give a bound, and sets of sites to search on from; the better
plan gives better prices. Prices also tell which sites no better plan opens: where few are left, HiGHS closes the gap.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from glimmer.evidence.access.bound import lower_bound
from glimmer.evidence.access.exact import solve_exactly, solve_with_capacity, steps_of
from glimmer.evidence.access.heuristic import Search, greedy, improve
from glimmer.evidence.access.heuristic_kernel import Rules
from glimmer.evidence.access.plan import CLOSED, Plan, Served, evaluate, reachable, unit_of
from glimmer.evidence.access.problem import BadProblem, Problem
from glimmer.evidence.access.problem_ways import Array, Ways, lay_out

Told = Callable[[int, int], None]
# Far more than the country takes on two free cores: what is cut short depends on the machine.
SECONDS = 120.0
# Shakes in a row that were no help, before the first bound and after each; more where they are cheap: so many as look
# at this number of ways together, and at most the last.
SHAKES, WAYS_SHAKEN, MOST_SHAKES = (4, 8), 80_000_000, 200
# Sets of the bound to search on from, and rounds of prices at a turn.
SETS, ROUNDS = 3, 220
# Up to so many pairs of row and site the search goes on until nothing helps; beyond, until this gap is reached.
SMALL_PAIRS, GAP = 2_000_000, 0.001
# A turn that closes less than this part of what is left of the gap is the last one.
LEAST_PROGRESS = 0.1
# What HiGHS is given: as many steps of cost or pairs as it solves in seconds.
MOST_STEPS, MOST_PAIRS = 60_000, 60_000
STAGES = 5
# Who names a gap wants it reached: HiGHS is then given so many times as much.
PATIENT = 8


@dataclass(frozen=True, eq=False)
class Found:
    """The best sites for some ways, what they cost, and what any plan costs at least."""

    sites: Array
    cost: float
    bound: float
    method: str
    is_cut_short: bool

    @property
    def is_closed(self) -> bool:
        """Whether nothing is between cost and bound, to one part in a million."""
        return self.cost - self.bound <= CLOSED * abs(self.cost)


def solve(
    problem: Problem,
    *,
    seed: int = 1,
    seconds: float = SECONDS,
    gap: float | None = None,
    workers: int | None = None,
    told: Told | None = None,
) -> Plan:
    """Return the best plan found for a problem with a proven bound.

    The search ends when the bound is within `gap` of the plan (a share of its cost; not given: as near as it gets where
    the problem is small, and GAP where it is large), when nothing brings them nearer, or when `seconds` are over: then
    the plan says that it was cut short. Else it is the same for the same seed and any number of workers. `told` hears
    how many of how many steps are done. Raises BadProblem for what cannot be solved.
    """
    if gap is not None and not 0 <= gap < 1:
        raise BadProblem(f"The gap to end at is {gap:g}, but must be a share from 0 to below 1.")
    began = time.monotonic()
    if problem.objective == "center":
        from glimmer.evidence.access.solve_center import solve_center

        return solve_center(problem, seed=seed, seconds=seconds, workers=workers, told=told)
    rules = problem.rules()
    ways = lay_out(problem, workers=workers)
    if problem.capacity is not None:
        return _with_capacity(problem, ways, rules, seed, seconds, began)
    until = began + seconds
    found = find(ways, rules, problem.clinics, seed=seed, until=until, workers=workers, told=told, gap=gap)
    served = evaluate(problem, found.sites.tolist())
    bound = _in_unit(problem, found.bound)
    return Plan(
        served=served,
        codes=_codes(problem, served),
        bound=bound,
        method=found.method,
        seed=seed,
        seconds=time.monotonic() - began,
        is_cut_short=found.is_cut_short,
        notes=notes(problem),
    )


def find(
    ways: Ways,
    rules: Rules,
    clinics: int,
    *,
    seed: int = 1,
    until: float,
    workers: int | None = None,
    told: Told | None = None,
    aim: float | None = None,
    gap: float | None = None,
    with_bound: bool = True,
) -> Found:
    """Return the best sites for some ways; `until` is when the search has to end, on the monotonic clock.

    `gap` is as in `solve`. With an `aim` it is only asked whether some sites cost no more: the search ends when that
    is known. Without a bound the plan is what the heuristic finds.
    """
    if not len(ways.area):
        return Found(greedy(ways, rules, clinics), 0.0, 0.0, "nothing is left to do", False)
    patient = 1 if gap is None else PATIENT
    if gap is None:
        gap = 0.0 if len(ways.area) * ways.sites <= SMALL_PAIRS else GAP
    search = _Stages(ways, rules, clinics, seed, until, workers, told, aim, gap, patient)
    if not with_bound:
        search.begin(1)
        return search.best
    search.begin(0)
    if not search.is_settled():
        search.prove()
    while not search.is_settled() and search.search_on():
        pass
    if not search.is_settled():
        search.close()
    search.tell(STAGES)
    return search.best


@dataclass(eq=False)
class _Stages:
    """The stages of one search, each from where the last one ended."""

    ways: Ways
    rules: Rules
    clinics: int
    seed: int
    until: float
    workers: int | None
    told: Told | None
    aim: float | None
    gap: float
    patient: int
    turns: int = 0

    def is_over(self) -> bool:
        return time.monotonic() > self.until

    def tell(self, number: int) -> None:
        if self.told:
            self.told(number, STAGES)

    def is_settled(self) -> bool:
        """Say whether there is nothing left to find out, or no time for it."""
        best = self.best
        answered = self.aim is not None and (best.cost <= self.aim or best.bound > self.aim)
        return best.is_closed or best.bound >= self.near() or answered or self.is_over()

    def near(self) -> float:
        """Return the bound that is near enough: the gap is a share of what is told, the need that is covered."""
        worth = self.best.cost if self.ways.within < 0 else self.ways.need - self.best.cost
        return self.best.cost - self.gap * abs(worth)

    def shakes(self, stage: int) -> int:
        """Return after how many shakes that were no help the search of a stage ends."""
        return max(SHAKES[stage], min(MOST_SHAKES, WAYS_SHAKEN // max(1, len(self.ways.site))))

    def begin(self, stage: int) -> None:
        """Open greedily, swap, and shake a little."""
        self.tell(0)
        first = greedy(self.ways, self.rules, self.clinics)
        self.tell(1)
        sites, cost = self._improved([first], self.seed, self.shakes(stage))
        self.best = Found(sites, cost, -np.inf, "greedy and swaps", self.is_over())

    def prove(self) -> None:
        """Find a first bound, from prices half way between the nearest and the second nearest site of each row."""
        self.tell(2)
        state = Search(self.ways, self.rules, self.best.sites).state
        prices = np.minimum((state.d1 + state.d2) / 2, self.ways.base)
        self._bounded(prices)
        self.best = replace(self.best, method="greedy, swaps, Lagrangian bound")

    def search_on(self) -> bool:
        """Search on from the sets of the bound, then find better prices; return whether another turn may help."""
        gap = self.best.cost - self.best.bound
        starts = [self.best.sites, *self.bound.sets[:SETS]]
        self.turns += 1
        sites, cost = self._improved(starts, self.seed + self.turns, self.shakes(1))
        if cost < self.best.cost:
            self.best = replace(self.best, sites=sites, cost=cost)
        self.tell(3)
        self._bounded(self.bound.price)
        return self.best.cost - self.best.bound < (1 - LEAST_PROGRESS) * gap

    def close(self) -> None:
        """Let HiGHS close the gap where the bound leaves few enough sites."""
        self.tell(4)
        best = self.best
        # A plan that is only the rounding of sums cheaper is not looked for.
        upper = best.cost * (1 + CLOSED / 100)
        closed, opened = self.bound.can_be_closed(self.rules, upper), self.bound.must_be_open(self.rules, upper)
        free = int((~closed & ~opened).sum())
        most = MOST_STEPS * self.patient
        if free * len(self.ways.area) > 100 * most or steps_of(self.ways, closed, opened) > most:
            return
        seconds = self.until - time.monotonic()
        exact = solve_exactly(
            self.ways, self.rules, self.clinics, closed=closed, opened=opened, seconds=seconds, known=best.sites
        )
        if exact.sites is not None and exact.cost < best.cost:
            best = replace(best, sites=exact.sites, cost=exact.cost)
        # What was left out costs more than the plan that was known, so the bound reaches no further than that.
        bound = max(best.bound, min(exact.bound, best.cost))
        best = replace(best, bound=bound, method=best.method + ", HiGHS")
        self.best = best if best.is_closed else replace(best, is_cut_short=True)

    def _improved(self, starts: list[Array], seed: int, shakes: int) -> tuple[Array, float]:
        return improve(
            self.ways, self.rules, starts, seed=seed, shakes=shakes, workers=self.workers, is_over=self.is_over,
            enough=-np.inf if self.aim is None else self.aim,
        )  # fmt: skip

    def _bounded(self, price: Array) -> None:
        near = self.near()
        self.bound = lower_bound(
            self.ways, self.rules, self.clinics, self.best.cost, price, rounds=ROUNDS, workers=self.workers,
            is_over=self.is_over, enough=near if self.aim is None else min(near, self.aim),
        )  # fmt: skip
        better = max(self.bound.value, self.best.bound)
        self.best = replace(self.best, bound=better, is_cut_short=self.is_over())


def _with_capacity(problem: Problem, ways: Ways, rules: Rules, seed: int, seconds: float, began: float) -> Plan:
    """Return the plan of a problem with capacities, by HiGHS alone."""
    assert problem.capacity is not None
    exact = solve_with_capacity(ways, rules, problem.clinics, problem.capacity, most=MOST_PAIRS, seconds=seconds)
    if exact.sites is None or exact.shares is None:
        raise BadProblem(f"No plan was found in {seconds:g} seconds. Give more time, or ask for a smaller region.")
    served = _sent(problem, ways, exact.sites, exact.shares, exact.cost)
    bound = _in_unit(problem, exact.bound)
    plan = Plan(
        served=served,
        codes=_codes(problem, served),
        bound=bound,
        method="HiGHS, need is sent where there is room",
        seed=seed,
        seconds=time.monotonic() - began,
        notes=notes(problem),
    )
    return plan if plan.is_proven else replace(plan, is_cut_short=True)


def _sent(problem: Problem, ways: Ways, sites: Array, shares: Array, cost: float) -> Served:
    """Return who is sent where: the site with the largest share of each area, and all of them where it is split."""
    sent = np.zeros((len(problem.weights), problem.sites + 1))
    np.add.at(sent, ways.area, shares * ways.weight[:, None])
    sent = np.where(sent > CLOSED * problem.weights[:, None], sent, 0)
    to_sites = sent[:, : problem.sites]
    assigned = np.where(to_sites.any(axis=1), to_sites.argmax(axis=1), -1).astype(np.int32)
    minutes = problem.minutes[np.arange(len(assigned)), assigned]
    minutes = np.where(assigned < 0, np.float32(np.inf), minutes).astype(np.float32)
    split = tuple(
        (int(area), int(site) if site < problem.sites else -1, float(sent[area, site] / sent[area].sum()))
        for area in np.flatnonzero((sent > 0).sum(axis=1) > 1)
        for site in np.flatnonzero(sent[area])
    )
    objective = _in_unit(problem, cost)
    return Served(tuple(sites.tolist()), assigned, minutes, objective, unit_of(problem), split)


def _in_unit(problem: Problem, cost: float) -> float:
    """Return a cost of all rows as mean minutes, or as the share that is served."""
    need = float(problem.weights.sum())
    return 1 - cost / need if problem.objective == "cover" else cost / need


def _codes(problem: Problem, served: Served) -> tuple[str, ...]:
    return tuple(problem.site_codes[site] for site in served.sites) if problem.site_codes else ()


def notes(problem: Problem) -> tuple[str, ...]:
    """Return sentences about what the objective does not say."""
    stranded = int(((problem.weights > 0) & ~reachable(problem)).sum())
    if not stranded:
        return ()
    counts = "is left aside" if problem.objective == "center" else f"counts as {problem.beyond:g} minutes"
    return (f"{stranded} areas are beyond reach of every site that may open; each {counts}.",)
