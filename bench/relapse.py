"""The relapse warning beside the two rules that clinics use, on made-up people that it was not tuned on.

Lead time: weeks from the first warning in a relapse to its completion; 0 for a relapse without one. False alarms:
warnings while no relapse is under way, for each year of a patient. A threshold that warned is quiet until a score lies
below it again. "Fixed threshold at the same false alarms" is interpolated between the two nearest thresholds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from bench.relapse_people import WEEKS, Person, people
from glimmer.care.relapse import watch_of

SEED = 20261127
PEOPLE, SHORT_PEOPLE = 6_000, 200
WEEKS_TO_RELAPSE = (6.0, 10.0, 16.0)
AIM = 2.0
THRESHOLDS = range(8, 20)
USUAL_THRESHOLD = 10
SHARES = tuple(share / 20 for share in range(4, 19))
FIRST_DAY = date(2026, 1, 5)
Rule = Callable[[Person], list[int]]


@dataclass(frozen=True)
class Judged:
    """What a rule did: false alarms per patient-year, share of relapses warned of, mean lead in weeks."""

    false_alarms: float
    sensitivity: float
    lead: float
    relapses: int


def warning(person: Person) -> list[int]:
    """Return the weeks in which the product warns."""
    weeks = [week for week, total in enumerate(person.totals) if total is not None]
    totals = [(FIRST_DAY + timedelta(weeks=week), person.totals[week] or 0) for week in weeks]
    return [(step.completed_on - FIRST_DAY).days // 7 for step in watch_of(totals, person.baseline).steps if step.warns]


def threshold(limit: float) -> Rule:
    """Return the rule that warns when a score reaches `limit`, and again only after one below it."""

    def rule(person: Person) -> list[int]:
        found: list[int] = []
        is_quiet = False
        for week, total in enumerate(person.totals):
            if total is None:
                continue
            if total >= limit and not is_quiet:
                found.append(week)
            is_quiet = total >= limit
        return found

    return rule


def share_of_the_gain(share: float) -> Rule:
    """Return the rule that warns when a share of what was gained, by the first three answers, is lost."""

    def rule(person: Person) -> list[int]:
        first = [total for total in person.totals if total is not None][:3]
        reached = sum(first) / len(first)
        return threshold(reached + (person.baseline - reached) * share)(person)

    return rule


half_of_the_gain = share_of_the_gain(0.5)


def judged(rule: Rule, whom: Sequence[Person]) -> Judged:
    """Return how a rule did on people."""
    false_alarms, years, leads = 0, 0.0, []
    warned = 0
    for person in whom:
        weeks = rule(person)
        well = person.weeks_well
        years += well / WEEKS
        false_alarms += sum(week < well for week in weeks)
        if person.complete is None or person.complete >= len(person.totals):
            continue
        in_time = [week for week in weeks if well <= week <= person.complete]
        warned += bool(in_time)
        leads.append(person.complete - in_time[0] if in_time else 0)
    return Judged(false_alarms / years, warned / len(leads), sum(leads) / len(leads), len(leads))


def at_false_alarms(points: Sequence[Judged], wanted: float) -> float:
    """Return the lead of a family of rules at a rate of false alarms, between the two nearest of them."""
    ordered = sorted(points, key=lambda one: one.false_alarms)
    for below, above in pairwise(ordered):
        if below.false_alarms <= wanted <= above.false_alarms:
            share = (wanted - below.false_alarms) / ((above.false_alarms - below.false_alarms) or 1)
            return below.lead + share * (above.lead - below.lead)
    raise ValueError(f"No threshold has {wanted:.2f} false alarms a year. Widen THRESHOLDS.")


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return, for each speed of relapse, a row beside the fixed threshold and one beside the half of the gain."""
    return list(_rows(SHORT_PEOPLE if short else PEOPLE))


def _rows(count: int) -> Iterator[dict[str, Any]]:
    for number, weeks in enumerate(WEEKS_TO_RELAPSE):
        whom = people(count, SEED + number, weeks)
        ours, usual, half = (judged(rule, whom) for rule in (warning, threshold(USUAL_THRESHOLD), half_of_the_gain))
        fixed = at_false_alarms([judged(threshold(limit), whom) for limit in THRESHOLDS], ours.false_alarms)
        lost = at_false_alarms([judged(share_of_the_gain(share), whom) for share in SHARES], ours.false_alarms)
        note = f"{ours.relapses:,} relapses of {count:,} people. Warning: {_words(ours)}."
        usually = f"As clinics use it, {USUAL_THRESHOLD} or more: {_words(usual)}."
        yield _row(weeks, ours, "fixed threshold", fixed, AIM, f"{note} {usually}")
        yield _row(weeks, ours, "share of the gain lost", lost, None, f"As clinics use it, half: {_words(half)}.")


def _row(weeks: float, ours: Judged, peer: str, lead: float, aim: float | None, note: str) -> dict[str, Any]:
    ratio = ours.lead / lead
    return {
        "job": f"relapse over {weeks:.0f} weeks: lead time",
        "ours": round(ours.lead, 2),
        "peer": f"{peer}, equal false alarms",
        "peer_value": round(lead, 2),
        "ratio": round(ratio, 2),
        "unit": "weeks",
        "target": f"{aim:g} times the peer" if aim else "",
        "target_met": ratio >= aim if aim else None,
        "note": note,
    }


def _words(one: Judged) -> str:
    return (
        f"{one.lead:.1f} weeks ahead, {one.sensitivity:.0%} of relapses, "
        f"{one.false_alarms:.2f} false alarms a patient-year"
    )
