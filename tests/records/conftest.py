"""Rows made directly, without actions: these tests ask what the database itself refuses."""

import importlib
from datetime import UTC, date, datetime, timedelta

import pytest


class _Models:
    """The models, looked up when a fixture runs: this file is read before Django's settings are named."""

    def __getattr__(self, name):
        return getattr(importlib.import_module("glimmer.records.models"), name)


models = _Models()
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def maya(db):
    return models.Staff.objects.create(username="maya", name="Maya Okafor", role="nurse", password="!")


@pytest.fixture
def idris(db):
    return models.Staff.objects.create(username="idris", name="Idris Penhallow", role="psychiatrist", password="!")


@pytest.fixture
def amina(db):
    return models.Patient.objects.create(
        nhs_number="9990000018",
        local_number="G000001",
        family_name="Sample",
        given_name="Amina",
        birth_date=date(1980, 5, 3),
        sex="female",
        created_at=NOW,
    )


@pytest.fixture
def episode(amina):
    return models.Episode.objects.create(patient=amina, opened_at=NOW, updated_at=NOW)


@pytest.fixture
def referral(episode, maya):
    return models.Referral.objects.create(
        episode=episode,
        received_at=NOW,
        source="gp",
        referrer_name="Dr Ada Quince",
        reason="Low mood",
        how="typed",
        recorded_by=maya,
    )


@pytest.fixture
def bay(db):
    return models.Bay.objects.create(name="Bay 1")


@pytest.fixture
def plan_row(episode, idris):
    def make(**changes):
        fields = {
            "episode": episode,
            "version": 1,
            "protocol_id": "iv-racemic-standard",
            "protocol_version": "1",
            "protocol_digest": "0" * 64,
            "weight_kg": 70,
            "height_cm": 170,
            "basis": "actual",
            "dose_mg_per_kg": "0.5",
            "dose_mg": 35,
            "infusion_minutes": 40,
            "sessions": 6,
            "pregnancy_possible": False,
            "prescribed_by": idris,
            "prescribed_at": NOW,
        }
        return models.Plan.objects.create(**{**fields, **changes})

    return make


@pytest.fixture
def appointment_row(plan_row, bay, maya):
    def make(**changes):
        fields = {
            "plan": changes.pop("plan", None) or plan_row(),
            "number": 1,
            "bay": bay,
            "starts_at": NOW,
            "ends_at": NOW + timedelta(hours=2),
            "booked_by": maya,
            "booked_at": NOW,
        }
        return models.Appointment.objects.create(**{**fields, **changes})

    return make


@pytest.fixture
def session(appointment_row, maya):
    appointment = appointment_row()
    return models.TreatmentSession.objects.create(
        episode=appointment.plan.episode,
        plan=appointment.plan,
        appointment=appointment,
        bay=appointment.bay,
        number=1,
        opened_at=NOW,
        opened_by=maya,
    )
