"""The waiting list: how urgently somebody waits, in which order, and who could take a slot that is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from glimmer.actions.absence import passed_unrecorded
from glimmer.actions.act import acting
from glimmer.actions.calendar_rules import limits_for, spacing_of
from glimmer.actions.entries import chosen, required_text
from glimmer.actions.slots import course_of
from glimmer.guidance import protocol
from glimmer.records.access import access_episodes, require
from glimmer.records.clinics import reached
from glimmer.records.course import is_stopped
from glimmer.records.episodes import Episode, Referral
from glimmer.records.house import house_between, wall_time
from glimmer.records.journey import second_prescriber_wanted
from glimmer.records.looking import noted
from glimmer.records.maintenance import maintenance_ended
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.records.staff import Staff
from glimmer.records.waiting import PRIORITIES, WaitingPriority
from glimmer.scheduling.waiting import Fit, Waiting, fits, in_order

LONGEST_REASON = 500
# For so many at the top of the list a free slot is tried; whoever stands below would not be asked before them.
MOST_TRIED = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the waiting list: the patient's journey, the plan where there is one, and what is known."""

    episode: Episode
    plan: Plan | None
    waiting: Waiting
    set: WaitingPriority | None


@dataclass(frozen=True, slots=True)
class Refill:
    """One patient who could take a slot, and for which session."""

    line: Line
    fit: Fit


def set_priority(
    episode: Episode, priority: str, reason: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> WaitingPriority:
    """Say how urgently a patient waits, and why; what was said before stays on record."""
    with acting(by, "waiting.prioritise", verb="set_priority", episode=episode, seen=seen, at=at) as act:
        made = WaitingPriority.objects.create(
            episode=episode,
            priority=chosen(priority, tuple(dict(PRIORITIES)), "priority", "Choose how urgently the patient waits."),
            reason=required_text(reason, "reason", "Say why.", LONGEST_REASON),
            set_by=by,
            set_at=act.at,
        )
        act.about(made)
        act.note(priority=priority)
    return made


def waiting_list(by: Staff) -> list[Line]:
    """Return who waits for a date, in the order in which they are worked off."""
    require(by, "calendar.view")
    episodes = access_episodes(by).filter(closed_at__isnull=True)
    lines = {episode.pk: line for episode in episodes if (line := _line(episode)) is not None}
    return [lines[one.key] for one in in_order([line.waiting for line in lines.values()])]


def unrecorded_dates(by: Staff, now: datetime) -> list[Appointment]:
    """Return the dates of patients that a person may see which passed with nothing recorded, the oldest first.

    Each counts as held until somebody says otherwise, so that its patient would stand in no other list.
    """
    require(by, "calendar.view")
    found = passed_unrecorded(now).select_related("plan__episode__patient", "bay")
    return list(noted(by, reached(by, found, "plan__episode__")).order_by("starts_at", "pk"))


def _line(episode: Episode) -> Line | None:
    """Return the line of a journey, or None where nobody waits: declined, stopped, ended, or every date is there."""
    referral = Referral.objects.filter(episode=episode).first()
    triage = referral.triage_decisions.last() if referral is not None else None
    if referral is None or (triage is not None and triage.decision == "declined"):
        return None
    plan = Plan.objects.filter(episode=episode).order_by("-version").first()
    course = course_of(plan, timezone.localdate()) if plan is not None else None
    if course is not None and (not course.wanted or (plan is not None and _is_over(plan, timezone.localdate()))):
        return None
    newest = WaitingPriority.objects.filter(episode=episode).select_related("set_by").last()
    since = plan.prescribed_at if plan is not None and course is not None and course.fixed else referral.received_at
    waiting = Waiting(
        episode.pk,
        timezone.localdate(since),
        newest.priority if newest is not None else "",
        course.wanted if course is not None else (),
        course.fixed if course is not None else {},
    )
    return Line(episode, plan, waiting, newest)


def may_be_booked(plan: Plan | None, today: date | None = None) -> bool:
    """Say whether dates of a plan can be booked: there is one, not over, and no second prescriber is wanted."""
    if plan is None or _is_over(plan, today or timezone.localdate()):
        return False
    return not second_prescriber_wanted(plan)


def _is_over(plan: Plan, today: date) -> bool:
    return is_stopped(plan) or bool(maintenance_ended(plan, today))


def who_could_take(bay: Bay, starts_at: datetime, *, by: Staff) -> list[Refill]:
    """Return who of the waiting list could take a slot, in the list's order; those it fits without a breach first."""
    require(by, "calendar.book")
    day, begins = timezone.localdate(starts_at), wall_time(starts_at)
    found: list[Refill] = []
    for line in [one for one in waiting_list(by) if may_be_booked(one.plan)][:MOST_TRIED]:
        plan = line.plan
        assert plan is not None  # may_be_booked said so
        patient = line.episode.patient
        house = house_between(day, day, patient_id=patient.pk)
        place = next((one for one in house.places if one.key == bay.pk), None)
        pinned = protocol(plan.protocol_id, plan.protocol_version)
        if place is None:
            continue
        limits = limits_for(plan, min(day, timezone.localdate()))
        fit = fits(line.waiting, spacing_of(plan), pinned.chair_minutes, house, place, begins, limits)
        if fit is not None:
            found.append(Refill(line, fit))
    return sorted(found, key=lambda one: bool(one.fit.against))


def overdue(lines: Sequence[Line], today: date) -> int:
    """Return how many wait longer than their class should."""
    return sum(line.waiting.is_overdue(today) for line in lines)
