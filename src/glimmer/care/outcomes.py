"""Outcomes: whether a course helped, by stated definitions.

The same drug shows anything from 9 to 59 % "response" by scale, timing and sample. So baseline, endpoint
window and the rule for missing data are fixed here, and `DEFINITION` goes wherever a result is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument

PER_CENT = 100
MEASURE = "phq9"
"""The instrument by which courses are judged."""


def definition() -> str:
    """Return the definitions in words, with their version."""
    fall, below = _wanted_fall(), _remission_below()
    days, version = figure("outcomes", "endpoint_within").value, figure("outcomes", "definition_version").value
    return (
        "Baseline: the last PHQ-9 marked baseline up to the day of the first session. "
        f"Endpoint: the PHQ-9 marked after the course and done within {days} days of the last session, "
        "the one nearest to it. "
        f"Response: the endpoint is at least {fall} % below the baseline. "
        f"Remission: the endpoint is below {below}. "
        f"A missing score is never filled in: without baseline or endpoint there is no result. ({version})"
    )


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """One PHQ-9 that counts (corrected ones are left out). `occasion` is baseline, before_session, after_course
    or follow_up; `session_number` goes with before_session.
    """

    total: int
    completed_on: date
    occasion: str
    session_number: int | None = None


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """The course so far: the days on which sessions were held, in order, and how many are planned."""

    session_days: tuple[date, ...] = ()
    sessions_planned: int = 0

    @property
    def finished(self) -> bool:
        """True once all planned sessions were held."""
        return bool(self.session_days) and len(self.session_days) >= self.sessions_planned


@dataclass(frozen=True, slots=True)
class OutcomeSummary:
    """What came of a course, with the definitions it was judged by.

    `change` is endpoint minus baseline (negative: better); `fall_percent` is how far the score fell, in % of
    baseline. `response` and `remission` are None where there is no result. `latest` is the newest score of
    all and is never called an endpoint. `missing` names scores that should be there. `early_prompt` is a
    sentence for the team when there is too little change after the first sessions, or "".
    """

    baseline: ScoreFacts | None
    endpoint: ScoreFacts | None
    latest: ScoreFacts | None
    change: int | None
    fall_percent: float | None
    response: bool | None
    remission: bool | None
    missing: tuple[str, ...]
    cautions: tuple[str, ...]
    early_prompt: str
    definition: str
    version: str
    sentences: tuple[str, ...]

    @property
    def band(self) -> str:
        """The severity band of the endpoint, or "" without one."""
        return band_of(self.endpoint.total) if self.endpoint else ""


def summarise(scores: Sequence[ScoreFacts], course: CourseFacts) -> OutcomeSummary:
    """Return what came of a course from the scores that count, in any order."""
    baseline, endpoint = baseline_of(scores, course), endpoint_of(scores, course)
    latest = max(scores, key=lambda score: score.completed_on, default=None)
    fall = fall_percent(baseline, endpoint)
    return OutcomeSummary(
        baseline=baseline,
        endpoint=endpoint,
        latest=latest,
        change=endpoint.total - baseline.total if baseline and endpoint else None,
        fall_percent=None if fall is None else round(float(fall), 1),
        response=None if fall is None else fall >= _wanted_fall(),
        remission=endpoint.total < _remission_below() if baseline and endpoint else None,
        missing=_missing(scores, course, baseline, endpoint),
        cautions=_cautions(course, baseline),
        early_prompt=early_prompt(scores, course),
        definition=definition(),
        version=figure("outcomes", "definition_version").value,
        sentences=_sentences(baseline, endpoint, latest, fall),
    )


def baseline_of(scores: Sequence[ScoreFacts], course: CourseFacts) -> ScoreFacts | None:
    """Return the last score marked baseline up to the day of the first session, or None."""
    first = course.session_days[0] if course.session_days else date.max
    found = [score for score in scores if score.occasion == "baseline" and score.completed_on <= first]
    return max(found, key=lambda score: score.completed_on, default=None)


def endpoint_of(scores: Sequence[ScoreFacts], course: CourseFacts) -> ScoreFacts | None:
    """Return the score marked after the course that lies in the window and nearest to the last session, or None."""
    if not course.session_days:
        return None
    last = course.session_days[-1]
    latest_day = last + timedelta(days=figure("outcomes", "endpoint_within").value)
    found = [score for score in scores if score.occasion == "after_course" and last <= score.completed_on <= latest_day]
    return min(found, key=lambda score: score.completed_on, default=None)


def fall_percent(baseline: ScoreFacts | None, later: ScoreFacts | None) -> Fraction | None:
    """Return how far the score fell, exactly, in % of baseline; None without either, or from a baseline of 0."""
    if baseline is None or later is None or baseline.total == 0:
        return None
    return Fraction((baseline.total - later.total) * PER_CENT, baseline.total)


def early_prompt(scores: Sequence[ScoreFacts], course: CourseFacts) -> str:
    """Return a sentence when the score has fallen too little after the first sessions, else "".

    Looked at once `early_after` sessions were held, on the newest score since: taken before a later session, by
    the patient on their own within the course and its endpoint's days, or after the course. It prompts a decision;
    it never ends a course by itself.
    """
    after, wanted = figure("outcomes", "early_after").value, figure("outcomes", "early_fall").value
    if len(course.session_days) < after:
        return ""
    later = [score for score in scores if _shows_the_effect(score, course, after)]
    newest = max(later, key=lambda score: score.completed_on, default=None)
    fall = fall_percent(baseline_of(scores, course), newest)
    if fall is None or fall >= wanted:
        return ""
    return (
        f"After {len(course.session_days)} sessions the PHQ-9 has fallen by {float(fall):.0f} % of baseline, "
        f"less than {wanted} %. There is little hope of a later response: decide with the patient whether to go on."
    )


def _shows_the_effect(score: ScoreFacts, course: CourseFacts, after: int) -> bool:
    """Say whether a score was taken after so many sessions of this course; the numbers of another are no sign."""
    since, last = course.session_days[after - 1], course.session_days[-1]
    if score.occasion == "before_session":
        return (score.session_number or 0) > after and score.completed_on >= since
    if score.occasion == "follow_up":
        # One of the day itself may be from before the session.
        return since < score.completed_on <= last + timedelta(days=figure("outcomes", "endpoint_within").value)
    return score.occasion == "after_course" and score.completed_on >= since


def _missing(
    scores: Sequence[ScoreFacts], course: CourseFacts, baseline: ScoreFacts | None, endpoint: ScoreFacts | None
) -> tuple[str, ...]:
    missing = [] if baseline else ["Baseline PHQ-9"]
    first = course.session_days[0] if course.session_days else date.max
    own = [score for score in scores if score.occasion == "before_session" and score.completed_on >= first]
    scored = {score.session_number for score in own}
    held = range(1, len(course.session_days) + 1)
    missing += [f"PHQ-9 before session {number}" for number in held if number not in scored]
    if course.finished and endpoint is None:
        missing.append("PHQ-9 after the course")
    return tuple(missing)


def _cautions(course: CourseFacts, baseline: ScoreFacts | None) -> tuple[str, ...]:
    most = figure("outcomes", "baseline_within").value
    if baseline is None or not course.session_days:
        return ()
    days = (course.session_days[0] - baseline.completed_on).days
    if days <= most:
        return ()
    return (
        f"The baseline is {days} days older than the first session (more than {most}): it may not describe the "
        "patient at the start.",
    )


def _sentences(
    baseline: ScoreFacts | None, endpoint: ScoreFacts | None, latest: ScoreFacts | None, fall: Fraction | None
) -> tuple[str, ...]:
    if baseline is None:
        return ("There is no PHQ-9 from before the treatment, so its effect cannot be stated.",)
    start = f"Before the treatment the PHQ-9 was {baseline.total} ({band_of(baseline.total)})."
    if endpoint is None:
        if latest is None or latest == baseline:
            return (start, "No later score is known.")
        newest = f"The newest score is {latest.total} ({_shown(latest.completed_on)})."
        return (start, newest, "There is no score from the time after the course, so the result is not stated.")
    after = f"After the course it was {endpoint.total} ({band_of(endpoint.total)})"
    if fall is None:
        return (start, f"{after}.")
    return (start, f"{after}: {_change_in_words(fall)}.", _verdict_in_words(endpoint, fall))


def _change_in_words(fall: Fraction) -> str:
    if fall == 0:
        return "no change"
    return f"{'a fall' if fall > 0 else 'a rise'} of {abs(float(fall)):.0f} %"


def _verdict_in_words(endpoint: ScoreFacts, fall: Fraction) -> str:
    wanted, below = _wanted_fall(), _remission_below()
    if fall < wanted:
        answered = f"This is not a response (a fall of {wanted} % or more)"
    else:
        answered = f"This is a response (a fall of {wanted} % or more)"
    if endpoint.total < below:
        return f"{answered}, and remission (below {below})."
    return f"{answered}, {'but' if fall >= wanted else 'and'} not remission (below {below})."


def band_of(total: int) -> str:
    """Return the severity band of a total of the instrument by which courses are judged."""
    return instrument(MEASURE).band_of(total)


def _wanted_fall() -> int:
    fall: int = instrument(MEASURE).reading("response_fall").value
    return fall


def _remission_below() -> int:
    below: int = instrument(MEASURE).reading("remission_below").value
    return below


def _shown(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
