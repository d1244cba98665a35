"""The tables of device words: complete, without contradictions, every entry with its evidence."""

import tomllib
from importlib.resources import files

import pytest

from glimmer.gateway.dialect import together
from glimmer.gateway.dialect_files import common, shipped
from glimmer.vocabulary.parameters import FORMS, Parameter

TABLES = [
    tomllib.loads(path.read_text(encoding="utf-8"))
    for path in files("glimmer.gateway").joinpath("dialects").iterdir()
    if path.name.endswith(".toml")
]


def test_every_parameter_can_be_received():
    assert {code.parameter for code in common().codes.values()} == set(Parameter)


def test_every_unit_of_a_parameter_can_be_received():
    assert {unit.unit for unit in common().units.values()} == {form.unit for form in FORMS.values()}


def test_every_entry_says_where_it_comes_from():
    single = [table[name] for table in TABLES for name in ("sentinels", "time") if name in table]
    kept = [row for table in TABLES for name in ("codes", "events", "quality") for row in table.get(name, {}).values()]
    entries = [*single, *kept, *(row for table in TABLES for row in table.get("units", []))]
    assert len(entries) > 80
    assert all(row["evidence"] in {"source", "memory"} for row in entries)
    assert all(table["source"] for table in TABLES)


def test_no_two_files_that_glimmer_brings_disagree():
    assert together(shipped()).disputed == {}


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
    assert common().code(code).parameter is Parameter(parameter)


def test_heart_rate_from_an_ecg_is_not_taken_for_a_pulse_from_an_oximeter():
    assert common().code("147842").site == "ecg"
    assert common().code("149530").site == "oximeter"
