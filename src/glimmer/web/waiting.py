"""The waiting list, how urgently somebody waits, and who could take a time that was cancelled."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.waiting import may_be_booked, overdue, set_priority, unrecorded_dates, waiting_list, who_could_take
from glimmer.guidance import figure
from glimmer.records.access import access_appointment, access_episode
from glimmer.records.access_calendar import priorities_of
from glimmer.records.episodes import Episode
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.slots import one_date
from glimmer.web.waiting_forms import PriorityForm


@page("patient.view")
def waiting(request: StaffRequest) -> HttpResponse:
    """Show who waits for a date, the most pressing first."""
    today, lines = timezone.localdate(), waiting_list(request.staff)
    return show(
        request,
        "waiting.html",
        title="Waiting list",
        here="calendar",
        lines=[
            (line, line.waiting.weeks(today), line.waiting.is_overdue(today), may_be_booked(line.plan))
            for line in lines
        ],
        overdue=overdue(lines, today),
        unrecorded=unrecorded_dates(request.staff, timezone.now()),
        weeks=figure("calendar", "priority_weeks").value,
        trail=[("Calendar", "calendar")],
    )


@page("patient.view")
def priority(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show how urgently a patient waits, with what was said before."""
    return _priority_page(request, access_episode(request.staff, episode_id), PriorityForm())


@page("waiting.prioritise", methods=("POST",))
def priority_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Say how urgently a patient waits."""
    episode, form = access_episode(request.staff, episode_id), PriorityForm(request.POST)

    def enter(data: dict[str, Any]) -> None:
        set_priority(episode, data["priority"], data["reason"], by=request.staff, seen=data["seen"])

    if attempt(form, enter):
        return done(request, "The priority was saved.", "waiting")
    return _priority_page(request, episode, form)


@page("calendar.book")
def refill(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Show who of the waiting list could take the time of a cancelled date; a person chooses, with one press."""
    found = access_appointment(request.staff, appointment_id)
    is_free = found.cancelled_at is not None and found.starts_at > timezone.now()
    could = who_could_take(found.bay, found.starts_at, by=request.staff) if is_free else []
    return show(
        request,
        "refill.html",
        title="Who could take this time",
        here="calendar",
        appointment=found,
        is_free=is_free,
        could=[(one, one_date(one.fit.number, found.starts_at, found.bay_id)) for one in could],
        today=timezone.localdate(),
        trail=[("Calendar", "calendar"), ("Waiting list", "waiting")],
    )


def _priority_page(request: StaffRequest, episode: Episode, form: PriorityForm) -> HttpResponse:
    return show(
        request,
        "priority.html",
        title="Priority",
        here="calendar",
        episode=episode,
        forms=[form],
        form=form,
        said=priorities_of(episode),
        trail=[("Calendar", "calendar"), ("Waiting list", "waiting")],
    )
