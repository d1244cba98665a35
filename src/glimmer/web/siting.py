"""Where should clinics be? A form, the plan on a map, and who is left out.

The form is sent by GET: it works without a script, an address can be kept, and nothing is written. With the script a
site is opened or closed by a press on the map or a tick in the table.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from glimmer.actions.siting import (
    EVERYWHERE,
    LONGEST_CODE,
    LONGEST_REASON,
    MEDIAN,
    MOST_SITES,
    OBJECTIVES,
    SITES,
    SOLVE,
    ask_sites,
    siting_levers,
)
from glimmer.web.gate import StaffRequest, page
from glimmer.web.levers import Typed, read_levers
from glimmer.web.planner import in_one_line, show_planner
from glimmer.web.siting_charts import pictures


@page("planner.view")
def siting(request: StaffRequest) -> HttpResponse:
    """Show the form and the plan."""
    return show_planner(request, "siting.html", "Where should clinics be?", "siting", _context(request))


@page("planner.view", machine=True)
def siting_answer(request: StaffRequest) -> HttpResponse:
    """Return the part of the page that holds the plan."""
    return render(request, "siting_answer.html", _context(request))


def _context(request: StaffRequest) -> dict[str, Any]:
    sent = request.GET
    typed, _ = read_levers(sent, siting_levers())
    objective = sent.get("objective", MEDIAN)
    objective = objective if objective in OBJECTIVES else MEDIAN
    where = sent.get("where", EVERYWHERE)[:LONGEST_CODE]
    front = sent.get("front") == "yes"
    chosen, keep, kinds, before = (_codes(sent, name) for name in ("site", "keep", "kind", "before"))
    struck = _struck(sent.get("strike", ""))
    # Whoever presses "Find the best sites" means it, whatever is ticked below.
    own = bool(chosen) and sent.get("do", SITES) != SOLVE
    problems = [one for one in typed if one.problem]
    found = None
    if not problems:
        values = {one.lever.name: float(one.text.replace(",", "")) for one in typed}
        found = ask_sites(
            values,
            objective=objective,
            where=where,
            by=request.staff,
            chosen=chosen if own else (),
            keep=keep,
            before=before,
            kinds=kinds,
            struck=struck,
            front=front,
        )
    answer = found.answer if found is not None else None
    return {
        "typed": {one.lever.name: one for one in typed},
        "problems": problems,
        "objective": objective,
        "objectives": OBJECTIVES,
        "where": where,
        "places": answer["places"] if answer is not None else _places_so_far(where),
        "front": front,
        "keep": keep,
        "kinds": kinds,
        "before": before,
        "strike": "\n".join(f"{code} {reason}".strip() for code, reason in struck.items()),
        "own": own,
        "chosen": chosen,
        "found": found,
        "answer": answer,
        **_before_and_after(sent, answer),
        "charts": pictures(answer, _fixed(typed, objective, where, keep, kinds, sent, front))
        if answer is not None
        else None,
        "stands": _stands(typed, answer),
    }


def _places_so_far(where: str) -> tuple[tuple[str, str], ...]:
    """Return what can be chosen before an answer names all parts: the form must not say another part than is asked."""
    everywhere = (EVERYWHERE, "The whole United Kingdom")
    return (everywhere,) if where == EVERYWHERE else (everywhere, (where, where))


def _codes(sent: QueryDict, name: str) -> tuple[str, ...]:
    """Return the site codes of a form: what no code can be is cut here, and refused in words by the engine."""
    return tuple(code[:LONGEST_CODE] for code in sent.getlist(name)[:MOST_SITES] if code.strip())


def _before_and_after(sent: QueryDict, answer: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the addresses that keep the open sites as the plan before, and that forget it."""
    if answer is None:
        return {}
    kept, forgotten = sent.copy(), sent.copy()
    kept.setlist("before", [one["code"] for one in answer["sites"] if one["is_open"]])
    forgotten.setlist("before", [])
    return {"as_before": kept.urlencode(), "afresh": forgotten.urlencode()}


def _struck(typed: str) -> dict[str, str]:
    """Return why each site is struck, by its code: one a line, the code first; a line without a reason is refused."""
    lines = (line.strip().partition(" ") for line in typed.splitlines()[:MOST_SITES])
    return {code[:LONGEST_CODE]: reason.strip()[:LONGEST_REASON] for code, _, reason in lines if code}


def _fixed(
    typed: list[Typed],
    objective: str,
    where: str,
    keep: tuple[str, ...],
    kinds: tuple[str, ...],
    sent: QueryDict,
    front: bool,
) -> list[tuple[str, str]]:
    """Return what a point of the front takes along, so that its plan is bound by the same rules."""
    fields = [(one.lever.name, one.text) for one in typed]
    fields += [
        ("objective", objective),
        ("where", where),
        *(("keep", one) for one in keep),
        *(("kind", one) for one in kinds),
    ]
    strike = sent.get("strike", "").strip()
    return [*fields, *([("strike", strike)] if strike else []), *([("front", "yes")] if front else [])]


def _stands(typed: list[Typed], answer: Mapping[str, Any] | None) -> str:
    where = f"{answer['where']}; " if answer is not None else ""
    return where + in_one_line(typed, set())
