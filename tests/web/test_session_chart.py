"""The chart's data: nothing dangerous is smoothed away, and the table says the same."""

import json
from datetime import UTC, datetime, timedelta

from glimmer.care.session.events import (
    AlarmRaised,
    Corrected,
    DeviceReadings,
    InfusionPaused,
    InfusionPrepared,
    InfusionStarted,
    NoteWritten,
    ObservationRecorded,
    SessionEvent,
    What,
)
from glimmer.care.session.log import SessionLog, fold
from glimmer.guidance import protocol
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from glimmer.web.session_chart import chart_json, chart_points, limits_of, mark_of, table_of, thinned

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
    # Clinical facts, section 4: stop above 180/110 twice or 200/120 once, saturation below 90, breathing below 8;
    # NEWS2 gives its 3 points at a pulse of 40; a pressure of 70 and no breath at all are the protocol's own.
    assert lines == {
        ("systolic", 70),
        ("pulse", 40),
        ("respiratory_rate", 0),
        ("systolic", 180),
        ("systolic", 200),
        ("diastolic", 110),
        ("diastolic", 120),
        ("spo2", 90),
        ("respiratory_rate", 8),
    }


def mark(log: SessionLog, seq: int, **totals: int) -> dict[str, object] | None:
    return mark_of(log.events[seq], log, PROTOCOL, {int(name[1:]): total for name, total in totals.items()})


def test_corrected_event_leaves_no_mark():
    started = event(1, 0, InfusionStarted())
    assert mark(fold([started]), 1) == {
        "seq": 1,
        "at": START.timestamp(),
        "kind": "started",
        "lane": "course",
        "says": "Start",
        "words": "Infusion started",
    }
    assert mark(fold([started, event(2, 5, Corrected(1, "wrong bay"))]), 1) is None


def test_alarm_round_and_note_have_a_sign_in_a_lane_of_their_own():
    alarm = AlarmRaised("oxygen@x", "oxygen", "medium", "Oxygen is low", "Check the probe.")
    log = fold(
        [
            event(1, 0, alarm),
            event(2, 1, ObservationRecorded((), 10, "A", sedation=4)),
            event(3, 2, NoteWritten("Talking")),
        ]
    )
    marks = [mark(log, 1), mark(log, 2, n2=3), mark(log, 3)]
    assert [(one["lane"], one["says"]) for one in marks if one] == [
        ("alarms", "▲"),
        ("rounds", "S4 N3"),
        ("notes", "✎"),
    ]


def test_dose_given_is_the_pumps_volume_times_the_strength_of_the_syringe():
    syringe = InfusionPrepared("Ketamine", "B1", "2027-12-31", 10, 35, 3.5, 50, 0.7, 75)
    volume = DeviceReadings("pump", (Reading(Parameter.VOLUME_INFUSED, 20, at(960)),))
    log = fold([event(1, 0, syringe), event(2, 960, volume)])
    # 20 mL of 0.7 mg/mL
    assert points_of(log, "dose_given") == [[at(960).timestamp(), 14.0]]
    assert chart_points(log.events[2], log) == [["dose_given", at(960).timestamp(), 14.0]]
    assert points_of(fold([event(2, 960, volume)]), "dose_given") == []


def test_line_breaks_where_the_protocol_would_call_the_signal_lost():
    series = {one["key"]: one["gap"] for one in json.loads(chart_json(saturation([97]), PROTOCOL))["series"]}
    assert (series["spo2"], series["pulse"], series["respiratory_rate"]) == (60, 60, 120)


def test_table_shows_the_newest_and_the_lowest_saturation_of_five_minutes():
    table = table_of(saturation([97, 88, 96], every_seconds=60))
    column = next(n for n, head in enumerate(table.heads) if head.startswith("SpO2"))
    assert [row.cells[column] for row in table.rows] == ["96 (lowest 88)"]


def test_table_says_a_dash_where_nothing_was_measured():
    (row,) = table_of(saturation([97])).rows
    assert row.cells.count("–") == len(row.cells) - 1
