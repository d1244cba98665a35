"""Follow-up: what may come next, and when a letter is due. These are proposals; a psychiatrist decides."""

from dataclasses import dataclass
from datetime import date, timedelta

from glimmer.care.outcomes import OutcomeSummary
from glimmer.guidance import figure


@dataclass(frozen=True, slots=True)
class FollowUpProposal:
    """A proposal after the course: `decision` is review, repeat or discharge; `next_on` the day; `says` why.

    `others` are further ways that the team may choose, in words.
    """

    decision: str
    next_on: date
    says: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterDue:
    """A letter that somebody has to write: its kind, by when, whether that has passed, and in words."""

    kind: str
    due_on: date
    overdue: bool
    says: str


def propose_followup(summary: OutcomeSummary, last_session_on: date, today: date) -> FollowUpProposal:
    """Return what to propose after a course; the day proposed is never before tomorrow."""
    others: tuple[str, ...]
    if summary.response:
        days = figure("followup", "review_after_response").value
        found = "remission" if summary.remission else "a response"
        says = f"There is {found}. Review {days} days after the last session, since most people relapse in time."
        others = ("Another course, or single sessions before the effect is expected to end.",)
    else:
        days = figure("followup", "review_without_response").value
        more = figure("followup", "more_sessions_at_times").value
        lacking = "There is no response" if summary.response is False else "The result is not known"
        says = f"{lacking}. Review within {days} days, and decide whether to stop."
        others = ("Discharge to the referrer.", f"Occasionally {more} more sessions.")
    next_on = max(last_session_on + timedelta(days=days), today + timedelta(days=1))
    return FollowUpProposal("review", next_on, says, others)


def letter_due(kind: str, decided_on: date, written_on: date | None, today: date) -> LetterDue | None:
    """Return the letter that a decision of `decided_on` calls for; None once one was written since.

    `kind` is referral_outcome, patient_decision, course_summary, discharge or, sooner due, relapse_warning.
    """
    if written_on is not None and written_on >= decided_on:
        return None
    due_on = decided_on + timedelta(days=figure("followup", _WITHIN.get(kind, "letter_within")).value)
    overdue = today > due_on
    tense = "was due" if overdue else "is due"
    return LetterDue(kind, due_on, overdue, f"{_LETTERS[kind]} {tense} on {due_on.day} {due_on:%B %Y}.")


_LETTERS = {
    "referral_outcome": "The letter on the outcome of the referral",
    "patient_decision": "The letter that tells the patient the decision",
    "course_summary": "The letter on the course of treatment",
    "discharge": "The discharge letter",
    "relapse_warning": "The letter that tells of the relapse warning",
}
_WITHIN = {"relapse_warning": "relapse_letter_within"}
