"""The plan: protocol, dose by both weights, the order, the second prescriber, and the dates of the course."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.booking import bays
from glimmer.actions.limits import last_decided_by, second_for_limits
from glimmer.actions.plan import (
    PlanOrder,
    PlanPreview,
    book_appointment,
    book_course,
    countersign_plan,
    prescribe_plan,
    preview_plan,
)
from glimmer.records.access import access_appointments, access_episode, access_plan
from glimmer.records.access_journey import access_plans
from glimmer.records.episodes import Episode
from glimmer.records.journey import second_prescriber_wanted
from glimmer.records.medicines import medicine_cautions
from glimmer.records.plans import Plan
from glimmer.records.protocols import prescribable
from glimmer.records.switches import functions_now
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.calendar_forms import BookForm, BookOneForm, bay_choices, moment_of
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.plan_forms import CountersignForm, PlanForm
from glimmer.web.protocols import EVIDENCE


@page("patient.view")
def plan(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show the plan in force, the dates, and the way to prescribe."""
    return _page(request, access_episode(request.staff, episode_id))


@page("plan.prescribe", methods=("POST",))
def prescribe_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Work out the dose by both weights, or prescribe: whichever button was pressed."""
    episode = access_episode(request.staff, episode_id)
    typed = not functions_now().dose_arithmetic
    previewing = request.POST.get("do") != "prescribe" and not typed
    form = PlanForm(request.POST, offered=prescribable(), previewing=previewing, typed=typed)
    worked_out: list[PlanPreview] = []

    def act(data: dict[str, Any]) -> None:
        order = _order(data)
        if not typed:
            worked_out.append(preview_plan(episode, order))
        if not previewing:
            prescribe_plan(episode, order, by=request.staff, seen=data["seen"])

    if attempt(form, act) and not previewing:
        return done(request, "The plan was prescribed.", "plan", episode_id)
    return _page(request, episode, preview=worked_out[0] if worked_out else None, plan_form=form)


@page("plan.prescribe", methods=("POST",))
def countersign_post(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Agree to a plan as second prescriber."""
    found = access_plan(request.staff, plan_id)
    form = CountersignForm(request.POST)
    if attempt(form, lambda data: countersign_plan(found, by=request.staff, seen=data["seen"])):
        return done(request, "You agreed to the plan as second prescriber.", "plan", found.episode_id)
    return _page(request, found.episode, countersign_form=form)


@page("calendar.book", methods=("POST",))
def book_post(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Book every session of a plan."""
    found = access_plan(request.staff, plan_id)
    places = {str(bay.pk): bay for bay in bays(request.staff)}
    form = BookForm(request.POST, bays=bay_choices(places.values()))

    def book(data: dict[str, Any]) -> None:
        first_day, at_time, bay = data["first_day"], data["at_time"], places[data["bay"]]
        book_course(found, first_day, at_time, bay, because=data["because"], by=request.staff, seen=data["seen"])

    if attempt(form, book):
        return done(request, "The course was booked.", "plan", found.episode_id)
    return _page(request, found.episode, book_form=form)


@page("calendar.book", methods=("POST",))
def book_one_post(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Give one session that has no date a new one."""
    found = access_plan(request.staff, plan_id)
    places = {str(bay.pk): bay for bay in bays(request.staff)}
    form = BookOneForm(request.POST, bays=bay_choices(places.values()))

    def book(data: dict[str, Any]) -> None:
        start = moment_of(data["day"], data["starts_at"])
        bay, because = places[data["bay"]], data["because"]
        book_appointment(found, data["number"], start, bay, because=because, by=request.staff, seen=data["seen"])

    if attempt(form, book):
        return done(request, "The date was booked.", "plan", found.episode_id)
    return _page(request, found.episode, book_one_form=form)


def _order(data: dict[str, Any]) -> PlanOrder:
    def number(name: str) -> float | None:
        return None if data.get(name) is None else float(data[name])

    return PlanOrder(
        protocol_id=data["protocol_id"],
        weight_kg=float(data["weight_kg"]),
        height_cm=float(data["height_cm"]),
        basis=data.get("basis", ""),
        oxygen_scale=int(data["oxygen_scale"] or 0),
        pregnancy_possible=data["pregnancy_possible"] == "yes",
        mg_per_kg=number("mg_per_kg"),
        minutes=data["minutes"],
        sessions=data["sessions"],
        reason=data["reason"],
        dose_mg=number("dose_mg"),
    )


def _page(request: StaffRequest, episode: Episode, preview: PlanPreview | None = None, **forms: Form) -> HttpResponse:
    plans = list(access_plans(request.staff, episode))
    newest = plans[-1] if plans else None
    places, offered = bay_choices(bays(request.staff)), prescribable()
    shown: dict[str, Any] = {
        "plan_form": forms.get("plan_form") or PlanForm(offered=offered, typed=not functions_now().dose_arithmetic),
        "countersign_form": forms.get("countersign_form") or CountersignForm(),
        "book_form": forms.get("book_form") or BookForm(bays=places),
        "book_one_form": forms.get("book_one_form") or BookOneForm(bays=places),
    }
    dates = list(access_appointments(request.staff).filter(plan=newest).select_related("session")) if newest else []
    return show(
        request,
        "plan.html",
        title="Plan",
        here="patients",
        episode=episode,
        step="plan",
        forms=list(shown.values()),
        plans=plans,
        newest=newest,
        second_wanted=newest is not None and second_prescriber_wanted(newest),
        second_for_limits=second_for_limits(newest, timezone.now()) if newest is not None else (),
        own=newest is not None and last_decided_by(newest) == request.staff.pk,
        appointments=dates,
        without_date=_without_date(newest, {row.number for row in dates}),
        preview=preview,
        protocols=offered,
        evidence=EVIDENCE,
        medicine_cautions=medicine_cautions(episode),
        prescribes=may(Role(request.staff.role), "plan.prescribe"),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
        **shown,
    )


def _without_date(newest: Plan | None, dated: set[int]) -> list[int]:
    """Return the numbers of the sessions that lost their date; none while the course is not booked at all."""
    if newest is None or not dated:
        return []
    return [number for number in range(1, newest.sessions + 1) if number not in dated]
