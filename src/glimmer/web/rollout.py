"""How does a service grow? A form, clinics and people by year, by nation, and the funnel; the same as CSV.

The form is sent by GET: it works without a script, an address can be kept, and nothing is written.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from glimmer.actions.capacity import FOR_MONTHS, MAINTENANCE
from glimmer.actions.rollout import ask_rollout, rollout_levers
from glimmer.actions.siting import EVERYWHERE, LONGEST_CODE
from glimmer.web.gate import StaffRequest, page
from glimmer.web.levers import read_levers
from glimmer.web.planner import in_one_line, show_planner
from glimmer.web.rollout_charts import funnel_chart, growth_chart

COLUMNS = ("table", "row", "figure", "mean", "low", "high")
# Titles of what is told of each year, as the page and the CSV have them: name, title, decimals.
YEAR = (
    ("reach", "People in need within reach, %", 0),
    ("referred", "Referred", 0),
    ("started", "Start their first course", 0),
    ("again", "Start again after a relapse", 0),
    ("further", "Turn to a clinic that is not the nearest", 0),
    ("beyond", "Have no open clinic in reach", 0),
    ("gave_up", "Give up while waiting", 0),
    ("waiting", "Wait at the year’s end", 0),
    ("maintained", "Are kept well at the year’s end", 0),
)
GROUP = (
    ("started", "Started, all years", 0),
    ("share", "Started, of those referred, %", 0),
    ("beyond", "No clinic in reach, of those referred, %", 0),
    ("minutes", "Minutes each way", 0),
    ("weeks", "Weeks to start", 1),
)


@page("planner.view")
def rollout(request: StaffRequest) -> HttpResponse:
    """Show the form and the growth of the service."""
    return show_planner(request, "rollout.html", "How does a service grow?", "capacity", _context(request))


@page("planner.view", machine=True)
def rollout_answer(request: StaffRequest) -> HttpResponse:
    """Return the part of the page that holds the answer."""
    return render(request, "rollout_answer.html", _context(request))


@page("planner.view")
def rollout_csv(request: StaffRequest) -> HttpResponse:
    """Return the answer as a table of one figure a row; where there is none yet, go to the page that works it out."""
    answer = _context(request)["answer"]
    if answer is None:
        return redirect(f"{reverse('rollout')}?{request.GET.urlencode()}")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(csv_rows(answer))
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="glimmer-rollout.csv"'},
    )


def csv_rows(answer: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the CSV; what is known and no estimate has its value for both ends as well."""
    yield ("about", "maintenance", answer["says"][0], "", "", "")
    yield ("about", "travel", answer["label"], "", "", "")
    yield ("about", "runs and seed", f"{answer['draws']} runs, seed {answer['seed']}", "", "", "")
    for row in answer["years"]:
        for name, title in (("clinics", "Clinics open"), ("staff", "Staff in use"), ("workforce", "Staff there is")):
            yield ("year", row["year"], title, *(row[name],) * 3)
        for name, title, _ in YEAR:
            yield ("year", row["year"], title, *row[name])
    for table in ("nations", "fifths"):
        for row in answer[table]:
            for name, title, _ in GROUP:
                yield (table, row["name"], title, *(row[name] or ("", "", "")))
    for row in answer["funnel"]:
        yield ("funnel", row["step"], row["unit"], *row["count"])
    for row in answer["openings"]:
        yield ("opening", row["code"], f"{row['name']}: opens in year", *(row["year"],) * 3)


def _context(request: StaffRequest) -> dict[str, Any]:
    sent = request.GET
    typed, _ = read_levers(sent, rollout_levers())
    where = sent.get("where", EVERYWHERE)[:LONGEST_CODE]
    ends = sent.get("ends", "")
    ends = ends if ends in MAINTENANCE else ""
    problems = [one for one in typed if one.problem]
    found = None
    if ends and not problems:
        values = {one.lever.name: float(one.text.replace(",", "")) for one in typed}
        found = ask_rollout(values, where=where, ends=ends, by=request.staff)
    answer = found.answer if found is not None else None
    everywhere = (EVERYWHERE, "The whole United Kingdom")
    so_far = (everywhere,) if where == EVERYWHERE else (everywhere, (where, where))
    return {
        "typed": {one.lever.name: one for one in typed},
        "problems": problems,
        "ends": ends,
        "ends_missing": not ends,
        "is_first": "clinics" not in sent,
        "maintenance": MAINTENANCE,
        "where": where,
        "places": answer["places"] if answer is not None else so_far,
        "found": found,
        "answer": answer,
        "growth": growth_chart(answer["years"]) if answer is not None else None,
        "funnel": funnel_chart(answer["funnel"]) if answer is not None else None,
        "year_titles": YEAR,
        "group_titles": GROUP,
        "csv_query": sent.urlencode(),
        "stands": in_one_line(typed, set() if ends == FOR_MONTHS else {"months"}),
    }
