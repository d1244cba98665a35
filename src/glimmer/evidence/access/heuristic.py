"""A good plan quickly: open greedily, swap while a swap saves something, shake and swap again.

Swaps are those of Teitz and Bart (1968), all judged at once by the tables of heuristic_kernel.py. Several searches
from different starts each shake on their own with their own numbers of chance, so that the number of workers changes
nothing.
"""

from collections.abc import Callable

import numpy as np

from glimmer.evidence.access.heuristic_kernel import Rules, State, descend, empty_state, exchange, gains, opened
from glimmer.evidence.access.problem_ways import Array, Ways, in_order

# A swap must save one part in so many of the cost: less is the rounding of sums.
LEAST_SAVED = 1e-10
MOST_SWAPS = 10_000


def greedy(ways: Ways, rules: Rules, clinics: int) -> Array:
    """Return sites opened one after the other, each where it saves most; kept sites first, floors in time."""
    d1, gain = ways.base.copy(), np.empty(ways.sites)
    chosen: list[int] = []
    lacks = rules.floor.copy()
    for site in np.flatnonzero(rules.is_kept):
        _take(ways, int(site), d1, chosen, rules, lacks)
    while len(chosen) < clinics:
        gains(ways, d1, gain)
        may = rules.may_open.copy()
        may[chosen] = False
        if np.maximum(lacks, 0).sum() >= clinics - len(chosen):
            may &= lacks[rules.body] > 0
        _take(ways, int(np.argmax(np.where(may, gain, -np.inf))), d1, chosen, rules, lacks)
    return np.array(chosen, np.int64)


def _take(ways: Ways, site: int, d1: Array, chosen: list[int], rules: Rules, lacks: Array) -> None:
    opened(ways, site, d1)
    chosen.append(site)
    lacks[rules.body[site]] -= 1


class Search:
    """One set of open sites that is made better by swaps."""

    def __init__(self, ways: Ways, rules: Rules, sites: Array) -> None:
        self.ways, self.rules = ways, rules
        self.state = empty_state(ways, len(sites))
        self.open(sites)

    def open(self, sites: Array) -> None:
        """Begin anew from these sites."""
        self.state.slot_of[:] = -1
        self.state.site_of[:] = sites
        self.state.slot_of[sites] = np.arange(len(sites))
        exchange(self.ways, self.state, -1, -1)

    def descend(self) -> float:
        """Swap down to a local best and return its cost."""
        state = self.state
        least = LEAST_SAVED * float(self.ways.weight @ state.d1)
        return float(descend(self.ways, state, self.rules, least, MOST_SWAPS))

    def shake(self, chance: np.random.Generator, swaps: int) -> None:
        """Swap at random, within the rules."""
        for _ in range(swaps):
            site_of, rules = self.state.site_of, self.rules
            slot = int(chance.integers(len(site_of)))
            may = rules.may_open & (self.state.slot_of < 0)
            body = rules.body[site_of[slot]]
            if np.bincount(rules.body[site_of], minlength=len(rules.floor))[body] <= rules.floor[body]:
                may &= rules.body == body
            choices = np.flatnonzero(may)
            if rules.is_kept[site_of[slot]] or not len(choices):
                continue
            exchange(self.ways, self.state, slot, int(choices[chance.integers(len(choices))]))

    @property
    def sites(self) -> Array:
        """The open sites, sorted."""
        return np.sort(self.state.site_of).astype(np.int64)

    def kept(self) -> State:
        """Return a copy of the state."""
        return State(*(one.copy() for one in self.state))

    def back_to(self, state: State) -> None:
        """Take up a state that was kept."""
        for mine, its in zip(self.state, state, strict=True):
            mine[...] = its


def improve(
    ways: Ways,
    rules: Rules,
    starts: list[Array],
    *,
    seed: int,
    shakes: int,
    workers: int | None = None,
    is_over: Callable[[], bool] = lambda: False,
    enough: float = -np.inf,
) -> tuple[Array, float]:
    """Return the best sites found and their cost: from each start by swaps, until so many shakes in a row were no help.

    Ends early when sites are found that cost no more than `enough`, or `is_over` says so.
    """

    def one(number: int) -> tuple[float, Array]:
        return _from_one(ways, rules, starts[number], np.random.default_rng([seed, number]), shakes, is_over, enough)

    found = list(in_order(one, range(len(starts)), workers))
    cost, sites = min(found, key=lambda pair: (pair[0], pair[1].tolist()))
    return sites, cost


def _from_one(
    ways: Ways,
    rules: Rules,
    start: Array,
    chance: np.random.Generator,
    shakes: int,
    is_over: Callable[[], bool],
    enough: float,
) -> tuple[float, Array]:
    search = Search(ways, rules, start)
    best, kept, since = search.descend(), search.kept(), 0
    while since < shakes and best > enough and not is_over():
        search.shake(chance, max(1, min(3, len(start) // 4)))
        cost = search.descend()
        since = 0 if cost < best else since + 1
        if cost < best:
            best, kept = cost, search.kept()
        else:
            search.back_to(kept)
    sites = np.sort(kept.site_of).astype(np.int64)
    # The cost is added up anew, so that it owes nothing to the swaps that led to it.
    return ways.total(sites), sites
