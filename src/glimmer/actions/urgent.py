"""The urgent pathway and the safety plan: calls raised, steps written, plans made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import locked_episode
from glimmer.care.urgent import Step, Urgency, may_step
from glimmer.records.episodes import Episode
from glimmer.records.outcomes import Task
from glimmer.records.staff import Staff
from glimmer.records.urgent import PLAN, RISK, SafetyPlan, UrgentAct, UrgentCall, newest_safety_plan, urgent_of
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, RuleRefused

TASK = "urgent"


@dataclass(frozen=True, slots=True)
class SafetyPlanDetails:
    """A safety plan as typed: `risk` and `plan` by the keys of `RISK` and `PLAN`."""

    risk: Mapping[str, str]
    plan: Mapping[str, str]
    made_with_patient: bool
    copy_given: bool
    review_on: date
    risk_note: str = ""


def raise_urgent(
    episode: Episode, urgency: str, noticed: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> UrgentCall:
    """Say that a patient is in acute danger. A task for a psychiatrist with the call's own clock is raised with it.

    Whoever hears of it may; a journey that has ended does not matter.
    """
    with acting(by, "urgent.raise", verb="raise_urgent", episode=episode, seen=seen, at=at) as act:
        locked = locked_episode(act)
        if urgency not in set(Urgency):
            raise BadInput("Choose how soon the patient has to be seen.", field="urgency")
        if not noticed.strip():
            raise BadInput("Say what was said or seen.", field="noticed")
        call = UrgentCall.objects.create(
            episode=locked, urgency=urgency, noticed=noticed.strip(), raised_by=by, raised_at=act.at
        )
        _raise_task(locked, call, act.at, "See the patient")
        act.about(call)
        act.note(urgency=urgency)
    return call


def write_urgent_step(
    call: UrgentCall,
    step: str,
    says: str,
    whom: str = "",
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> UrgentAct:
    """Write what was done. Seeing the patient, or handing them over, ends the task; a psychiatrist closes.

    A patient who is sent back is a new task, with the hours of the call from now on.
    """
    permission = "urgent.close" if step == Step.CLOSED else "urgent.act"
    with acting(by, permission, verb="write_urgent_step", episode=call.episode, seen=seen, at=at) as act:
        if step not in set(Step):
            raise BadInput("Choose what was done.", field="step")
        if not says.strip():
            raise BadInput("Say what was found and done.", field="says")
        fresh = UrgentCall.objects.select_related("episode").get(pk=call.pk)
        plan = newest_safety_plan(fresh.episode)
        has_plan = plan is not None and plan.written_at >= fresh.raised_at
        verdict = may_step(urgent_of(fresh), Step(step), whom, has_safety_plan=has_plan)
        if not verdict.allowed:
            raise RuleRefused("This cannot be written yet.", reasons=verdict.reasons)
        stored = UrgentAct.objects.create(
            call=fresh,
            seq=fresh.acts.count() + 1,
            step=step,
            says=says.strip(),
            whom=whom.strip(),
            by=by,
            at=act.at,
        )
        if step in (Step.SEEN, Step.HANDED):
            _finish_task(act, fresh, f"{Step(step).label}: see Risk and safety.")
        if step == Step.RETURNED:
            _raise_task(fresh.episode, fresh, act.at, "Sent back to the clinic: see the patient again")
        act.about(stored)
        act.note(step=step)
    return stored


def _raise_task(episode: Episode, call: UrgentCall, at: datetime, see: str) -> None:
    Task.objects.create(
        episode=episode,
        kind=TASK,
        says=f"{Urgency(call.urgency).label}. {see}, then write down what was done under Risk and safety.",
        owner_role=Role.PSYCHIATRIST.value,
        raised_at=at,
        due_at=urgent_of(call).due_at,
    )


def _finish_task(act: Act, call: UrgentCall, did: str) -> None:
    began = [began_at for began_at, _ in urgent_of(call).clocks]
    waiting = Task.objects.select_for_update(of=("self",)).filter(
        episode=call.episode, kind=TASK, raised_at__in=began, done_at__isnull=True
    )
    for task in waiting:
        task.done_by, task.done_at, task.did = act.by, act.at, did
        task.save(update_fields=["done_by", "done_at", "did"])


def write_safety_plan(
    episode: Episode,
    details: SafetyPlanDetails,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> SafetyPlan:
    """Store the risk as found and the plan. Every question about risk is answered, if only by "not known".

    As with an urgent call, a journey that has ended does not matter.
    """
    with acting(by, "safety_plan.record", verb="write_safety_plan", episode=episode, seen=seen, at=at) as act:
        locked = locked_episode(act)
        _check_plan(details, timezone.localtime(act.at).date())
        stored = SafetyPlan.objects.create(
            episode=locked,
            risk=dict(details.risk),
            risk_note=details.risk_note.strip(),
            plan={part: details.plan[part].strip() for part in PLAN},
            made_with_patient=details.made_with_patient,
            copy_given=details.copy_given,
            review_on=details.review_on,
            written_by=by,
            written_at=act.at,
        )
        act.about(stored)
    return stored


def _check_plan(details: SafetyPlanDetails, today: date) -> None:
    for part, (title, answers) in RISK.items():
        if details.risk.get(part) not in answers:
            raise BadInput(f"{title}: choose an answer, or that it is not known.", field=f"risk_{part}")
    for part in ("warning_signs", "services"):
        if not details.plan.get(part, "").strip():
            raise BadInput(f"{PLAN[part]}: this part of the plan cannot be left out.", field=f"plan_{part}")
    if any("\x00" in text for text in (*details.plan.values(), details.risk_note)):
        raise BadInput("This text holds a character that cannot be stored. Type it again.", field="risk_note")
    if details.review_on <= today:
        raise BadInput("The plan is looked at again on a day after today.", field="review_on")
