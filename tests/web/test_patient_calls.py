"""A patient who is not safe is called out on every clinical page of their clinic until somebody takes the call."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from glimmer.actions import live
from glimmer.actions.clinics import open_clinic
from glimmer.actions.outcomes import finish_task, record_score
from glimmer.actions.own_entries import send_entry, send_questionnaire
from glimmer.actions.retiring import retire_staff
from glimmer.actions.tasks import hand_over_task, put_back_task, take_task
from glimmer.care.own import Kind
from glimmer.records.models import ClinicMember, Patient, Staff, Task
from glimmer.records.tasks import TaskStep, untaken_calls
from glimmer.web import calls
from tests.support.cast import an_episode, phq9

HEARS = ("maya", "idris", "tomos", "priya")


@pytest.fixture(autouse=True)
def nothing_remembered():
    live.forget_all()
    calls._KEPT.clear()


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="selection")


@pytest.fixture
def pressed(episode):
    send_entry(episode.patient, Kind.NOT_SAFE, {}, "n1")
    return Task.objects.get()


def browser(person: Staff) -> Client:
    client = Client()
    client.force_login(person)
    return client


def heard(person: Staff, of: str = "") -> str:
    answer = browser(person).get(f"/live/calls{of}")
    assert answer.status_code == 200
    return str(answer.json()["html"])


def waited(task: Task, minutes: int) -> None:
    Task.objects.filter(pk=task.pk).update(raised_at=timezone.now() - timedelta(minutes=minutes))


@pytest.mark.parametrize("who", HEARS)
def test_not_safe_is_called_out_at_once_to_every_clinical_role_and_names_nobody(cast, episode, pressed, who):
    person = getattr(cast, who)
    said = heard(person)
    assert "pressed “I am not safe”" in said
    assert "is-high" in said
    assert f'href="/tasks/{pressed.pk}"' in said
    assert episode.patient.family_name.upper() not in said.upper()
    assert episode.patient.given_name not in said
    assert b"data-calls" in browser(person).get("/").content
    page = browser(person).get(f"/tasks/{pressed.pk}").content.decode()
    assert "Take this task" in page
    assert episode.patient.family_name.upper() in page


def test_page_of_a_call_says_how_to_reach_the_patient_and_what_they_said_since(cast, episode, pressed):
    Patient.objects.filter(pk=episode.patient_id).update(
        telephone="01632 960 123", address="4 Quay Street\nTidewater", postcode="ZZ9 4QT"
    )
    page = browser(cast.tomos).get(f"/tasks/{pressed.pk}").content.decode()
    assert 'href="tel:01632960123"' in page
    assert "4 Quay Street, Tidewater, ZZ9 4QT" in page
    assert f'href="/episodes/{episode.pk}/own"' in page
    assert "by mistake" not in page
    send_entry(episode.patient, Kind.MISTAKE, {}, "m1")
    page = browser(cast.tomos).get(f"/tasks/{pressed.pk}").content.decode()
    assert re.search(
        r"At \d\d:\d\d the patient said that it was pressed by mistake. Speak with them all the same.", page
    )
    # It is not taken back by that: somebody speaks with them first.
    assert "I am not safe" in heard(cast.maya)
    Patient.objects.filter(pk=episode.patient_id).update(telephone="")
    assert "No telephone number is on record" in browser(cast.tomos).get(f"/tasks/{pressed.pk}").content.decode()


def test_board_says_it_too_beside_its_own_alarms(cast, pressed):
    assert 'data-calls="/live/calls?of=patients"' in browser(cast.maya).get("/board").content.decode()
    assert "I am not safe" in heard(cast.maya, "?of=patients")


@pytest.mark.parametrize("who", HEARS)
def test_call_ends_for_all_once_a_named_person_took_it_and_begins_again_when_they_put_it_back(cast, pressed, who):
    person = getattr(cast, who)
    take_task(pressed, by=person)
    assert [heard(getattr(cast, one)) for one in HEARS] == ["", "", "", ""]
    pressed.refresh_from_db()
    put_back_task(pressed, by=person)
    assert all("I am not safe" in heard(getattr(cast, one)) for one in HEARS)
    finish_task(pressed, "Rang: at home with her sister, safe.", by=cast.idris)
    assert heard(cast.maya) == ""


def test_call_begins_again_when_whoever_took_it_has_left(cast, pressed):
    take_task(pressed, by=cast.jo)
    retire_staff(cast.jo, "Has left.", by=cast.gil)
    assert "I am not safe" in heard(cast.maya)


def test_call_handed_to_a_person_goes_on_until_that_person_or_another_takes_it(cast, pressed):
    take_task(pressed, by=cast.maya)
    pressed.refresh_from_db()
    hand_over_task(pressed, "", "You know her best.", cast.idris, by=cast.maya)
    assert all("I am not safe" in heard(getattr(cast, one)) for one in HEARS)
    page = browser(cast.idris).get(f"/tasks/{pressed.pk}").content.decode()
    assert "Take this task" in page
    assert "You know her best." in page
    pressed.refresh_from_db()
    take_task(pressed, by=cast.idris)
    assert [heard(getattr(cast, one)) for one in HEARS] == ["", "", "", ""]


def test_call_that_was_taken_and_not_finished_in_its_time_calls_again_until_somebody_says_what_was_done(cast, pressed):
    # Four hours to see the patient: written down here anew from guidance/figures/own.toml.
    assert pressed.due_at - pressed.raised_at == timedelta(hours=4)
    take_task(pressed, by=cast.idris)
    assert heard(cast.maya) == ""
    Task.objects.filter(pk=pressed.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    for one in HEARS:
        said = heard(getattr(cast, one))
        assert "somebody took this call, and has not said what was done" in said
        assert "nobody has taken" not in said
        assert 'data-sound="medium"' in said
    assert heard(cast.bea) == ""
    pressed.refresh_from_db()
    # Its holder may be gone for the day: whoever hears it can take it over, and then finish it.
    assert "Take this task" in browser(cast.maya).get(f"/tasks/{pressed.pk}").content.decode()
    take_task(pressed, by=cast.maya)
    assert "has not said what was done" in heard(cast.tomos)
    finish_task(pressed, "Rang: at home with her sister, safe.", by=cast.maya)
    assert [heard(getattr(cast, one)) for one in HEARS] == ["", "", "", ""]


def test_patient_who_presses_again_and_again_is_one_call_that_one_press_takes_and_another_patient_is_not_hidden(
    cast, episode, pressed
):
    send_questionnaire(episode.patient, "phq9", [1, 1, 1, 1, 1, 1, 1, 1, 2], "q1")
    send_entry(episode.patient, Kind.NOT_SAFE, {}, "n2")
    said = heard(cast.maya)
    assert said.count("glimmer-call") == 1
    assert "I am not safe" in said
    assert "3 calls of this patient" in said
    send_entry(an_episode(cast, at="selection", patient=2).patient, Kind.NOT_SAFE, {}, "m1")
    assert heard(cast.maya).count("glimmer-call") == 2
    take_task(pressed, by=cast.maya)
    assert heard(cast.maya).count("glimmer-call") == 1
    assert "calls of this patient" not in heard(cast.maya)
    theirs = Task.objects.filter(episode=episode, calls__gt="")
    assert [(one.taken_by, one.owner_role, one.done_at) for one in theirs] == [(cast.maya, "nurse", None)] * 3
    assert TaskStep.objects.filter(task__in=theirs, step="taken", to_person=cast.maya).count() == 3
    # A press after that is a call of its own: it is not known what has become of the patient since.
    send_entry(episode.patient, Kind.NOT_SAFE, {}, "n3")
    assert heard(cast.maya).count("glimmer-call") == 2


def test_call_of_another_day_says_which_day(cast, pressed):
    assert re.search(r"Since \d\d:\d\d ", heard(cast.maya))
    Task.objects.filter(pk=pressed.pk).update(raised_at=datetime(2026, 3, 6, 23, 50, tzinfo=UTC))
    assert "Since 6 Mar 2026, 23:50 " in heard(cast.maya)


def test_call_that_nobody_takes_in_time_is_louder_and_reaches_the_desk_without_what_was_said(cast, pressed):
    # Ten minutes: written down here anew from guidance/figures/tasks.toml.
    waited(pressed, 9)
    assert heard(cast.bea) == ""
    assert 'data-sound=""' in heard(cast.maya)
    waited(pressed, 11)
    assert 'data-sound="medium"' in heard(cast.maya)
    assert "the time to take it is over" in heard(cast.maya)
    desk = heard(cast.bea)
    assert "Find a nurse or a psychiatrist now" in desk
    assert "not safe" not in desk
    assert "/tasks/" not in desk


def test_answer_that_signals_suicidal_thoughts_on_own_pages_calls_and_the_same_form_typed_by_staff_does_not(
    cast, episode
):
    send_questionnaire(episode.patient, "phq9", [1, 1, 1, 1, 1, 1, 1, 1, 2], "q1")
    said = heard(cast.maya)
    assert "own answer signals thoughts of suicide" in said
    assert "is-medium" in said
    waited(Task.objects.get(), 11)
    assert "is-high" in heard(cast.maya)
    Task.objects.all().delete()
    record_score(episode, phq9(9, 2), "follow_up", timezone.localdate(), by=cast.maya)
    assert Task.objects.get().kind == "suicidality"
    assert heard(cast.maya) == ""


def test_answer_that_cannot_be_scored_calls_as_well(cast, episode):
    send_questionnaire(episode.patient, "phq9", [None] * 8 + [3], "q1")
    assert "own answer signals thoughts of suicide" in heard(cast.idris)


def test_nobody_of_another_clinic_hears_of_it(cast, pressed):
    other = open_clinic("Elsewhere", by=cast.gil)
    away = Staff.objects.create(username="away", name="Ada Way", role="nurse")
    ClinicMember.objects.create(staff=away, clinic=other, since=timezone.now())
    assert heard(away) == ""


def test_roles_outside_the_care_team_hear_of_nothing(cast, pressed):
    for person in (cast.gil, cast.ness, cast.wilf, cast.piers):
        assert browser(person).get("/live/calls").status_code == 403


def test_calls_are_asked_for_in_one_question_however_many_and_by_their_own_index(
    cast, episode, pressed, django_assert_num_queries
):
    for number in range(3):
        send_entry(episode.patient, Kind.NOT_SAFE, {}, f"more{number}")
    with django_assert_num_queries(1) as asked:
        assert len(untaken_calls(cast.maya, timezone.now())) == 4
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + asked.captured_queries[0]["sql"])
            assert any("task_calls_open" in str(row) for row in cursor.fetchall())
