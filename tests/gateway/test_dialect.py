"""The tables of device words: complete, without contradictions, every entry with its evidence."""

import tomllib
from importlib.resources import files

import pytest

from glimmer.gateway.dialect import dialect
from glimmer.vocabulary.parameters import FORMS, Parameter

TABLES = [
    tomllib.loads(path.read_text(encoding="utf-8"))
    for path in files("glimmer.gateway").joinpath("dialects").iterdir()
    if path.name.endswith(".toml")
]


def test_every_parameter_can_be_received():
    assert {code.parameter for code in dialect().codes.values()} == set(Parameter)


def test_every_unit_of_a_parameter_can_be_received():
    assert {unit.unit for unit in dialect().units.values()} == {form.unit for form in FORMS.values()}


def test_every_entry_says_where_it_comes_from():
    entries = [row for table in TABLES for row in [*table.get("codes", {}).values(), *table.get("units", [])]]
    assert len(entries) > 30
    assert all(row["evidence"] in {"source", "memory"} for row in entries)
    assert all(table["source"] for table in TABLES)


# From the standards notes of the project, section 5, not from the tables.
@pytest.mark.parametrize(
    ("code", "parameter"),
    [
        ("150021", "systolic"),
        ("150022", "diastolic"),
        ("150023", "mean_pressure"),
        ("150301", "systolic"),
        ("150302", "diastolic"),
        ("150303", "mean_pressure"),
        ("150456", "spo2"),
        ("149530", "pulse"),
        ("147842", "pulse"),
        ("151562", "respiratory_rate"),
        ("151578", "respiratory_rate"),
        ("150344", "temperature"),
        ("157784", "infusion_rate"),
        ("158014", "infusion_rate"),
        ("157884", "volume_to_infuse"),
        ("157872", "volume_remaining"),
        ("157993", "volume_infused"),
        ("157916", "time_remaining"),
        ("157760", "drug_concentration"),
    ],
)
def test_code_means_what_the_standard_says(code, parameter):
    assert dialect().codes[code].parameter is Parameter(parameter)


def test_heart_rate_from_an_ecg_is_not_taken_for_a_pulse_from_an_oximeter():
    assert dialect().codes["147842"].site == "ecg"
    assert dialect().codes["149530"].site == "oximeter"
