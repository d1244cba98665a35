"""What a patient is asked beside the treatment: registry, research, teaching."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.rows import Sheet, read_sheet

FILE = Path(__file__).parent / "purposes.toml"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: `id` is its key in records, `says` what the patient is told about it."""

    id: str
    title: str
    says: str
    source: str
    edition: str
    evidence: str


@lru_cache
def purposes() -> Sheet[Purpose]:
    """Return the purposes with the version of their words."""
    return read_sheet(FILE, "purposes", Purpose)
