"""What a model predicts beside an infusion and for a plan: pages of their own, which other pages show a part of.

The session's page never waits for them: it fetches its part when it is open already, and without it shows a link.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from glimmer.actions.prediction import expected_exposure, predicted_levels
from glimmer.guidance import figure
from glimmer.records.access import access_plan
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import show
from glimmer.web.predicted_chart import level_chart
from glimmer.web.session_presses import Bedside, find


@page("session.view", bedside=True)
def session_predicted(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show the predicted levels of one session on a page of their own."""
    bedside = find(request, session_id)
    session = bedside.session
    return show(
        request,
        "predicted/session.html",
        title=f"Predicted level, session {session.number}",
        here="board",
        episode=session.episode,
        step="session",
        trail=[("Chair board", "board"), ("Session", "session", session.pk)],
        session=session,
        **_levels(request, bedside),
    )


@page("session.view", machine=True, bedside=True, stands_open="session")
def session_predicted_part(request: StaffRequest, session_id: int) -> HttpResponse:
    """Return the part of it that the session's page takes in, again and again while it is open."""
    return render(request, "predicted/levels.html", _levels(request, find(request, session_id)))


def _levels(request: StaffRequest, bedside: Bedside) -> dict[str, Any]:
    found = predicted_levels(bedside.session, bedside.log, by=request.staff, at=bedside.now)
    answer, given = found.answer, found.given
    return {
        "found": found,
        "chart": level_chart(answer, given, bedside.now) if answer and given and not found.refused else None,
        "now": bedside.now,
        "stale_after": figure("kinetics", "feed_is_stale_after").value,
        "is_running": not bedside.state.phase.is_over,
    }


@page("patient.view")
def plan_exposure(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Show what exposure one session of a plan leads to be expected, for its patient."""
    plan = access_plan(request.staff, plan_id)
    return show(
        request,
        "predicted/plan.html",
        title=f"Expected exposure, plan {plan.version}",
        here="patients",
        episode=plan.episode,
        step="plan",
        trail=[("Patients", "patients"), ("Plan", "plan", plan.episode_id)],
        plan=plan,
        found=expected_exposure(plan, by=request.staff, at=timezone.now()),
    )
