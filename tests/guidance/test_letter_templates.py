"""Letter templates: a closed list of facts, a grammar that runs nothing, and complaints that name the line."""

import json

import pytest

from glimmer.guidance import GuidanceError, figure
from glimmer.guidance.letter_templates import (
    filled_in,
    letter_facts,
    letter_kinds,
    parse_template,
    read_words,
    words_of,
)
from glimmer.guidance.long_term import long_term_domains
from glimmer.guidance.shared_care import refer_back, shared_care

WHOLE = "## In short\n{patient} {was_treated}.\n- Call {clinic_name}.\n\n## Scores\n{score_definition}\n? {scores}"


def parsed(body, title="A letter", greeting="Dear {recipient}"):
    return parse_template("discharge", "1", read_words(title, greeting, body))


def test_template_is_read_into_parts_lines_and_facts():
    found = parsed(WHOLE)
    assert [part.heading for part in found.parts] == ["In short", "Scores"]
    assert [(line.shape, line.optional) for part in found.parts for line in part.lines] == [
        ("words", False),
        ("points", False),
        ("words", False),
        ("table", True),
    ]
    assert found.names == ("recipient", "patient", "was_treated", "clinic_name", "score_definition", "scores")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "says nothing"),
        ("Hello", "line 1: a letter begins with a heading"),
        ("## In short\n{patinet} is well", "line 2: {patinet} is no fact.*Did you mean {patient}"),
        ("## In short\n{zzz}", "{zzz} is no fact.*list of facts"),
        ("## In short\n{} is well", "{} is no fact"),
        ("## In short\n{patient is well", "line 2: a brace stands alone"),
        ("## In short\n{{patient}}", "line 2: a brace stands alone"),
        ("## In short\n{patient.birth_date}", "{patient.birth_date} is no fact"),
        ("## In short\n{patient!r:>9}", "no fact"),
        ("## In short\nSee {scores} here", "line 2: {scores} is a list or a table"),
        ("## In short\n- {scores}", "line 2: {scores} is a list or a table"),
        ("## In short\n- a\nb", "line 3: under one heading come paragraphs first"),
        ("## In short\n{scores}\n{medicines_given}", "one table under one heading"),
        ("##\nx", "line 1: a heading needs words"),
        ("## {patient}\nx", "a heading holds no fact"),
        ("## In short\n? always here", "names none"),
        ("## In short\n?", "nothing after it"),
        ("## In short\n## Next\nx", "Nothing stands under the heading In short"),
        ("## In short\n" + "x" * 20_001, "at most 20000"),
    ],
)
def test_template_that_cannot_be_right_is_refused_by_its_line(body, says):
    with pytest.raises(GuidanceError, match=says):
        parsed(body)


def test_greeting_and_title_hold_only_facts_that_are_words():
    with pytest.raises(GuidanceError, match=r"the greeting: \{scores\}"):
        parsed(WHOLE, greeting="Dear {scores}")
    with pytest.raises(GuidanceError, match="needs a title"):
        parsed(WHOLE, title=" ")
    with pytest.raises(GuidanceError, match="the title: a brace"):
        parsed(WHOLE, title="A } letter")


def test_what_a_fact_holds_is_never_read_as_a_placeholder():
    said = filled_in("{patient} and {recipient}", {"patient": "{recipient}", "recipient": "{clinic_name}"})
    assert said == "{recipient} and {clinic_name}"


def test_same_words_have_one_digest_whatever_ends_their_lines():
    first = read_words(" A  letter ", "Dear {recipient}", "## In short\r\nx  \r\n")
    assert first.digest == read_words("A letter", "Dear {recipient}", "## In short\nx").digest
    assert words_of(first.document) == first
    assert first.digest != read_words("A letter", "Dear {recipient}", "## In short\ny").digest


def test_every_shipped_template_tells_whom_to_call_and_can_be_written_by_anybody():
    assert list(letter_kinds()) == [
        "referral_outcome",
        "patient_decision",
        "consent_copy",
        "session_summary",
        "course_summary",
        "relapse_warning",
        "discharge",
        "urgent_handover",
    ]
    for kind in letter_kinds().values():
        last = kind.shipped.parts[-1]
        assert last.heading == "Whom to call", kind.id
        assert any("999" in line.text for line in last.lines), kind.id
        assert "writers_words" in kind.shipped.names, kind.id
        whose = "your usual" if kind.reader == "patient" else "the patient's usual"
        assert any(whose in line.text for line in last.lines), kind.id


def test_every_example_has_the_shape_of_its_fact():
    for fact in letter_facts().values():
        if fact.shape == "words":
            assert isinstance(fact.example, str), fact.id
        elif fact.shape == "table":
            assert len({len(row) for row in fact.example}) == 1, fact.id
            assert len(fact.example) > 1, fact.id
        else:
            assert all(isinstance(line, str) for line in fact.example), fact.id
        assert fact.lacking.endswith("."), fact.id


def test_discharge_goes_to_the_gp_and_the_team_with_the_plan_from_the_clinic_s_own_schedule():
    discharge = letter_kinds()["discharge"]
    assert (discharge.first, discharge.copies) == ("gp", ("team", "referrer", "patient"))
    assert {"shared_care", "refer_back", "held_checks"} <= set(discharge.shipped.names)
    rows = {row.id: row for row in shared_care()}
    assert {"bladder", "liver", "mood", "misuse"} <= set(rows)
    bladder = next(one for one in long_term_domains() if one.id == "bladder")
    assert f"{round(bladder.due_after_days / 30)} months" in rows["bladder"].how_often
    assert "45 years" in rows["bladder"].do
    assert len(refer_back()) >= 3


def test_document_is_what_a_clinician_signs():
    words = read_words("Zoë", "", "## In short\nx")
    assert json.loads(words.document) == {"title": "Zoë", "greeting": "", "body": "## In short\nx"}
    assert figure("followup", "relapse_letter_within").evidence == "proposal"
