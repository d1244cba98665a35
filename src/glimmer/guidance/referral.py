"""The referral minimum set: what a referral has to tell before triage."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.rows import read_sheet

FILE = Path(__file__).parent / "referral.toml"


@dataclass(frozen=True, slots=True)
class ReferralItem:
    """One item of the minimum set. `id` is its key in records; `title` and `help` are words for the page.

    `speaks_to` holds the selection rules for which it is evidence.
    """

    id: str
    title: str
    help: str
    source: str
    edition: str
    evidence: str
    speaks_to: tuple[str, ...] = ()


@lru_cache
def referral_items() -> tuple[ReferralItem, ...]:
    """Return the items of the referral minimum set in the order in which they are asked."""
    return read_sheet(FILE, "items", ReferralItem).rows
