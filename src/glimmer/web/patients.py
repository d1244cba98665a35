"""Finding a patient by name, NHS number or date of birth, and one patient's whole journey."""

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.incidents import incidents_of
from glimmer.actions.long_term import long_term_standings
from glimmer.actions.worklist import find_patients
from glimmer.care.long_term import Standing
from glimmer.records.access import access_episode, latest_episodes, open_tasks
from glimmer.records.access_journey import access_plans
from glimmer.records.episodes import Episode
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Day, Form, Text
from glimmer.web.gate import StaffRequest, page
from glimmer.web.lists import asked_number, page_links
from glimmer.web.pages import show
from glimmer.web.steps import step_rows
from glimmer.web.timeline import timeline


class SearchForm(Form):
    """What is known about the patient who is looked for. Everything may be left out."""

    name = "search"
    words = Text("Name", max_length=120, width="20", hint="Family name, given name, or the beginning of either")
    nhs_number = Text("NHS number", max_length=20, width="10", inputmode="numeric")
    birth_date = Day("Date of birth")


@page("patient.search", looks="search")
def patients(request: StaffRequest) -> HttpResponse:
    """Find patients; asked for nothing, show everybody page by page."""
    form = SearchForm(request.GET)
    number = asked_number(request.GET, "page")
    listed = None
    if form.is_valid():
        asked = form.cleaned_data
        listed = find_patients(
            request.staff,
            name=asked["words"],
            nhs_number=asked["nhs_number"],
            birth_date=asked["birth_date"],
            page=number,
        )
    return show(
        request,
        "patients.html",
        title="Patients",
        here="patients",
        forms=[form],
        form=form,
        listed=listed,
        episodes=latest_episodes(request.staff, [row.pk for row in listed.rows]) if listed else {},
        links=page_links(request, listed) if listed else None,
    )


@page("patient.view")
def journey(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show where a patient is, what is needed next, and everything that was done, by whom."""
    episode = access_episode(request.staff, episode_id)
    return show(
        request,
        "journey.html",
        title="Journey",
        here="patients",
        episode=episode,
        trail=[("Patients", "patients")],
        steps=step_rows(request.staff, episode),
        tasks=open_tasks(request.staff, episode),
        incidents=incidents_of(request.staff, episode),
        long_term=_long_term(request, episode),
        history=timeline(request.staff, episode),
    )


def _long_term(request: StaffRequest, episode: Episode) -> tuple[Standing, ...]:
    """Return how the long-term checks stand, once there is a plan and for who may read them."""
    if not may(Role(request.staff.role), "long_term.view") or not access_plans(request.staff, episode).exists():
        return ()
    return long_term_standings(episode, timezone.now())
