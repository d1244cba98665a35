"""What was decided about keeping a patient well: each with what was proposed. A second prescriber may have to agree."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from glimmer.care.limits import Kind, Over
from glimmer.care.maintenance import STEPS, WITHOUT_INTERVAL, Decided, Step, ended_because, is_maintenance
from glimmer.records.episodes import Episode
from glimmer.records.plans import Plan
from glimmer.records.staff import Staff

NO_DAYS = sorted(step.value for step in WITHOUT_INTERVAL)


class MaintenanceDecision(models.Model):
    """A psychiatrist's decision about the next interval. `days` is 0 for a step without one.

    `proposed` keeps what was proposed and on what it rested; `second_because` what needs a second prescriber: until
    one agrees, the decision does not count.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="maintenance_decisions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="maintenance_decisions")
    step = models.CharField(max_length=10, choices=[(step.value, words) for step, words in STEPS.items()])
    days = models.PositiveSmallIntegerField()
    reason = models.TextField(blank=True)
    as_proposed = models.BooleanField()
    proposed = models.JSONField()
    second_because = models.JSONField(default=list, blank=True)
    review_on = models.DateField()
    end_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    seconded_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    seconded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(as_proposed=True) | ~Q(reason=""), name="maintenance_change_has_reason"),
            models.CheckConstraint(
                condition=Q(step__in=NO_DAYS, days=0) | ~Q(step__in=NO_DAYS) & Q(days__gt=0),
                name="maintenance_step_has_its_days",
            ),
            models.CheckConstraint(
                condition=Q(seconded_by__isnull=True, seconded_at__isnull=True)
                | Q(seconded_by__isnull=False, seconded_at__isnull=False) & ~Q(seconded_by=F("decided_by")),
                name="maintenance_second_is_another",
            ),
        ]

    @property
    def counts(self) -> bool:
        """False while a second prescriber has to agree."""
        return not self.second_because or self.seconded_at is not None

    @property
    def facts(self) -> Decided:
        """The frozen facts that a rule takes."""
        return Decided(Step(self.step), self.days, timezone.localtime(self.decided_at).date())


class LimitAgreement(models.Model):
    """A second prescriber agreed to what stood against a plan's sessions on that day; it reaches no further.

    `stood` are those limits, each with `kind`, `says` and `amount` as in `care.limits.Over`. Never changed.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="limit_agreements")
    stood = models.JSONField()
    agreed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()

    class Meta:
        ordering = ["agreed_at", "pk"]

    @property
    def over(self) -> tuple[Over, ...]:
        """What was agreed to, as a rule takes it."""
        return tuple(Over(Kind(one["kind"]), one["says"], one["amount"]) for one in self.stood)


def keep_agreement(plan: Plan, stood: Iterable[Over], by: Staff, at: datetime) -> LimitAgreement:
    """Store to what a second prescriber agreed."""
    return LimitAgreement.objects.create(plan=plan, stood=[asdict(one) for one in stood], agreed_by=by, agreed_at=at)


def agreed_over(plan: Plan) -> tuple[Over, ...]:
    """Return what second prescribers agreed to under a plan, since the interval was last decided."""
    newest = newest_decision(plan)
    rows = LimitAgreement.objects.filter(plan=plan)
    if newest is not None:
        rows = rows.filter(agreed_at__gte=newest.decided_at)
    return tuple(one for row in rows for one in row.over)


def newest_decision(plan: Plan) -> MaintenanceDecision | None:
    """Return the newest decision about a plan that counts, or None."""
    return next((one for one in reversed(decisions_of(plan)) if one.counts), None)


def decisions_of(plan: Plan) -> list[MaintenanceDecision]:
    """Return what was decided under a plan, the oldest first, with who decided."""
    return list(MaintenanceDecision.objects.filter(plan=plan).select_related("decided_by", "seconded_by"))


def maintenance_ended(plan: Plan, day: date) -> str:
    """Return why a plan's maintenance has ended by a day, so that no session is booked or begun; else ""."""
    return _ended(decisions_of(plan), day) if is_maintenance(plan.protocol_id) else ""


def going_on(plans: Iterable[Plan], day: date) -> list[Plan]:
    """Return those of these plans that keep somebody well on a day, however many they are in one query."""
    kept = [plan for plan in plans if is_maintenance(plan.protocol_id)]
    decided: dict[int, list[MaintenanceDecision]] = {}
    for one in MaintenanceDecision.objects.filter(plan__in=kept):
        decided.setdefault(one.plan_id, []).append(one)
    return [plan for plan in kept if not _ended(decided.get(plan.pk, []), day)]


def _ended(decisions: list[MaintenanceDecision], day: date) -> str:
    counting = [one for one in decisions if one.counts]
    end_on = next((one.end_on for one in reversed(counting) if one.end_on), None)
    return ended_because([one.facts for one in counting], end_on, day)
