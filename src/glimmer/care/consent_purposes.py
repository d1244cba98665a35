"""Consents beside the treatment: to the registry, to research, to teaching with the patient's words.

Each is asked, given, refused and withdrawn on its own, and none is a condition of treatment. Nothing said is no:
only a newest decision that says given lets anything be used, and a withdrawal counts from its own moment on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from glimmer.vocabulary.verdict import Verdict

REGISTRY, RESEARCH, TEACHING = "registry", "research", "teaching"
DECISIONS = ("given", "refused", "withdrawn")


@dataclass(frozen=True, slots=True)
class PurposeDecision:
    """One decision of a patient about one purpose: given, refused or withdrawn, when (aware)."""

    purpose: str
    decision: str
    at: datetime


def purpose_holds(decisions: Sequence[PurposeDecision], purpose: str, at: datetime) -> bool:
    """Say whether a patient's data or words may be used for `purpose` at a moment; `decisions` in their order."""
    so_far = [one for one in decisions if one.purpose == purpose and one.at <= at]
    return bool(so_far) and so_far[-1].decision == "given"


def may_decide(decision: str, newest: str, understood: bool | None) -> Verdict:
    """Say whether a decision can be recorded: given needs understanding, withdrawn something to withdraw.

    `newest` is the decision that stands ("" for none); `understood` whether the patient understood what it is for.
    """
    if decision == "given" and understood is not True:
        return Verdict(("Record that the patient understood what this is for, or let them refuse.",))
    if decision == "withdrawn" and newest != "given":
        return Verdict(("There is no consent to this that could be withdrawn.",))
    return Verdict()
