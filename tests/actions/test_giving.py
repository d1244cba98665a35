"""A dose that no pump gives, through the same acts: prepared, checked, given in steps, drug accounted for, home."""

from datetime import timedelta

import pytest

from glimmer.actions.session import complete_infusion, correct_event, give_step, pause_infusion, stop_infusion
from glimmer.actions.treatments import treatments_of
from glimmer.care.session.events import StepGiven
from glimmer.records.logbook import events_of
from glimmer.vocabulary.problems import ChangedMeanwhile, RuleRefused
from tests.support.bedside import NOON, a_ward

pytestmark = pytest.mark.django_db
MAINTENANCE = "intranasal-esketamine-maintenance"


def later(minutes):
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def nasal():
    return a_ward(protocol_id=MAINTENANCE, dose_mg=84, version="1")  # the newest blocks three at a first session


def test_devices_are_given_five_minutes_apart_and_the_last_one_ends_it(nasal):
    session = nasal.running()
    with pytest.raises(RuleRefused, match="given 5 minutes after the last; it has been 3"):
        give_step(session, number=2, by=nasal.nurse, at=later(3))
    give_step(session, number=2, by=nasal.nurse, at=later(5))
    assert session.phase == "running"
    give_step(session, number=3, by=nasal.second_nurse, at=later(11))
    assert session.phase == "recovering"
    assert [e.what for e in events_of(session.pk) if isinstance(e.what, StepGiven)] == [
        StepGiven(1, 3, 0.2),
        StepGiven(2, 3, 0.2),
        StepGiven(3, 3, 0.2),
    ]


def test_a_device_that_is_recorded_already_is_not_recorded_again(nasal):
    session = nasal.running()
    give_step(session, number=2, by=nasal.nurse, at=later(5))
    with pytest.raises(ChangedMeanwhile, match="recorded device 2 at"):
        give_step(session, number=2, by=nasal.second_nurse, at=later(30))


def test_a_dose_broken_off_counts_only_the_devices_that_were_given(nasal):
    session = nasal.running()
    stop_infusion(session, "Sick", by=nasal.nurse, at=later(6))
    assert session.phase == "recovering"
    session.ended_at = later(200)
    session.save()
    assert treatments_of(nasal.episode)[0].dose_mg == pytest.approx(28)


def test_a_device_recorded_by_mistake_is_taken_back_and_the_dose_goes_on(nasal):
    session = nasal.running()
    give_step(session, by=nasal.nurse, at=later(5))
    wrong = give_step(session, by=nasal.nurse, at=later(10))
    correct_event(session, wrong[0].seq, "Not used: blocked", by=nasal.nurse, at=later(11))
    assert session.phase == "running"
    give_step(session, number=3, by=nasal.nurse, at=later(12))
    assert session.phase == "recovering"


def test_what_no_pump_gives_is_neither_paused_nor_completed(nasal):
    session = nasal.running()
    with pytest.raises(RuleRefused, match="The nasal dose cannot be paused"):
        pause_infusion(session, "Sick", by=nasal.nurse, at=later(1))
    with pytest.raises(RuleRefused, match="last device"):
        complete_infusion(session, None, by=nasal.nurse, at=later(1))


def test_a_step_of_an_infusion_there_is_none():
    ward = a_ward()
    session = ward.running()
    with pytest.raises(RuleRefused, match="run by a pump"):
        give_step(session, by=ward.nurse, at=later(1))


@pytest.mark.parametrize(
    ("protocol_id", "dose_mg"), [("sc-racemic-step-up", 35), ("im-racemic-test", 35), ("oral-racemic-maintenance", 50)]
)
def test_what_is_given_at_once_is_given_with_the_start(protocol_id, dose_mg):
    ward = a_ward(protocol_id=protocol_id, dose_mg=dose_mg)
    session = ward.running()
    assert session.phase == "recovering"
    session.ended_at = later(200)
    session.save()
    assert treatments_of(ward.episode)[0].dose_mg == dose_mg


def test_a_first_nasal_dose_of_the_old_is_refused_at_the_start_whatever_the_plan_says():
    ward = a_ward(protocol_id="intranasal-esketamine", dose_mg=56)
    ward.patient.birth_date = ward.patient.birth_date.replace(year=1948)
    ward.patient.save()
    with pytest.raises(RuleRefused, match="From 65 years on a first session is 28 mg"):
        ward.running()
