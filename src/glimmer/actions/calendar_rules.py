"""What stands against a date, whoever books it: one place for booking, moving, the slot search and the planner.

A taken bay or patient is refused and nothing overrides it. Everything else is told, and a person may book it all the
same with a reason; only a psychiatrist where sessions would be nearer to each other than the protocol wants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import timezone

from glimmer.actions.act import Act
from glimmer.actions.entries import optional_text
from glimmer.actions.limits import days_given
from glimmer.care.maintenance import is_maintenance
from glimmer.guidance import protocol
from glimmer.records.calendar import DateOverride
from glimmer.records.house import house_between, limits_of, wall_time
from glimmer.records.maintenance import decisions_of
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.scheduling.house import Breach, Limits, breaches
from glimmer.scheduling.slots import Rhythm, rhythm_of, too_near
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import RuleRefused

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """One date that is wanted: session number, bay, and aware start and end."""

    number: int
    bay: Bay
    starts_at: datetime
    ends_at: datetime


def judged(act: Act, plan: Plan, wishes: Sequence[Wish], because: str, *, besides: Sequence[int] = ()) -> list[Breach]:
    """Return what stands against the wishes and is overridden by `because`; raise RuleRefused where nothing does.

    Order within the course is never overridden. `besides` are appointments that the wishes take the place of.
    """
    reason = optional_text(because, "because", LONGEST_REASON)
    crowded = [*_spacing(plan, wishes, besides), *_beside_other_plans(plan, wishes, timezone.localdate(act.at))]
    found = [*crowded, *standing_against(plan, wishes, besides=besides)]
    if found and not reason:
        says = tuple(dict.fromkeys(breach.says for breach in found))
        raise RuleRefused(
            f"{' '.join(says)} Choose another date, or give a reason to book it all the same.", reasons=()
        )
    nearest = next((breach for breach in crowded if breach.rule == "spacing"), None)
    if nearest is not None and not may(Role(act.by.role), "calendar.override_spacing"):
        raise RuleRefused(
            f"{nearest.says} A psychiatrist can book sessions nearer to each other, with a reason. "
            "Choose another day, or ask one."
        )
    return found


def keep_reason(act: Act, booked: Sequence[Appointment], overridden: Sequence[Breach], because: str) -> None:
    """Write down why dates stand although rules speak against them."""
    if not overridden:
        return
    rules = "\n".join(dict.fromkeys(breach.says for breach in overridden))
    for appointment in booked:
        DateOverride.objects.create(appointment=appointment, rules=rules, because=because.strip(), by=act.by, at=act.at)
    act.note(overridden=sorted({breach.rule for breach in overridden}))


def standing_against(plan: Plan, wishes: Sequence[Wish], *, besides: Sequence[int] = ()) -> list[Breach]:
    """Return what stands against the wishes: hours, bays out of use, staff, the patient's own limits.

    Opening hours count only once the clinic has entered its own: nobody is held to hours that nobody named.
    """
    days = [timezone.localdate(wish.starts_at) for wish in wishes]
    patient = plan.episode.patient
    house = house_between(min(days), max(days), patient_id=patient.pk, besides=besides)
    limits, places = limits_of(patient), {place.key: place for place in house.places}
    found: list[Breach] = []
    for wish, day in zip(wishes, days, strict=True):
        span = wall_time(wish.starts_at), wall_time(wish.ends_at)
        against = breaches(house.on(day), places[wish.bay.pk], *span, limits)
        found += [one for one in against if not (house.opening.assumed and one.rule in ("hours", "closed"))]
    return found


def spacing_of(plan: Plan) -> Rhythm:
    """Return the spacing that a plan's dates keep: its protocol's; in maintenance, the interval last decided."""
    rhythm = rhythm_of(protocol(plan.protocol_id, plan.protocol_version))
    if not is_maintenance(plan.protocol_id):
        return rhythm
    days = next((one.days for one in reversed(decisions_of(plan)) if one.counts and one.days), None)
    return replace(rhythm, gaps=(days,)) if days else rhythm


def _spacing(plan: Plan, wishes: Sequence[Wish], besides: Sequence[int]) -> list[Breach]:
    """Return where sessions would be too near to each other; raise RuleRefused where they would lose their order."""
    rhythm = spacing_of(plan)
    standing = plan.appointments.filter(cancelled_at__isnull=True).exclude(pk__in=list(besides))
    days: dict[int, datetime] = {one.number: one.starts_at for one in standing}
    wanted = {wish.number: wish.starts_at for wish in wishes}
    return [
        breach
        for number, starts_at in wanted.items()
        for breach in _beside(number, starts_at, {**days, **wanted}, rhythm)
    ]


def _beside(number: int, starts_at: datetime, others: Mapping[int, datetime], rhythm: Rhythm) -> list[Breach]:
    day, found = timezone.localdate(starts_at), []
    # The least days hold between any two; the rhythm between one and the next.
    before = max((other for other in others if other < number), default=None)
    after = min((other for other in others if other > number), default=None)
    for other, at in sorted(others.items()):
        days = (day - timezone.localdate(at)).days
        if other != number and not (days > 0 if number > other else days < 0):
            raise RuleRefused(
                f"Session {number} cannot be on {shown(starts_at)}: session {other} is on "
                f"{shown(at)}, and sessions keep their order. Choose another day."
            )
        for breach in too_near(other, abs(days), max(number, other), rhythm) if other != number else ():
            if breach.rule == "spacing" or other in (before, after):
                says = f"Session {number} on {shown(starts_at)}, session {other} on {shown(at)}: {breach.says}"
                found.append(Breach(breach.rule, says))
    return found


def _beside_other_plans(plan: Plan, wishes: Sequence[Wish], today: date) -> list[Breach]:
    """Return where a session would be too near to the drug of another plan: given, or with a date that stands.

    Of all journeys of the patient: the drug adds up whichever plan it is given by. Among themselves such sessions have
    no order.
    """
    least = protocol(plan.protocol_id, plan.protocol_version).shortest_days_between.value
    says = _days_of_other_plans(plan, today)
    return [
        Breach(
            "spacing",
            f"Session {wish.number} cannot be on {shown(wish.starts_at)}: {what} on {in_words(day)}, "
            f"and this protocol wants at least {least} days between.",
        )
        for wish in wishes
        for day, what in sorted(says.items())
        if abs((timezone.localdate(wish.starts_at) - day).days) < least
    ]


def _days_of_other_plans(plan: Plan, today: date) -> dict[date, str]:
    """Return the days on which other plans of the patient gave the drug, or have a date to come, with which it is."""
    given = days_given(plan.episode.patient_id, besides=plan.pk)
    others = Appointment.objects.filter(patient=plan.episode.patient_id, cancelled_at__isnull=True).exclude(plan=plan)
    dated = {timezone.localdate(one.starts_at) for one in others.exclude(session__phase="cancelled")}
    says = {day: "another plan has a date" for day in dated if day >= today}
    return says | dict.fromkeys(given, "the drug was given")


def limits_for(plan: Plan, today: date) -> Limits:
    """Return what the patient can, with the days that are too near to those of other plans: for looking for dates."""
    least = protocol(plan.protocol_id, plan.protocol_version).shortest_days_between.value
    days = (day.toordinal() for day in _days_of_other_plans(plan, today))
    near = frozenset(day + away for day in days for away in range(1 - least, least))
    return replace(limits_of(plan.episode.patient), too_near=near)


def shown(moment: datetime) -> str:
    """Return a moment's day in words: Monday 16 March 2026."""
    return in_words(timezone.localdate(moment))


def in_words(day: date) -> str:
    """Return a day in words: Monday 16 March 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"
