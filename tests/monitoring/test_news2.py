"""NEWS2 against the chart of the Royal College of Physicians (2017), every boundary of every row.

The expected points are copied from the printed chart by hand, not from the product's own table.
"""

import pytest

from glimmer.monitoring.news2 import News2Observations, news2
from glimmer.vocabulary.parameters import Parameter

WELL = {
    Parameter.RESPIRATORY_RATE: 16.0,
    Parameter.SPO2: 98.0,
    Parameter.SYSTOLIC: 120.0,
    Parameter.PULSE: 70.0,
    Parameter.TEMPERATURE: 37.0,
}


def score(scale: int = 1, consciousness: str = "A", on_oxygen: bool = False, attributed: bool = False, **values: float):
    measured = {**WELL, **{Parameter(name): value for name, value in values.items()}}
    return news2(News2Observations(measured, consciousness, on_oxygen, attributed), scale)


def points(part: str, value: float, **facts) -> int:
    return dict(score(**facts, **{part: value}).parts)[part]


CHART = [
    *[("respiratory_rate", value, 3) for value in (0, 4, 8)],
    *[("respiratory_rate", value, 1) for value in (9, 11)],
    *[("respiratory_rate", value, 0) for value in (12, 20)],
    *[("respiratory_rate", value, 2) for value in (21, 24)],
    *[("respiratory_rate", value, 3) for value in (25, 60)],
    *[("spo2", value, 3) for value in (0, 83, 91)],
    *[("spo2", value, 2) for value in (92, 93)],
    *[("spo2", value, 1) for value in (94, 95)],
    *[("spo2", value, 0) for value in (96, 100)],
    *[("systolic", value, 3) for value in (50, 90)],
    *[("systolic", value, 2) for value in (91, 100)],
    *[("systolic", value, 1) for value in (101, 110)],
    *[("systolic", value, 0) for value in (111, 219)],
    *[("systolic", value, 3) for value in (220, 290)],
    *[("pulse", value, 3) for value in (0, 40)],
    *[("pulse", value, 1) for value in (41, 50)],
    *[("pulse", value, 0) for value in (51, 90)],
    *[("pulse", value, 1) for value in (91, 110)],
    *[("pulse", value, 2) for value in (111, 130)],
    *[("pulse", value, 3) for value in (131, 200)],
    *[("temperature", value, 3) for value in (33.0, 35.0)],
    *[("temperature", value, 1) for value in (35.1, 36.0)],
    *[("temperature", value, 0) for value in (36.1, 38.0)],
    *[("temperature", value, 1) for value in (38.1, 39.0)],
    *[("temperature", value, 2) for value in (39.1, 41.0)],
]


@pytest.mark.parametrize(("part", "value", "expected"), CHART)
def test_every_step_of_the_chart_gives_its_points(part, value, expected):
    assert points(part, value) == expected


SCALE_2_BOTH = [(83, 3), (60, 3), (84, 2), (85, 2), (86, 1), (87, 1), (88, 0), (92, 0)]


@pytest.mark.parametrize(("spo2", "expected"), [*SCALE_2_BOTH, (93, 0), (95, 0), (97, 0), (100, 0)])
def test_second_oxygen_scale_on_air(spo2, expected):
    assert points("spo2", spo2, scale=2) == expected


@pytest.mark.parametrize(("spo2", "expected"), [*SCALE_2_BOTH, (93, 1), (94, 1), (95, 2), (96, 2), (97, 3), (100, 3)])
def test_second_oxygen_scale_on_oxygen(spo2, expected):
    assert points("spo2", spo2, scale=2, on_oxygen=True) == expected


@pytest.mark.parametrize(("level", "expected"), [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)])
def test_anything_but_alert_scores_three(level, expected):
    assert dict(score(consciousness=level).parts)["consciousness"] == expected


def test_oxygen_scores_two():
    assert score(on_oxygen=True).total == 2
    assert score().total == 0


@pytest.mark.parametrize(
    ("values", "total", "band"),
    [
        ({}, 0, "none"),
        ({"pulse": 95}, 1, "low"),
        ({"respiratory_rate": 22, "pulse": 115}, 4, "low"),
        ({"respiratory_rate": 25}, 3, "single"),
        ({"respiratory_rate": 22, "pulse": 115, "temperature": 38.5}, 5, "urgent"),
        ({"respiratory_rate": 25, "pulse": 131}, 6, "urgent"),
        ({"respiratory_rate": 25, "pulse": 131, "temperature": 38.5}, 7, "emergency"),
    ],
)
def test_total_falls_into_its_band(values, total, band):
    scored = score(**values)
    assert (scored.total, scored.band) == (total, band)


def test_high_pressure_scores_nothing_below_220():
    assert score(systolic=219).total == 0
    assert score(systolic=220).total == 3


def test_dissociation_scored_as_confusion_is_recorded_truthfully_but_escalates_nobody_once_attributed():
    plain, attributed = score(consciousness="C"), score(consciousness="C", attributed=True)
    assert plain.total == attributed.total == 3
    assert attributed.any_three
    assert (plain.escalating_total, plain.escalating_single) == (3, 3)
    assert (attributed.escalating_total, attributed.escalating_single) == (0, 0)


@pytest.mark.parametrize("level", ["V", "P", "U"])
def test_deeper_loss_of_consciousness_cannot_be_attributed_away(level):
    scored = score(consciousness=level, attributed=True)
    assert scored.escalating_total == 3
    assert not scored.attributed_to_drug


def test_part_that_was_not_taken_is_missing_not_normal():
    scored = news2(News2Observations({Parameter.PULSE: 70}))
    assert set(scored.missing) == {"respiratory_rate", "spo2", "systolic", "temperature", "consciousness"}
    assert not scored.is_complete


@pytest.mark.parametrize(("spo2", "expected"), [(95.4, 1), (95.5, 0), (91.4, 3), (91.5, 2)])
def test_fraction_from_a_monitor_is_rounded_as_on_paper(spo2, expected):
    assert points("spo2", spo2) == expected


def test_there_is_no_third_oxygen_scale():
    with pytest.raises(ValueError, match="scales 1 and 2"):
        score(scale=3)


def test_unknown_level_of_consciousness_is_refused():
    with pytest.raises(ValueError, match="not 'Z'"):
        score(consciousness="Z")
