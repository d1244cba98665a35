"""The planner: rules as rows, checked against trying everything; better than first come, and never breaking a rule."""

import itertools
from datetime import date, timedelta

import pytest

from bench.calendar_month import a_month
from glimmer.scheduling.house import House, Limits, Place
from glimmer.scheduling.opening import usual_opening
from glimmer.scheduling.planner import (
    Problem,
    Want,
    faults,
    first_come,
    measured,
    options_of,
    placed,
    problem_of,
    rows_of,
)
from glimmer.scheduling.planner_days import day_options, filled_up
from glimmer.scheduling.solver import solve
from glimmer.scheduling.staffing import Duty
from glimmer.scheduling.wall import minute_of, wall
from glimmer.scheduling.wire import problem_as, problem_from, solution_as, solution_from

MONDAY = date(2027, 2, 1)
DAY = MONDAY.toordinal()


def house(bays=1, **facts):
    return House(tuple(Place(n, f"Bay {n}") for n in range(1, bays + 1)), usual_opening(), **facts)


def want(patient, target=0, first=0, last=4, minutes=150, **more):
    return Want(patient, 1, DAY + target, DAY + first, DAY + last, minutes, **more)


def problem(wants, place=None, days=5):
    return problem_of(place or house(), wants, MONDAY, MONDAY + timedelta(days=days - 1))


def keeps(asked, options, chosen):
    """Say whether a choice of options keeps every row, read plainly."""
    taken = {index for index, option in enumerate(options) if option in chosen}
    return all(sum(one for index, one in row.terms if index in taken) <= row.most for row in rows_of(asked, options))


def best_by_trying_everything(asked):
    options = options_of(asked)
    by_want = [[None, *(one for one in options if one.want == number)] for number in range(len(asked.wants))]
    plans = ([one for one in plan if one is not None] for plan in itertools.product(*by_want))
    return max(measured(asked, plan).worth for plan in plans if keeps(asked, options, plan))


SMALL = [
    [want(1, last=0), want(2, last=0), want(3, last=0), want(4, last=0, weight=6)],
    [want(1, last=1, minutes=170), want(2, last=1, minutes=170), want(3, last=0, minutes=150, weight=3)],
    [want(1, last=1), Want(1, 2, DAY + 3, DAY + 2, DAY + 4, 150, after=0, gap=(2, 4)), want(2, last=0, weight=3)],
    [want(1, last=0, limits=Limits(not_before=600)), want(2, last=0), want(3, last=0, limits=Limits(not_after=720))],
]


@pytest.mark.parametrize("wants", SMALL)
def test_solver_finds_what_trying_everything_finds(wants):
    asked = problem(wants)
    chosen, how = solve(asked, 2)
    assert how in ("best", "in time")
    assert keeps(asked, options_of(asked), chosen)
    assert measured(asked, chosen).worth == best_by_trying_everything(asked)


def test_three_sessions_fit_a_day_and_the_weightiest_are_kept():
    asked = problem(SMALL[0])
    chosen, _ = solve(asked, 2)
    assert len(chosen) == 3
    assert 3 in {one.want for one in chosen}
    assert [minute_of(one.begins) for one in placed(asked, chosen)] == [540, 690, 840]


def test_standing_dates_closed_bays_and_closed_days_are_left_alone():
    taken = {1: ((wall(MONDAY, 540), wall(MONDAY, 900)),)}
    closed = Place(2, "Bay 2", ((wall(MONDAY), wall(MONDAY + timedelta(days=9)), "new floor"),))
    place = House((Place(1, "Bay 1"), closed), usual_opening(), taken)
    asked = problem([want(n, last=0) for n in range(4)], place)
    # From 15:00 to 17:00 nothing of 150 minutes fits.
    assert solve(asked, 2)[0] == ()
    saturday = problem([want(1, target=5, first=5, last=6)], days=7)
    assert options_of(saturday) == ()


def test_staff_limit_how_many_are_there_at_once():
    nurse = [Duty(1, "nurse", wall(MONDAY, 480), wall(MONDAY, 1080))]
    doctor = Duty(2, "psychiatrist", wall(MONDAY, 540), wall(MONDAY, 720))
    place = house(4, duties=(*nurse, doctor), rota_until=MONDAY)
    asked = problem([want(n, last=0) for n in range(8)], place)
    chosen, _ = solve(asked, 2)
    # Three at once for one nurse, and the doctor leaves at noon, so that nobody can begin after half past nine.
    assert len(chosen) == 3
    assert faults(place, asked, placed(asked, chosen)) == []


def test_first_come_keeps_the_rules_and_filling_up_never_moves_what_was_chosen():
    place, wants, first, last = a_month(7, patients=25)
    asked = problem_of(place, wants, first, last)
    simple = first_come(asked)
    assert faults(place, asked, placed(asked, simple)) == []
    some = simple[: len(simple) // 2]
    whole = [one for one in some if asked.wants[one.want].after in {None, *(other.want for other in some)}]
    assert set(whole) <= set(filled_up(asked, whole))


def test_month_for_four_bays_and_120_patients_beats_first_come_in_both_counts():
    place, wants, first, last = a_month(1)
    asked = problem_of(place, wants, first, last)
    simple = measured(asked, first_come(asked))
    chosen, _ = solve(asked, 6)
    found = measured(asked, chosen)
    assert faults(place, asked, placed(asked, chosen)) == []
    assert found.delivered > simple.delivered
    assert found.on_target >= simple.on_target
    assert found.worth > simple.worth


def test_solver_without_time_offers_no_less_than_first_come_and_calls_it_not_the_best():
    place, wants, first, last = a_month(2, patients=60)
    asked = problem_of(place, wants, first, last)
    chosen, how = solve(asked, 0.0)
    assert how != "best"
    assert measured(asked, chosen).worth >= measured(asked, first_come(asked)).worth
    assert faults(place, asked, placed(asked, chosen)) == []


def test_problem_and_solution_come_back_from_the_wire_as_they_were():
    place, wants, first, last = a_month(3, patients=10)
    asked = problem_of(place, wants, first, last)
    assert problem_from(problem_as(asked)) == asked
    chosen = first_come(asked)
    assert solution_from(solution_as(chosen, "best")) == (chosen, "best")


def test_nothing_wanted_or_no_room_is_an_empty_plan():
    assert solve(problem([]), 1) == ((), "best")
    empty = Problem((want(1),), ())
    assert day_options(options_of(empty)) == ()
    assert solve(empty, 1) == ((), "best")
