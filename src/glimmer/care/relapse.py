"""Relapse warning: a sequential test on the scores after a course that helped, in the patient's own variability.

Each new score changes how likely it is that a relapse is under way (care/relapse_odds.py). When that chance reaches the
limit, there is a warning; it stands until a score is back at the patient's own level, and what was scored meanwhile
never becomes that level. It proposes a look at the patient; it decides nothing. The figures are in guidance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from glimmer.care.outcomes import PER_CENT, CourseFacts, ScoreFacts, baseline_of, endpoint_of, fall_percent
from glimmer.care.relapse_odds import Judged, Odds
from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument

# Reading a page asks again for what has not changed.
REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Step:
    """What was known after one score: the chance, 0 to 1, that a relapse is under way, and what it rests on.

    `level` and `spread` are the patient's own, in points; `began_on` and `weeks_back` describe the likeliest relapse;
    `stands` says whether a warning stood then, `warns` whether this score gave it.
    """

    completed_on: date
    total: int
    level: float
    spread: float
    chance: float
    began_on: date | None
    weeks_back: float
    stands: bool
    warns: bool

    @property
    def per_cent(self) -> int:
        """The chance in whole per cent, as a page shows it; never 0 or 100, since nothing is certain."""
        return min(max(round(self.chance * PER_CENT), 1), PER_CENT - 1)


@dataclass(frozen=True, slots=True)
class RelapseWatch:
    """The watch after a course that helped. `lacking` is how many scores are wanted before it can begin.

    `warned_on` is the day of the newest warning that no score at the own level has followed yet; `limit` the chance at
    which it warns; `baseline` the total before the course.
    """

    steps: tuple[Step, ...]
    lacking: int
    warned_on: date | None
    limit: float
    baseline: int

    @property
    def given(self) -> Step | None:
        """The score that gave the warning that stands, or None where none stands."""
        return next((step for step in reversed(self.steps) if step.completed_on == self.warned_on and step.warns), None)

    @property
    def says(self) -> str:
        """The watch in a sentence or two."""
        if self.lacking:
            more = "1 more score" if self.lacking == 1 else f"{self.lacking} more scores"
            return f"The watch for relapse begins after {more}."
        if not self.steps:
            return "The watch for relapse has begun. No further score is known yet."
        newest = self.steps[-1]
        level, spread = f"{newest.level:.0f}", f"{newest.spread:.0f}"
        usual = f"The patient's own level since the course is {level}, give or take {spread} points."
        given = self.given
        if given is None:
            return f"{usual} The newest score is {newest.total}. There is no warning."
        since = f", most likely since about {_shown(given.began_on)}" if given.began_on else ""
        # Without the chance itself: it also stands in letters, where it would be taken for a forecast.
        return (
            f"{usual} Warning on {_shown(given.completed_on)}, with the score of {given.total}: the scores fit a "
            f"relapse under way{since}, far better than bad weeks that pass. "
            "Speak with the patient and decide whether the next treatment should come sooner."
        )


def _shown(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def watch_for_relapse(scores: Sequence[ScoreFacts], course: CourseFacts) -> RelapseWatch | None:
    """Return the watch over the scores after a course, in any order; None where the course brought no response."""
    baseline, endpoint = baseline_of(scores, course), endpoint_of(scores, course)
    fall = fall_percent(baseline, endpoint)
    if baseline is None or endpoint is None or fall is None:
        return None
    if fall < instrument("phq9").reading("response_fall").value:
        return None
    since = [score for score in scores if score.completed_on >= endpoint.completed_on and score.occasion != "baseline"]
    ordered = sorted(since, key=lambda one: one.completed_on)
    return watch_of([(score.completed_on, score.total) for score in ordered], baseline.total)


def watch_of(totals: Sequence[tuple[date, int]], baseline: int) -> RelapseWatch:
    """Return the watch over dated totals since the response, oldest first, after a course begun at a `baseline`."""
    return _watch(tuple(totals), baseline)


@lru_cache(maxsize=REMEMBERED)
def _watch(totals: tuple[tuple[date, int], ...], baseline: int) -> RelapseWatch:
    settled: int = figure("relapse", "own_scores").value
    limit: float = figure("relapse", "limit").value
    counted = list(totals[:settled])
    odds = _heard(counted, baseline)
    steps: list[Step] = []
    warning: Step | None = None
    for day, total in totals[settled:]:
        if warning is not None and total <= warning.level:
            # Back at the own level: whatever it was, it is over, and says nothing of that level.
            counted = [one for one in counted if warning.began_on is None or one[0] < warning.began_on]
            odds, warning = _heard(counted, baseline), None
        counted.append((day, total))
        step = _step(day, total, odds.hear(day, total), warning, limit)
        steps.append(step)
        warning = step if step.warns else warning
    lacking, warned_on = max(settled - len(totals), 0), warning.completed_on if warning else None
    return RelapseWatch(tuple(steps), lacking, warned_on, limit, baseline)


def _heard(counted: Sequence[tuple[date, int]], baseline: int) -> Odds:
    odds = Odds(baseline)
    for day, total in counted:
        odds.hear(day, total)
    return odds


def _step(day: date, total: int, found: Judged, warning: Step | None, limit: float) -> Step:
    again = warning is None or (day - warning.completed_on).days >= figure("relapse", "warns_again").value
    warns = again and found.chance >= limit
    # What led to the warning never becomes the own level: a relapse is not what the patient is used to.
    level, spread = (warning.level, warning.spread) if warning else (found.level, found.spread)
    return Step(
        day,
        total,
        level,
        spread,
        found.chance,
        found.began_on,
        found.weeks_back,
        warns or warning is not None,
        warns,
    )
