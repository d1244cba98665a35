"""Filling a letter: what is lacking is named, what is optional goes, what is somebody else's is found."""

import pytest

from glimmer.care.letters import Table, example_fact, fill, foreign_numbers
from glimmer.guidance.letter_templates import letter_facts, letter_kinds, parse_template, read_words
from glimmer.vocabulary.problems import RuleRefused

BODY = """## In short
{patient} {was_treated}.
? {outcome}
? Pressure: {session_pressure}.
## Effects
? {session_effects}
## Scores
{score_definition}
? {scores}
"""


def filled(body=BODY, **facts):
    template = parse_template("session_summary", "1", read_words("About {patient}", "Dear {recipient}", body))
    return fill(template, lambda name: facts.get(name, ""))


KNOWN = {
    "patient": "Amina Sample",
    "recipient": "Dr Quince",
    "was_treated": "was treated once",
    "score_definition": "By the PHQ-9.",
}


def test_what_is_known_is_said_and_what_is_optional_goes_with_its_heading():
    letter = filled(**KNOWN)
    assert (letter.title, letter.greeting) == ("About Amina Sample", "Dear Dr Quince")
    assert [part.heading for part in letter.parts] == ["In short", "Scores"]
    assert letter.parts[0].paragraphs == ("Amina Sample was treated once.",)
    assert letter.parts[1].table is None


def test_lists_and_tables_stand_where_they_are_named():
    scores = Table(("Date", "PHQ-9"), (("1 May 2026", "9"),))
    letter = filled(**KNOWN, scores=scores, session_effects=["nausea (mild)"], outcome=["Better.", "Much."])
    assert letter.parts[0].paragraphs == ("Amina Sample was treated once.", "Better.", "Much.")
    assert letter.parts[1].points == ("nausea (mild)",)
    assert letter.parts[2].table == scores


def test_everything_that_is_lacking_is_named_with_how_it_gets_known():
    with pytest.raises(RuleRefused) as refused:
        filled(recipient="Dr Quince", was_treated=" ")
    assert [reason.split(".")[0].split(" ({")[1].rstrip("})") for reason in refused.value.reasons] == [
        "patient",
        "was_treated",
        "score_definition",
    ]
    assert letter_facts()["patient"].lacking in refused.value.reasons[0]


@pytest.mark.parametrize("empty", ["", " ", [], None, Table(("a",), ())])
def test_nothing_is_nothing_in_every_shape(empty):
    with pytest.raises(RuleRefused):
        filled("## In short\n{scores}", recipient="x", patient="y", scores=empty)


def test_each_fact_is_asked_for_once_and_no_other_is():
    asked = []

    def fact(name):
        asked.append(name)
        return example_fact(name)

    template = letter_kinds()["course_summary"].shipped
    fill(template, fact)
    assert sorted(asked) == sorted(template.names)


def test_numbers_of_somebody_else_are_found_in_each_way_of_writing_them():
    own, other = "9990000018", "9990000026"
    assert foreign_numbers(["His is 999 000 0018, born 1984."], own) == ()
    for written in (other, "999 000 0026", "999-000-0026", "999\u00a0000\u00a00026"):
        assert foreign_numbers([f"See {written}."], own) == ("999 000 0026",)
    # Eleven digits are a telephone number, and ten whose last does not fit are no NHS number.
    assert foreign_numbers(["01632960101 and 9990000019 and 12345678901234"], own) == ()
