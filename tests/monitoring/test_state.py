"""The state of a session: the same from the whole log and event by event, in any order, at any later time."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.care.session.course import Phase
from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmEscalated,
    AlarmRaised,
    ConfusionAttributed,
    Corrected,
    DeviceAlarm,
    DeviceReadings,
    Discharged,
    SessionEvent,
    SoundPaused,
    SoundResumed,
    from_body,
    to_body,
)
from glimmer.monitoring.state import SessionMonitor, as_received, new_alarms, new_escalations, session_state
from glimmer.vocabulary.parameters import Parameter
from tests.support.story import CALM, Story, minute, reading, running

# A session of anything: each draw is one event, at a second of its own choosing.
SECONDS = st.integers(0, 5400)
READINGS = st.fixed_dictionaries(
    {},
    optional={
        "systolic": st.integers(80, 230),
        "diastolic": st.integers(50, 130),
        "pulse": st.integers(0, 180),
        "spo2": st.integers(70, 100),
        "respiratory_rate": st.integers(0, 40),
        "infusion_rate": st.sampled_from([0.0, 75.0, 90.0, 300.0]),
        "volume_infused": st.sampled_from([10.0, 60.0]),
        "temperature": st.sampled_from([36.5, 39.4, 60.0]),
    },
)
# Close in time and near the edges of what is told apart, so that artefacts and dangers meet.
CLOSE = st.fixed_dictionaries(
    {},
    optional={
        "systolic": st.sampled_from([60, 122, 185, 210]),
        "diastolic": st.sampled_from([58, 78, 118, 182]),
        "mean_pressure": st.sampled_from([60, 95, 184]),
        "pulse": st.sampled_from([0, 20, 38, 70, 140]),
        "spo2": st.sampled_from([0, 50, 85, 98]),
        "respiratory_rate": st.sampled_from([0, 7, 14, 28]),
    },
)
MONITOR = st.tuples(
    st.just("monitor"), SECONDS, READINGS, st.sampled_from(["cuff", "oximeter", "ecg"]), st.integers(0, 400)
)
AT_THE_BEDSIDE = st.tuples(
    st.just("monitor"),
    st.integers(1200, 1400),
    CLOSE,
    st.sampled_from(["cuff", "oximeter", "ecg", "line"]),
    st.sampled_from([0, 0, 0, 7, 200]),
)
ROUND = st.tuples(
    st.just("round"),
    SECONDS,
    READINGS,
    st.sampled_from(["", "A", "C", "V"]),
    st.sampled_from([None, -15, 0, 10, 20, 55]),
    st.sampled_from([None, 5, 3, 1]),
)
WHATEVER = "start pause resume stop complete prepare check correct leave device probe drug escalate silence sound shown"
OTHER = st.tuples(st.sampled_from([*WHATEVER.split(), "taken", "attributed"]), SECONDS)
ANYTHING = st.lists(st.one_of(MONITOR, AT_THE_BEDSIDE, AT_THE_BEDSIDE, ROUND, OTHER), min_size=1, max_size=40)
VERSION = st.sampled_from(["1", "2", "2"])


def told(draws: Sequence[tuple], version: str = "1") -> list[SessionEvent]:
    """Return the events of a drawn session; nothing in it needs to make sense."""
    story = Story().opens(protocol_version=version).prepares(at=1).second_checks(at=2).starts(at=15)
    for kind, at, *rest in draws:
        when = at / 60
        if kind == "monitor":
            values, site, delay = rest
            story.monitor(at=when + delay / 60, measured=when, heard=when + delay / 60, site=site, **values)
        elif kind == "round":
            values, consciousness, due, sedation = rest
            story.nurse_observes(
                at=when, due=due, facts={"consciousness": consciousness, "sedation": sedation}, **values
            )
        else:
            _tell_other(story, kind, when, at)
    return story.events


def _tell_other(story: Story, kind: str, when: float, at: int) -> None:
    key = f"hypertension@{minute(20).isoformat()}"
    whats = {
        "correct": lambda: Corrected(1 + at % story.seq, "Wrong."),
        "leave": lambda: Discharged("Sister"),
        "device": lambda: DeviceAlarm("pump", "196940", "Occlusion", phase=["start", "end", ""][at % 3]),
        "probe": lambda: DeviceAlarm(
            "bay-1-monitor", "1", "Off", ["start", "end"][at % 2], about="probe_off", parameter="spo2"
        ),
        "drug": lambda: DeviceReadings("pump", (), drug=["Ketamine", "Esketamine"][at % 2]),
        "escalate": lambda: AlarmEscalated(key, 1 + at % 3, "somebody"),
        "silence": lambda: SoundPaused(60),
        "sound": SoundResumed,
        "shown": lambda: AlarmRaised(key, "hypertension", "medium", "Shown.", "Act."),
        "taken": lambda: AlarmAcknowledged(key),
        "attributed": lambda: ConfusionAttributed(1 + at % story.seq, "Dissociated."),
    }
    verbs = {
        "start": story.starts,
        "pause": story.pauses,
        "resume": story.resumes,
        "stop": story.stops,
        "complete": story.completes,
        "prepare": story.prepares,
        "check": story.second_checks,
    }
    if kind in whats:
        story.tell(whats[kind](), at=when)
    else:
        verbs[kind](when)


@settings(max_examples=150)
@given(ANYTHING, VERSION, st.randoms(use_true_random=False), st.one_of(st.integers(0, 6000), st.integers(1200, 1600)))
def test_event_by_event_in_any_order_gives_the_same_state_as_the_whole_log(draws, version, random: Random, at):
    events = told(draws, version)
    now = minute(at / 60)
    expected = session_state(events, now)
    arriving = [*events, *random.sample(events, k=min(3, len(events)))]
    random.shuffle(arriving)
    monitor = SessionMonitor()
    for event in arriving:
        monitor.add(event)
        if random.random() < 0.2:
            monitor.state(minute(random.randrange(0, 100)))
    assert monitor.state(now) == expected


@settings(max_examples=60)
@given(ANYTHING, st.integers(0, 6000))
def test_log_that_was_stored_and_read_back_gives_the_same_state(draws, at):
    events = told(draws)
    stored = [
        SessionEvent(
            one.seq, one.happened_at, one.received_at, one.by, from_body(one.what.kind, to_body(one.what)), one.by_id
        )
        for one in events
    ]
    assert session_state(stored, minute(at / 60)) == session_state(events, minute(at / 60))


@settings(max_examples=60)
@given(ANYTHING, VERSION)
def test_every_alarm_is_written_to_the_log_once(draws, version):
    """The watcher runs after every event and writes down what is new; then nothing is new, and no key repeats."""
    monitor, seq = SessionMonitor(), 1000
    shown = [one.what.key for one in told(draws, version) if isinstance(one.what, AlarmRaised)]
    keys = list(dict.fromkeys(shown))
    rungs: list[tuple[str, int]] = []
    for event in sorted(told(draws, version), key=lambda one: (one.received_at, one.seq)):
        monitor.add(event)
        for raised in new_alarms(monitor.state(event.received_at), monitor.log):
            seq += 1
            keys.append(raised.key)
            monitor.add(SessionEvent(seq, event.received_at, event.received_at, "Glimmer", raised))
        for called in new_escalations(monitor.state(event.received_at), monitor.log):
            seq += 1
            rungs.append((called.key, called.rung))
            monitor.add(SessionEvent(seq, event.received_at, event.received_at, "Glimmer", called))
        assert new_escalations(monitor.state(event.received_at), monitor.log) == ()
        assert new_alarms(monitor.state(event.received_at), monitor.log) == ()
    assert len(keys) == len(set(keys))
    assert len(rungs) == len(set(rungs))


def test_empty_log_is_a_session_that_has_not_begun():
    state = session_state([], minute(0))
    assert (state.phase, state.alarms, state.values, state.last_seq) == (Phase.CHECKS, (), (), 0)


def test_session_is_not_ready_while_a_check_is_open_even_with_a_checked_syringe():
    assert Story().opens().prepares().second_checks().state(at=10).phase is Phase.CHECKS


def test_what_is_needed_next_begins_with_the_unacknowledged_alarm():
    needs = running().monitor(at=20, systolic=205, diastolic=90).state(at=20.5).needs_next
    assert needs[0].startswith("Take charge of the alarm: Extremely high blood pressure: systolic 205 mmHg")


def test_session_before_the_start_says_what_it_waits_for():
    needs = Story().opens().state(at=1).needs_next
    assert needs[0].startswith("Answer the checks before the start:")
    assert "Prepare the infusion." in needs


def test_value_carries_its_age_and_turns_stale():
    story = running().monitor(at=20, spo2=97)
    assert story.state(at=20.5).value("spo2").age_seconds == 30
    assert not story.state(at=21).value("spo2").is_stale
    assert story.state(at=21.1).value("spo2").is_stale


def test_value_that_was_never_measured_is_shown_as_missing_not_as_normal():
    value = Story().opens().state(at=1).value("spo2")
    assert value.reading is None
    assert value.age_seconds is None


def test_rise_is_counted_from_the_last_value_before_the_start():
    story = (
        Story().opens().monitor(at=5, systolic=150).monitor(at=14, systolic=120).prepares().second_checks().starts(15)
    )
    value = story.monitor(at=20, systolic=155).state(at=20).value("systolic")
    assert (value.baseline, value.rise) == (120, 35)


def test_impossible_value_is_no_baseline():
    story = Story().opens().monitor(at=5, systolic=120).monitor(at=14, systolic=999).starts(15)
    assert story.state(at=20).value("systolic").baseline == 120


def test_start_that_was_written_down_late_still_takes_the_right_baseline():
    story = Story().opens().monitor(at=5, systolic=120).monitor(at=14, systolic=165).starts(at=10)
    assert story.state(at=20).value("systolic").baseline == 120
    assert any(alarm.rule == "pressure-rise" for alarm in story.state(at=20).alarms)


def test_replay_shows_what_had_arrived_by_then():
    story = running().monitor(at=20, heard=40, systolic=210, diastolic=120)
    then = session_state(as_received(story.events, minute(30)), minute(30))
    assert not [alarm for alarm in then.alarms if alarm.rule == "hypertension-extreme"]
    assert [alarm for alarm in story.state(at=41).alarms if alarm.rule == "hypertension-extreme"]


def test_replay_a_year_later_gives_the_same_state():
    story = running().monitor(at=20, systolic=172, diastolic=96)
    seen = session_state(as_received(story.events, minute(21)), minute(21))
    story.monitor(at=60 * 24 * 365, systolic=120)
    assert session_state(as_received(story.events, minute(21)), minute(21)) == seen


def test_reading_from_a_clock_slightly_ahead_is_not_held_back():
    story = running().monitor(at=20, measured=21.5, systolic=210, diastolic=110)
    state = story.state(at=20)
    assert any(alarm.rule == "hypertension-extreme" for alarm in state.alarms)
    assert state.value("systolic").age_seconds == 0


def test_session_pins_its_protocol():
    state = Story().opens(protocol="iv-racemic-oxford-weekly").state(at=1)
    assert (state.protocol.id, state.protocol.version) == ("iv-racemic-oxford-weekly", "1")


def test_finished_session_asks_for_nothing_and_raises_nothing_new():
    story = running().completes(at=55).tell(Discharged("Sister"), at=180)
    state = story.state(at=400)
    assert state.phase is Phase.LEFT
    assert state.needs_next == ()


def test_two_readings_of_one_message_with_one_time_and_two_sites_are_both_known():
    from glimmer.care.session.events import DeviceReadings

    both = (reading("pulse", 70, minute(20), "oximeter"), reading("pulse", 150, minute(20), "ecg"))
    story = running().tell(DeviceReadings("bay-1-monitor", both), at=20)
    assert story.state(at=20).value("pulse").reading.value == 150


def test_calm_session_is_all_quiet():
    story = running().monitor(at=16, **CALM)
    state = story.state(at=16)
    assert state.alarms == ()
    assert not any(value.is_beyond for value in state.values)


@pytest.mark.parametrize(
    ("systolic", "says"),
    [
        (212, "Extremely high blood pressure: systolic 212 mmHg (limit 200)"),
        # One reading alone: the rule that wants two of them must not speak of two.
        (190, "Beyond the limit: systolic 190 mmHg (limit 180)"),
        (170, "High blood pressure: systolic 170 mmHg (limit 165)"),
    ],
)
def test_words_beside_one_pressure_speak_of_that_one_reading(systolic, says):
    ward = running().monitor(20, systolic=systolic, diastolic=80)
    shown = {value.parameter: value for value in ward.state(20).values}
    assert shown[Parameter.SYSTOLIC].beyond_says == says
