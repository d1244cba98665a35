"""A replay shows at each moment what the log held by then: no more, no less, whichever way one goes through it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import pytest

from glimmer.actions.live import forget_all
from glimmer.actions.observing import acknowledge_alarm
from glimmer.actions.readings import chart_messages
from glimmer.actions.replay import Player, up_to_tick
from glimmer.actions.session import Observation, cancel_session, correct_event, record_observation, write_note
from glimmer.actions.watch import watch
from glimmer.monitoring.state import as_received, session_state
from glimmer.records.logbook import events_of
from glimmer.records.models import TreatmentSession
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import Problem
from glimmer.vocabulary.readings import Reading
from tests.actions.test_readings import vitals
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.kept import kept

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def ward(db: None) -> Iterator[Ward]:
    forget_all()
    yield a_ward()
    forget_all()


def measure(ward: Ward, at_seconds: int, systolic: float, late_seconds: int = 0) -> None:
    """One cuff reading, taken `at_seconds` after noon and heard of `late_seconds` later."""
    at = NOON + at_seconds * SECOND
    readings = (Reading(Parameter.SYSTOLIC, systolic, at, "cuff"), Reading(Parameter.DIASTOLIC, 80, at, "cuff"))
    message = vitals(ward, f"m{at_seconds}-{systolic}", at + late_seconds * SECOND, readings=readings)
    assert chart_messages([message])[0].status == "charted"


def systolic(player: Player, seconds: int) -> tuple[float, datetime]:
    """Return the pressure that stood on the screen, and when it had been measured."""
    value = player.at(NOON + seconds * SECOND).state.value(Parameter.SYSTOLIC)
    assert value is not None
    assert value.reading is not None
    return value.reading.value, value.reading.measured_at


@kept
def a_session(ward: Ward) -> TreatmentSession:
    """A session with an alarm that came and went, a late reading, a late note and a correction."""
    session = ward.running()
    for second in range(10, 200, 5):
        measure(ward, second, 220 if 60 <= second < 100 else 128)
        if second % 20 == 0:
            watch(NOON + second * SECOND)
    measure(ward, 150, 131, late_seconds=60)
    record_observation(
        session,
        Observation(values={Parameter.SYSTOLIC: 99, Parameter.DIASTOLIC: 61}, consciousness="A"),
        by=ward.nurse,
        at=NOON + 240 * SECOND,
    )
    wrong = events_of(session.pk)[-1].seq
    correct_event(session, wrong, "Typed into the wrong field", by=ward.nurse, at=NOON + 300 * SECOND)
    write_note(session, "Water given", by=ward.nurse, at=NOON + 310 * SECOND)
    return session


def test_every_moment_in_any_order_is_the_fold_of_what_had_arrived(ward: Ward) -> None:
    session = a_session(ward)
    events = events_of(session.pk)
    moments = sorted({up_to_tick(event.received_at) for event in events} | {NOON + n * 7 * SECOND for n in range(60)})
    shuffled = list(moments)
    Random(7).shuffle(shuffled)
    player = Player(session.pk)
    for moment in [*moments, *shuffled]:
        assert player.at(moment).state == session_state(as_received(events, moment), moment), moment


def test_late_reading_is_not_seen_before_it_was_heard_of(ward: Ward) -> None:
    session = ward.running()
    measure(ward, 150, 131, late_seconds=60)
    player = Player(session.pk)
    assert systolic(player, 209) == (124, NOON)
    assert systolic(player, 210) == (131, NOON + 150 * SECOND)


def test_what_was_corrected_later_is_shown_uncorrected_before(ward: Ward) -> None:
    session = a_session(ward)
    player = Player(session.pk)
    assert systolic(player, 299) == (99, NOON + 240 * SECOND)
    assert player.at(NOON + 300 * SECOND).anew, "a chart that was drawn has to be drawn anew"
    assert systolic(player, 301) == (128, NOON + 195 * SECOND)


def test_alarm_comes_and_goes_as_it_did(ward: Ward) -> None:
    session = a_session(ward)
    player = Player(session.pk)
    raised = [
        {alarm.rule for alarm in player.at(NOON + n * SECOND).state.alarms if alarm.is_holding} for n in (50, 90, 199)
    ]
    assert any("systolic" in rule or "pressure" in rule for rule in raised[1] - raised[0]), raised
    assert raised[1] - raised[2], "none of them went"


def test_acknowledgement_is_not_seen_before_it_was_given(ward: Ward) -> None:
    session = a_session(ward)
    player = Player(session.pk)
    key = next(alarm.key for alarm in player.at(NOON + 320 * SECOND).state.all_alarms if not alarm.is_acknowledged)
    acknowledge_alarm(session, key, "Seen", by=ward.nurse, at=NOON + 400 * SECOND)

    def taken(seconds: int) -> bool:
        alarms = player.at(NOON + seconds * SECOND).state.all_alarms
        return any(alarm.key == key and alarm.is_acknowledged for alarm in alarms)

    assert (taken(399), taken(400), taken(399)) == (False, True, False)


def test_running_session_grows_while_it_is_replayed(ward: Ward) -> None:
    session = ward.running()
    player = Player(session.pk)
    player.at(NOON + 30 * SECOND)
    measure(ward, 40, 166)
    assert len(player.at(NOON + 40 * SECOND).arrived) == 1
    measure(ward, 35, 167, late_seconds=1)
    # That one had arrived before the moment that is shown already: the replay starts again and holds both.
    shown = player.at(NOON + 41 * SECOND)
    assert shown.anew
    assert shown.state == session_state(as_received(events_of(session.pk), NOON + 41 * SECOND), NOON + 41 * SECOND)
    assert player.span(NOON + 50 * SECOND) == (NOON, NOON + 50 * SECOND)


def test_session_that_is_over_ends_with_its_last_entry(ward: Ward) -> None:
    session = ward.open()
    cancel_session(session, "No escort", by=ward.nurse, at=NOON + MINUTE)
    assert Player(session.pk).span(NOON + timedelta(days=400)) == (NOON, NOON + MINUTE)


def test_log_of_a_restored_database_is_read_anew(ward: Ward) -> None:
    session = ward.running()
    measure(ward, 20, 126)
    player = Player(session.pk)
    player.at(NOON + 30 * SECOND)
    other = a_session(a_ward())
    player.session_id = other.pk  # what a reset does: the same number, another log
    assert player.at(NOON + 90 * SECOND).state == Player(other.pk).at(NOON + 90 * SECOND).state


def test_session_without_a_log_says_so(db: None) -> None:
    with pytest.raises(Problem, match="log is empty"):
        Player(4711)


def test_tick_is_the_first_whole_millisecond_that_holds_the_moment() -> None:
    assert up_to_tick(NOON) == NOON
    assert up_to_tick(NOON + timedelta(microseconds=1)) == NOON + timedelta(milliseconds=1)
    assert up_to_tick(NOON + timedelta(microseconds=2000)) == NOON + timedelta(milliseconds=2)
