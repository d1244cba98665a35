"""The sheet of inputs: each parameter with its value, what is believed of it and its source; and the settings."""

from collections.abc import Mapping

from glimmer.evidence.economics.beliefs import belief_in_words
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.workbook.sheets import Book, Sheet
from glimmer.evidence.economics.workbook.time import FIRST, kind_of

NAMED = "in_"


class InputsSheet:
    """The sheet "Inputs". `parameters` and `rates` are cells by name and by kind, `start_age` is a cell."""

    def __init__(self, book: Book, model: Model, values: Mapping[str, float]) -> None:
        self._book, self._model = book, model
        self._sheet: Sheet = book.sheet("Inputs")
        self._sheet.text(0, 0, f"{model.title}: inputs", "title")
        self._sheet.text(1, 0, "Boxed cells may be changed; everything else follows from them.", "plain")
        self._sheet.heads(FIRST - 1, ["input", "value", "what is believed of it", "source and note"])
        self._sheet.widths(36, 16, 46, 80)
        self._sheet.freeze(FIRST, 0)
        self._row = FIRST
        self.parameters = {name: self._parameter(name, values[name]) for name in model.inputs.names}
        self._row += 1
        self.rates = self._written_rates()
        self.start_age = self._input("age at the start, years", model.settings.start_age, "", "")

    def _parameter(self, name: str, value: float) -> str:
        belief = self._model.parameters.get(name)
        said = belief_in_words(belief) if belief is not None else "one of shares that add up to 1 (Dirichlet)"
        row = self._row
        self._input(name, value, said, self._model.notes.get(name, ""))
        self._book.name_cell(f"{NAMED}{name}", self._sheet, row, 1)
        return f"{NAMED}{name}"

    def _written_rates(self) -> dict[str, str]:
        said = self._model.settings
        rates = {"costs": said.discount_costs, "effects": said.discount_effects}
        for outcome in self._model.outcomes:
            rates.setdefault(kind_of(self._model, outcome), self._model.rate_of(outcome))
        return {kind: self._input(f"discount rate a year: {kind}", rate, "", "") for kind, rate in rates.items()}

    def _input(self, name: str, value: float, belief: str, note: str) -> str:
        row = self._row
        self._row += 1
        self._sheet.text(row, 0, name)
        self._sheet.number(row, 1, value, "input")
        self._sheet.text(row, 2, belief, "wrapped")
        self._sheet.text(row, 3, note, "wrapped")
        return self._sheet.cell(row, 1)
