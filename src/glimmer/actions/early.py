"""The task of deciding about a course that has changed little: raised with the score that shows it, within its act."""

from datetime import timedelta

from glimmer.actions.act import Act, Deed
from glimmer.actions.endings import locked_episode
from glimmer.care.early import decision_due
from glimmer.care.maintenance import is_maintenance
from glimmer.care.outcomes import CourseFacts, OutcomeSummary
from glimmer.guidance import figure
from glimmer.records.course import newest_course_decision
from glimmer.records.episodes import Episode
from glimmer.records.outcomes import Task
from glimmer.records.plans import Plan
from glimmer.vocabulary.people import Role

TASK = "early_response"


def newest_plan(episode: Episode) -> Plan | None:
    """Return the plan that counts, or None."""
    return Plan.objects.filter(episode=episode).order_by("-version").first()


def early_decision_due(episode: Episode, summary: OutcomeSummary, course: CourseFacts) -> bool:
    """Say whether a psychiatrist has to decide about the newest course."""
    plan = newest_plan(episode) if summary.early_prompt else None
    # Keeping well after a course is judged on the maintenance page.
    if plan is None or is_maintenance(plan.protocol_id):
        return False
    newest = newest_course_decision(plan)
    return decision_due(summary, len(course.session_days), newest.facts if newest else None)


def keep_early_task(act: Deed, summary: OutcomeSummary, course: CourseFacts) -> None:
    """Raise the task of the decision, within the act, or take it back where a correction has taken its ground away."""
    episode = locked_episode(act)
    waiting = Task.objects.select_for_update().filter(episode=episode, kind=TASK, done_at__isnull=True)
    due = early_decision_due(episode, summary, course)
    if due and not waiting.exists():
        Task.objects.create(
            episode=episode,
            kind=TASK,
            says=f"{summary.early_prompt} Record the decision on the outcomes page.",
            owner_role=Role.PSYCHIATRIST.value,
            raised_at=act.at,
            due_at=act.at + timedelta(hours=figure("outcomes", "early_decided_within").value),
        )
        act.note(task=TASK)
    # A patient's own answers end no task: somebody who works here does.
    elif not due and isinstance(act, Act):
        waiting.update(done_by=act.by, done_at=act.at, did="The scores no longer show it: one was added or corrected.")
