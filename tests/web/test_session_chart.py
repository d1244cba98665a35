"""The chart's data: nothing dangerous is smoothed away, and the table says the same."""

import json
from datetime import UTC, datetime, timedelta

from glimmer.care.session.events import (
    Corrected,
    DeviceReadings,
    InfusionPaused,
    InfusionStarted,
    NoteWritten,
    SessionEvent,
    What,
)
from glimmer.care.session.log import SessionLog, fold
from glimmer.guidance import protocol
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from glimmer.web.session_chart import chart_json, limits_of, mark_of, table_of, thinned

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PROTOCOL = protocol("iv-racemic-standard")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def event(seq: int, seconds: float, what: What) -> SessionEvent:
    return SessionEvent(seq, at(seconds), at(seconds), "device bay-1", what)


def saturation(values: list[float], every_seconds: float = 1) -> SessionLog:
    return fold(
        event(n + 1, n * every_seconds, DeviceReadings("bay-1", (Reading(Parameter.SPO2, v, at(n * every_seconds)),)))
        for n, v in enumerate(values)
    )


def points_of(log: SessionLog, key: str) -> list[list[float]]:
    series = json.loads(chart_json(log, PROTOCOL))["series"]
    return next(one["points"] for one in series if one["key"] == key)  # type: ignore[no-any-return]


def test_thinning_keeps_the_lowest_and_the_highest_value():
    values = [97.0] * 6000
    values[3333], values[4444] = 71.0, 100.0
    points = points_of(saturation(values), "spo2")
    assert len(points) < 700
    assert [3333.0 + START.timestamp(), 71.0] in points
    assert [4444.0 + START.timestamp(), 100.0] in points


def test_thinning_keeps_the_newest_value_and_the_order():
    samples = list(saturation([90.0 + n % 7 for n in range(5000)]).series[Parameter.SPO2])
    kept = thinned(samples)
    assert kept[-1] == samples[-1]
    assert [sample.at for sample in kept] == sorted(sample.at for sample in kept)


def test_short_session_is_charted_in_full():
    assert [value for _, value in points_of(saturation([96, 95, 94]), "spo2")] == [96, 95, 94]


def test_data_cannot_end_the_script_element_that_holds_it():
    log = fold([event(1, 0, InfusionPaused("</script><script>alert(1)</script>")), event(2, 1, NoteWritten("<!--"))])
    text = chart_json(log, PROTOCOL)
    assert "<" not in text
    assert ">" not in text


def test_lines_across_the_chart_are_the_protocols_urgent_limits():
    lines = {(line["key"], line["value"]) for line in limits_of(PROTOCOL)}
    # Clinical facts, section 4: stop above 180/110 twice or 200/120 once, saturation below 90, breathing below 8.
    assert lines == {
        ("systolic", 180),
        ("systolic", 200),
        ("diastolic", 110),
        ("diastolic", 120),
        ("spo2", 90),
        ("respiratory_rate", 8),
    }


def test_corrected_event_leaves_no_mark():
    started = event(1, 0, InfusionStarted())
    assert mark_of(started, fold([started])) == {"at": START.timestamp(), "says": "Start"}
    assert mark_of(started, fold([started, event(2, 5, Corrected(1, "wrong bay"))])) is None


def test_table_shows_the_newest_and_the_lowest_saturation_of_five_minutes():
    table = table_of(saturation([97, 88, 96], every_seconds=60))
    column = next(n for n, head in enumerate(table.heads) if head.startswith("SpO2"))
    assert [row.cells[column] for row in table.rows] == ["96 (lowest 88)"]


def test_table_says_a_dash_where_nothing_was_measured():
    (row,) = table_of(saturation([97])).rows
    assert row.cells.count("–") == len(row.cells) - 1
