"""A model as a workbook with live formulas: change an input, and every sheet follows.

It holds the base case, at one value of each input. Uncertainty cannot live in a few cells: the sheet of results says
where it is, and no ratio is shown without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glimmer.evidence.economics.cohort import Run, compiled_of, run
from glimmer.evidence.economics.expressions import BadModel, closest
from glimmer.evidence.economics.model import COST, EFFECT, Model
from glimmer.evidence.economics.workbook.cells import Cells
from glimmer.evidence.economics.workbook.inputs import InputsSheet
from glimmer.evidence.economics.workbook.sheets import Book, Sheet
from glimmer.evidence.economics.workbook.strategy import StrategySheets
from glimmer.evidence.economics.workbook.time import FIRST, Time

Row = Sequence[str | float]


@dataclass(frozen=True, slots=True)
class Page:
    """A further sheet of plain figures and texts, such as an assumption log: a title, heads and rows."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Row]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a workbook shows beyond the model: `thresholds` in currency per effect, remarks, and further pages."""

    thresholds: Sequence[float]
    remarks: Sequence[str] = ()
    pages: Sequence[Page] = field(default_factory=tuple)
    currency: str = "GBP"
    effect: str = "QALY"


def write_workbook(
    model: Model,
    path: Path,
    shown: Shown,
    values: Mapping[str, float] | None = None,
    reference: str | None = None,
) -> None:
    """Write the base case of a model with live formulas to `path`.

    `values` replace the means of some inputs, `reference` is the strategy that increments are taken against (the first
    unless one is named). Raise BadModel for a name that is not there, and for what a spreadsheet cannot say.
    """
    model.check()
    reference = reference or next(iter(model.strategies))
    if reference not in model.strategies:
        near = closest(reference, tuple(model.strategies))
        raise BadModel(f"There is no strategy {reference!r}.{near} There is: {', '.join(model.strategies)}.")
    # The engine goes first: it says what is wrong with a model in better words than a spreadsheet would.
    base_case = run(model, dict(values or {}))
    book = Book(path)
    front, results = book.sheet("Read me"), book.sheet("Results")
    inputs = InputsSheet(book, model, model.inputs.means() | dict(values or {}))
    totals = _written(book, model, inputs)
    _Results(results, shown, base_case, totals, reference).write()
    _write_front(front, model, shown)
    for page in shown.pages:
        _write_page(book, page)
    book.close()


def _written(book: Book, model: Model, inputs: InputsSheet) -> dict[str, dict[str, str]]:
    """Write time, values and the sheets of each strategy; return the cells of totals by strategy and outcome."""
    compiled = compiled_of(model)
    time = Time(book, model, inputs.rates, inputs.start_age)
    cells = Cells(book, compiled.graph, time, inputs.parameters)
    reach = {column: walk.reach for walk in compiled.walks for column in walk.group}
    totals = {}
    for column, (name, plan) in enumerate(zip(model.strategies, compiled.layouts, strict=True)):
        sheets = StrategySheets(book, model, plan, reach[column], name, column + 1)
        totals[name] = sheets.written(cells, time)
    return totals


class _Results:
    """The sheet of results: totals, increments and net benefit, live; and what the engine had worked out."""

    def __init__(
        self, sheet: Sheet, shown: Shown, base_case: Run, totals: Mapping[str, Mapping[str, str]], reference: str
    ) -> None:
        self.sheet, self.shown, self.run, self.totals, self.reference = sheet, shown, base_case, totals, reference
        self.rows = {name: FIRST + place for place, name in enumerate(base_case.strategies)}
        self.outcomes = [COST, EFFECT, *(one for one in base_case.totals if one not in (COST, EFFECT))]

    def write(self) -> None:
        self.sheet.text(0, 0, "Results of the base case", "title")
        self.sheet.text(1, 0, "One value of each input. How sure this is, only the statement with its draws can tell.")
        self.sheet.widths(30, *[16] * 30)
        self.sheet.freeze(FIRST, 1)
        self.sheet.heads(FIRST - 1, ["strategy"])
        for name, row in self.rows.items():
            self.sheet.text(row, 0, name)
        self._write_totals()
        first = 1 + len(self.outcomes)
        self._write_increments(first)
        self._write_net_benefit(first + 2)
        self._write_engine(FIRST + len(self.rows) + 2)

    def _parts(self, outcome: str) -> list[str]:
        """Cost and effect are sums with their parts; every other outcome stands for itself."""
        whole = outcome in (COST, EFFECT)
        return [one for one in self.run.totals if one == outcome or (whole and one.startswith(f"{outcome}."))]

    def _write_totals(self) -> None:
        for column, outcome in enumerate(self.outcomes, 1):
            unit = {COST: f"cost, {self.shown.currency}", EFFECT: f"{self.shown.effect}s"}.get(outcome, outcome)
            self.sheet.heads(FIRST - 1, [unit], column)
            for name, row in self.rows.items():
                self.sheet.formula(
                    row, column, "+".join(self.totals[name][part] for part in self._parts(outcome)), "result"
                )

    def _write_increments(self, first: int) -> None:
        against = f"against {self.reference}"
        self.sheet.heads(FIRST - 1, [f"more cost {against}", f"more {self.shown.effect}s {against}"], first)
        for row in self.rows.values():
            for column in (0, 1):
                this, that = (self.sheet.cell(at, 1 + column) for at in (row, self.rows[self.reference]))
                self.sheet.formula(row, first + column, f"{this}-{that}", "result")

    def _write_net_benefit(self, first: int) -> None:
        """Net health benefit against the reference, in effects, at thresholds that may be changed."""
        self.sheet.text(FIRST - 2, first - 1, "net health benefit at a threshold of")
        for column, threshold in enumerate(self.shown.thresholds, first):
            self.sheet.number(FIRST - 2, column, threshold, "input")
            self.sheet.heads(FIRST - 1, [f"net {self.shown.effect}s"], column)
            for row in self.rows.values():
                cost, effect = self.sheet.cell(row, first - 2), self.sheet.cell(row, first - 1)
                self.sheet.formula(row, column, f"{effect}-{cost}/{self.sheet.cell(FIRST - 2, column)}", "result")

    def _write_engine(self, top: int) -> None:
        self.sheet.text(
            top - 1,
            0,
            "As the engine worked it out at the inputs of delivery, and how far the sheets are "
            "from it (0 until an input is changed)",
            "note",
        )
        for place, (name, row) in enumerate(self.rows.items()):
            self.sheet.text(top + 1 + place, 0, name)
            for column, outcome in enumerate((COST, EFFECT), 1):
                self.sheet.heads(top, [f"engine: {outcome}", "difference"], 2 * column - 1)
                value = float(self.run.total(outcome)[0, list(self.run.strategies).index(name)])
                self.sheet.number(top + 1 + place, 2 * column - 1, value, "result")
                here, engine = self.sheet.cell(row, column), self.sheet.cell(top + 1 + place, 2 * column - 1)
                self.sheet.formula(top + 1 + place, 2 * column, f"{here}-{engine}", "result")


def _write_front(sheet: Sheet, model: Model, shown: Shown) -> None:
    sheet.widths(30, 100)
    sheet.text(0, 0, model.title, "title")
    told = [
        (
            "What this is",
            "The base case of a decision model as formulas: nothing is hidden, and every figure can be "
            "followed back to its inputs.",
        ),
        ("To try something", "Change a boxed cell on Inputs, Tables or Results. The other sheets follow."),
        ("What it cannot say", "How uncertain the answer is. A decision needs the statement with its draws."),
        (
            "The sheets",
            "Inputs; Time and weights; Values; By cycle; for each strategy its chances, moves, trace and "
            "rewards, under its number; Results.",
        ),
        *((f"Strategy {number}", name) for number, name in enumerate(model.strategies, 1)),
        *((name.capitalize(), said) for name, said in model.conventions().items()),
        *(("Note", remark) for remark in shown.remarks),
    ]
    for row, (name, said) in enumerate(told, 2):
        sheet.text(row, 0, name, "head")
        sheet.text(row, 1, said, "wrapped")


def _write_page(book: Book, page: Page) -> None:
    sheet = book.sheet(page.title)
    sheet.text(0, 0, page.title, "title")
    sheet.text(1, 0, page.note)
    sheet.heads(FIRST - 1, page.heads)
    sheet.widths(*[30] * len(page.heads))
    sheet.freeze(FIRST, 0)
    for row, cells in enumerate(page.rows, FIRST):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.text(row, column, cell, "wrapped")
            else:
                sheet.number(row, column, float(cell))
