"""The sheets of one strategy: chances of moving, who moves, who is where, and what that costs and yields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from glimmer.evidence.economics.layout import NOWHERE, Flow, Layout, Place, Term
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.walk import NEVER
from glimmer.evidence.economics.workbook.cells import Cells
from glimmer.evidence.economics.workbook.sheets import Book, Sheet
from glimmer.evidence.economics.workbook.time import FIRST, Time, kind_of

TOTALS = 2


@dataclass(frozen=True, slots=True)
class Way:
    """A way from place to place. `edge` is its number in the layout, NOWHERE for the rest of those in `source`."""

    source: int
    target: int
    edge: int


class StrategySheets:
    """The sheets of one strategy, written as this is made. `totals` are the cells of its outcomes by name."""

    def __init__(self, book: Book, model: Model, plan: Layout, reach: Any, name: str, number: int) -> None:
        self.model, self.plan, self.name = model, plan, name
        self.reach = [int(first) for first in reach]
        self.points = len(model.times)
        self.chances, self.moves, self.trace, self.rewards = (
            _titled(book, f"{number} {what}", f"{name}: {title}")
            for what, title in (
                ("Chances", "probability of each way in each cycle"),
                ("Moves", "share of the cohort that goes each way in each cycle"),
                ("Trace", "share of the cohort in each place at each end of a cycle"),
                ("Rewards", "what it costs and yields"),
            )
        )
        self.ways = self._ways()
        self.way_column = {(way.source, way.edge): column for column, way in enumerate(self.ways, 1)}

    def written(self, cells: Cells, time: Time) -> dict[str, str]:
        """Write all sheets; return the cell of the total of each outcome."""
        self._write_chances(cells)
        self._write_moves()
        self._write_trace(cells)
        return _Rewards(self, cells, time).written()

    def at_time(self, place: int, row: int) -> str:
        """Return the cell of the share in a place at a point."""
        return self.trace.at(FIRST + row, 1 + place)

    def _ways(self) -> list[Way]:
        """All ways that somebody can go, those into one place side by side."""
        ways = [Way(edge.source, edge.target, number) for number, edge in enumerate(self.plan.edges)]
        ways += [Way(source, target, NOWHERE) for source, target in enumerate(self.plan.rest)]
        return sorted((way for way in ways if self.reach[way.source] != NEVER), key=lambda way: way.target)

    def _rows(self, place: int) -> range:
        """The cycles in which somebody can leave a place."""
        return range(min(self.reach[place], self.points - 1), self.points - 1)

    def _write_chances(self, cells: Cells) -> None:
        self.chances.heads(FIRST - 1, [self._way_name(way) for way in self.ways], 1)
        others: dict[int, list[int]] = {}
        for column, way in enumerate(self.ways, 1):
            if way.edge != NOWHERE:
                others.setdefault(way.source, []).append(column)
        for column, way in enumerate(self.ways, 1):
            for row in self._rows(way.source):
                if way.edge != NOWHERE:
                    edge = self.plan.edges[way.edge]
                    formula = cells.held(edge.node).at(row, edge.after)
                else:
                    rest = [f"-{self.chances.at(FIRST + row, one)}" for one in others.get(way.source, ())]
                    formula = "1" + "".join(rest)
                self.chances.formula(FIRST + row, column, formula, "share")

    def _write_moves(self) -> None:
        self.moves.heads(FIRST - 1, [self._way_name(way) for way in self.ways], 1)
        for column, way in enumerate(self.ways, 1):
            for row in self._rows(way.source):
                share, chance = self.at_time(way.source, row), self.chances.at(FIRST + row, column)
                self.moves.formula(FIRST + row, column, f"{share}*{chance}", "share")

    def _write_trace(self, cells: Cells) -> None:
        self.trace.heads(FIRST - 1, [*map(_place_name, self.plan.places), "all"], 1)
        into = {
            target: [self.way_column[way.source, way.edge] for way in ways]
            for target, ways in groupby(self.ways, key=lambda way: way.target)
        }
        for place in range(len(self.plan.places)):
            self.trace.formula(FIRST, 1 + place, self._start(place, cells), "share")
            for row in range(1, self.points):
                columns = into.get(place)
                formula = f"SUM({self.moves.across(FIRST + row - 1, columns[0], columns[-1])})" if columns else "0"
                self.trace.formula(FIRST + row, 1 + place, formula, "share")
        end = len(self.plan.places)
        for row in range(self.points):
            self.trace.formula(FIRST + row, end + 1, f"SUM({self.trace.across(FIRST + row, 1, end)})", "share")

    def _start(self, place: int, cells: Cells) -> str:
        if self.plan.start_rest != NOWHERE:
            return "1" if place == self.plan.start_rest else "0"
        return "+".join(cells.held(node).at(0, 0) for at, node in self.plan.starts if at == place) or "0"

    def _way_name(self, way: Way) -> str:
        rest = " (the rest)" if way.edge == NOWHERE else ""
        return f"{_place_name(self.plan.places[way.source])} → {_place_name(self.plan.places[way.target])}{rest}"


class _Rewards:
    """The sheet of rewards: for each outcome what it is worth to be somewhere, and to move, and its sum."""

    def __init__(self, of: StrategySheets, cells: Cells, time: Time) -> None:
        self.of, self.cells, self.time, self.sheet = of, cells, time, of.rewards
        self.column = 1

    def written(self) -> dict[str, str]:
        self.sheet.text(TOTALS, 0, "total", "head")
        return {outcome: self._outcome(outcome) for outcome in self.of.model.outcomes}

    def _outcome(self, outcome: str) -> str:
        groups = _groups([term for term in self.of.plan.terms if term.outcome == outcome], self.of.plan.places)
        groups = [group for group in groups if self.of.reach[group[0].place] != NEVER]
        flows = [flow for flow in self.of.plan.flows if flow.outcome == outcome and self.of.reach[flow.source] != NEVER]
        kind = kind_of(self.of.model, outcome)
        blocks = [(self._columns([self._being(group, 0) for group in groups], outcome), self.time.point_weight)]
        if self.time.counts_ends:
            blocks.append((self._columns([self._being(group, 1) for group in groups], outcome), self.time.end_weight))
        blocks.append((self._columns([self._moving(flow) for flow in flows], outcome), self.time.move_weight))
        column = self.column
        self.column += 1
        self.sheet.heads(FIRST - 1, [f"{outcome}: worth now"], column)
        for row in range(self.of.points):
            parts = [
                f"{weight(kind, row)}*SUM({self.sheet.across(FIRST + row, first, last)})"
                for (first, last), weight in blocks
                if last >= first and (row + 1 < self.of.points or weight == self.time.point_weight)
            ]
            self.sheet.formula(FIRST + row, column, "+".join(parts) or "0")
        entries = [
            f"{self.of.at_time(place, 0)}*{self.cells.held(node).at(0, 0)}"
            for name, place, node in self.of.plan.entries
            if name == outcome
        ]
        total = "+".join([f"SUM({self.sheet.down(column, FIRST, FIRST + self.of.points - 1)})", *entries])
        self.sheet.formula(TOTALS, column, total, "result")
        return self.sheet.cell(TOTALS, column)

    def _columns(self, made: Sequence[tuple[str, Callable[[int], str], range]], outcome: str) -> tuple[int, int]:
        """Write one column for each; return the first and the last of them."""
        first = self.column
        for title, formula, rows in made:
            self.sheet.heads(FIRST - 1, [f"{outcome}: {title}"], self.column)
            for row in rows:
                self.sheet.formula(FIRST + row, self.column, formula(row))
            self.column += 1
        return first, self.column - 1

    def _being(self, group: Sequence[Term], later: int) -> tuple[str, Callable[[int], str], range]:
        """Return title, formula and rows of what a year in a state is worth for who is there now, or a cycle later."""
        held, places = self.cells.held(group[0].node), [term.place for term in group]

        def formula(row: int) -> str:
            there = self.of.trace.across(FIRST + row + later, 1 + places[0], 1 + places[-1])
            if held.across is not None and len(group) > 1:
                return f"SUMPRODUCT({there},{held.across(row)})"
            return f"SUM({there})*{held.at(row, group[0].after)}"

        first = max(self.of.reach[places[0]] - later, 0)
        when = ", at the end of the cycle" if later else ""
        rows = range(min(first, self.of.points - later), self.of.points - later)
        return f"{_state_name(self.of.plan.places[places[0]])}{when}", formula, rows

    def _moving(self, flow: Flow) -> tuple[str, Callable[[int], str], range]:
        held = self.cells.held(flow.node)
        column = self.of.way_column[flow.source, flow.edge]
        way = self.of.ways[column - 1]

        def formula(row: int) -> str:
            return f"{self.of.moves.at(FIRST + row, column)}*{held.at(row, flow.after)}"

        first = self.of.reach[flow.source]
        title = f"{_place_name(self.of.plan.places[way.source])} → {_place_name(self.of.plan.places[way.target])}"
        return title, formula, range(min(first, self.of.points - 1), self.of.points - 1)


def _groups(terms: Sequence[Term], places: Sequence[Place]) -> list[list[Term]]:
    """Terms of one reward in one state and line together: their places lie side by side."""
    groups: list[list[Term]] = []
    for term in terms:
        last = groups[-1][-1] if groups else None
        is_next = last is not None and last.node == term.node and last.place + 1 == term.place
        if is_next and places[term.place].after > 0:
            groups[-1].append(term)
        else:
            groups.append([term])
    return groups


def _titled(book: Book, name: str, title: str) -> Sheet:
    sheet = book.sheet(name)
    sheet.text(0, 0, title, "title")
    sheet.heads(FIRST - 1, ["cycle"])
    sheet.freeze(FIRST, 1)
    return sheet


def _state_name(place: Place) -> str:
    return f"{place.state} (line {place.line})" if place.line else place.state


def _place_name(place: Place) -> str:
    return _state_name(place) + (f" after {place.after}" if place.after else "")
