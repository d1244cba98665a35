"""Is it worth its cost? A page where prices, relapse, maintenance and volume are moved, and the answer follows.

The form is sent by GET: it works without a script, an address can be kept, and nothing is written. With the script, the
part with the answer is fetched as a lever moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from glimmer.actions.economics import Lever, Weighed, levers, weigh_service, within
from glimmer.web.economics_chart import benefit_chart
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import show


@dataclass(frozen=True, slots=True)
class Typed:
    """One lever as it was typed: what its field shows, and what is wrong with it."""

    lever: Lever
    text: str
    problem: str = ""


@page("economics.view")
def economics(request: StaffRequest) -> HttpResponse:
    """Show the levers and the answer where they stand."""
    typed, moved = _read(request.GET)
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
    typed, moved = _read(request.GET)
    return render(request, "economics_answer.html", _answer(request, typed, moved))


def _answer(request: StaffRequest, typed: list[Typed], moved: Mapping[str, float]) -> dict[str, Any]:
    if any(one.problem for one in typed):
        return {"found": None, "chart": None, "problems": [one for one in typed if one.problem]}
    found: Weighed = weigh_service(moved, by=request.staff)
    chart = benefit_chart(found.answer) if found.answer else None
    return {"found": found, "chart": chart, "problems": [], "stands": typed}


def _read(sent: QueryDict) -> tuple[list[Typed], dict[str, float]]:
    """Return every lever as typed, and what was moved away from where it stands."""
    typed: list[Typed] = []
    moved: dict[str, float] = {}
    for lever in levers():
        start = "" if lever.value is None else f"{lever.value:g}"
        text = sent.get(lever.name, start).strip()[:20]
        number = _number(text)
        problem = ""
        if text and (number is None or not within(lever, number)):
            problem = f"{lever.title}: type a number from {lever.low:g} to {lever.high:g}."
        elif not text and lever.value is not None:
            problem = f"{lever.title}: type a number; {start} is the published one."
        elif number is not None and number != lever.value:
            moved[lever.name] = number
        typed.append(Typed(lever, text, problem))
    return typed, moved


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").removeprefix("£"))
    except ValueError:
        return None
