"""Take-home prescriptions and what became of each, and stock on its way between premises: only ever added to."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from glimmer.care.supplies import HAPPENED, Event, Happened, Prescription
from glimmer.records.controlled import RegisterEntry, RegisterPage
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff


class TakeHomePrescription(models.Model):
    """A signed prescription with everything that it showed on that day: names and addresses are kept as they were."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="take_home")
    page = models.ForeignKey(RegisterPage, on_delete=models.PROTECT, related_name="+")
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2)
    every_days = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()
    total_ml = models.PositiveIntegerField()
    directions = models.CharField(max_length=300)
    starts_on = models.DateField()
    patient_name = models.CharField(max_length=200)
    patient_address = models.CharField(max_length=500)
    prescriber = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    prescriber_name = models.CharField(max_length=160)
    registration = models.CharField(max_length=40)
    prescriber_address = models.CharField(max_length=500)
    days_early = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True)
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["signed_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(dose_mg__gt=0, every_days__gt=0, days__gt=0, total_ml__gt=0), name="take_home_of_something"
            ),
            models.CheckConstraint(
                condition=~Q(patient_address="") & ~Q(prescriber_address="") & ~Q(registration=""),
                name="take_home_says_what_the_law_asks",
            ),
        ]

    @property
    def facts(self) -> Prescription:
        """The frozen facts that a rule takes."""
        return Prescription(
            drug=self.page.drug,
            form=self.page.form,
            strength_mg_per_ml=float(self.page.strength_mg_per_ml),
            container_ml=float(self.page.container_ml),
            dose_mg=float(self.dose_mg),
            every_days=self.every_days,
            days=self.days,
            total_ml=float(self.total_ml),
            directions=self.directions,
            starts_on=self.starts_on,
            signed_on=timezone.localtime(self.signed_at).date(),
            patient_name=self.patient_name,
            patient_address=self.patient_address,
            prescriber=self.prescriber_name,
            registration=self.registration,
            prescriber_address=self.prescriber_address,
            reason=self.reason,
        )


class TakeHomeEvent(models.Model):
    """What became of a prescription: supplied by two people, brought back, destroyed, lost, cancelled."""

    prescription = models.ForeignKey(TakeHomePrescription, on_delete=models.PROTECT, related_name="became")
    seq = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=[(kind.value, words) for kind, words in HAPPENED.items()])
    ml = models.PositiveIntegerField(default=0)
    entry = models.OneToOneField(
        RegisterEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="take_home"
    )
    collector_kind = models.CharField(max_length=20, blank=True)
    collector_name = models.CharField(max_length=200, blank=True)
    identity_asked = models.BooleanField(null=True, blank=True)
    identity_seen = models.BooleanField(null=True, blank=True)
    note = models.TextField(blank=True)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["prescription", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["prescription", "seq"], name="take_home_one_after_another"),
            models.CheckConstraint(
                condition=Q(kind="supplied", entry__isnull=False, witness__isnull=False, identity_asked__isnull=False)
                | ~Q(kind="supplied") & Q(entry__isnull=True),
                name="take_home_supply_stands_in_the_register",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["supplied", "destroyed"]) | Q(witness__isnull=False) & ~Q(witness=F("by")),
                name="take_home_witnessed_by_another",
            ),
        ]

    @property
    def facts(self) -> Event:
        """The frozen facts that a rule takes."""
        return Event(Happened(self.kind), timezone.localtime(self.at).date(), float(self.ml))


class RegisterTransfer(models.Model):
    """Stock that left one page for another page of the same product at other premises; both pages show it."""

    out_entry = models.OneToOneField(RegisterEntry, on_delete=models.PROTECT, related_name="transfer")
    to_page = models.ForeignKey(RegisterPage, on_delete=models.PROTECT, related_name="transfers_here")
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at", "pk"]


class RegisterArrival(models.Model):
    """What arrived of a transfer. `in_entry` is None where nothing did."""

    transfer = models.OneToOneField(RegisterTransfer, on_delete=models.PROTECT, related_name="arrival")
    in_entry = models.OneToOneField(
        RegisterEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="arrival"
    )
    arrived = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(arrived=0, in_entry__isnull=True) | Q(arrived__gt=0, in_entry__isnull=False),
                name="register_arrival_stands_in_the_register",
            ),
        ]


def locked_prescription(prescription_id: int) -> TakeHomePrescription:
    """Return a prescription with its row locked until the transaction ends: whoever supplies on it takes turns."""
    found = TakeHomePrescription.objects.select_for_update(of=("self",)).select_related("page", "episode__patient")
    return found.get(pk=prescription_id)


def standing_prescriptions(patient_ids: list[int]) -> list[TakeHomePrescription]:
    """Return the prescriptions of these patients that nobody has cancelled."""
    found = TakeHomePrescription.objects.filter(episode__patient_id__in=patient_ids)
    return list(found.exclude(became__kind="cancelled").select_related("page", "episode"))


def on_the_way(page: RegisterPage) -> list[RegisterTransfer]:
    """Return what was sent to this page and has not arrived, the oldest first."""
    found = RegisterTransfer.objects.filter(to_page=page, arrival__isnull=True)
    return list(found.select_related("out_entry__page"))
