"""Is it worth its cost? A page where prices, relapse, maintenance and volume are moved, and the answer follows.

The form is sent by GET: it works without a script, an address can be kept, and nothing is written. With the script, the
part with the answer is fetched as a lever moves.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from glimmer.actions.economics import Weighed, levers, weigh_service
from glimmer.web.economics_chart import benefit_chart
from glimmer.web.gate import StaffRequest, page
from glimmer.web.levers import Typed, read_levers
from glimmer.web.pages import show


@page("economics.view")
def economics(request: StaffRequest) -> HttpResponse:
    """Show the levers and the answer where they stand."""
    typed, moved = read_levers(request.GET, levers())
    wrong = [one for one in typed if one.problem]
    return show(
        request,
        "economics.html",
        title="Is it worth its cost?",
        here="economics",
        typed=typed,
        status=422 if wrong else 200,
        wrong=wrong,
        **_answer(request, typed, moved),
    )


@page("economics.view", machine=True)
def economics_answer(request: StaffRequest) -> HttpResponse:
    """Return the part of the page that holds the answer."""
    typed, moved = read_levers(request.GET, levers())
    return render(request, "economics_answer.html", _answer(request, typed, moved))


def _answer(request: StaffRequest, typed: list[Typed], moved: Mapping[str, float]) -> dict[str, Any]:
    if any(one.problem for one in typed):
        return {"found": None, "chart": None, "problems": [one for one in typed if one.problem]}
    found: Weighed = weigh_service(moved, by=request.staff)
    chart = benefit_chart(found.answer) if found.answer else None
    return {"found": found, "chart": chart, "problems": [], "stands": typed}
