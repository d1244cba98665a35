"""The lists a working day starts from: who may see them, in which order, and with how many queries."""

from datetime import UTC, date, datetime, timedelta

import pytest

from glimmer.actions.outcomes import record_score
from glimmer.actions.worklist import PAGE_SIZE, counts, find_patients, tasks_for, worklist
from glimmer.records.clinics import the_only_clinic
from glimmer.records.models import Episode, Patient, Staff
from glimmer.vocabulary.problems import NotAllowed
from tests.support.cast import an_episode, phq9

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def many_patients(how_many):
    patients = Patient.objects.bulk_create(
        Patient(
            nhs_number=f"{number:010d}",
            local_number=f"X{number}",
            family_name=f"Family{number:04d}",
            given_name="Given",
            birth_date=date(1950, 1, 1) + timedelta(days=number),
            sex="unknown",
            created_at=NOW,
        )
        for number in range(how_many)
    )
    clinic = the_only_clinic()
    # Long over, so that they are found but wait for nobody.
    Episode.objects.bulk_create(
        Episode(
            patient=one, clinic_id=clinic, opened_at=NOW, updated_at=NOW, closed_at=NOW, closed_by=Staff.objects.first()
        )
        for one in patients
    )


def test_longest_waiting_journey_comes_first(cast):
    old = an_episode(cast, at="referral", patient=0, now=NOW - timedelta(days=30))
    new = an_episode(cast, at="referral", patient=1, now=NOW)
    assert [episode.pk for episode in worklist(cast.maya).rows] == [old.pk, new.pk]


def test_worklist_can_be_asked_for_one_step_or_one_role(cast):
    an_episode(cast, at="referral", patient=0)
    chosen = an_episode(cast, at="plan", patient=1)
    assert [row.pk for row in worklist(cast.maya, step="plan").rows] == [chosen.pk]
    assert [row.step for row in worklist(cast.maya, waiting_on="nurse").rows] == ["referral"]
    assert worklist(cast.maya, closed=True).total == 0


@pytest.mark.parametrize("page", [-5, 0, 1, 2, 99])
def test_page_outside_the_list_shows_the_nearest_one(cast, page):
    many_patients(PAGE_SIZE + 1)
    found = find_patients(cast.bea, page=page)
    assert found.pages == 2
    assert found.number == min(max(page, 1), 2)
    assert len(found.rows) == (PAGE_SIZE if found.number == 1 else 1)


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "sam"},
        {"name": "AMINA sample"},
        {"name": "Sample, Amina"},
        {"nhs_number": "999 000 0018"},
        {"nhs_number": "99900"},
        {"birth_date": date(1984, 5, 3)},
        {"name": "amina", "birth_date": date(1984, 5, 3)},
    ],
)
def test_patient_is_found_by_what_people_type(cast, asked):
    an_episode(cast, at="referral")
    assert [found.given_name for found in find_patients(cast.bea, **asked).rows] == ["Amina"]


@pytest.mark.parametrize("asked", [{"name": "mina"}, {"nhs_number": "abc"}, {"name": "%"}, {"name": "_amina"}])
def test_patient_is_not_found_by_chance(cast, asked):
    an_episode(cast, at="referral")
    assert find_patients(cast.bea, **asked).total == 0


def test_task_is_listed_for_the_role_that_owns_it(cast):
    episode = an_episode(cast, at="selection")
    record_score(episode, phq9(9, item9=1), "baseline", date(2026, 1, 1), by=cast.maya)
    assert [task.episode_id for task in tasks_for(cast.una)] == [episode.pk]
    assert tasks_for(cast.maya) == []


def test_manager_gets_counts_and_no_names(cast):
    an_episode(cast, at="referral", patient=0)
    an_episode(cast, at="referral", patient=1)
    an_episode(cast, at="plan", patient=2)
    assert {(row.step, row.count) for row in counts(cast.gil)} == {("referral", 2), ("plan", 1)}
    for ask in (worklist, find_patients, tasks_for):
        with pytest.raises(NotAllowed):
            ask(cast.gil)


def test_lists_take_two_queries_however_long_they_are(cast, django_assert_num_queries):
    many_patients(500)
    for number in range(6):
        an_episode(cast, at="referral", patient=number)
    with django_assert_num_queries(2):
        assert [row.patient.name for row in worklist(cast.maya).rows]
    with django_assert_num_queries(2):
        assert find_patients(cast.maya, name="Family").total == 500
