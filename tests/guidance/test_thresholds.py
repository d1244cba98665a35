"""What a QALY may cost, by date, as the guidance file states it."""

from datetime import date

import pytest

from glimmer.guidance import GuidanceError, thresholds
from glimmer.guidance.severity import severity_weights
from glimmer.guidance.thresholds import (
    curve_thresholds,
    threshold_rules,
    thresholds_on,
    thresholds_shown,
)


@pytest.mark.parametrize(
    ("day", "lower", "upper"),
    [
        (date(2024, 1, 1), 20000, 30000),
        (date(2026, 3, 31), 20000, 30000),
        (date(2026, 4, 1), 25000, 35000),
        (date(2030, 1, 1), 25000, 35000),
    ],
)
def test_the_range_changes_in_april_2026(day, lower, upper):
    found = thresholds_on(day)
    assert (found.opportunity, found.lower, found.upper) == (13000, lower, upper)


def test_a_result_is_always_shown_at_all_five_whatever_the_day():
    assert thresholds_shown() == (13000, 20000, 25000, 30000, 35000)
    assert set(thresholds_shown()) < set(curve_thresholds())


def test_the_new_range_says_that_its_start_must_be_confirmed():
    assert any("Confirm commencement" in note for note in thresholds_on(date(2026, 6, 1)).notes)
    assert not any("Confirm commencement" in note for note in thresholds_on(date(2026, 3, 1)).notes)


def test_an_appraisal_paused_for_the_change_may_cost_five_thousand_more():
    plain, paused = (thresholds_on(date(2026, 3, 1), paused_appraisal=paused) for paused in (False, True))
    assert (paused.lower - plain.lower, paused.upper - plain.upper) == (5000, 5000)
    assert paused.opportunity == plain.opportunity


def test_every_threshold_has_its_source_and_only_the_curve_is_ours():
    assert all(row.source and row.edition and row.evidence == "source" for row in thresholds.thresholds())
    assert {name: rule.evidence for name, rule in threshold_rules().items()} == {
        "paused_appraisal": "source",
        "curve": "proposal",
    }


def test_two_ranges_on_one_day_are_refused(monkeypatch):
    twice = thresholds.thresholds() * 2
    monkeypatch.setattr(thresholds, "thresholds", lambda: twice)
    with pytest.raises(GuidanceError, match="on 2026-04-01 one opportunity threshold must hold"):
        thresholds_on(date(2026, 4, 1))


@pytest.mark.parametrize(
    ("part", "message"),
    [('since = "April"', "Write a day as 2026-04-01"), ('role = "middle"', "must be one of 'opportunity'")],
)
def test_a_row_that_cannot_be_read_is_named(part, message, tmp_path, monkeypatch):
    row = {"id": '"x"', "role": '"lower"', "value": "1", "since": '""', "until": '""', "source": '"s"'}
    key, value = part.split(" = ")
    row |= {"edition": '"e"', "evidence": '"source"', key: value}
    file = tmp_path / "thresholds.toml"
    file.write_text("[[thresholds]]\n" + "\n".join(f"{name} = {text}" for name, text in row.items()))
    monkeypatch.setattr(thresholds, "FILE", file)
    with pytest.raises(GuidanceError, match=message):
        thresholds.thresholds.__wrapped__()


def test_severity_weights_are_marked_as_remembered():
    assert [(row.weight, row.absolute_from, row.proportional_from) for row in severity_weights()] == [
        (1, 0, 0),
        (1.2, 12, 0.85),
        (1.7, 18, 0.95),
    ]
    assert {row.evidence for row in severity_weights()} == {"memory"}
