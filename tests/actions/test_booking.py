"""Dates: a bay never holds two, sessions keep order and distance, and ten o'clock stays ten o'clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from glimmer.actions.booking import (
    bays,
    book_appointment,
    book_course,
    cancel_appointment,
    move_appointment,
    propose_course,
)
from glimmer.actions.plan import prescribe_plan
from glimmer.guidance import protocol
from glimmer.records.models import Appointment, TreatmentSession
from glimmer.vocabulary.problems import BadInput, RuleRefused
from tests.support.cast import an_episode, an_order, bay

MONDAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 13, 9, 0, tzinfo=UTC)
TEN = time(10)


def planned(cast, patient=0, **order):
    episode = an_episode(cast, at="plan", patient=patient, now=NOW)
    return prescribe_plan(episode, an_order(**order), by=cast.idris, at=NOW)


def local(appointment):
    return timezone.localtime(appointment.starts_at)


def book(cast, plan, first_day=MONDAY, at_time=TEN, place=None, closed=()):
    return book_course(plan, first_day, at_time, place or bay(), by=cast.bea, closed=closed, at=NOW)


def at(day, hour=10):
    return datetime.combine(day, time(hour), tzinfo=timezone.get_current_timezone()).astimezone(UTC)


def test_course_is_twice_weekly_at_the_same_time_on_both_sides_of_the_change_of_clocks(cast):
    booked = book(cast, planned(cast))
    # British summer time begins on 29 March 2026: between the fourth session and the fifth.
    assert [local(one).date() for one in booked] == [date(2026, 3, day) for day in (16, 19, 23, 26, 30)] + [
        date(2026, 4, 2)
    ]
    assert {local(one).time() for one in booked} == {TEN}
    assert booked[3].starts_at.hour == 10
    assert booked[4].starts_at.hour == 9


def test_date_lasts_the_chair_minutes_of_the_protocol(cast):
    plan = planned(cast)
    first = book(cast, plan)[0]
    assert first.ends_at - first.starts_at == timedelta(minutes=protocol(plan.protocol_id).chair_minutes)


def test_proposal_steps_around_closed_days(cast):
    days = propose_course(planned(cast), MONDAY, closed=(MONDAY,))
    assert days[0] == date(2026, 3, 17)


def test_bay_that_is_taken_on_one_day_refuses_the_whole_course(cast):
    book(cast, planned(cast))
    other = planned(cast, patient=1, protocol_id="iv-racemic-oxford-weekly")
    with pytest.raises(RuleRefused, match=r"Bay 1 is not free .*16 March 2026"):
        book(cast, other, at_time=time(11))
    assert not Appointment.objects.filter(plan=other).exists()


def test_bay_is_free_again_the_moment_the_last_date_ends(cast):
    first = book(cast, planned(cast))[0]
    other = planned(cast, patient=1)
    start = first.ends_at
    assert book_appointment(other, 1, start, bay(), by=cast.bea, at=NOW).starts_at == first.ends_at


def test_other_bay_at_the_same_time_is_free(cast):
    book(cast, planned(cast))
    assert len(book(cast, planned(cast, patient=1), place=bay(2))) == 6


def test_patient_is_not_booked_in_two_places_at_once(cast):
    plan = planned(cast)
    first = book(cast, plan)[0]
    # A date of an earlier plan whose session was opened stands; a new plan must not cross it.
    Appointment.objects.filter(plan=plan).exclude(pk=first.pk).delete()
    TreatmentSession.objects.create(
        episode=plan.episode, plan=plan, appointment=first, bay=first.bay, number=1, opened_at=NOW, opened_by=cast.maya,
        ended_at=NOW,
    )  # fmt: skip
    second = prescribe_plan(plan.episode, an_order(weight_kg=60), by=cast.idris, at=NOW)
    with pytest.raises(RuleRefused, match=r"patient is not free .*16 March"):
        book_appointment(second, 1, at(MONDAY, 11), bay(2), by=cast.bea, at=NOW)
    with pytest.raises(RuleRefused, match="This patient is not free"):
        book(cast, second, place=bay(2), at_time=time(11))


def test_course_that_has_dates_is_not_booked_again(cast):
    plan = planned(cast)
    book(cast, plan)
    with pytest.raises(RuleRefused, match="dates already"):
        book(cast, plan, place=bay(2))


def test_first_day_in_the_past_is_refused(cast):
    with pytest.raises(BadInput, match="has passed"):
        book(cast, planned(cast), first_day=date(2026, 3, 12))


def test_date_moves_and_keeps_its_length(cast):
    booked = book(cast, planned(cast))
    length = booked[1].ends_at - booked[1].starts_at
    moved = move_appointment(booked[1], at(date(2026, 3, 20), 14), bay(2), by=cast.bea, at=NOW)
    assert (local(moved).date(), moved.bay.name) == (date(2026, 3, 20), "Bay 2")
    assert moved.ends_at - moved.starts_at == length


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (date(2026, 3, 24), "keep their order"),
        (date(2026, 3, 16), "keep their order"),
        (date(2026, 3, 17), "at least 2 days"),
        (date(2026, 3, 22), "at least 2 days"),
    ],
)
def test_date_cannot_pass_or_crowd_its_neighbours(cast, day, says):
    second = book(cast, planned(cast))[1]
    with pytest.raises(RuleRefused, match=says):
        move_appointment(second, at(day), bay(2), by=cast.bea, at=NOW)


def test_date_cannot_move_into_the_past_or_onto_another(cast):
    first = book(cast, planned(cast))[0]
    with pytest.raises(BadInput, match="has passed"):
        move_appointment(first, at(date(2026, 3, 12)), bay(), by=cast.bea, at=NOW)
    book(cast, planned(cast, patient=1), place=bay(2))
    with pytest.raises(RuleRefused, match="not free"):
        move_appointment(first, at(MONDAY, 9), bay(2), by=cast.bea, at=NOW)


def test_date_may_move_by_an_hour_over_its_own_old_place(cast):
    first = book(cast, planned(cast))[0]
    assert local(move_appointment(first, at(MONDAY, 11), bay(), by=cast.bea, at=NOW)).hour == 11


def test_cancelled_date_needs_a_reason_stays_and_frees_its_place(cast):
    plan = planned(cast)
    first = book(cast, plan)[0]
    with pytest.raises(BadInput):
        cancel_appointment(first, " ", by=cast.bea, at=NOW)
    cancel_appointment(first, "Patient has a cold.", by=cast.bea, at=NOW)
    with pytest.raises(RuleRefused, match="cancelled already"):
        cancel_appointment(first, "Again.", by=cast.bea, at=NOW)
    assert book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW).number == 1
    assert plan.appointments.filter(number=1).count() == 2


@pytest.mark.parametrize("number", [0, 7])
def test_session_that_the_plan_does_not_have_is_not_booked(cast, number):
    with pytest.raises(BadInput):
        book_appointment(planned(cast), number, at(MONDAY), bay(), by=cast.bea, at=NOW)


def test_session_with_a_date_is_not_given_a_second_one(cast):
    plan = planned(cast)
    book(cast, plan)
    with pytest.raises(RuleRefused, match="has a date already"):
        book_appointment(plan, 1, at(MONDAY), bay(3), by=cast.bea, at=NOW)


def test_dates_of_a_plan_that_was_replaced_are_not_booked(cast):
    old = planned(cast)
    prescribe_plan(old.episode, an_order(weight_kg=60), by=cast.idris, at=NOW)
    with pytest.raises(RuleRefused, match="replaced"):
        book(cast, old)


def test_bays_are_listed_in_their_order(cast):
    bay(2), bay(1)
    assert [one.name for one in bays(cast.gil)] == ["Bay 1", "Bay 2"]
