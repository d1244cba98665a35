"""What a letter says was given: the dose that reached the patient, read from the session's log."""

from datetime import timedelta

import pytest

from glimmer.actions.letters import letter_content
from glimmer.actions.session import cancel_session, stop_infusion
from glimmer.actions.treatments import treatments_of
from glimmer.records.models import Referral, TreatmentSession
from tests.support.bedside import NOON, a_ward


@pytest.fixture
def ward(db):
    ward = a_ward(NOON)
    Referral.objects.create(
        episode=ward.episode,
        received_at=NOON,
        source="gp",
        referrer_name="Dr Ada Quince",
        reason="Low mood",
        how="typed",
        recorded_by=ward.nurse,
    )
    return ward


def over(session):
    TreatmentSession.objects.filter(pk=session.pk).update(ended_at=NOON + timedelta(hours=2))


def test_completed_infusion_gave_the_whole_dose(ward):
    over(ward.recovering())
    (given,) = treatments_of(ward.episode)
    assert (given.number, given.dose_mg, given.ended) == (1, 35, "Completed")


def test_infusion_stopped_at_half_time_gave_half_the_dose(ward):
    session = ward.running()
    stop_infusion(session, "Chest tightness", by=ward.nurse, at=NOON + timedelta(minutes=20))
    over(session)
    (given,) = treatments_of(ward.episode)
    assert given.dose_mg == pytest.approx(17.5)
    assert given.ended == "Stopped after 20 minutes: Chest tightness"


def test_session_cancelled_before_the_drug_gave_nothing_and_the_letter_says_so(ward):
    session = ward.open()
    cancel_session(session, "Had breakfast late", by=ward.nurse, at=NOON)
    (given,) = treatments_of(ward.episode)
    assert (given.dose_mg, given.ended) == (0, "Not given: Had breakfast late")
    content = letter_content(ward.episode, "course_summary", "", NOON)
    table = next(section for section in content["sections"] if section["heading"] == "Medicines given")
    assert table["rows"][0][2] == "None"
    assert "was not treated" in content["sections"][0]["paragraphs"][0]


def test_letter_names_drug_and_dose_of_each_session(ward):
    over(ward.recovering())
    content = letter_content(ward.episode, "course_summary", "", NOON)
    table = next(section for section in content["sections"] if section["heading"] == "Medicines given")
    assert "35.0 mg" in table["rows"][0][2]
    assert "treated with ketamine once" in content["sections"][0]["paragraphs"][0]
