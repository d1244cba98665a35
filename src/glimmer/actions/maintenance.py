"""Keeping well: what is proposed next, what a psychiatrist decides, and the review that is due."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.booking import cancel_open_dates
from glimmer.actions.course import trajectory_of
from glimmer.actions.early import newest_plan
from glimmer.actions.endings import locked_episode, open_episode
from glimmer.actions.entries import optional_text
from glimmer.actions.limits import exposure_facts
from glimmer.actions.outcomes import course_outcome
from glimmer.care.limits import Limits
from glimmer.care.maintenance import (
    WITHOUT_INTERVAL,
    MaintenanceFacts,
    Proposal,
    Step,
    Window,
    induction_protocol,
    is_maintenance,
    judge_days,
    next_window,
    propose,
    review_due,
)
from glimmer.care.outcomes import MEASURE
from glimmer.care.supplies import BY_MOUTH
from glimmer.care.trajectory import State, Trajectory
from glimmer.guidance import Protocol
from glimmer.guidance.protocol import protocol
from glimmer.records.episodes import Episode
from glimmer.records.followup import FollowUpDecision
from glimmer.records.maintenance import MaintenanceDecision, decisions_of, keep_agreement
from glimmer.records.outcomes import Score, Task
from glimmer.records.plans import Plan
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, RuleRefused

REVIEW, SECOND = "maintenance_review", "maintenance_second"
REVIEW_AT = time(12)
NONE = "This patient has no maintenance plan. A psychiatrist prescribes one on the plan page."


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A maintenance plan with what a proposal rests on, and what was decided so far, the oldest first."""

    plan: Plan
    protocol: Protocol
    facts: MaintenanceFacts
    path: Trajectory | None
    decisions: tuple[MaintenanceDecision, ...]

    @property
    def newest(self) -> MaintenanceDecision | None:
        """The newest decision that counts."""
        return next((one for one in reversed(self.decisions) if one.counts), None)

    @property
    def waiting(self) -> MaintenanceDecision | None:
        """The newest decision where it waits for a second prescriber."""
        return self.decisions[-1] if self.decisions and not self.decisions[-1].counts else None

    @property
    def proposal(self) -> Proposal:
        """What is proposed next."""
        return propose(self.facts, self.protocol)

    @property
    def window(self) -> Window | None:
        """When the next session is due by what is in force; None where nothing may be given, or it has ended."""
        newest = self.newest
        if newest is not None and Step(newest.step) in WITHOUT_INTERVAL:
            return None
        return next_window(self.facts, self.protocol)

    @property
    def by_mouth(self) -> bool:
        """True where the plan is by mouth: then a supply to take at home is the way to go on."""
        return self.protocol.route.lower() == BY_MOUTH

    @property
    def induction(self) -> str:
        """The protocol by which the patient is brought back after a relapse."""
        return protocol(induction_protocol(self.plan.protocol_id)).title


def maintenance_of(episode: Episode, at: datetime) -> Maintenance | None:
    """Return the patient's maintenance, or None where the newest plan is none."""
    plan = newest_plan(episode)
    if plan is None or not is_maintenance(plan.protocol_id):
        return None
    today = timezone.localtime(at).date()
    path, watch = trajectory_of(episode, at=at), course_outcome(episode).relapse
    decisions = tuple(decisions_of(plan))
    counting = [one for one in decisions if one.counts]
    newest_score = Score.objects.filter(
        episode__patient_id=episode.patient_id, instrument=MEASURE, replaced_by__isnull=True, total__isnull=False
    ).order_by("-completed_on")
    facts = replace(
        exposure_facts(plan, today),
        state=path.state if path else State.NOT_JUDGED,
        sustained=bool(path and path.stretches and path.stretches[-1].sustained),
        warned=watch is not None and watch.warned_on is not None,
        score_on=newest_score.values_list("completed_on", flat=True).first(),
        decisions=tuple(one.facts for one in counting),
        end_on=next((one.end_on for one in reversed(counting) if one.end_on), None),
        most_sessions=plan.sessions,
    )
    return Maintenance(plan, protocol(plan.protocol_id, plan.protocol_version), facts, path, decisions)


def next_maintenance(episode: Episode, at: datetime) -> Window | None:
    """Return when the next maintenance session is due, at the earliest and at the latest: for a calendar."""
    found = maintenance_of(episode, at)
    return found.window if found else None


def decide_maintenance(
    episode: Episode,
    step: str,
    days: int | None,
    reason: str = "",
    end_on: date | None = None,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> MaintenanceDecision:
    """Decide the next interval, a new course or the end: as proposed, or otherwise with a reason.

    What a limit blocks is refused. What it wants a second prescriber for is stored and waits for one. A new course and
    the end cancel the dates that are still open, a planned end those after it.
    """
    with acting(by, "maintenance.decide", verb="decide_maintenance", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        found = _found(locked, act.at)
        chosen = _step(step)
        days = 0 if chosen in WITHOUT_INTERVAL else _days(days)
        limits = Limits() if not days else judge_days(found.facts, found.protocol, days)
        if limits.blocks:
            raise RuleRefused(f"This interval cannot be decided. {' '.join(limits.blocks)}", reasons=limits.blocks)
        why, proposal = optional_text(reason, "reason"), found.proposal
        as_proposed = (chosen, days) == (proposal.step, proposal.days)
        if not why and (not as_proposed or limits.second):
            raise BadInput(
                "Give the reason: it is not what was proposed, or it needs a second prescriber.", field="reason"
            )
        if end_on is not None and end_on <= found.facts.today:
            raise BadInput("The planned end lies after today. Check the date.", field="end_on")
        stored = MaintenanceDecision.objects.create(
            episode=locked,
            plan=found.plan,
            step=chosen.value,
            days=days,
            reason=why,
            as_proposed=as_proposed,
            proposed=_ground(found, proposal),
            second_because=list(limits.second),
            review_on=review_due(found.facts, found.protocol, found.facts.today, days),
            end_on=end_on if days else None,
            decided_by=by,
            decided_at=act.at,
        )
        _follow(act, stored)
        act.about(stored)
        act.note(step=chosen.value, days=days, as_proposed=as_proposed, second=bool(limits.second))
    return stored


def second_maintenance(
    decision: MaintenanceDecision, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> MaintenanceDecision:
    """Agree, as a second prescriber, to a decision that needs it. Nobody agrees to their own."""
    episode = decision.episode
    with acting(by, "maintenance.decide", verb="second_maintenance", episode=episode, seen=seen, at=at) as act:
        found = _found(open_episode(act), act.at)
        waiting = found.waiting
        if waiting is None or waiting.pk != decision.pk:
            raise RuleRefused(
                "This decision does not wait for a second prescriber, or a newer one stands in its place."
            )
        if waiting.decided_by_id == by.pk:
            raise RuleRefused("You decided this. Another prescriber has to agree to it.")
        limits = judge_days(found.facts, found.protocol, waiting.days)
        if limits.blocks:
            raise RuleRefused(f"This interval can no longer be agreed to. {' '.join(limits.blocks)}")
        waiting.seconded_by, waiting.seconded_at = by, act.at
        waiting.save(update_fields=["seconded_by", "seconded_at"])
        keep_agreement(found.plan, limits.over, by, act.at)
        _follow(act, waiting)
        act.about(waiting)
        act.note(step=waiting.step, days=waiting.days)
    return waiting


def _found(episode: Episode, at: datetime) -> Maintenance:
    found = maintenance_of(episode, at)
    if found is None:
        raise RuleRefused(NONE)
    return found


def _step(step: str) -> Step:
    if step not in set(Step):
        raise BadInput("Choose what follows.", field="step")
    return Step(step)


def _days(days: int | None) -> int:
    if days is None or days <= 0:
        raise BadInput("Enter the interval in days.", field="days")
    return days


def _ground(found: Maintenance, proposal: Proposal) -> dict[str, Any]:
    """Return what was proposed and on what it rested, with the version it was judged by."""
    path = found.path
    return {
        "step": proposal.step.value,
        "days": proposal.days,
        "because": list(proposal.because),
        "says": path.says if path else State.NOT_JUDGED.label,
        "trajectory_version": path.definition.version if path else "",
        "protocol": f"{found.plan.protocol_id} {found.plan.protocol_version}",
        "sessions": len(found.facts.given),
    }


def _follow(act: Act, decision: MaintenanceDecision) -> None:
    """Do what follows from a decision: the tasks, and for one that counts and has no interval what it ends."""
    episode = locked_episode(act)
    _finish(act, SECOND, f"{decision.get_step_display()}.")
    if not decision.counts:
        says = f"Agree or not, as second prescriber, to the next maintenance. {' '.join(decision.second_because)}"
        _raise(act, episode, SECOND, says, act.at)
        return
    _finish(act, REVIEW, f"{decision.get_step_display()}. {decision.reason}".strip())
    step = Step(decision.step)
    if step in WITHOUT_INTERVAL:
        act.note(dates_cancelled=cancel_open_dates(act, f"{decision.get_step_display()}."))
    elif decision.end_on is not None:
        beyond = f"After the planned end of the maintenance on {decision.end_on:%-d %B %Y}."
        act.note(dates_cancelled=cancel_open_dates(act, beyond, after=decision.end_on))
    if step is Step.REINDUCE:
        FollowUpDecision.objects.create(
            episode=episode,
            decision="repeat",
            next_on=decision.review_on,
            reason=decision.reason or " ".join(decision.proposed["because"]),
            decided_by=decision.decided_by,
            decided_at=act.at,
        )
    if step is not Step.END:
        _raise(
            act, episode, REVIEW, "Review the maintenance: is it still needed, and at which interval?", _noon(decision)
        )


def _raise(act: Act, episode: Episode, kind: str, says: str, due_at: datetime) -> None:
    Task.objects.create(
        episode=episode, kind=kind, says=says, owner_role=Role.PSYCHIATRIST.value, raised_at=act.at, due_at=due_at
    )


def _finish(act: Act, kind: str, did: str) -> None:
    waiting = Task.objects.filter(episode=act.episode, kind=kind, done_at__isnull=True)
    waiting.update(done_by=act.by, done_at=act.at, did=did)


def _noon(decision: MaintenanceDecision) -> datetime:
    return timezone.make_aware(datetime.combine(decision.review_on, REVIEW_AT))
