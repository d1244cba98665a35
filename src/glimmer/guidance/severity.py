"""NICE's severity modifier as data: from which shortfall of expected QALYs on a QALY counts for more."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from glimmer.guidance.figures import GuidanceError, read_toml
from glimmer.guidance.rows import parse_rows

FILE = Path(__file__).parent / "severity.toml"


@dataclass(frozen=True, slots=True)
class SeverityWeight:
    """One row of the table: it applies from either shortfall on, and of two rows the higher applies.

    `absolute_from` is in QALYs lost, `proportional_from` the share lost (0 to 1).
    """

    id: str
    weight: float
    absolute_from: float
    proportional_from: float
    source: str
    edition: str
    evidence: str


@lru_cache
def severity_weights() -> tuple[SeverityWeight, ...]:
    """Return the rows, lightest first; raise GuidanceError unless weights and starts all rise from row to row."""
    rows = parse_rows(read_toml(FILE), "weights", SeverityWeight, FILE.name)
    for lighter, heavier in pairwise(rows):
        starts = ("weight", "absolute_from", "proportional_from")
        if any(getattr(lighter, start) >= getattr(heavier, start) for start in starts):
            raise GuidanceError(f"{FILE.name}: {heavier.id} must lie above {lighter.id} in {', '.join(starts)}.")
    return rows
