"""The shared-care plan after a discharge: who does what, how often, and when to act. As data, for the letter."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from glimmer.guidance.figures import GuidanceError, check_sourced, read_toml
from glimmer.guidance.long_term import long_term_domains

FILE = Path(__file__).parent / "shared_care.toml"
_DAYS_IN_A_MONTH: Final = 30


@dataclass(frozen=True, slots=True)
class SharedCare:
    """One line of the plan, its figures filled in, with its source and how that is known."""

    id: str
    what: str
    who: str
    how_often: str
    do: str
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ReferBack:
    """One reason to refer the patient back."""

    id: str
    says: str
    source: str
    evidence: str


@lru_cache
def shared_care() -> tuple[SharedCare, ...]:
    """Return the plan in the order of its file; raise GuidanceError for a line that is not as it must be."""
    days = {domain.id: domain.due_after_days for domain in long_term_domains()}
    found = []
    for row in read_toml(FILE)["rows"]:
        where = f"shared_care.toml [{row['id']}]"
        check_sourced(row, where=where)
        if row["of"] and row["of"] not in days:
            raise GuidanceError(
                f"{where}: there is no domain {row['of']!r} in long_term.toml. There is: {', '.join(days)}."
            )
        interval = _months(days[row["of"]]) if row["of"] else ""
        found.append(
            SharedCare(
                id=row["id"],
                what=row["what"],
                who=row["who"],
                how_often=row["how_often"].format(interval=interval),
                do=row["do"].format(**row["figures"]),
                source=row["source"],
                evidence=row["evidence"],
            )
        )
    return tuple(found)


@lru_cache
def refer_back() -> tuple[ReferBack, ...]:
    """Return the reasons to refer a patient back, in the order of the file."""
    rows = read_toml(FILE)["refer_back"]
    for row in rows:
        check_sourced({**row, "edition": "x"}, where=f"shared_care.toml [{row['id']}]")
    return tuple(ReferBack(row["id"], row["says"], row["source"], row["evidence"]) for row in rows)


def _months(days: int) -> str:
    months = round(days / _DAYS_IN_A_MONTH)
    return "month" if months == 1 else f"{months} months"
