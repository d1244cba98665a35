"""Who is on duty when, and who has which skill until when."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import end_once
from glimmer.actions.entries import near_day
from glimmer.guidance.skills import skills
from glimmer.records.access import require
from glimmer.records.calendar import Shift, StaffSkill
from glimmer.records.claims import SHIFT, SHIFT_SOURCE, Wanted, claims_against
from glimmer.records.house import moment_of
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, RuleRefused

# People who treat patients or look after the desk; researchers and officers keep no rota here.
ON_A_ROTA = (Role.NURSE, Role.PSYCHIATRIST, Role.THERAPIST, Role.PHARMACIST, Role.ADMINISTRATOR)
MOST_WEEKS = 26


def people_on_the_rota(by: Staff) -> Sequence[Staff]:
    """Return who can be put on the rota, by role and name."""
    require(by, "calendar.view")
    found = Staff.objects.filter(is_active=True, role__in=[role.value for role in ON_A_ROTA])
    return list(found.order_by("role", "name"))


def shifts_between(by: Staff, first: date, last: date) -> Sequence[Shift]:
    """Return the standing shifts that begin on the days from `first` to `last`."""
    require(by, "calendar.view")
    begins, ends = moment_of(first, time(0)), moment_of(last + timedelta(days=1), time(0))
    found = Shift.objects.filter(cancelled_at__isnull=True, starts_at__gte=begins, starts_at__lt=ends)
    return list(found.select_related("staff"))


def add_shifts(
    staff: Staff,
    first_day: date,
    begins: time,
    ends: time,
    weeks: int = 1,
    *,
    by: Staff,
    at: datetime | None = None,
) -> tuple[Shift, ...]:
    """Put a person on duty on a day and on the same weekday of the weeks after; all of them or none."""
    with acting(by, "calendar.arrange", verb="add_shifts", at=at) as act:
        near_day(first_day, "day")
        if ends <= begins:
            raise BadInput("The shift has to end after it begins.", field="ends_at")
        if not 1 <= weeks <= MOST_WEEKS:
            raise BadInput(f"Enter 1 to {MOST_WEEKS} weeks.", field="weeks")
        if staff.role not in {role.value for role in ON_A_ROTA} or not staff.is_active:
            raise BadInput("This person cannot be put on the rota.", field="staff")
        days = [first_day + timedelta(weeks=week) for week in range(weeks)]
        made = tuple(_shift(act, staff, day, begins, ends) for day in days)
        act.about(made[0])
        act.note(staff=staff.pk, shifts=len(made))
    return made


def cancel_shift(shift: Shift, *, by: Staff, at: datetime | None = None) -> Shift:
    """Take one shift off the rota."""
    with acting(by, "calendar.arrange", verb="cancel_shift", at=at) as act:
        fresh = end_once(act, shift, "cancelled", "This shift was taken off the rota already.")
        act.note(staff=fresh.staff_id)
    return fresh


def move_shift(shift: Shift, day: date, begins: time, ends: time, *, by: Staff, at: datetime | None = None) -> Shift:
    """Correct the day or the times of one shift."""
    with acting(by, "calendar.arrange", verb="move_shift", at=at) as act:
        near_day(day, "day")
        if ends <= begins:
            raise BadInput("The shift has to end after it begins.", field="ends_at")
        fresh = Shift.objects.select_for_update().get(pk=shift.pk)
        if fresh.cancelled_at is not None:
            raise RuleRefused("This shift was taken off the rota already. Add a new one.")
        starts_at, ends_at = moment_of(day, begins), moment_of(day, ends)
        _refuse_twice(fresh.staff, starts_at, ends_at, besides=fresh.pk)
        fresh.starts_at, fresh.ends_at = starts_at, ends_at
        fresh.save(update_fields=["starts_at", "ends_at"])
        act.about(fresh)
        act.note(staff=fresh.staff_id)
    return fresh


def give_skill(staff: Staff, skill: str, until: date | None, *, by: Staff, at: datetime | None = None) -> StaffSkill:
    """Enter that a person has a skill, until a day where it runs out; an earlier entry of the same skill ends."""
    with acting(by, "calendar.arrange", verb="give_skill", at=at) as act:
        if skill not in {one.id for one in skills()}:
            raise BadInput("Choose one of the skills shown.", field="skill")
        if until is not None and near_day(until, "until") < timezone.localdate(act.at):
            raise BadInput("This day has passed. Enter until when the skill is valid.", field="until")
        StaffSkill.objects.filter(staff=staff, skill=skill, ended_at__isnull=True).update(ended_by=by, ended_at=act.at)
        made = StaffSkill.objects.create(staff=staff, skill=skill, until=until, entered_by=by, entered_at=act.at)
        act.about(made)
        act.note(staff=staff.pk, skill=skill)
    return made


def end_skill(row: StaffSkill, *, by: Staff, at: datetime | None = None) -> StaffSkill:
    """Enter that a person no longer has a skill, or never had."""
    with acting(by, "calendar.arrange", verb="end_skill", at=at) as act:
        fresh = end_once(act, row, "ended", "This entry was ended already.")
        act.note(staff=fresh.staff_id, skill=fresh.skill)
    return fresh


def _shift(act: Act, staff: Staff, day: date, begins: time, ends: time) -> Shift:
    starts_at, ends_at = moment_of(day, begins), moment_of(day, ends)
    _refuse_twice(staff, starts_at, ends_at)
    return Shift.objects.create(staff=staff, starts_at=starts_at, ends_at=ends_at, entered_by=act.by, entered_at=act.at)


def _refuse_twice(staff: Staff, starts_at: datetime, ends_at: datetime, besides: int | None = None) -> None:
    own = [(SHIFT_SOURCE, besides)] if besides else []
    taken = claims_against(Wanted(SHIFT, staff.pk, starts_at, ends_at), besides=own).first()
    if taken is not None:
        begins, until = timezone.localtime(taken.starts_at), timezone.localtime(taken.ends_at)
        raise RuleRefused(
            f"{staff.name} is on duty already on {begins:%A} {begins.day} {begins:%B %Y} from {begins:%H:%M} to "
            f"{until:%H:%M}. Nothing was saved. Choose another time, or change that shift."
        )
