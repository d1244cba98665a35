"""Questionnaire scores and the tasks they raise."""

from django.db import models
from django.db.models import Q

from glimmer.records.episodes import Episode
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff


class Score(models.Model):
    """One completed questionnaire. The total is recomputed from `items`; a correction is a new row.

    `items` is empty where only the total was entered, `total` None for a form that has only a profile. `scale` is the
    further number of a form that has one, `parts` its domains as [title, value].
    `occasion` says what it answers: baseline, before_session, after_course or follow_up. It was entered by staff
    (`recorded_by`), or by the patient themselves (`from_patient`).
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="scores")
    session = models.ForeignKey(
        TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="scores"
    )
    instrument = models.CharField(max_length=20, default="phq9")
    instrument_version = models.CharField(max_length=20)
    occasion = models.CharField(
        max_length=20,
        choices=[
            ("baseline", "Baseline"),
            ("before_session", "Before a session"),
            ("after_course", "After the course"),
            ("follow_up", "Follow-up"),
        ],
    )
    session_number = models.PositiveSmallIntegerField(null=True, blank=True)
    items = models.JSONField()
    total = models.PositiveSmallIntegerField(null=True, blank=True)
    scale = models.PositiveSmallIntegerField(null=True, blank=True)
    parts = models.JSONField(default=list, blank=True)
    completed_on = models.DateField()
    recorded_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    from_patient = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    replaced_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces")

    class Meta:
        ordering = ["completed_on", "pk"]
        indexes = [models.Index(fields=["episode", "instrument", "completed_on"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(occasion="before_session") | Q(session_number__isnull=False),
                name="session_score_names_session",
            ),
            models.CheckConstraint(condition=Q(total__isnull=False) | ~Q(items=[]), name="score_has_answers_or_total"),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=False, from_patient=False)
                | Q(recorded_by__isnull=True, from_patient=True),
                name="score_is_of_staff_or_of_the_patient",
            ),
        ]

    @property
    def author(self) -> str:
        """Who entered it: a member of staff, or the patient on their own pages."""
        return self.recorded_by.name if self.recorded_by is not None else "the patient"

    @property
    def result(self) -> str:
        """The total, or the answers of a form that has none, as one word; an open answer is a dash."""
        if self.total is not None:
            return str(self.total)
        answers = "".join("\N{EN DASH}" if answer is None else str(answer) for answer in self.items)
        return answers if self.scale is None else f"{answers}, {self.scale}"


class Task(models.Model):
    """Something that somebody has to do by a time. It stays until a named person says what was done.

    `owner_role` is the role whose inbox it is in; `taken_by` who of them has it in hand. How it came there stands in
    its `steps` (`records.tasks.TaskStep`). `calls` is the priority ("high", "medium") with which it is said on every
    page of the clinic until somebody takes it: a patient in danger on their own pages; "" for a task that waits.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=40)
    says = models.TextField()
    owner_role = models.CharField(max_length=20)
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField()
    calls = models.CharField(max_length=10, blank=True, default="")
    taken_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    did = models.TextField(blank=True)

    class Meta:
        ordering = ["due_at"]
        indexes = [
            models.Index(fields=["owner_role", "done_at", "due_at"]),
            # Every open page asks for these every few seconds, among the tasks of years.
            models.Index(
                fields=["raised_at"], name="task_calls_open", condition=Q(done_at__isnull=True) & ~Q(calls="")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_by__isnull=True, done_at__isnull=True)
                | Q(done_by__isnull=False, done_at__isnull=False) & ~Q(did=""),
                name="task_done_by_at_and_what",
            ),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="task_taken_by_and_at",
            ),
        ]
