"""Outcomes by stated definitions: baseline, endpoint window, no filling in of what is missing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.outcomes import CourseFacts, ScoreFacts, definition, summarise

FIRST = date(2026, 3, 2)
LAST = date(2026, 3, 16)
COURSE = CourseFacts((FIRST, date(2026, 3, 9), LAST), 3)


def baseline(total, days_before=10):
    return ScoreFacts(total, FIRST - timedelta(days=days_before), "baseline")


def after(total, days=7):
    return ScoreFacts(total, LAST + timedelta(days=days), "after_course")


def before(number, total):
    return ScoreFacts(total, COURSE.session_days[min(number, 3) - 1], "before_session", number)


@pytest.mark.parametrize(
    ("start", "end", "change", "response", "remission"),
    [
        (20, 10, -10, True, False),  # exactly half
        (20, 11, -9, False, False),
        (21, 10, -11, True, False),  # 52 %
        (21, 11, -10, False, False),  # 47.6 %
        (20, 5, -15, True, False),
        (20, 4, -16, True, True),
        (6, 4, -2, False, True),  # remission without response
        (15, 18, 3, False, False),
        (15, 15, 0, False, False),
    ],
)
def test_response_is_half_and_remission_below_five(start, end, change, response, remission):
    found = summarise([baseline(start), after(end)], COURSE)
    assert (found.change, found.response, found.remission) == (change, response, remission)


def test_the_summary_reads_aloud():
    assert summarise([baseline(20), after(4)], COURSE).sentences == (
        "Before the treatment the PHQ-9 was 20 (severe).",
        "After the course it was 4 (none or minimal): a fall of 80 %.",
        "This is a response (a fall of 50 % or more), and remission (below 5).",
    )
    assert summarise([baseline(20), after(10)], COURSE).sentences[2].endswith("but not remission (below 5).")
    assert "a rise of 20 %" in summarise([baseline(15), after(18)], COURSE).sentences[1]


def test_without_a_score_after_the_course_there_is_no_result_though_a_late_session_score_is_low():
    found = summarise([baseline(20), before(3, 3)], COURSE)
    assert (found.endpoint, found.response, found.remission) == (None, None, None)
    assert found.latest is not None
    assert found.latest.total == 3
    assert "PHQ-9 after the course" in found.missing
    assert "not stated" in found.sentences[-1]


def test_without_a_baseline_the_effect_cannot_be_stated():
    found = summarise([after(3)], COURSE)
    assert (found.response, found.remission, found.change) == (None, None, None)
    assert found.missing[0] == "Baseline PHQ-9"


def test_the_endpoint_lies_within_31_days_of_the_last_session_and_the_nearest_counts():
    assert summarise([baseline(20), after(8, days=31)], COURSE).response is True
    assert summarise([baseline(20), after(8, days=32)], COURSE).response is None
    assert summarise([baseline(20), after(8, days=14), after(16, days=7)], COURSE).response is False


def test_the_last_baseline_before_the_first_session_counts():
    found = summarise([baseline(25, days_before=40), baseline(18, days_before=3), after(9)], COURSE)
    assert found.baseline is not None
    assert found.baseline.total == 18
    late = ScoreFacts(5, FIRST + timedelta(days=1), "baseline")
    assert summarise([baseline(18), late, after(9)], COURSE).baseline == baseline(18)


def test_an_old_baseline_counts_with_a_caution():
    assert summarise([baseline(20, days_before=60), after(9)], COURSE).cautions == ()
    assert "61 days older" in summarise([baseline(20, days_before=61), after(9)], COURSE).cautions[0]


def test_scores_that_should_be_there_are_named():
    found = summarise([baseline(20), before(1, 19), before(3, 15), after(9)], COURSE)
    assert found.missing == ("PHQ-9 before session 2",)


def test_a_baseline_of_nought_gives_no_per_cent_and_no_division_by_it():
    found = summarise([baseline(0), after(3)], COURSE)
    assert (found.fall_percent, found.response, found.change) == (None, None, 3)


def test_too_little_change_after_three_sessions_prompts_a_decision():
    six = CourseFacts((*COURSE.session_days,), 6)
    fourth = ScoreFacts(17, LAST + timedelta(days=3), "before_session", 4)
    assert "fallen by 15 % of baseline, less than 20 %" in summarise([baseline(20), fourth], six).early_prompt
    better = ScoreFacts(16, LAST + timedelta(days=3), "before_session", 4)
    assert summarise([baseline(20), better], six).early_prompt == ""


def test_score_of_an_earlier_course_prompts_nothing_and_fills_nothing():
    six = CourseFacts(COURSE.session_days, 6)
    earlier = ScoreFacts(20, FIRST - timedelta(days=90), "before_session", 4)
    assert summarise([baseline(20), earlier], six).early_prompt == ""
    old = [ScoreFacts(20, FIRST - timedelta(days=90), "before_session", number) for number in (1, 2, 3)]
    assert len(summarise([baseline(20), *old], six).missing) == 3


def test_patients_own_score_of_the_week_prompts_as_well():
    six = CourseFacts(COURSE.session_days, 6)
    for days, prompts in ((-1, False), (0, False), (2, True), (31, True), (32, False)):
        own = ScoreFacts(19, LAST + timedelta(days=days), "follow_up")
        assert bool(summarise([baseline(20), own], six).early_prompt) is prompts, days


def test_nothing_is_prompted_before_three_sessions_were_held_and_measured():
    two = CourseFacts(COURSE.session_days[:2], 6)
    assert summarise([baseline(20), before(2, 20)], two).early_prompt == ""
    # The score before session 3 shows the effect of two sessions only.
    assert summarise([baseline(20), before(3, 20)], CourseFacts(COURSE.session_days, 6)).early_prompt == ""


def test_a_course_without_sessions_has_no_result_and_misses_only_what_it_must():
    found = summarise([], CourseFacts())
    assert (found.response, found.missing, found.band) == (None, ("Baseline PHQ-9",), "")


def test_the_definitions_travel_with_the_result():
    text = summarise([baseline(20), after(9)], COURSE).definition
    assert text == definition()
    for words in ("at least 50 % below", "below 5", "within 31 days", "never filled in", "outcomes-1"):
        assert words in text


@given(st.integers(1, 27), st.integers(0, 27))
def test_response_means_no_more_than_half_of_the_baseline_is_left(start, end):
    assert summarise([baseline(start), after(end)], COURSE).response is (2 * end <= start)
