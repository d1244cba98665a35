"""Dates for a whole course at once: the ways that were found, booked in one press; and the patient's own limits."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.booking import bays, book_dates
from glimmer.actions.entries import near_day
from glimmer.actions.slots import missing_numbers, search_slots, set_limits
from glimmer.records.access import access_plan
from glimmer.records.house import limits_of, moment_of
from glimmer.records.plans import Bay, Plan
from glimmer.scheduling.slots import Found, Slot, Way
from glimmer.scheduling.wall import day_of, time_of
from glimmer.vocabulary.problems import BadInput, Problem
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.opening_forms import WEEKDAYS, BookWayForm, FromDayForm, LimitsForm
from glimmer.web.pages import done, show


@page("calendar.book")
def slots(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Show the ways to give the plan's sessions dates."""
    return _page(request, access_plan(request.staff, plan_id))


@page("calendar.book", methods=("POST",))
def slots_book(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Book one way, as it was shown."""
    found, form = access_plan(request.staff, plan_id), BookWayForm(request.POST)
    places = {bay.pk: bay for bay in bays(request.staff)}

    def book(data: dict[str, Any]) -> None:
        chosen = read_dates(data["dates"], places)
        book_dates(found, chosen, because=data["because"], by=request.staff, seen=data["seen"])

    if attempt(form, book):
        return done(request, "The dates were booked.", "plan", found.episode_id)
    return _page(request, found, way_form=form)


@page("calendar.book", methods=("POST",))
def limits_post(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Enter when the patient can come."""
    found, form = access_plan(request.staff, plan_id), LimitsForm(request.POST)

    def enter(data: dict[str, Any]) -> None:
        set_limits(
            found.episode,
            [int(day) for day in data["not_weekdays"]],
            data["not_before"],
            data["not_after"],
            data["needs_escort"] == "yes",
            data["travel"],
            by=request.staff,
            seen=data["seen"],
        )

    if attempt(form, enter):
        return done(request, "When the patient can come was saved.", "slots", plan_id)
    return _page(request, found, limits_form=form)


def written(slots: tuple[Slot, ...]) -> str:
    """Return dates as the form carries them: session@day and time@bay, one after the other."""
    return " ".join(
        f"{slot.number}@{day_of(slot.begins)}T{time_of(slot.begins):%H:%M}@{slot.place.key}" for slot in slots
    )


def one_date(number: int, starts_at: datetime, bay_id: int) -> str:
    """Return one date as the form carries it."""
    return f"{number}@{timezone.localtime(starts_at):%Y-%m-%dT%H:%M}@{bay_id}"


def read_dates(words: str, places: dict[int, Bay]) -> list[tuple[int, datetime, Bay]]:
    """Return the dates that a form carries; raise BadInput where it is none of ours."""
    found = []
    for one in words.split():
        parts = re.fullmatch(r"([0-9]{1,3})@(\d{4}-\d\d-\d\d)T(\d\d:\d\d)@([0-9]{1,9})", one, re.ASCII)
        try:
            number, day, at, bay = parts.groups() if parts else ("", "", "", "")
            found.append(
                (
                    int(number),
                    moment_of(near_day(date.fromisoformat(day), "dates"), time.fromisoformat(at)),
                    places[int(bay)],
                )
            )
        except (ValueError, KeyError) as error:
            raise BadInput("These dates cannot be read. Choose one of the ways shown.", field="dates") from error
    return found


def _page(request: StaffRequest, plan: Plan, **forms: Form) -> HttpResponse:
    from_form = _asked(request)
    found, trouble = Found(()), ""
    first_day = (
        from_form.cleaned_data["first_day"] if from_form.is_valid() else timezone.localdate() + timedelta(days=1)
    )
    try:
        found = search_slots(plan, first_day, by=request.staff)
    except BadInput as problem:
        from_form.complain(problem)
    except Problem as problem:
        trouble = str(problem)
    limits = limits_of(plan.episode.patient)
    shown: dict[str, Any] = {
        "from_form": from_form,
        "way_form": forms.get("way_form") or BookWayForm(),
        "limits_form": forms.get("limits_form") or LimitsForm(initial=_initial(limits)),
    }
    return show(
        request,
        "slots.html",
        title="Find dates",
        here="calendar",
        episode=plan.episode,
        step="plan",
        forms=list(shown.values()),
        plan=plan,
        missing=missing_numbers(plan),
        ways=[_shown(way) for way in found.ways],
        nearly=[_shown(way) for way in found.nearly],
        why=found.why,
        trouble=trouble,
        first_day=first_day,
        limits=limits,
        weekdays=WEEKDAYS,
        trail=[("Patients", "patients"), ("Journey", "journey", plan.episode_id), ("Plan", "plan", plan.episode_id)],
        **shown,
    )


def _asked(request: StaffRequest) -> FromDayForm:
    asked = {key: value for key, value in request.GET.items() if key.startswith("first_day")}
    tomorrow = timezone.localdate() + timedelta(days=1)
    return FromDayForm(asked or {"first_day": tomorrow.isoformat()})


def _shown(way: Way) -> dict[str, Any]:
    dates = [(slot, day_of(slot.begins), time_of(slot.begins)) for slot in way.slots]
    return {"names": ", ".join(way.names), "dates": dates, "written": written(way.slots), "against": way.against}


def _initial(limits: Any) -> dict[str, Any]:
    def at(minutes: int | None) -> time | None:
        return None if minutes is None else time(*divmod(minutes, 60))

    return {
        "not_weekdays": [str(day) for day in limits.not_weekdays],
        "not_before": at(limits.not_before),
        "not_after": at(limits.not_after),
        "needs_escort": "yes" if limits.needs_escort else "",
        "travel": limits.travel,
    }
