"""A proven bound: no choice of clinics can do better, however long one searches.

Each row of need is given a price. Were the rule dropped that each row is served once, the best clinics would be those
that earn most below the prices: that is quick to work out, and never dearer than the truth (Lagrangian relaxation;
Cornuejols, Fisher and Nemhauser 1977). A subgradient method looks for the prices that make it dearest. Kept sites,
forbidden sites and floors are obeyed by the choice, so that the bound holds with them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from glimmer.evidence.access.bound_kernel import earned, unserved
from glimmer.evidence.access.heuristic_kernel import Rules
from glimmer.evidence.access.problem_ways import Array, Ways, in_order

# Rows that a thread takes at once. It also says which sums are added to which, so it is the same for any machine.
ROWS_AT_ONCE = 8192
# How far the first step goes, when it is halved, and when the search ends.
FIRST_STEP, HALVED_AFTER, LAST_STEP = 1.5, 20, 1e-3
# How much of the last direction is kept: it keeps prices from going to and fro.
KEPT = 0.3


@dataclass(frozen=True, eq=False)
class Bound:
    """The greatest lower bound found on the cost of all rows, and what led to it.

    `earns` (sites,) and `chosen` are those of the bound; `sets` are the choices on the way, the latest first.
    """

    value: float
    price: Array
    earns: Array
    chosen: Array
    sets: tuple[Array, ...]
    rounds: int

    def can_be_closed(self, rules: Rules, upper: float) -> Array:
        """Return which sites no plan that costs less than `upper` opens, (sites,)."""
        # A site that is opened takes the place of one of the chosen, at best of the one that earns least.
        least = self.earns[self.chosen].min()
        closed = self.value + least - self.earns > upper
        closed[self.chosen] = False
        return (closed | ~rules.may_open) & ~rules.is_kept

    def must_be_open(self, rules: Rules, upper: float) -> Array:
        """Return which sites every plan that costs less than `upper` opens, (sites,)."""
        others = rules.may_open.copy()
        others[self.chosen] = False
        most = self.earns[others].max(initial=-np.inf)
        opened = np.zeros(len(self.earns), bool)
        opened[self.chosen] = self.value + self.earns[self.chosen] - most > upper
        return opened | rules.is_kept


def choose(earns: Array, rules: Rules, clinics: int) -> Array:
    """Return the sites that earn most together under the rules, sorted."""
    order = np.argsort(-earns, kind="stable")
    order = order[rules.may_open[order]]
    taken = rules.is_kept.copy()
    lacks = rules.floor - np.bincount(rules.body[taken], minlength=len(rules.floor))
    if (lacks > 0).any():
        for site in order:
            if lacks[rules.body[site]] > 0 and not taken[site]:
                taken[site] = True
                lacks[rules.body[site]] -= 1
    left = clinics - int(taken.sum())
    rest = order[~taken[order]][:left]
    taken[rest] = True
    return np.flatnonzero(taken)


def lower_bound(
    ways: Ways,
    rules: Rules,
    clinics: int,
    upper: float,
    price: Array,
    *,
    rounds: int = 600,
    workers: int | None = None,
    is_over: Callable[[], bool] = lambda: False,
    enough: float = np.inf,
) -> Bound:
    """Return the best bound of so many rounds from given prices; `upper` is what a known plan costs.

    Ends early when the gap is closed, the bound is above `enough`, the steps are too small or `is_over` says so; the
    same for any number of workers.
    """
    search = _Search(ways, rules, clinics, price, workers)
    step, since, direction = FIRST_STEP, 0, np.zeros(len(price))
    for _ in range(rounds):
        value, lacks, square = search.look()
        since = 0 if search.keep(value, (upper - value) / max(upper, 1e-300)) else since + 1
        if since >= HALVED_AFTER:
            step, since = step / 2, 0
            # A worn direction goes on from the best prices known.
            search.price = search.best_price.copy()
            direction[:] = 0
            continue
        is_closed = upper - search.best <= 1e-9 * abs(upper) or search.best > enough
        if square <= 0 or is_closed or step < LAST_STEP or is_over():
            break
        direction = KEPT * direction + lacks
        search.price = np.clip(search.price + step * (upper - value) / square * direction, 0.0, ways.base)
    return search.found()


class _Search:
    """Prices, and the best bound so far."""

    def __init__(self, ways: Ways, rules: Rules, clinics: int, price: Array, workers: int | None) -> None:
        self.ways, self.rules, self.clinics, self.workers = ways, rules, clinics, workers
        self.price, self.best_price, self.best = price.copy(), price.copy(), -np.inf
        self.blocks = range(0, max(len(price), 1), ROWS_AT_ONCE)
        self.each = np.empty((len(self.blocks), ways.sites))
        self.lacks = np.empty(len(price))
        self.earns, self.chosen = np.empty(0), np.empty(0, np.int64)
        self.best_earns, self.best_chosen = self.earns, self.chosen
        self.sets: dict[bytes, Array] = {}
        self.rounds = 0

    def look(self) -> tuple[float, Array, float]:
        """Return the bound at the present prices, its direction (rows,) and the weighted square of that."""
        self.rounds += 1
        paid = sum(in_order(self._earn, self.blocks, self.workers))
        self.earns = self.each.sum(axis=0)
        self.chosen = choose(self.earns, self.rules, self.clinics)
        is_open = np.zeros(self.ways.sites, np.uint8)
        is_open[self.chosen] = 1
        square = sum(in_order(lambda begin: self._lack(begin, is_open), self.blocks, self.workers))
        return paid - float(self.earns[self.chosen].sum()), self.lacks, square

    def _earn(self, begin: int) -> float:
        end = min(begin + ROWS_AT_ONCE, len(self.price))
        return float(earned(self.ways, self.price, begin, end, self.each[begin // ROWS_AT_ONCE]))

    def _lack(self, begin: int, is_open: Array) -> float:
        end = min(begin + ROWS_AT_ONCE, len(self.price))
        return float(unserved(self.ways, self.price, is_open, begin, end, self.lacks))

    def keep(self, value: float, gap: float) -> bool:
        """Remember a bound that is better, and say whether it was."""
        if gap < 0.01:
            self.sets.pop(self.chosen.tobytes(), None)
            self.sets[self.chosen.tobytes()] = self.chosen
        if value <= self.best:
            return False
        self.best, self.best_price = value, self.price.copy()
        self.best_earns, self.best_chosen = self.earns, self.chosen
        return True

    def found(self) -> Bound:
        """Return the best bound."""
        sets = tuple(reversed(self.sets.values()))
        return Bound(self.best, self.best_price, self.best_earns, self.best_chosen, sets, self.rounds)
