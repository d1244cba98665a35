"""Adverse events, near misses and incidents: how one stands, what it still needs, and whether it may be closed.

An incident is a report and the steps that follow it; nothing in it is ever changed. What counts is the newest
assessment and the newest outcome; a wrong one is answered by another. The clocks say by when somebody has to act.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from glimmer.guidance import figure
from glimmer.guidance.adverse_events import OTHER, term
from glimmer.vocabulary.verdict import Verdict

SUBJECT = "incidents"


class Kind(StrEnum):
    """What sort of thing happened."""

    ADVERSE_EVENT = "adverse_event"
    SAFETY = "safety"
    NEAR_MISS = "near_miss"
    CONTROLLED_DRUG = "controlled_drug"

    @property
    def label(self) -> str:
        """The kind as a page shows it."""
        return KINDS[self]


KINDS = {
    Kind.ADVERSE_EVENT: "Adverse event",
    Kind.SAFETY: "Incident",
    Kind.NEAR_MISS: "Near miss",
    Kind.CONTROLLED_DRUG: "Controlled drug",
}
KINDS_MEAN = {
    Kind.ADVERSE_EVENT: "Something happened to the patient that the treatment may have caused",
    Kind.SAFETY: "Something went wrong and reached a patient or a member of staff",
    Kind.NEAR_MISS: "Something nearly went wrong",
    Kind.CONTROLLED_DRUG: "A difference, a loss, or a concern; it goes to the accountable officer",
}


class Step(StrEnum):
    """What was done about an incident after its report."""

    ASSESSED = "assessed"
    OUTCOME = "outcome"
    TOLD = "told"  # duty of candour, in person
    WROTE = "wrote"  # duty of candour, in writing
    CARD = "card"  # Yellow Card filed, or why not
    LFPSE = "lfpse"
    OFFICER = "officer"  # the accountable officer took it over
    NOTE = "note"
    CLOSED = "closed"
    REOPENED = "reopened"

    @property
    def label(self) -> str:
        """The step as a page shows it."""
        return STEPS[self]


STEPS = {
    Step.ASSESSED: "Assessed",
    Step.OUTCOME: "Outcome",
    Step.TOLD: "Patient or family told in person",
    Step.WROTE: "Account and apology given in writing",
    Step.CARD: "Yellow Card",
    Step.LFPSE: "Recorded in LFPSE",
    Step.OFFICER: "Taken over by the accountable officer",
    Step.NOTE: "Note",
    Step.CLOSED: "Closed",
    Step.REOPENED: "Opened again",
}
ANSWERED_BY_CLOSING = (Step.CLOSED, Step.REOPENED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One step. `body` holds what was said, by the name of its field."""

    step: Step
    at: datetime
    by_id: int
    by: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A named clinician's judgement. `grade` is None where nobody came to harm; `serious` are criteria, none is ().

    `expected` and `notifiable` are the assessor's own answers; where they differ from what the guidance proposes, `why`
    says why. `drug` is the suspected one, "" for none.
    """

    term: str = ""
    words: str = ""
    grade: int | None = None
    serious: tuple[str, ...] = ()
    expected: bool | None = None
    causality: str = ""
    drug: str = ""
    harm: str = ""
    psychological_harm: str = ""
    notifiable: bool | None = None
    why: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Assessment":
        """Return the assessment that a stored step holds."""
        known = {one.name for one in fields(cls)}
        said = {name: value for name, value in body.items() if name in known}
        return cls(**{**said, "serious": tuple(said.get("serious", ()))})


@dataclass(frozen=True, slots=True)
class Incident:
    """A report with its steps in order. `reported_at` is when Glimmer heard of it, which is when the clocks start."""

    kind: Kind
    reported_at: datetime
    reported_by_id: int
    entries: Sequence[Entry] = ()

    def last(self, *steps: Step) -> Entry | None:
        """Return the newest of these steps, or None."""
        return next((one for one in reversed(self.entries) if one.step in steps), None)

    def first(self, step: Step) -> Entry | None:
        """Return the oldest of this step, or None."""
        return next((one for one in self.entries if one.step is step), None)

    @property
    def is_closed(self) -> bool:
        """True while the last word is that it was closed."""
        last = self.last(*ANSWERED_BY_CLOSING)
        return last is not None and last.step is Step.CLOSED

    @property
    def assessment(self) -> Assessment | None:
        """The assessment that counts, or None."""
        last = self.last(Step.ASSESSED)
        return Assessment.of(last.body) if last else None

    @property
    def needs_card(self) -> bool:
        """True where the assessment calls for a Yellow Card that was neither filed nor said not to be."""
        return self.assessment is not None and calls_for_card(self.assessment) and self.last(Step.CARD) is None

    @property
    def needs_candour(self) -> bool:
        """True where the patient has to be told by law."""
        return self.assessment is not None and bool(self.assessment.notifiable)


def expected_by_guidance(term_id: str, grade: int | None) -> bool | None:
    """Say whether an effect of this grade is on the list of what is expected; None where it cannot be said."""
    found = term(term_id)
    if found is None or grade is None:
        return None
    return grade <= found.expected_to_grade


def calls_for_card(assessment: Assessment) -> bool:
    """Say whether the Yellow Card scheme asks for a report: a suspected reaction that is serious or closely watched."""
    if not assessment.drug or assessment.causality not in figure(SUBJECT, "suspected").value:
        return False
    watched = figure(SUBJECT, "watched_more_closely").value
    return bool(assessment.serious) or any(name in assessment.drug.lower() for name in watched)


def is_notifiable_by_guidance(assessment: Assessment) -> bool:
    """Say whether the harm is such that the duty of candour applies to what was not intended or not expected."""
    levels = figure(SUBJECT, "notifiable_harm").value
    return assessment.harm in levels or assessment.psychological_harm in levels


def judge_assessment(kind: Kind, made: Assessment) -> Verdict:
    """Say whether an assessment is whole and does not contradict itself, with every reason against it."""
    reasons = [*_of_harm(kind, made)]
    if kind is Kind.ADVERSE_EVENT:
        reasons += _of_reaction(made)
    return Verdict(tuple(reasons))


def _of_reaction(made: Assessment) -> Iterable[str]:
    if term(made.term) is None:
        yield "Choose what happened from the list; what is not on it is “Something else”."
    if made.term == OTHER and not made.words.strip():
        yield "Say in a few words what happened, because it is not on the list."
    if made.grade not in {int(one) for one in figure(SUBJECT, "grades").value}:
        yield "Choose the grade."
    if made.causality not in figure(SUBJECT, "causality").value:
        yield "Choose how likely it is that the drug caused it."
    if made.expected is None:
        yield "Say whether it was expected."
    proposed = expected_by_guidance(made.term, made.grade)
    if made.expected and proposed is False and not made.why.strip():
        yield "The list does not expect this in this grade. If it was expected all the same, say why."
    yield from _of_seriousness(made)


def _of_seriousness(made: Assessment) -> Iterable[str]:
    grades = {int(grade): words for grade, words in figure(SUBJECT, "grades").value.items()}
    worst, most_dangerous = max(grades), max(grades) - 1
    if made.grade == most_dangerous and "life_threatening" not in made.serious:
        yield "Life-threatening is a criterion of a serious reaction: tick it, or choose another grade."
    if (made.grade == worst) is not ("death" in made.serious):
        yield "A reaction of which the patient died has the highest grade, and only such a one."
    if "death" in made.serious and made.harm != "fatal":
        yield "The patient died, so the harm was fatal."


def _of_harm(kind: Kind, made: Assessment) -> Iterable[str]:
    levels = figure(SUBJECT, "harm").value
    if made.harm not in levels:
        yield "Choose how much bodily harm there was; no harm is an answer."
    if made.psychological_harm not in levels or made.psychological_harm == "fatal":
        yield "Choose how much psychological harm there was; no harm is an answer."
    if kind is Kind.NEAR_MISS and (made.harm, made.psychological_harm) != ("none", "none"):
        yield "A near miss harmed nobody. Report what did harm as an incident or an adverse event."
    if set(made.serious) - set(figure(SUBJECT, "serious").value):
        yield "Choose only from the criteria shown."
    if made.notifiable is None:
        yield "Say whether the patient has to be told under the duty of candour."
    elif not made.notifiable and is_notifiable_by_guidance(made) and not made.why.strip():
        yield "Harm of this level has to be told unless it was intended or expected. Say why it is not told."


# Clocks


@dataclass(frozen=True, slots=True)
class Clock:
    """Something that has to be done by a time. `done_at` is None while nobody has."""

    name: str
    says: str
    due_at: datetime
    done_at: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """True when the time is over and it was not done."""
        return self.done_at is None and self.due_at < now

    @property
    def was_late(self) -> bool:
        """True when it was done after its time."""
        return self.done_at is not None and self.done_at > self.due_at


def working_days_after(moment: datetime, days: int) -> datetime:
    """Return the same time of day so many working days later. Bank holidays count: the clock never runs out late.

    `moment` is on the clinic's wall clock.
    """
    weekdays = figure(SUBJECT, "open_weekdays").value
    found = moment
    while days > 0:
        found += timedelta(days=1)
        days -= f"{found:%A}" in weekdays
    return found


def clocks(incident: Incident) -> tuple[Clock, ...]:
    """Return what has to be done and by when, in the order in which it is due."""
    made = [_clock("assess", "Assess it", incident.reported_at, "assessed_within", incident.first(Step.ASSESSED))]
    if incident.kind is Kind.CONTROLLED_DRUG:
        due = incident.reported_at + timedelta(hours=figure(SUBJECT, "officer_within").value)
        made[0] = Clock("officer", "The accountable officer takes it over", due, _at(incident.first(Step.OFFICER)))
    made += _candour(incident)
    judged = incident.last(Step.ASSESSED)
    card = incident.last(Step.CARD)
    if judged and (card or incident.needs_card):
        made.append(_clock("card", "File the Yellow Card, or say why not", judged.at, "card_within", card))
    closing = incident.reported_at + timedelta(days=figure(SUBJECT, "closed_within").value)
    closed = incident.last(Step.CLOSED) if incident.is_closed else None
    made.append(Clock("close", "Review it, write down what was learned, and close it", closing, _at(closed)))
    return tuple(sorted(made, key=lambda one: one.due_at))


def _candour(incident: Incident) -> Iterable[Clock]:
    if not incident.needs_candour:
        return
    told = incident.first(Step.TOLD)
    yield _clock("tell", "Tell the patient in person, and apologise", incident.reported_at, "candour_within", told)
    since = told.at if told else working_days_after(incident.reported_at, figure(SUBJECT, "candour_within").value)
    wrote = incident.first(Step.WROTE)
    yield _clock("write", "Give the account and the apology in writing", since, "candour_in_writing_within", wrote)


def _clock(name: str, says: str, since: datetime, within: str, done: Entry | None) -> Clock:
    return Clock(name, says, working_days_after(since, figure(SUBJECT, within).value), _at(done))


def _at(entry: Entry | None) -> datetime | None:
    return entry.at if entry else None


def next_due(incident: Incident) -> datetime | None:
    """Return when the next thing has to be done; None for a closed one."""
    open_ones = [one.due_at for one in clocks(incident) if one.done_at is None]
    return min(open_ones) if open_ones and not incident.is_closed else None


def may_close(incident: Incident, by_id: int, *, is_officer: bool) -> Verdict:
    """Say whether this person may close it now, with everything that is still missing."""
    if incident.is_closed:
        return Verdict(("It is closed already.",))
    reasons = []
    if by_id == incident.reported_by_id:
        reasons.append("You reported it, so somebody else reviews and closes it.")
    if (incident.kind is Kind.CONTROLLED_DRUG) is not is_officer:
        reasons.append(
            "An incident with a controlled drug is closed by the accountable officer."
            if incident.kind is Kind.CONTROLLED_DRUG
            else "The accountable officer closes incidents with controlled drugs. This one is closed by a clinician."
        )
    reasons += _still_missing(incident)
    return Verdict(tuple(reasons))


def _still_missing(incident: Incident) -> Iterable[str]:
    if incident.kind is Kind.CONTROLLED_DRUG:
        if incident.last(Step.OFFICER) is None:
            yield "The accountable officer has not taken it over."
    elif incident.assessment is None:
        yield "It has not been assessed."
    if incident.kind is Kind.ADVERSE_EVENT and incident.last(Step.OUTCOME) is None:
        yield "The outcome for the patient is not written down; not known is an answer."
    if incident.needs_card:
        yield "The Yellow Card was neither filed nor said not to be needed."
    if incident.needs_candour:
        for step, words in ((Step.TOLD, "told in person"), (Step.WROTE, "told in writing")):
            if incident.last(step) is None:
                yield f"The patient has to be {words} under the duty of candour."


def may_add(incident: Incident, step: Step) -> Verdict:
    """Say whether a step may follow: a closed incident takes notes, and can be opened again."""
    if step is Step.REOPENED:
        return Verdict() if incident.is_closed else Verdict(("It is open.",))
    if incident.is_closed and step is not Step.NOTE:
        return Verdict(("It is closed. Open it again first, and say why.",))
    if step is Step.CARD and incident.kind is not Kind.ADVERSE_EVENT:
        return Verdict(("A Yellow Card is for what a medicine may have done to a patient: an adverse event.",))
    if step is Step.OUTCOME and incident.kind is not Kind.ADVERSE_EVENT:
        return Verdict(("The outcome is that of an adverse event.",))
    if step is Step.OFFICER and incident.kind is not Kind.CONTROLLED_DRUG:
        return Verdict(("The accountable officer takes over incidents with controlled drugs only.",))
    return Verdict()
