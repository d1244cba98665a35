"""Nobody took charge: who is called next, when, and what stops it. Times are those of protocol version 2."""

import pytest

from glimmer.care.session.events import AlarmEscalated, Discharged
from glimmer.guidance.protocol import protocol
from glimmer.monitoring.episodes import Alarm
from glimmer.monitoring.state import SessionMonitor, new_alarms, new_escalations
from glimmer.vocabulary.people import Role
from tests.support.story import Story, minute, running

CRISIS = "hypertension-extreme"


def watched(story: Story, until: float, step: float = 1 / 6) -> Story:
    """Look at the session as the watcher does, writing down what is new, from its last event until `until`."""
    at = (story.events[-1].received_at - minute(0)).total_seconds() / 60
    while at <= until + 1e-9:
        log = SessionMonitor()
        for event in story.events:
            log.add(event)
        state = log.state(minute(at))
        for what in (*new_alarms(state, log.log), *new_escalations(state, log.log)):
            story.tell(what, at, "Glimmer", None)
        at += step
    return story


def crisis() -> Story:
    return running(protocol_version="2").monitor(at=20, systolic=210, diastolic=100)


def called(story: Story, rule: str = CRISIS) -> list[tuple[int, str, float]]:
    """Return what the log holds as called: rung, who, and how many seconds after minute 20."""
    return [
        (one.what.rung, one.what.to, (one.happened_at - minute(20)).total_seconds())
        for one in story.events
        if isinstance(one.what, AlarmEscalated) and one.what.key.startswith(rule + "@")
    ]


def the_alarm(story: Story, at: float, rule: str = CRISIS) -> Alarm:
    return next(one for one in story.state(at).all_alarms if one.rule == rule)


def test_high_alarm_that_nobody_takes_climbs_one_rung_a_minute_and_each_is_written_once():
    assert called(watched(crisis(), until=26)) == [
        (1, "the nurse in charge", 60),
        (2, "the psychiatrist on duty", 120),
        (3, "everybody on site, to the bay now", 180),
    ]


def test_alarm_says_how_far_it_has_come_and_when_the_next_is_called():
    story = watched(crisis(), until=20)
    fresh = the_alarm(story, at=20.5)
    assert (fresh.rung, fresh.escalated_to, fresh.escalates_at) == (0, "", minute(21))
    later = the_alarm(story, at=22.5)
    assert (later.rung, later.escalated_to, later.escalates_at) == (2, "the psychiatrist on duty", minute(23))
    last = the_alarm(story, at=30)
    assert (last.rung, last.escalates_at) == (3, None)


def test_time_counts_from_when_the_alarm_was_shown_not_from_a_reading_that_came_late():
    story = running(protocol_version="2").monitor(at=30, measured=20, heard=30, systolic=210, diastolic=100)
    story = watched(story, until=30.5)
    assert called(story) == []
    assert the_alarm(story, at=30.5).escalates_at == minute(31)


def test_taking_charge_stops_the_ladder_where_it_is():
    story = watched(crisis(), until=21.2)
    story.acknowledges(the_alarm(story, 21.2).key, at=21.3)
    assert [rung for rung, _, _ in called(watched(story, until=30))] == [1]
    taken = the_alarm(story, at=30)
    assert (taken.rung, taken.escalates_at) == (1, None)


def test_charge_taken_in_time_but_heard_late_leaves_the_call_said():
    story = watched(crisis(), until=21.2)
    story.acknowledges(the_alarm(story, 21.2).key, at=20.9)
    assert the_alarm(story, at=21.3).rung == 1


def test_latched_alarm_climbs_on_although_its_cause_is_over():
    story = watched(crisis(), until=20).monitor(at=20.3, systolic=130, diastolic=80)
    assert len(called(watched(story, until=26))) == 3


def test_alarm_that_clears_by_itself_stops_climbing_and_stays_in_the_log():
    story = watched(running(protocol_version="2").monitor(at=19, spo2=98), until=24.2)
    lost = the_alarm(story, 24.2, "signal_lost:spo2")
    assert (lost.is_active, lost.rung, lost.escalated_to) == (True, 1, "the nurse in charge")
    story.monitor(at=24.3, spo2=98)
    assert "signal_lost:spo2" not in {one.rule for one in story.state(24.4).alarms}
    cleared = the_alarm(story, 25, "signal_lost:spo2")
    assert (cleared.is_active, cleared.in_log, cleared.rung, cleared.escalates_at) == (False, True, 1, None)


def test_value_that_wavers_about_a_limit_is_one_alarm_that_clears_by_itself():
    story = running(protocol_version="2")
    for number in range(12):
        story.monitor(at=20 + number * 0.5, systolic=163 if number % 2 == 0 else 150)
    rises = [one for one in story.state(27).all_alarms if one.rule == "pressure-rise"]
    assert [(one.is_active, one.onset) for one in rises] == [(False, minute(20))]


def test_value_that_returns_after_a_while_is_a_new_alarm():
    story = running(protocol_version="2").monitor(at=20, systolic=163).monitor(at=21, systolic=150)
    story.monitor(at=22.1, systolic=163)
    rises = [one for one in story.state(23).all_alarms if one.rule == "pressure-rise"]
    assert sorted(one.onset for one in rises) == [minute(20), minute(22.1)]


def test_nothing_climbs_once_the_patient_has_left():
    story = watched(crisis(), until=20).tell(Discharged("Sister"), at=20.5)
    assert called(watched(story, until=30)) == []
    assert the_alarm(story, at=30).escalates_at is None


def test_sessions_under_the_first_version_climb_nowhere():
    story = watched(running().monitor(at=20, systolic=210, diastolic=100), until=30)
    assert called(story) == []
    assert the_alarm(story, at=30).escalates_at is None


@pytest.mark.parametrize("protocol_id", ["iv-racemic-standard", "iv-racemic-oxford-weekly"])
def test_every_high_rule_escalates_and_each_rung_calls_a_role_that_exists(protocol_id):
    found = protocol(protocol_id, "2")
    high = [one for one in (*found.alarms, *found.built_in) if one.priority == "high"]
    assert [one.id for one in high if not one.escalate_after_seconds] == []
    assert [one.id for one in high if not one.latches] == []
    assert {role for rung in found.escalation for role in rung.roles} <= {role.value for role in Role}
