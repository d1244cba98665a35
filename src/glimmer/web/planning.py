"""The planner: a month proposed, read as a list, accepted whole or in part."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.planning import FELL_BACK, accept_planned, newest_run, plan_month, planned_dates
from glimmer.records.waiting import PlannedDate
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.waiting_forms import AcceptForm, PlanForm


@page("calendar.book")
def planning(request: StaffRequest) -> HttpResponse:
    """Show the newest proposal, and the way to make another."""
    return _page(request)


@page("calendar.book", methods=("POST",))
def planning_make(request: StaffRequest) -> HttpResponse:
    """Make a proposal; nothing is booked."""
    form = PlanForm(request.POST)
    if attempt(form, lambda data: plan_month(data["first_day"], by=request.staff)):
        return done(request, "A proposal was made. Nothing is booked before you accept it.", "planning")
    return _page(request, plan_form=form)


@page("calendar.book", methods=("POST",))
def planning_accept(request: StaffRequest) -> HttpResponse:
    """Book the chosen dates of the proposal that the page showed, or all of it that are open."""
    run = newest_run(request.staff)
    rows = list(planned_dates(run, by=request.staff)) if run is not None else []
    open_rows = [str(row.pk) for row in rows if row.decided_at is None]
    chosen = open_rows if request.POST.get("do") == "all" else request.POST.getlist("dates")
    form = AcceptForm({"dates": chosen, "seen": ""}, offered=open_rows)
    told: list[tuple[int, int]] = []

    def accept(data: dict[str, Any]) -> None:
        if run is None:
            raise BadInput("There is no proposal. Make one first.", field="dates")
        if request.POST.get("run") != str(run.pk):
            raise BadInput(
                "A newer proposal was made since you opened this page. Nothing was booked. It stands below: read it, "
                "then accept it.",
                field="dates",
            )
        told.append(accept_planned(run, [int(key) for key in data["dates"]], by=request.staff))

    if attempt(form, accept):
        booked, left = told[0]
        rest = f" {left} could not be booked: the reasons stand beside them." if left else ""
        return done(request, f"{booked} dates were booked.{rest}", "planning")
    return _page(request, accept_form=form)


def _page(
    request: StaffRequest, plan_form: PlanForm | None = None, accept_form: AcceptForm | None = None
) -> HttpResponse:
    run = newest_run(request.staff)
    rows = list(planned_dates(run, by=request.staff)) if run is not None else []
    # Today is left to whoever books by hand: some of its times have passed, and nobody can be told in time of the rest.
    plan_form = plan_form or PlanForm(initial={"first_day": timezone.localdate() + timedelta(days=1)})
    return show(
        request,
        "planning.html",
        title="Plan a month",
        here="calendar",
        forms=[form for form in (plan_form, accept_form) if form is not None],
        plan_form=plan_form,
        run=run,
        fell_back=run is not None and run.how == FELL_BACK,
        patients=_by_patient(rows),
        is_open=any(row.decided_at is None for row in rows),
        trail=[("Calendar", "calendar"), ("Waiting list", "waiting")],
    )


def _by_patient(rows: list[PlannedDate]) -> list[tuple[PlannedDate, list[PlannedDate]]]:
    found: dict[int, list[PlannedDate]] = {}
    for row in sorted(rows, key=lambda one: one.number):
        found.setdefault(row.plan_id, []).append(row)
    return [(those[0], those) for those in sorted(found.values(), key=lambda those: those[0].starts_at)]
