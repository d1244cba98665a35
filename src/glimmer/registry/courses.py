"""From rows to what is known of each course: baseline, response, remission, and between which days a relapse lies.

The definitions are those that the clinic judges a course by (`guidance`): the same thresholds, the same window of days
for the result. What is not known stays unknown; nothing is filled in.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glimmer.guidance import figure
from glimmer.guidance.trajectory import Definition, definition_for
from glimmer.registry.rows import BadRegistry, Registry

PER_CENT = 100
Scores = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The time after a response, in days from the score that showed it.

    A relapse, where one was seen, began after `well_until` and by `ill_by`; without one `ill_by` is infinite.
    `lost`: no relapse was seen, and scores stopped although the clinic still asked for them.
    """

    well_until: int
    ill_by: float
    lost: bool


@dataclass(frozen=True, slots=True)
class Course:
    """What is known of one course.

    `half_way` is the band of the half-way score: 0 (fell by less than a fifth), 1 (by less than half), 2; None without
    one. `responded` and `remitted` are None without a baseline or a score after the last session. `follow_up` is None
    where there was no response. `maintenance_interval` is in days, None where no sessions were planned to keep it.
    """

    site: str
    course: str
    half_way: int | None
    responded: bool | None
    remitted: bool | None
    follow_up: FollowUp | None
    maintenance_interval: float | None


@dataclass(frozen=True, slots=True)
class _Raw:
    """The rows of one course by kind, as (day, value), in the order of days; a PHQ-9 that was not given is left out."""

    site: str
    course: str
    scores: Scores
    sessions: Sequence[int]
    maintenance: Sequence[tuple[int, float]]
    followed_until: int

    @property
    def last_session(self) -> int:
        """The day of the last session of the course proper: maintenance comes after it."""
        begins = self.maintenance[0][0] if self.maintenance else math.inf
        return max(day for day in self.sessions if day <= begins or day == 0)


def courses_of(registry: Registry) -> tuple[Course, ...]:
    """Return what is known of each course, in the order of site and course."""
    by = definition_for("phq9")
    if by is None or by.relapse_at_least is None:
        raise BadRegistry("Guidance holds no threshold of response, remission or relapse for the PHQ-9.")
    return tuple(_course(raw, by) for raw in _raw_courses(registry))


def _raw_courses(registry: Registry) -> list[_Raw]:
    found = []
    for (site, course), rows in registry.rows.group_by(["site", "course"], maintain_order=True):
        kinds: dict[str, list[tuple[int, float | None]]] = {}
        for day, kind, value in rows.select("day", "kind", "value").iter_rows():
            kinds.setdefault(kind, []).append((day, value))
        found.append(_raw(str(site), str(course), kinds))
    return found


def _raw(site: str, course: str, kinds: Mapping[str, Sequence[tuple[int, float | None]]]) -> _Raw:
    sessions = [day for day, _ in kinds.get("session", ())]
    if not sessions or min(sessions) != 0:
        raise BadRegistry(
            f"Course {course!r} has no session on day 0. Days count from the first session, which needs a row."
        )
    # Of several scores on one day the highest counts, as in the clinic.
    highest: dict[int, int] = {}
    for day, value in kinds.get("phq9", ()):
        if value is not None:
            highest[day] = max(int(value), highest.get(day, 0))
    ends = [day for day, _ in kinds.get("followed_until", ())]
    seen = [day for rows in kinds.values() for day, _ in rows]
    maintenance = sorted((day, value) for day, value in kinds.get("maintenance_interval", ()) if value is not None)
    return _Raw(site, course, sorted(highest.items()), sorted(sessions), maintenance, max(ends or seen))


def _course(raw: _Raw, by: Definition) -> Course:
    baseline = next((total for day, total in reversed(raw.scores) if day <= 0), 0)
    within: int = figure("outcomes", "endpoint_within").value
    first, last = max(raw.last_session, 1), raw.last_session + within
    endpoint = next(((day, total) for day, total in raw.scores if first <= day <= last), None)
    judged = baseline > 0 and endpoint is not None
    responded = remitted = None
    if judged and endpoint is not None:
        responded = responds(baseline, endpoint[1], by)
        remitted = responded and endpoint[1] < by.remission_below
    interval, until = _maintenance(raw, within)
    return Course(
        raw.site,
        raw.course,
        _half_way(raw, baseline),
        responded,
        remitted,
        _follow_up(raw, baseline, endpoint[0], until, by) if responded and endpoint else None,
        interval,
    )


def responds(baseline: int, total: int, by: Definition) -> bool:
    """Say whether a total is a response by the definition; the baseline is above 0."""
    return (baseline - total) * PER_CENT >= by.response_fall * baseline


def _half_way(raw: _Raw, baseline: int) -> int | None:
    """Return the band of the last score after the first session and up to the middle of the course."""
    middle = (raw.last_session + 1) // 2
    seen = [total for day, total in raw.scores if 0 < day <= middle]
    if not seen or baseline == 0:
        return None
    fall = (baseline - seen[-1]) * PER_CENT
    bands = (figure("outcomes", "early_fall").value, figure("registry_update", "early_fall_large").value)
    return sum(fall >= band * baseline for band in bands)


def _maintenance(raw: _Raw, within: int) -> tuple[float | None, float]:
    """Return the interval of maintenance that followed the course, and the day up to which that describes it.

    Maintenance that begins later, after a time without, ends what can be said of the time without.
    """
    if not raw.maintenance:
        return None, math.inf
    begins, interval = raw.maintenance[0]
    if begins <= raw.last_session + within:
        return interval, math.inf
    return None, begins


def _follow_up(raw: _Raw, baseline: int, since: int, until: float, by: Definition) -> FollowUp:
    scores = [(day - since, total) for day, total in raw.scores if since <= day <= until]
    well_until, ill_by = relapse_between(scores, baseline, by)
    asked_until = min(raw.followed_until, until) - since
    # A score or two that are missing are not yet a loss; a gap longer than the definition bridges is.
    lost = math.isinf(ill_by) and asked_until - well_until > by.longest_gap
    return FollowUp(well_until, ill_by, lost)


def relapse_between(scores: Scores, baseline: int, by: Definition) -> tuple[int, float]:
    """Return the last day seen well, and the first day of the relapse (infinite without one).

    A score is bad where it shows no response and reaches the threshold of a relapse. Bad scores in a row are a relapse
    once two of them lie far enough apart, and also where they are the last that was heard: who stops answering after a
    bad score is not taken for well. A bad score that the next one takes back is a bad week.
    """
    well_until, bad_since = scores[0][0], None
    for day, total in scores:
        if responds(baseline, total, by) or total < (by.relapse_at_least or 0):
            well_until, bad_since = day, None
        elif bad_since is None:
            bad_since = day
        elif day - bad_since >= by.relapse_confirmed_after:
            break
    return well_until, math.inf if bad_since is None else bad_since
