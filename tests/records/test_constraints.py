"""The database refuses a wrong row, whoever writes it and by whichever way."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from glimmer.records.models import (
    Appointment,
    ConsentRecord,
    Episode,
    FollowUpDecision,
    Letter,
    LogLine,
    Patient,
    Plan,
    Referral,
    ReferralItem,
    Score,
    SelectionDecision,
    SelectionOverride,
    Staff,
    Task,
    TreatmentSession,
    TriageDecision,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def refused(db):
    """Return a function that runs a write and asserts that the database refused it by the named constraint."""

    def ask(write, by):
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            write()
        assert by in str(error.value)

    return ask


def test_nhs_number_of_nine_digits_is_refused(amina, refused):
    refused(lambda: Patient.objects.filter(pk=amina.pk).update(nhs_number="999000001"), "nhs_number_ten_digits")


def test_nhs_number_with_a_letter_is_refused(amina, refused):
    refused(lambda: Patient.objects.filter(pk=amina.pk).update(nhs_number="99900000A8"), "nhs_number_ten_digits")


def test_second_patient_with_the_same_nhs_number_is_refused(amina, refused):
    twin = {**vars(amina), "id": None, "local_number": "G000002"}
    twin.pop("_state")
    refused(lambda: Patient.objects.create(**twin), "nhs_number")


def test_role_that_the_clinic_does_not_have_is_refused(maya, refused):
    refused(lambda: Staff.objects.filter(pk=maya.pk).update(role="superuser"), "staff_role_known")


def test_second_open_journey_of_a_patient_is_refused(episode, amina, refused):
    # SQLite names the columns of a unique index, PostgreSQL its name: "patient" stands in both.
    refused(lambda: Episode.objects.create(patient=amina, opened_at=NOW, updated_at=NOW), "patient")


def test_new_journey_after_the_last_one_ended_is_accepted(episode, amina, idris):
    Episode.objects.filter(pk=episode.pk).update(closed_at=NOW, closed_by=idris)
    Episode.objects.create(patient=amina, opened_at=NOW, updated_at=NOW)
    assert Episode.objects.filter(patient=amina).count() == 2


def test_end_of_a_journey_without_a_name_is_refused(episode, refused):
    refused(lambda: Episode.objects.filter(pk=episode.pk).update(closed_at=NOW), "episode_closed_by_and_at")


def test_same_bundle_stored_twice_is_refused(referral, idris, amina, maya, refused):
    Referral.objects.filter(pk=referral.pk).update(digest="a" * 64)
    Episode.objects.filter(patient=amina).update(closed_at=NOW, closed_by=idris)
    again = Episode.objects.create(patient=amina, opened_at=NOW, updated_at=NOW)
    fields = {"received_at": NOW, "source": "gp", "referrer_name": "Dr Quince", "reason": "x", "how": "fhir"}
    refused(
        lambda: Referral.objects.create(episode=again, digest="a" * 64, recorded_by=maya, **fields),
        "digest" if _is_sqlite() else "referral_bundle_once",
    )


def test_present_item_without_text_is_refused(referral, maya, refused):
    row = {"referral": referral, "item": "admissions", "recorded_by": maya, "recorded_at": NOW}
    refused(lambda: ReferralItem.objects.create(state="present", text="", **row), "present_item_has_text")


def test_triage_that_declines_without_a_reason_is_refused(referral, maya, refused):
    row = {"referral": referral, "decided_by": maya, "decided_at": NOW}
    refused(lambda: TriageDecision.objects.create(decision="declined", **row), "triage_refusal_has_reason")


def test_override_agreed_by_the_one_who_proposed_it_is_refused(episode, idris, refused):
    row = {
        "episode": episode,
        "rule": "past_stroke",
        "proposed_by": idris,
        "proposed_at": NOW,
        "reason": "seen by cardiology",
    }
    refused(
        lambda: SelectionOverride.objects.create(agreed_by=idris, agreed_at=NOW, **row),
        "override_second_is_another_person",
    )


def test_override_agreed_without_a_time_is_refused(episode, idris, maya, refused):
    row = {
        "episode": episode,
        "rule": "past_stroke",
        "proposed_by": idris,
        "proposed_at": NOW,
        "reason": "seen by cardiology",
    }
    refused(lambda: SelectionOverride.objects.create(agreed_by=maya, **row), "override_second_is_another_person")


def test_not_eligible_without_a_reason_is_refused(episode, idris, refused):
    row = {"episode": episode, "guidance_version": "1", "decided_by": idris, "decided_at": NOW}
    refused(lambda: SelectionDecision.objects.create(decision="not_eligible", **row), "not_eligible_has_reason")


@pytest.mark.parametrize("element", ["understands", "retains", "weighs", "communicates"])
def test_consent_given_without_one_element_of_capacity_is_refused(episode, idris, refused, element):
    capacity = {"understands": True, "retains": True, "weighs": True, "communicates": True, element: None}
    row = {"episode": episode, "information_version": "1", "recorded_by": idris, "recorded_at": NOW}
    refused(lambda: ConsentRecord.objects.create(decision="given", **capacity, **row), "consent_given_needs_capacity")


def test_second_prescriber_who_is_the_first_one_is_refused(plan_row, idris, refused):
    refused(lambda: plan_row(second_prescriber=idris, second_at=NOW), "second_prescriber_is_another")


@pytest.mark.parametrize("wrong", [{"dose_mg": 0}, {"weight_kg": 0}])
def test_plan_without_a_dose_or_weight_is_refused(plan_row, refused, wrong):
    refused(lambda: plan_row(**wrong), "plan_dose_positive")


def test_same_version_of_a_plan_twice_is_refused(plan_row, refused):
    plan_row()
    refused(plan_row, "version")


def test_appointment_that_ends_before_it_starts_is_refused(appointment_row, refused):
    refused(lambda: appointment_row(ends_at=NOW - timedelta(minutes=1)), "appointment_ends_after_start")


def test_second_date_of_the_same_session_is_refused(appointment_row, refused):
    first = appointment_row()
    later = NOW + timedelta(days=1)
    refused(
        lambda: appointment_row(plan=first.plan, starts_at=later, ends_at=later + timedelta(hours=2)),
        "number" if _is_sqlite() else "one_date_per_session",
    )


def test_cancelled_date_leaves_room_for_a_new_one(appointment_row, maya):
    first = appointment_row()
    Appointment.objects.filter(pk=first.pk).update(cancelled_by=maya, cancelled_at=NOW)
    appointment_row(plan=first.plan)
    assert Appointment.objects.filter(plan=first.plan).count() == 2


def test_second_live_session_in_a_bay_is_refused(session, appointment_row, maya, idris, refused):
    other = _other_episode()
    plan = Plan.objects.get(pk=session.plan_id)
    plan.pk, plan.episode = None, other
    plan.save()
    later = NOW + timedelta(days=1)
    date_ = appointment_row(plan=plan, starts_at=later, ends_at=later + timedelta(hours=2))
    row = {"episode": other, "plan": plan, "appointment": date_, "number": 1, "opened_at": NOW, "opened_by": maya}
    refused(
        lambda: TreatmentSession.objects.create(bay=session.bay, **row),
        "bay_id" if _is_sqlite() else "one_live_session_per_bay",
    )


def test_log_line_with_a_number_that_is_taken_is_refused(session, refused):
    row = {
        "session": session,
        "kind": "note",
        "happened_at": NOW,
        "received_at": NOW,
        "by": "Maya",
        "body": {"text": "x"},
    }
    LogLine.objects.create(seq=1, **row)
    refused(lambda: LogLine.objects.create(seq=1, **row), "seq" if _is_sqlite() else "log_line_once")


def test_same_press_of_a_button_is_logged_once(session, refused):
    row = {
        "session": session,
        "kind": "note",
        "happened_at": NOW,
        "received_at": NOW,
        "by": "Maya",
        "body": {"text": "x"},
    }
    LogLine.objects.create(seq=1, form_token="press", **row)
    refused(
        lambda: LogLine.objects.create(seq=2, form_token="press", **row),
        "form_token" if _is_sqlite() else "log_form_posted_once",
    )


def test_score_before_a_session_without_its_number_is_refused(episode, maya, refused):
    row = {
        "episode": episode,
        "instrument_version": "1",
        "items": [0] * 9,
        "total": 0,
        "completed_on": date(2026, 11, 1),
    }
    refused(
        lambda: Score.objects.create(occasion="before_session", recorded_by=maya, recorded_at=NOW, **row),
        "session_score_names_session",
    )


@pytest.mark.parametrize("missing", ["done_by", "done_at", "did"])
def test_finished_task_without_who_when_or_what_is_refused(episode, maya, refused, missing):
    done = {"done_by": maya, "done_at": NOW, "did": "called", missing: "" if missing == "did" else None}
    row = {
        "episode": episode,
        "kind": "suicidality",
        "says": "x",
        "owner_role": "nurse",
        "raised_at": NOW,
        "due_at": NOW,
    }
    refused(lambda: Task.objects.create(**row, **done), "task_done_by_at_and_what")


def test_review_without_a_date_is_refused(episode, idris, refused):
    row = {"episode": episode, "reason": "x", "decided_by": idris, "decided_at": NOW}
    refused(lambda: FollowUpDecision.objects.create(decision="review", **row), "follow_up_has_next_date")


def test_letter_signed_without_its_pdf_is_refused(episode, idris, refused):
    row = {"episode": episode, "kind": "discharge", "content": {}, "written_by": idris, "written_at": NOW}
    refused(lambda: Letter.objects.create(signed_by=idris, signed_at=NOW, **row), "letter_signed_by_at_and_pdf")


def _other_episode() -> Episode:
    other = Patient.objects.create(
        nhs_number="9990000026",
        local_number="G000002",
        family_name="Example",
        given_name="Bertram",
        birth_date=date(1970, 1, 2),
        sex="male",
        created_at=NOW,
    )
    return Episode.objects.create(patient=other, opened_at=NOW, updated_at=NOW)


def _is_sqlite() -> bool:
    from django.db import connection

    return connection.vendor == "sqlite"
