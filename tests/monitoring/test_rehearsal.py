"""A protocol is played through a session before anybody approves it: it must go through, and its alarms must come."""

import copy
from datetime import UTC, datetime

import pytest

from glimmer.guidance import protocol, protocols
from glimmer.guidance.protocol import parse_protocol, protocol_tables
from glimmer.monitoring.rehearsal import dangers_missed, rehearse

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
# The giving and the shorter stay, added by hand from the files.
LEAVES = {
    "iv-racemic-standard": 40 + 60,
    "iv-racemic-oxford-weekly": 40 + 60,
    "iv-racemic-higher": 40 + 90,
    "iv-racemic-slow": 100 + 60,
    "iv-racemic-maintenance": 40 + 60,
    "iv-racemic-urgent-single": 40 + 60,
    "sc-racemic-step-up": 120,
    "im-racemic-test": 120,
    "oral-racemic-maintenance": 120,
    "intranasal-esketamine": 10 + 120,
    "intranasal-esketamine-maintenance": 10 + 120,
}


def changed(protocol_id, change):
    tables = copy.deepcopy(protocol_tables(protocol_id, protocol(protocol_id).version))
    tables["id"] = "a-draft"
    change(tables)
    return parse_protocol(tables, where="demo")


def without(name, *ids):
    def change(tables):
        tables[name] = [row for row in tables[name] if row["id"] not in ids]

    return change


@pytest.mark.parametrize("found", protocols(), ids=lambda p: p.id)
def test_every_protocol_plays_through_to_the_way_home(found):
    played = rehearse(found, START)
    assert played.wrong == []
    assert played.left_after == LEAVES[found.id]
    assert dangers_missed(found, START) == []


def test_a_patient_alone_stays_longer_and_one_after_an_urgent_dose_does_not_leave_alone():
    assert rehearse(protocol("iv-racemic-standard"), START, escorted=False).left_after == 40 + 120
    urgent = rehearse(protocol("iv-racemic-urgent-single"), START, escorted=False)
    assert urgent.left_after is None
    assert "does not leave alone" in urgent.wrong[0]


def test_three_devices_are_given_five_minutes_apart():
    told = rehearse(protocol("intranasal-esketamine"), START).told
    assert [(minute, says) for minute, says in told if says.startswith("Given")] == [
        (0, "Given: device 1 of 3, 0.2 mL"),
        (5, "Given: device 2 of 3, 0.2 mL"),
        (10, "Given: device 3 of 3, 0.2 mL"),
    ]
    assert not [says for _, says in told if "pump" in says.lower() or "infusion" in says.lower()]


def test_a_limit_that_was_left_out_shows_as_a_danger_without_an_alarm():
    draft = changed("intranasal-esketamine", without("alarms", "breathing-slow", "breathing-absent", "news2-single"))
    assert dangers_missed(draft, START) == [
        "respiratory_rate of 6 for minutes after the start raises no alarm.",
        "respiratory_rate of 6 for minutes after the last was given raises no alarm.",
    ]


def test_a_limit_that_a_well_patient_breaks_shows_as_a_false_alarm():
    def change(tables):
        next(row for row in tables["alarms"] if row["id"] == "hypertension")["conditions"] = [
            {"parameter": "systolic", "at_least": 135}
        ]

    assert any(
        "although nothing was wrong" in says for says in rehearse(changed("im-racemic-test", change), START).wrong
    )


def test_a_criterion_that_nobody_can_meet_shows_as_a_patient_who_never_leaves():
    def change(tables):
        next(row for row in tables["leaving"] if row["id"] == "vitals")["measured"] = "vitals_perfect"

    played = rehearse(changed("sc-racemic-step-up", change), START)
    assert played.left_after is None
    assert "no rule named 'vitals_perfect'" in played.wrong[0]


def test_a_draft_is_in_the_library_only_while_it_is_played():
    rehearse(changed("im-racemic-test", lambda tables: None), START)
    with pytest.raises(KeyError, match="no protocol 'a-draft'"):
        protocol("a-draft")
