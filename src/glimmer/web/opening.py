"""When the clinic is open and which bays are in use: all who see the calendar see it, those who arrange change it."""

from datetime import date, time, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.booking import bays
from glimmer.actions.entries import near_day
from glimmer.actions.opening import (
    close_bay,
    dates_in,
    dates_on_closed_days,
    reopen_bay,
    set_opening_hours,
    set_other_day,
    withdraw_other_day,
)
from glimmer.guidance.working_days import bank_holiday
from glimmer.records.access_calendar import (
    access_closure,
    access_other_day,
    closures_after,
    other_days_from,
    weeks_after,
)
from glimmer.records.house import moment_of
from glimmer.records.house import opening as opening_now
from glimmer.scheduling.wall import clock
from glimmer.web.calendar_forms import bay_choices
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.opening_forms import WEEKDAYS, CloseBayForm, HoursForm, OtherDayForm, PressForm
from glimmer.web.pages import done, show

A_YEAR = 365


@page("calendar.view")
def opening(request: StaffRequest) -> HttpResponse:
    """Show the hours, the days that are otherwise and the bays out of use."""
    return _page(request)


@page("calendar.arrange", methods=("POST",))
def opening_hours(request: StaffRequest) -> HttpResponse:
    """Enter the week from a day on."""
    form = HoursForm(request.POST)
    if attempt(form, lambda data: set_opening_hours(data["from_day"], form.hours(), by=request.staff)):
        return done(request, "The opening hours were saved.", "opening")
    return _page(request, hours_form=form)


@page("calendar.arrange", methods=("POST",))
def opening_day(request: StaffRequest) -> HttpResponse:
    """Say that a day is otherwise than its weekday."""
    form = OtherDayForm(request.POST)

    def enter(data: dict[str, Any]) -> None:
        hours = (data["opens_at"], data["closes_at"]) if data["how"] == "open" else (None, None)
        set_other_day(data["day"], data["why"], *hours, by=request.staff)

    if attempt(form, enter):
        return done(request, "The day was saved.", "opening")
    return _page(request, day_form=form)


@page("calendar.arrange", methods=("POST",))
def opening_day_withdraw(request: StaffRequest, day_id: int) -> HttpResponse:
    """Take back that a day is otherwise."""
    found, form = access_other_day(request.staff, day_id), PressForm(request.POST)
    if attempt(form, lambda data: withdraw_other_day(found, by=request.staff)):
        return done(request, "The day is as its weekday again.", "opening")
    return _page(request, press_form=form)


@page("calendar.arrange", methods=("POST",))
def bay_close(request: StaffRequest) -> HttpResponse:
    """Take a bay out of use for some days."""
    places = {str(bay.pk): bay for bay in bays(request.staff)}
    form = CloseBayForm(request.POST, bays=bay_choices(places.values()))

    def close(data: dict[str, Any]) -> None:
        begins = moment_of(near_day(data["first_day"], "first_day"), time(0))
        ends = moment_of(near_day(data["last_day"], "last_day") + timedelta(days=1), time(0))
        close_bay(places[data["bay"]], begins, ends, data["why"], by=request.staff)

    if attempt(form, close):
        return done(request, "The bay is out of use for that time.", "opening")
    return _page(request, bay_form=form)


@page("calendar.arrange", methods=("POST",))
def bay_reopen(request: StaffRequest, closure_id: int) -> HttpResponse:
    """Take a bay back into use."""
    found, form = access_closure(request.staff, closure_id), PressForm(request.POST)
    if attempt(form, lambda data: reopen_bay(found, by=request.staff)):
        return done(request, f"{found.bay.name} is in use again.", "opening")
    return _page(request, press_form=form)


def _page(request: StaffRequest, **forms: Form) -> HttpResponse:
    hours, today = opening_now(), timezone.localdate()
    others = other_days_from(today)
    closures = closures_after(timezone.now())
    shown: dict[str, Any] = {
        "hours_form": forms.get("hours_form") or HoursForm(initial=_initial(hours.week_of(today))),
        "day_form": forms.get("day_form") or OtherDayForm(),
        "bay_form": forms.get("bay_form") or CloseBayForm(bays=bay_choices(bays(request.staff))),
        "press_form": forms.get("press_form") or PressForm(),
    }
    return show(
        request,
        "opening.html",
        title="Opening hours",
        here="calendar",
        forms=list(shown.values()),
        week=[(name, hours.week_of(today).get(number)) for number, name in enumerate(WEEKDAYS)],
        assumed=hours.assumed,
        coming=weeks_after(today),
        weekdays=WEEKDAYS,
        holidays=_holidays(today),
        others=others,
        booked_on=dates_on_closed_days(others),
        closures=[(row, timezone.localtime(row.ends_at) - timedelta(minutes=1), dates_in(row)) for row in closures],
        clock=clock,
        trail=[("Calendar", "calendar")],
        **shown,
    )


def _initial(week: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, hours in week.items():
        found[f"opens_{number}"] = time(*divmod(hours.opens, 60))
        found[f"closes_{number}"] = time(*divmod(hours.closes, 60)) if hours.closes < 24 * 60 else None
    return found


def _holidays(today: date) -> list[tuple[date, str]]:
    days = (today + timedelta(days=number) for number in range(A_YEAR))
    return [(day, bank_holiday(day)) for day in days if bank_holiday(day) and day.weekday() < 5]
