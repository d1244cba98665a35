"""A workbook, recalculated by a spreadsheet program that knows nothing of the engine, gives the engine's figures."""

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from glimmer.evidence.economics.cohort import run, trace
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.functions import FUNCTIONS
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.workbook import Page, Shown, write_workbook
from glimmer.evidence.economics.workbook.formulas import FORMULAS
from tests.evidence.economics.sick_sicker import STRATEGIES, sick_sicker
from tests.evidence.economics.test_published_models import CONVENTIONS
from tests.evidence.economics.workbook.models import FUNCTIONS_CALLED, functions, in_lines, tunnelled
from tests.support.shared_data import shared_data
from tests.support.spreadsheets import changed, recalculated

EXACT = 1e-9
SHOWN = Shown((13_000, 20_000, 25_000, 30_000, 35_000), pages=[Page("Log", ["what", "how much"], [["@SUM(A1)", 3]])])
MODELS = {
    **{
        f"sick-{at}": sick_sicker(counting=counting, discounting=discounting)
        for at, (counting, discounting) in enumerate(CONVENTIONS.values())
    },
    "functions": functions(),
    "functions-life-table": functions(counting="life_table", flows="end", discounting="whole_years"),
    "tunnelled": tunnelled(),
    "tunnelled-counted": tunnelled(counting="simpson", flows="counted", discounting="continuous"),
    "tunnelled-life-table": tunnelled(counting="life_table", flows="counted", discounting="whole_years"),
    "tunnelled-end": tunnelled(counting="end", flows="start"),
    "in-lines": in_lines(),
}
TYPED = {
    ("Inputs", "scale"): 1.3,
    ("Inputs", "recovering"): 0.4,
    ("Inputs", "discount rate a year: costs"): 0.015,
    ("Inputs", "age at the start, years"): 45,
}


@dataclass(frozen=True)
class Books:
    """Workbooks as written, and as recalculated, by name."""

    folder: Path
    opened: Any

    def results(self, name: str) -> dict[str, dict[str, float]]:
        """Return the totals of each strategy by the heads of their columns."""
        rows = list(self.opened[name]["Results"].iter_rows(min_row=4, values_only=True))
        heads = [str(head) for head in rows[0]]
        count = next(place for place, row in enumerate(rows) if row[0] is None)
        return {row[0]: dict(zip(heads, row, strict=True)) for row in rows[1:count]}


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> Books:
    folder = tmp_path_factory.mktemp("workbooks")
    for name, model in MODELS.items():
        write_workbook(model, folder / f"{name}.xlsx", SHOWN)
    typed = changed(folder / "tunnelled.xlsx", folder / "typed.xlsx", TYPED)
    files = [*(folder / f"{name}.xlsx" for name in MODELS), typed]
    return Books(folder, recalculated(files, folder))


@pytest.mark.parametrize("at", range(len(CONVENTIONS)))
def test_sick_sicker_comes_out_of_the_sheets_as_published(books, at):
    named = list(CONVENTIONS)[at]
    published = json.loads(shared_data("economics", "sicksicker_conventions.json").read_text())["conventions"]
    expected = next(value for key, value in published.items() if key.startswith(named))
    found = books.results(f"sick-{at}")
    for strategy in STRATEGIES:
        assert found[strategy]["cost, GBP"] == pytest.approx(expected[strategy]["cost"], rel=EXACT)
        assert found[strategy]["QALYs"] == pytest.approx(expected[strategy]["qaly"], rel=EXACT)


@pytest.mark.parametrize("name", MODELS)
def test_every_outcome_of_every_strategy_equals_the_engine(books, name):
    model = MODELS[name]
    engine, found = run(model), books.results(name)
    assert list(found) == list(model.strategies)
    for column, strategy in enumerate(model.strategies):
        assert found[strategy]["cost, GBP"] == pytest.approx(engine.total("cost")[0, column], rel=EXACT)
        assert found[strategy]["QALYs"] == pytest.approx(engine.total("effect")[0, column], rel=EXACT)
        for outcome in set(engine.totals) - {"cost", "effect"}:
            assert found[strategy][outcome] == pytest.approx(engine.totals[outcome][0, column], rel=EXACT), outcome


def test_trace_of_a_tunnel_stands_in_the_sheet_as_the_engine_walks_it(books):
    engine = trace(MODELS["tunnelled"], "Usual care")
    heads, *rows = books.opened["tunnelled"]["1 Trace"].iter_rows(min_row=4, values_only=True)
    well = [column for column, head in enumerate(heads) if str(head).startswith("Well")]
    assert len(well) == 5
    for row, shares in zip(rows, engine.shares, strict=True):
        assert sum(row[column] for column in well) == pytest.approx(shares[engine.states.index("Well")], abs=EXACT)
        assert row[heads.index("all")] == pytest.approx(1, abs=EXACT)


def test_inputs_that_somebody_types_over_change_the_result_as_in_the_engine(books):
    model = MODELS["tunnelled"].with_settings(discount_costs=0.015, start_age=45)
    engine, found = run(model, {"scale": 1.3, "recovering": 0.4}), books.results("typed")
    before = books.results("tunnelled")
    for column, strategy in enumerate(model.strategies):
        assert found[strategy]["cost, GBP"] == pytest.approx(engine.total("cost")[0, column], rel=EXACT)
        assert found[strategy]["QALYs"] == pytest.approx(engine.total("effect")[0, column], rel=EXACT)
        assert found[strategy]["cost, GBP"] != pytest.approx(before[strategy]["cost, GBP"], rel=1e-3)


def test_net_health_benefit_is_the_increment_less_what_its_cost_displaces(books):
    found = books.opened["sick-1"]["Results"]
    thresholds = [cell.value for cell in found[3][5:10]]
    assert thresholds == list(SHOWN.thresholds)
    engine = run(MODELS["sick-1"])
    cost, effect = (engine.total(kind)[0, 2] - engine.total(kind)[0, 0] for kind in ("cost", "effect"))
    for threshold, cell in zip(thresholds, found[7][5:10], strict=True):
        assert cell.value == pytest.approx(effect - cost / threshold, rel=EXACT)


def test_figures_of_the_engine_are_beside_those_of_the_sheets_and_differ_by_nothing(books):
    rows = list(books.opened["in-lines"]["Results"].iter_rows(values_only=True))
    engine = next(place for place, row in enumerate(rows) if row[1] == "engine: cost")
    for row in rows[engine + 1 : engine + 4]:
        assert row[2] == pytest.approx(0, abs=1e-6)
        assert row[4] == pytest.approx(0, abs=EXACT)


def test_no_cell_of_any_workbook_holds_an_error(books):
    for name, book in books.opened.items():
        for sheet in book.worksheets:
            wrong = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "e"]
            assert not wrong, f"{name}, {sheet.title}: {wrong[:3]}"


def test_every_function_of_the_engine_can_be_said_in_a_formula():
    # The exponential of a matrix has no formula; a workbook of a model with rates is refused by name.
    assert set(FORMULAS) == set(FUNCTIONS) - {"probability_by_rates"} == set(FUNCTIONS_CALLED)


def test_texts_that_look_like_formulas_stay_texts(tmp_path):
    write_workbook(tunnelled(), tmp_path / "book.xlsx", SHOWN)
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    texts = [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith(("=HYPERLINK", "+ a note", "@SUM"))
    ]
    assert len(texts) == 3
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in texts)


def test_no_formula_carries_a_result_that_a_program_might_believe_without_working_it_out(tmp_path):
    write_workbook(in_lines(), tmp_path / "book.xlsx", SHOWN)
    with zipfile.ZipFile(tmp_path / "book.xlsx") as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    formulas = [found for sheet in sheets for found in re.findall(r"</f><v>([^<]*)</v>", sheet)]
    assert len(formulas) > 100
    assert set(formulas) == {""}


def test_results_hold_no_ratio(books):
    for book in books.opened.values():
        said = " ".join(str(cell.value) for row in book["Results"].iter_rows() for cell in row).lower()
        assert "icer" not in said
        assert "per qaly" not in said


def test_a_formula_too_long_for_a_spreadsheet_is_refused_with_what_to_do(tmp_path):
    model = Model("Long", cycles=2)
    name = "a_name_that_goes_on_and_on" * 8
    model.parameter(name, 1)
    model.state("Here", cost="+".join([name] * 50))
    model.strategy("One")
    with pytest.raises(BadModel, match="Give its parts names of their own"):
        write_workbook(model, tmp_path / "long.xlsx", SHOWN)


def test_a_reference_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(BadModel, match="no strategy 'SOC'"):
        write_workbook(sick_sicker(cycles=2), tmp_path / "book.xlsx", SHOWN, reference="SOC")
