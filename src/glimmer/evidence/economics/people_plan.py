"""A continuous model laid out for `lives.py`: strategies that share their lives share one book."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from glimmer.evidence.economics.continuous import Attribute, ContinuousModel, is_live, names_behind
from glimmer.evidence.economics.expressions import BadModel, Expression, expression
from glimmer.evidence.economics.graph import Evaluation, Graph
from glimmer.evidence.economics.lives import AGE, CHANCE, FIRST_FREE, OF_ATTRIBUTES, STATE_TIME, TIME, Book
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.evidence.economics.programs import CONSTANT, DEEPEST, LIVE, Machine, Programs
from glimmer.evidence.economics.waiting import CLOCK_NAMES, EXPONENTIAL, VARYING, wrong_parameter
from glimmer.evidence.economics.ways import NOWHERE, Operand, Way, Ways, Worth, place_name, ways_of


class Plan:
    """A model laid out for all its strategies.

    `groups` are the columns of strategies that share their lives, `books` one for each group. `slots` are (strategy
    column, outcome) in the order in which groups write them. `columns` are the names of given attributes.
    """

    def __init__(self, model: ContinuousModel, residence: bool) -> None:
        model.check()
        self.model, self.residence = model, residence
        self.graph = Graph(model)
        self.programs = Programs(dict(model.tables))
        self.nodes: dict[int, int] = {}
        self._refs: dict[Any, int] = {}
        self.laid = [ways_of(model, self.graph, one) for one in model.strategies.values()]
        self.live = self._live_slots()
        drawn = [one for one in model.attributes.values() if not isinstance(one.belief, Expression)]
        self.drawn: list[Attribute] = drawn
        self.columns = [*model.cast, *(one.name for one in drawn)]
        self.worked_out = [name for name in model.attributes if name not in self.columns]
        self.outcomes = [*model.outcomes, *(f"years in {name}" for name in model.states if residence)]
        self.groups = self._grouped()
        books = [self._tables(group) for group in self.groups]
        self.machine = self.programs.machine()
        self.books = [Book(**book) for book in books]

    @property
    def slots(self) -> list[tuple[int, str]]:
        """The strategy (column) and outcome of each total."""
        return [(column, outcome) for group in self.groups for column in group for outcome in self.outcomes]

    def constants(self, values: Evaluation, count: int) -> Numbers:
        """Return what is the same for all people of a draw, (draws, slots)."""
        found = np.empty((count, max(len(self.nodes), 1)))
        for node, slot in self.nodes.items():
            found[:, slot] = values.value(node)[0]
        return found

    def attribute_purpose(self, name: str) -> int:
        """Return the purpose of an attribute's chance."""
        return OF_ATTRIBUTES + list(self.model.attributes).index(name)

    def machine_of(self, constants: Numbers) -> Machine:
        """Return a machine of one's own, for the constants of a draw."""
        live = np.zeros(FIRST_FREE + len(self.live) - 4)
        return self.machine._replace(constants=constants, live=live, stack=np.zeros(DEEPEST))

    def check(self, constants: Numbers) -> None:
        """Raise BadModel where a constant cannot be the parameter of its law; name strategy, transition and draw."""
        for ways in self.laid:
            for way in ways.ways:
                kind = self.model.hazards[way.transition].law.kind
                for place, operand in enumerate(way.parameters):
                    if operand.node != NOWHERE:
                        self._check_one(operand, constants, partial(wrong_parameter, kind, place))
                if way.ratio.node != NOWHERE:
                    self._check_one(way.ratio, constants, lambda v: ~(v >= 0) | ~np.isfinite(v))

    def _check_one(self, operand: Operand, constants: Numbers, is_wrong: Callable[[Numbers], Any]) -> None:
        values = constants[:, self.nodes[operand.node]]
        wrong = is_wrong(values)
        if wrong.any():
            draw = int(np.argmax(wrong))
            raise BadModel(
                f"{operand.where}: {operand.said.text!r} is {values[draw]:.6g} in draw {draw}: no law has that."
            )

    # Names

    def _live_slots(self) -> dict[str, int]:
        model = self.model
        slots = {"time": TIME, "age": AGE, "state_time": STATE_TIME, "chance": CHANCE}
        for name in [*model.cast, *model.attributes, *model.memories]:
            slots[name] = FIRST_FREE + len(slots) - 4
        return slots

    def _slot(self, node: int) -> int:
        return self.nodes.setdefault(node, len(self.nodes))

    def _reference(self, operand: Operand) -> int:
        if operand.node != NOWHERE:
            return self._slot(operand.node)
        if operand.key not in self._refs:
            program = self.programs.add(operand.said, self._resolver(operand), operand.where)
            self._refs[operand.key] = -1 - program
        return self._refs[operand.key]

    def _resolver(self, operand: Operand, inside: str = "") -> Callable[[str], Any]:
        values = operand.values

        def resolved(name: str) -> Any:
            if name in self.live:
                return LIVE, self.live[name]
            # A name in its own expression is the parameter of that name.
            if name in values and name != inside and is_live(self.model, values[name], values):
                return values[name].tree.body, self._resolver(operand, name)
            meant = values if name != inside else {}
            return CONSTANT, self._slot(self.graph.node(expression(name), meant, 1, operand.where))

        return resolved

    def _of_person(self, said: Expression, where: str) -> int:
        """Return the reference of an expression that belongs to no strategy."""
        values = {name: said.replaced(name, self.model.values.get(name)) for name, said in self.model.overrides.items()}
        values = {**self.model.values, **values}
        if is_live(self.model, said, values):
            return self._reference(Operand(NOWHERE, ("person", said.text), said, values, where))
        return self._slot(self.graph.node(said, values, 1, where))

    # Tables

    def _grouped(self) -> list[list[int]]:
        groups: dict[object, list[int]] = {}
        for column, ways in enumerate(self.laid):
            groups.setdefault(ways.trace_key, []).append(column)
        return list(groups.values())

    def _tables(self, group: Sequence[int]) -> dict[str, Any]:
        plan = self.laid[group[0]]
        self.forces = sorted({*(self._force(name) for name in self.outcomes)})
        return {
            **self._ways(plan),
            **self._stays(group),
            **self._moves(group, plan),
            **self._entries(group, plan),
            **self._memories(plan),
            **self._people(),
            "forces": np.array(self.forces),
            "start": _table(((place, self._reference(share)) for place, share in plan.starts), 2),
            "horizon": self.model.years,
            "step": self.model.step,
        }

    def _force(self, outcome: str) -> float:
        return 0.0 if outcome.startswith("years in ") else self.model.force_of(outcome)

    def _ways(self, plan: Ways) -> dict[str, Any]:
        states = list(self.model.states)
        return {
            "first": _firsts((way.source for way in plan.ways), len(plan.places)),
            "state": np.array([states.index(state) for state, _ in plan.places], np.int64),
            "target": np.array([way.target for way in plan.ways], np.int64),
            "way": _table((self._way(way) for way in plan.ways), 6),
        }

    def _way(self, way: Way) -> tuple[int, ...]:
        hazard = self.model.hazards[way.transition]
        kind = hazard.law.kind
        if kind == EXPONENTIAL and any(self._moves_in_stay(one) for one in (*way.parameters, way.ratio)):
            kind = VARYING
        references = [self._reference(one) for one in way.parameters]
        clock = CLOCK_NAMES.index(hazard.clock)
        return kind, clock, references[0], references[-1], self._reference(way.ratio), way.transition

    def _moves_in_stay(self, operand: Operand) -> bool:
        return bool(names_behind(operand.said, operand.values) & self.model.moving_names)

    def _all(self, group: Sequence[int], kind: str) -> list[tuple[int, int, Worth]]:
        """Return (of, slot, worth) of all strategies of a group, in the order of what they are of."""
        found = [
            (worth.of, position * len(self.outcomes) + self.outcomes.index(worth.outcome), worth)
            for position, column in enumerate(group)
            for worth in getattr(self.laid[column], kind)
        ]
        return sorted(found, key=lambda one: one[:2])

    def _stays(self, group: Sequence[int]) -> dict[str, Any]:
        rows = [
            (
                of,
                slot,
                self.forces.index(self._force(w.outcome)),
                self._reference(w.amount),
                self._moves_in_stay(w.amount),
            )
            for of, slot, w in self._all(group, "stays")
        ]
        if self.residence:
            rows += self._years(group)
        rows.sort(key=lambda row: row[0])
        places = len(self.laid[group[0]].places)
        return {"stay_first": _firsts((row[0] for row in rows), places), "stay": _table((row[1:] for row in rows), 4)}

    def _years(self, group: Sequence[int]) -> list[tuple[int, int, int, int, bool]]:
        one = self._slot(self.graph.node(expression(1), {}, 1, "years in a state"))
        undiscounted = self.forces.index(0.0)
        slots = {state: self.outcomes.index(f"years in {state}") for state in self.model.states}
        return [
            (place, position * len(self.outcomes) + slots[state], undiscounted, one, False)
            for position in range(len(group))
            for place, (state, _) in enumerate(self.laid[group[0]].places)
        ]

    def _moves(self, group: Sequence[int], plan: Ways) -> dict[str, Any]:
        found = self._all(group, "moves")
        rows = ((slot, self.forces.index(self._force(w.outcome)), self._reference(w.amount)) for _, slot, w in found)
        return {"move": _table(rows, 3), "move_first": _firsts((of for of, _, _ in found), len(plan.ways))}

    def _entries(self, group: Sequence[int], plan: Ways) -> dict[str, Any]:
        found = self._all(group, "entries")
        rows = ((slot, self._reference(w.amount)) for _, slot, w in found)
        return {"entry": _table(rows, 2), "entry_first": _firsts((of for of, _, _ in found), len(plan.places))}

    def _memories(self, plan: Ways) -> dict[str, Any]:
        timers = [one.name for one in self.model.memories.values() if one.is_timer]
        rows, of = [], []
        for number, way in enumerate(plan.ways):
            source, target = plan.places[way.source][0], plan.places[way.target][0]
            for one in self.model.memories.values():
                if one.target == target and one.source in ("", source):
                    rows.append((self.live[one.name], timers.index(one.name) if one.is_timer else NOWHERE))
                    of.append(number)
        return {
            "memory": _table(rows, 2),
            "memory_first": _firsts(of, len(plan.ways)),
            "timers": np.array([self.live[name] for name in timers], np.int64),
        }

    def _people(self) -> dict[str, Any]:
        said = {name: one.belief for name, one in self.model.attributes.items() if isinstance(one.belief, Expression)}
        worked_out = [
            (self.live[name], self._of_person(one, f"attribute {name!r}"), self.attribute_purpose(name))
            for name, one in said.items()
        ]
        return {
            "attribute": _table(worked_out, 3),
            "given": np.array([self.live[name] for name in self.columns], np.int64),
            "age": self._of_person(self.model.age_at_start, "age at the start"),
        }

    # Words

    def way_in_words(self, group: int, way: int) -> str:
        """Return a way of a group as errors name it."""
        plan = self.laid[self.groups[group][0]]
        one = plan.ways[way]
        names = list(self.model.strategies)
        whose = ", ".join(repr(names[column]) for column in self.groups[group])
        source, target = (place_name(plan.places[place]) for place in (one.source, one.target))
        return f"strategy {whose}, transition {source} -> {target}"


def _table(rows: Iterable[Sequence[int]], columns: int) -> Any:
    return np.array([list(row) for row in rows], np.int64).reshape(-1, columns)


def _firsts(of: Iterable[int], count: int) -> Any:
    """Return where the rows of each begin, (count + 1,), of rows that are in order."""
    return np.searchsorted(np.array([*of], np.int64), np.arange(count + 1)).astype(np.int64)
