"""Relapse warning: a sequential test on the scores after a course that helped, measured by the patient's own spread.

Each new score is compared with the patient's own level, in their own spread. What lies above it, beyond an allowance,
is added up; a score at or below lets the sum fall. When the sum reaches the limit, there is a warning, and the sum
begins anew. Scores that stand under suspicion do not move the own level. It proposes a look at the patient; it decides
nothing. A cumulative sum (CUSUM) with a level that the patient's scores set themselves; the figures are in guidance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from glimmer.care.outcomes import CourseFacts, ScoreFacts, baseline_of, endpoint_of, fall_percent
from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument


@dataclass(frozen=True, slots=True)
class Step:
    """What one score added. `above` is how far it lay above the own level, in spreads; `total_above` the sum then."""

    completed_on: date
    total: int
    level: float
    spread: float
    above: float
    total_above: float
    warns: bool


@dataclass(frozen=True, slots=True)
class RelapseWatch:
    """The watch after a course that helped. `lacking` is how many scores are wanted before it can begin.

    `warned_on` is the day of the newest warning that no score at the own level has followed yet.
    """

    steps: tuple[Step, ...]
    lacking: int
    warned_on: date | None
    limit: float

    @property
    def says(self) -> str:
        """The watch in a sentence."""
        if self.lacking:
            more = "1 more score" if self.lacking == 1 else f"{self.lacking} more scores"
            return f"The watch for relapse begins after {more}."
        if not self.steps:
            return "The watch for relapse has begun. No further score is known yet."
        newest = self.steps[-1]
        usual = (
            f"The patient's own level since the course is {newest.level:.0f}, give or take {newest.spread:.0f} points."
        )
        if self.warned_on is None:
            return f"{usual} The newest score is {newest.total}. There is no warning."
        day = f"{self.warned_on.day} {self.warned_on:%B %Y}"
        return (
            f"{usual} Since then scores rose above it by more than its spread explains: warning on {day}. "
            "Speak with the patient and decide whether the next treatment should come sooner."
        )


def watch_for_relapse(scores: Sequence[ScoreFacts], course: CourseFacts) -> RelapseWatch | None:
    """Return the watch over the scores after a course, in any order; None where the course brought no response."""
    baseline, endpoint = baseline_of(scores, course), endpoint_of(scores, course)
    fall = fall_percent(baseline, endpoint)
    if endpoint is None or fall is None or fall < instrument("phq9").reading("response_fall").value:
        return None
    since = [score for score in scores if score.completed_on >= endpoint.completed_on and score.occasion != "baseline"]
    return watch_of([(score.completed_on, score.total) for score in sorted(since, key=lambda one: one.completed_on)])


def watch_of(totals: Sequence[tuple[date, int]]) -> RelapseWatch:
    """Return the watch over dated totals since the response, oldest first."""
    settled = figure("relapse", "own_scores").value
    limit: float = figure("relapse", "limit").value
    own = [total for _, total in totals[:settled]]
    suspected: list[int] = []
    steps: list[Step] = []
    so_far, warned_on = 0.0, None
    for day, total in totals[settled:]:
        step = _step(day, total, own, so_far, limit)
        steps.append(step)
        so_far = 0.0 if step.warns else step.total_above
        suspected.append(total)
        if step.warns:
            # What led to the warning never becomes the own level: a relapse is not what the patient is used to.
            warned_on, suspected = day, []
        elif step.total_above == 0:
            own += suspected
            suspected = []
            if step.above <= 0:
                warned_on = None
    return RelapseWatch(tuple(steps), max(settled - len(totals), 0), warned_on, limit)


def _step(day: date, total: int, own: Sequence[int], so_far: float, limit: float) -> Step:
    level = sum(own) / len(own)
    spread = _spread(own, level)
    # The level itself is known only so well: the fewer scores made it, the less a step weighs.
    above = (total - level) / (spread * sqrt(1 + 1 / len(own)))
    most, allowance = figure("relapse", "largest_step").value, figure("relapse", "allowance").value
    total_above = max(so_far + max(min(above, most), -most) - allowance, 0.0)
    return Step(day, total, level, spread, above, total_above, total_above >= limit)


def _spread(own: Sequence[int], level: float) -> float:
    usual, weight = figure("relapse", "usual_spread").value, figure("relapse", "usual_spread_weight").value
    squares = sum((total - level) ** 2 for total in own)
    found = sqrt((weight * usual**2 + squares) / (weight + len(own) - 1))
    return max(found, figure("relapse", "spread_at_least").value)
