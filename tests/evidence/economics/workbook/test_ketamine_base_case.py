"""The workbook of the ketamine clinic's base case, worked out by LibreOffice, against the engine.

The real model over its five years, some 800,000 formulas, with every strategy that the base case has: those whose
prices are known. ECT and rTMS join them once somebody fills in what a session costs; in the base case nobody has.
"""

import pytest

from glimmer.evidence.economics.clinic.decision import clinic_model
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.cohort import run
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.workbook import Shown, write_workbook
from glimmer.evidence.economics.workbook.sheets import Book
from tests.support.spreadsheets import changed, sheet_worked_out

EXACT = 1e-9
BASE, TYPED = "base", "typed"
SESSION_PRICE = 340.0
SUPERVISED = ("iv_course", "iv_maintained", "iv_then_oral", "esketamine")
COST, QALYS, SESSIONS = "cost, GBP", "QALYs", "ketamine sessions"


@pytest.fixture(scope="module")
def model():
    question = Question()
    assert (question.horizon_years, question.scenario) == (5, "base")
    return clinic_model(question)


@pytest.fixture(scope="module")
def worked_out(model, tmp_path_factory) -> dict[str, dict[str, dict[str, float]]]:
    """The results of each strategy as the sheets have them, as delivered and at another price of a session."""
    folder = tmp_path_factory.mktemp("ketamine")
    write_workbook(model, folder / f"{BASE}.xlsx", Shown((20_000, 30_000)))
    typed = changed(folder / f"{BASE}.xlsx", folder / f"{TYPED}.xlsx", {("Inputs", "session_price"): SESSION_PRICE})
    sheets = sheet_worked_out([folder / f"{BASE}.xlsx", typed], folder, "Results")
    return {name: _results(rows) for name, rows in sheets.items()}


def _results(sheet: list[list[str]]) -> dict[str, dict[str, float]]:
    (_, *heads), *rows = sheet[3:]
    count = next((place for place, row in enumerate(rows) if not row[0]), len(rows))
    return {name: dict(zip(heads, map(float, cells), strict=True)) for name, *cells in rows[:count]}


@pytest.mark.parametrize(("book", "values"), [(BASE, {}), (TYPED, {"session_price": SESSION_PRICE})])
def test_cost_and_qalys_of_every_strategy_equal_the_engine(worked_out, model, book, values):
    engine, found = run(model, values), worked_out[book]
    assert list(found) == list(model.strategies)
    assert {"usual_care", *SUPERVISED} <= set(found)
    for column, results in enumerate(found.values()):
        assert results[COST] == pytest.approx(engine.total("cost")[0, column], rel=EXACT)
        assert results[QALYS] == pytest.approx(engine.total("effect")[0, column], rel=EXACT)


def test_a_dearer_session_costs_its_rise_times_the_sessions_less_at_most_five_years_of_discount(worked_out, model):
    rise = SESSION_PRICE - model.inputs.means()["session_price"]
    assert rise > 1
    before, after = worked_out[BASE], worked_out[TYPED]
    assert after["usual_care"][COST] == pytest.approx(before["usual_care"][COST], rel=EXACT)
    for strategy in SUPERVISED:
        sessions = (after[strategy][COST] - before[strategy][COST]) / rise
        assert before[strategy][SESSIONS] * 1.035**-5 < sessions < before[strategy][SESSIONS]
        assert after[strategy][QALYS] == pytest.approx(before[strategy][QALYS], rel=EXACT)


def test_a_formula_beyond_the_last_column_of_a_spreadsheet_is_refused_and_not_left_out(tmp_path):
    book = Book(tmp_path / "wide.xlsx")
    sheet = book.sheet("Wide")
    sheet.formula(0, 16_383, "1")
    with pytest.raises(BadModel, match="'Wide' would need row 1, column 16385"):
        sheet.formula(0, 16_384, "1")
    book.close()
