"""What letters say: templates as text with placeholders, and the closed list of facts that a placeholder may name.

    ## In short
    {patient} {was_treated} in our clinic.
    ? The score fell by {fall}.
    - Questions: {clinic_name}, {clinic_telephone}.
    {scores}

`## ` begins a part. A line is a paragraph, `- ` a point. `{fact}` is filled in; a fact that is a list or a table stands
on a line by itself. A line that begins with `? ` is left out while a fact in it is not known; a part of which nothing
is left goes with its heading. There is nothing else: no expression and no code, so nothing typed can be run.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from glimmer.guidance.figures import GuidanceError, read_toml

FOLDER = Path(__file__).parent / "letters"
FACTS = Path(__file__).parent / "letter_facts.toml"
WORDS, POINTS, TABLE, PARAGRAPHS = "words", "points", "table", "paragraphs"
SHAPES: Final = (WORDS, PARAGRAPHS, POINTS, TABLE)
MOST_CHARACTERS: Final = 20_000
# Where each shape stands in a part: paragraphs, then points, then one table, as the page is laid out.
_ORDER: Final = {WORDS: 0, PARAGRAPHS: 0, POINTS: 1, TABLE: 2}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class LetterFact:
    """One fact that a letter can hold. `example` stands for it in a preview; `lacking` says how it gets known."""

    id: str
    title: str
    shape: str
    lacking: str
    example: str | tuple[str, ...] | tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One line: its shape, its text and the facts it names. An `optional` one is left out while one is not known."""

    shape: str
    text: str
    names: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """A heading and its lines: paragraphs, then points, then at most one table."""

    heading: str
    lines: tuple[TemplateLine, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What a clinic may change of a letter: its title, its greeting and its body."""

    title: str
    greeting: str
    body: str

    @property
    def document(self) -> str:
        """The words as they are stored and signed: the same words always give the same text."""
        return json.dumps({"title": self.title, "greeting": self.greeting, "body": self.body}, ensure_ascii=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the document."""
        return hashlib.sha256(self.document.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """One version of the template of one kind of letter. `version` is `shipped-N` or the clinic's own number."""

    kind: str
    version: str
    words: Words
    parts: tuple[TemplatePart, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every fact that it names, each once."""
        of_title = placeholders(self.words.title) + placeholders(self.words.greeting)
        return tuple(
            dict.fromkeys((*of_title, *(name for part in self.parts for line in part.lines for name in line.names)))
        )

    @property
    def label(self) -> str:
        """What a letter says it was made by."""
        return f"{self.kind} {self.version} ({self.words.digest[:12]})"


@dataclass(frozen=True, slots=True)
class LetterKind:
    """A kind of letter. `reader` is patient or clinician; `first` is whom it addresses, `copies` who gets one too."""

    id: str
    menu: str
    reader: str
    first: str
    copies: tuple[str, ...]
    shipped: LetterTemplate


def read_words(title: str, greeting: str, body: str) -> Words:
    """Return the words with their line ends and outer blanks made the same, so that what is signed is what is read."""
    same = "\n".join(line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"))
    return Words(" ".join(title.split()), " ".join(greeting.split()), same)


def words_of(document: str) -> Words:
    """Return the words of a stored document."""
    stored = json.loads(document)
    return Words(stored["title"], stored["greeting"], stored["body"])


def parse_template(kind: str, version: str, words: Words) -> LetterTemplate:
    """Return the template that words make; raise GuidanceError naming the line and what would be right there."""
    if not words.title:
        raise GuidanceError("The letter needs a title.")
    if len(words.body) > MOST_CHARACTERS:
        raise GuidanceError(f"The letter has {len(words.body)} characters; at most {MOST_CHARACTERS} are taken.")
    for where, text in (("the title", words.title), ("the greeting", words.greeting)):
        _check_braces(text, where)
        for name in placeholders(text):
            if _known(name, where).shape != WORDS:
                raise GuidanceError(f"In {where}: {{{name}}} is a list or a table, and stands on a line by itself.")
    parts: list[tuple[str, list[TemplateLine]]] = []
    for number, raw in enumerate(words.body.split("\n"), start=1):
        line, where = raw.strip(), f"line {number}"
        if not line:
            continue
        if line.startswith("##"):
            parts.append((_heading(line, where), []))
            continue
        if not parts:
            raise GuidanceError(f"In {where}: a letter begins with a heading, such as ## In short.")
        _append(parts[-1][1], _line(line, where), where)
    if not any(lines for _, lines in parts):
        raise GuidanceError("The letter says nothing yet.")
    for heading, lines in parts:
        if not lines:
            raise GuidanceError(f"Nothing stands under the heading {heading}. Write something, or take it away.")
    return LetterTemplate(kind, version, words, tuple(TemplatePart(heading, tuple(lines)) for heading, lines in parts))


def placeholders(text: str) -> tuple[str, ...]:
    """Return the facts that a text names, in order."""
    return tuple(_PLACEHOLDER.findall(text))


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each placeholder replaced by its value, once: what a value holds is never read again."""
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)], text)


def _heading(line: str, where: str) -> str:
    heading = line.lstrip("#").strip()
    if not heading:
        raise GuidanceError(f"In {where}: a heading needs words, such as ## In short.")
    if "{" in heading or "}" in heading:
        raise GuidanceError(f"In {where}: a heading holds no fact.")
    return heading


def _line(line: str, where: str) -> TemplateLine:
    optional = line.startswith("?")
    text = line[1:].strip() if optional else line
    is_point = text.startswith("-")
    text = text[1:].strip() if is_point else text
    _check_braces(text, where)
    names = placeholders(text)
    facts = [_known(name, where) for name in names]
    if not text:
        raise GuidanceError(f"In {where}: there is a mark and nothing after it.")
    whole = next((one for one in facts if one.shape != WORDS), None)
    if whole is not None:
        if is_point or text != f"{{{whole.id}}}":
            raise GuidanceError(
                f"In {where}: {{{whole.id}}} is a list or a table, and stands on a line by itself, without other words."
            )
        return TemplateLine(whole.shape, text, names, optional)
    if optional and not names:
        raise GuidanceError(
            f"In {where}: a line that begins with ? is left out while a fact is not known; it names none."
        )
    return TemplateLine(POINTS if is_point else WORDS, text, names, optional)


def _append(lines: list[TemplateLine], line: TemplateLine, where: str) -> None:
    if lines and _ORDER[line.shape] < _ORDER[lines[-1].shape]:
        raise GuidanceError(
            f"In {where}: under one heading come paragraphs first, then points, then a table. "
            "Begin another heading here."
        )
    if lines and line.shape == TABLE == lines[-1].shape:
        raise GuidanceError(f"In {where}: one table under one heading. Begin another heading here.")
    lines.append(line)


def _check_braces(text: str, where: str) -> None:
    left = _PLACEHOLDER.sub("", text)
    if "{" in left or "}" in left:
        raise GuidanceError(f"In {where}: a brace stands alone. A fact is written as {{patient}}, with both braces.")


def _known(name: str, where: str) -> LetterFact:
    found = letter_facts().get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, letter_facts(), n=1)
    hint = f" Did you mean {{{near[0]}}}?" if near else " Choose one from the list of facts."
    raise GuidanceError(f"In {where}: {{{name}}} is no fact that a letter can hold.{hint}")


@lru_cache
def letter_facts() -> Mapping[str, LetterFact]:
    """Return the closed list of facts by their names, in the order of the file."""
    found = {}
    for row in read_toml(FACTS)["facts"]:
        if row["shape"] not in SHAPES:
            raise GuidanceError(
                f"letter_facts.toml {row['id']}: shape is {row['shape']!r}, not one of {', '.join(SHAPES)}."
            )
        example = (
            row["example"]
            if row["shape"] == WORDS
            else tuple(tuple(line) if row["shape"] == TABLE else line for line in row["example"])
        )
        found[row["id"]] = LetterFact(row["id"], row["title"], row["shape"], row["lacking"], example)
    return found


@lru_cache
def letter_kinds() -> Mapping[str, LetterKind]:
    """Return the kinds of letter by their ids, in the order in which a journey needs them."""
    kinds = [_kind(path) for path in FOLDER.glob("*.toml")]
    return {one.id: one for _, one in sorted(kinds, key=lambda pair: pair[0])}


def _kind(path: Path) -> tuple[int, LetterKind]:
    data = read_toml(path)
    words = read_words(data["title"], data["greeting"], data["body"])
    try:
        shipped = parse_template(path.stem, f"shipped-{data['version']}", words)
    except GuidanceError as problem:
        raise GuidanceError(f"letters/{path.name}: {problem}") from problem
    if data["reader"] not in ("patient", "clinician"):
        raise GuidanceError(f"letters/{path.name}: reader is {data['reader']!r}, but must be patient or clinician.")
    kind = LetterKind(path.stem, data["menu"], data["reader"], data["first"], tuple(data["copies"]), shipped)
    return data["position"], kind
