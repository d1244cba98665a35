"""The draft of a Yellow Card: four facts or none, and no name in the file."""

from dataclasses import replace

import pytest

from glimmer.care.yellow_card import Card, CardPatient, Reaction, Reporter, Suspect, as_file, minimum

WHOLE = Card(
    "Incident 7",
    Reporter("Maya Okafor", "nurse, NMC 00A0001X", "clinic@glimmer.example"),
    CardPatient("AS", "G000001", "female", 42, 70.0),
    Reaction("Seizure", "91175000", "Shook for a minute", "2026-11-26T15:00+00:00"),
    Suspect("Ketamine (racemic)", "35 mg over 40 min", "intravenous"),
)


def test_whole_card_has_the_four_facts() -> None:
    assert minimum(WHOLE).allowed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"patient": CardPatient(sex="unknown")}, "identifiable patient"),
        ({"patient": CardPatient(initials="AS")}, "identifiable patient"),
        ({"reporter": Reporter("Maya Okafor")}, "identifiable reporter"),
        ({"reporter": Reporter(contact="here")}, "identifiable reporter"),
        ({"reaction": Reaction(snomed="91175000")}, "suspected reaction"),
        ({"suspect": Suspect(dose="35 mg")}, "suspected drug"),
    ],
)
def test_each_missing_fact_is_named_alone(changed: dict[str, object], words: str) -> None:
    (missing,) = minimum(replace(WHOLE, **changed)).reasons  # type: ignore[arg-type]
    assert words in missing


@pytest.mark.parametrize(
    "patient",
    [
        CardPatient(sex="male"),
        CardPatient(age_years=0),
        CardPatient(weight_kg=70),
        CardPatient(initials="AS", local_number="G1"),
    ],
)
def test_one_of_sex_age_weight_or_initials_with_a_number_identifies(patient: CardPatient) -> None:
    # MHRA, what to include in a Yellow Card: at least one of these.
    assert minimum(replace(WHOLE, patient=patient)).allowed


def test_file_is_lettered_as_the_standard_and_leaves_out_what_is_empty() -> None:
    found = as_file(WHOLE)
    assert {name[0] for name in found if name[1] == "_"} == set("CDEGH")
    assert found["G_drugs"] == [
        {"role": "suspect", "name": "Ketamine (racemic)", "dose": "35 mg over 40 min", "route": "intravenous"}
    ]
    assert found["missing"] == []
