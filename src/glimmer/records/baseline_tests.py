"""Results of the tests before treatment. Added, never edited: a wrong one is withdrawn by a row of its own."""

from django.db import models
from django.db.models import Q

from glimmer.care.baseline_tests import Result
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff


class BaselineResult(models.Model):
    """One result of one test of `guidance.baseline_tests()`; pressures in mmHg where the test measures them.

    `withdraws` names the row that this one takes back, with the reason; such a row is no result itself.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="baseline_results")
    test = models.CharField(max_length=40)
    done_on = models.DateField()
    result = models.CharField(max_length=20)
    systolic = models.PositiveSmallIntegerField(null=True, blank=True)
    diastolic = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.TextField(blank=True)
    withdraws = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="withdrawn_by"
    )
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["done_on", "recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(systolic__isnull=True, diastolic__isnull=True)
                | Q(systolic__isnull=False, diastolic__isnull=False),
                name="baseline_pressure_is_two_numbers",
            ),
            models.CheckConstraint(
                condition=Q(withdraws__isnull=True) | ~Q(note=""), name="baseline_withdrawal_has_a_reason"
            ),
        ]

    @property
    def facts(self) -> Result:
        """The frozen facts that a rule takes."""
        return Result(self.test, self.done_on, self.result, self.systolic, self.diastolic)


def results_of(episode: Episode) -> list[BaselineResult]:
    """Return the results that count, the oldest first: those withdrawn are left out."""
    rows = list(episode.baseline_results.select_related("recorded_by"))
    withdrawn = {row.withdraws_id for row in rows}
    return [row for row in rows if row.withdraws_id is None and row.pk not in withdrawn]
