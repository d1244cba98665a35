"""Incidents as stored: a report, and the steps that follow it. Both are only ever added to.

Triggers in the database refuse to change or remove a step, and to change what a report said. Two columns of a report
follow from its steps and are refreshed with each: whether it is closed, and when the next thing is due.
"""

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from glimmer.care.incidents import Entry, Incident, Kind, Step
from glimmer.records.controlled import RegisterPage
from glimmer.records.episodes import Episode
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff


class IncidentReport(models.Model):
    """What was reported, by whom and when. `happened_at` is when it happened, `reported_at` when Glimmer heard of it.

    `term` is the reporter's choice from the list ("" for none); `log_seq` the entry of the session's log it came from.
    A controlled drug's report names the page and the entry of the register where they are known.
    """

    kind = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in Kind])
    episode = models.ForeignKey(Episode, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    session = models.ForeignKey(
        TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents"
    )
    log_seq = models.PositiveIntegerField(null=True, blank=True)
    page = models.ForeignKey(RegisterPage, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    entry_number = models.PositiveIntegerField(null=True, blank=True)
    term = models.CharField(max_length=40, blank=True)
    what = models.TextField()
    did = models.TextField(blank=True)
    happened_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    reported_by_name = models.CharField(max_length=160)
    form_token = models.CharField(max_length=40, blank=True)
    is_closed = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["is_closed", "due_at", "-pk"]
        indexes = [models.Index(fields=["is_closed", "due_at"], name="incidents_by_what_is_due")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="incident_kind_known"),
            models.CheckConstraint(condition=~Q(what=""), name="incident_says_what_happened"),
            models.UniqueConstraint(
                fields=["form_token"], condition=~Q(form_token=""), name="incident_form_posted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Incident {self.pk}"


class IncidentStep(models.Model):
    """One step. `seq` counts from 1 in its report: of two people at once, the database lets one through."""

    report = models.ForeignKey(IncidentReport, on_delete=models.PROTECT, related_name="steps")
    seq = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=12, choices=[(step.value, step.label) for step in Step])
    body = models.JSONField(default=dict)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        ordering = ["report", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["report", "seq"], name="incident_steps_one_after_another"),
            models.CheckConstraint(condition=Q(step__in=[step.value for step in Step]), name="incident_step_known"),
        ]

    @property
    def entry(self) -> Entry:
        """The frozen facts that a rule takes."""
        return Entry(Step(self.step), timezone.localtime(self.at), self.by_id, self.by_name, self.body)


def facts(report: IncidentReport) -> Incident:
    """Return a report with its steps as the rules take them."""
    return Incident(
        kind=Kind(report.kind),
        reported_at=timezone.localtime(report.reported_at),
        reported_by_id=report.reported_by_id,
        entries=tuple(step.entry for step in report.steps.all()),
    )


def locked_report(report_id: int) -> IncidentReport:
    """Return the report with its row locked until the transaction ends: whoever adds a step takes turns."""
    return IncidentReport.objects.select_for_update().get(pk=report_id)


def open_reports_of_page(page: RegisterPage) -> QuerySet[IncidentReport]:
    """Return the open incidents of one page of the register, the oldest first."""
    return IncidentReport.objects.filter(page=page, is_closed=False).order_by("pk")
