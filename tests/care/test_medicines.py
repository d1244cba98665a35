"""What in a medicines list deserves a thought before ketamine."""

import pytest

from glimmer.care.medicines import check_medicines


def found_in(text):
    return [caution.interaction.id for caution in check_medicines(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sertraline 150 mg in the morning", ["antidepressant_or_lithium"]),
        ("LORAZEPAM 1mg prn", ["benzodiazepine"]),
        ("theophylline 200 mg bd, sertraline 50 mg", ["theophylline_ergometrine", "antidepressant_or_lithium"]),
        ("phenelzine", ["maoi"]),
        ("Pregabalin/tramadol", ["gabapentinoid", "opioid"]),
        ("St John’s Wort tablets", ["enzyme_inducer"]),
        ("co-codamol 30/500", ["opioid"]),
        ("lamotrigine 200mg", ["lamotrigine"]),
        ("lisdexamfetamine 50 mg", ["stimulant"]),
        # By other names of the same classes, and by brand: none of them may pass unseen.
        ("Clobazam 10 mg nocte", ["benzodiazepine"]),
        ("Valium 5 mg", ["benzodiazepine"]),
        ("Xanax", ["benzodiazepine"]),
        ("lormetazepam", ["benzodiazepine"]),
        ("Oramorph 10mg/5ml", ["opioid"]),
        ("diamorphine; pethidine", ["opioid"]),
        ("MST 30 mg bd", ["opioid"]),
        ("co codamol 30/500", ["opioid"]),
        ("Butrans 10 patch", ["opioid"]),
        ("Nardil 45 mg", ["maoi"]),
        ("linezolid 600 mg", ["maoi"]),
        ("Phyllocontin Continus", ["theophylline_ergometrine"]),
        ("Syntometrine", ["theophylline_ergometrine"]),
        ("Ritalin", ["stimulant"]),
        ("Tegretol", ["enzyme_inducer"]),
        ("grapefruit juice", ["enzyme_inhibitor"]),
        ("Promethazine 25 mg at night", ["sedative"]),
        ("quetiapine 50 mg", ["sedative"]),
        ("baclofen", ["sedative"]),
        ("Priadel 400 mg", ["antidepressant_or_lithium"]),
        ("fluvoxamine", ["enzyme_inhibitor", "antidepressant_or_lithium"]),
        ("paracetamol", []),
        ("", []),
        ("Explicitly none", []),
    ],
)
def test_a_medicine_is_found_by_its_name(text, expected):
    assert found_in(text) == expected


def test_a_name_inside_another_word_is_not_that_medicine():
    assert found_in("codeinex, nonalcoholic") == []


def test_the_gravest_comes_first_and_says_what_to_do():
    first, *_ = check_medicines("citalopram, diazepam 10 mg, aminophylline")
    assert (first.priority, first.found) == ("alert", ("aminophylline",))
    assert "Do not give ketamine until" in first.says


def test_a_note_is_no_alarm():
    assert [caution.priority for caution in check_medicines("lithium carbonate 600 mg")] == ["note"]
