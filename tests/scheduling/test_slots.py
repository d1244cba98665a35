"""Slot search: a whole course at once, several ways, and why none fits."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from glimmer.guidance import protocol
from glimmer.scheduling.house import House, Limits, Place
from glimmer.scheduling.opening import OtherDay, usual_opening
from glimmer.scheduling.slots import Course, Rhythm, find_ways, rhythm_of, spacing_breaches
from glimmer.scheduling.staffing import Duty
from glimmer.scheduling.wall import day_of, minute_of, wall

MONDAY = date(2026, 3, 16)
TWICE = Rhythm((3, 4), 2, 3, 1)
PLACES = tuple(Place(n, f"Bay {n}") for n in (1, 2, 3, 4))


def course(sessions=6, first_day=MONDAY, rhythm=TWICE, fixed=None, wanted=None, minutes=150):
    return Course(wanted or tuple(range(1, sessions + 1)), minutes, rhythm, first_day, fixed or {})


def house(places=PLACES, **facts):
    return House(places, facts.pop("opening", usual_opening()), **facts)


def days(way):
    return [day_of(slot.begins) for slot in way.slots]


def named(found, name):
    return next(way for way in found.ways if name in way.names)


def full(day, key=1):
    return (wall(day, 9 * 60), wall(day, 17 * 60))


def test_rhythm_comes_from_the_protocol():
    weekly = rhythm_of(protocol("iv-racemic-oxford-weekly"))
    assert (weekly.gaps, weekly.shortest) == ((7,), 5)
    assert rhythm_of(protocol("iv-racemic-standard")).gaps == (3, 4)


def test_empty_house_holds_the_course_on_the_same_weekdays_at_one_time_in_one_bay():
    way = named(find_ways(course(), house(), Limits()), "Same weekdays, time and bay")
    assert days(way) == [date(2026, 3, day) for day in (16, 19, 23, 26, 30)] + [date(2026, 4, 2)]
    assert len({(slot.place.key, minute_of(slot.begins)) for slot in way.slots}) == 1


def test_soonest_ends_no_later_than_any_other_way():
    taken = {place.key: (full(MONDAY + timedelta(days=3)),) for place in PLACES}
    found = find_ways(course(), house(taken=taken), Limits())
    soonest = named(found, "Soonest")
    assert all(days(soonest)[-1] <= days(way)[-1] for way in found.ways)


def test_every_way_keeps_the_spacing_steps_around_bank_holidays_and_never_meets_a_taken_bay():
    # Easter 2026: Good Friday 3 April and Monday 6 April are bank holidays.
    taken = {1: tuple(full(MONDAY + timedelta(days=n)) for n in range(0, 40, 2))}
    for way in find_ways(course(8), house(taken=taken), Limits()).ways:
        for one, other in pairwise(days(way)):
            assert TWICE.shortest <= (other - one).days <= 7
        assert not {date(2026, 4, 3), date(2026, 4, 6)} & set(days(way))
        for slot in way.slots:
            for start, end in taken.get(slot.place.key, ()):
                assert slot.begins >= end or slot.begins + 150 <= start


def test_patients_own_limits_are_kept():
    limits = Limits(frozenset({0, 4}), not_before=11 * 60, not_after=16 * 60)
    for way in find_ways(course(), house(), limits).ways:
        for slot in way.slots:
            assert day_of(slot.begins).weekday() not in {0, 4}
            assert minute_of(slot.begins) >= 11 * 60
            assert minute_of(slot.begins) + 150 <= 16 * 60


def test_staff_on_duty_are_kept_where_a_rota_was_entered():
    def duty(day, role, person):
        return Duty(person, role, wall(day, 9 * 60), wall(day, 17 * 60))

    tuesdays = [MONDAY + timedelta(days=1 + 7 * week) for week in range(8)]
    duties = tuple(duty(day, role, n) for day in tuesdays for n, role in ((1, "nurse"), (2, "psychiatrist")))
    weekly = Rhythm((7,), 5, 3, 1)
    found = find_ways(course(4, rhythm=weekly), house(duties=duties, rota_until=tuesdays[-1]), Limits())
    assert days(named(found, "Soonest")) == tuesdays[:4]


def test_no_way_says_why_and_what_nearly_fits():
    found = find_ways(course(2), house(places=PLACES[:1]), Limits(frozenset(range(5))))
    assert found.ways == ()
    assert any("patient cannot come" in words for words in found.why)
    assert found.nearly
    assert all(slot.against for way in found.nearly for slot in way.slots)


def test_house_that_is_taken_throughout_offers_nothing_and_says_so():
    spans = tuple(full(MONDAY + timedelta(days=n)) for n in range(130))
    found = find_ways(course(2), house(places=PLACES[:1], taken={1: spans}), Limits())
    assert (found.ways, found.nearly) == ((), ())
    assert "every bay is taken" in found.why[0]


def test_one_lost_session_is_found_a_date_between_those_that_stand():
    fixed = {1: MONDAY, 3: MONDAY + timedelta(days=7)}
    found = find_ways(course(wanted=(2,), first_day=MONDAY, fixed=fixed), house(), Limits())
    for way in found.ways:
        (day,) = days(way)
        assert MONDAY + timedelta(days=2) <= day <= MONDAY + timedelta(days=5)


def gaps(way):
    return [(other - one).days for one, other in pairwise(days(way))]


@pytest.mark.parametrize(
    ("name", "sessions", "wanted"),
    [
        ("iv-racemic-oxford-weekly", 6, [7] * 5),
        ("iv-racemic-maintenance", 12, [7, 7, 7, 7, 14, 14, 14, 14, 28, 28, 28]),
    ],
)
def test_no_way_is_closer_than_the_protocols_rhythm_and_a_long_schedule_is_not_pressed_together(name, sessions, wanted):
    found = find_ways(course(sessions, rhythm=rhythm_of(protocol(name))), house(places=PLACES[:1]), Limits())
    assert found.ways
    for way in found.ways:
        assert len(gaps(way)) == len(wanted)
        assert all(gap >= least - 1 for gap, least in zip(gaps(way), wanted, strict=True)), (way.names, gaps(way))


def test_closer_than_the_rhythm_is_said_in_days_and_apart_from_the_least():
    weekly = rhythm_of(protocol("iv-racemic-oxford-weekly"))
    held = {1: MONDAY, 3: MONDAY + timedelta(days=14)}
    assert spacing_breaches(held, 2, MONDAY + timedelta(days=7), weekly) == ()
    (closer,) = spacing_breaches(held, 2, MONDAY + timedelta(days=5), weekly)
    assert closer.rule == "closer"
    assert "5 days away" in closer.says
    assert "rhythm of 7 days" in closer.says
    (after,) = spacing_breaches(held, 2, MONDAY + timedelta(days=9), weekly)
    assert after.rule == "closer"
    assert spacing_breaches(held, 2, MONDAY + timedelta(days=4), weekly)[0].rule == "spacing"


def test_patient_who_is_elsewhere_is_not_offered_that_time():
    span = (wall(MONDAY, 9 * 60), wall(MONDAY, 17 * 60))
    way = named(find_ways(course(1), house(patient=(span,)), Limits()), "Soonest")
    assert days(way) == [MONDAY + timedelta(days=1)]


def test_closed_day_of_the_clinic_is_left_out_and_a_bank_holiday_can_be_opened():
    easter = date(2026, 4, 6)
    hours = usual_opening().weekly[0]
    closed = usual_opening({MONDAY: OtherDay(None, "audit day"), easter: OtherDay(hours, "open after all")})
    assert days(named(find_ways(course(1), house(opening=closed), Limits()), "Soonest")) == [MONDAY + timedelta(days=1)]
    assert closed.hours_on(easter) == hours
    assert usual_opening().why_closed(easter) == "Easter Monday"


@pytest.mark.parametrize("sessions", [6, 8, 12])
def test_search_is_quick_enough_for_a_page(sessions):
    taken = {key: tuple(full(MONDAY + timedelta(days=n)) for n in range(0, 100, key + 1)) for key in (1, 2, 3, 4)}
    assert find_ways(course(sessions), house(taken=taken), Limits()).ways
