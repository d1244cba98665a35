"""Nothing is taken twice, whoever writes and by whichever way: the database itself keeps the claims."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from glimmer.records.claims import BAY, PATIENT, STAFF, Wanted, claims_against
from glimmer.records.double_booking import put_back_on_sqlite
from glimmer.records.models import Appointment, Bay, Claim, Episode, Patient
from tests.records.conftest import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def other_plan(plan_row, db):
    """A plan of a second patient."""
    patient = Patient.objects.create(
        nhs_number="9990000026",
        local_number="G000002",
        family_name="Sample",
        given_name="Bertram",
        birth_date=date(1979, 1, 1),
        sex="male",
        created_at=NOW,
    )
    episode = Episode.objects.create(patient=patient, opened_at=NOW, updated_at=NOW)
    return plan_row(episode=episode)


def refused(write):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write()
    said = str(error.value)
    assert "taken at that time already" in said or "claim_once" in said


def second_bay():
    return Bay.objects.create(name="Bay 2", position=2)


def test_bay_is_not_taken_twice_even_past_the_model(appointment_row, other_plan):
    first = appointment_row()
    late = Appointment(
        plan=other_plan, patient=other_plan.episode.patient, number=1, bay=first.bay, booked_by=first.booked_by,
        starts_at=NOW + HOUR, ends_at=NOW + 3 * HOUR, booked_at=NOW,
    )  # fmt: skip
    refused(lambda: Appointment.objects.bulk_create([late]))
    assert Appointment.objects.count() == 1


def test_patient_is_not_in_two_bays_at_once(appointment_row):
    first = appointment_row()
    refused(
        lambda: appointment_row(
            plan=first.plan, number=2, bay=second_bay(), starts_at=NOW + HOUR, ends_at=NOW + 3 * HOUR
        )
    )


def test_date_moved_onto_another_is_refused_and_stays_where_it_was(appointment_row, other_plan):
    first = appointment_row()
    other = appointment_row(plan=other_plan, starts_at=NOW + 2 * HOUR, ends_at=NOW + 4 * HOUR)
    refused(lambda: Appointment.objects.filter(pk=other.pk).update(starts_at=NOW + HOUR))
    assert Claim.objects.filter(what=BAY, key=first.bay_id).count() == 2


def test_end_of_one_is_the_beginning_of_the_next(appointment_row, other_plan):
    appointment_row()
    assert appointment_row(plan=other_plan, starts_at=NOW + 2 * HOUR, ends_at=NOW + 4 * HOUR).pk


def test_cancelled_date_lets_go_of_bay_and_patient_and_its_return_takes_them_again(appointment_row, maya, other_plan):
    first = appointment_row()
    Appointment.objects.filter(pk=first.pk).update(cancelled_at=NOW, cancelled_by=maya)
    assert not Claim.objects.exists()
    appointment_row(plan=other_plan, starts_at=NOW + HOUR, ends_at=NOW + 3 * HOUR)
    refused(lambda: Appointment.objects.filter(pk=first.pk).update(cancelled_at=None, cancelled_by=None))


def test_date_belongs_to_the_patient_of_its_plan_whoever_was_named(appointment_row, other_plan):
    stranger = other_plan.episode.patient
    assert appointment_row(patient=stranger).patient_id != stranger.pk


def test_deleted_date_leaves_no_claim(appointment_row):
    appointment_row().delete()
    assert not Claim.objects.exists()


def test_what_takes_a_person_alone_is_claimed_by_its_own_word(maya, db):
    therapy = {"what": STAFF, "key": maya.pk, "source": "therapy", "starts_at": NOW, "ends_at": NOW + HOUR}
    Claim.objects.create(source_id=1, **therapy)
    refused(lambda: Claim.objects.create(source_id=2, **{**therapy, "starts_at": NOW + HOUR / 2}))
    assert not claims_against(Wanted(STAFF, maya.pk, NOW, NOW + HOUR), besides=[("therapy", 1)]).exists()
    # The same key of another kind is another thing.
    assert Claim.objects.create(source_id=2, **{**therapy, "what": PATIENT}).pk


def test_claim_cannot_be_moved_onto_another(maya, db):
    for number in (0, 1):
        Claim.objects.create(
            what=STAFF, key=maya.pk, source="therapy", source_id=number,
            starts_at=NOW + number * HOUR, ends_at=NOW + (number + 1) * HOUR,
        )  # fmt: skip
    refused(lambda: Claim.objects.filter(source_id=1).update(starts_at=NOW))


def test_triggers_lost_with_a_rebuilt_table_are_put_back(appointment_row):
    if connection.vendor != "sqlite":
        assert "EXCLUDE" in _constraint_of_postgresql()
        return
    assert put_back_on_sqlite(connection) == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER records_appointment_claims")
    assert put_back_on_sqlite(connection) == ["records_appointment_claims"]
    assert appointment_row().pk
    assert Claim.objects.count() == 2


def _constraint_of_postgresql():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'claim_once'")
        return cursor.fetchone()[0]
