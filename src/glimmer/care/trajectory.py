"""A patient's scores over time: response, remission, relapse and recurrence by a stated, versioned definition.

What is known is a list of dated totals, in any order; a fold over them gives what happened and where the patient
stands. Nothing is filled in: no time counts over a gap, and an old score says nothing of today. A course that begins
with a new baseline begins a new stretch; a maintenance course goes on with the old one, whatever baseline it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from glimmer.care.outcomes import ScoreFacts, fall_percent
from glimmer.guidance.trajectory import Definition


class State(StrEnum):
    """Where a patient stands, and what a score can show to have happened."""

    NOT_JUDGED = "not_judged"
    NO_SCORE = "no_score"
    NO_RESPONSE = "no_response"
    RESPONSE = "response"
    SUSTAINED = "sustained_response"
    REMISSION = "remission"
    REMISSION_HELD = "remission_held"
    RECOVERY = "recovery"
    LOST = "response_lost"
    RELAPSE_POSSIBLE = "relapse_possible"
    RELAPSE = "relapse"
    RECURRENCE = "recurrence"

    @property
    def label(self) -> str:
        """The state as a page shows it."""
        return LABELS[self]


LABELS = {
    State.NOT_JUDGED: "Cannot be judged: no baseline before the first session",
    State.NO_SCORE: "No score since the first session",
    State.NO_RESPONSE: "No response",
    State.RESPONSE: "Response",
    State.SUSTAINED: "Sustained response",
    State.REMISSION: "Remission",
    State.REMISSION_HELD: "Remission that held",
    State.RECOVERY: "Recovery",
    State.LOST: "Response lost",
    State.RELAPSE_POSSIBLE: "Possible relapse, to be confirmed by a second score",
    State.RELAPSE: "Relapse",
    State.RECURRENCE: "Recurrence",
}
RISING = (State.RESPONSE, State.SUSTAINED, State.REMISSION, State.REMISSION_HELD, State.RECOVERY)
RESPONDING = frozenset(RISING)
LASTING = frozenset({State.SUSTAINED, State.REMISSION_HELD, State.RECOVERY})
WORSENING = frozenset({State.LOST, State.RELAPSE_POSSIBLE})
ILL_AGAIN = frozenset({State.RELAPSE, State.RECURRENCE})


@dataclass(frozen=True, slots=True)
class Happening:
    """What the score of a day showed to have happened."""

    what: State
    on: date
    total: int


@dataclass(frozen=True, slots=True)
class Point:
    """One score after the first session, and where the patient stood by it. `fall` in % of baseline."""

    on: date
    total: int
    fall: float
    state: State


@dataclass(frozen=True, slots=True)
class Stretch:
    """The scores that are judged by one baseline. `sustained` says whether the response lasts by its definition."""

    baseline: ScoreFacts
    first_session_on: date
    points: tuple[Point, ...]
    happenings: tuple[Happening, ...]
    sustained: bool

    @property
    def state(self) -> State:
        """Where the patient stood by the newest score."""
        return self.points[-1].state if self.points else State.NO_SCORE

    @property
    def best(self) -> int | None:
        """The lowest total since the first session."""
        return min((point.total for point in self.points), default=None)


@dataclass(frozen=True, slots=True)
class Trajectory:
    """All stretches, oldest first, and the definition they were judged by. `state` is that of the newest score.

    `known_today` is false where the newest score is too old to say anything of today.
    """

    definition: Definition
    stretches: tuple[Stretch, ...]
    known_today: bool

    @property
    def state(self) -> State:
        """Where the patient stood by the newest score."""
        return self.stretches[-1].state if self.stretches else State.NOT_JUDGED

    @property
    def newest(self) -> Point | None:
        """The newest score that was judged."""
        return next((one.points[-1] for one in reversed(self.stretches) if one.points), None)

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """Everything that happened, oldest first."""
        return tuple(one for stretch in self.stretches for one in stretch.happenings)

    @property
    def says(self) -> str:
        """Where the patient stands, in a sentence."""
        newest = self.newest
        if newest is None or self.state in (State.NOT_JUDGED, State.NO_SCORE):
            return f"{self.state.label}."
        found = f"{self.state.label}, by the score of {_shown(newest.on)} ({newest.total})."
        if self.known_today:
            return found
        most = self.definition.longest_gap
        return f"{found} That is more than {most} days ago: where the patient stands today is not known."


def trajectory(
    scores: Sequence[ScoreFacts], courses: Sequence[Sequence[date]], by: Definition, today: date
) -> Trajectory:
    """Return the trajectory of the scores that count, in any order.

    `courses` holds the days of the sessions of each course that is no maintenance of an earlier one; only
    the first session of a course can begin a new stretch.
    """
    starts = _starts(scores, courses)
    stretches = []
    for number, (first, baseline) in enumerate(starts):
        until = starts[number + 1][0] if number + 1 < len(starts) else date.max
        days = _totals(scores, first, until)
        stretches.append(_fold(baseline, first, days, by))
    newest = max((score.completed_on for score in scores), default=None)
    known = newest is not None and (today - newest).days <= by.longest_gap
    return Trajectory(by, tuple(stretches), known)


def in_words(by: Definition) -> tuple[str, ...]:
    """Return a definition as sentences."""
    relapse = (
        f"Relapse: after a response, a score that shows none and is {by.relapse_at_least} or more, confirmed by the "
        f"next score {by.relapse_confirmed_after} to {by.relapse_confirmed_within} days later; until then it is "
        "possible. After recovery it is called a recurrence."
        if by.relapse_at_least is not None
        else "Relapse: no threshold is known for this scale, so only the loss of a response is stated."
    )
    return (
        "Baseline: the last score marked baseline up to the first session of a course; a course without a new one goes "
        "on with the old. Of several scores on one day the highest counts.",
        f"Response: at least {by.response_fall} % below the baseline. Sustained: shown by every score for "
        f"{by.sustained_for} days. Lost: a later score shows no response.",
        f"Remission: a response with a total below {by.remission_below}. It held when every score showed it for "
        f"{by.remission_held_for} days; recovery is {by.recovery_after} days of it. Trials call a single score "
        "in remission a remission.",
        relapse,
        f"Missing scores are never filled in: time does not count over a gap of more than {by.longest_gap} days, and a "
        f"newest score older than that says nothing of today. ({by.version})",
    )


def _starts(scores: Sequence[ScoreFacts], courses: Sequence[Sequence[date]]) -> list[tuple[date, ScoreFacts]]:
    """Return (first session, baseline) of each stretch."""
    starts: list[tuple[date, ScoreFacts]] = []
    for first in sorted(min(days) for days in courses if days):
        usable = [one for one in scores if one.occasion == "baseline" and one.completed_on <= first and one.total > 0]
        found = max(usable, key=lambda one: (one.completed_on, one.total), default=None)
        if found is not None and (not starts or found.completed_on > starts[-1][1].completed_on):
            starts.append((first, found))
    return starts


def _totals(scores: Sequence[ScoreFacts], first: date, until: date) -> list[tuple[date, int]]:
    """Return one total for each day with a score after `first`, up to `until`: the highest of that day.

    A score that is marked as the baseline of a later course is a score like any other for the stretch before.
    """
    highest: dict[date, int] = {}
    for one in scores:
        if first < one.completed_on <= until:
            highest[one.completed_on] = max(one.total, highest.get(one.completed_on, one.total))
    return sorted(highest.items())


@dataclass
class _Fold:
    """What is carried from score to score."""

    baseline: ScoreFacts
    by: Definition
    state: State = State.NO_SCORE
    responding_since: date | None = None
    remitted_since: date | None = None
    newest_on: date | None = None
    suspected_on: date | None = None
    has_responded: bool = False
    recovered: bool = False
    points: list[Point] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)

    def take(self, on: date, total: int) -> None:
        fall = fall_percent(self.baseline, ScoreFacts(total, on, ""))
        assert fall is not None  # a baseline of nought begins no stretch
        is_after_gap = self.newest_on is not None and (on - self.newest_on).days > self.by.longest_gap
        responds, remits = fall >= self.by.response_fall, total < self.by.remission_below
        self.responding_since = _since(self.responding_since, on, responds, is_after_gap)
        self.remitted_since = _since(self.remitted_since, on, responds and remits, is_after_gap)
        before = self.state
        self.state = self._better(on) if responds else self._worse(on, total)
        if self.state != before:
            self._note(before, on, total)
        self.newest_on = on
        self.points.append(Point(on, total, round(float(fall), 1), self.state))

    def _better(self, on: date) -> State:
        self.has_responded, self.suspected_on = True, None
        held = _days(self.remitted_since, on)
        if held is not None and held >= self.by.recovery_after:
            self.recovered = True
            return State.RECOVERY
        if held is not None:
            return State.REMISSION_HELD if held >= self.by.remission_held_for else State.REMISSION
        return State.SUSTAINED if self.is_sustained(on) else State.RESPONSE

    def is_sustained(self, on: date) -> bool:
        lasted = _days(self.responding_since, on)
        return lasted is not None and lasted >= self.by.sustained_for

    def _worse(self, on: date, total: int) -> State:
        if not self.has_responded:
            return State.NO_RESPONSE
        if self.state in ILL_AGAIN:
            return self.state
        if self.by.relapse_at_least is None or total < self.by.relapse_at_least:
            self.suspected_on = None
            return State.LOST
        suspected = _days(self.suspected_on, on)
        if suspected is None or suspected > self.by.relapse_confirmed_within:
            self.suspected_on = on
            return State.RELAPSE_POSSIBLE
        if suspected < self.by.relapse_confirmed_after:
            return State.RELAPSE_POSSIBLE
        found = State.RECURRENCE if self.recovered else State.RELAPSE
        self.recovered, self.suspected_on = False, None
        return found

    def _note(self, before: State, on: date, total: int) -> None:
        if self.state is State.NO_RESPONSE:
            return
        if self.state in RESPONDING and before not in RESPONDING and self.state is not State.RESPONSE:
            self.happenings.append(Happening(State.RESPONSE, on, total))
        # From remission back to a mere response is no news of its own: the state says it.
        falls_back = self.state in RISING and before in RISING and RISING.index(self.state) < RISING.index(before)
        if not falls_back:
            self.happenings.append(Happening(self.state, on, total))


def _fold(baseline: ScoreFacts, first: date, days: Sequence[tuple[date, int]], by: Definition) -> Stretch:
    fold = _Fold(baseline, by)
    for on, total in days:
        fold.take(on, total)
    lasts = bool(days) and fold.is_sustained(days[-1][0])
    return Stretch(baseline, first, tuple(fold.points), tuple(fold.happenings), lasts)


def _since(since: date | None, on: date, holds: bool, is_after_gap: bool) -> date | None:
    if not holds:
        return None
    return on if since is None or is_after_gap else since


def _days(since: date | None, on: date) -> int | None:
    return None if since is None else (on - since) // timedelta(days=1)


def _shown(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
