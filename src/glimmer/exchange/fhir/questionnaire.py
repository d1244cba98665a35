"""Reads the wording of a questionnaire from a FHIR R4 Questionnaire (JSON)."""

from pydantic import ValidationError

from glimmer.exchange.fhir.documents import read_json
from glimmer.exchange.fhir.resources import Coding, Element
from glimmer.vocabulary.problems import BadInput
from glimmer.vocabulary.wording import WordedItem, Wording

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
LARGEST_BYTES = 2 * 1024 * 1024
MOST_ITEMS = 200


class _Mark(Element):
    url: str = ""
    valueDecimal: float | int | None = None


class _OptionCoding(Coding):
    extension: tuple[_Mark, ...] = ()


class _Option(Element):
    extension: tuple[_Mark, ...] = ()
    valueString: str = ""
    valueInteger: int | None = None
    valueCoding: _OptionCoding | None = None

    @property
    def words(self) -> str:
        if self.valueCoding is not None:
            return self.valueCoding.display or self.valueCoding.code
        return self.valueString or ("" if self.valueInteger is None else str(self.valueInteger))

    @property
    def value(self) -> float | int | None:
        marks = (*self.extension, *(self.valueCoding.extension if self.valueCoding else ()))
        return next((mark.valueDecimal for mark in marks if mark.url == ORDINAL), self.valueInteger)


class _Item(Element):
    linkId: str = ""
    type: str = ""
    text: str = ""
    answerOption: tuple[_Option, ...] = ()
    item: tuple["_Item", ...] = ()


class _Questionnaire(Element):
    resourceType: str
    title: str = ""
    language: str = ""
    item: tuple[_Item, ...] = ()


def read_questionnaire(raw: bytes) -> Wording:
    """Return the wording in a FHIR R4 Questionnaire: each question that has answers to choose from, in order.

    Groups are opened; headings and free text are left out. Raises BadInput, field `file`, saying what is wrong.
    """
    found = _parsed(raw)
    questions = [item for item in _flat(found.item) if item.answerOption]
    if not questions:
        raise BadInput("This Questionnaire has no question with answers to choose from (answerOption).", field="file")
    if len(questions) > MOST_ITEMS:
        raise BadInput(f"This Questionnaire has more than {MOST_ITEMS} questions. Check the file.", field="file")
    return Wording(found.title.strip(), found.language.strip(), tuple(_worded(item) for item in questions))


def _parsed(raw: bytes) -> _Questionnaire:
    content = read_json(raw, largest_bytes=LARGEST_BYTES, too_large="Check that it is the questionnaire alone.")
    if not isinstance(content, dict) or content.get("resourceType") != "Questionnaire":
        raise BadInput("This is no FHIR Questionnaire: its resourceType says something else.", field="file")
    try:
        return _Questionnaire.model_validate(content, strict=False)
    except (ValidationError, RecursionError) as problem:
        place = _place(problem) if isinstance(problem, ValidationError) else ""
        raise BadInput(f"The Questionnaire is not as FHIR R4 has it{place}.", field="file") from None


def _place(problem: ValidationError) -> str:
    return f" at {'.'.join(str(part) for part in problem.errors()[0]['loc'])}"


def _flat(items: tuple[_Item, ...]) -> list[_Item]:
    found: list[_Item] = []
    for item in items:
        found += [item, *_flat(item.item)]
    return found


def _worded(item: _Item) -> WordedItem:
    values = [option.value for option in item.answerOption]
    if any(value is not None for value in values) and (None in values or values != sorted(values)):  # type: ignore[type-var]
        raise BadInput(
            f"The answers of question {item.linkId} do not stand in the order of their values.", field="file"
        )
    answers = tuple(option.words.strip() for option in item.answerOption)
    if not item.text.strip() or not all(answers):
        raise BadInput(f"Question {item.linkId} or one of its answers has no text.", field="file")
    return WordedItem(" ".join(item.text.split()), answers)
