"""How many chairs and people? The planner's four questions as one form, and the answer with its pictures.

The form is sent by GET: it works without a script, an address can be kept, and nothing is written. With the script the
part with the answer is asked for again while it is worked out.
"""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from glimmer.actions.capacity import (
    FOR_MONTHS,
    FORECAST,
    INTERVAL,
    MAINTENANCE,
    QUESTIONS,
    ROTA,
    SAME,
    WHO,
    ClinicNow,
    WaitingNow,
    ask_capacity,
    capacity_levers,
    clinic_now,
    waiting_now,
)
from glimmer.vocabulary.people import Role
from glimmer.web.capacity_charts import pictures
from glimmer.web.gate import StaffRequest, page
from glimmer.web.levers import Typed, read_levers
from glimmer.web.planner import in_one_line, show_planner


@page("planner.view")
def capacity(request: StaffRequest) -> HttpResponse:
    """Show the questions and the answer to the one that is asked."""
    return show_planner(request, "capacity.html", "How many chairs and people?", "capacity", _context(request))


@page("planner.view", machine=True)
def capacity_answer(request: StaffRequest) -> HttpResponse:
    """Return the part of the page that holds the answer."""
    return render(request, "capacity_answer.html", _context(request))


def _context(request: StaffRequest) -> dict[str, Any]:
    sent = request.GET
    now: ClinicNow = clinic_now(request.staff)
    waiting: WaitingNow | None = waiting_now(request.staff)
    typed, _ = read_levers(sent, capacity_levers(now))
    choices = _choices(sent, now)
    # A box that is not ticked sends nothing: only a form that was sent can say no.
    from_list = waiting is not None and ("question" not in sent or sent.get("from_list") == "yes")
    also_doctors = sent.get("also_doctors") == "yes"
    problems = [one for one in typed if one.problem]
    # Most of the load follows from it: nobody's choice is made for them.
    ends_missing = not choices["ends"]
    found = None
    if not problems and not ends_missing:
        values = {one.lever.name: float(one.text.replace(",", "")) for one in typed}
        found = ask_capacity(
            choices["question"],
            values,
            choices["who"],
            by=request.staff,
            now=now,
            waiting=waiting if from_list else None,
            ends=choices["ends"],
            staff=choices["on_duty"],
            also_doctors=also_doctors,
        )
    answer = found.answer if found is not None else None
    return {
        "now": now,
        "waiting": waiting,
        "from_list": from_list,
        "also_doctors": also_doctors,
        "long_waits": _long_waits(waiting, typed),
        "typed": {one.lever.name: one for one in typed},
        "problems": problems,
        "ends_missing": ends_missing,
        "is_first": "question" not in sent,
        **choices,
        "questions": QUESTIONS,
        "whom": now.whom(),
        "maintenance": MAINTENANCE,
        "rota_hours": {role: now.hours_a_week(role) for role in (Role.NURSE, Role.PSYCHIATRIST)},
        "found": found,
        "answer": answer,
        "charts": pictures(answer) if answer is not None else None,
        "stands": _stands(typed, choices),
    }


def _choices(sent: QueryDict, now: ClinicNow) -> dict[str, str]:
    """Return what was chosen of each list; what is on none of them is the first, and no end of maintenance is ""."""
    usual_staff = ROTA if now.duties else SAME
    chosen = {
        "question": (sent.get("question", FORECAST), QUESTIONS, FORECAST),
        "who": (sent.get("who", ""), now.whom(), next(iter(WHO))),
        "ends": (sent.get("ends", ""), MAINTENANCE, ""),
        "on_duty": (sent.get("on_duty", usual_staff), (ROTA, SAME) if now.duties else (SAME,), usual_staff),
    }
    return {name: said if said in known else usual for name, (said, known, usual) in chosen.items()}


def _long_waits(waiting: WaitingNow | None, typed: list[Typed]) -> str:
    """Return how many have waited longer than the target, "–" where the target is no number yet."""
    weeks = next(one for one in typed if one.lever.name == "target_weeks")
    return "–" if waiting is None or weeks.problem else str(waiting.longer_than(float(weeks.text)))


def _stands(typed: list[Typed], choices: dict[str, str]) -> str:
    """Return in one line at what the answer was worked out, for a print and for whoever comes back to it."""
    unused = {
        *(("other_interval",) if choices["question"] != INTERVAL else ()),
        *(("months",) if choices["ends"] != FOR_MONTHS else ()),
        *(("nurses", "doctors") if choices["on_duty"] == ROTA else ()),
    }
    return in_one_line(typed, unused)
