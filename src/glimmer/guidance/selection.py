"""The selection rules as data: whom the clinic may treat, and of whom it must think twice."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import GuidanceError
from glimmer.guidance.rows import Sheet, one_of, read_sheet

FILE = Path(__file__).parent / "selection.toml"
KINDS = ("hard", "caution")
ONLY_IF = ("", "pregnancy_possible", "older")
DERIVED = ("", "adult")


@dataclass(frozen=True, slots=True)
class SelectionRule:
    """One rule. `asks` is a statement that is *met* when it is true, which is always the safe side.

    `kind`: a hard rule that is not met stops the patient, a caution is shown and weighed.
    `overridable`: a hard rule that a psychiatrist may override with a reason and a second clinician's
    agreement. `specialist`: whose view is wanted, or "". `only_if`: "" (everyone), "pregnancy_possible"
    or "older". `derived`: "" or what Glimmer works the answer out from ("adult": the date of birth).
    """

    id: str
    group: str
    asks: str
    kind: str
    if_not: str
    source: str
    edition: str
    evidence: str
    overridable: bool = False
    specialist: str = ""
    only_if: str = ""
    derived: str = ""
    help: str = ""


def selection_rules() -> tuple[SelectionRule, ...]:
    """Return the rules in the order in which they are asked."""
    return _sheet().rows


def selection_version() -> str:
    """Return the version of the rule list with the start of its digest: what a decision pins."""
    return f"selection {_sheet().version} ({_sheet().digest[:12]})"


@lru_cache
def _sheet() -> Sheet[SelectionRule]:
    sheet = read_sheet(FILE, "rules", SelectionRule)
    for rule in sheet.rows:
        one_of(rule.kind, KINDS, f"{rule.id}: kind")
        one_of(rule.only_if, ONLY_IF, f"{rule.id}: only_if")
        one_of(rule.derived, DERIVED, f"{rule.id}: derived")
        if rule.overridable and rule.kind != "hard":
            raise GuidanceError(f"{rule.id}: only a hard rule can be overridden; a caution stops nothing.")
    return sheet
