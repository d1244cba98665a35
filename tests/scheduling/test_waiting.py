"""The waiting list's order, who is overdue, and for whom a free slot would do."""

from datetime import date, timedelta

from glimmer.scheduling.house import House, Limits, Place
from glimmer.scheduling.opening import usual_opening
from glimmer.scheduling.slots import Rhythm
from glimmer.scheduling.waiting import Waiting, fits, in_order
from glimmer.scheduling.wall import wall

TODAY = date(2026, 3, 16)
BAY = Place(1, "Bay 1")
HOUSE = House((BAY,), usual_opening())
TWICE = Rhythm((3, 4), 2, 3, 1)


def test_class_comes_before_time_and_no_class_counts_as_routine():
    old = Waiting(1, TODAY - timedelta(days=300), "")
    routine = Waiting(2, TODAY - timedelta(days=100), "routine")
    soon = Waiting(3, TODAY - timedelta(days=10), "soon")
    urgent = Waiting(4, TODAY, "urgent")
    assert [one.key for one in in_order([old, routine, soon, urgent])] == [4, 3, 1, 2]


def test_overdue_is_by_class():
    for priority, weeks in (("urgent", 2), ("soon", 6), ("routine", 18), ("", 18)):
        assert not Waiting(1, TODAY - timedelta(weeks=weeks), priority).is_overdue(TODAY)
        assert Waiting(1, TODAY - timedelta(weeks=weeks, days=1), priority).is_overdue(TODAY)


def fit(missing, standing, limits=None, day=TODAY, house=HOUSE):
    one = Waiting(1, TODAY, "", missing, standing)
    return fits(one, TWICE, 150, house, BAY, wall(day, 600), limits or Limits())


def test_slot_is_for_the_next_session_that_keeps_order_and_spacing():
    assert fit((1, 2), {}).number == 1
    assert fit((3, 4), {1: TODAY - timedelta(days=7), 2: TODAY - timedelta(days=3)}).number == 3
    assert fit((3,), {2: TODAY - timedelta(days=1)}) is None
    assert fit((2,), {1: TODAY - timedelta(days=3), 3: TODAY + timedelta(days=1)}) is None
    assert fit((1,), {2: TODAY - timedelta(days=3)}) is None
    # The second comes three days after the first, and the third four after that: three will do, two will not.
    assert fit((3,), {2: TODAY - timedelta(days=3)}).number == 3
    assert fit((3,), {2: TODAY - timedelta(days=2)}) is None
    # Long ago is late, and no hindrance.
    assert fit((2,), {1: TODAY - timedelta(days=40)}).number == 2


def test_taken_bay_is_no_fit_and_the_patients_limits_are_told():
    taken = House((BAY,), usual_opening(), {1: ((wall(TODAY, 660), wall(TODAY, 700)),)})
    assert fit((1,), {}, house=taken) is None
    assert fit((1,), {}, Limits(frozenset({0}))).against == ("The patient cannot come on Mondays.",)
