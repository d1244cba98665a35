"""What can go wrong with a patient, by name and code, and up to which grade it is expected: as data."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.rows import read_sheet

FILE = Path(__file__).parent / "adverse_events.toml"
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Term:
    """One effect. `snomed` is "" where no code was seen that fits; `expected_to_grade` 0 where it is never expected.

    `names` are what a session's log may call it.
    """

    id: str
    title: str
    snomed: str
    expected_to_grade: int
    names: tuple[str, ...]
    source: str
    edition: str
    evidence: str


@lru_cache
def adverse_events() -> tuple[Term, ...]:
    """Return the list in force, in its order."""
    return read_sheet(FILE, "terms", Term).rows


def term(term_id: str) -> Term | None:
    """Return one entry of the list, or None where it holds no such entry."""
    return next((one for one in adverse_events() if one.id == term_id), None)


def term_named(name: str) -> Term | None:
    """Return the entry by which a session's log means it, or None."""
    wanted = name.strip().lower()
    return next((one for one in adverse_events() if wanted in one.names), None)
