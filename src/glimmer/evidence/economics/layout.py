"""A strategy laid out for the walk: every place that somebody can be in, and every way from one to another.

A state has one place for each line of treatment and each place of its tunnel. Edges, rewards and starts refer to nodes
of the graph; their values come later, block by block.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from glimmer.evidence.economics.declared import Reward, State, Strategy, Transition
from glimmer.evidence.economics.expressions import BadModel, Expression, closest
from glimmer.evidence.economics.graph import Graph
from glimmer.evidence.economics.model import Model

NOWHERE = -1
# Places times cycles: half a gigabyte of ways.
MOST_PLACES = 20_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A place: a state, in a line of treatment (0: the state has none), so many cycles after it was entered."""

    state: str
    line: int
    after: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from place to place. `node` gives its probability, at `after` in its tunnel; `transition` is its number."""

    source: int
    target: int
    node: int
    after: int
    transition: int


@dataclass(frozen=True, slots=True)
class Term:
    """A reward of being in a place: `node` gives the amount per year."""

    outcome: str
    place: int
    node: int
    after: int


@dataclass(frozen=True, slots=True)
class Flow:
    """A reward of moving: along an edge (its number in the order of edges), or with the rest (-1) out of a place."""

    outcome: str
    source: int
    edge: int
    node: int
    after: int


@dataclass(frozen=True, slots=True)
class Layout:
    """One strategy, laid out. `whole` are places whose ways out are all stated, so that no rest may remain."""

    places: tuple[Place, ...]
    edges: tuple[Edge, ...]
    rest: tuple[int, ...]
    whole: frozenset[int]
    starts: tuple[tuple[int, int], ...]
    start_rest: int
    terms: tuple[Term, ...]
    flows: tuple[Flow, ...]
    entries: tuple[tuple[str, int, int], ...]

    @property
    def trace_key(self) -> tuple[object, ...]:
        """What decides who is where: strategies with the same key share one walk."""
        return (self.edges, self.rest, self.starts, self.start_rest)


def layout(model: Model, graph: Graph, strategy: Strategy) -> Layout:
    """Return a strategy laid out."""
    return _Builder(model, graph, strategy).built()


class _Builder:
    def __init__(self, model: Model, graph: Graph, strategy: Strategy) -> None:
        self.model, self.graph, self.strategy = model, graph, strategy
        self.places: list[Place] = []
        self.base: dict[tuple[str, int], int] = {}
        self.nodes: dict[tuple[Expression, int, int], int] = {}
        self.rest_transition: dict[int, int] = {}
        for state in model.states.values():
            for line in self._lines(state):
                self.base[state.name, line] = len(self.places)
                self.places += [Place(state.name, line, after) for after in range(self._tunnel(state.name))]
        self._check_size()
        self.values = {line: model.values_in(strategy.name, line) for line in range(model.lines + 1)}

    def built(self) -> Layout:
        edges, rest, whole = self._ways()
        starts, start_rest = self._starts()
        flows, entries = self._flows(edges, rest)
        terms = tuple(self._terms())
        return Layout(tuple(self.places), tuple(edges), tuple(rest), whole, starts, start_rest, terms, flows, entries)

    def _check_size(self) -> None:
        cycles = len(self.model.times) - 1
        if len(self.places) * cycles > MOST_PLACES:
            raise BadModel(
                f"{self.model.title}: {len(self.places):,} places (states, lines and tunnels) in {cycles:,} cycles are "
                f"more than a cohort can be walked through. Shorten tunnels, or follow people one by one."
            )

    def _lines(self, state: State) -> range:
        return range(1, self.model.lines + 1) if state.in_lines else range(1)

    def _node(self, said: Expression, place: Place, where: str) -> int:
        tunnel = self._tunnel(place.state)
        # The places of a tunnel share a node, so that laying out takes as long as the states, not as the places.
        key = (said, place.line, tunnel)
        if key not in self.nodes:
            self.nodes[key] = self.graph.node(said, self.values[place.line], tunnel, where)
        return self.nodes[key]

    # Ways

    def _ways(self) -> tuple[list[Edge], list[int], frozenset[int]]:
        """Return the edges, where the rest of each place goes, and the places that state all their ways out."""
        edges: list[Edge] = []
        rest = [self._onward(place) for place in range(len(self.places))]
        whole, given = set(), set()
        for number, one in enumerate(self.model.transitions):
            for source in self._sources(one):
                target = self._target(one, self.places[source])
                if target == NOWHERE:
                    continue
                if one.probability is None:
                    if source in given:
                        raise BadModel(f"{self._name(source)} has two transitions with the rest. Only one can have it.")
                    rest[source] = target
                    given.add(source)
                    self.rest_transition[source] = number
                    continue
                if self.places[source].state == one.target and self.places[source].line == self.places[target].line:
                    target = self._onward(source)
                    whole.add(source)
                where = f"strategy {self.strategy.name!r}, transition {one.source} -> {one.target}"
                node = self._node(one.probability, self.places[source], where)
                edges.append(Edge(source, target, node, self.places[source].after, number))
        edges.sort(key=lambda edge: edge.source)
        # Who states that some stay, and who takes the rest, leaves nothing to add up.
        return edges, rest, frozenset(whole - given)

    def _onward(self, place: int) -> int:
        one = self.places[place]
        return place + 1 if one.after + 1 < self._tunnel(one.state) else place

    def _tunnel(self, state: str) -> int:
        # Nobody is anywhere for longer than the model lasts: further places would only cost time.
        return min(self.model.states[state].tunnel, len(self.model.times))

    def _sources(self, one: Transition) -> Iterator[int]:
        return (index for index, place in enumerate(self.places) if place.state == one.source)

    def _target(self, one: Transition, source: Place) -> int:
        lined = self.model.states[one.target].in_lines
        if not one.next_line:
            return self.base[one.target, max(source.line, 1) if lined else 0]
        if source.line < len(self.strategy.sequence):
            return self.base[one.target, source.line + 1]
        if not one.last:
            return NOWHERE
        return self.base[one.last, source.line if self.model.states[one.last].in_lines else 0]

    # Starts

    def _starts(self) -> tuple[tuple[tuple[int, int], ...], int]:
        if not self.model.starts:
            return (), 0
        found = []
        for name, share in self.model.starts.items():
            place = self.base[name, 1 if self.model.states[name].in_lines else 0]
            found.append((place, self.graph.node(share, self.values[0], 1, f"start in {name!r}")))
        return tuple(found), NOWHERE

    # Rewards

    def _terms(self) -> Iterator[Term]:
        for reward in self.model.rewards:
            if not reward.state:
                continue
            for index, place in enumerate(self.places):
                if place.state == reward.state:
                    yield Term(reward.outcome, index, self._amount(reward, place), place.after)

    def _amount(self, reward: Reward, place: Place) -> int:
        of = reward.state or f"{reward.source} -> {reward.target}"
        where = f"strategy {self.strategy.name!r}, {reward.outcome} of {of}"
        return self._node(reward.amount, place, where)

    def _flows(self, edges: list[Edge], rest: list[int]) -> tuple[tuple[Flow, ...], tuple[tuple[str, int, int], ...]]:
        flows: list[Flow] = []
        entries: list[tuple[str, int, int]] = []
        for reward in (one for one in self.model.rewards if not one.state):
            found = [*self._on_edges(reward, edges), *self._on_rest(reward, rest)]
            if reward.source and reward.transition == NOWHERE and not found:
                self._complain(reward)
            flows += found
            if not reward.source:
                for name in self.model.starts or [next(iter(self.model.states))]:
                    if name == reward.target:
                        place = self.base[name, 1 if self.model.states[name].in_lines else 0]
                        entries.append((reward.outcome, place, self._amount(reward, self.places[place])))
        return tuple(flows), tuple(entries)

    def _on_edges(self, reward: Reward, edges: list[Edge]) -> Iterator[Flow]:
        for number, edge in enumerate(edges):
            if self._is_of(reward, edge.source, edge.target, edge.transition):
                yield self._flow(reward, number, edge.source, edge.target)

    def _on_rest(self, reward: Reward, rest: list[int]) -> Iterator[Flow]:
        for index, target in enumerate(rest):
            if self._is_of(reward, index, target, self.rest_transition.get(index, NOWHERE)):
                yield self._flow(reward, NOWHERE, index, target)

    def _flow(self, reward: Reward, edge: int, source: int, target: int) -> Flow:
        # What entering costs is that of the line which is entered, and not of the one that is left.
        is_entry = not reward.source and reward.transition == NOWHERE
        at = self.places[target if is_entry else source]
        return Flow(reward.outcome, source, edge, self._amount(reward, at), at.after)

    def _is_of(self, reward: Reward, source: int, target: int, transition: int) -> bool:
        """Whether a reward is for a move: staying in a state is no entry into it."""
        if reward.transition != NOWHERE:
            return reward.transition == transition
        left, entered = self.places[source], self.places[target]
        if (left.state, left.line) == (entered.state, entered.line):
            return False
        return entered.state == reward.target and reward.source in ("", left.state)

    def _complain(self, reward: Reward) -> None:
        declared = tuple(f"{one.source} -> {one.target}" for one in self.model.transitions)
        stated = f"{reward.source} -> {reward.target}"
        if stated not in declared:
            near = closest(stated, declared)
            raise BadModel(f"The {reward.outcome} of {stated} is for a transition that is not declared.{near}")

    def _name(self, place: int) -> str:
        return name_of(self.places[place])


def name_of(place: Place) -> str:
    """Return a place in words, as errors name it."""
    line = f" in line {place.line}" if place.line else ""
    return f"{place.state!r}{line}" + (f", {place.after} cycles after entry" if place.after else "")
