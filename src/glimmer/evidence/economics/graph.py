"""Expressions of a model joined into one graph: what is the same in two strategies is worked out once.

A node is an expression together with the nodes that its names stand for. Nodes with equal expressions and equal sources
are one node, so a strategy costs only what differs in it. Each node knows which clocks it depends on: one that knows
none has one value for all cycles, one that knows `state_time` of equal cycles one for each place of the tunnel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glimmer.evidence.economics.consistency import CLOCKS, STATE_CLOCKS
from glimmer.evidence.economics.expressions import BadModel, Expression
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Numbers

# How many values may stand on one another: they are read by recursion.
DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Node:
    """One value. `sources` are (name, node) of an expression; a leaf has `leaf`, the parameter or clock that it is.

    `clocks` are the clocks that it depends on by any way, `tunnel` the places of the tunnel if a state's clock is one.
    """

    said: Expression | None
    sources: tuple[tuple[str, int], ...]
    leaf: str
    clocks: frozenset[str]
    tunnel: int
    where: str


@dataclass(frozen=True, slots=True)
class Readings:
    """The different readings of some clocks. `number[k, a]` is the reading at point k, a cycles after entry.

    Where no clock of a state is among them there is one column. `cycle[r]` and `after[r]` are a point and a place that
    have reading r.
    """

    number: np.ndarray[Any, Any]
    cycle: np.ndarray[Any, Any]
    after: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.cycle)

    def over_time(self, after: int) -> Any:
        """Return the number of the reading at each point for somebody so many cycles after entry."""
        return self.number[:, after if self.number.shape[1] > 1 else 0]


class Graph:
    """The graph of one model. `node` adds an expression and returns its place."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.nodes: list[Node] = []
        self._known: dict[tuple[Any, ...], int] = {}
        # What names were found to mean, by whose values: these are kept, so that no other takes their identity.
        self._meant: dict[tuple[int, str, int], tuple[int, Mapping[str, Expression]]] = {}
        self._readings: dict[tuple[frozenset[str], int], Readings] = {}
        self.parameters = frozenset(model.inputs.names)

    def node(self, said: Expression, values: Mapping[str, Expression], tunnel: int, where: str) -> int:
        """Return the place of an expression in which names mean `values` (else parameters); `where` is for errors."""
        return self._add(said, values, tunnel, where, ())

    def readings(self, node: int) -> Readings:
        """Return the readings of the clocks that a node depends on, over the n + 1 points of the grid."""
        clocks, tunnel = self.nodes[node].clocks, self.nodes[node].tunnel
        if (clocks, tunnel) not in self._readings:
            self._readings[clocks, tunnel] = self._unique(clocks, tunnel)
        return self._readings[clocks, tunnel]

    def clock(self, name: str, tunnel: int) -> Numbers:
        """Return what a clock says at each point and place of a tunnel: the shape (points, 1 or places)."""
        times = self.model.times
        lengths = np.append(np.diff(times), times[-1] - times[-2])
        points = np.arange(len(times))
        if name in STATE_CLOCKS:
            entered = np.maximum(points[:, None] - np.arange(tunnel)[None, :], 0)
            if name == "state_cycle":
                return np.broadcast_to(np.arange(tunnel, dtype=float)[None, :], entered.shape)
            return self._time_in_state(times, points, entered, tunnel)
        plain = {"cycle": points.astype(float), "time": times, "length": lengths}
        plain["age"] = self.model.settings.start_age + times
        return np.asarray(plain[name], float)[:, None]

    @staticmethod
    def _time_in_state(times: Numbers, points: Any, entered: Any, tunnel: int) -> Numbers:
        # Nobody is further down a tunnel than there were cycles; those places repeat the reading of the furthest. In a
        # grid of equal cycles they take what they will hold later, so that one reading does for all cycles.
        span = times[points][:, None] - times[entered]
        lengths = np.diff(times)
        if np.allclose(lengths, lengths[0], rtol=1e-9, atol=0):
            return np.broadcast_to(lengths[0] * np.arange(tunnel)[None, :], span.shape)
        return span

    def _unique(self, clocks: frozenset[str], tunnel: int) -> Readings:
        shape = (len(self.model.times), tunnel)
        if not clocks:
            return Readings(np.zeros(shape, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64))
        said = [np.broadcast_to(self.clock(name, tunnel), shape).ravel() for name in sorted(clocks)]
        # Times are rounded for comparison only: 28-day cycles differ in the last bit.
        _, first, number = np.unique(np.stack(said).round(10), axis=1, return_index=True, return_inverse=True)
        return Readings(number.reshape(shape), first // tunnel, first % tunnel)

    def _add(
        self, said: Expression, values: Mapping[str, Expression], tunnel: int, where: str, on: tuple[str, ...]
    ) -> int:
        sources = tuple((name, self._name(name, values, tunnel, where, on)) for name in sorted(said.names))
        clocks = frozenset[str]().union(*(self.nodes[place].clocks for _, place in sources))
        return self._intern(Node(said, sources, "", clocks, tunnel if clocks & STATE_CLOCKS else 1, where))

    def _name(self, name: str, values: Mapping[str, Expression], tunnel: int, where: str, on: tuple[str, ...]) -> int:
        if name in on and (name != on[-1] or name not in self.parameters):
            raise BadModel(f"{where}: {' -> '.join((*on, name))} goes round in a circle.")
        if name in CLOCKS:
            return self._intern(Node(None, (), name, frozenset({name}), 1, where))
        if name in STATE_CLOCKS:
            if tunnel == 1:
                raise BadModel(
                    f"{where}: {name} is known in a state with a tunnel only. Declare the state with tunnel=..."
                )
            return self._intern(Node(None, (), name, frozenset({name}), tunnel, where))
        if name in values and name not in on:
            return self._of_value(name, values, tunnel, where, on)
        return self._intern(Node(None, (), name, frozenset(), 1, where))

    def _of_value(
        self, name: str, values: Mapping[str, Expression], tunnel: int, where: str, on: tuple[str, ...]
    ) -> int:
        # Values that stand on one another are met by many ways, and worked out once.
        key = (id(values), name, tunnel)
        if key not in self._meant:
            if len(on) >= DEEPEST:
                raise BadModel(
                    f"{where}: more than {DEEPEST} values stand on one another: {' -> '.join(on[:3])} -> ..."
                )
            self._meant[key] = self._add(values[name], values, tunnel, f"value {name!r}", (*on, name)), values
        return self._meant[key][0]

    def _intern(self, node: Node) -> int:
        key = (node.said, node.sources, node.leaf, node.tunnel)
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(node)
        return self._known[key]


class Evaluation:
    """The values of a graph's nodes for one block of draws, each worked out when first asked for.

    A value has the shape (readings of its clocks, draws), with 1 where it does not differ.
    """

    def __init__(self, graph: Graph, draws: Mapping[str, Numbers]) -> None:
        self.graph, self.draws = graph, draws
        self._values: dict[int, Any] = {}
        self._is_nothing: dict[int, bool] = {}
        self._are_shares: dict[int, bool] = {}
        # What `rows.py` makes of the values, for all walks of a block.
        self.table: Any = None

    def value(self, place: int) -> Any:
        """Return a node's values; raise BadModel saying where an expression failed."""
        if place not in self._values:
            node = self.graph.nodes[place]
            self._values[place] = self._leaf(place, node) if node.said is None else self._worked_out(place, node)
        return self._values[place]

    def is_nothing(self, place: int) -> bool:
        """Return whether a node is 0 in all draws, whenever it is."""
        if place not in self._is_nothing:
            self._is_nothing[place] = not self.value(place).any()
        return self._is_nothing[place]

    def are_shares(self, place: int, slack: float) -> bool:
        """Return whether a node lies between 0 and 1 in all draws, whenever it is."""
        if place not in self._are_shares:
            found = self.value(place)
            self._are_shares[place] = bool(found.min() >= -slack and found.max() <= 1 + slack)
        return self._are_shares[place]

    def _leaf(self, place: int, node: Node) -> Any:
        if not node.clocks:
            return self.draws[node.leaf][None, :]
        readings = self.graph.readings(place)
        said = self.graph.clock(node.leaf, node.tunnel)
        return said[readings.cycle, readings.after][:, None]

    def _worked_out(self, place: int, node: Node) -> Any:
        mine = self.graph.readings(place)
        known: dict[str, Any] = dict(self.graph.model.tables)
        for name, source in node.sources:
            found = self.value(source)
            # Where all readings are one there is nothing to choose from.
            known[name] = found if len(found) == 1 else found[self._theirs(source, mine)]
        assert node.said is not None
        try:
            with np.errstate(all="ignore"):
                worked_out = np.asarray(node.said.value(known), float)
        except (ArithmeticError, TypeError, ValueError) as problem:
            raise BadModel(f"{node.where}: {node.said.text!r} cannot be worked out: {problem}.") from problem
        return worked_out if worked_out.ndim == 2 else worked_out.reshape(1, -1)

    def _theirs(self, source: int, mine: Readings) -> Any:
        """Return the readings of a source at which a node's own readings are taken."""
        theirs = self.graph.readings(source)
        return theirs.number[mine.cycle, mine.after if theirs.number.shape[1] > 1 else 0]

    def at_start(self, place: int) -> Any:
        """Return a node's values for who has just entered as all begins, (draws,) or (1,)."""
        found = self.value(place)
        return found[self.graph.readings(place).number[0, 0] if len(found) > 1 else 0]
