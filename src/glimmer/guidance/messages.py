"""What goes out by e-mail or text message, by kind and language, and which fields each has."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import GuidanceError
from glimmer.guidance.rows import Sheet, read_sheet

FILE = Path(__file__).parent / "messages.toml"
LANGUAGES = ("en", "cy")
_PARTS = ("subject", "words", "short")


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message. `fields` is all that is filled in; `en` and `cy` hold subject, words and short.

    `subject` and `words` are the e-mail, `short` is the text message.
    """

    id: str
    title: str
    fields: tuple[str, ...]
    en: Mapping[str, str]
    cy: Mapping[str, str]
    source: str
    edition: str
    evidence: str

    def filled(self, language: str, fields: Mapping[str, str]) -> dict[str, str]:
        """Return subject, words and short with the fields filled in, each without blank space around it."""
        said = self.cy if language == "cy" else self.en
        return {part: said[part].format_map(fields).strip() for part in _PARTS}


@lru_cache
def messages() -> Sheet[Message]:
    """Return every kind of message; raise GuidanceError where a language lacks a part or names another field."""
    sheet = read_sheet(FILE, "messages", Message)
    for row in sheet.rows:
        for language in LANGUAGES:
            _check(row, language, getattr(row, language))
    return sheet


def message(kind: str) -> Message | None:
    """Return one kind of message, or None where there is none of that name."""
    return next((row for row in messages().rows if row.id == kind), None)


def placeholders(text: str) -> set[str]:
    """Return the names in braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _check(row: Message, language: str, said: Mapping[str, str]) -> None:
    if set(said) != set(_PARTS):
        raise GuidanceError(f"messages.toml {row.id} {language}: needs {', '.join(_PARTS)}, but has {sorted(said)}.")
    for part in _PARTS:
        if not placeholders(said[part]) <= set(row.fields):
            strange = sorted(placeholders(said[part]) - set(row.fields))
            raise GuidanceError(f"messages.toml {row.id} {language} {part}: {strange} is not among its fields.")
