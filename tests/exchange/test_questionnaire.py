"""The reader of FHIR Questionnaires, on the published files and on files that are wrong."""

import json

import pytest

from glimmer.exchange.fhir.questionnaire import LARGEST_BYTES, read_questionnaire
from glimmer.vocabulary.problems import BadInput
from tests.support.shared_data import shared_data


def question(link: str = "1", text: str = "How are you?", answers: tuple = ("Well", "Not well"), **more) -> dict:
    options = [{"valueString": answer} if isinstance(answer, str) else answer for answer in answers]
    return {"linkId": link, "type": "choice", "text": text, "answerOption": options, **more}


def file_of(*items: dict, **more) -> bytes:
    return json.dumps({"resourceType": "Questionnaire", "title": "T", "item": list(items), **more}).encode()


def weighed(*values: float) -> tuple[dict, ...]:
    url = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
    return tuple(
        {"valueCoding": {"display": f"answer {value}", "extension": [{"url": url, "valueDecimal": value}]}}
        for value in values
    )


@pytest.mark.parametrize(("folder", "count", "answers"), [("PHQ-9", 10, 4), ("GAD7", 8, 4)])
def test_published_questionnaire_is_read(folder, count, answers):
    place = shared_data("questionnaires") / "derived-from-reproschema" / folder
    wording = read_questionnaire(next(place.glob("*.json")).read_bytes())
    assert len(wording.items) in {count, count - 1}
    assert all(len(item.answers) == answers and item.text for item in wording.items)


def test_groups_are_opened_and_headings_left_out():
    group = {"linkId": "g", "type": "group", "text": "Part one", "item": [question("1"), question("2", "And now?")]}
    heading = {"linkId": "h", "type": "display", "text": "Please answer"}
    wording = read_questionnaire(file_of(heading, group, question("3", "  Last \n one? "), language="en-GB"))
    assert [item.text for item in wording.items] == ["How are you?", "And now?", "Last one?"]
    assert (wording.title, wording.language) == ("T", "en-GB")


def test_answers_by_code_keep_the_order_of_their_values():
    assert read_questionnaire(file_of(question(answers=weighed(0, 1, 2)))).items[0].answers[2] == "answer 2"
    with pytest.raises(BadInput, match="order of their values"):
        read_questionnaire(file_of(question(answers=weighed(3, 2, 1))))
    with pytest.raises(BadInput, match="order of their values"):
        read_questionnaire(file_of(question(answers=(*weighed(0), "No value"))))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "not readable as JSON"),
        (b"[" * 100_000, "not readable as JSON"),
        (b'{"resourceType": "Patient"}', "no FHIR Questionnaire"),
        (b"<Questionnaire/>", "is XML"),
        (file_of(question(text="a null \x00 in it")), "null character"),
        (b"[1]", "no FHIR Questionnaire"),
        (b'{"resourceType": "Questionnaire"}', "no question"),
        (b'{"resourceType": "Questionnaire", "item": 5}', "not as FHIR R4 has it"),
        (file_of({"linkId": "1", "text": "Free text", "type": "string"}), "no question"),
        (file_of(question(text=" ")), "has no text"),
        (file_of(question(answers=("Well", " "))), "has no text"),
        (file_of(*[question(str(number)) for number in range(300)]), "more than 200"),
        (b"[" + b" " * LARGEST_BYTES + b"]", "at most 2 MB"),
    ],
)
def test_file_that_is_wrong_is_refused_in_words(raw, says):
    with pytest.raises(BadInput, match=says) as problem:
        read_questionnaire(raw)
    assert problem.value.field == "file"
