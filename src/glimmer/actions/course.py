"""A course while it runs: the trajectory of a patient's scores, and the decision to go on or to stop."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.booking import cancel_open_dates
from glimmer.actions.early import TASK, early_decision_due, newest_plan
from glimmer.actions.endings import open_episode
from glimmer.actions.entries import chosen, required_text
from glimmer.actions.outcomes import course_facts, outcome_summary
from glimmer.care.early import DECISIONS
from glimmer.care.maintenance import is_maintenance
from glimmer.care.outcomes import MEASURE, OutcomeSummary, ScoreFacts
from glimmer.care.trajectory import Trajectory, trajectory
from glimmer.guidance.trajectory import definition_for
from glimmer.records.course import CourseDecision
from glimmer.records.episodes import Episode
from glimmer.records.long_term import sessions_given
from glimmer.records.outcomes import Score, Task
from glimmer.records.plans import Plan
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import RuleRefused


def trajectory_of(
    episode: Episode, of: str = MEASURE, version: str | None = None, *, at: datetime
) -> Trajectory | None:
    """Return the trajectory of one instrument over all journeys of the patient; None where it cannot be judged."""
    by = definition_for(of, version)
    if by is None:
        return None
    rows = Score.objects.filter(
        episode__patient_id=episode.patient_id, instrument=of, replaced_by__isnull=True, total__isnull=False
    )
    scores = [ScoreFacts(row.total or 0, row.completed_on, row.occasion, row.session_number) for row in rows]
    return trajectory(scores, _beginning(_by_plan(episode)), by, timezone.localtime(at).date())


def courses_of(episode: Episode) -> dict[int, list[date]]:
    """Return the days of all sessions in which the patient was given the drug, by plan, over all journeys."""
    return {plan.pk: days for plan, days in _by_plan(episode).items()}


def _by_plan(episode: Episode) -> dict[Plan, list[date]]:
    courses: dict[Plan, list[date]] = {}
    for session in sessions_given([episode.patient_id]):
        courses.setdefault(session.plan, []).append(timezone.localtime(session.opened_at).date())
    return courses


def _beginning(courses: Mapping[Plan, list[date]]) -> list[list[date]]:
    """Return the courses that may begin a stretch of the trajectory.

    A maintenance keeps the effect of the course before it, and goes on with its baseline, in whichever journey it is
    given; where no course went before it, it begins the first stretch.
    """
    ordered = sorted(courses.items(), key=lambda one: min(one[1]))
    return [days for number, (plan, days) in enumerate(ordered) if not number or not is_maintenance(plan.protocol_id)]


def decide_course(
    episode: Episode, decision: str, reason: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> CourseDecision:
    """Decide whether a course that has changed little goes on. Stopping cancels the dates that are still open."""
    with acting(by, "course.decide", verb="decide_course", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        chosen(decision, tuple(DECISIONS), "decision", "Choose whether the course goes on.")
        why = required_text(reason, "reason", "Give the reason for this decision.")
        summary, course, plan = outcome_summary(locked), course_facts(locked), newest_plan(locked)
        if plan is None or not early_decision_due(locked, summary, course):
            raise RuleRefused(
                "There is nothing to decide here now: the scores show enough change, or it was decided already."
            )
        if decision == "stop" and locked.sessions.filter(ended_at__isnull=True).exists():
            raise RuleRefused("A session of this patient has not ended. End it before the course is stopped.")
        stored = CourseDecision.objects.create(
            episode=locked,
            plan=plan,
            decision=decision,
            sessions_held=len(course.session_days),
            reason=why,
            rests_on=_ground(summary, trajectory_of(locked, at=act.at)),
            definition_version=summary.version,
            decided_by=by,
            decided_at=act.at,
        )
        if decision == "stop":
            act.note(dates_cancelled=cancel_open_dates(act, "The course was stopped."))
        did = f"{DECISIONS[decision]}. {why}"
        Task.objects.filter(episode=locked, kind=TASK, done_at__isnull=True).update(done_by=by, done_at=act.at, did=did)
        act.about(stored)
        act.note(decision=decision, sessions_held=stored.sessions_held)
    return stored


def _ground(summary: OutcomeSummary, path: Trajectory | None) -> dict[str, Any]:
    """Return what a decision rested on, in words and with the versions of what it was judged by."""
    ground: dict[str, Any] = {"prompt": summary.early_prompt, "definition": summary.definition}
    if path is not None:
        ground |= {
            "state": path.state.value,
            "says": path.says,
            "trajectory_version": path.definition.version,
            "trajectory_digest": path.definition.digest,
        }
    return ground


def course_decisions(episode: Episode) -> list[CourseDecision]:
    """Return what was decided about the courses of a journey, the newest first."""
    return list(episode.course_decisions.select_related("decided_by", "plan").order_by("-decided_at", "-pk"))
