"""What was decided about a course while it ran, with what it was decided on: only ever added to."""

from django.db import models
from django.db.models import Q

from glimmer.care.early import DECISIONS, GOES_ON, EarlyDecision
from glimmer.records.episodes import Episode
from glimmer.records.plans import Plan
from glimmer.records.staff import Staff


class CourseDecision(models.Model):
    """A psychiatrist's decision to go on or to stop after too little change.

    `rests_on` keeps what was known and by which definitions it was judged: it is never judged again.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="course_decisions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="course_decisions")
    decision = models.CharField(max_length=10, choices=list(DECISIONS.items()))
    sessions_held = models.PositiveSmallIntegerField()
    reason = models.TextField()
    rests_on = models.JSONField()
    definition_version = models.CharField(max_length=40)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="course_decision_has_reason"),
            models.CheckConstraint(condition=Q(decision__in=list(DECISIONS)), name="course_decision_known"),
        ]

    @property
    def facts(self) -> EarlyDecision:
        """The frozen facts that a rule takes."""
        return EarlyDecision(self.decision, self.sessions_held)


def newest_course_decision(plan: Plan) -> CourseDecision | None:
    """Return the newest decision about a plan's course, or None."""
    return plan.course_decisions.select_related("decided_by").last()


def is_stopped(plan: Plan) -> bool:
    """Say whether a psychiatrist has stopped a plan's course."""
    newest = newest_course_decision(plan)
    return newest is not None and newest.facts.decision not in GOES_ON
