"""The exceptions of Glimmer, from the most general to the most exact.

    Problem                    something a person can read: what, why, what next
    ├── BadInput               what was typed or sent cannot be right (has the field it belongs to)
    ├── NotAllowed             the person's role does not hold the permission
    ├── RuleRefused            a clinical rule said no (has its reasons)
    └── ChangedMeanwhile       somebody else acted first; look again before acting

Every message is shown to people: it never holds another patient's data or a stack trace.
"""

from collections.abc import Sequence


class Problem(Exception):
    """Something a person can read and act on. `str(problem)` is the sentence for the page."""


class BadInput(Problem):
    """What was typed or sent cannot be right. `field` names the form field, "" for the whole form."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotAllowed(Problem):
    """The person's role does not hold the permission they tried to use."""


class RuleRefused(Problem):
    """A clinical rule said no. `reasons` are sentences, in the order a clinician should deal with them."""

    def __init__(self, message: str, *, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)


class ChangedMeanwhile(Problem):
    """Somebody else acted first, or the page was old. Nothing was written."""
