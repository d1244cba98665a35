"""What a letter says, from a template and the facts that are known: and whether it may say it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from glimmer.guidance.letter_templates import (
    PARAGRAPHS,
    POINTS,
    TABLE,
    WORDS,
    LetterTemplate,
    TemplateLine,
    TemplatePart,
    filled_in,
    letter_facts,
    placeholders,
)
from glimmer.vocabulary.nhs_number import parse_nhs_number, shown_nhs_number
from glimmer.vocabulary.problems import BadInput, RuleRefused


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a letter: its columns, and rows of as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Fact = str | Sequence[str] | Table | None
"""A fact's value by its shape; "", an empty list, an empty table and None all mean that it is not known."""


@dataclass(frozen=True, slots=True)
class FilledPart:
    """A heading with what is said under it."""

    heading: str
    paragraphs: tuple[str, ...]
    points: tuple[str, ...]
    table: Table | None


@dataclass(frozen=True, slots=True)
class FilledLetter:
    """What a letter says, ready to be laid out."""

    title: str
    greeting: str
    parts: tuple[FilledPart, ...]


def fill(template: LetterTemplate, fact: Callable[[str], Fact]) -> FilledLetter:
    """Return the letter with its facts; raise RuleRefused naming each fact that it lacks.

    `fact` gives the value of a name; it is asked once for each that the template names and for no other.
    """
    known = {name: fact(name) for name in template.names}
    lacking = [name for name in _needed(template) if is_unknown(known[name])]
    if lacking:
        facts = letter_facts()
        raise RuleRefused(
            "The letter cannot be written yet: something that it has to say is not known.",
            reasons=[f"{facts[name].title} ({{{name}}}). {facts[name].lacking}" for name in lacking],
        )
    values = {name: value for name, value in known.items() if isinstance(value, str)}
    parts = (_filled(part, known, values) for part in template.parts)
    return FilledLetter(
        filled_in(template.words.title, values),
        filled_in(template.words.greeting, values),
        tuple(part for part in parts if part is not None),
    )


def is_unknown(value: Fact) -> bool:
    """Say whether a value stands for something that is not known."""
    if isinstance(value, Table):
        return not value.rows
    return not (value.strip() if isinstance(value, str) else value)


def _needed(template: LetterTemplate) -> tuple[str, ...]:
    named = [*placeholders(template.words.title), *placeholders(template.words.greeting)]
    named += [name for part in template.parts for line in part.lines if not line.optional for name in line.names]
    return tuple(dict.fromkeys(named))


def _filled(part: TemplatePart, known: Mapping[str, Fact], values: Mapping[str, str]) -> FilledPart | None:
    paragraphs: list[str] = []
    points: list[str] = []
    table: Table | None = None
    for line in part.lines:
        if line.optional and any(is_unknown(known[name]) for name in line.names):
            continue
        if line.shape == TABLE:
            table = _as_table(known[line.names[0]])
        else:
            (points if line.shape == POINTS else paragraphs).extend(_said(line, known, values))
    if not (paragraphs or points or table):
        return None
    return FilledPart(part.heading, tuple(paragraphs), tuple(points), table)


def _said(line: TemplateLine, known: Mapping[str, Fact], values: Mapping[str, str]) -> list[str]:
    facts = letter_facts()
    if len(line.names) == 1 and facts[line.names[0]].shape in (PARAGRAPHS, POINTS):
        value = known[line.names[0]]
        return [str(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
    return [filled_in(line.text, values)]


def _as_table(value: Fact) -> Table | None:
    return value if isinstance(value, Table) else None


def example_fact(name: str) -> Fact:
    """Return the made-up value of a fact, for the preview of a template."""
    known = letter_facts()[name]
    if known.shape == WORDS:
        return str(known.example)
    if known.shape == TABLE:
        columns, *rows = [tuple(row) for row in known.example]
        return Table(columns, tuple(rows))
    return [str(line) for line in known.example]


# Ten digits in a row, bare or as 3-3-4: an NHS number if its last digit fits.
_TEN_DIGITS: Final = re.compile(r"(?<![0-9])[0-9]{3}[ \u00a0-]?[0-9]{3}[ \u00a0-]?[0-9]{4}(?![0-9])")


def foreign_numbers(texts: Iterable[str], own: str) -> tuple[str, ...]:
    """Return the NHS numbers in texts that are not the patient's own (`own`, ten digits), as they are printed."""
    found: dict[str, None] = {}
    for text in texts:
        for match in _TEN_DIGITS.findall(text):
            try:
                digits = parse_nhs_number(match.replace("\u00a0", " "))
            except BadInput:
                continue
            if digits != own:
                found[shown_nhs_number(digits)] = None
    return tuple(found)
