"""Whether therapy sessions still lie well to the infusions: asked whenever a date of an infusion moves or goes."""

from datetime import datetime, timedelta

from glimmer.actions.act import Act
from glimmer.actions.endings import locked_episode
from glimmer.care.psychotherapy import Infusion, Misplaced, misplaced
from glimmer.guidance import figure
from glimmer.records.episodes import Episode
from glimmer.records.outcomes import Task
from glimmer.records.plans import Appointment, Plan
from glimmer.records.psychotherapy import planned_for
from glimmer.vocabulary.people import Role

TASK = "therapy_timing"


def infusions_of(episode: Episode) -> list[Infusion]:
    """Return the dates of the newest plan that stand."""
    plan = Plan.objects.filter(episode=episode).order_by("-version").first()
    if plan is None:
        return []
    dates = Appointment.objects.filter(plan=plan, cancelled_at__isnull=True)
    return [Infusion(one.number, one.starts_at) for one in dates]


def misplaced_of(episode: Episode, at: datetime) -> tuple[Misplaced, ...]:
    """Return the therapy sessions to come that lie outside their time."""
    return misplaced(infusions_of(episode), planned_for(episode), at)


def keep_timing_task(act: Act, episode: Episode | None = None) -> None:
    """Tell a therapist, within the act, of sessions that no longer lie well; take it back where all do again.

    Of the act's own patient, or of one member of a group.
    """
    episode = episode or locked_episode(act)
    found = misplaced_of(episode, act.at)
    waiting = Task.objects.select_for_update().filter(episode=episode, kind=TASK, done_at__isnull=True)
    if not found:
        waiting.update(done_by=act.by, done_at=act.at, did="The dates lie well again.")
    elif not waiting.exists():
        Task.objects.create(
            episode=episode,
            kind=TASK,
            says="\n".join(one.says for one in found),
            owner_role=Role.THERAPIST.value,
            raised_at=act.at,
            due_at=act.at + timedelta(hours=figure("psychotherapy", "moved_answered_within").value),
        )
        act.note(task=TASK)
