"""The drawing of totals puts each score where its date and total belong."""

from datetime import date

import pytest

from glimmer.guidance.instrument import instrument
from glimmer.records.outcomes import Score
from glimmer.web.score_chart import score_chart

PHQ9 = instrument("phq9")


def score(day: date, total: int, occasion: str = "before_session") -> Score:
    return Score(completed_on=day, total=total, occasion=occasion)


def test_one_score_makes_no_line():
    assert score_chart([score(date(2026, 3, 2), 20)], PHQ9) is None


def test_points_stand_where_date_and_total_put_them():
    chart = score_chart(
        [score(date(2026, 3, 2), 27, "baseline"), score(date(2026, 3, 4), 0), score(date(2026, 3, 12), 27)],
        PHQ9,
    )
    first, second, last = chart.marks
    # The worst total lies at the top edge of the plot, 0 on its floor, and 2 of 10 days are a fifth of the way.
    assert (first.y, last.y, second.y) == (chart.grid[-1][0], chart.grid[-1][0], chart.bottom)
    assert second.x == pytest.approx(first.x + (last.x - first.x) / 5)
    assert (first.x, last.x) == (chart.left, chart.right)


def test_two_scores_of_one_day_stand_on_one_line():
    chart = score_chart([score(date(2026, 3, 2), 20), score(date(2026, 3, 2), 18)], PHQ9)
    assert chart.marks[0].x == chart.marks[1].x


def test_words_tell_first_and_last_score():
    chart = score_chart([score(date(2026, 3, 2), 20), score(date(2026, 4, 1), 6)], PHQ9)
    assert "2 Mar 2026 (20) to 1 Apr 2026 (6)" in chart.says


def test_scale_that_begins_above_nought_stands_on_the_floor_and_a_profile_is_no_line():
    bprs = instrument("bprs_plus")
    chart = score_chart([score(date(2026, 3, 2), 4), score(date(2026, 3, 9), 28)], bprs)
    low, high = chart.marks
    assert (low.y, high.y) == (chart.bottom, chart.grid[-1][0])
    assert [total for _, total in chart.grid] == [4, 12, 20, 28]
    unscored = [
        Score(completed_on=date(2026, 3, day), total=None, items=[1] * 5, occasion="baseline") for day in (2, 9)
    ]
    assert score_chart(unscored, instrument("eq5d5l")) is None
