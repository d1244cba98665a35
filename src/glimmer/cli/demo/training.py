"""The training clinic: the demo's made-up staff and many bays, and one virtual patient after another."""

from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from glimmer.cli.demo.clinic import DemoClinic, due_now, open_clinic
from glimmer.cli.demo.journeys import Diary, Journey
from glimmer.cli.demo.people import patients
from glimmer.cli.demo.register import open_register
from glimmer.records.models import Appointment, Bay, Device, Patient, Staff
from glimmer.records.training import TRAINING, set_purpose
from glimmer.vocabulary.problems import RuleRefused

BAYS = 12
REFERRED_DAYS_AGO = 69
SEED = 1


def load_training(now: datetime) -> None:
    """Fill an empty database with the training clinic, and say for good what the database is for."""
    with transaction.atomic():
        set_purpose(TRAINING, now)
        clinic = open_clinic(now, SEED)
        for position in range(len(clinic.bays) + 1, BAYS + 1):
            bay = Bay.objects.create(name=f"Bay {position}", position=position)
            for kind in ("monitor", "pump"):
                Device.objects.create(identifier=f"bay-{position}-{kind}", kind=kind, bay=bay)
        open_register(clinic)


def make_training_patient(now: datetime) -> Appointment:
    """Walk a new made-up patient to a session that is due now, in a bay that is free; refuse where none is."""
    before = Patient.objects.count()
    clinic = DemoClinic(
        now, Random(before), {one.username: one for one in Staff.objects.all()}, list(Bay.objects.order_by("position"))
    )
    person = patients(before + 1, seed=SEED, today=timezone.localtime(now).date())[-1]
    journey = Journey(clinic, Diary(now), person, clock=clinic.days_ago(REFERRED_DAYS_AGO))
    bay = _free_bay(now)
    journey.refer()
    journey.triage()
    journey.baseline()
    journey.answer_rules()
    journey.decide()
    journey.consent()
    prescribed = journey.prescribe()
    journey.expect_now(prescribed, 1, bay)
    return prescribed.appointments.get()


def _free_bay(now: datetime) -> Bay:
    taken = set(
        Appointment.objects.filter(
            starts_at__lt=due_now(now) + timedelta(hours=4), ends_at__gt=due_now(now), cancelled_at__isnull=True
        ).values_list("bay_id", flat=True)
    )
    found = next((bay for bay in Bay.objects.order_by("position") if bay.pk not in taken), None)
    if found is None:
        raise RuleRefused(f"All {BAYS} bays are taken for the next hours. Cancel a training session that is not used.")
    return found
