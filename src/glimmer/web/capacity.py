"""How many chairs and people? The planner's four questions as one form, and the answer with its pictures.

The form is sent by GET: it works without a script, an address can be kept, and nothing is written. With the script the
part with the answer is asked for again while it is worked out.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from glimmer.actions.capacity import (
    FORECAST,
    INTERVAL,
    QUESTIONS,
    WHO,
    ClinicNow,
    WaitingNow,
    ask_capacity,
    capacity_levers,
    clinic_now,
    waiting_now,
)
from glimmer.web.capacity_charts import pictures
from glimmer.web.gate import StaffRequest, page
from glimmer.web.levers import Typed, read_levers
from glimmer.web.pages import show


@page("planner.view")
def capacity(request: StaffRequest) -> HttpResponse:
    """Show the questions and the answer to the one that is asked."""
    context = _context(request)
    wrong = context["problems"]
    return show(
        request,
        "capacity.html",
        title="How many chairs and people?",
        here="capacity",
        status=422 if wrong else 200,
        errors=wrong,
        **context,
    )


@page("planner.view", machine=True)
def capacity_answer(request: StaffRequest) -> HttpResponse:
    """Return the part of the page that holds the answer."""
    return render(request, "capacity_answer.html", _context(request))


def _context(request: StaffRequest) -> dict[str, Any]:
    sent = request.GET
    now: ClinicNow = clinic_now(request.staff)
    waiting: WaitingNow | None = waiting_now(request.staff)
    typed, _ = read_levers(sent, capacity_levers(now))
    question = sent.get("question", FORECAST)
    question = question if question in QUESTIONS else FORECAST
    who = sent.get("who", "")
    who = who if who in WHO else next(iter(WHO))
    # A box that is not ticked sends nothing: only a form that was sent can say no.
    from_list = waiting is not None and ("question" not in sent or sent.get("from_list") == "yes")
    problems = [one for one in typed if one.problem]
    found = None
    if not problems:
        values = {one.lever.name: float(one.text.replace(",", "")) for one in typed}
        start = waiting if from_list else None
        found = ask_capacity(question, values, who, by=request.staff, now=now, waiting=start)
    answer = found.answer if found is not None else None
    return {
        "now": now,
        "waiting": waiting,
        "from_list": from_list,
        "long_waits": _long_waits(waiting, typed),
        "typed": {one.lever.name: one for one in typed},
        "problems": problems,
        "question": question,
        "questions": QUESTIONS,
        "who": who,
        "whom": WHO,
        "found": found,
        "answer": answer,
        "charts": pictures(answer) if answer is not None else None,
        "stands": _stands(typed, question),
    }


def _long_waits(waiting: WaitingNow | None, typed: list[Typed]) -> str:
    """Return how many have waited longer than the target, "–" where the target is no number yet."""
    weeks = next(one for one in typed if one.lever.name == "target_weeks")
    return "–" if waiting is None or weeks.problem else str(waiting.longer_than(float(weeks.text)))


def _stands(typed: list[Typed], question: str) -> str:
    """Return in one line at what the answer was worked out, for a print and for whoever comes back to it."""
    shown = [one for one in typed if one.lever.name != "other_interval" or question == INTERVAL]
    return "; ".join(f"{one.lever.title} {one.text} {one.lever.unit}" for one in shown)
