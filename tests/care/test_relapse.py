"""The relapse warning: sums worked out by hand, and what must hold for any row of scores."""

from datetime import date, timedelta
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.outcomes import CourseFacts, ScoreFacts
from glimmer.care.relapse import watch_for_relapse, watch_of

START = date(2026, 3, 2)
COURSE = CourseFacts(tuple(START + timedelta(weeks=week) for week in range(6)), 6)
END = COURSE.session_days[-1]


def weekly(*totals: int) -> list[tuple[date, int]]:
    return [(END + timedelta(weeks=week), total) for week, total in enumerate(totals, start=1)]


def scores(baseline: int, *after: int) -> list[ScoreFacts]:
    first, *later = weekly(*after)
    return [
        ScoreFacts(baseline, START - timedelta(days=3), "baseline"),
        ScoreFacts(first[1], first[0], "after_course"),
        *(ScoreFacts(total, day, "follow_up") for day, total in later),
    ]


def test_sum_is_the_one_worked_out_by_hand():
    # Own level of 5, 6, 7 is 6. Spread: (8 x 2.2² + 2) / (8 + 3 - 1) = 4.072, its root 2.018.
    watch = watch_of(weekly(5, 6, 7, 11))
    (step,) = watch.steps
    spread = sqrt((8 * 2.2**2 + 2) / 10)
    above = 5 / (spread * sqrt(4 / 3))
    assert (step.level, step.spread, step.above) == (6, pytest.approx(spread), pytest.approx(above))
    assert step.total_above == pytest.approx(above - 1.25)
    assert watch.warned_on is None


def test_scores_that_keep_rising_warn_and_one_bad_week_does_not():
    assert [step.warns for step in watch_of(weekly(5, 6, 5, 6, 14, 6, 5, 6)).steps] == [False] * 5
    rising = watch_of(weekly(5, 6, 5, 6, 8, 10, 12, 14))
    # 8 lies within the allowance; 10 and 12 add about 0.5 and 1.4 to the sum, and 14 the most that one score can.
    assert [step.warns for step in rising.steps] == [False, False, False, False, True]
    assert rising.warned_on == END + timedelta(weeks=8)
    assert "warning on" in rising.says


def test_warning_stands_until_a_score_is_at_the_own_level_again():
    risen = [5, 6, 5, 6, 12, 13]
    assert watch_of(weekly(*risen)).warned_on is not None
    assert watch_of(weekly(*risen, 9)).warned_on is not None
    assert watch_of(weekly(*risen, 5)).warned_on is None


def test_what_led_to_a_warning_never_becomes_the_own_level():
    steps = watch_of(weekly(5, 6, 5, 12, 13, 14, 15, 16, 17)).steps
    assert [step.level for step in steps] == [pytest.approx(16 / 3)] * 6
    assert sum(step.warns for step in steps) >= 3


def test_patient_whose_scores_swing_is_warned_of_later_than_one_whose_scores_are_steady():
    def first_warning(*calm: int) -> int:
        steps = watch_of(weekly(*calm, 9, 10, 11, 12, 13, 14, 15, 16)).steps
        return [step.warns for step in steps].index(True)

    assert first_warning(*[5, 6] * 10) < first_warning(*[1, 10] * 10)


@pytest.mark.parametrize(("count", "says"), [(1, "2 more scores"), (2, "1 more score"), (3, "has begun")])
def test_watch_begins_with_the_third_score(count, says):
    watch = watch_of(weekly(*[5] * count))
    assert says in watch.says
    assert watch.steps == ()


def test_course_without_a_response_is_not_watched():
    assert watch_for_relapse(scores(20, 11, 12, 13, 14), COURSE) is None
    assert watch_for_relapse([], COURSE) is None
    assert watch_for_relapse(scores(20, 10, 10, 10), COURSE) is not None


def test_watch_takes_the_scores_since_the_endpoint_in_any_order():
    told = scores(20, 6, 5, 6, 12, 13)
    watch = watch_for_relapse(list(reversed(told)), COURSE)
    assert watch == watch_of(weekly(6, 5, 6, 12, 13))
    assert watch is not None
    assert watch.warned_on is not None


@given(st.lists(st.integers(0, 27), max_size=40))
def test_sum_stays_within_its_bounds_and_a_row_that_goes_on_changes_nothing_before(totals):
    whole = watch_of(weekly(*totals))
    assert len(whole.steps) == max(len(totals) - 3, 0)
    assert all(step.total_above >= 0 and step.warns == (step.total_above >= whole.limit) for step in whole.steps)
    for count in range(len(totals)):
        assert watch_of(weekly(*totals[:count])).steps == whole.steps[: max(count - 3, 0)]


@given(st.lists(st.integers(0, 27), min_size=5, max_size=30))
def test_worse_newest_score_never_lowers_the_sum(totals):
    if totals[-1] == 27:
        totals[-1] = 26
    worse = [*totals[:-1], totals[-1] + 1]
    assert watch_of(weekly(*worse)).steps[-1].total_above >= watch_of(weekly(*totals)).steps[-1].total_above
