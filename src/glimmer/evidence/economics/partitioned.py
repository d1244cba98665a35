"""Partitioned survival: who is where is read off survival curves, and nobody is moved.

    model = PartitionedModel("Two arms", cycles=120, years=1 / 12, discount=0.035)
    model.parameter("r_progression", Gamma.from_mean(0.5, 0.05))
    model.value("hr", 1)
    model.state("Stable", cost=9000, effect=0.8)
    model.state("Progressed", cost=15_000, effect=0.5)
    model.state("Dead")
    model.survival("Stable", "exp(-r_progression * hr * time)")
    model.survival("Progressed", "1 - weibull_event(0, time, 1.2, 4)")
    model.strategy("Usual care")
    model.strategy("New drug", hr=0.7)

States are declared in the order in which people pass through them. The curve of a state is the share who are in it or
in one before it (progression-free survival, then overall survival); the last state has no curve and takes the rest. So
what is in a state is the difference of two curves. Curves may be any expression of `time`, `age` and parameters, tables
among them; counting and discounting are those of a cohort.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glimmer.evidence.economics.cohort import Run, Trace, values_of_draws
from glimmer.evidence.economics.consistency import CLOCKS
from glimmer.evidence.economics.counting import Counted, counted
from glimmer.evidence.economics.declared import Reward, Said
from glimmer.evidence.economics.expressions import BadModel, Expression, expression
from glimmer.evidence.economics.graph import Evaluation, Graph
from glimmer.evidence.economics.individual import in_pieces
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Numbers

CROSSING = ("refused", "capped")
# What rounding may do to curves that touch.
SLACK = 1e-9
BLOCK_NUMBERS = 1 << 20


class PartitionedModel(Model):
    """A partitioned survival model under declaration; see the head of this module.

    `crossing` says what becomes of curves that cross, which no people could do: "refused" with an error that names the
    draw, or "capped", so that an earlier curve is never above a later one. Which it was is printed with every result.
    """

    clocks = CLOCKS

    def __init__(
        self,
        title: str,
        cycles: int | Sequence[tuple[int, float]],
        years: float = 1.0,
        discount: float | None = None,
        crossing: str = "refused",
        **settings: Any,
    ) -> None:
        super().__init__(title, cycles, years, discount, **settings)
        if crossing not in CROSSING:
            raise BadModel(f"{title}: curves that cross are {' or '.join(CROSSING)}, not {crossing!r}.")
        self.crossing = crossing
        self.curves: dict[str, Expression] = {}

    def survival(self, state: str, said: Said) -> None:
        """Declare the curve of a state: the share who are in it or in one before it, at each `time`."""
        if state in self.curves:
            raise BadModel(f"The curve of {state!r} is declared twice.")
        self.curves[state] = expression(said)

    def transition(self, source: str, target: str, *_: Any, **__: Any) -> None:
        """Raise BadModel: curves say who is where, so there is nothing to move anybody by."""
        raise BadModel(f"{self.title}: {source} -> {target} is no part of partitioned survival. Declare curves.")

    def run(self, draws: int | Mapping[str, Numbers | float] | None = None, seed: int = 0, **how: Any) -> Run:
        """Return what comes of it; the arguments are those of `cohort.run`."""
        return partition(self, draws, seed, **how)

    def occupancy(self, strategy: str, values: Mapping[str, float] | None = None) -> Trace:
        """Return who is in which state at each point, at the means or at other values of some parameters."""
        self.check()
        graph = Graph(self)
        arm = _Arm(self, graph, strategy)
        held = arm.occupied(Evaluation(graph, values_of_draws(self, values, 0)), 1, 0)
        return Trace(tuple(self.states), self.times, held[:, :, 0].T)

    def conventions(self) -> dict[str, str]:
        """Return the named settings in words, printed with every result."""
        return super().conventions() | {"curves that cross": self.crossing}

    def own_expressions(self) -> list[tuple[str, Expression]]:
        """Return the curves, with where they stand."""
        return [(f"survival in {name!r}", one) for name, one in self.curves.items()]

    def fingerprint(self) -> tuple[Any, ...]:
        """Return what decides the result."""
        return (*super().fingerprint(), tuple(self.curves.items()), self.crossing)

    def check(self) -> None:
        """Raise BadModel unless every state but the last has a curve, and rewards are for what curves tell."""
        super().check()
        states = list(self.states)
        if list(self.curves) and not set(self.curves) <= set(states):
            raise BadModel(f"Curves of {', '.join(sorted(set(self.curves) - set(states)))}: there is no such state.")
        lacking = [name for name in states[:-1] if name not in self.curves]
        if lacking or states[-1] in self.curves:
            raise BadModel(
                f"{self.title}: each state but the last has a curve, and {states[-1]!r} takes the rest. "
                f"Without one: {', '.join(lacking) or 'none'}."
            )
        for state in self.states.values():
            if state.tunnel > 1 or state.in_lines:
                raise BadModel(f"{state.name!r}: curves know no tunnels and no lines of treatment.")
        for reward in self.rewards:
            if reward.source or (reward.target and reward.target not in (states[0], states[-1])):
                raise BadModel(
                    f"The {reward.outcome} of {reward.source or 'entering'} -> {reward.target}: curves do not tell who "
                    f"goes from where to where. Only entering {states[-1]!r}, and starting in {states[0]!r}, are known."
                )


@dataclass(frozen=True, slots=True)
class _Priced:
    reward: Reward
    node: int


class _Arm:
    """One strategy: its curves and what is worth what, as nodes of the graph."""

    def __init__(self, model: PartitionedModel, graph: Graph, strategy: str) -> None:
        self.model, self.graph, self.strategy = model, graph, strategy
        self.states = list(model.states)
        values = model.values_in(strategy)
        who = f"strategy {strategy!r}"
        self.curves = [
            graph.node(model.curves[name], values, 1, f"{who}, survival in {name!r}") for name in self.states[:-1]
        ]
        self.priced = [
            _Priced(one, graph.node(one.amount, values, 1, f"{who}, {one.outcome} of {one.state or one.target}"))
            for one in model.rewards
        ]

    def occupied(self, evaluation: Evaluation, count: int, from_draw: int) -> Numbers:
        """Return the share in each state at each point, (states, points, draws); check the curves."""
        curves = [self._over_time(evaluation, node, count) for node in self.curves]
        for name, curve in zip(self.states, curves, strict=False):
            self._check_curve(name, curve, from_draw)
        for place in range(len(curves) - 2, -1, -1):
            curves[place] = self._below(place, curves[place], curves[place + 1], from_draw)
        bounds = [np.zeros_like(curves[0]), *curves, np.ones_like(curves[0])]
        return np.clip(np.diff(np.stack(bounds), axis=0), 0.0, 1.0)

    def totals(self, evaluation: Evaluation, count: int, from_draw: int, out: Numbers, years: Numbers) -> None:
        """Write outcomes (outcomes, draws) and years in each state (states, draws)."""
        held = self.occupied(evaluation, count, from_draw)
        outcomes = list(self.model.outcomes)
        for one in self.priced:
            amount = self._over_time(evaluation, one.node, count)
            weights = self._weights(self.model.rate_of(one.reward.outcome))
            out[outcomes.index(one.reward.outcome)] += self._worth(one.reward, amount, held, weights)
        plain = self._weights(0.0)
        for place in range(len(self.states)):
            years[place] = _spent(held[place], np.ones_like(held[place]), plain)

    def _worth(self, reward: Reward, amount: Numbers, held: Numbers, weights: Counted) -> Numbers:
        if reward.state:
            return _spent(held[self.states.index(reward.state)], amount, weights)
        place = self.states.index(reward.target)
        entered = np.diff(held[-1], axis=0) if place == len(self.states) - 1 else np.zeros_like(amount[:-1])
        total: Numbers = held[place, 0] * amount[0] + np.einsum("k,kd,kd->d", weights.flow, entered, amount[:-1])
        return total

    def _weights(self, rate: float) -> Counted:
        said = self.model.settings
        return counted(self.model.times, said.counting, rate, said.discounting, said.flows)

    def _over_time(self, evaluation: Evaluation, node: int, count: int) -> Numbers:
        """Return a node's values at each point, (points, draws)."""
        found = evaluation.value(node)
        rows = self.graph.readings(node).over_time(0)
        return np.broadcast_to(found[rows if len(found) > 1 else np.zeros_like(rows)], (len(rows), count)).astype(float)

    def _check_curve(self, name: str, curve: Numbers, from_draw: int) -> None:
        wrong = ~((curve >= -SLACK) & (curve <= 1 + SLACK))
        if wrong.any():
            self._refuse(name, curve, wrong, from_draw, "A share lies between 0 and 1.")
        rising = np.diff(curve, axis=0, prepend=curve[:1]) > SLACK
        if rising.any():
            self._refuse(name, curve, rising, from_draw, "It rises there, and survival never does.")

    def _below(self, place: int, curve: Numbers, later: Numbers, from_draw: int) -> Numbers:
        """Return a curve that is nowhere above the next one, or refuse."""
        above = curve > later + SLACK
        if above.any() and self.model.crossing == "refused":
            name = self.states[place + 1]
            says = f"That is above the curve of {name!r}. Mend the curves, or say crossing='capped'."
            self._refuse(self.states[place], curve, above, from_draw, says)
        return np.minimum(curve, later)

    def _refuse(self, name: str, curve: Numbers, wrong: Any, from_draw: int, says: str) -> None:
        point, draw = (int(part) for part in np.argwhere(wrong)[0])
        raise BadModel(
            f"strategy {self.strategy!r}: the curve of {name!r} is {curve[point, draw]:.6g} at "
            f"{self.model.times[point]:.4g} years in draw {from_draw + draw}. {says}"
        )


def _spent(held: Numbers, amount: Numbers, weights: Counted) -> Numbers:
    """Return what being somewhere is worth: shares and amounts per year, (points, draws) each."""
    at_points = np.einsum("k,kd,kd->d", weights.at_point, held, amount)
    total: Numbers = at_points + np.einsum("k,kd,kd->d", weights.at_end, held[1:], amount[:-1])
    return total


def partition(
    model: PartitionedModel,
    draws: int | Mapping[str, Numbers | float] | None = None,
    seed: int = 0,
    *,
    residence: bool = False,
    workers: int | None = None,
    cluster: str = "",
    told: Callable[[int, int], None] | None = None,
) -> Run:
    """Return what comes of a partitioned survival model; the arguments are those of `cohort.run`, but for a cluster."""
    if cluster:
        raise BadModel(f"{model.title}: curves are read on this machine, and not on a cluster. Leave the cluster out.")
    model.check()
    values = values_of_draws(model, draws, seed)
    graph = Graph(model)
    arms = [_Arm(model, graph, name) for name in model.strategies]
    count = len(next(iter(values.values()))) if values else 1
    totals = np.zeros((len(model.outcomes), count, len(arms)))
    years = np.zeros((len(model.states), count, len(arms)))
    size = max(1, BLOCK_NUMBERS // (len(model.times) * len(model.states)))
    blocks = [slice(begin, min(begin + size, count)) for begin in range(0, count, size)]

    def one(block: slice) -> None:
        evaluation = Evaluation(graph, {name: drawn[block] for name, drawn in values.items()})
        for column, arm in enumerate(arms):
            width = block.stop - block.start
            arm.totals(evaluation, width, block.start, totals[:, block, column], years[:, block, column])

    for done, _ in enumerate(in_pieces(one, blocks, workers), 1):
        if told:
            told(done, len(blocks))
    held = dict(zip(model.states, years, strict=True)) if residence else {}
    return Run(model, tuple(model.strategies), dict(zip(model.outcomes, totals, strict=True)), values, seed, held)
