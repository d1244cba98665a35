"""Keeping well after a course: which interval to propose, when the next session is due, and the limits on both.

A proposal follows the protocol's schedule and the patient's trajectory; a psychiatrist accepts it or changes it with a
reason. The limits hold for both: what they say needs a second prescriber, or cannot be done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from glimmer.care.limits import Kind, Limits, Over
from glimmer.care.outcomes import PER_CENT
from glimmer.care.trajectory import ILL_AGAIN, LASTING, RESPONDING, WORSENING, State
from glimmer.guidance import Protocol, figure

SUBJECT = "maintenance"
NEW_COURSE = "A new course under the induction protocol."


class Step(StrEnum):
    """What is proposed or decided about the next interval."""

    TAPER = "taper"
    HOLD = "hold"
    SHORTEN = "shorten"
    EXTEND = "extend"
    REINDUCE = "reinduce"
    END = "end"

    @property
    def label(self) -> str:
        """The step as a page shows it."""
        return STEPS[self]


STEPS = {
    Step.TAPER: "Next interval of the schedule",
    Step.HOLD: "Keep the interval",
    Step.SHORTEN: "Shorten the interval",
    Step.EXTEND: "Lengthen the interval beyond the schedule",
    Step.REINDUCE: "A new course under the induction protocol",
    Step.END: "End the maintenance",
}
UNKNOWN = frozenset({State.NOT_JUDGED, State.NO_SCORE})
WITHOUT_INTERVAL = frozenset({Step.REINDUCE, Step.END})


@dataclass(frozen=True, slots=True)
class Given:
    """One session in which the drug was given: `mg` by its plan, `mg_per_kg` of the weight then."""

    on: date
    route: str
    mg: float
    mg_per_kg: float


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that counts: the interval in days (0 where it has none) and the day it was made."""

    step: Step
    days: int
    on: date


@dataclass(frozen=True, slots=True)
class MaintenanceFacts:
    """What a proposal rests on. `given` are all sessions of the patient, over all journeys and routes.

    `plan_days` are the days of sessions under this plan; `dose_mg_per_kg` what one more session gives; `decisions`
    those about this plan that count, in any order. `warned` says whether a relapse warning stands; `score_on` is the
    day of the newest score; `end_on` the planned end.
    """

    today: date
    given: tuple[Given, ...]
    plan_days: tuple[date, ...]
    dose_mg_per_kg: float
    route: str
    state: State = State.NOT_JUDGED
    sustained: bool = False
    warned: bool = False
    score_on: date | None = None
    decisions: tuple[Decided, ...] = ()
    end_on: date | None = None
    most_sessions: int = 0

    @property
    def last_on(self) -> date | None:
        """The newest session of all."""
        return max((one.on for one in self.given), default=None)


@dataclass(frozen=True, slots=True)
class Window:
    """When the next session is due, and how early and late it may be."""

    earliest: date
    due: date
    latest: date


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed: `days` and `window` are 0 and None where the step has no interval or nothing may be given.

    `because` are the reasons in sentences, `others` other ways, `limits` what stands against the day that is due.
    """

    step: Step
    days: int
    window: Window | None
    because: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    others: tuple[str, ...] = ()

    @property
    def needs_second(self) -> bool:
        """True where one psychiatrist alone cannot accept it."""
        return bool(self.limits.over)


def is_maintenance(protocol_id: str) -> bool:
    """Say whether a protocol keeps well after a course."""
    return protocol_id in figure(SUBJECT, "induction_of").value


def induction_protocol(protocol_id: str) -> str:
    """Return the id of the protocol by which the patient is brought back after a relapse."""
    return str(figure(SUBJECT, "induction_of").value[protocol_id])


def propose(facts: MaintenanceFacts, protocol: Protocol) -> Proposal:
    """Return what to propose next. No proposal ever breaks a limit that blocks: then it has no day, and says why."""
    step, days, because, others = _wanted(facts, protocol)
    if step in WITHOUT_INTERVAL:
        return Proposal(step, 0, None, because, others=others)
    window = next_window(facts, protocol, days)
    if window is None:
        limits = limits_on(facts, protocol, _soonest(facts, protocol, days))
        return Proposal(step, days, None, because, limits, others)
    return Proposal(step, days, window, because, limits_on(facts, protocol, window.due), others)


def interval_now(facts: MaintenanceFacts, protocol: Protocol) -> int:
    """Return the interval in force, in days: the newest decision's, else the first of the protocol's schedule."""
    decided = [one for one in facts.decisions if one.days]
    return max(decided, key=lambda one: one.on).days if decided else int(protocol.days_between.value[0])


def next_window(facts: MaintenanceFacts, protocol: Protocol, days: int | None = None) -> Window | None:
    """Return when the next session is due, by an interval or by the one in force; None where nothing may be given.

    Never closer to the last than the protocol allows, never on a day that a limit blocks. Without a session so far
    it is due today.
    """
    days = days or interval_now(facts, protocol)
    moves = max(days * figure(SUBJECT, "may_move_by").value // PER_CENT, 1)
    closest = _closest(facts, protocol)
    due = _first_free(facts, protocol, _soonest(facts, protocol, days))
    if due is None:
        return None
    earliest = _first_free(facts, protocol, max(due - timedelta(days=moves), closest))
    assert earliest is not None  # the day that is due is free itself
    latest = due + timedelta(days=moves)
    if facts.last_on is not None:
        latest = max(min(latest, facts.last_on + timedelta(days=_most_days())), due)
    return Window(min(earliest, due), due, latest)


def limits_on(facts: MaintenanceFacts, protocol: Protocol, day: date) -> Limits:
    """Return what stands against one more session of a maintenance plan on a day."""
    blocks: list[str] = []
    over: list[Over] = []
    last = facts.last_on
    if last is not None and day < last + timedelta(days=protocol.shortest_days_between.value):
        shortest = protocol.shortest_days_between.value
        blocks.append(f"The last session was on {_shown(last)}: {protocol.title} asks for {shortest} days between.")
    if last is not None:
        over += _more_than_weekly(facts, day, (day - last).days)
    added_up = limits_added_up(facts, day)
    return Limits((*blocks, *added_up.blocks), (*over, *added_up.over))


def limits_added_up(facts: MaintenanceFacts, day: date) -> Limits:
    """Return what stands against one more session of any plan on a day, by what adds up over all journeys."""
    blocks: list[str] = []
    over: list[Over] = []
    _of_sessions(facts, day, blocks, over)
    _of_dose(facts, day, blocks, over)
    return Limits(tuple(blocks), tuple(over))


def judge_days(facts: MaintenanceFacts, protocol: Protocol, days: int) -> Limits:
    """Return what stands against an interval that a psychiatrist chooses."""
    shortest, most = int(protocol.shortest_days_between.value), _most_days()
    blocks = []
    if days < shortest:
        blocks.append(f"{protocol.title} asks for at least {shortest} days between two sessions.")
    if days > most:
        blocks.append(f"More than {most} days between two sessions is no maintenance: end it, and treat on a relapse.")
    soonest = _soonest(facts, protocol, max(days, shortest))
    # What adds up may put the next session off; that stands against no interval.
    day = _first_free(facts, protocol, soonest) or soonest
    found = limits_on(facts, protocol, day)
    # An interval goes on: it counts as often as it is, though this one session may be late already.
    often = _more_than_weekly(facts, day, days)
    worst = {one.says: one for one in sorted((*found.over, *often), key=lambda one: one.amount)}
    return Limits((*blocks, *found.blocks), tuple(worst.values()))


def review_due(facts: MaintenanceFacts, protocol: Protocol, decided_on: date, days: int) -> date:
    """Return by when a psychiatrist looks again: by days, or once the protocol's number of sessions is over."""
    by_days = decided_on + timedelta(days=figure(SUBJECT, "review_every").value)
    sessions = int(protocol.review_after_sessions.value)
    return min(by_days, decided_on + timedelta(days=sessions * days)) if days else by_days


def ended_because(decisions: Sequence[Decided], end_on: date | None, day: date) -> str:
    """Return why a maintenance has ended by a day, or "" while it goes on.

    `decisions` are those that count, the oldest first. Whoever chooses an interval after the planned end goes on.
    """
    if not decisions:
        return ""
    newest = decisions[-1]
    if newest.step in WITHOUT_INTERVAL:
        return f"The maintenance of this plan has ended, decided on {_shown(newest.on)}: {newest.step.label.lower()}."
    if end_on is not None and newest.on <= end_on < day:
        return f"The maintenance of this plan has ended: its planned end was {_shown(end_on)}."
    return ""


# What is wanted, before the limits are asked


def _wanted(facts: MaintenanceFacts, protocol: Protocol) -> tuple[Step, int, tuple[str, ...], tuple[str, ...]]:
    now = interval_now(facts, protocol)
    end = _end(facts, protocol)
    unknown = _unknown(facts)
    if unknown:
        # Nothing of today is known: neither an end nor another interval can rest on it.
        because = (unknown, *_warning(facts), *filter(None, [end]))
        return Step.HOLD, now, because, (*_where_to(end), *_if_warned(facts))
    if facts.state in ILL_AGAIN:
        back = figure(SUBJECT, "back_to_on_relapse").value
        return (
            Step.REINDUCE,
            0,
            (f"{facts.state.label} by stated definition.",),
            (f"Back to every {back} days, as the trial protocol did.", "End the maintenance and refer back."),
        )
    if facts.warned or facts.state in WORSENING:
        # A planned end masks no relapse: it stands beside it.
        why = (*(_warning(facts) or (f"{facts.state.label}.",)), *filter(None, [end]))
        others = (NEW_COURSE, *_where_to(end))
        shorter = _shorter(now, protocol)
        if shorter == now:
            more = f"{now} days is the shortest interval of the schedule already: see the patient."
            return Step.HOLD, now, (*why, more), others
        return Step.SHORTEN, shorter, why, others
    if end:
        return Step.END, 0, (end,), ("Go on, with a new end and the reason.",)
    if facts.state not in RESPONDING:
        return Step.END, 0, (f"{facts.state.label}: there is no response to keep.",), (f"Go on every {now} days.",)
    return _while_well(facts, protocol, now)


def _while_well(
    facts: MaintenanceFacts, protocol: Protocol, now: int
) -> tuple[Step, int, tuple[str, ...], tuple[str, ...]]:
    held, wanted = _held_at(facts, int(protocol.days_between.value[0])), _wanted_at(now, protocol)
    if held < wanted:
        return Step.HOLD, now, (f"{held} of {wanted} sessions at {now} days were held.",), ()
    if not facts.sustained:
        return Step.HOLD, now, (f"{facts.state.label}, which does not last yet by its definition.",), ()
    longer = [days for days in _ladder(protocol) if days > now]
    says = f"{facts.state.label}, and {held} sessions at {now} days were held."
    if longer:
        return Step.TAPER, longer[0], (says,), (f"Stay at {now} days.",)
    beyond = min(now + figure(SUBJECT, "extend_by").value, _most_days())
    if facts.state in LASTING - {State.SUSTAINED} and beyond > now:
        return (
            Step.EXTEND,
            beyond,
            (says, "The schedule ends here, and the remission holds."),
            (f"Stay at {now} days.",),
        )
    return Step.HOLD, now, (says, "The schedule ends here."), ("End the maintenance.",)


def _unknown(facts: MaintenanceFacts) -> str:
    """Return why nothing is known of how the patient is today, or ""."""
    if facts.state in UNKNOWN:
        return f"{facts.state.label}. Obtain a score first: without one nobody knows whether there is an effect."
    oldest = figure(SUBJECT, "score_at_most_old").value
    if facts.score_on is None or (facts.today - facts.score_on).days > oldest:
        return f"No score of the last {oldest} days: obtain a score first, before anything changes."
    return ""


def _warning(facts: MaintenanceFacts) -> tuple[str, ...]:
    return ("A relapse warning stands.",) if facts.warned else ()


def _if_warned(facts: MaintenanceFacts) -> tuple[str, ...]:
    return ("See the patient soon: the warning is not put off by a missing score.",) if facts.warned else ()


def _where_to(end: str) -> tuple[str, ...]:
    return ("End the maintenance, as planned.",) if end else ()


def _end(facts: MaintenanceFacts, protocol: Protocol) -> str:
    if facts.end_on is not None and facts.today >= facts.end_on:
        return f"The planned end was {_shown(facts.end_on)}."
    most = facts.most_sessions or int(protocol.sessions.value)
    if facts.end_on is None and len(facts.plan_days) >= most:
        return f"All {most} sessions of the plan were held."
    return ""


def _ladder(protocol: Protocol) -> list[int]:
    return sorted({int(days) for days in protocol.days_between.value})


def _shorter(now: int, protocol: Protocol) -> int:
    """Return the next shorter interval: of the schedule, or by the step in which it was lengthened beyond it."""
    ladder = _ladder(protocol)
    lower = [days for days in ladder if days < now]
    beyond = now - figure(SUBJECT, "extend_by").value
    return max([*lower, beyond]) if beyond >= ladder[-1] else max(lower, default=now)


def _held_at(facts: MaintenanceFacts, first: int) -> int:
    """Return how many sessions of the plan were held at the interval in force: since it last changed from `first`."""
    since, before = date.min, first
    for one in sorted((one for one in facts.decisions if one.days), key=lambda one: one.on):
        if one.days != before:
            since, before = one.on, one.days
    return sum(1 for day in facts.plan_days if day >= since)


def _wanted_at(days: int, protocol: Protocol) -> int:
    schedule = [int(one) for one in protocol.days_between.value]
    own = schedule.count(days)
    least: int = figure(SUBJECT, "sessions_at_an_interval").value
    return own if len(set(schedule)) > 1 and own else least


# Days and limits


def _soonest(facts: MaintenanceFacts, protocol: Protocol, days: int) -> date:
    """Return the day on which an interval falls due: never in the past, never too close to the last session."""
    last = facts.last_on
    if last is None:
        return facts.today
    return max(last + timedelta(days=days), _closest(facts, protocol), facts.today)


def _closest(facts: MaintenanceFacts, protocol: Protocol) -> date:
    last = facts.last_on
    if last is None:
        return facts.today
    return max(last + timedelta(days=protocol.shortest_days_between.value), facts.today)


def _first_free(facts: MaintenanceFacts, protocol: Protocol, day: date) -> date | None:
    """Return the first day from `day` on that no limit blocks; None where there is none within a year of the limits."""
    for later in range(figure(SUBJECT, "counted_over").value + 1):
        if not limits_on(facts, protocol, day + timedelta(days=later)).blocks:
            return day + timedelta(days=later)
    return None


def _began(facts: MaintenanceFacts) -> date:
    """Return the first session of the treatment that still goes on: one after a longer pause begins anew."""
    days = sorted({one.on for one in facts.given})
    began = days[0]
    for earlier, later in pairwise(days):
        if (later - earlier).days > _most_days():
            began = later
    return began


def _more_than_weekly(facts: MaintenanceFacts, day: date, gap: int) -> list[Over]:
    long_ago, weekly = figure(SUBJECT, "weekly_from").value, figure(SUBJECT, "weekly").value
    if not facts.given or (day - _began(facts)).days <= long_ago or gap >= weekly:
        return []
    says = f"More often than every {weekly} days, more than {long_ago} days after the first session."
    return [Over(Kind.OFTEN, says, weekly - gap)]


def _of_sessions(facts: MaintenanceFacts, day: date, blocks: list[str], over: list[Over]) -> None:
    within = figure(SUBJECT, "counted_over").value
    count = len(_counted(facts.given, day, within)) + 1
    most, one_alone = figure(SUBJECT, "block_sessions").value, figure(SUBJECT, "second_prescriber_sessions").value
    says = f"It would be session {count} within {within} days"
    if count > most:
        blocks.append(f"{says}; {most} is the most.")
    elif count > one_alone:
        over.append(Over(Kind.SESSIONS, f"{says}; above {one_alone} a second prescriber is needed.", count))


def _of_dose(facts: MaintenanceFacts, day: date, blocks: list[str], over: list[Over]) -> None:
    route, within = facts.route.lower(), figure(SUBJECT, "counted_over").value
    most = figure(SUBJECT, "block_dose").value.get(route)
    one_alone = figure(SUBJECT, "second_prescriber_dose").value.get(route)
    if most is None or one_alone is None:
        return
    same = [one for one in _counted(facts.given, day, within) if one.route.lower() == route]
    total = sum(one.mg_per_kg for one in same) + facts.dose_mg_per_kg
    says = f"With it {total:.1f} mg/kg would be given within {within} days by {route}"
    if total > most:
        blocks.append(f"{says}; {most} is the most.")
    elif total > one_alone:
        over.append(Over(Kind.DOSE, f"{says}; above {one_alone} a second prescriber is needed.", total))


def _counted(given: Sequence[Given], day: date, over: int) -> list[Given]:
    return [one for one in given if day - timedelta(days=over) < one.on <= day]


def _most_days() -> int:
    most: int = figure(SUBJECT, "most_days_between").value
    return most


def _shown(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
