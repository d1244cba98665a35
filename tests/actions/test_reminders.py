"""Reminders: some days ahead, once, nothing clinical, never of a date that is cancelled or has passed."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from glimmer.actions.booking import book_appointment, cancel_appointment, move_appointment
from glimmer.actions.delivery import deliver_due
from glimmer.actions.followup import decide_followup
from glimmer.actions.plan import prescribe_plan
from glimmer.actions.reminders import channel_of, post_reminders
from glimmer.actions.sending import withdraw_message
from glimmer.records.house import moment_of
from glimmer.records.models import OutboxMessage, Patient
from tests.actions.test_sending import Post
from tests.support.cast import an_episode, an_order, bay

MONDAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
NEAR = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def plan(cast):
    return prescribe_plan(an_episode(cast, at="plan", now=NOW), an_order(), by=cast.idris, at=NOW)


@pytest.fixture
def booked(cast, plan):
    return book_appointment(plan, 1, moment_of(MONDAY, time(10)), bay(), by=cast.bea, at=NOW)


def told():
    return list(OutboxMessage.objects.order_by("pk").values_list("kind", "state"))


def test_reminder_is_posted_once_two_days_ahead_and_says_nothing_of_what_for(booked):
    assert post_reminders(booked.starts_at - timedelta(days=2, minutes=1)) == 0
    assert post_reminders(NEAR) == 1
    assert post_reminders(NEAR + timedelta(hours=1)) == 0
    message = OutboxMessage.objects.get()
    assert "Monday 16 March, 10:00" in message.words
    for word in ("ketamine", "infusion", "treatment", "depress", "session", "Amina", "Sample", "Bay"):
        assert word.lower() not in f"{message.subject} {message.words}".lower()
    post = Post()
    assert deliver_due(lambda: NEAR, post) == 1
    assert deliver_due(lambda: NEAR, post) == 0


def test_cancelled_date_is_not_reminded_of(cast, booked):
    cancel_appointment(booked, "Cold.", by=cast.bea, at=NOW)
    assert post_reminders(NEAR) == 0


def test_reminder_that_waits_is_taken_back_with_its_date(cast, booked):
    post_reminders(NEAR)
    cancel_appointment(booked, "Cold.", by=cast.bea, at=NEAR)
    assert told() == [("appointment_reminder", "withdrawn")]
    post = Post()
    assert deliver_due(lambda: NEAR, post) == 0


def test_patient_who_was_reminded_is_told_of_the_change(cast, booked):
    post_reminders(NEAR)
    deliver_due(lambda: NEAR, Post())
    move_appointment(booked, moment_of(MONDAY, time(11)), bay(), by=cast.bea, at=NEAR)
    assert told() == [("appointment_reminder", "sent"), ("appointment_changed", "waiting")]
    # The new time is near: being told of it is the reminder.
    assert post_reminders(NEAR) == 0
    deliver_due(lambda: NEAR, Post())
    booked.refresh_from_db()
    cancel_appointment(booked, "Cold.", by=cast.bea, at=NEAR)
    assert told()[-1] == ("appointment_cancelled", "waiting")


def test_date_moved_there_and_back_is_told_of_each_time(cast, booked):
    ten, eleven = moment_of(MONDAY, time(10)), moment_of(MONDAY, time(11))
    post_reminders(NEAR)
    # Withdrawn with the move, and due anew once the date is back.
    move_appointment(booked, eleven, bay(), by=cast.bea, at=NEAR)
    move_appointment(booked, ten, bay(), by=cast.bea, at=NEAR)
    assert post_reminders(NEAR) == 1
    deliver_due(lambda: NEAR, Post())
    for there in (eleven, ten):
        booked.refresh_from_db()
        move_appointment(booked, there, bay(), by=cast.bea, at=NEAR)
        deliver_due(lambda: NEAR, Post())
    assert told() == [
        ("appointment_reminder", "withdrawn"),
        ("appointment_reminder", "sent"),
        ("appointment_changed", "sent"),
        ("appointment_changed", "sent"),
    ]
    assert "10:00" in OutboxMessage.objects.earliest("-pk").words
    assert post_reminders(NEAR) == 0


def test_word_of_a_change_is_withdrawn_with_its_date(cast, booked):
    post_reminders(NEAR)
    deliver_due(lambda: NEAR, Post())
    far = moment_of(MONDAY + timedelta(days=7), time(10))
    moved = move_appointment(booked, far, bay(), by=cast.bea, at=NEAR)
    cancel_appointment(moved, "Cold.", by=cast.bea, at=NEAR)
    assert told()[1:] == [("appointment_changed", "withdrawn"), ("appointment_cancelled", "waiting")]


def test_reminder_that_a_person_withdrew_is_not_posted_again(cast, booked):
    post_reminders(NEAR)
    withdraw_message(OutboxMessage.objects.get(), "Told by hand.", by=cast.bea, at=NEAR)
    assert post_reminders(NEAR) == 0


def test_end_of_the_journey_tells_who_was_reminded(cast, booked):
    post_reminders(NEAR)
    deliver_due(lambda: NEAR, Post())
    decide_followup(booked.plan.episode, "discharge", None, "Moves away.", by=cast.idris, at=NEAR)
    assert told() == [("appointment_reminder", "sent"), ("appointment_cancelled", "waiting")]


def test_end_of_the_journey_takes_back_what_waits(cast, booked):
    post_reminders(NEAR)
    decide_followup(booked.plan.episode, "discharge", None, "Moves away.", by=cast.idris, at=NEAR)
    assert told() == [("appointment_reminder", "withdrawn")]


def test_after_an_outage_late_ones_go_out_and_those_of_the_past_do_not(booked):
    assert post_reminders(booked.starts_at - timedelta(hours=3)) == 1
    # The sender was away, too, until the date had begun.
    post = Post()
    deliver_due(lambda: booked.starts_at + timedelta(minutes=1), post)
    assert post.sent == []


def test_date_that_has_begun_is_not_reminded_of(booked):
    assert post_reminders(booked.starts_at + timedelta(minutes=1)) == 0


@pytest.mark.parametrize(
    ("telephone", "email", "channel"),
    [
        ("07700 900123", "a@example.org", "text"),
        ("+44 7700 900123", "", "text"),
        ("01632 960100", "a@example.org", "email"),
        ("01632 960100", "", ""),
    ],
)
def test_text_goes_to_a_mobile_and_else_an_email(telephone, email, channel):
    assert channel_of(Patient(telephone=telephone, email=email)) == channel


def test_patient_without_an_address_holds_nothing_up(booked):
    Patient.objects.filter(pk=booked.patient_id).update(telephone="", email="")
    assert post_reminders(NEAR) == 0
