"""A strategy of a continuous model laid out: places, ways between them, and what staying and moving are worth.

A place is a state in a line of treatment. Every number of the model is an operand: a node of the graph where it is the
same for all people of a draw, an expression to be worked out for each person where it is not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from glimmer.evidence.economics.continuous import ContinuousModel, is_live
from glimmer.evidence.economics.declared import Reward, State, Strategy, Transition
from glimmer.evidence.economics.expressions import BadModel, Expression
from glimmer.evidence.economics.graph import Graph

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Operand:
    """A number of the model. `node` is its node, or NOWHERE where it is about a person; `key` decides what it is."""

    node: int
    key: Any
    said: Expression = field(compare=False)
    values: Mapping[str, Expression] = field(compare=False)
    where: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Way:
    """A way from place to place; `transition` is its number in the model, which also says its law and clock."""

    source: int
    target: int
    transition: int
    parameters: tuple[Operand, ...]
    ratio: Operand


@dataclass(frozen=True, slots=True)
class Worth:
    """What being in place `of` is worth per year, or going way `of`, or starting in place `of`, once."""

    outcome: str
    of: int
    amount: Operand


@dataclass(frozen=True, slots=True)
class Ways:
    """One strategy, laid out. `starts` are (place, share); the first place is where all start who have no other."""

    places: tuple[tuple[str, int], ...]
    ways: tuple[Way, ...]
    starts: tuple[tuple[int, Operand], ...]
    stays: tuple[Worth, ...]
    moves: tuple[Worth, ...]
    entries: tuple[Worth, ...]

    @property
    def trace_key(self) -> tuple[object, ...]:
        """What decides who is where and when: strategies with one key share their lives."""
        return (self.ways, self.starts)


def ways_of(model: ContinuousModel, graph: Graph, strategy: Strategy) -> Ways:
    """Return a strategy laid out."""
    return _Builder(model, graph, strategy).built()


class _Builder:
    def __init__(self, model: ContinuousModel, graph: Graph, strategy: Strategy) -> None:
        self.model, self.graph, self.strategy = model, graph, strategy
        self.places = [(state.name, line) for state in model.states.values() for line in self._lines(state)]
        self.values = {line: model.values_in(strategy.name, line) for line in range(model.lines + 1)}

    def built(self) -> Ways:
        ways = sorted(self._ways(), key=lambda way: way.source)
        starts = tuple(
            (self._start(name), self.operand(share, 0, f"start in {name!r}"))
            for name, share in self.model.starts.items()
        )
        stays = tuple(self._stays())
        return Ways(tuple(self.places), tuple(ways), starts, stays, tuple(self._moves(ways)), tuple(self._entries()))

    def operand(self, said: Expression, line: int, where: str) -> Operand:
        values = self.values[line]
        where = f"strategy {self.strategy.name!r}, {where}"
        if is_live(self.model, said, values):
            return Operand(NOWHERE, self._key(said, values), said, values, where)
        node = self.graph.node(said, values, 1, where)
        return Operand(node, node, said, values, where)

    def _key(self, said: Expression, values: Mapping[str, Expression], inside: str = "") -> Any:
        behind = sorted(name for name in said.names if name in values and name != inside)
        return (said.text, *((name, self._key(values[name], values, name)) for name in behind))

    def _lines(self, state: State) -> range:
        return range(1, self.model.lines + 1) if state.in_lines else range(1)

    def _ways(self) -> Iterator[Way]:
        for number, one in enumerate(self.model.transitions):
            hazard = self.model.hazards[number]
            for source, (state, line) in enumerate(self.places):
                target = self._target(one, line) if state == one.source else NOWHERE
                if target != NOWHERE:
                    where = f"transition {one.source} -> {one.target}"
                    law = tuple(self.operand(said, line, where) for said in hazard.law.parameters)
                    yield Way(source, target, number, law, self.operand(hazard.ratio, line, f"{where}, hazard ratio"))

    def _target(self, one: Transition, line: int) -> int:
        if not one.next_line:
            return self._place(one.target, max(line, 1))
        if line < len(self.strategy.sequence):
            return self._place(one.target, line + 1)
        return self._place(one.last, line) if one.last else NOWHERE

    def _place(self, state: str, line: int) -> int:
        return self.places.index((state, line if self.model.states[state].in_lines else 0))

    def _start(self, state: str) -> int:
        return self._place(state, 1)

    def _stays(self) -> Iterator[Worth]:
        for reward in self.model.rewards:
            for place, (state, line) in enumerate(self.places):
                if state == reward.state:
                    yield Worth(reward.outcome, place, self._amount(reward, line))

    def _moves(self, ways: list[Way]) -> Iterator[Worth]:
        for reward in self.model.rewards:
            if reward.state:
                continue
            found = [number for number, way in enumerate(ways) if self._is_of(reward, way)]
            if reward.source and reward.transition == NOWHERE and not found:
                raise BadModel(
                    f"The {reward.outcome} of {reward.source} -> {reward.target} is for a transition that is not "
                    f"declared, or not reached in strategy {self.strategy.name!r}."
                )
            for number in found:
                # What entering costs is that of the line which is entered, and not of the one that is left.
                is_entry = not reward.source and reward.transition == NOWHERE
                at = ways[number].target if is_entry else ways[number].source
                yield Worth(reward.outcome, number, self._amount(reward, self.places[at][1]))

    def _is_of(self, reward: Reward, way: Way) -> bool:
        if reward.transition != NOWHERE:
            return reward.transition == way.transition
        one = self.places[way.source][0]
        return self.places[way.target][0] == reward.target and reward.source in ("", one)

    def _entries(self) -> Iterator[Worth]:
        for reward in self.model.rewards:
            if reward.target and not reward.source and reward.transition == NOWHERE:
                for name in self.model.starts or [next(iter(self.model.states))]:
                    if name == reward.target:
                        place = self._start(name)
                        yield Worth(reward.outcome, place, self._amount(reward, self.places[place][1]))

    def _amount(self, reward: Reward, line: int) -> Operand:
        of = reward.state or f"{reward.source} -> {reward.target}"
        return self.operand(reward.amount, line, f"{reward.outcome} of {of}")


def place_name(place: tuple[str, int]) -> str:
    """Return a place in words, as errors name it."""
    return f"{place[0]!r}" + (f" in line {place[1]}" if place[1] else "")
