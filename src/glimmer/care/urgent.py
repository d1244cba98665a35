"""The urgent pathway: somebody is in acute danger, is seen by a clinician in time, and is handed over or kept safe.

What is stored are the call and its steps; where it stands, and whether it is late, is worked out from them. A patient
who is sent back to the clinic is to be seen again: the same hours run anew from that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from glimmer.guidance import figure
from glimmer.vocabulary.verdict import Verdict


class Urgency(StrEnum):
    """How soon the patient has to be seen."""

    VERY_URGENT = "very_urgent"
    URGENT = "urgent"

    @property
    def hours(self) -> int:
        """Within how many hours."""
        return int(figure("urgent", f"{self.value}_within").value)

    @property
    def label(self) -> str:
        """The urgency in words, with its hours."""
        words = "Very urgent: danger now" if self is Urgency.VERY_URGENT else "Urgent: danger soon"
        return f"{words}. Seen within {self.hours} hours"


class Step(StrEnum):
    """What was done. HANDED names who took the patient over; RETURNED who sent them back to the clinic."""

    SEEN = "seen"
    HANDED = "handed"
    RETURNED = "returned"
    NOTE = "note"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The step in words."""
        return {
            "seen": "Seen by a clinician",
            "handed": "Handed over",
            "returned": "Sent back to the clinic",
            "note": "Note",
            "closed": "Closed",
        }[self.value]


@dataclass(frozen=True, slots=True)
class UrgentStep:
    """One step of a call."""

    step: Step
    at: datetime
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Urgent:
    """A call with its steps in their order, and where it stands."""

    urgency: Urgency
    raised_at: datetime
    steps: tuple[UrgentStep, ...] = ()

    @property
    def clocks(self) -> tuple[tuple[datetime, datetime | None], ...]:
        """Each time that somebody had to see the patient: from when on, and when it happened (None: not yet).

        The first runs from the call, each later one from the moment at which the patient was sent back.
        """
        found: list[tuple[datetime, datetime | None]] = [(self.raised_at, None)]
        for one in self.steps:
            began_at, answered_at = found[-1]
            if one.step is Step.RETURNED:
                found.append((one.at, None))
            elif one.step in (Step.SEEN, Step.HANDED) and answered_at is None:
                found[-1] = (began_at, one.at)
        return tuple(found)

    @property
    def due_at(self) -> datetime:
        """By when the patient has to be seen, by the clock that was started last."""
        return self.clocks[-1][0] + timedelta(hours=self.urgency.hours)

    @property
    def answered_at(self) -> datetime | None:
        """When the patient was seen, or taken over by somebody who sees them; None while neither.

        After a patient was sent back it is the first time since.
        """
        return self.clocks[-1][1]

    @property
    def is_open(self) -> bool:
        """True until it was closed."""
        return not any(one.step is Step.CLOSED for one in self.steps)

    @property
    def with_whom(self) -> str:
        """Who has the patient: "" means the clinic."""
        moves = [one for one in self.steps if one.step in (Step.HANDED, Step.RETURNED)]
        return moves[-1].whom if moves and moves[-1].step is Step.HANDED else ""

    def is_late(self, now: datetime) -> bool:
        """Say whether the patient was once seen too late, or is not yet seen and the time is over."""
        allowed = timedelta(hours=self.urgency.hours)
        return any((answered_at or now) > began_at + allowed for began_at, answered_at in self.clocks)


def may_step(urgent: Urgent, step: Step, whom: str, *, has_safety_plan: bool) -> Verdict:
    """Say whether a step can be written.

    It is closed once the patient was seen or taken over; with nobody outside who has them, a safety plan is needed
    (`has_safety_plan`: one written since the call was raised, for an older one did not prevent it).
    """
    if not urgent.is_open:
        return Verdict(("This call was closed. Raise a new one if there is danger again.",))
    if step in (Step.HANDED, Step.RETURNED) and not whom.strip():
        return Verdict(("Name the team and the person: nobody is handed to nobody.",))
    if step is Step.RETURNED and not urgent.with_whom:
        return Verdict(("The patient is with the clinic already.",))
    if step is not Step.CLOSED:
        return Verdict()
    reasons = []
    if urgent.answered_at is None:
        since = " since they were sent back" if len(urgent.clocks) > 1 else " yet"
        reasons.append(f"Nobody has seen the patient{since}, and nobody has taken them over.")
    elif not urgent.with_whom and not has_safety_plan:
        reasons.append(
            "The patient stays with the clinic, and there is no safety plan from after this call was raised. "
            "Write one with them first, or look at the old one together and write it anew."
        )
    return Verdict(tuple(reasons))


def urgent_verdict(calls: Sequence[Urgent]) -> Verdict:
    """Say what open calls stop: nobody is called eligible, prescribed for or infused before they are closed."""
    return Verdict(
        tuple(
            "An urgent call about this patient is open. See to it, and close it first." for one in calls if one.is_open
        )
    )
