"""Long-term safety: which checks are due, which findings hold the next session, and whether somebody has reviewed them.

A finding holds until a psychiatrist has decided to go on; a later check without a finding does not lift it. What was
answered "not known" does not count as looked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from glimmer.guidance import figure
from glimmer.guidance.long_term import Domain, Question, long_term_domains
from glimmer.vocabulary.problems import BadInput
from glimmer.vocabulary.verdict import Verdict

YES, NO, UNKNOWN = "yes", "no", "unknown"
GO_ON, WAIT, STOP = "continue", "wait", "stop"
DECISIONS = {
    GO_ON: "Go on with treatment",
    WAIT: "Hold further sessions for now",
    STOP: "Stop treatment",
}
Answer = str | float
DONE, DUE, OVERDUE = "done", "due", "overdue"


@dataclass(frozen=True, slots=True)
class Check:
    """One check as it was recorded. `holds` are the findings that hold the next session, in words."""

    domain: str
    done_on: date
    recorded_at: datetime
    is_complete: bool = True
    holds: tuple[str, ...] = ()
    key: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """A psychiatrist's decision about a domain: what stood before `decided_at` was seen."""

    domain: str
    decided_at: datetime
    decision: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a patient over all courses: days on which the drug was given, checks and reviews."""

    sessions: Sequence[date] = ()
    checks: Sequence[Check] = ()
    reviews: Sequence[Review] = ()
    at_home: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How one domain stands. `last` is the newest whole check; `held_by` the finding that nobody has released.

    `due_on` is None while nothing was given yet and nothing was checked: the baseline is due before the first session.
    """

    domain: Domain
    state: str
    last: Check | None
    due_on: date | None
    overdue_on: date | None
    sessions_since: int
    held_by: Check | None = None
    decision: Review | None = None

    @property
    def is_held(self) -> bool:
        """True while a finding waits for a decision to go on, or a psychiatrist decided against."""
        return self.held_by is not None or (self.decision is not None and self.decision.decision != GO_ON)

    @property
    def says(self) -> str:
        """How it stands, in words."""
        if self.last is None:
            return "never checked: the baseline is missing"
        after = f", {self.sessions_since} sessions since" if self.sessions_since else ""
        return f"last checked {_shown(self.last.done_on)}{after}"


def findings(domain: Domain, answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """Return the findings of a check that hold the next session, in words."""
    return tuple(words for asked in domain.questions if (words := _finding(asked, answers)))


def _finding(asked: Question, answers: Mapping[str, Answer]) -> str:
    answer = answers.get(asked.id)
    if answer is None:
        return ""
    if asked.holds_on:
        return asked.asks.rstrip("?") + f": {answer}" if answer == asked.holds_on else ""
    if asked.at_least is not None and float(answer) >= asked.at_least:
        return f"{asked.asks} {float(answer):g} {asked.unit} ({asked.at_least:g} or more)"
    if asked.times is not None and asked.of in answers and float(answer) > asked.times * float(answers[asked.of]):
        return f"{asked.asks} {float(answer):g} {asked.unit}, more than {asked.times:g} times the upper limit"
    return ""


def checked_answers(domain: Domain, answers: Mapping[str, Answer | None]) -> dict[str, Answer]:
    """Return the answers that were given; raise BadInput with the field of one that is missing or cannot be."""
    given: dict[str, Answer] = {}
    for asked in domain.questions:
        answer = answers.get(asked.id)
        if answer is None or answer == "":
            if not asked.optional:
                raise BadInput(f"Answer this: {asked.asks}", field=asked.id)
        elif asked.kind == "yes_no" and answer not in (YES, NO, UNKNOWN):
            raise BadInput(f"Answer yes, no or not known: {asked.asks}", field=asked.id)
        elif asked.kind == "number" and not (isinstance(answer, int | float) and answer >= 0):
            raise BadInput(f"Enter a number, 0 or more: {asked.asks}", field=asked.id)
        else:
            given[asked.id] = answer
    for asked in domain.questions:
        if asked.of and not given.get(asked.of):
            raise BadInput("Enter the upper limit that the laboratory gives; it is more than 0.", field=asked.of)
    return given


def is_complete(answers: Mapping[str, Answer]) -> bool:
    """Say whether a check counts as done: nothing in it is unknown."""
    return UNKNOWN not in answers.values()


def standings(history: History, today: date) -> tuple[Standing, ...]:
    """Return how every domain of the schedule stands today, in its order."""
    return tuple(_standing(domain, history, today) for domain in long_term_domains())


def _standing(domain: Domain, history: History, today: date) -> Standing:
    mine = sorted((one for one in history.checks if one.domain == domain.id), key=lambda one: one.recorded_at)
    reviews = sorted((one for one in history.reviews if one.domain == domain.id), key=lambda one: one.decided_at)
    whole = sorted((one for one in mine if one.is_complete), key=lambda one: (one.done_on, one.recorded_at))
    last = whole[-1] if whole else None
    since = sum(day > last.done_on for day in history.sessions) if last else len(history.sessions)
    due_on, overdue_on = _dates(domain, history, last)
    return Standing(
        domain,
        _state(domain, due_on, overdue_on, since, today),
        last,
        due_on,
        overdue_on,
        since,
        _held_by(mine, reviews),
        reviews[-1] if reviews else None,
    )


def _dates(domain: Domain, history: History, last: Check | None) -> tuple[date | None, date | None]:
    if last is None:
        # The baseline is due before the first session and overdue once one was held without it.
        first = min(history.sessions, default=None)
        return first, first
    due_after = domain.at_home_days if history.at_home else domain.due_after_days
    slack = domain.overdue_after_days - domain.due_after_days
    return last.done_on + timedelta(days=due_after), last.done_on + timedelta(days=due_after + slack)


def _state(domain: Domain, due_on: date | None, overdue_on: date | None, sessions_since: int, today: date) -> str:
    if due_on is None or overdue_on is None:
        return DUE
    if today > overdue_on:
        return OVERDUE
    by_sessions = domain.due_after_sessions and sessions_since >= domain.due_after_sessions
    return DUE if today >= due_on or by_sessions else DONE


def _held_by(checks: Sequence[Check], reviews: Sequence[Review]) -> Check | None:
    released = [one.decided_at for one in reviews if one.decision == GO_ON]
    waiting = [one for one in checks if one.holds and not any(at >= one.recorded_at for at in released)]
    return waiting[-1] if waiting else None


def before_session(history: History, today: date) -> Verdict:
    """Say whether the next session may be held, as far as long-term safety goes."""
    reasons, due = [], []
    for stands in standings(history, today):
        if stands.is_held:
            reasons.append(_held_in_words(stands))
        elif stands.state == OVERDUE and _overdue_holds(stands, history, today):
            reasons.append(
                f"Long-term safety: {stands.domain.title.lower()} is overdue ({stands.says}). "
                "Do the check, or ask a psychiatrist to review it."
            )
        elif stands.state != DONE:
            due.append(f"{stands.domain.title.lower()} ({stands.state})")
    return Verdict(tuple(reasons), (f"Long-term checks to do: {', '.join(due)}.",) if due else ())


def _held_in_words(stands: Standing) -> str:
    title = f"Long-term safety, {stands.domain.title.lower()}"
    if stands.decision is not None and stands.decision.decision != GO_ON:
        return f"{title}: {stands.decision.by} decided: {DECISIONS[stands.decision.decision].lower()}."
    assert stands.held_by is not None  # held without a decision is held by a finding
    found = f"{'; '.join(stands.held_by.holds)} ({_shown(stands.held_by.done_on)})"
    return f"{title}: {found}. A psychiatrist reviews it before the next session."


def _overdue_holds(stands: Standing, history: History, today: date) -> bool:
    if len(history.sessions) < figure("long_term", "overdue_holds_after").value:
        return False
    review = stands.decision
    if review is None or review.decision != GO_ON:
        return True
    stood_for = timedelta(days=figure("long_term", "released_for").value)
    return review.decided_at.date() + stood_for < today


def unchecked(history: History, today: date) -> Iterable[Standing]:
    """Return what is due, overdue or held, the gravest first."""
    waiting = [one for one in standings(history, today) if one.is_held or one.state != DONE]
    return sorted(waiting, key=lambda one: (not one.is_held, one.state != OVERDUE))


def _shown(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
