"""The relapse warning: when it is given, how long it stands, and what must hold for any row of scores."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.care.outcomes import CourseFacts, ScoreFacts
from glimmer.care.relapse import RelapseWatch, watch_for_relapse, watch_of

START = date(2026, 3, 2)
COURSE = CourseFacts(tuple(START + timedelta(weeks=week) for week in range(6)), 6)
END = COURSE.session_days[-1]
BASELINE = 19
MORE_LIKE_A_BAD_WEEK = 0.15


def weekly(*totals: int) -> list[tuple[date, int]]:
    return [(END + timedelta(weeks=week), total) for week, total in enumerate(totals, start=1)]


def scores(baseline: int, *after: int) -> list[ScoreFacts]:
    first, *later = weekly(*after)
    return [
        ScoreFacts(baseline, START - timedelta(days=3), "baseline"),
        ScoreFacts(first[1], first[0], "after_course"),
        *(ScoreFacts(total, day, "follow_up") for day, total in later),
    ]


def watched(*totals: int) -> RelapseWatch:
    return watch_of(weekly(*totals), BASELINE)


def test_scores_that_keep_rising_warn_and_one_bad_week_does_not():
    assert [step.warns for step in watched(5, 6, 5, 6, 14, 6, 5, 6).steps] == [False] * 5
    rising = watched(5, 6, 5, 6, 8, 10, 12, 14)
    assert [step.warns for step in rising.steps].count(True) == 1
    assert rising.warned_on is not None
    assert rising.warned_on <= END + timedelta(weeks=7)
    assert "Warning on" in rising.says
    # A letter quotes it: a chance there would be taken for a forecast.
    assert "%" not in rising.says


def test_sudden_return_of_all_symptoms_warns_with_the_second_score():
    assert watched(5, 6, 5, 6, 5, 19).warned_on is None
    assert watched(5, 6, 5, 6, 5, 19, 19).warned_on == END + timedelta(weeks=7)


def test_warning_stands_until_a_score_is_at_the_own_level_again():
    risen = [5, 6, 5, 6, 12, 13, 14]
    assert watched(*risen).warned_on is not None
    assert watched(*risen, 9).warned_on is not None
    assert watched(*risen, 5).warned_on is None
    # And it begins anew from the level before, not from what was scored under the warning.
    after = watched(*risen, 5, 6, 12, 13, 14)
    assert after.warned_on == END + timedelta(weeks=12)


def test_warning_that_stands_is_given_again_after_four_weeks():
    steps = watched(5, 6, 5, 12, 13, 14, 15, 16, 17, 17, 17, 17, 17, 17).steps
    given = [step.completed_on for step in steps if step.warns]
    assert [(late - early).days for early, late in pairwise(given)] == [28] * (len(given) - 1)
    assert len(given) >= 2


def test_what_led_to_a_warning_never_becomes_the_own_level():
    steps = watched(5, 6, 5, 6, 12, 13, 14, 15, 16, 17, 17, 17).steps
    assert all(step.level < 7.5 for step in steps if step.stands)
    assert watched(5, 6, 5, 6, 12, 13, 14, 15, 16, 17, 17, 17, 9).warned_on is not None


def test_patient_whose_scores_swing_is_warned_of_later_than_one_whose_scores_are_steady():
    def first_warning(*calm: int) -> int:
        steps = watched(*calm, 9, 10, 11, 12, 13, 14, 15, 16).steps
        return [step.warns for step in steps].index(True)

    assert first_warning(*[5, 6] * 10) < first_warning(*[1, 10] * 10)


@pytest.mark.parametrize(("count", "says"), [(1, "2 more scores"), (2, "1 more score"), (3, "has begun")])
def test_watch_begins_with_the_third_score(count, says):
    watch = watched(*[5] * count)
    assert says in watch.says
    assert watch.steps == ()


def test_course_without_a_response_is_not_watched():
    assert watch_for_relapse(scores(20, 11, 12, 13, 14), COURSE) is None
    assert watch_for_relapse([], COURSE) is None
    assert watch_for_relapse(scores(20, 10, 10, 10), COURSE) is not None


def test_watch_takes_the_scores_since_the_endpoint_in_any_order():
    told = scores(20, 6, 5, 6, 12, 13, 14)
    watch = watch_for_relapse(list(reversed(told)), COURSE)
    assert watch == watch_of(weekly(6, 5, 6, 12, 13, 14), 20)
    assert watch is not None
    assert watch.warned_on is not None


@settings(max_examples=40)
@given(st.lists(st.integers(0, 27), max_size=25), st.integers(10, 27))
def test_row_that_goes_on_changes_nothing_before(totals, baseline):
    whole = watch_of(weekly(*totals), baseline)
    assert len(whole.steps) == max(len(totals) - 3, 0)
    assert all(0 <= step.chance <= 1 and (not step.warns or step.chance >= whole.limit) for step in whole.steps)
    assert (whole.warned_on is None) == (whole.given is None)
    half = len(totals) // 2
    assert watch_of(weekly(*totals[:half]), baseline).steps == whole.steps[: max(half - 3, 0)]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 9), min_size=6, max_size=20), st.integers(10, 26))
def test_worse_newest_score_is_no_comfort(calm, newest):
    # A score far above all others may look like a bad week more than one a little above: that is no more than a little.
    worse = watched(*calm, newest + 1).steps[-1].chance
    assert worse >= watched(*calm, newest).steps[-1].chance - MORE_LIKE_A_BAD_WEEK
