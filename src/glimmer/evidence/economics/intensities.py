"""Exact expectations of models whose rates are constant: matrix exponentials, over all draws and strategies at once.

Time in each state up to the horizon, discounted by exp(-force t), is the integral of x exp((Q - force) t). It stands in
the exponential of one matrix that is a row and a column larger, [[0, x], [0, Q - force]] (Van Loan 1978), so nothing
is stepped through and there is no cycle to count in. What happens once is worth its amount times its rate times the
time spent where it can happen.
"""

from collections.abc import Callable, Mapping

import numpy as np

from glimmer.evidence.economics.cohort import Run, values_of_draws
from glimmer.evidence.economics.continuous import ContinuousModel
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.graph import Evaluation, Graph
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.evidence.economics.waiting import EXPONENTIAL
from glimmer.evidence.economics.ways import NOWHERE, Operand, Ways, Worth, ways_of

# So many numbers of matrices are held at once.
BLOCK_NUMBERS = 1 << 20
# Pade's approximant of degree 13 is exact to double precision up to this norm (Higham 2005).
LARGEST_NORM = 5.371920351148152
PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
    10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip


def matrix_exponential(matrices: Numbers) -> Numbers:
    """Return the exponential of each matrix, (..., n, n): Pade's approximant, scaled and squared.

    What comes of a matrix depends on it alone, and not on the others that it is worked out with.
    """
    norms = np.abs(matrices).sum(axis=-2).max(axis=-1)
    squarings = np.ceil(np.log2(np.maximum(norms, LARGEST_NORM) / LARGEST_NORM)).astype(int)
    found = _approximant(matrices * 0.5 ** squarings[..., None, None])
    for done in range(int(squarings.max(initial=0))):
        found = np.where((squarings > done)[..., None, None], found @ found, found)
    return found


def _approximant(a: Numbers) -> Numbers:
    one = np.eye(a.shape[-1])
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    odd = a6 @ (PADE[13] * a6 + PADE[11] * a4 + PADE[9] * a2) + PADE[7] * a6 + PADE[5] * a4 + PADE[3] * a2
    odd = a @ (odd + PADE[1] * one)
    even = a6 @ (PADE[12] * a6 + PADE[10] * a4 + PADE[8] * a2) + PADE[6] * a6 + PADE[4] * a4 + PADE[2] * a2
    even = even + PADE[0] * one
    return np.asarray(np.linalg.solve(even - odd, even + odd), np.float64)


def occupancy(rates: Numbers, start: Numbers, years: float, force: float) -> tuple[Numbers, Numbers]:
    """Return years spent in each state, discounted, and who is where in the end: both (..., states).

    `rates` are intensity matrices (..., states, states) whose rows add up to 0, `start` shares (..., states).
    """
    states = rates.shape[-1]
    joined = np.zeros((*rates.shape[:-2], states + 1, states + 1))
    joined[..., 0, 1:] = start
    joined[..., 1:, 1:] = rates - force * np.eye(states)
    moved = matrix_exponential(joined * years)
    in_the_end = np.einsum("...s,...st->...t", start, moved[..., 1:, 1:]) * np.exp(force * years)
    return moved[..., 0, 1:], in_the_end


def expected(
    model: ContinuousModel,
    draws: int | Mapping[str, Numbers | float] | None = None,
    seed: int = 0,
    *,
    residence: bool = False,
    workers: int | None = None,
    cluster: str = "",
    told: Callable[[int, int], None] | None = None,
) -> Run:
    """Return the exact expectation of a model; raise BadModel where a transition or an amount is not constant.

    `draws` and `residence` are as in `cohort.run`. `workers` and `cluster` are taken so that all engines can be
    asked alike; this one has no need of either.
    """
    model.check()
    values = values_of_draws(model, draws, seed)
    graph = Graph(model)
    laid = [ways_of(model, graph, one) for one in model.strategies.values()]
    count = len(next(iter(values.values()))) if values else 1
    totals = np.zeros((len(model.outcomes), count, len(laid)))
    years = np.zeros((len(model.states), count, len(laid)))
    size = max(1, BLOCK_NUMBERS // (max(len(one.places) for one in laid) + 1) ** 2)
    for begin in range(0, count, size):
        block = slice(begin, min(begin + size, count))
        part = Evaluation(graph, {name: drawn[block] for name, drawn in values.items()})
        for column, ways in enumerate(laid):
            _Chain(model, ways, part, block).into(totals[:, block, column], years[:, block, column], residence)
        if told:
            told(block.stop, count)
    held = dict(zip(model.states, years, strict=True)) if residence else {}
    return Run(model, tuple(model.strategies), dict(zip(model.outcomes, totals, strict=True)), values, seed, held)


def chain_of(model: ContinuousModel, strategy: str) -> tuple[Numbers, Numbers]:
    """Return the intensity matrix of a strategy at the means, and who is where at the horizon."""
    model.check()
    graph = Graph(model)
    ways = ways_of(model, graph, model.strategies[strategy])
    chain = _Chain(model, ways, Evaluation(graph, values_of_draws(model, None, 0)), slice(0, 1))
    return chain.rates[0], occupancy(chain.rates, chain.start, model.years, 0.0)[1][0]


class _Chain:
    """The chain of one strategy for a block of draws: `rates` (draws, places, places), `start` (draws, places)."""

    def __init__(self, model: ContinuousModel, ways: Ways, values: Evaluation, block: slice) -> None:
        self.model, self.ways, self.values, self.block = model, ways, values, block
        self.count = block.stop - block.start
        self.rates = np.zeros((self.count, len(ways.places), len(ways.places)))
        self.rate_of_way = [self._rate(number) for number in range(len(ways.ways))]
        for way, rate in zip(ways.ways, self.rate_of_way, strict=True):
            self.rates[:, way.source, way.target] += rate
            self.rates[:, way.source, way.source] -= rate
        self.start = np.zeros((self.count, len(ways.places)))
        for place, share in ways.starts:
            self.start[:, place] += self._constant(share)
        if not ways.starts:
            self.start[:, 0] = 1.0
        self._check_start()

    def into(self, totals: Numbers, years: Numbers, residence: bool) -> None:
        outcomes = list(self.model.outcomes)
        forces = {self.model.force_of(name) for name in outcomes} | ({0.0} if residence else set())
        held = {force: occupancy(self.rates, self.start, self.model.years, force)[0] for force in sorted(forces)}
        for worth in self.ways.stays:
            spent = held[self.model.force_of(worth.outcome)][:, worth.of]
            totals[outcomes.index(worth.outcome)] += spent * self._worth(worth)
        for worth in self.ways.moves:
            source = self.ways.ways[worth.of].source
            moved = held[self.model.force_of(worth.outcome)][:, source] * self.rate_of_way[worth.of]
            totals[outcomes.index(worth.outcome)] += moved * self._worth(worth)
        for worth in self.ways.entries:
            totals[outcomes.index(worth.outcome)] += self.start[:, worth.of] * self._worth(worth)
        if residence:
            names = list(self.model.states)
            for place, (state, _) in enumerate(self.ways.places):
                years[names.index(state)] += held[0.0][:, place]

    def _worth(self, worth: Worth) -> Numbers:
        return self._constant(worth.amount)

    def _constant(self, operand: Operand) -> Numbers:
        if operand.node == NOWHERE:
            raise BadModel(
                f"{operand.where}: {operand.said.text!r} depends on the person or the moment, so there is no exact "
                "expectation. Run individuals instead."
            )
        return np.broadcast_to(self.values.value(operand.node)[0], (self.count,))

    def _rate(self, number: int) -> Numbers:
        way = self.ways.ways[number]
        law = self.model.hazards[way.transition].law
        if law.kind != EXPONENTIAL:
            raise BadModel(
                f"{way.parameters[0].where}: a {law.name} time has no constant rate, so there is no exact expectation. "
                "Run individuals instead."
            )
        rate = self._constant(way.parameters[0]) * self._constant(way.ratio)
        wrong = ~(np.isfinite(rate) & (rate >= 0))
        if wrong.any():
            draw = int(np.argmax(wrong))
            raise BadModel(
                f"{way.parameters[0].where}: the rate {way.parameters[0].said.text!r} is {rate[draw]:.6g} in draw "
                f"{self.block.start + draw}. A rate is 0 or above."
            )
        return rate

    def _check_start(self) -> None:
        total = self.start.sum(axis=1)
        draw = int(np.argmax(np.abs(total - 1)))
        if not abs(total[draw] - 1) <= 1e-6:
            raise BadModel(
                f"The shares who start add up to {total[draw]:.6g} in draw {self.block.start + draw}, and not to 1."
            )
