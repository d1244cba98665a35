"""The start page: what waits for whom, what is due, who comes today. And the help page."""

from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.incidents import waiting_incidents
from glimmer.actions.tasks import inbox_count
from glimmer.actions.worklist import counts, messages_to_decide, sees_patients, tasks_for, worklist
from glimmer.care.journey import STEPS
from glimmer.records.access import access_appointments
from glimmer.records.plans import Appointment
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.gate import StaffRequest, page
from glimmer.web.lists import asked_choice, asked_number, page_links
from glimmer.web.pages import show


@page("home.view")
def home(request: StaffRequest) -> HttpResponse:
    """Show the day of the signed-in person: their worklist, tasks and today's sessions, or the counts."""
    staff = request.staff
    context: dict[str, Any] = {}
    if sees_patients(staff):
        context |= _worklist(request)
        context |= {"tasks": tasks_for(staff), "today": todays_appointments(staff)}
        context["inbox"] = inbox_count(staff, timezone.now())
        context["device_messages"] = messages_to_decide(staff)
    elif may(Role(staff.role), "counts.view"):
        context["rows"] = counts(staff)
    context["incidents_open"], context["incidents_overdue"] = waiting_incidents(staff, timezone.now())
    return show(request, "home.html", title="Start", here="home", **context)


@page("home.view")
def help_page(request: StaffRequest) -> HttpResponse:
    """Explain on one page how a clinic day runs in Glimmer."""
    return show(request, "help.html", title="Help", here="help", steps=STEPS)


def todays_appointments(by: Staff) -> list[Appointment]:
    """Return the sessions booked for today in the clinic's own time zone, by time."""
    zone = timezone.get_current_timezone()
    start = datetime.combine(timezone.localdate(), time(0), tzinfo=zone)
    found = access_appointments(by).filter(starts_at__gte=start, starts_at__lt=start + timedelta(days=1))
    return list(found.select_related("session").order_by("starts_at", "bay__position"))


def _worklist(request: StaffRequest) -> dict[str, Any]:
    everybody = request.GET.get("for") == "all"
    step = asked_choice(request.GET, "step", tuple(step.slug for step in STEPS))
    waiting_on = "" if everybody else request.staff.role
    listed = worklist(request.staff, step=step, waiting_on=waiting_on, page=asked_number(request.GET, "page"))
    return {
        "listed": listed,
        "everybody": everybody,
        "step_asked": step,
        "steps": STEPS,
        "links": page_links(request, listed),
    }
