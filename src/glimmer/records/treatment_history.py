"""What was tried before the referral, and how the present episode is. Only added to: a correction is a new row."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Q, QuerySet

from glimmer.care.staging import SEVERITIES, Illness
from glimmer.care.treatment_history import MG_PER_DAY, Trial, TrialKind, TrialOutcome
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff

UNITS = [*((unit, unit) for unit in MG_PER_DAY), ("other", "another unit, named in the note")]
STATED_BY = [
    ("referral", "The referral"),
    ("gp_record", "The GP's record"),
    ("letter", "A clinic's letter"),
    ("patient", "The patient"),
    ("relative", "A relative or carer"),
]


class TreatmentTrial(models.Model):
    """One treatment that was tried. None and "" mean that it is not known.

    `replaces` names the row that this one corrects; `withdrawn` says that the row it replaces was wrong altogether.
    Whether a trial was adequate is worked out whenever it is read, by the sheet in force then, and is not stored.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="trials")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in TrialKind])
    name = models.CharField(max_length=120)
    dose = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True, choices=UNITS)
    weeks = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    sessions = models.PositiveSmallIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=[(one.value, one.label) for one in TrialOutcome])
    in_present_episode = models.BooleanField(null=True)
    stated_by = models.CharField(max_length=20, choices=STATED_BY)
    stated_where = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    withdrawn = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="trial_has_a_name"),
            models.CheckConstraint(
                condition=Q(dose__isnull=True, unit="") | (Q(dose__isnull=False) & ~Q(unit="")),
                name="trial_dose_and_unit",
            ),
            models.CheckConstraint(condition=Q(dose__isnull=True) | Q(dose__gt=0), name="trial_dose_above_nothing"),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True, withdrawn=False) | (Q(replaces__isnull=False) & ~Q(reason="")),
                name="trial_correction_has_a_reason",
            ),
        ]

    @property
    def facts(self) -> Trial:
        """The frozen facts that a rule takes."""
        return Trial(
            kind=TrialKind(self.kind),
            name=self.name,
            outcome=TrialOutcome(self.outcome),
            dose=None if self.dose is None else float(self.dose),
            unit=self.unit,
            weeks=None if self.weeks is None else float(self.weeks),
            sessions=self.sessions,
            in_present_episode=self.in_present_episode,
        )


class IllnessView(models.Model):
    """How long the present episode has lasted and how severe a clinician found it. The newest counts."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="illness_views")
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    severity = models.CharField(max_length=20, blank=True, choices=list(SEVERITIES.items()))
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]


def trials_of(episode: Episode, at: datetime | None = None) -> list[TreatmentTrial]:
    """Return the trials that count at a time (None: now), the oldest first: corrected and withdrawn rows left out."""
    return _counting(_known(episode.trials.select_related("recorded_by"), at))


def _known(rows: QuerySet[TreatmentTrial], at: datetime | None) -> QuerySet[TreatmentTrial]:
    ordered = rows.order_by("recorded_at", "pk")
    return ordered if at is None else ordered.filter(recorded_at__lte=at)


def _counting(rows: Iterable[TreatmentTrial]) -> list[TreatmentTrial]:
    known = list(rows)
    replaced = {row.replaces_id for row in known}
    return [row for row in known if row.pk not in replaced and not row.withdrawn]


def illness_of(episode: Episode) -> Illness:
    """Return what is known of the present episode."""
    newest = newest_illness_view(episode)
    return Illness() if newest is None else Illness(newest.months, newest.severity)


def newest_illness_view(episode: Episode) -> IllnessView | None:
    """Return the row that counts, or None where nobody has recorded one."""
    return episode.illness_views.select_related("recorded_by").order_by("-recorded_at", "-pk").first()
