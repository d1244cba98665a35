"""The long-term safety schedule: what is looked for, how often, and which findings hold the next session. As data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.figures import EVIDENCE, GuidanceError
from glimmer.guidance.rows import one_of, read_sheet

FILE = Path(__file__).parent / "long_term.toml"
KINDS = ("yes_no", "number")


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a check: yes, no or not known; or a number in `unit`.

    It holds the next session on the answer `holds_on`, from `at_least` on, or above `times` the number of question
    `of`.
    """

    id: str
    asks: str
    kind: str
    unit: str = ""
    optional: bool = False
    holds_on: str = ""
    at_least: float | None = None
    times: float | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    title: str
    due_after_days: int
    overdue_after_days: int
    at_home_days: int
    due_after_sessions: int
    interval_evidence: str
    held: str
    questions: tuple[Mapping[str, Any], ...]
    source: str
    edition: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Domain:
    """One thing that is looked for. Days count from the last check; `at_home_days` where the drug is taken at home.

    `due_after_sessions` 0: sessions do not count. `held` says what to do about a finding that holds the next session.
    """

    id: str
    title: str
    due_after_days: int
    overdue_after_days: int
    at_home_days: int
    due_after_sessions: int
    held: str
    questions: tuple[Question, ...]


@lru_cache
def long_term_domains() -> tuple[Domain, ...]:
    """Return the schedule in force; raise GuidanceError where a row contradicts itself."""
    return tuple(_domain(row) for row in read_sheet(FILE, "domains", _Row).rows)


def long_term_domain(domain_id: str) -> Domain | None:
    """Return one domain, or None where there is no such."""
    return next((one for one in long_term_domains() if one.id == domain_id), None)


def _domain(row: _Row) -> Domain:
    where = f"long_term.toml {row.id}"
    one_of(row.interval_evidence, sorted(EVIDENCE), f"{where}: interval_evidence")
    if not 0 < row.at_home_days <= row.due_after_days < row.overdue_after_days:
        raise GuidanceError(f"{where}: a check is due before it is overdue, and at home no later than elsewhere.")
    questions = tuple(Question(**asked) for asked in row.questions)
    ids = {asked.id for asked in questions}
    for asked in questions:
        one_of(asked.kind, KINDS, f"{where} {asked.id}: kind")
        if asked.of and asked.of not in ids:
            raise GuidanceError(f"{where} {asked.id}: there is no question {asked.of!r} to compare with.")
    return Domain(
        row.id,
        row.title,
        row.due_after_days,
        row.overdue_after_days,
        row.at_home_days,
        row.due_after_sessions,
        row.held,
        questions,
    )
