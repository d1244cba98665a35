"""The team's lists on a page, and without names as a file."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.tasks import ROLES
from glimmer.actions.team_lists import lists_without_names, team_list
from glimmer.care.journey import STEPS
from glimmer.care.worklists import TeamList
from glimmer.web.gate import StaffRequest, page
from glimmer.web.lists import asked_choice, asked_number, page_links
from glimmer.web.pages import show

WORDS = {
    TeamList.WAITING: "Waiting",
    TeamList.DUE: "Due within a week",
    TeamList.OVERDUE: "Overdue",
    TeamList.UNWELL: "Unwell",
}


@page("patient.view")
def team_lists(request: StaffRequest) -> HttpResponse:
    """Show one list: who needs somebody, why, and what to do next."""
    asked = request.GET
    which = TeamList(asked_choice(asked, "list", tuple(one.value for one in TeamList)) or TeamList.UNWELL.value)
    step = asked_choice(asked, "step", tuple(step.slug for step in STEPS))
    waiting_on = asked_choice(asked, "for", tuple(role.value for role in ROLES))
    mine = asked.get("mine") == "yes"
    found = team_list(
        request.staff,
        which,
        timezone.now(),
        step=step,
        waiting_on=waiting_on,
        mine=mine,
        page=asked_number(asked, "page"),
    )
    return show(
        request,
        "team_lists.html",
        title="Who needs somebody",
        here="tasks",
        which=which,
        words=WORDS,
        listed=found,
        mine=mine,
        choices=_choices(which, step, waiting_on),
        links=page_links(request, found),
    )


@page("worklist.export", looks="print")
def team_lists_file(request: StaffRequest) -> HttpResponse:
    """Return all lists without names, as a file that a spreadsheet opens."""
    response = HttpResponse(lists_without_names(request.staff, timezone.now()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="worklists-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


def _choices(which: TeamList, step: str, waiting_on: str) -> dict[str, list[dict[str, Any]]]:
    def items(pairs: list[tuple[str, str]], chosen: str) -> list[dict[str, Any]]:
        return [{"value": value, "text": text, "selected": value == chosen} for value, text in pairs]

    steps = [("", "All steps"), *((one.slug, one.title) for one in STEPS)]
    roles = [("", "Anybody"), *((role.value, role.label) for role in ROLES)]
    return {
        "list": items([(one.value, words) for one, words in WORDS.items()], which.value),
        "step": items(steps, step),
        "for": items(roles, waiting_on),
    }
