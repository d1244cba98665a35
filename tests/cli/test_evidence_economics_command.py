"""`glimmer evidence economics` answers a commissioner in words, as JSON, as a report and as a workbook."""

import json
import re
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app

QUICK = ["evidence", "economics", "--draws", "50", "--horizon", "1", "--on", "2026-11-27"]


def answered(*arguments: str):
    """Return what a command says."""
    return CliRunner().invoke(app, [*QUICK, *arguments])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("economics")
    prices = folder / "prices.toml"
    prices.write_text("[ect_session]\nvalue = 450\n[session_price]\nlow = 150\nhigh = 250\n")
    said = answered("--json", "--inputs", str(prices), "--workbook", str(folder / "model.xlsx"))
    assert said.exit_code == 0, said.output
    return folder, json.loads(said.stdout)


def test_filled_price_brings_a_comparator_in_and_the_rest_stays_out_by_name(written):
    _, said = written
    strategies = {row["strategy"] for row in said["increments"]}
    assert {"iv_course", "ect", "iv_then_ect"} <= strategies
    assert "rTMS or iTBS" in said["left_out"]


def test_answer_says_what_it_rests_on(written):
    _, said = written
    assert said["threshold_in_force"] == 25_000
    assert said["draws"] == 50
    assert said["conventions"]["perspective"] == "NHS and PSS"
    assert any("PROPOSAL" in mark for mark in said["marks"])
    assert {row["threshold"] for row in said["net_benefit"]} == {13_000, 20_000, 25_000, 30_000, 35_000}


def test_workbook_carries_formulas_sources_and_the_assumption_log(written):
    folder, _ = written
    book = openpyxl.load_workbook(folder / "model.xlsx")
    assert {"Inputs", "Results", "Sources", "Assumptions", "To be filled", "CHEERS 2022"} <= set(book.sheetnames)
    assert str(book["Results"]["B5"].value).startswith("=")
    prices = {row[0].value: row[1].value for row in book["Inputs"].iter_rows(min_row=5)}
    assert prices["session_price"] == 200
    assert prices["ect_session"] == 450


def test_scenarios_are_listed_with_what_they_need():
    said = answered("--list-scenarios")
    assert said.exit_code == 0
    assert re.search(r"no_effect", said.stdout)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--scenario", "none_such"], "There is no scenario 'none_such'"),
        (["--horizon", "long"], "must be a number of years"),
        (["--perspective", "mine"], "There is no perspective 'mine'"),
        (["--on", "yesterday"], "is no day"),
        (["--workbook", "model.csv"], "Let it end in .xlsx"),
        (["--inputs", "/nowhere/prices.toml"], "cannot be read"),
        (["--scenario", "society"], "Fill it in"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence_without_a_trace(arguments, told):
    said = answered(*arguments)
    assert said.exit_code == 1
    assert told in said.output
    assert "Traceback" not in said.output


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    said = answered("--workbook", str(tmp_path / "file" / "model.xlsx"))
    assert said.exit_code == 1
    assert "cannot be written" in said.output
