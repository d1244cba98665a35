"""The rows of the calendar that a page names by number: no patient is in them."""

from typing import TypeVar

from django.db.models import Model

from glimmer.records.access import NotFound, require
from glimmer.records.calendar import BayClosure, OtherDay, Shift, StaffSkill
from glimmer.records.staff import Staff

Row = TypeVar("Row", bound=Model)


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
