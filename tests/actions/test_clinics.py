"""Whose patients are whose: joining, leaving, sharing, and glass that closes by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from glimmer.actions import clinics, referral
from glimmer.actions.worklist import find_patients
from glimmer.records.access import NotFound, access_episode, access_glass
from glimmer.records.clinics import in_reach, open_glass
from glimmer.records.models import Clinic, ClinicMember, Episode, Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import an_episode, complete_items, details, from_the_gp


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="referral")


@pytest.fixture
def riverside(cast, episode):
    """A second clinic, in which one nurse works."""
    clinic = clinics.open_clinic("Riverside", "RX1", by=cast.gil)
    nurse = Staff.objects.create(username="river", name="River Nurse", role=Role.NURSE.value)
    clinics.join_clinic(nurse, clinic, by=cast.gil)
    return clinic


@pytest.fixture
def nurse(riverside):
    return Staff.objects.get(username="river")


def test_everybody_belongs_to_the_only_clinic_and_with_two_somebody_says_to_which(cast, riverside):
    assert {one.name for one in Clinic.objects.filter(members__staff=cast.maya)} == {"This clinic"}
    newcomer = Staff.objects.create(username="new", name="New Comer", role="nurse")
    assert not ClinicMember.objects.filter(staff=newcomer).exists()
    with pytest.raises(BadInput, match="belong to no clinic"):
        clinics.clinic_for_new(newcomer)


def test_leaving_closes_and_sharing_opens_the_journey(cast, episode, riverside, nurse):
    assert access_episode(cast.maya, episode.pk).pk == episode.pk
    with pytest.raises(NotFound):
        access_episode(nurse, episode.pk)
    clinics.share_journey(episode, riverside, "Both treat her.", by=cast.gil)
    assert access_episode(nurse, episode.pk).pk == episode.pk
    assert find_patients(nurse).total == 1
    clinics.stop_sharing(episode, riverside, by=cast.gil)
    assert find_patients(nurse).total == 0
    clinics.leave_clinic(cast.maya, episode.clinic, by=cast.gil)
    with pytest.raises(NotFound):
        access_episode(cast.maya, episode.pk)


def test_new_referral_belongs_to_the_clinic_of_who_recorded_it(cast, riverside, nurse):
    made = referral.record_referral(details(3), from_the_gp(), complete_items(), by=nurse)
    assert made.clinic == riverside
    clinics.join_clinic(nurse, Clinic.objects.get(name="This clinic"), by=cast.gil)
    with pytest.raises(BadInput, match="choose which one"):
        referral.record_referral(details(4), from_the_gp(), complete_items(), by=nurse)
    chosen = referral.record_referral(details(4), from_the_gp(), complete_items(), by=nurse, clinic=riverside.pk)
    assert chosen.clinic == riverside


def test_nobody_lets_themselves_in_and_only_administrators_and_managers_let_others(cast, riverside):
    with pytest.raises(RuleRefused, match="themselves"):
        clinics.join_clinic(cast.gil, riverside, by=cast.gil)
    with pytest.raises(NotAllowed):
        clinics.join_clinic(cast.jo, riverside, by=cast.maya)
    with pytest.raises(RuleRefused, match="already"):
        clinics.join_clinic(Staff.objects.get(username="river"), riverside, by=cast.bea)


@pytest.mark.parametrize(("hours", "sees"), [(0, True), (3.99, True), (4, False), (100, False), (-0.01, False)])
def test_glass_is_open_for_four_hours_and_for_its_breaker_alone(cast, episode, riverside, nurse, hours, sees):
    at = datetime.now(UTC) - timedelta(hours=hours)
    patient = episode.patient
    clinics.break_glass(patient.nhs_number, patient.birth_date, "emergency", "Collapsed.", by=nurse, at=at)
    assert open_glass(nurse).exists() is sees
    assert Episode.objects.filter(in_reach(nurse), pk=episode.pk).exists() is sees
    other = Staff.objects.create(username="river2", name="Other Nurse", role="nurse")
    assert not Episode.objects.filter(in_reach(other), pk=episode.pk).exists()


def test_glass_of_the_own_clinics_patient_is_not_broken_at_all(cast, episode):
    patient = episode.patient
    with pytest.raises(RuleRefused, match="your own clinic"):
        clinics.break_glass(patient.nhs_number, patient.birth_date, "other", "By mistake.", by=cast.maya)


def test_administrator_and_manager_break_no_glass(cast, episode, riverside):
    patient = episode.patient
    for person in (cast.bea, cast.gil, cast.ness, cast.piers):
        with pytest.raises(NotAllowed):
            clinics.break_glass(patient.nhs_number, patient.birth_date, "other", "Curious.", by=person)


def test_finding_about_glass_is_recorded_once_by_the_privacy_officer(cast, episode, riverside, nurse):
    patient = episode.patient
    glass = clinics.break_glass(patient.nhs_number, patient.birth_date, "covering", "On call.", by=nurse)
    with pytest.raises(NotAllowed):
        clinics.review_glass(glass, "justified", "It was so.", by=cast.gil)
    clinics.review_glass(glass, "justified", "The rota says so.", by=cast.piers)
    assert access_glass(cast.piers, glass.pk).review.finding == "justified"
    with pytest.raises(Exception, match="saved the same thing"):
        clinics.review_glass(glass, "not_justified", "On reflection.", by=cast.piers)


def test_database_refuses_two_standing_memberships_and_an_end_without_a_name(cast, riverside, nurse):
    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicMember.objects.create(clinic=riverside, staff=nurse, since=datetime.now(UTC))
    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicMember.objects.filter(staff=nurse).update(ended_at=datetime.now(UTC))
