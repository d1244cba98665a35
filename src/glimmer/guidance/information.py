"""What a patient is told before consenting: versioned, so that a consent says what it was given for."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.rows import read_sheet

FILE = Path(__file__).parent / "information.toml"


@dataclass(frozen=True, slots=True)
class Point:
    """One point to cover. `id` is its key in records; `says` is what the patient is told, in plain words."""

    id: str
    title: str
    says: str
    source: str
    edition: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Information:
    """One version of the patient information: all of its points are to be covered."""

    version: str
    digest: str
    points: tuple[Point, ...]


@lru_cache
def information() -> Information:
    """Return the patient information in force."""
    sheet = read_sheet(FILE, "points", Point)
    return Information(sheet.version, sheet.digest, sheet.rows)
