"""The safety case as data: the hazard log with its risks, and the documents that a safety officer signs for.

The files stand in `docs/safety/` of the repository and go into the package as they are. A risk is never typed: it
follows from severity and likelihood by the matrix in `figures/safety.toml`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.figures import GuidanceError, figure, read_toml

PACKAGED, IN_REPOSITORY = Path(__file__).parent / "safety_case", Path(__file__).parents[3] / "docs" / "safety"
FOLDER = PACKAGED if PACKAGED.is_dir() else IN_REPOSITORY

DOCUMENTS = {
    "Safety case report": "safety-case-report.md",
    "Intended purpose": "intended-purpose.md",
    "Hazard log": "hazards.toml",
}
_REQUIRED = ("id", "hazard", "cause", "control", "tests", "severity", "likelihood_before", "likelihood_after")
_SCALES = ("severity", "likelihood_before", "likelihood_after")
SCALE = range(1, 6)


@dataclass(frozen=True, slots=True)
class Hazard:
    """One line of the hazard log. Scales are 1 to 5; `accepted_because` is needed where the residual risk is not low.

    `owner` says who has to act on it: "maker", or the deployer's clinical safety officer where it depends on the site.
    """

    id: str
    hazard: str
    cause: str
    control: str
    tests: tuple[str, ...]
    severity: int
    likelihood_before: int
    likelihood_after: int
    status: str = "controlled, to be confirmed at the site"
    owner: str = "maker"
    accepted_because: str = ""

    @property
    def risk_before(self) -> int:
        """The risk class without the control, 1 to 5."""
        return risk(self.severity, self.likelihood_before)

    @property
    def risk_after(self) -> int:
        """The residual risk class, 1 to 5."""
        return risk(self.severity, self.likelihood_after)

    @property
    def is_accepted(self) -> bool:
        """True where the residual risk is in an acceptable class, or one above it with a named reason."""
        highest = figure("safety", "highest_acceptable_risk").value
        return self.risk_after <= highest or (self.risk_after == highest + 1 and bool(self.accepted_because))


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the safety case: its title, its version and the digest of its text."""

    title: str
    version: str
    digest: str

    @property
    def stamp(self) -> str:
        """Return what a signature keeps of it: `1 (sha256 0f3a...)`."""
        return f"{self.version} (sha256 {self.digest})"


def risk(severity: int, likelihood: int) -> int:
    """Return the risk class by the matrix; severity and likelihood are 1 to 5."""
    row: tuple[int, ...] = figure("safety", "risk_matrix").value[str(severity)]
    return row[likelihood - 1]


@lru_cache
def hazards() -> tuple[Hazard, ...]:
    """Return the hazard log in the order of its file; raise GuidanceError for one that lacks a part."""
    return tuple(_hazard(table) for table in read_toml(FOLDER / DOCUMENTS["Hazard log"])["hazard"])


def _hazard(table: Mapping[str, Any]) -> Hazard:
    where = f"hazards.toml [{table.get('id', '?')}]"
    missing = [name for name in _REQUIRED if not table.get(name)]
    if missing:
        raise GuidanceError(f"{where}: missing {', '.join(missing)}. A hazard needs {', '.join(_REQUIRED)}.")
    wrong = [name for name in _SCALES if table[name] not in SCALE]
    if wrong:
        raise GuidanceError(f"{where}: {', '.join(wrong)} must be a whole number from 1 to 5.")
    return Hazard(**{**table, "tests": tuple(table["tests"])})


@lru_cache
def safety_documents() -> tuple[Document, ...]:
    """Return the documents that a signature refers to, with version and digest as they are in this installation."""
    return tuple(_document(title, FOLDER / name) for title, name in DOCUMENTS.items())


def _document(title: str, path: Path) -> Document:
    text = path.read_text(encoding="utf-8")
    found = re.search(r"^#? ?Version: (\S+)", text, re.MULTILINE)
    if found is None:
        raise GuidanceError(f"{path.name}: a line such as 'Version: 1' is missing, so nobody can sign for it.")
    return Document(title, found[1], hashlib.sha256(text.encode()).hexdigest())


# The hazard log as a page


def hazards_page() -> str:
    """Return `docs/safety/hazards.md`: the matrix, how many hazards stand in which class, and each with its risk."""
    found = hazards()
    lines = [
        "# Hazard log",
        "",
        "Written by `glimmer safety report` from [hazards.toml](hazards.toml); change that file, not this page. The "
        "scales are in the [risk management plan](risk-management-plan.md). Scores are the maker's estimates, made "
        "before any clinical use.",
        "",
        *_matrix_table(),
        "",
        *_counts_table(found),
        "",
        "| Hazard | Severity, likelihood before and after | Risk before | Risk after | Owner | Tests |",
        "|---|---|---|---|---|---|",
        *(_row(one) for one in found),
        "",
        "## Residual risks that are accepted with a reason",
        "",
        *(f"- **{one.id}**: {one.accepted_because}" for one in found if one.accepted_because),
    ]
    return "\n".join(lines) + "\n"


def _matrix_table() -> list[str]:
    likelihoods: Mapping[str, str] = figure("safety", "likelihood").value
    severities: Mapping[str, str] = figure("safety", "severity").value
    head = " | ".join(f"{words} ({number})" for number, words in likelihoods.items())
    rows = [
        f"| {number} {words.partition(':')[0]} | "
        + " | ".join(str(risk(int(number), likelihood)) for likelihood in SCALE)
        + " |"
        for number, words in severities.items()
    ]
    return [f"| Severity | {head} |", "|---|---|---|---|---|---|", *rows]


def _counts_table(found: tuple[Hazard, ...]) -> list[str]:
    classes: Mapping[str, str] = figure("safety", "risk_classes").value
    rows = [
        f"| {number} {words} | {sum(one.risk_before == int(number) for one in found)} | "
        f"{sum(one.risk_after == int(number) for one in found)} |"
        for number, words in classes.items()
    ]
    return ["| Risk class | Hazards before | Hazards after |", "|---|---|---|", *rows]


def _row(one: Hazard) -> str:
    scales = f"{one.severity}, {one.likelihood_before} and {one.likelihood_after}"
    risks = f"{one.risk_before} | {one.risk_after}"
    return f"| `{one.id}` {one.hazard} | {scales} | {risks} | {one.owner} | {len(one.tests)} |"
