"""The sessions of one journey: those given, those booked, and the way into each."""

from django.http import HttpResponse

from glimmer.records.access import access_appointments, access_episode
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import show


@page("patient.view")
def sessions(request: StaffRequest, episode_id: int) -> HttpResponse:
    """List the dates of a journey in their order, each with its session where there is one."""
    episode = access_episode(request.staff, episode_id)
    found = access_appointments(request.staff).filter(plan__episode=episode).select_related("session")
    return show(
        request,
        "sessions.html",
        title="Sessions",
        here="patients",
        episode=episode,
        step="session",
        appointments=list(found.order_by("starts_at")),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )
