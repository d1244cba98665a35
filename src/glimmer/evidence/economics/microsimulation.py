"""The same cohort model, with people drawn one by one: who goes where in each cycle is a matter of chance.

The mean over many is that of the cohort; what this adds is how people differ. Chances are by person and cycle, alike in
all strategies (see `chance.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from glimmer.evidence.economics import lives, steps
from glimmer.evidence.economics.chance import key_of
from glimmer.evidence.economics.cohort import Compiled, compiled_of, values_of_draws
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.graph import Evaluation
from glimmer.evidence.economics.individual import PEOPLE_AT_ONCE, PeopleRun, Piece, Tally, in_pieces
from glimmer.evidence.economics.layout import NOWHERE
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.evidence.economics.walk import Walk

# So many draws are laid out at once.
DRAWS_AT_ONCE = 64


def microsimulate(
    model: Model,
    people: int,
    draws: int | Mapping[str, Numbers | float] | None = None,
    seed: int = 0,
    *,
    residence: bool = False,
    persons: bool = False,
    workers: int | None = None,
    told: Callable[[int, int], None] | None = None,
) -> PeopleRun:
    """Return what comes of `people` drawn one by one, in each draw and strategy of a cohort model.

    The arguments are those of `individual.simulate`, and so are the errors.
    """
    values = values_of_draws(model, draws, seed)
    count = len(next(iter(values.values()))) if values else 1
    if people < 2:
        raise BadModel(f"{people} people were asked for. At least 2 are needed, to say how sure a mean is.")
    if persons and count > 1:
        raise BadModel(f"Everybody's own totals are kept for one draw only, and here are {count}.")
    crowd = _Crowd(compiled_of(model, residence), people, seed)
    tally = Tally(crowd.outcomes, len(model.strategies), count)
    kept = np.empty((len(crowd.outcomes), len(model.strategies), people)) if persons else None
    done = 0
    for begin in range(0, count, DRAWS_AT_ONCE):
        block = slice(begin, min(begin + DRAWS_AT_ONCE, count))
        crowd.lay_out({name: drawn[block] for name, drawn in values.items()}, block)
        work = [(draw, first) for draw in range(block.start, block.stop) for first in range(0, people, PEOPLE_AT_ONCE)]

        def one(place: tuple[int, int], begin: int = begin) -> Piece:
            draw, first = place
            totals = crowd.totals(draw, draw - begin, first)
            if kept is not None:
                kept[:, :, first : first + totals.shape[-1]] = totals
            return tally.piece(draw, totals)

        for piece in in_pieces(one, work, workers):
            tally.add(piece)
            done += 1
            if told:
                told(done, count * -(-people // PEOPLE_AT_ONCE))
    return tally.run(model, people, values, seed, kept, residence=residence)


class _Crowd:
    """The people of a run, over the tables of the cohort's walks."""

    def __init__(self, compiled: Compiled, people: int, seed: int) -> None:
        self.compiled, self.people, self.key = compiled, people, key_of(seed)
        self.states = tuple(compiled.model.states) if compiled.residence else ()
        self.outcomes = [*compiled.outcomes, *(f"years in {name}" for name in self.states)]
        self.books = [_Book(walk, self.outcomes) for walk in compiled.walks]

    def lay_out(self, draws: Mapping[str, Numbers], block: slice) -> None:
        """Work out the tables of a block of draws."""
        evaluation = Evaluation(self.compiled.graph, draws)
        for book in self.books:
            book.lay_out(evaluation, block.stop - block.start, block.start)

    def totals(self, draw: int, place: int, first: int) -> Numbers:
        """Return the totals of a piece, (outcomes, strategies, people); the draw lies at `place` in its block."""
        count = min(PEOPLE_AT_ONCE, self.people - first)
        totals = np.empty((len(self.outcomes), len(self.compiled.layouts), count))
        key = lives.key_of_draw(self.key, draw)
        for book in self.books:
            mine = np.empty((len(book.walk.group) * len(self.outcomes), count))
            steps.step_through(
                book.tables, book.values[place], book.amounts[place], book.start[place], key, first, mine
            )
            totals[:, book.walk.group] = mine.reshape(len(book.walk.group), -1, count).transpose(1, 0, 2)
        return totals


class _Book:
    """The tables of one walk for people, and the values of a block of draws: `values` and so on, (draws, rows)."""

    def __init__(self, walk: Walk, outcomes: list[str]) -> None:
        self.walk, self.names = walk, outcomes
        self.places = len(walk.plan.places)
        self.nodes: dict[int, int] = {}
        steady = sorted(self._steady(), key=lambda row: row[0])
        terms, flows = np.argsort(walk.terms[:, 1], kind="stable"), np.argsort(walk.flows[:, 1], kind="stable")
        entries = sorted(self._entries(), key=lambda row: row[0])
        self.tables = steps.Tables(
            way_row=walk.way_row,
            pattern=walk.pattern,
            first=walk.first,
            target=walk.target,
            steady_first=self._firsts(row[0] for row in steady),
            steady=_table((row[1:] for row in steady), 3),
            folded=walk.folded,
            term_first=self._firsts(walk.terms[terms, 1]),
            terms=self._slots(walk.terms[terms]),
            term_row=np.ascontiguousarray(walk.term_row[:, terms].T),
            at_point=walk.at_point,
            at_end=walk.at_end,
            flow_first=self._firsts(walk.flows[flows, 1]),
            flows=self._slots(np.insert(walk.flows, 2, self._ways_of_flows(), axis=1)[flows]),
            flow_row=np.ascontiguousarray(walk.flow_row[:, flows].T),
            flow_weight=walk.flow,
            entry_first=self._firsts(row[0] for row in entries),
            entry=_table((row[1:] for row in entries), 2),
        )

    def lay_out(self, evaluation: Evaluation, count: int, from_draw: int) -> None:
        """Work out the values of a block of draws."""
        start, values = self.walk.tables(evaluation, count, from_draw)
        self.start, self.values = np.ascontiguousarray(start.T), np.ascontiguousarray(values.T)
        self.amounts = np.ones((count, len(self.nodes) + 1))
        for node, column in self.nodes.items():
            self.amounts[:, column] = evaluation.value(node)[0]

    def _steady(self) -> list[tuple[int, int, int, int]]:
        """Return (place, slot, weight, column) of all that is worth the same in all cycles."""
        rows = [
            (one.place, self._slot(column, one.outcome), self._weight(one.outcome), self._column(node))
            for column, node, same in self.walk.steady
            for one in same
        ]
        # A last column of ones counts years.
        kept = [place for place, name in enumerate(self.names) if name.startswith("years in ")]
        return rows + [
            (place, column * len(self.names) + slot, self.walk.rates.index(0.0), NO_NODE)
            for column in range(len(self.walk.group))
            for slot in kept
            for place, one in enumerate(self.walk.plan.places)
            if self.names[slot] == f"years in {one.state}"
        ]

    def _entries(self) -> list[tuple[int, int, int]]:
        return [
            (place, self._slot(column, outcome), self._column(node))
            for column, plan in enumerate(self.walk.layouts)
            for outcome, place, node in plan.entries
        ]

    def _ways_of_flows(self) -> list[int]:
        """Return the way of each flow: the walk has edges and rests in the order of source and target."""
        plan = self.walk.plan
        ways = [*((edge.source, edge.target) for edge in plan.edges), *enumerate(plan.rest)]
        place_of = {way: place for place, way in enumerate(sorted(range(len(ways)), key=lambda number: ways[number]))}
        return [
            place_of[len(plan.edges) + flow.source if flow.edge == NOWHERE else flow.edge]
            for one in self.walk.layouts
            for flow in one.flows
        ]

    def _slot(self, column: int, outcome: str) -> int:
        return column * len(self.names) + self.names.index(outcome)

    def _weight(self, outcome: str) -> int:
        return self.walk.rates.index(self.walk.model.rate_of(outcome))

    def _column(self, node: int) -> int:
        return self.nodes.setdefault(node, len(self.nodes))

    def _slots(self, rows: Any) -> Any:
        """Return rows with the slots of the walk (without years) turned into one's own."""
        found = np.ascontiguousarray(rows)
        width = len(self.walk.outcomes)
        found[:, 0] = found[:, 0] // width * len(self.names) + found[:, 0] % width
        return found

    def _firsts(self, of: Iterable[int]) -> Any:
        return np.searchsorted(np.array([*of], np.int64), np.arange(self.places + 1)).astype(np.int64)


NO_NODE = -1


def _table(rows: Iterable[tuple[int, ...]], columns: int) -> Any:
    return np.array([list(row) for row in rows], np.int64).reshape(-1, columns)
