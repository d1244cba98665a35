"""Communication needs: coded, in words, and what of them asks for an interpreter."""

import pytest

from glimmer.care.communication import CONTACT, FORMATS, INTERPRETERS, SUPPORT, Needs, in_words, unknown_codes


def test_needs_are_one_line_of_words():
    needs = Needs(("large_print",), ("spoken_interpreter", "hearing_loop"), ("text",), "Polish", "Tires quickly.")
    assert in_words(needs) == (
        "Large print. Spoken-language interpreter, Hearing loop. Speaks Polish. Contact by: text message. Tires quickly"
    )


def test_who_has_no_needs_is_not_flagged():
    assert in_words(Needs()) == ""
    assert Needs().none_at_all
    assert not Needs(remarks="Tires quickly.").none_at_all


@pytest.mark.parametrize("code", sorted(SUPPORT))
def test_only_who_interprets_makes_an_interpreter_needed(code):
    # The four kinds of people who carry speech over: spoken, signed, spoken without voice, by touch.
    people = {"spoken_interpreter", "bsl_interpreter", "lipspeaker", "deafblind_interpreter"}
    assert Needs(support=(code,)).interpreter_needed is (code in people)
    assert people == INTERPRETERS


def test_a_code_of_no_table_is_found():
    assert unknown_codes(Needs(("pigeon",), ("shouting",), ("drum",))) == ["drum", "pigeon", "shouting"]
    assert unknown_codes(Needs(tuple(FORMATS), tuple(SUPPORT), tuple(CONTACT))) == []
