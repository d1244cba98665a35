"""The kinds of psychotherapy sessions as data: what they are for, when they lie relative to infusions, how many fit."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import EVIDENCE, GuidanceError
from glimmer.guidance.rows import one_of, read_sheet

FILE = Path(__file__).parent / "psychotherapy.toml"
WANTED = ("once", "each", "as_agreed")
INFUSIONS = ("first", "each", "none")


@dataclass(frozen=True, slots=True)
class TherapyKind:
    """One kind. `wanted` says how often; `infusion` to which it is tied: the first, each or none.

    The hours are counted from the start of that infusion, below 0 before it; both None where it is tied to none. The
    timing has a source and mark of its own.
    """

    id: str
    title: str
    about: str
    wanted: str
    infusion: str
    minutes: int
    most_members: int
    source: str
    edition: str
    evidence: str
    timing_source: str
    timing_evidence: str
    earliest_hours: int | None = None
    latest_hours: int | None = None

    @property
    def earliest(self) -> timedelta | None:
        """From the start of the infusion to the earliest start of the session."""
        return None if self.earliest_hours is None else timedelta(hours=self.earliest_hours)

    @property
    def latest(self) -> timedelta | None:
        """From the start of the infusion to the latest start of the session."""
        return None if self.latest_hours is None else timedelta(hours=self.latest_hours)


@lru_cache
def therapy_kinds() -> tuple[TherapyKind, ...]:
    """Return the kinds in the order in which they are shown; raise GuidanceError where one contradicts itself."""
    rows = read_sheet(FILE, "kinds", TherapyKind).rows
    for row in rows:
        one_of(row.wanted, WANTED, f"{row.id}: wanted")
        one_of(row.infusion, INFUSIONS, f"{row.id}: infusion")
        one_of(row.timing_evidence, EVIDENCE, f"{row.id}: timing_evidence")
        tied = row.infusion != "none"
        if tied != (row.earliest is not None and row.latest is not None):
            raise GuidanceError(
                f"{row.id}: what is tied to an infusion has earliest_hours and latest_hours, else neither."
            )
        if row.earliest is not None and row.latest is not None and row.earliest >= row.latest:
            raise GuidanceError(f"{row.id}: earliest_hours must lie before latest_hours.")
        if row.minutes <= 0 or row.most_members <= 0:
            raise GuidanceError(f"{row.id}: minutes and most_members must be above 0.")
    return rows


def therapy_kind(kind_id: str) -> TherapyKind | None:
    """Return one kind, or None where there is no such."""
    return next((one for one in therapy_kinds() if one.id == kind_id), None)
