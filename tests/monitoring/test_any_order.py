"""What must hold of every session, whatever is in its log and however it arrived (hypothesis draws the sessions)."""

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.care.session.events import AlarmRaised, SessionEvent
from glimmer.monitoring.state import SessionMonitor, SessionState, as_received, new_alarms, session_state
from tests.monitoring.any_session import ANYTHING, LAST_SECOND, VERSIONS, told, without
from tests.monitoring.moving import moved_event
from tests.support.story import minute

NOW = st.integers(0, LAST_SECOND + 600)
VERSION = st.sampled_from(VERSIONS)
RANDOM = st.randoms(use_true_random=False)

# What a rule may look at besides its own parameter. NEWS2 adds up all; the cuff's values are one finding; whether an
# oximeter is on a finger, and whether a cuff's jump is real, shows in the pulse.
MAY_CHANGE = {
    "temperature": {"temperature", "news2"},
    "respiratory_rate": {"respiratory_rate", "breathing", "news2"},
    "infusion_rate": {"infusion_rate", "pump"},
    "volume_infused": {"volume_infused", "pump"},
}


def shifted_away(state: SessionState, since: timedelta) -> tuple:
    """Return all of a state that a person sees, with its times told from the opening, which was moved by `since`."""
    origin = minute(0) + since

    def told_from(moment):
        return None if moment is None else (moment - origin).total_seconds()

    alarms = [
        (
            one.rule,
            one.priority,
            one.says,
            told_from(one.onset),
            told_from(one.raised_at),
            told_from(one.over_at),
            one.acknowledged_by,
            one.rung,
            told_from(one.escalates_at),
            one.is_active,
            len(one.keys),
        )
        for one in state.all_alarms
    ]
    values = [
        (one.parameter, one.reading and one.reading.value, one.age_seconds, one.beyond, one.beyond_says, one.rise)
        for one in state.values
    ]
    due = [(one.minute, one.state, told_from(one.due_at), told_from(one.done_at)) for one in state.observations]
    scores = [(told_from(one.at), one.score.total, one.filled) for one in state.rounds]
    signals = [(one.parameter, one.is_lost, one.silent_seconds) for one in state.signals]
    sound = (state.sound.priority, told_from(state.sound.paused_until))
    return alarms, values, due, scores, signals, sound, state.phase, state.needs_next, state.clock.infusion_minutes


def in_chunks(events: list[SessionEvent], random: Random) -> list[list[SessionEvent]]:
    """Return the events shuffled, some of them twice, cut into chunks of any size."""
    arriving = [*events, *random.sample(events, k=min(5, len(events)))]
    random.shuffle(arriving)
    chunks = []
    while arriving:
        size = random.randint(1, 8)
        chunks.append(arriving[:size])
        arriving = arriving[size:]
    return chunks


@settings(max_examples=80, deadline=None)
@given(ANYTHING, VERSION, RANDOM, NOW)
def test_any_chunks_in_any_order_with_repeats_and_questions_between_give_the_state_of_the_log(
    draws, version, random, at
):
    events, now = told(draws, version), minute(at / 60)
    monitor = SessionMonitor()
    for chunk in in_chunks(events, random):
        for event in chunk:
            monitor.add(event)
        monitor.state(minute(random.randrange(0, 100)))
    assert monitor.state(now) == session_state(events, now)


@settings(max_examples=60, deadline=None)
@given(ANYTHING, VERSION, NOW)
def test_asking_twice_gives_the_same_answer_and_asking_back_in_time_changes_nothing(draws, version, at):
    monitor = SessionMonitor()
    for event in told(draws, version):
        monitor.add(event)
    first = monitor.state(minute(at / 60))
    for other in (0, at / 30, 10_000):
        monitor.state(minute(other))
    assert monitor.state(minute(at / 60)) == first


@settings(max_examples=60, deadline=None)
@given(ANYTHING, VERSION, NOW, st.sampled_from([-365, -1, 30, 365, 3650]))
def test_session_of_another_year_is_the_same_but_for_its_dates(draws, version, at, days):
    events, now, by = told(draws, version), minute(at / 60), timedelta(days=days)
    moved = [moved_event(event, by) for event in events]
    assert shifted_away(session_state(moved, now + by), by) == shifted_away(session_state(events, now), timedelta())


@settings(max_examples=60, deadline=None)
@given(ANYTHING, VERSION)
def test_live_monitor_shows_at_each_arrival_what_a_replay_shows_of_that_moment(draws, version):
    """What came later, of whatever time it tells, changes nothing of what a replay shows of before."""
    events = sorted(told(draws, version), key=lambda one: (one.received_at, one.seq))
    monitor = SessionMonitor()
    for index, event in enumerate(events):
        monitor.add(event)
        following = events[index + 1 :][:1]
        if index % 5 == 0 and not (following and following[0].received_at == event.received_at):
            moment = event.received_at
            assert monitor.state(moment) == session_state(as_received(events, moment), moment)


@settings(max_examples=80, deadline=None)
@given(ANYTHING, VERSION, NOW, st.sampled_from(sorted(MAY_CHANGE)))
def test_one_parameter_changes_no_alarm_of_another(draws, version, at, parameter):
    events, now = told(draws, version), minute(at / 60)
    with_it, without_it = (
        {
            (one.rule, one.onset, one.over_at, one.says)
            for one in session_state(log, now).all_alarms
            if not any(name in one.rule for name in MAY_CHANGE[parameter])
        }
        for log in (events, without(events, parameter))
    )
    assert with_it == without_it


@settings(max_examples=80, deadline=None)
@given(ANYTHING, VERSION, NOW)
def test_alarm_that_was_shown_stays_an_alarm_and_is_none_twice(draws, version, at):
    """Whatever is corrected or arrives late: what the team was shown can be found, once, and says what it said."""
    events = told(draws, version)
    state = session_state(events, minute(at / 60))
    monitor = SessionMonitor()
    for event in events:
        monitor.add(event)
    shown = monitor.log.raised_alarms()
    held = [key for alarm in state.all_alarms for key in alarm.keys]
    assert sorted(held) == sorted(shown)
    assert len({alarm.key for alarm in state.all_alarms}) == len(state.all_alarms)


@settings(max_examples=60, deadline=None)
@given(ANYTHING, VERSION, RANDOM)
def test_watcher_that_looks_at_any_times_writes_each_alarm_once(draws, version, random):
    monitor, seq, keys = SessionMonitor(), 1000, []
    for event in sorted(told(draws, version), key=lambda one: (one.received_at, one.seq)):
        monitor.add(event)
        now = event.received_at + timedelta(seconds=random.choice([0, 0, 5, 120]))
        known = {one.what.key for one in monitor.log.of(AlarmRaised)}  # type: ignore[attr-defined]
        for raised in new_alarms(monitor.state(now), monitor.log):
            seq += 1
            keys.append(raised.key)
            assert raised.key not in known
            monitor.add(SessionEvent(seq, now, now, "Glimmer", raised))
        assert new_alarms(monitor.state(now), monitor.log) == ()
    assert len(keys) == len(set(keys))
