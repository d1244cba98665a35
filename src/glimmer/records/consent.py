"""Consent to treatment: the information given, the patient's questions, the decision and its signature.

Each is a row of its own that is never edited: a trigger in the database refuses it.
"""

from django.db import models
from django.db.models import Q

from glimmer.records.episodes import Episode
from glimmer.records.plans import Plan
from glimmer.records.staff import Staff

INTERPRETER = [("not_needed", "Not needed"), ("used", "Was there"), ("declined", "Offered and declined")]


class InformationGiven(models.Model):
    """What a patient was told about one treatment, when and how. The newest row of an episode counts.

    `content` is the information as it was told, with its numbers; `told` the figures of the treatment in it
    (`guidance.Told`). `plan` is the plan it was about, None before any plan. `given_at` may lie before
    `recorded_at`: information is posted or handed over before somebody writes it down.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="information_given")
    version = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    protocol_id = models.CharField(max_length=60)
    protocol_version = models.CharField(max_length=20)
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField()
    told = models.JSONField()
    cost = models.TextField(blank=True)
    ways = models.JSONField(default=list)
    interpreter = models.CharField(max_length=12, choices=INTERPRETER)
    interpreter_who = models.CharField(max_length=160, blank=True)
    given_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(given_at__lte=models.F("recorded_at")), name="information_not_ahead"),
            models.CheckConstraint(
                condition=~Q(interpreter="used") | ~Q(interpreter_who=""), name="information_interpreter_has_name"
            ),
        ]


class PatientQuestion(models.Model):
    """A question that the patient, or somebody for them, asked about the treatment."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="patient_questions")
    asks = models.TextField()
    asked_by = models.CharField(max_length=120)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(asks=""), name="question_has_text")]


class QuestionAnswer(models.Model):
    """What a named person answered. A later answer adds to an earlier one and does not replace it."""

    question = models.ForeignKey(PatientQuestion, on_delete=models.PROTECT, related_name="answers")
    says = models.TextField()
    answered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["answered_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(says=""), name="answer_has_text")]


class ConsentRecord(models.Model):
    """One conversation about consent and what came of it. The newest row of an episode counts.

    `information` is what the patient had been told before; a refusal or withdrawal may stand without it.
    `sooner_because` is a psychiatrist's reason for not waiting out the time to think; "" where it was waited out.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="consents")
    decision = models.CharField(
        max_length=10, choices=[("given", "Given"), ("refused", "Refused"), ("withdrawn", "Withdrawn")]
    )
    information_version = models.CharField(max_length=40)
    information = models.ForeignKey(
        InformationGiven, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    understands = models.BooleanField(null=True)
    retains = models.BooleanField(null=True)
    weighs = models.BooleanField(null=True)
    communicates = models.BooleanField(null=True)
    points_covered = models.JSONField(default=list)
    questions = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    interpreter = models.CharField(max_length=12, choices=INTERPRETER, blank=True)
    interpreter_who = models.CharField(max_length=160, blank=True)
    sooner_because = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                # A check passes in SQL when it is neither true nor false, so "not assessed" has to be named.
                condition=~Q(decision="given")
                | Q(understands=True, retains=True, weighs=True, communicates=True)
                & Q(
                    understands__isnull=False,
                    retains__isnull=False,
                    weighs__isnull=False,
                    communicates__isnull=False,
                ),
                name="consent_given_needs_capacity",
            ),
            models.CheckConstraint(
                condition=~Q(interpreter="used") | ~Q(interpreter_who=""), name="consent_interpreter_has_name"
            ),
        ]


class ConsentSignature(models.Model):
    """The evidence of a consent: drawn on the screen, typed before a witness, or a scan of paper.

    `path` is SVG path data in a box of `care.consent_signature.BOX`; `scan` the file as it came, `scan_type` what its
    own bytes say it is. `digest` is the SHA-256 of path, typed name or file. A later one adds to an earlier one.
    """

    consent = models.ForeignKey(ConsentRecord, on_delete=models.PROTECT, related_name="signatures")
    how = models.CharField(
        max_length=6, choices=[("drawn", "Drawn on the screen"), ("typed", "Typed name"), ("scan", "Scan of paper")]
    )
    signed_name = models.CharField(max_length=160)
    path = models.TextField(blank=True)
    scan = models.BinaryField(null=True, blank=True)
    scan_type = models.CharField(max_length=20, blank=True)
    digest = models.CharField(max_length=64)
    witness_name = models.CharField(max_length=160, blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(how="drawn", scan__isnull=True) & ~Q(path="")
                | Q(how="typed", path="", scan__isnull=True) & ~Q(witness_name="")
                | Q(how="scan", path="", scan__isnull=False) & ~Q(scan_type=""),
                name="signature_is_what_it_says",
            ),
            models.CheckConstraint(condition=~Q(signed_name=""), name="signature_has_a_name"),
        ]
