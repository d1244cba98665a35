"""What a database is for, once and for good, and the training sessions in one that is for training."""

from datetime import datetime

from django.db import models
from django.db.models import Q, QuerySet

from glimmer.records.plans import Appointment
from glimmer.records.staff import Staff

CLINIC, DEMO, TRAINING = "clinic", "demo", "training"


class DatabasePurpose(models.Model):
    """The one line that says that nobody in this database is real. A clinic's database has none."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    kind = models.CharField(max_length=10)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="purpose_is_one_line"),
            models.CheckConstraint(condition=Q(kind__in=[DEMO, TRAINING]), name="purpose_known"),
        ]

    def __str__(self) -> str:
        return self.kind


class TrainingRun(models.Model):
    """A case that somebody took: the virtual patient's date, and the case and its version as they were then."""

    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, related_name="training_run")
    case_id = models.CharField(max_length=40)
    case_version = models.PositiveIntegerField()
    started_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Training run {self.pk}"


def purpose() -> str:
    """Return what this database is for: clinic, demo or training."""
    return DatabasePurpose.objects.values_list("kind", flat=True).first() or CLINIC


def set_purpose(kind: str, at: datetime) -> None:
    """Say that nobody in this database is real. Raises IntegrityError where its purpose was said before."""
    DatabasePurpose.objects.create(pk=1, kind=kind, set_at=at)


def training_runs(of: Staff) -> QuerySet[TrainingRun]:
    """Return the runs that somebody began, newest first."""
    return TrainingRun.objects.filter(started_by=of).select_related("appointment")
