"""The pictures of a forecast stand where the numbers say, and say in words what they show."""

from itertools import pairwise

import pytest

from glimmer.web.axes import Axis, axis_over, round_numbers, shown
from glimmer.web.capacity_charts import (
    BOTTOM,
    HEIGHT,
    LABEL_ROOM,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    fan_chart,
    heat_map,
    knee_chart,
)

FAN = {
    "weeks": [0, 26, 52, 78, 104],
    "middle": [40, 50, 60, 70, 80],
    "bands": [
        {"share": 50, "low": [40, 45, 50, 55, 60], "high": [40, 55, 70, 85, 100]},
        {"share": 95, "low": [40, 30, 25, 20, 10], "high": [40, 70, 100, 150, 200]},
        {"share": 80, "low": [40, 40, 40, 40, 40], "high": [40, 60, 80, 100, 140]},
    ],
    "target": 72.0,
}


def pairs(points):
    return [tuple(float(number) for number in pair.split(",")) for pair in points.split(" ")]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-3, 3, [-2, 0, 2]), (5, 5, [5])],
)
def test_round_numbers_lie_within_and_are_round(low, high, found):
    assert round_numbers(low, high) == found


def test_axis_holds_every_value_and_puts_its_ends_at_its_pixels():
    axis = axis_over([3.0, 187.0, float("nan")], 300, 20)
    assert axis.at(axis.low) == 300
    assert axis.at(axis.high) == 20
    assert axis.low == 0
    assert axis.high >= 187
    assert Axis(0, 100, 0, 200).at(25) == 50
    assert shown(-1500) == "−1,500"


def test_fan_runs_from_today_to_the_last_week_and_wide_bands_lie_behind_narrow_ones():
    fan = fan_chart(FAN)
    assert [band.share for band in fan.bands] == [95, 80, 50]
    assert len({band.pattern for band in fan.bands}) == 3
    middle = pairs(fan.middle)
    assert middle[0][0] == LEFT
    assert middle[-1][0] == WIDTH - RIGHT
    # More people waiting stands higher, and the axis begins at nobody.
    heights = [y for _, y in middle]
    assert heights == sorted(heights, reverse=True)
    scale = (HEIGHT - BOTTOM - middle[0][1]) / 40
    assert HEIGHT - BOTTOM - middle[-1][1] == pytest.approx(80 * scale, abs=0.5)
    assert HEIGHT - BOTTOM - fan.target == pytest.approx(72 * scale, abs=0.5)
    outline = pairs(fan.bands[0].outline)
    assert len(outline) == 2 * len(FAN["weeks"])
    assert all(TOP <= y <= HEIGHT - BOTTOM for _, y in outline)


def test_fan_says_its_ends_in_words_and_has_a_row_each_half_year():
    fan = fan_chart(FAN)
    assert "40 at the start; after 2 years 80 in the middle of all runs, and 10 to 200 in 95 of 100 runs" in fan.says
    assert "target stands at 72" in fan.says
    assert [when for when, _ in fan.rows] == ["today", "week 26", "week 52", "week 78", "week 104"]
    assert fan.shares == (50, 80, 95)
    assert fan.rows[-1][1] == (80, 60, 100, 40, 140, 10, 200)


def test_labels_at_the_ends_of_lines_never_cover_each_other():
    close = {**FAN, "target": 81.0, "bands": [{**one, "high": [81] * 5} for one in FAN["bands"]]}
    labels = fan_chart(close).labels
    heights = [label.y for label in labels]
    assert all(below - above >= LABEL_ROOM - 1e-9 for above, below in pairwise(heights))
    assert heights[-1] <= HEIGHT - BOTTOM + 4


def test_knee_marks_today_and_each_mark_has_its_interval():
    knee = knee_chart(
        {
            "points": [
                {"label": "as now", "use": [0.7, 0.6, 0.8], "wait": [4.0, 2.0, 9.0], "is_today": True},
                {"label": "a fifth more", "use": [0.9, 0.8, 0.97], "wait": [20.0, 8.0, 60.0]},
            ]
        }
    )
    assert [mark["is_today"] for mark in knee.marks] == [True, False]
    assert all(mark["high"] < mark["y"] < mark["low"] for mark in knee.marks)
    assert "as now: 70 % full, wait 4.0 weeks (2.0 to 9.0)" in knee.says


def test_heat_map_writes_each_number_and_leaves_closed_hours_out():
    heat = heat_map({"weekdays": ["Mon", "Tue"], "hours": [9, 10], "use": [[0.2, 0.9], [None, 0.61]]})
    assert [cell.words for cell in heat.cells] == ["20 %", "90 %", "61 %"]
    assert [cell.is_dark for cell in heat.cells] == [False, True, True]
    assert "Fullest: Mon from 10:00, 90 %" in heat.says
