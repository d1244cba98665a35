"""Urgent calls with their steps, and the plan that keeps a patient safe: added, never changed."""

from django.db import models
from django.db.models import Q

from glimmer.care.urgent import Step, Urgency, Urgent, UrgentStep
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff

RISK = {
    "thoughts": ("Thoughts of suicide", ("none", "passing", "frequent", "constant", "not known")),
    "intent": ("Wish to act on them", ("none", "unsure", "yes", "not known")),
    "method": ("A way in mind, and the means at hand", ("none", "a way in mind", "means at hand", "not known")),
    "attempts": ("Attempts in the past", ("none", "one", "several", "not known")),
    "others": ("Danger to others, or from others", ("none", "yes", "not known")),
}
"""What is asked about risk, with the answers. "Not known" is an answer; leaving it out is none."""

PLAN = {
    "warning_signs": "What shows the patient that it is getting worse",
    "own_means": "What the patient can do alone",
    "company": "People and places that take the mind off it",
    "helpers": "People whom the patient can ask for help, with numbers",
    "services": "Services to call, with numbers, by day and by night",
    "safer_home": "How the means are kept out of reach, and who sees to it",
}
"""The parts of a safety plan, in the patient's own words as far as they can be had."""


class UrgentCall(models.Model):
    """Somebody noticed acute danger: how urgent it is, what was said or seen, and who says so."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="urgent_calls")
    urgency = models.CharField(max_length=20, choices=[(one.value, one.label) for one in Urgency])
    noticed = models.TextField()
    raised_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()

    class Meta:
        ordering = ["raised_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(noticed=""), name="urgent_call_says_what")]

    @property
    def steps(self) -> "list[UrgentAct]":
        """Its steps in order, as they were fetched with it."""
        return list(self.acts.all())


class UrgentAct(models.Model):
    """One step of a call. `whom` names who took the patient over, or who sent them back."""

    call = models.ForeignKey(UrgentCall, on_delete=models.PROTECT, related_name="acts")
    seq = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=10, choices=[(one.value, one.label) for one in Step])
    says = models.TextField()
    whom = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["call", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["call", "seq"], name="urgent_steps_in_order"),
            models.CheckConstraint(condition=~Q(says=""), name="urgent_step_says_what"),
            models.CheckConstraint(
                condition=~Q(step__in=["handed", "returned"]) | ~Q(whom=""), name="urgent_hand_over_names_whom"
            ),
        ]


class SafetyPlan(models.Model):
    """Risk as it was found, and the plan made with the patient. The newest counts."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="safety_plans")
    risk = models.JSONField()
    risk_note = models.TextField(blank=True)
    plan = models.JSONField()
    made_with_patient = models.BooleanField()
    copy_given = models.BooleanField()
    review_on = models.DateField()
    written_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["written_at", "pk"]


def urgent_of(call: UrgentCall) -> Urgent:
    """Return the frozen facts of a call and its steps."""
    steps = tuple(UrgentStep(Step(row.step), row.at, row.whom) for row in call.acts.all())
    return Urgent(Urgency(call.urgency), call.raised_at, steps)


def urgent_calls(episode: Episode) -> list[UrgentCall]:
    """Return the calls about a patient with their steps, the newest first."""
    found = episode.urgent_calls.select_related("raised_by").prefetch_related("acts__by")
    return list(found.order_by("-raised_at", "-pk"))


def newest_safety_plan(episode: Episode) -> SafetyPlan | None:
    """Return the safety plan that counts, or None where there is none."""
    return episode.safety_plans.select_related("written_by").order_by("-written_at", "-pk").first()
