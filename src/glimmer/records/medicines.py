"""The medicines that a patient takes, as a list that is written anew when it changes, and the interactions settled."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from glimmer.care.medicines import MedicineCaution, Settled, check_medicines
from glimmer.records.episodes import Episode, ReferralItem
from glimmer.records.staff import Staff

LISTS = ("current_medicines", "psychiatric_medicines")


class MedicineList(models.Model):
    """What the patient takes now, whole. The newest counts; before the first one stands what the referral lists."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="medicine_lists")
    text = models.TextField(blank=True)
    takes_none = models.BooleanField(default=False)
    asked = models.CharField(max_length=200)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(takes_none=True, text="") | (Q(takes_none=False) & ~Q(text="")),
                name="medicine_list_or_none",
            ),
        ]


class MedicineSettling(models.Model):
    """An interaction looked at and settled by a psychiatrist or pharmacist, for the names it was found by then."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="medicine_settlings")
    interaction = models.CharField(max_length=60)
    names = models.JSONField()
    says = models.TextField()
    settled_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField()

    class Meta:
        ordering = ["settled_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(says=""), name="medicine_settling_says_how")]

    @property
    def facts(self) -> Settled:
        """The frozen facts that a rule takes."""
        return Settled(self.interaction, frozenset(self.names))


def listed_medicines(episode: Episode, at: datetime | None = None) -> str:
    """Return the medicines as text, as the list stood at a time (None: now); "" where nothing is listed."""
    rows = episode.medicine_lists.all()
    rows = rows if at is None else rows.filter(recorded_at__lte=at)
    newest = rows.order_by("-recorded_at", "-pk").values_list("text", flat=True).first()
    return referred_medicines(episode) if newest is None else newest


def referred_medicines(episode: Episode) -> str:
    """Return what the referral says of medicines, one list after the other; "" where nothing is listed."""
    texts = ReferralItem.objects.filter(referral__episode=episode, item__in=LISTS, state="present")
    return "\n".join(texts.order_by("pk").values_list("text", flat=True))


def medicine_cautions(episode: Episode, at: datetime | None = None) -> tuple[MedicineCaution, ...]:
    """Return the interactions found in the list as it stood at a time (None: now), the gravest first."""
    return check_medicines(listed_medicines(episode, at))


def settled_interactions(episode: Episode) -> tuple[Settled, ...]:
    """Return the interactions that were settled."""
    return tuple(row.facts for row in episode.medicine_settlings.all())
