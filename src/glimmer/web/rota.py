"""The rota: who is on duty in a week, what is lacking, one shift changed, and who has which skill."""

from datetime import date, time, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.rota import (
    add_shifts,
    cancel_shift,
    end_skill,
    give_skill,
    move_shift,
    people_on_the_rota,
    shifts_between,
)
from glimmer.guidance.skills import skills
from glimmer.records.access_calendar import access_shift, access_skill, skills_held
from glimmer.records.calendar import Shift
from glimmer.records.house import house_between, rota_until
from glimmer.scheduling.day import lacks_of_day
from glimmer.web.calendar_weeks import monday_of
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.opening_forms import MoveShiftForm, PressForm, ShiftForm, SkillForm
from glimmer.web.pages import done, show


@page("calendar.view")
def rota(request: StaffRequest) -> HttpResponse:
    """Show one week of the rota."""
    return _page(request)


@page("calendar.arrange", methods=("POST",))
def rota_add(request: StaffRequest) -> HttpResponse:
    """Put a person on duty, once or for some weeks."""
    people = {str(person.pk): person for person in people_on_the_rota(request.staff)}
    form = ShiftForm(request.POST, people=people.values())

    def add(data: dict[str, Any]) -> None:
        times = data["starts_at"], data["ends_at"]
        add_shifts(people[data["staff"]], data["day"], *times, int(data["weeks"]), by=request.staff)

    if attempt(form, add):
        return done(request, "The rota was changed.", "rota", query=f"week={form.cleaned_data['day'].isoformat()}")
    return _page(request, shift_form=form)


@page("calendar.view")
def shift(request: StaffRequest, shift_id: int) -> HttpResponse:
    """Show one shift, to be changed or taken off the rota."""
    return _shift_page(request, access_shift(request.staff, shift_id))


@page("calendar.arrange", methods=("POST",))
def shift_move(request: StaffRequest, shift_id: int) -> HttpResponse:
    """Correct the day or the times of a shift."""
    found, form = access_shift(request.staff, shift_id), MoveShiftForm(request.POST)

    def move(data: dict[str, Any]) -> None:
        move_shift(found, data["day"], data["starts_at"], data["ends_at"], by=request.staff)

    if attempt(form, move):
        return done(request, "The shift was changed.", "rota", query=f"week={form.cleaned_data['day'].isoformat()}")
    return _shift_page(request, found, form)


@page("calendar.arrange", methods=("POST",))
def shift_cancel(request: StaffRequest, shift_id: int) -> HttpResponse:
    """Take a shift off the rota."""
    found, form = access_shift(request.staff, shift_id), PressForm(request.POST)
    day = timezone.localdate(found.starts_at)
    if attempt(form, lambda data: cancel_shift(found, by=request.staff)):
        return done(request, "The shift was taken off the rota.", "rota", query=f"week={day.isoformat()}")
    return _shift_page(request, found, press_form=form)


@page("calendar.arrange", methods=("POST",))
def skill_give(request: StaffRequest) -> HttpResponse:
    """Enter that a person has a skill."""
    people = {str(person.pk): person for person in people_on_the_rota(request.staff)}
    form = SkillForm(request.POST, people=people.values())

    def give(data: dict[str, Any]) -> None:
        give_skill(people[data["staff"]], data["skill"], data["until"], by=request.staff)

    if attempt(form, give):
        return done(request, "The skill was saved.", "rota")
    return _page(request, skill_form=form)


@page("calendar.arrange", methods=("POST",))
def skill_end(request: StaffRequest, skill_id: int) -> HttpResponse:
    """Enter that a person no longer has a skill."""
    found, form = access_skill(request.staff, skill_id), PressForm(request.POST)
    if attempt(form, lambda data: end_skill(found, by=request.staff)):
        return done(request, "The skill was ended.", "rota")
    return _page(request, press_form=form)


def _page(request: StaffRequest, **forms: Form) -> HttpResponse:
    monday = monday_of(request.GET.get("week", ""))
    days = [monday + timedelta(days=number) for number in range(7)]
    people, house = people_on_the_rota(request.staff), house_between(days[0], days[-1])
    shown: dict[str, Any] = {
        "shift_form": forms.get("shift_form") or ShiftForm(people=people),
        "skill_form": forms.get("skill_form") or SkillForm(people=people),
        "press_form": forms.get("press_form") or PressForm(),
    }
    return show(
        request,
        "rota.html",
        title="Rota",
        here="calendar",
        forms=list(shown.values()),
        monday=monday,
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        days=days,
        lines=_lines(request, people, days),
        lacks={day: lacks_of_day(house, day) for day in days},
        closed={day: house.opening.why_closed(day) for day in days},
        kept_until=rota_until(),
        held=skills_held(),
        skill_titles={one.id: one.title for one in skills()},
        today=timezone.localdate(),
        trail=[("Calendar", "calendar")],
        **shown,
    )


def _lines(request: StaffRequest, people: Any, days: list[date]) -> list[tuple[Any, list[list[Shift]]]]:
    by_place: dict[tuple[int, date], list[Shift]] = {}
    for row in shifts_between(request.staff, days[0], days[-1]):
        by_place.setdefault((row.staff_id, timezone.localdate(row.starts_at)), []).append(row)
    return [(person, [by_place.get((person.pk, day), []) for day in days]) for person in people]


def _shift_page(
    request: StaffRequest, found: Shift, move_form: Form | None = None, press_form: Form | None = None
) -> HttpResponse:
    starts, ends = timezone.localtime(found.starts_at), timezone.localtime(found.ends_at)
    initial = {"day": starts.date(), "starts_at": starts.time(), "ends_at": time(ends.hour, ends.minute)}
    move_form, press_form = move_form or MoveShiftForm(initial=initial), press_form or PressForm()
    return show(
        request,
        "shift.html",
        title="Shift",
        here="calendar",
        forms=[move_form, press_form],
        move_form=move_form,
        press_form=press_form,
        shift=found,
        trail=[("Calendar", "calendar"), ("Rota", "rota")],
    )
