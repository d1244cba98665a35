"""Interactions of ketamine with other medicines, as data."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.rows import one_of, read_sheet

FILE = Path(__file__).parent / "interactions.toml"
PRIORITIES = ("alert", "caution", "note")


@dataclass(frozen=True, slots=True)
class Interaction:
    """One group of medicines. `names` are what a medicines list may call them, in small letters.

    `priority` is "alert" (settle it first), "caution" (act on it) or "note" (know it).
    """

    id: str
    title: str
    priority: str
    names: tuple[str, ...]
    effect: str
    action: str
    source: str
    edition: str
    evidence: str


@lru_cache
def interactions() -> tuple[Interaction, ...]:
    """Return the known interactions, the gravest first."""
    rows = read_sheet(FILE, "interactions", Interaction).rows
    for row in rows:
        one_of(row.priority, PRIORITIES, f"{row.id}: priority")
    return tuple(sorted(rows, key=lambda row: PRIORITIES.index(row.priority)))
