"""From paper: the page that takes the rows of a sheet, as the nurse with the sheet in her hand uses it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from glimmer.actions.log import log_of
from glimmer.records.models import TreatmentSession
from tests.support.bedside import Ward, a_ward

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward() -> Ward:
    # This morning at nine, so that the times on the sheet lie behind us whenever the tests are run after ten.
    today = timezone.localtime()
    return a_ward((today - timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0))


@pytest.fixture
def nurse(client, ward: Ward):
    client.force_login(ward.second_nurse)
    return client


def put_into_record(nurse, ward: Ward, **changes: str):
    data = {"written_by": ward.nurse.pk, "opened_at": "09:00", "left_at": "11:30", "escorted_by": "Her sister"}
    return nurse.post(f"/appointments/{ward.appointment.pk}/paper/open", {**data, **changes}, follow=True)


def enter(nurse, ward: Ward, rows: dict[str, str]):
    data = {"written_by": ward.nurse.pk, **rows}
    return nurse.post(f"/appointments/{ward.appointment.pk}/paper/rows", data, follow=True)


SHEET = {
    "E1-time": "09:20",
    "E1-what": "started",
    "O1-time": "09:30",
    "O1-minute": "10",
    "O1-systolic": "152",
    "O1-diastolic": "88",
    "O1-oxygen": "air",
    "O1-level": "A",
    "E2-time": "10:00",
    "E2-what": "completed",
    "E2-words": "50 mL",
}


def session_of(ward: Ward) -> TreatmentSession:
    return TreatmentSession.objects.get(appointment=ward.appointment)


def test_session_held_on_paper_is_put_into_the_record_and_its_rows_after_it(nurse, ward):
    assert (
        "Put this session into the record" in nurse.get(f"/appointments/{ward.appointment.pk}/paper").content.decode()
    )
    assert "Enter the rows of its sheet below" in put_into_record(nurse, ward).content.decode()
    assert "3 rows were entered." in enter(nurse, ward, SHEET).content.decode()
    session = session_of(ward)
    assert session.phase == "left"
    completed = session.log.get(kind="completed")
    assert completed.body["volume_ml"] == 50
    assert f"{timezone.localtime(completed.happened_at):%H:%M}" == "10:00"
    page = nurse.get(f"/sessions/{session.pk}").content.decode()
    assert "152/88" in page
    assert "on paper" in page


def test_rows_that_are_in_the_log_have_no_fields_and_are_listed(nurse, ward):
    put_into_record(nurse, ward)
    page = enter(nurse, ward, SHEET).content.decode()
    assert 'name="E1-time"' not in page
    assert 'name="E3-time"' in page
    assert "In the log already: 3 rows" in page


def test_posting_the_same_sheet_twice_stores_it_once(nurse, ward):
    put_into_record(nurse, ward)
    enter(nurse, ward, SHEET)
    again = enter(nurse, ward, SHEET)
    assert again.status_code == 422
    assert "No row was filled in" in again.content.decode()
    assert session_of(ward).log.filter(kind="started").count() == 1


def test_syringe_and_its_check_by_another_person(nurse, ward):
    put_into_record(nurse, ward)
    told = {
        "strength": "10", "batch": "B77", "expires_on": "2028-12-31", "drug_volume": "3.5", "total_volume": "50",
        "rate": "75", "drawn_time": "09:10", "checked_time": "09:12", "checked_by": str(ward.second_nurse.pk),
    }  # fmt: skip
    assert "2 rows were entered" in enter(nurse, ward, told).content.decode()
    log = log_of(session_of(ward).pk)
    assert log.course.preparation.dose_mg == 35
    assert log.course.second_check.by_id == ward.second_nurse.pk


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"E1-what": "started"}, "Row E1 has no time"),
        ({"E1-time": "09:20"}, "Row E1: choose what happened"),
        ({"E1-time": "09:20", "E1-what": "paused"}, "Row E1: enter the words"),
        ({"O1-time": "09:30", "O1-systolic": "120"}, "Row O1: choose air or oxygen"),
        ({"O1-time": "9 o'clock"}, "must be a time on the 24-hour clock"),
        ({"O1-time": "09:30", "O1-spo2": "140", "O1-oxygen": "air"}, "or less"),
        ({"C1": "yes"}, "time at which these questions were answered"),
        ({"batch": "B77"}, "of the syringe is missing"),
        ({"checked_time": "09:12"}, "Choose who checked the syringe"),
        ({"E1-time": "10:00", "E1-what": "completed"}, "without its start"),
        ({}, "No row was filled in"),
    ],
)
def test_what_is_missing_or_cannot_be_is_said_and_nothing_is_stored(nurse, ward, rows, says):
    put_into_record(nurse, ward)
    known = session_of(ward).log.count()
    answer = enter(nurse, ward, rows)
    assert answer.status_code == 422
    assert says in answer.content.decode().replace("&#39;", "'")
    assert session_of(ward).log.count() == known


NONSENSE = ("-1", "99999999999999999999", "½", "\u202e", "'; DROP TABLE", "<b>", "NaN", "24:00", " " * 500)


@pytest.mark.parametrize("typed", NONSENSE)
def test_nonsense_in_every_field_of_a_sheet_gives_words_and_stores_nothing(nurse, ward, typed):
    put_into_record(nurse, ward)
    known = session_of(ward).log.count()
    page = nurse.get(f"/appointments/{ward.appointment.pk}/paper").content.decode()
    names = set(re.findall(r'name="([\w-]+)"', page)) - {"csrfmiddlewaretoken"}
    answer = nurse.post(f"/appointments/{ward.appointment.pk}/paper/rows", dict.fromkeys(names, typed))
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert session_of(ward).log.count() == known


def test_rows_without_a_session_are_refused_in_words(nurse, ward):
    answer = enter(nurse, ward, SHEET)
    assert answer.status_code == 422
    assert "not in the record yet" in answer.content.decode()


def test_sheet_is_handed_out_as_a_pdf_without_a_name_in_its_file_name(nurse, ward):
    answer = nurse.get(f"/appointments/{ward.appointment.pk}/sheet.pdf")
    assert answer.content.startswith(b"%PDF")
    assert ward.patient.family_name.lower() not in answer["Content-Disposition"].lower()
    day = timezone.localdate(ward.appointment.starts_at)
    assert nurse.get(f"/downtime/{day.isoformat()}.pdf").content.startswith(b"%PDF")
    assert nurse.get("/downtime/nonsense.pdf").status_code == 422
