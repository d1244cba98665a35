"""The map, the cartogram and the curves stand where the numbers say, and tell by shape and words what they show."""

import re
from math import cos, hypot, radians

import pytest
from django.http import QueryDict

from glimmer.web.siting_charts import concentration, coverage_curve, equiplot, front_chart
from glimmer.web.siting_map import SHAPES, Projection, cartogram, change_map, change_of, level_of, level_words, site_map

LEVELS = [30, 45, 60, 90]
ANSWER = {
    "levels": LEVELS,
    "is_proxy": True,
    "label": "Minutes are estimated from distance, not timetables",
    "areas": {
        "lat": [51.5, 53.5, 55.9, 57.1, 60.2, 54.6],
        "lon": [-0.1, -2.2, -3.2, -2.1, -1.2, -5.9],
        "minutes": [12.0, 40.0, 59.0, 75.0, 300.0, None],
    },
    "sites": [
        {"code": "A1", "name": "North", "lat": 55.9, "lon": -3.2, "is_open": True},
        {"code": "B2", "name": "South", "lat": 51.5, "lon": -0.1, "is_open": False},
    ],
    "outlines": [[[-3.0, 52.0], [-3.0, 53.0], [-2.0, 53.0], [-2.0, 52.0]]],
}


@pytest.mark.parametrize(
    ("minutes", "level"), [(0, 0), (30, 0), (30.1, 1), (45, 1), (60, 2), (61, 3), (90, 3), (91, 4), (None, 5)]
)
def test_level_of_minutes_includes_its_limit(minutes, level):
    assert level_of(minutes, LEVELS) == level
    assert len(level_words(LEVELS)) == len(SHAPES) == 6


def test_map_keeps_shape_north_above_and_a_degree_of_longitude_narrower_than_one_of_latitude():
    projection = Projection([50.0, 60.0], [-8.0, 2.0])
    north, south = projection.at(60, -3), projection.at(50, -3)
    west, east = projection.at(55, -8), projection.at(55, 2)
    assert north[1] < south[1]
    assert (east[0] - west[0]) / (south[1] - north[1]) == pytest.approx(cos(radians(55)), abs=0.001)


def test_every_area_stands_on_the_map_by_a_mark_of_its_level():
    drawn = site_map(ANSWER)
    assert [layer.count for layer in drawn.layers] == [1, 1, 1, 1, 1, 1]
    assert len({layer.shape for layer in drawn.layers}) == 6
    # Two levels that look alike in shape would have to differ in size.
    looks = {(layer.cap, layer.width, re.sub(r"[\d.,-]+", "#", layer.sample)) for layer in drawn.layers}
    assert len(looks) == 6
    numbers = [float(number) for layer in drawn.layers for number in re.findall(r"M([\d.]+),", layer.path)]
    assert all(0 <= x <= drawn.width for x in numbers)


@pytest.mark.parametrize(
    ("change", "number"),
    [(-40, 0), (-15, 0), (-14.9, 1), (-5, 1), (0, 2), (5, 2), (5.1, 3), (15, 3), (15.1, 4), (None, 5)],
)
def test_change_in_minutes_falls_into_one_class(change, number):
    assert change_of(change) == number


def test_map_of_the_change_tells_classes_by_shape_and_says_that_minutes_are_a_proxy():
    drawn = change_map({**ANSWER, "change": {"areas": [-20.0, -6.0, 0.0, 6.0, 20.0, None]}})
    assert [layer.count for layer in drawn.layers] == [1] * 6
    assert len({layer.shape for layer in drawn.layers}) == 6
    assert " ".join(drawn.label) == "Minutes are estimated from distance, not timetables"
    assert "more than 15 minutes longer: 1 places" in drawn.says


def test_coverage_stands_higher_for_more_and_its_words_hold_every_number():
    rows = [{"clinics": 5, "within": [40.0, 30.0, 50.0]}, {"clinics": 10, "within": [60.0, 55.0, 70.0]}]
    drawn = coverage_curve(rows)
    assert drawn.points[0].x < drawn.points[1].x
    assert drawn.points[0].y > drawn.points[1].y
    assert all(one.low > one.y > one.high for one in drawn.points)
    assert "5 clinics 40 % (30 to 50); 10 clinics 60 % (55 to 70)" in drawn.says


def test_places_of_the_deprived_that_are_far_off_are_hatched():
    assert site_map(ANSWER).hatch == ""
    assert site_map({**ANSWER, "hatched": [3, 4]}).hatch.count("M") == 2


def test_proxy_is_said_on_the_map_itself_and_only_while_it_is_one():
    assert " ".join(site_map(ANSWER).label) == "Minutes are estimated from distance, not timetables"
    assert site_map({**ANSWER, "is_proxy": False}).label == ()


def test_sites_carry_their_number_of_the_table_and_words_name_the_open_ones():
    drawn = site_map(ANSWER)
    assert [(mark.number, mark.is_open) for mark in drawn.sites] == [(1, True), (2, False)]
    assert "nearest of 1 clinics: North." in drawn.says
    assert drawn.outlines[0].startswith("M")


def test_hexagons_do_not_overlap_and_hold_minutes_with_their_interval():
    hexes = [
        {
            "code": str(n),
            "name": f"Body {n}",
            "short": f"B{n}",
            "column": n % 3,
            "row": n // 3,
            "minutes": [20.0 + n, 10, 40],
        }
        for n in range(9)
    ]
    drawn = cartogram({"levels": LEVELS, "hexes": [*hexes[:-1], {**hexes[-1], "minutes": None}]})
    centres = [(one.x, one.y) for one in drawn.hexagons]
    apart = [hypot(a[0] - b[0], a[1] - b[1]) for a in centres for b in centres if a != b]
    assert min(apart) >= 30 * 3**0.5 - 0.2
    assert drawn.hexagons[0].says == "Body 0: 20 minutes (10 to 40)"
    assert drawn.hexagons[-1].says == "Body 8: beyond reach"
    assert drawn.hexagons[-1].level == 5


def test_curve_on_the_diagonal_is_equality_and_words_say_who_bears_more():
    equal = concentration({"people": [0, 0.5, 1], "burden": [0, 0.5, 1], "index": [0.0, -0.01, 0.01]})
    assert equal.line.split(" ")[0] == equal.equal.split(" ")[0]
    assert equal.line.split(" ")[-1] == equal.equal.split(" ")[-1]
    poor = concentration({"people": [0, 0.5, 1], "burden": [0, 0.6, 1], "index": [-0.1, -0.2, -0.05]})
    assert "the most deprived bear more" in poor.says
    assert "−0.100 (−0.200 to −0.050)" in poor.says


def test_equiplot_spans_from_the_worst_to_the_best_group():
    plot = equiplot(
        [
            {
                "title": "Nation",
                "rows": [{"name": "Wales", "share": [40, 30, 50]}, {"name": "England", "share": [80, 70, 90]}],
            }
        ]
    )
    assert [dot.words for dot in plot.dots] == ["40 % (30 to 50)", "80 % (70 to 90)"]
    low, high, _ = plot.spans[0]
    assert (low, high) == (plot.dots[0].x, plot.dots[1].x)
    assert plot.dots[0].low < plot.dots[0].x < plot.dots[0].high


def test_point_of_the_front_opens_its_own_map():
    front = front_chart(
        [{"clinics": 3, "average": [50, 45, 60], "worst": [120, 100, 150], "sites": ["A1", "B 2"], "is_here": True}],
        [("clinics", "5"), ("within", "60"), ("objective", "median"), ("where", "uk")],
    )
    asked = QueryDict(front.points[0].query)
    assert asked.getlist("site") == ["A1", "B 2"]
    assert (asked["clinics"], asked["do"], asked["within"], asked["where"]) == ("3", "sites", "60", "uk")
    assert "3 clinics: 50 minutes on average (45 to 60), 120 for the worst-off tenth (100 to 150)" in front.says


def test_mark_of_the_front_has_the_interval_of_both_its_figures():
    plan = {"clinics": 3, "average": [50, 45, 60], "worst": [120, 100, 150], "sites": ["A1"]}
    (one,) = front_chart([plan], []).points
    assert one.low < one.x < one.high
    # Upwards on a screen is less.
    assert one.highest < one.y < one.lowest


def test_of_plans_with_as_many_clinics_only_the_first_is_labelled():
    plans = [
        {"clinics": count, "average": [mean, mean - 5, mean + 9], "worst": [120, 100, 150], "sites": ["A1"]}
        for count, mean in ((5, 40), (3, 50), (5, 52), (3, 60))
    ]
    points = front_chart(plans, []).points
    assert [one.label for one in points] == ["5", "3", "", ""]
    # Each can still be told apart by whoever does not see it.
    assert len({one.words for one in points}) == 4


def test_last_tick_of_the_curve_stands_inside_its_picture():
    curve = concentration({"people": [0, 1], "burden": [0, 1], "index": [0.0, -0.01, 0.01]})
    at, words = curve.x_ticks[-1]
    # Half of three digits, at about nine to a digit.
    assert at + 9 * len(words) / 2 < 360
