"""Whether somebody has to decide about stopping: too little change after the first sessions, and no decision since."""

from dataclasses import dataclass

from glimmer.care.outcomes import OutcomeSummary
from glimmer.guidance import figure

DECISIONS = {
    "continue": "Go on with the course",
    "change": "Go on with a change, for which a new plan is prescribed",
    "stop": "Stop the course",
}
"""What can be decided about a course that has changed little."""
GOES_ON = ("continue", "change")


@dataclass(frozen=True, slots=True)
class EarlyDecision:
    """A decision about the newest course: what, and how many sessions had been held then."""

    decision: str
    sessions_held: int


def decision_due(summary: OutcomeSummary, sessions_held: int, newest: EarlyDecision | None) -> bool:
    """Say whether a psychiatrist has to decide: there is a prompt, and no decision that still stands."""
    if not summary.early_prompt:
        return False
    if newest is None:
        return True
    if newest.decision not in GOES_ON:
        return False
    more: int = figure("outcomes", "early_again_after").value
    return sessions_held >= newest.sessions_held + more
