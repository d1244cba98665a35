"""Every value of a model in a cell: those that stay the same on "Values", those that change on "By cycle".

The graph says what a value depends on, so that a value which two strategies share stands in one cell, as the engine
works it out once.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from glimmer.evidence.economics.consistency import STATE_CLOCKS
from glimmer.evidence.economics.declared import Lookup
from glimmer.evidence.economics.graph import Graph, Node
from glimmer.evidence.economics.workbook.formulas import (
    Translation,
    linear_table,
    not_too_long,
    number,
    parts_with_cells,
    step_table,
)
from glimmer.evidence.economics.workbook.sheets import MOST_COLUMNS, Book, Sheet
from glimmer.evidence.economics.workbook.time import FIRST, Time

Where = Callable[[int, int], str]
# Stands around the number of a value in a formula until its cell is known. No name or text of a formula has it.
_MARK = "\0"


@dataclass(frozen=True, slots=True)
class Held:
    """Where a value stands: `at(row of time, place in its tunnel)` is its cell. `across` are the cells of a tunnel."""

    at: Where
    across: Callable[[int], str] | None = None


@dataclass(frozen=True, slots=True)
class _Formula:
    """An expression translated once for all cycles: `texts`, and between each two of them the cell of a value.

    There are thousands of cells to a formula, which differ in the rows and places of the values only.
    """

    tree: ast.expr
    texts: tuple[str, ...]
    values: tuple[Held, ...]

    def at(self, row: int, after: int) -> str:
        """Return the formula of one cell; raise BadModel where it is longer than a spreadsheet takes."""
        said = [self.texts[0]]
        for held, text in zip(self.values, self.texts[1:], strict=True):
            said += (held.at(row, after), text)
        return not_too_long("".join(said), self.tree)


class Cells:
    """The sheets of values. `inputs` are the cells of the parameters by name, `users` says which strategies use it."""

    def __init__(self, book: Book, graph: Graph, time: Time, inputs: Mapping[str, str]) -> None:
        self._book, self._graph, self._time, self._inputs = book, graph, time, inputs
        self._held: dict[int, Held] = {}
        self._tables = _Tables(book, graph.model.tables)
        self._values = book.sheet("Values")
        self._values.text(0, 0, "Values that stay the same in all cycles", "title")
        self._values.heads(FIRST - 1, ["what", "value", "as the model says it"])
        self._values.widths(60, 16, 60)
        self._values.freeze(FIRST, 0)
        self._next_row = FIRST
        self._cycles: Sheet | None = None
        self._next_column = 0
        self._sheets_of_cycles = 0

    def held(self, place: int) -> Held:
        """Return where a node of the graph stands, writing it and what it needs where that is not done yet."""
        if place not in self._held:
            node = self._graph.nodes[place]
            self._held[place] = self._leaf(node) if node.said is None else self._written(node)
        return self._held[place]

    def _leaf(self, node: Node) -> Held:
        if not node.clocks:
            return _always(self._inputs[node.leaf])
        if node.leaf not in STATE_CLOCKS:
            return Held(lambda row, _: self._time.clock(node.leaf, row))
        if node.leaf == "state_cycle":
            return Held(lambda _, after: number(float(after)))
        readings = self._graph.clock(node.leaf, node.tunnel)
        sheet, first = self._columns("years since the state was entered", node.tunnel)
        for row in range(len(readings)):
            for after in range(node.tunnel):
                sheet.number(FIRST + row, first + after, float(readings[row, after]))
        return _block(sheet, first, node.tunnel)

    def _written(self, node: Node) -> Held:
        assert node.said is not None
        tree = node.said.tree.body
        sources = {name: self.held(place) for name, place in node.sources}
        if isinstance(tree, ast.Name):
            return sources[tree.id]
        linear = frozenset(name for name, table in self._graph.model.tables.items() if table.linear)
        parts: dict[str, Held] = {}
        for part in parts_with_cells(tree, linear):
            said = ast.unparse(part)
            if said not in parts:
                parts[said] = self._formulas(node, part, sources, dict(parts), f"{node.where}: {said}")
        return self._formulas(node, tree, sources, parts, node.where)

    def _formulas(
        self, node: Node, tree: ast.expr, sources: Mapping[str, Held], parts: Mapping[str, Held], title: str
    ) -> Held:
        formula = self._translated(tree, sources, parts)
        if not node.clocks:
            return self._one_cell(title, formula.at(0, 0), ast.unparse(tree))
        sheet, first = self._columns(f"{title}: {ast.unparse(tree)}", node.tunnel)
        for row in range(len(self._graph.model.times)):
            for after in range(node.tunnel):
                sheet.formula(FIRST + row, first + after, formula.at(row, after))
        return _block(sheet, first, node.tunnel)

    def _translated(self, tree: ast.expr, sources: Mapping[str, Held], parts: Mapping[str, Held]) -> _Formula:
        used: list[Held] = []

        def marked(held: Held) -> str:
            used.append(held)
            return f"{_MARK}{len(used) - 1}{_MARK}"

        def part(one: ast.expr) -> str | None:
            held = parts.get(ast.unparse(one)) if parts and not isinstance(one, ast.Name | ast.Constant) else None
            return marked(held) if held else None

        translation = Translation(lambda name: marked(sources[name]), part, self._tables.look_up)
        said = translation.formula(tree).split(_MARK)
        return _Formula(tree, tuple(said[::2]), tuple(used[int(place)] for place in said[1::2]))

    def _one_cell(self, title: str, formula: str, said: str) -> Held:
        row = self._next_row
        self._next_row += 1
        self._values.text(row, 0, title)
        self._values.formula(row, 1, formula)
        self._values.text(row, 2, said)
        return _always(self._values.cell(row, 1))

    def _columns(self, title: str, count: int) -> tuple[Sheet, int]:
        """Return a sheet and the first of so many free columns of it, with their heads."""
        if self._cycles is None or self._next_column + count > MOST_COLUMNS:
            self._sheets_of_cycles += 1
            again = f" {self._sheets_of_cycles}" if self._sheets_of_cycles > 1 else ""
            self._cycles = self._book.sheet(f"By cycle{again}")
            self._cycles.text(0, 0, "Values that change from cycle to cycle", "title")
            self._cycles.text(1, 0, "A state with a tunnel has a column for each cycle since it was entered.")
            self._cycles.heads(FIRST - 1, ["cycle"])
            for row in range(len(self._graph.model.times)):
                self._cycles.number(FIRST + row, 0, row)
            self._cycles.freeze(FIRST, 1)
            self._next_column = 1
        first, self._next_column = self._next_column, self._next_column + count
        heads = [f"{title} (cycle {after} in it)" if count > 1 else title for after in range(count)]
        self._cycles.heads(FIRST - 1, heads, first)
        return self._cycles, first


def _always(cell: str) -> Held:
    return Held(lambda _row, _after: cell)


def _block(sheet: Sheet, first: int, count: int) -> Held:
    def at(row: int, after: int) -> str:
        return sheet.at(FIRST + row, first + (after if count > 1 else 0))

    def across(row: int) -> str:
        return sheet.across(FIRST + row, first, first + count - 1)

    return Held(at, across if count > 1 else None)


class _Tables:
    """The sheet of the model's tables, and the formulas that look a number up in them."""

    def __init__(self, book: Book, tables: Mapping[str, Lookup]) -> None:
        self.look_up: dict[str, Callable[[str], str]] = {}
        if not tables:
            return
        sheet = book.sheet("Tables")
        sheet.text(0, 0, "Tables that the model looks numbers up in", "title")
        for number_of, (name, table) in enumerate(tables.items()):
            self.look_up[name] = self._written(sheet, 4 * number_of, name, table)
        sheet.freeze(FIRST, 0)

    @staticmethod
    def _written(sheet: Sheet, first: int, name: str, table: Lookup) -> Callable[[str], str]:
        sheet.heads(FIRST - 1, [f"{name}: at", "value"], first)
        end = FIRST + len(table.at) - 1
        for row, (at, value) in enumerate(zip(table.at, table.values, strict=True), FIRST):
            sheet.number(row, first, at)
            sheet.number(row, first + 1, value, "input")
        at_cells, values = sheet.down(first, FIRST, end), sheet.down(first + 1, FIRST, end)
        if not table.linear:
            return partial(step_table, at=at_cells, values=values)
        sheet.heads(FIRST - 1, ["rise"], first + 2)
        for row in range(FIRST, end):
            rise = f"({sheet.at(row + 1, first + 1)}-{sheet.at(row, first + 1)})"
            sheet.formula(row, first + 2, f"{rise}/({sheet.at(row + 1, first)}-{sheet.at(row, first)})")
        sheet.number(end, first + 2, 0)
        slopes = sheet.down(first + 2, FIRST, end)
        return partial(linear_table, first=sheet.cell(FIRST, first), at=at_cells, values=values, slopes=slopes)
