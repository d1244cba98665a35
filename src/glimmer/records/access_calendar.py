"""The rows of the calendar that a page names by number: no patient is in them."""

from datetime import date, datetime
from typing import TypeVar

from django.db.models import Model, QuerySet

from glimmer.records.access import NotFound, require
from glimmer.records.calendar import BayClosure, DateOverride, OpeningWeek, OtherDay, Shift, StaffSkill
from glimmer.records.episodes import Episode
from glimmer.records.plans import Appointment
from glimmer.records.staff import Staff
from glimmer.records.waiting import Absence, WaitingPriority

Row = TypeVar("Row", bound=Model)


def overrides_of(appointment: Appointment) -> QuerySet[DateOverride]:
    """Return why a date, handed out before, stands against the calendar's rules."""
    return DateOverride.objects.filter(appointment=appointment).select_related("by")


def absence_of(appointment: Appointment) -> Absence | None:
    """Return how it came that a date, handed out before, was not held."""
    return Absence.objects.filter(appointment=appointment, withdrawn_at__isnull=True).select_related("by").first()


def priorities_of(episode: Episode) -> QuerySet[WaitingPriority]:
    """Return how urgently a patient, handed out before, waits: the newest first."""
    return WaitingPriority.objects.filter(episode=episode).select_related("set_by").order_by("-set_at", "-pk")


def other_days_from(day: date) -> list[OtherDay]:
    """Return the days from a day on that are otherwise than their weekday."""
    return list(OtherDay.objects.filter(day__gte=day, withdrawn_at__isnull=True))


def weeks_after(day: date) -> QuerySet[OpeningWeek]:
    """Return the weeks that come into force after a day."""
    return OpeningWeek.objects.filter(from_day__gt=day)


def closures_after(moment: datetime) -> list[BayClosure]:
    """Return the times in which a bay is out of use that have not ended."""
    found = BayClosure.objects.filter(ends_at__gt=moment, withdrawn_at__isnull=True)
    return list(found.select_related("bay"))


def skills_held() -> QuerySet[StaffSkill]:
    """Return who has which skill."""
    return StaffSkill.objects.filter(ended_at__isnull=True, staff__is_active=True).select_related("staff")


def access_shift(by: Staff, shift_id: int) -> Shift:
    """Return one shift with its person, or raise NotFound."""
    require(by, "calendar.view")
    return _one(Shift.objects.select_related("staff").filter(pk=shift_id).first())


def access_other_day(by: Staff, day_id: int) -> OtherDay:
    """Return one day that is otherwise, or raise NotFound."""
    require(by, "calendar.view")
    return _one(OtherDay.objects.filter(pk=day_id).first())


def access_closure(by: Staff, closure_id: int) -> BayClosure:
    """Return one time in which a bay is out of use, or raise NotFound."""
    require(by, "calendar.view")
    return _one(BayClosure.objects.select_related("bay").filter(pk=closure_id).first())


def access_skill(by: Staff, skill_id: int) -> StaffSkill:
    """Return one person's skill, or raise NotFound."""
    require(by, "calendar.view")
    return _one(StaffSkill.objects.select_related("staff").filter(pk=skill_id).first())


def _one(found: Row | None) -> Row:
    if found is None:
        raise NotFound("There is no such entry in the calendar. Go back to the calendar and choose again.")
    return found
