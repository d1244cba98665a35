"""Who needs somebody now: the four lists of the team, with the reason and the next action of each line."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument

MEASURE = "phq9"
AFTER_THE_COURSE = ("outcomes", "follow-up")
"""The steps in which a questionnaire is expected every week."""


class TeamList(StrEnum):
    """A list of the team."""

    WAITING = "waiting"
    DUE = "due"
    OVERDUE = "overdue"
    UNWELL = "unwell"


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What one journey's lines are made of. Every day and time may be None: then there is nothing of the kind.

    `contact_on` is the next contact that was decided on and has not happened, `review_on` the review of maintenance,
    `task_due_at` the due time of the most pressing open task, `draft_since` the oldest unsigned draft, `unsent_since`
    the oldest signed letter that has gone to nobody. The last four are signs of being unwell.
    """

    step: str
    needs: str = ""
    waiting_on: str = ""
    is_open: bool = True
    contact_on: date | None = None
    review_on: date | None = None
    task_due_at: datetime | None = None
    draft_since: datetime | None = None
    unsent_since: datetime | None = None
    last_score: int | None = None
    last_score_on: date | None = None
    relapse: bool = False
    suicidal: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a journey is on a list, what to do next, and on which page (the name of its route)."""

    says: str
    next_action: str
    page: str


@lru_cache
def severe_from() -> int:
    """Return the total from which a PHQ-9 is in its highest band."""
    return max(band.at_least for band in instrument(MEASURE).bands)


def reasons_of(patient: PatientFacts, which: TeamList, now: datetime, today: date) -> tuple[Reason, ...]:
    """Return why a journey is on a list, the gravest first; empty where it is not on it."""
    if which is TeamList.WAITING:
        if not (patient.is_open and patient.waiting_on):
            return ()
        return (Reason(f"Waits for the {patient.waiting_on}", patient.needs, "journey"),)
    if which is TeamList.UNWELL:
        return _unwell(patient)
    return _overdue(patient, now, today) if which is TeamList.OVERDUE else _due(patient, now, today)


def _unwell(patient: PatientFacts) -> tuple[Reason, ...]:
    suicidal = Reason("An answer about suicide waits", "Speak with the patient today", "journey")
    if not patient.is_open:
        # Patients write that they are not safe after their journey has ended, too.
        return (suicidal,) if patient.suicidal else ()
    found = []
    if patient.urgent:
        found.append(Reason("An urgent call is open", "See to the patient, then close the call", "risk"))
    if patient.suicidal:
        found.append(suicidal)
    if patient.relapse:
        found.append(Reason("Relapse warning", "Speak with the patient; decide on the next treatment", "outcomes"))
    if patient.last_score is not None and patient.last_score >= severe_from():
        found.append(Reason(f"Last PHQ-9 {patient.last_score}: severe", "Look at the scores", "outcomes"))
    return tuple(found)


def _overdue(patient: PatientFacts, now: datetime, today: date) -> tuple[Reason, ...]:
    found = []
    if patient.task_due_at is not None and patient.task_due_at < now:
        found.append(Reason(f"A task was due on {_day(patient.task_due_at)}", "Do it, or hand it over", "journey"))
    if patient.is_open and patient.contact_on is not None and patient.contact_on < today:
        found.append(Reason(f"Contact was due on {_day(patient.contact_on)}", "See the patient and decide", "followup"))
    if patient.is_open and patient.review_on is not None and patient.review_on < today:
        found.append(Reason(f"Review was due on {_day(patient.review_on)}", "Review the maintenance", "followup"))
    if patient.draft_since is not None and patient.draft_since < now - _days("letter_unsigned_after"):
        found.append(
            Reason(f"Letter unsigned since {_day(patient.draft_since)}", "Sign it or set it aside", "followup")
        )
    if patient.unsent_since is not None and patient.unsent_since < now - _days("letter_unsent_after"):
        found.append(Reason(f"Letter not sent since {_day(patient.unsent_since)}", "Send it", "followup"))
    if _lacks_a_questionnaire(patient, today):
        says = f"Last PHQ-9 on {_day(patient.last_score_on)}" if patient.last_score_on else "No PHQ-9 yet"
        found.append(Reason(says, "Ask for the questionnaire", "outcomes"))
    return tuple(found)


def _lacks_a_questionnaire(patient: PatientFacts, today: date) -> bool:
    if not patient.is_open or patient.step not in AFTER_THE_COURSE:
        return False
    return patient.last_score_on is None or patient.last_score_on < today - _days("questionnaire_after")


def _due(patient: PatientFacts, now: datetime, today: date) -> tuple[Reason, ...]:
    soon = _days("due_within")
    found = []
    if patient.task_due_at is not None and now <= patient.task_due_at <= now + soon:
        found.append(Reason(f"A task is due on {_day(patient.task_due_at)}", "Do it, or hand it over", "journey"))
    if patient.is_open and patient.contact_on is not None and today <= patient.contact_on <= today + soon:
        found.append(Reason(f"Contact on {_day(patient.contact_on)}", "See the patient and decide", "followup"))
    if patient.is_open and patient.review_on is not None and today <= patient.review_on <= today + soon:
        found.append(Reason(f"Review on {_day(patient.review_on)}", "Review the maintenance", "followup"))
    return tuple(found)


def _days(name: str) -> timedelta:
    return timedelta(days=figure("worklists", name).value)


def _day(moment: date | datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
