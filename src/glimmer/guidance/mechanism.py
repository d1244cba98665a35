"""How ketamine is thought to work on depression: stages on a line of time, graded arrows, and what is unknown.

mechanism().stages, .arrows, .unknown        -> for staff, each with its source
mechanism().for_patients                     -> the stages that a patient reads of, in plain words
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import GuidanceError, check_sourced, read_toml
from glimmer.guidance.rows import as_row, one_of, parse_rows

FILE = Path(__file__).parent / "mechanism.toml"
LINES = ("solid", "long dashes", "short dashes", "dots")


@dataclass(frozen=True, slots=True)
class Grade:
    """How sure a step is, in words, and how its arrow is drawn: told apart without colour."""

    id: str
    words: str
    line: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that happens, from and until so many minutes after a dose."""

    id: str
    title: str
    from_minutes: float
    until_minutes: float
    says: str
    source: str
    edition: str
    evidence: str
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """What is held to lead from one stage to another, and the id of its grade."""

    id: str
    start: str
    end: str
    says: str
    grade: str
    source: str
    edition: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that nobody knows yet."""

    id: str
    says: str
    source: str
    edition: str
    evidence: str
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """The whole picture."""

    version: str
    grades: tuple[Grade, ...]
    stages: tuple[Stage, ...]
    arrows: tuple[Arrow, ...]
    unknown: tuple[Unknown, ...]

    def stage(self, stage_id: str) -> Stage:
        """Return one stage; raise KeyError for none."""
        return {one.id: one for one in self.stages}[stage_id]

    def grade(self, grade_id: str) -> Grade:
        """Return one grade; raise KeyError for none."""
        return {one.id: one for one in self.grades}[grade_id]

    @property
    def for_patients(self) -> tuple[Stage, ...]:
        """The stages in plain words, as they begin."""
        return tuple(sorted((one for one in self.stages if one.plain), key=lambda one: one.from_minutes))

    @property
    def unknown_to_patients(self) -> tuple[Unknown, ...]:
        """What is not known, in plain words."""
        return tuple(one for one in self.unknown if one.plain)


@lru_cache
def mechanism() -> Mechanism:
    """Return the picture that is shipped."""
    return read_mechanism(FILE)


def read_mechanism(path: Path) -> Mechanism:
    """Return the picture of a file; raise GuidanceError saying what is wrong with it."""
    tables, where = read_toml(path), path.name
    check_sourced(tables, where=where)
    found = Mechanism(
        version=str(tables.get("version", "")),
        grades=tuple(as_row(Grade, one, f"{where} [[grades]]", sourced=False) for one in tables.get("grades", [])),
        stages=parse_rows(tables, "stages", Stage, where),
        arrows=parse_rows(tables, "arrows", Arrow, where),
        unknown=parse_rows(tables, "unknown", Unknown, where),
    )
    known, grades = tuple(one.id for one in found.stages), tuple(one.id for one in found.grades)
    for grade in found.grades:
        one_of(grade.line, LINES, f"{where}: line of grade {grade.id}")
    for stage in found.stages:
        if not 0 < stage.from_minutes < stage.until_minutes:
            raise GuidanceError(f"{where}: stage {stage.id} must begin after the dose and end after it began.")
    for arrow in found.arrows:
        one_of(arrow.start, known, f"{where}: start of arrow {arrow.id}")
        one_of(arrow.end, known, f"{where}: end of arrow {arrow.id}")
        one_of(arrow.grade, grades, f"{where}: grade of arrow {arrow.id}")
    return found
