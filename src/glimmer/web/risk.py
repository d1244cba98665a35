"""Risk and safety: urgent calls with their clock, what was done about them, and the plan made with the patient."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.urgent import raise_urgent, write_safety_plan, write_urgent_step
from glimmer.records.access import access_episode, access_urgent_call
from glimmer.records.access_journey import access_safety_plans, access_urgent_calls
from glimmer.records.episodes import Episode
from glimmer.records.urgent import PLAN, RISK, urgent_of
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.risk_forms import SafetyPlanForm, StepForm, UrgentForm, initial_of


@page("patient.view")
def risk(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show the urgent calls and the safety plan."""
    return _page(request, access_episode(request.staff, episode_id))


@page("urgent.raise", methods=("POST",))
def urgent_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Raise an urgent call."""
    episode = access_episode(request.staff, episode_id)
    form = UrgentForm(request.POST)
    # Whatever else was changed meanwhile: a call about acute danger is never sent back for that.
    if attempt(form, lambda data: raise_urgent(episode, data["urgency"], data["noticed"], by=request.staff)):
        return done(request, "The urgent call was raised. Tell a psychiatrist now as well.", "risk", episode_id)
    return _page(request, episode, urgent_form=form)


@page("urgent.act", methods=("POST",))
def urgent_step_post(request: StaffRequest, call_id: int) -> HttpResponse:
    """Write down what was done about an urgent call."""
    call = access_urgent_call(request.staff, call_id)
    form = StepForm(request.POST)

    def write(data: dict[str, Any]) -> None:
        write_urgent_step(call, data["step"], data["says"], data["whom"], by=request.staff, seen=data["seen"])

    if attempt(form, write):
        return done(request, "What was done is on record.", "risk", call.episode_id)
    return _page(request, call.episode, step_form=form)


@page("safety_plan.record", methods=("POST",))
def safety_plan_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Store the risk as found and the plan."""
    episode = access_episode(request.staff, episode_id)
    form = SafetyPlanForm(request.POST)
    if attempt(form, lambda data: write_safety_plan(episode, form.details(), by=request.staff, seen=data["seen"])):
        return done(request, "The safety plan is on record.", "risk", episode_id)
    return _page(request, episode, safety_form=form)


@page("patient.view")
def safety_plan_print(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show the plan alone, to be printed for the patient: what was found about risk is left out."""
    episode = access_episode(request.staff, episode_id)
    newest = access_safety_plans(request.staff, episode).first()
    return show(
        request,
        "safety_plan_print.html",
        title="My safety plan",
        here="patients",
        episode=episode,
        plan=newest,
        parts=PLAN,
        trail=[("Patients", "patients"), ("Risk and safety", "risk", episode.pk)],
    )


def _page(request: StaffRequest, episode: Episode, **forms: Form) -> HttpResponse:
    role, now = Role(request.staff.role), timezone.now()
    plans = list(access_safety_plans(request.staff, episode))
    shown: dict[str, Any] = {
        "urgent_form": forms.get("urgent_form") or UrgentForm(),
        "step_form": forms.get("step_form") or StepForm(),
        "safety_form": forms.get("safety_form") or SafetyPlanForm(initial=initial_of(plans[0] if plans else None)),
    }
    return show(
        request,
        "risk.html",
        title="Risk and safety",
        here="patients",
        episode=episode,
        step="selection",
        forms=list(shown.values()),
        calls=[(call, urgent_of(call)) for call in access_urgent_calls(request.staff, episode)],
        now_at=now,
        plans=plans,
        risk_titles={part: title for part, (title, _) in RISK.items()},
        parts=PLAN,
        today=timezone.localtime(now).date(),
        raises=may(role, "urgent.raise"),
        acts=may(role, "urgent.act"),
        plans_safety=may(role, "safety_plan.record"),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
        **shown,
    )
