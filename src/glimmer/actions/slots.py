"""Dates looked for: several ways to hold a course, and the patient's own limits that they keep to."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.calendar_rules import limits_for, spacing_of
from glimmer.actions.entries import near_day, optional_text
from glimmer.guidance import protocol
from glimmer.records.access import require
from glimmer.records.calendar import PatientLimits
from glimmer.records.episodes import Episode
from glimmer.records.house import house_between, moment_of
from glimmer.records.plans import Bay, Plan
from glimmer.records.staff import Staff
from glimmer.scheduling.slots import Course, Found, Slot, days_looked_at, find_ways
from glimmer.scheduling.wall import day_of, time_of
from glimmer.vocabulary.problems import BadInput

LONGEST_TRAVEL = 200


def missing_numbers(plan: Plan) -> tuple[int, ...]:
    """Return the numbers of the plan's sessions that have no standing date, or one that came to nothing."""
    standing = plan.appointments.filter(cancelled_at__isnull=True).exclude(session__phase="cancelled")
    dated = set(standing.values_list("number", flat=True))
    return tuple(number for number in range(1, plan.sessions + 1) if number not in dated)


def course_of(plan: Plan, first_day: date) -> Course:
    """Return what the plan still needs dates for, as the search takes it."""
    pinned = protocol(plan.protocol_id, plan.protocol_version)
    standing = plan.appointments.filter(cancelled_at__isnull=True).exclude(session__phase="cancelled")
    return Course(
        wanted=missing_numbers(plan),
        minutes=pinned.chair_minutes,
        rhythm=spacing_of(plan),
        first_day=first_day,
        fixed={one.number: timezone.localdate(one.starts_at) for one in standing},
    )


def search_slots(plan: Plan, first_day: date, *, by: Staff, at: datetime | None = None) -> Found:
    """Return the ways to give every session of a plan that has no date one, from a day on."""
    require(by, "calendar.book")
    today = timezone.localdate(at or timezone.now())
    if near_day(first_day, "first_day") < today:
        raise BadInput("This day has passed. Choose today or a later day.", field="first_day")
    course = course_of(plan, first_day)
    if not course.wanted:
        return Found(())
    last = first_day + timedelta(days=days_looked_at(course))
    patient = plan.episode.patient
    house = house_between(first_day, last, patient_id=patient.pk)
    return find_ways(course, house, limits_for(plan, today))


def as_dates(slots: Sequence[Slot]) -> list[tuple[int, datetime, Bay]]:
    """Return slots as dates that can be booked: session number, aware start, bay."""
    bays = {bay.pk: bay for bay in Bay.objects.filter(pk__in={slot.place.key for slot in slots})}
    return [(slot.number, moment_of(day_of(slot.begins), time_of(slot.begins)), bays[slot.place.key]) for slot in slots]


def set_limits(
    episode: Episode,
    not_weekdays: Sequence[int],
    not_before: time | None,
    not_after: time | None,
    needs_escort: bool,
    travel: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> PatientLimits:
    """Enter when the patient can come and how they travel; it takes the place of what was entered before."""
    with acting(by, "calendar.book", verb="set_limits", episode=episode, seen=seen, at=at) as act:
        if not_before is not None and not_after is not None and not_after <= not_before:
            raise BadInput("The latest end has to be after the earliest start.", field="not_after")
        if not set(not_weekdays) <= set(range(7)):
            raise BadInput("Choose only from the weekdays shown.", field="not_weekdays")
        made = PatientLimits.objects.create(
            patient_id=episode.patient_id,
            not_weekdays=sorted(set(not_weekdays)),
            not_before=not_before,
            not_after=not_after,
            needs_escort=needs_escort,
            travel=optional_text(travel, "travel", LONGEST_TRAVEL),
            entered_by=by,
            entered_at=act.at,
        )
        act.about(made)
    return made
