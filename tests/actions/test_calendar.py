"""Opening, rota, limits and slot search, as the desk uses them: rules that tell, and a reason that overrides."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from glimmer.actions.booking import book_appointment, book_course, book_dates, move_appointment, propose_course
from glimmer.actions.opening import (
    close_bay,
    dates_in,
    dates_on_closed_days,
    reopen_bay,
    set_opening_hours,
    set_other_day,
    withdraw_other_day,
)
from glimmer.actions.plan import prescribe_plan
from glimmer.actions.rota import add_shifts, cancel_shift, end_skill, give_skill, move_shift
from glimmer.actions.slots import as_dates, missing_numbers, search_slots, set_limits
from glimmer.records.house import duties_between, house_between, moment_of, opening
from glimmer.records.models import Appointment, AuditLine, DateOverride, Shift
from glimmer.scheduling.day import lacks_of_day
from glimmer.scheduling.wall import day_of
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import an_episode, an_order, bay

MONDAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 13, 9, 0, tzinfo=UTC)
WEEK = {day: (time(9), time(17)) for day in range(5)}


def planned(cast, patient=0, **order):
    episode = an_episode(cast, at="plan", patient=patient, now=NOW)
    return prescribe_plan(episode, an_order(**order), by=cast.idris, at=NOW)


def at(day, hour=10):
    return moment_of(day, time(hour)).astimezone(UTC)


@pytest.fixture
def open_weekdays(cast):
    return set_opening_hours(date(2026, 1, 1), WEEK, by=cast.gil, at=NOW)


def test_nobody_is_held_to_hours_that_nobody_entered(cast):
    assert book_appointment(planned(cast), 1, at(date(2026, 3, 15), 22), bay(), by=cast.bea, at=NOW).pk


def test_date_outside_the_hours_needs_a_reason_that_is_kept(cast, open_weekdays):
    plan = planned(cast)
    with pytest.raises(RuleRefused, match=r"16:00 to 18:30 is outside the hours of 09:00 to 17:00.*give a reason"):
        book_appointment(plan, 1, at(MONDAY, 16), bay(), by=cast.bea, at=NOW)
    booked = book_appointment(plan, 1, at(MONDAY, 16), bay(), because="Only after work.", by=cast.bea, at=NOW)
    kept = DateOverride.objects.get(appointment=booked)
    assert (kept.because, kept.by, "outside the hours" in kept.rules) == ("Only after work.", cast.bea, True)
    line = AuditLine.objects.filter(action="book_appointment").latest("pk")
    assert line.details["overridden"] == ["hours"]
    assert "after work" not in str(line.details)


def test_closed_day_and_bay_out_of_use_speak_against_a_date_and_can_be_taken_back(cast, open_weekdays):
    plan = planned(cast)
    closed = set_other_day(MONDAY, "Audit day", by=cast.gil, at=NOW)
    closure = close_bay(bay(), at(MONDAY, 0), at(MONDAY + timedelta(days=3), 0), "New floor", by=cast.gil, at=NOW)
    with pytest.raises(RuleRefused, match=r"closed: Audit day.*Bay 1 is out of use: New floor"):
        book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    withdraw_other_day(closed, by=cast.gil, at=NOW)
    reopen_bay(closure, by=cast.gil, at=NOW)
    assert book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW).pk
    with pytest.raises(RuleRefused, match="already"):
        reopen_bay(closure, by=cast.gil, at=NOW)


def test_closing_shows_how_many_dates_have_to_be_moved(cast, open_weekdays):
    book_appointment(planned(cast), 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    closure = close_bay(bay(), at(MONDAY, 0), at(MONDAY, 23), "New floor", by=cast.gil, at=NOW)
    assert dates_in(closure) == 1
    day = set_other_day(MONDAY, "Audit day", by=cast.gil, at=NOW)
    assert dates_on_closed_days([day]) == {day.pk: 1}


def test_new_hours_hold_from_their_day_on(cast, open_weekdays):
    set_opening_hours(date(2026, 4, 7), {1: (time(12), time(20))}, by=cast.bea, at=NOW)
    week = opening()
    assert week.hours_on(date(2026, 3, 17)).opens == 9 * 60
    assert week.hours_on(date(2026, 4, 7)).opens == 12 * 60
    assert week.hours_on(date(2026, 4, 8)) is None
    with pytest.raises(BadInput, match="after it opens"):
        set_opening_hours(MONDAY, {0: (time(17), time(9))}, by=cast.gil, at=NOW)


def test_course_booked_by_hand_steps_around_bank_holidays(cast):
    # Good Friday 2026 is 3 April: the rhythm from Friday 27 March would meet it a week later.
    days = propose_course(planned(cast, protocol_id="iv-racemic-oxford-weekly"), date(2026, 3, 27))
    assert days[1] == date(2026, 4, 7)
    assert days[2] == date(2026, 4, 13)


def rota(cast, *people, day=MONDAY, weeks=1):
    for person in people:
        add_shifts(person, day, time(8), time(18), weeks, by=cast.gil, at=NOW)


def test_date_without_enough_staff_is_told_and_can_be_overridden_so_that_nobody_is_stuck(cast):
    rota(cast, cast.maya)
    plan = planned(cast)
    with pytest.raises(RuleRefused, match="no doctor and nobody with advanced life support"):
        book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    give_skill(cast.maya, "advanced_life_support", date(2026, 12, 31), by=cast.gil, at=NOW)
    assert book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW).pk
    for number in (1, 2):
        book_appointment(planned(cast, patient=number), 1, at(MONDAY), bay(1 + number), by=cast.bea, at=NOW)
    fourth = planned(cast, patient=3)
    with pytest.raises(RuleRefused, match="1 nurse for 4 patients at once"):
        book_appointment(fourth, 1, at(MONDAY), bay(4), by=cast.bea, at=NOW)
    assert book_appointment(fourth, 1, at(MONDAY), bay(4), because="Jo comes in.", by=cast.bea, at=NOW).pk
    assert "1 nurse for 4 patients" in lacks_of_day(house_between(MONDAY, MONDAY), MONDAY)[0]


def test_skill_that_has_run_out_by_the_day_does_not_count(cast):
    give_skill(cast.maya, "advanced_life_support", date(2026, 3, 15), by=cast.gil, at=NOW)
    rota(cast, cast.maya)
    (duty,) = duties_between(at(MONDAY, 0), at(MONDAY, 23))
    assert duty.skills == frozenset()
    with pytest.raises(BadInput, match="has passed"):
        give_skill(cast.maya, "cannulation", date(2026, 3, 1), by=cast.gil, at=NOW)
    end_skill(cast.maya.staff_skills.get(), by=cast.gil, at=NOW)
    with pytest.raises(RuleRefused, match="ended already"):
        end_skill(cast.maya.staff_skills.get(), by=cast.gil, at=NOW)


def test_day_beyond_the_rota_is_not_judged(cast):
    rota(cast, cast.maya)
    assert book_appointment(planned(cast), 1, at(MONDAY + timedelta(days=1)), bay(), by=cast.bea, at=NOW).pk


def test_nobody_is_on_duty_twice_at_once_and_a_series_is_all_or_nothing(cast):
    add_shifts(cast.maya, MONDAY + timedelta(weeks=2), time(12), time(20), by=cast.gil, at=NOW)
    with pytest.raises(RuleRefused, match=r"Maya Okafor is on duty already on Monday 30 March 2026 from 12:00"):
        add_shifts(cast.maya, MONDAY, time(8), time(16), 4, by=cast.gil, at=NOW)
    assert Shift.objects.count() == 1
    (first,) = add_shifts(cast.maya, MONDAY, time(8), time(16), by=cast.gil, at=NOW)
    with pytest.raises(RuleRefused, match="on duty already"):
        move_shift(first, MONDAY + timedelta(weeks=2), time(19), time(21), by=cast.gil, at=NOW)
    assert timezone.localtime(move_shift(first, MONDAY, time(9), time(16), by=cast.gil, at=NOW).starts_at).hour == 9
    cancel_shift(first, by=cast.gil, at=NOW)
    assert add_shifts(cast.maya, MONDAY, time(8), time(16), by=cast.gil, at=NOW)


def test_shift_keeps_its_times_over_the_change_of_clocks(cast):
    made = add_shifts(cast.maya, MONDAY, time(8), time(16), 3, by=cast.gil, at=NOW)
    assert {timezone.localtime(shift.starts_at).time() for shift in made} == {time(8)}
    assert len({shift.starts_at.astimezone(UTC).hour for shift in made}) == 2


def test_rota_and_hours_are_for_those_who_arrange(cast):
    with pytest.raises(NotAllowed):
        add_shifts(cast.maya, MONDAY, time(8), time(16), by=cast.maya, at=NOW)
    with pytest.raises(NotAllowed):
        set_opening_hours(MONDAY, WEEK, by=cast.idris, at=NOW)


def test_sessions_too_near_are_for_a_psychiatrist_to_override(cast):
    plan = planned(cast)
    book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    with pytest.raises(RuleRefused, match="at least 2 days"):
        book_appointment(plan, 2, at(date(2026, 3, 17)), bay(), by=cast.bea, at=NOW)
    with pytest.raises(RuleRefused, match="A psychiatrist can"):
        book_appointment(plan, 2, at(date(2026, 3, 17)), bay(), because="Away later.", by=cast.bea, at=NOW)
    assert book_appointment(plan, 2, at(date(2026, 3, 17)), bay(), because="Away later.", by=cast.idris, at=NOW).pk
    third = book_appointment(plan, 3, at(date(2026, 3, 20)), bay(), by=cast.bea, at=NOW)
    with pytest.raises(RuleRefused, match="keep their order"):
        move_appointment(third, at(date(2026, 3, 16), 15), bay(), because="Please.", by=cast.idris, at=NOW)


def test_sessions_closer_than_the_rhythm_are_booked_with_a_reason_only(cast):
    plan = planned(cast, protocol_id="iv-racemic-oxford-weekly")
    book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    with pytest.raises(RuleRefused, match=r"5 days away, closer than the rhythm of 7 days.*give a reason"):
        book_appointment(plan, 2, at(date(2026, 3, 21)), bay(), by=cast.bea, at=NOW)
    early = book_appointment(plan, 2, at(date(2026, 3, 21)), bay(), because="Away later.", by=cast.bea, at=NOW)
    assert "closer than the rhythm" in DateOverride.objects.get(appointment=early).rules


def test_search_keeps_the_patients_limits_and_its_ways_can_be_booked_in_one_press(cast, open_weekdays):
    plan = planned(cast)
    bay(1), bay(2)
    set_limits(plan.episode, [0, 4], time(10), time(16), True, "Bus from Witney, 50 minutes", by=cast.bea, at=NOW)
    found = search_slots(plan, MONDAY, by=cast.bea, at=NOW)
    assert found.ways
    for way in found.ways:
        assert not {day_of(slot.begins).weekday() for slot in way.slots} & {0, 4}
    booked = book_dates(plan, as_dates(found.ways[0].slots), by=cast.bea, at=NOW)
    assert len(booked) == plan.sessions
    assert missing_numbers(plan) == ()
    assert not DateOverride.objects.exists()
    # Who comes second finds the same way taken, and reads that nothing was booked.
    other = planned(cast, patient=1)
    with pytest.raises(RuleRefused, match="is not free"):
        book_dates(other, as_dates(found.ways[0].slots), by=cast.bea, at=NOW)
    assert not Appointment.objects.filter(plan=other).exists()


def test_way_that_nearly_fits_is_booked_with_a_reason(cast, open_weekdays):
    plan = planned(cast)
    bay(1)
    set_limits(plan.episode, range(5), None, None, False, "", by=cast.bea, at=NOW)
    found = search_slots(plan, MONDAY, by=cast.bea, at=NOW)
    assert found.ways == ()
    near = as_dates(found.nearly[0].slots)
    with pytest.raises(RuleRefused, match="patient cannot come"):
        book_dates(plan, near, by=cast.bea, at=NOW)
    assert len(book_dates(plan, near, because="Her sister drives her.", by=cast.bea, at=NOW)) == plan.sessions


def test_course_with_a_lost_date_finds_one_that_keeps_its_neighbours(cast, open_weekdays):
    plan = planned(cast)
    booked = book_course(plan, MONDAY, time(10), bay(), by=cast.bea, at=NOW)
    Appointment.objects.filter(pk=booked[1].pk).update(cancelled_at=NOW, cancelled_by=cast.bea)
    found = search_slots(plan, MONDAY, by=cast.bea, at=NOW)
    for way in found.ways:
        (slot,) = way.slots
        assert slot.number == 2
        assert MONDAY + timedelta(days=2) <= day_of(slot.begins) <= MONDAY + timedelta(days=5)
