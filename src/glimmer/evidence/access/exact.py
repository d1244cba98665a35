"""The exact optimum by HiGHS, for what is small enough and for rooms that are full.

Without capacities the model counts, for each row of need, the steps of cost that it has to climb because nothing
cheaper is open (the radius formulation of Cornuejols, Nemhauser and Wolsey 1980): one model for minutes, for a share
within minutes and for minutes that weigh more beyond a knee. With capacities it says which share of each row goes
where, and no site takes more than it has room for.
"""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from glimmer.evidence.access.heuristic_kernel import Rules
from glimmer.evidence.access.problem_ways import Array, Ways

# The solver's numbers are best near this, and it is asked for an optimum, not for nearly one.
SCALE, RELATIVE_GAP = 1e3, 1e-9
FEASIBLE = 2


class TooLarge(ValueError):
    """A problem is too large to be solved exactly. The message says how large and what is possible."""


@dataclass(frozen=True, eq=False)
class Exact:
    """What the solver found: open sites, their cost, and a proven lower bound on the cost of any plan.

    `sites` is None where nothing was found. `shares` (rows, sites + 1) is given with capacities alone: which share of
    each row goes where, nobody's in the last column.
    """

    sites: Array | None
    cost: float
    bound: float
    shares: Array | None = None


def steps_of(ways: Ways, closed: Array, opened: Array) -> int:
    """Return how many steps of cost the model would have, with some sites closed and others open for certain."""
    _, kept = _reduced(ways, closed, opened)[:2]
    return int(kept.sum())


def solve_exactly(
    ways: Ways, rules: Rules, clinics: int, *, closed: Array, opened: Array, seconds: float, known: Array | None = None
) -> Exact:
    """Return the best plan among those that open `opened` and leave `closed`, (sites,) each, from `known` on."""
    cost, kept, cap, free = _reduced(ways, closed, opened)
    order = np.argsort(np.where(kept, cost, np.inf), axis=1, kind="stable")
    sorted_cost = np.take_along_axis(cost, order, axis=1)
    inside = np.take_along_axis(kept, order, axis=1)
    row, place = np.nonzero(inside)
    level, site = sorted_cost[row, place], order[row, place]
    # A step begins where the cost of a row changes; sites of one cost share one.
    begins = np.ones(len(row), bool)
    begins[1:] = (row[1:] != row[:-1]) | (level[1:] != level[:-1])
    step = np.cumsum(begins) - 1
    step_row, step_level = row[begins], level[begins]
    following = np.append(step_level[1:], np.inf)
    is_last = np.append(step_row[1:] != step_row[:-1], True)
    rise = np.where(is_last, cap[step_row], following) - step_level
    sites, steps = len(free), len(step_row)
    # y: open; z: what of the row has to climb this step. z[k] + what opens at step k is at least z[k - 1].
    is_first = np.ones(steps, bool)
    is_first[1:] = step_row[1:] != step_row[:-1]
    later = np.flatnonzero(~is_first)
    parts = [
        (step, site, np.ones(len(step))),
        (np.arange(steps), sites + np.arange(steps), np.ones(steps)),
        (later, sites + later - 1, -np.ones(len(later))),
    ]
    base = _fixed_cost(ways, cap, step_row[is_first], step_level[is_first])
    rules_rows, rules_low, rules_high = _rule_rows(rules, clinics, free, opened, steps)
    climbs = _matrix(parts, steps, sites + steps)
    program = Program(
        cost=np.concatenate([np.zeros(sites), ways.weight[step_row] * rise]),
        upper=np.ones(sites + steps),
        whole=sites,
        matrix=sparse.vstack([climbs, rules_rows], format="csr"),
        low=np.concatenate([is_first.astype(float), rules_low]),
        high=np.concatenate([np.full(steps, np.inf), rules_high]),
        base=base,
    )
    begin = None if known is None else np.isin(free, known).astype(float)
    values, bound = program.solved(seconds, begin)
    if values is None:
        return Exact(None, np.inf, bound)
    chosen = np.sort(np.concatenate([np.flatnonzero(opened), free[values[:sites] > 0.5]]))
    return Exact(chosen, ways.total(chosen), bound)


def _reduced(ways: Ways, closed: Array, opened: Array) -> tuple[Array, Array, Array, Array]:
    """Return (rows, free) costs, which of them matter, the cap of each row, and the sites that are free."""
    free = np.flatnonzero(~closed & ~opened)
    cap = ways.base.copy()
    certain = np.flatnonzero(opened)
    if len(certain):
        cap = np.minimum(cap, ways.costs(ways.minutes[:, certain].min(axis=1))[ways.area])
    cost = ways.costs(ways.minutes[:, free])[ways.area].astype(np.float64)
    return cost, cost < cap[:, None], cap, free


def _fixed_cost(ways: Ways, cap: Array, rows: Array, least: Array) -> float:
    """Return what every row costs at least: its cheapest step, or its cap where no free site is below it."""
    fixed = cap.copy()
    fixed[rows] = least
    return float(ways.weight @ fixed)


def _rule_rows(rules: Rules, clinics: int, free: Array, opened: Array, others: int) -> tuple[Any, Array, Array]:
    """Return the rows that say how many sites open, in all and in each body with a floor."""
    bodies = np.flatnonzero(rules.floor > 0)
    already = np.bincount(rules.body[opened], minlength=len(rules.floor))
    table = np.vstack([np.ones(len(free)), *[(rules.body[free] == body).astype(float) for body in bodies]])
    low = np.concatenate([[clinics - opened.sum()], rules.floor[bodies] - already[bodies]]).astype(float)
    high = np.concatenate([[clinics - opened.sum()], np.full(len(bodies), np.inf)]).astype(float)
    return sparse.csr_matrix(np.hstack([table, np.zeros((len(table), others))])), low, high


def solve_with_capacity(ways: Ways, rules: Rules, clinics: int, capacity: Array, *, most: int, seconds: float) -> Exact:
    """Return the best plan where each site serves at most its capacity, (sites,); a row may be split between sites.

    Raises TooLarge beyond `most` pairs of row and site.
    """
    rows, sites = len(ways.area), ways.sites
    cost = ways.costs(ways.minutes)[ways.area].astype(np.float64)
    row, site = np.nonzero((cost < ways.base[:, None]) & rules.may_open)
    if len(row) > most:
        raise TooLarge(
            f"With capacities {len(row):,} pairs of area and site would have to be weighed, and {most:,} are possible."
            " Ask for one health body at a time, or for larger areas."
        )
    pairs, number = len(row), np.arange(len(row))
    weight = ways.weight[row]
    parts = [(row, sites + number, np.ones(pairs))]
    parts += [(rows + number, site, np.ones(pairs)), (rows + number, sites + number, -np.ones(pairs))]
    room = np.minimum(capacity, ways.need)
    parts += [
        (rows + pairs + np.arange(sites), np.arange(sites), room),
        (rows + pairs + site, sites + number, -weight),
    ]
    matrix = _matrix(parts, rows + pairs + sites, sites + pairs)
    everything = np.zeros(sites, bool)
    rule_rows, rule_low, rule_high = _rule_rows(rules, clinics, np.arange(sites), everything, pairs)
    upper = np.concatenate([rules.may_open.astype(float), np.ones(pairs)])
    program = Program(
        # What goes nowhere costs its base: sites are paid by what they save.
        cost=np.concatenate([np.zeros(sites), weight * (cost[row, site] - ways.base[row])]),
        upper=upper,
        whole=sites,
        matrix=sparse.vstack([matrix, rule_rows], format="csr"),
        low=np.concatenate([np.full(rows, -np.inf), np.zeros(pairs + sites), rule_low]),
        high=np.concatenate([np.ones(rows), np.full(pairs + sites, np.inf), rule_high]),
        base=float(ways.weight @ ways.base),
        lower=np.concatenate([rules.is_kept.astype(float), np.zeros(pairs)]),
    )
    values, bound = program.solved(seconds, None)
    if values is None:
        return Exact(None, np.inf, bound)
    shares = np.zeros((rows, sites + 1))
    shares[row, site] = np.clip(values[sites:], 0, 1)
    shares[:, sites] = np.maximum(0, 1 - shares.sum(axis=1))
    spent = float(weight @ (shares[row, site] * (cost[row, site] - ways.base[row]))) + float(ways.weight @ ways.base)
    return Exact(np.flatnonzero(values[:sites] > 0.5), spent, bound, shares)


def _matrix(parts: list[tuple[Array, Array, Array]], rows: int, columns: int) -> Any:
    row, column, value = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return sparse.csr_matrix((value, (row, column)), shape=(rows, columns))


class _Quiet(highspy.Highs):
    """A solver that says nothing: its heading, printed while it is made, would stand in the middle of an answer."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


@dataclass(frozen=True, eq=False)
class Program:
    """A mixed integer program: make `base` and the cost of the columns least; the first `whole` columns are 0 or 1."""

    cost: Array
    upper: Array
    whole: int
    matrix: Any
    low: Array
    high: Array
    base: float
    lower: Array | None = None
    gap: float = RELATIVE_GAP

    def solved(self, seconds: float, begin: Array | None) -> tuple[Array | None, float]:
        """Return the values of the columns (None: none were found) and a proven lower bound on the cost."""
        largest = max(float(np.abs(self.cost).sum()), self.base, 1e-300)
        solver = _Quiet()
        for option, value in (("time_limit", float(seconds)), ("mip_rel_gap", self.gap), ("mip_abs_gap", 1e-9)):
            solver.setOptionValue(option, value)
        # One thread: several may end at different plans of the same cost.
        solver.setOptionValue("threads", 1)
        solver.passModel(self._model(SCALE / largest))
        if begin is not None:
            solver.setSolution(len(begin), np.arange(len(begin), dtype=np.int32), begin)
        solver.run()
        info, status = solver.getInfo(), solver.getModelStatus()
        dual = info.mip_dual_bound if self.whole else info.objective_function_value
        bound = self.base + dual * largest / SCALE if np.isfinite(dual) else -np.inf
        if status == highspy.HighsModelStatus.kInfeasible:
            return None, np.inf
        if info.primal_solution_status != FEASIBLE:
            return None, bound
        return np.asarray(solver.getSolution().col_value), bound

    def _model(self, scale: float) -> Any:
        model = highspy.HighsLp()
        columns = len(self.cost)
        model.num_col_, model.num_row_ = columns, len(self.low)
        model.col_cost_ = self.cost * scale
        model.col_lower_ = np.zeros(columns) if self.lower is None else self.lower
        model.col_upper_ = self.upper
        kinds = [highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous]
        model.integrality_ = [kinds[0]] * self.whole + [kinds[1]] * (columns - self.whole)
        model.row_lower_, model.row_upper_ = self.low, self.high
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = self.matrix.indptr
        matrix.index_ = self.matrix.indices
        matrix.value_ = self.matrix.data
        return model
