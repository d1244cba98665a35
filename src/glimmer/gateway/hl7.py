"""A small, fast reader of HL7 version 2: bytes to segments, fields, components and text.

It never guesses: what cannot be read raises `Hl7Problem` in words, and nothing else is raised.
Positions count from 1 as in the standard, so `segment.text(5, 2)` is the second component of field 5.
Source: HL7 v2.6 chapter 2 (separators, escapes, MSH); differential-tested against PyPI `hl7`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from glimmer.vocabulary.problems import BadInput

SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}\Z")
PADDING = " \t\x0b\x0c\ufffd"
"""What some devices fill up a message with; zero bytes have become U+FFFD by then."""

HEX = re.compile(r"[A-Z](?:[0-9A-Fa-f]{2})+\Z")
PART_OF_A_NUMBER = frozenset(b"+-.0123456789")
STANDARD_MARKS = "^~\\&"
NULL = '""'
"""HL7's explicit null: the sender says that the field is to be emptied, not that it said nothing."""

CHARSETS = {
    "": "utf-8",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "iso-8859-1",
    "8859/2": "iso-8859-2",
    "8859/15": "iso-8859-15",
    "ISO-8859-1": "iso-8859-1",
    "WINDOWS-1252": "cp1252",
}
"""MSH-18 (HL7 table 0211) to Python's codec. Anything else is read as UTF-8, and said to be so."""


class Hl7Problem(BadInput):
    """These bytes are not an HL7 message that can be read. `str(problem)` says why, without quoting the message."""


@dataclass(frozen=True, slots=True, eq=False)
class Separators:
    """The characters that MSH-1 and MSH-2 define; `truncation` is the fifth, "" before version 2.7.

    There is one object for each set of characters, so that what was split by it can be looked up quickly.
    """

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""


class Segment:
    """One line of a message. `fields[n]` is the raw text of field n; field 0 is the segment's name."""

    __slots__ = ("fields", "name", "separators")

    def __init__(self, name: str, fields: list[str], separators: Separators) -> None:
        self.name = name
        self.fields = fields
        self.separators = separators

    def raw(self, field: int) -> str:
        """Return field `field` as it was sent, "" where it is absent."""
        return self.fields[field] if field < len(self.fields) else ""

    def repetitions(self, field: int) -> list[str]:
        """Return the repetitions of a field as sent; an absent field has none."""
        raw = self.raw(field)
        return raw.split(self.separators.repetition) if raw else []

    def components(self, field: int, repetition: int = 1) -> list[str]:
        """Return the components of one repetition as plain text (escapes resolved, subcomponents left joined)."""
        raw = self.raw(field)
        separators = self.separators
        if separators.repetition in raw:
            parts = raw.split(separators.repetition)
            raw = parts[repetition - 1] if repetition <= len(parts) else ""
        elif repetition > 1:
            return []
        return split_components(raw, separators)

    def text(self, field: int, component: int = 1, repetition: int = 1) -> str:
        """Return one component as plain text without spaces around it; "" where absent or HL7 null."""
        fields = self.fields
        raw = fields[field] if field < len(fields) else ""
        if not raw:
            return ""
        separators = self.separators
        if component == 1 and repetition == 1:
            # By far the commonest question, answered without building lists.
            if raw.isalnum():
                return raw
            text = raw.partition(separators.repetition)[0].partition(separators.component)[0]
            if separators.escape in text:
                text = unescape(text, separators)
        else:
            found = self.components(field, repetition)
            text = found[component - 1] if component <= len(found) else ""
        text = text.strip()
        return "" if text == NULL else text

    def subcomponents(self, field: int, component: int = 1, repetition: int = 1) -> list[str]:
        """Return the subcomponents of one component as plain text."""
        repetitions = self.repetitions(field)
        if repetition > len(repetitions):
            return []
        components = repetitions[repetition - 1].split(self.separators.component)
        if component > len(components):
            return []
        return [unescape(s, self.separators) for s in components[component - 1].split(self.separators.subcomponent)]


@dataclass(frozen=True, slots=True)
class Hl7Message:
    """A message split into segments. `problems` are sentences on what had to be tolerated.

    `stray_lines` counts the lines that do not begin with the name of a segment, which were left out.
    """

    separators: Separators
    segments: tuple[Segment, ...]
    problems: tuple[str, ...]
    by_name: dict[str, list[Segment]]
    stray_lines: int = 0

    @property
    def header(self) -> Segment:
        """The MSH segment."""
        return self.segments[0]

    def all(self, name: str) -> list[Segment]:
        """Return the segments called `name` in their order."""
        return self.by_name.get(name, [])

    def first(self, name: str) -> Segment | None:
        """Return the first segment called `name`, or None when there is none."""
        found = self.by_name.get(name)
        return found[0] if found else None


def split_components(raw: str, separators: Separators) -> list[str]:
    """Return the components of a field without repetitions, as plain text; an empty field has none."""
    if not raw:
        return []
    found = raw.split(separators.component)
    if separators.escape in raw:
        return [unescape(part, separators) for part in found]
    return found


def parse(raw: bytes) -> Hl7Message:
    """Split one message. Lines may end with CR, LF or both; raise Hl7Problem when there is no readable MSH first."""
    raw = raw.lstrip(b"\xef\xbb\xbf\r\n \t\x00")
    separators = _separators(raw)
    text, problems = _decoded(raw, separators)
    stray_lines = 0
    segments: list[Segment] = []
    by_name: dict[str, list[Segment]] = {}
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n", "\r")
    for number, line in enumerate(text.split("\r"), start=1):
        fields = line.split(separators.field)
        name = fields[0]
        if name != "PID" and name.strip().upper() == "PID":
            # A patient whose line is written askew is still a patient: left out, the next one's values were theirs.
            name = "PID"
        alike = by_name.get(name)
        if alike is None:
            if not SEGMENT_NAME.match(name):
                if line.strip(PADDING):
                    stray_lines += 1
                    problems.append(f"Line {number} does not begin with the name of a segment, so it was left out.")
                continue
            alike = by_name[name] = []
        if name == "MSH":
            # MSH-1 is the separator itself, so the fields of MSH count one further than the split does.
            fields.insert(1, separators.field)
        segment = Segment(name, fields, separators)
        segments.append(segment)
        alike.append(segment)
    return Hl7Message(separators, tuple(segments), tuple(problems), by_name, stray_lines)


def _separators(raw: bytes) -> Separators:
    if not raw:
        raise Hl7Problem("The message is empty.")
    if raw[:3] != b"MSH":
        raise Hl7Problem("The message does not begin with MSH, so it is not HL7 version 2 or its start is lost.")
    if len(raw) < 8 or raw[3:4].isalnum() or raw[3] in PART_OF_A_NUMBER or not 0x21 <= raw[3] <= 0x7E:
        raise Hl7Problem("The message header is cut off before the encoding characters (MSH-2).")
    end = raw.find(raw[3:4], 4)
    return _separators_of(raw[3], raw[4 : end if end > 0 else 8])


@lru_cache(maxsize=256)
def _separators_of(field: int, marks: bytes) -> Separators:
    usable = all(0x21 <= mark <= 0x7E and mark not in PART_OF_A_NUMBER for mark in marks)
    if not usable or not 2 <= len(marks) <= 5 or len({*marks, field}) != len(marks) + 1:
        raise Hl7Problem(
            "The encoding characters in MSH-2 are not usable: two to five different characters are needed."
        )
    # A sender may leave out the last ones; the standard's own characters then stand in.
    padded = marks.decode("ascii") + STANDARD_MARKS[len(marks) :]
    return Separators(chr(field), padded[0], padded[1], padded[2], padded[3], padded[4:5])


def _decoded(raw: bytes, separators: Separators) -> tuple[str, list[str]]:
    """Return the text by the character set of MSH-18, and what had to be tolerated on the way."""
    line = raw[: min((i for i in (raw.find(b"\r"), raw.find(b"\n")) if i >= 0), default=len(raw))]
    header = line.decode("latin-1").split(separators.field)
    named = header[17].split(separators.repetition)[0].strip().upper() if len(header) > 17 else ""
    codec = CHARSETS.get(named)
    problems = []
    if codec is None:
        problems.append("The character set named in MSH-18 is not known here, so the text was read as UTF-8.")
        codec = "utf-8"
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        problems.append(f"Some characters do not fit the character set {named or 'UTF-8'}; names may look wrong.")
        text = raw.decode("utf-8", errors="replace")
    if "\x00" in text:
        problems.append("The message holds zero bytes; they were replaced.")
        text = text.replace("\x00", "\ufffd")
    return text, problems


def unescape(text: str, separators: Separators) -> str:
    """Resolve HL7 escapes: F S T R E P (separators), X (bytes), .br and .sp (line break); highlighting is dropped."""
    mark = separators.escape
    if mark not in text:
        return text
    out: list[str] = []
    position = 0
    while (start := text.find(mark, position)) >= 0:
        end = text.find(mark, start + 1)
        if end < 0:
            break
        out.append(text[position:start])
        resolved = _escape(text[start + 1 : end], separators)
        if resolved is None:
            # Not an escape after all (a lone backslash in a name): keep it, and look again at its end mark.
            out.append(text[start:end])
            position = end
        else:
            out.append(resolved)
            position = end + 1
    out.append(text[position:])
    return "".join(out)


def _escape(code: str, separators: Separators) -> str | None:
    literal = {
        "F": separators.field,
        "S": separators.component,
        "T": separators.subcomponent,
        "R": separators.repetition,
        "E": separators.escape,
        "P": separators.truncation or "#",
    }.get(code)
    if literal is not None:
        return literal
    if code in ("H", "N"):
        return ""
    if code in (".br", ".sp") or code.startswith(".sp"):
        return "\n"
    if code[:1] == "X" and HEX.match(code):
        return bytes.fromhex(code[1:]).decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    if code[:1] in ("C", "M", "Z") and HEX.match(code):
        return ""
    return None


def escape(text: str) -> str:
    """Return text as it may stand in a field with the standard separators; control characters become spaces."""
    if text.isalnum():
        return text
    for plain, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("~", "R"), ("&", "T")):
        text = text.replace(plain, f"\\{code}\\")
    return "".join(c if c >= " " else " " for c in text)
