"""What a QALY may cost, by date: the range that NICE decides by, and what the NHS gives up elsewhere to pay for one.

    thresholds_on(date(2026, 3, 31)).upper        -> 30000
    thresholds_on(date(2026, 4, 1)).upper         -> 35000, with the note to confirm that it is in force
    thresholds_shown()                            -> (13000.0, 20000.0, 25000.0, 30000.0, 35000.0)

The file is `thresholds.toml`; every value has its source, edition and mark of evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import Figure, GuidanceError, parse_figures, read_toml
from glimmer.guidance.rows import one_of, parse_rows

FILE = Path(__file__).parent / "thresholds.toml"
ROLES = ("opportunity", "lower", "upper")


@dataclass(frozen=True, slots=True)
class Threshold:
    """One value of a QALY (GBP) and the days on which it holds. `since` and `until` are ISO dates, "" for open."""

    id: str
    role: str
    value: float
    since: str
    until: str
    source: str
    edition: str
    evidence: str
    note: str = ""

    def holds_on(self, day: date) -> bool:
        """Return whether a decision on this day falls under it; both ends are included."""
        return (not self.since or date.fromisoformat(self.since) <= day) and (
            not self.until or day <= date.fromisoformat(self.until)
        )


@dataclass(frozen=True, slots=True)
class ThresholdsInForce:
    """What holds on one day, GBP per QALY; `notes` are what has to be said wherever these are used."""

    day: date
    opportunity: float
    lower: float
    upper: float
    rows: tuple[Threshold, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the notes of the rows in force, each once."""
        return tuple(dict.fromkeys(row.note for row in self.rows if row.note))


@lru_cache
def thresholds() -> tuple[Threshold, ...]:
    """Return every threshold of the file, past and present; raise GuidanceError saying which row is wrong."""
    rows = parse_rows(read_toml(FILE), "thresholds", Threshold, FILE.name)
    for row in rows:
        one_of(row.role, ROLES, f"{FILE.name} [[thresholds]] {row.id}: role")
        _check_days(row)
    return rows


def thresholds_on(day: date, *, paused_appraisal: bool = False) -> ThresholdsInForce:
    """Return what holds on a day; raise GuidanceError when a role has no value or several for it.

    `paused_appraisal`: the appraisal had been paused for the change, so that what is acceptable rises by the figure
    `paused_appraisal` of the file; it is added to both ends of the range.
    """
    rows = tuple(row for row in thresholds() if row.holds_on(day))
    uplift = threshold_rules()["paused_appraisal"].value if paused_appraisal else 0
    return ThresholdsInForce(
        day,
        opportunity=_only(rows, "opportunity", day),
        lower=_only(rows, "lower", day) + uplift,
        upper=_only(rows, "upper", day) + uplift,
        rows=rows,
    )


def thresholds_shown() -> tuple[float, ...]:
    """Return every value of the file, ascending: a result is always given at all of them, whatever the day."""
    return tuple(sorted({float(row.value) for row in thresholds()}))


def curve_thresholds() -> tuple[float, ...]:
    """Return where curves over the threshold are drawn when nothing else is asked, with all of `thresholds_shown`."""
    first, last, step = threshold_rules()["curve"].value
    return tuple(sorted({float(one) for one in range(first, last + step, step)} | set(thresholds_shown())))


@lru_cache
def threshold_rules() -> Mapping[str, Figure]:
    """Return the figures beside the rows: the rise for a paused appraisal, and where curves are drawn."""
    return parse_figures(read_toml(FILE)["rules"], where=FILE.name)


def _check_days(row: Threshold) -> None:
    try:
        [date.fromisoformat(day) for day in (row.since, row.until) if day]
    except ValueError as problem:
        raise GuidanceError(f"{FILE.name} [[thresholds]] {row.id}: {problem}. Write a day as 2026-04-01.") from problem


def _only(rows: tuple[Threshold, ...], role: str, day: date) -> float:
    found = [row for row in rows if row.role == role]
    if len(found) != 1:
        named = ", ".join(row.id for row in found) or "none"
        raise GuidanceError(f"{FILE.name}: on {day} one {role} threshold must hold, but there is {named}.")
    return float(found[0].value)
