"""Signs that ketamine may go astray: what stands out, by person or by patient. A sign is no proof; a person looks.

Figures: guidance/figures/controlled.toml, all of them proposals for the accountable officer to sign off.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from glimmer.care.controlled import MOVES, Kind, Line
from glimmer.guidance import figure

SUBJECT = "controlled"


class Sign(StrEnum):
    """What can stand out."""

    EARLY = "early"
    LOST = "lost"
    DRIFT = "drift"
    WASTE = "waste"
    SAME_WITNESS = "same_witness"
    LATE = "late"

    @property
    def label(self) -> str:
        """The sign as a page shows it."""
        return SIGNS[self]


SIGNS = {
    Sign.EARLY: "Take-home prescriptions asked for early",
    Sign.LOST: "Supplies said to be lost or stolen",
    Sign.DRIFT: "Counts that differed after the same person had written on the page",
    Sign.WASTE: "More discarded than by the others",
    Sign.SAME_WITNESS: "Nearly always the same witness",
    Sign.LATE: "Entries made late",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """One entry of the register with who signed it, by their keys; `witness` is None for a footnote."""

    line: Line
    by: int
    witness: int | None


@dataclass(frozen=True, slots=True)
class Discard:
    """What one person accounted for after one session, in mL."""

    by: int
    taken_ml: float
    discarded_ml: float


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that stands out: about whom (the key of a person or of a patient), and in words without a name."""

    sign: Sign
    about: int
    is_patient: bool
    says: str


def signals(
    pages: Iterable[Sequence[Signed]],
    discards: Sequence[Discard],
    early: Mapping[int, int],
    lost: Mapping[int, int],
) -> tuple[Signal, ...]:
    """Return what stands out. `pages` are the entries of each page in order; `early` and `lost` count by patient."""
    books = [list(page) for page in pages]
    entries = [one for book in books for one in book]
    return (
        *_of_patients(Sign.EARLY, early, "signal_early_requests", "{} prescriptions began before the last had run out"),
        *_of_patients(Sign.LOST, lost, "signal_lost_supplies", "{} times a supply was said to be lost or stolen"),
        *_drift(books),
        *_waste(discards),
        *_same_witness(entries),
        *_late(entries),
    )


def _of_patients(sign: Sign, counts: Mapping[int, int], least: str, says: str) -> Iterable[Signal]:
    limit = figure(SUBJECT, least).value
    for patient, count in sorted(counts.items()):
        if count >= limit:
            yield Signal(sign, patient, True, says.format(count))


def _drift(books: Iterable[Sequence[Signed]]) -> Iterable[Signal]:
    """Who moved stock between a count that agreed and the next that did not, and how often."""
    found: Counter[int] = Counter()
    for book in books:
        moved_by: set[int] = set()
        for one in book:
            if one.line.kind is Kind.CHECK:
                if one.line.counted != one.line.balance:
                    found.update(moved_by)
                moved_by = set()
            elif one.line.kind in MOVES - {Kind.SETTLEMENT}:
                moved_by.add(one.by)
    for person, count in sorted(found.items()):
        if count >= figure(SUBJECT, "signal_drift").value:
            yield Signal(Sign.DRIFT, person, False, f"{count} counts differed after this person had moved stock")


def _waste(discards: Sequence[Discard]) -> Iterable[Signal]:
    least, times = figure(SUBJECT, "signal_waste_sessions").value, figure(SUBJECT, "signal_waste_times").value
    for person in sorted({one.by for one in discards}):
        mine = [one for one in discards if one.by == person]
        others = [one for one in discards if one.by != person]
        if len(mine) < least or len(others) < least:
            continue
        share, usual = _share(mine), _share(others)
        if share > times * usual:
            yield Signal(
                Sign.WASTE,
                person,
                False,
                f"{share:.0%} of what was taken was discarded in {len(mine)} sessions; by the others {usual:.0%}",
            )


def _share(discards: Sequence[Discard]) -> float:
    taken = sum(one.taken_ml for one in discards)
    return sum(one.discarded_ml for one in discards) / taken if taken else 0


def _same_witness(entries: Sequence[Signed]) -> Iterable[Signal]:
    least, limit = figure(SUBJECT, "signal_entries").value, figure(SUBJECT, "signal_same_witness").value
    for person in sorted({one.by for one in entries}):
        seen_by = Counter(one.witness for one in entries if one.by == person and one.witness is not None)
        total = sum(seen_by.values())
        if total >= least and max(seen_by.values()) >= limit * total:
            words = f"{max(seen_by.values())} of {total} entries were witnessed by one and the same colleague"
            yield Signal(Sign.SAME_WITNESS, person, False, words)


def _late(entries: Sequence[Signed]) -> Iterable[Signal]:
    least, limit = figure(SUBJECT, "signal_entries").value, figure(SUBJECT, "signal_late").value
    for person in sorted({one.by for one in entries}):
        mine = [one for one in entries if one.by == person]
        late = sum(one.line.is_late for one in mine)
        if len(mine) >= least and late >= limit * len(mine):
            yield Signal(Sign.LATE, person, False, f"{late} of {len(mine)} entries were made later than the day after")
