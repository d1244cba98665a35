"""A cohort of people like one another, walked through all cycles for every draw and strategy.

Draws come in blocks: the graph's values of a block, one walk for each group of strategies in which the same people
are in the same places, then what their time and moves are worth. Blocks run on local cores; which draws share a block
changes no figure.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from glimmer.evidence.economics.cluster import joined, spread
from glimmer.evidence.economics.expressions import BadModel, closest
from glimmer.evidence.economics.graph import Evaluation, Graph
from glimmer.evidence.economics.layout import layout
from glimmer.evidence.economics.model import COST, EFFECT, Model
from glimmer.evidence.economics.outcomes import Numbers, Outcomes
from glimmer.evidence.economics.rows import Rows
from glimmer.evidence.economics.walk import Walk

# Enough draws that a call of NumPy is not felt, few enough that a block's probabilities stay near the processor.
BLOCK_DRAWS = 10_000
BLOCK_NUMBERS = 1 << 22
LEAST_DRAWS = 500


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a model: every outcome of each strategy in each draw, and what it was run with.

    `totals` maps an outcome to an array (draws, strategies), discounted at its rate. `years` maps a state to the time
    spent in it (undiscounted, counted like the rest; draws, strategies), where it was asked for.
    """

    model: Model
    strategies: tuple[str, ...]
    totals: Mapping[str, Numbers]
    draws: Mapping[str, Numbers]
    seed: int
    years: Mapping[str, Numbers] = field(default_factory=dict)

    def total(self, kind: str) -> Numbers:
        """Return the sum of an outcome and its parts: "cost" is "cost" and all "cost.…"."""
        parts = [values for name, values in self.totals.items() if name == kind or name.startswith(f"{kind}.")]
        if not parts:
            raise BadModel(f"There is no outcome {kind!r}. There is: {', '.join(self.totals)}.")
        return np.sum(parts, axis=0)

    def outcomes(self, reference: str | None = None) -> Outcomes:
        """Return costs and effects for the analyses, against `reference` (the first strategy unless one is named)."""
        return Outcomes(
            self.strategies,
            self.total(COST),
            self.total(EFFECT),
            reference or self.strategies[0],
            self.draws,
            self.model.conventions(),
        )

    def frame(self) -> Any:
        """Return a tidy polars data frame: draw, strategy, outcome, total."""
        import polars as pl

        count = len(next(iter(self.totals.values())))
        rows = [
            pl.DataFrame({"draw": range(count), "total": values[:, place]}).select(
                "draw", pl.lit(name).alias("strategy"), pl.lit(outcome).alias("outcome"), "total"
            )
            for outcome, values in self.totals.items()
            for place, name in enumerate(self.strategies)
        ]
        return pl.concat(rows)


def run(
    model: Model,
    draws: int | Mapping[str, Numbers | float] | None = None,
    seed: int = 0,
    *,
    residence: bool = False,
    workers: int | None = None,
    cluster: str = "",
    told: Callable[[int, int], None] | None = None,
) -> Run:
    """Return what comes of a model.

    `draws`: None for the means, a number of draws of all inputs, or values by name (arrays of one length; what is not
    named keeps its mean). `residence` also gives the time in each state. `workers` are threads (all cores unless said);
    `cluster` is the address of a Dask scheduler whose workers do it instead. `told(done, of)` hears of parts that are
    done. The figures are the same to the last bit wherever they were worked out.
    """
    if type(model).run is not Model.run:
        raise BadModel(f"{model.title} is a {type(model).__name__}, and not walked as a cohort. Call its own run().")
    values = values_of_draws(model, draws, seed)
    if cluster:
        parts = spread(cluster, partial(_worked_out, model, residence=residence, workers=1), values, told)
        totals, years = joined([part[0] for part in parts]), joined([part[1] for part in parts])
    else:
        totals, years = _worked_out(model, values, residence=residence, workers=workers or cores(), told=told)
    check_finite(model, totals)
    return Run(model, tuple(model.strategies), totals, values, seed, years)


def check_finite(model: Model, totals: Mapping[str, Numbers]) -> None:
    """Raise BadModel unless all totals are numbers; (draws, strategies) each."""
    for outcome, values in totals.items():
        if not np.isfinite(values).all():
            draw, column = (int(part) for part in np.argwhere(~np.isfinite(values))[0])
            name = list(model.strategies)[column]
            raise BadModel(f"strategy {name!r}: {outcome} is {values[draw, column]} in draw {draw}. Mend its amount.")


def _worked_out(
    model: Model,
    values: Mapping[str, Numbers],
    *,
    residence: bool,
    workers: int,
    told: Callable[[int, int], None] | None = None,
    first: int = 0,
) -> tuple[dict[str, Numbers], dict[str, Numbers]]:
    """Return the totals by outcome and the years by state, (draws, strategies) each, from draw `first`."""
    compiled = compiled_of(model, residence)
    count = len(next(iter(values.values()))) if values else 1
    size = compiled.block_size(count, workers)
    blocks = [slice(begin, min(begin + size, count)) for begin in range(0, count, size)]
    out = np.zeros((len(compiled.outcomes), len(compiled.layouts), count))
    years = np.zeros((len(model.states) if residence else 0, len(compiled.layouts), count))

    def one(block: slice) -> None:
        part = {name: drawn[block] for name, drawn in values.items()}
        compiled.walked(part, first + block.start, out[:, :, block], years[:, :, block])

    for done, _ in enumerate(_each(one, blocks, workers), 1):
        if told:
            told(done, len(blocks))
    totals = dict(zip(compiled.outcomes, out.swapaxes(1, 2), strict=True))
    return totals, dict(zip(model.states, years.swapaxes(1, 2), strict=True)) if residence else {}


def _each(work: Callable[[slice], None], blocks: Sequence[slice], workers: int) -> Iterator[None]:
    if workers == 1 or len(blocks) == 1:
        yield from map(work, blocks)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, blocks)


def by_subgroup(
    model: Model, draws: int | Mapping[str, Numbers | float] | None = None, seed: int = 0, **how: Any
) -> dict[str, Run]:
    """Return what comes of a model for each subgroup, with the same draws, and under "" for all by their shares."""
    if not model.subgroups:
        raise BadModel(f"{model.title} declares no subgroups. Say which there are with subgroup(name, share, ...).")
    total = sum(one.share for one in model.subgroups.values())
    if abs(total - 1) > 1e-6:
        raise BadModel(f"{model.title}: the shares of the subgroups add up to {total:.6g}, and not to 1.")
    found = {name: model.for_subgroup(name).run(draws, seed, **how) for name in model.subgroups}
    first = next(iter(found.values()))

    def joined_by_share(parts: Mapping[str, Mapping[str, Numbers]]) -> dict[str, Numbers]:
        names = next(iter(parts.values()))
        return {
            one: np.sum([model.subgroups[name].share * parts[name][one] for name in parts], axis=0) for one in names
        }

    totals = joined_by_share({name: one.totals for name, one in found.items()})
    years = joined_by_share({name: one.years for name, one in found.items()})
    return {"": Run(model, first.strategies, totals, first.draws, seed, years), **found}


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_compiled: dict[tuple[Any, ...], "Compiled"] = {}
MOST_COMPILED = 64


def compiled_of(model: Model, residence: bool = False) -> "Compiled":
    """Return a model laid out; one that was laid out before is not laid out again."""
    key = (residence, model.fingerprint())
    if key not in _compiled:
        while len(_compiled) >= MOST_COMPILED:
            _compiled.pop(next(iter(_compiled)), None)
        # A copy: the model may be declared further.
        _compiled[key] = Compiled(model.copy(), residence)
    return _compiled[key]


def evaluator(model: Model, **how: Any) -> Callable[[Mapping[str, Numbers | float]], Outcomes]:
    """Return the model as the analyses see it: values of parameters in, costs and effects out."""
    return lambda values: model.run(values, **how).outcomes()


class Compiled:
    """A model laid out for all its strategies, with strategies grouped that share a walk."""

    def __init__(self, model: Model, residence: bool) -> None:
        model.check()
        self.model, self.residence = model, residence
        self.graph = Graph(model)
        self.layouts = [layout(model, self.graph, one) for one in model.strategies.values()]
        self.outcomes = model.outcomes
        self.rows = Rows(self.graph, len(model.times))
        self.walks = [
            Walk(model, self.rows, [self.layouts[place] for place in group], group, self.outcomes, residence)
            for group in self._groups()
        ]

    def block_size(self, count: int, workers: int) -> int:
        """Return how many draws a block holds: no more than fit, no fewer than are worth a thread."""
        shared = max(LEAST_DRAWS, -(-count // workers))
        return max(1, min(BLOCK_DRAWS, BLOCK_NUMBERS // max(self.rows.count, 1), shared))

    def walked(self, draws: Mapping[str, Numbers], first: int, out: Numbers, years: Numbers) -> None:
        """Write the outcomes (outcomes, strategies, draws) and years (states, strategies, draws) from draw `first`."""
        count = out.shape[2]
        evaluation = Evaluation(self.graph, draws)
        for walk in self.walks:
            walk.into(evaluation, count, first, out, years)

    def _groups(self) -> list[list[int]]:
        """Strategies with one trace share a walk."""
        groups: dict[tuple[object, ...], list[int]] = {}
        for place, one in enumerate(self.layouts):
            groups.setdefault(one.trace_key, []).append(place)
        return list(groups.values())


def values_of_draws(model: Model, draws: int | Mapping[str, Numbers | float] | None, seed: int) -> dict[str, Numbers]:
    """Return the values of all parameters, (draws,) each; `draws` is as in `run`."""
    inputs = model.inputs
    if isinstance(draws, int | np.integer):
        return inputs.draw(int(draws), seed)
    given = {name: np.atleast_1d(np.asarray(value, float)) for name, value in (draws or {}).items()}
    unknown = sorted(set(given) - set(inputs.names))
    if unknown:
        raise BadModel(
            f"{model.title}: there is no parameter {', '.join(unknown)}. There is: {', '.join(inputs.names)}."
        )
    for name, value in given.items():
        if value.ndim != 1 or not value.size or not np.isfinite(value).all():
            raise BadModel(f"{model.title}: the draws of {name!r} must be one row of numbers, and one at least.")
    lengths = {len(value) for value in given.values()} - {1}
    if len(lengths) > 1:
        raise BadModel(f"{model.title}: draws of {sorted(lengths)} values cannot be joined. All must be as many.")
    count = lengths.pop() if lengths else 1
    means = {name: np.array([mean]) for name, mean in inputs.means().items()} | given
    return {name: np.broadcast_to(value, (count,)) for name, value in means.items()}


@dataclass(frozen=True, slots=True)
class Trace:
    """Who is in which state at each point of the grid, for one draw: `shares` has the shape (points, states)."""

    states: tuple[str, ...]
    times: Numbers
    shares: Numbers


def trace(model: Model, strategy: str, values: Mapping[str, float] | None = None) -> Trace:
    """Return the trace of a strategy at the means, or at other values of some parameters."""
    if strategy not in model.strategies:
        raise BadModel(f"There is no strategy {strategy!r}.{closest(strategy, model.strategies)}")
    compiled = compiled_of(model)
    column = list(model.strategies).index(strategy)
    walk = next(one for one in compiled.walks if column in one.group)
    evaluation = Evaluation(compiled.graph, values_of_draws(model, values, 0))
    _, _, seen = walk.walk(evaluation, 1, 0, trace=True)
    shares = np.zeros((len(model.times), len(model.states)))
    for place, one in enumerate(walk.plan.places):
        shares[:, list(model.states).index(one.state)] += seen[:, place, 0]
    return Trace(tuple(model.states), model.times, shares)
