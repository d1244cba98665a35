"""The live sessions in memory follow the log, and the watcher writes down what is new."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError

from glimmer.actions import live
from glimmer.actions.live import board_states, events_since, forget_all, live_view, log_now, view_now
from glimmer.actions.observing import acknowledge_alarm
from glimmer.actions.readings import chart_messages
from glimmer.actions.session import Observation, discharge_patient, pause_infusion, record_observation, write_note
from glimmer.actions.watch import watch
from glimmer.care.session.events import AlarmAcknowledged, AlarmEscalated, AlarmRaised, NoteWritten
from glimmer.monitoring.state import session_state
from glimmer.records.logbook import events_of
from glimmer.records.models import AuditLine, LogLine, TreatmentSession
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile
from glimmer.vocabulary.readings import Reading
from tests.actions.test_readings import vitals
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward(db: None) -> Iterator[Ward]:
    forget_all()
    yield a_ward()
    forget_all()


def pressures(ward: Ward, count: int, systolic: float, from_minute: int = 1) -> None:
    """Chart `count` cuff readings, a minute apart, in the running session."""
    for number in range(count):
        at = NOON + (from_minute + number) * MINUTE
        readings = (
            Reading(Parameter.SYSTOLIC, systolic, at, "cuff"),
            Reading(Parameter.DIASTOLIC, 88, at, "cuff"),
        )
        chart_messages([vitals(ward, f"p{from_minute + number}-{systolic}", at, readings=readings)])


def raised(session_id: int) -> list[AlarmRaised]:
    return [event.what for event in events_of(session_id) if isinstance(event.what, AlarmRaised)]


def test_a_view_holds_all_that_is_stored(ward: Ward) -> None:
    session = ward.running()
    assert live_view(session.pk, NOON).state.phase == "running"
    pause_infusion(session, "Sick", by=ward.nurse, at=NOON + MINUTE)
    assert live_view(session.pk, NOON + MINUTE).state.phase == "paused"


def test_memory_and_log_tell_the_same_story(ward: Ward) -> None:
    session = ward.running()
    live_view(session.pk, NOON)
    pressures(ward, 12, 171)
    write_note(session, "Feels warm", by=ward.nurse, at=NOON + 5 * MINUTE)
    now = NOON + 14 * MINUTE
    assert live_view(session.pk, now).state == session_state(events_of(session.pk), now)


def test_after_a_restart_the_same_state_is_built_from_the_log(ward: Ward) -> None:
    session = ward.running()
    pressures(ward, 12, 171)
    watch(NOON + 13 * MINUTE)
    now = NOON + 14 * MINUTE
    before = live_view(session.pk, now).state
    forget_all()
    assert live_view(session.pk, now).state == before


def test_a_log_that_was_put_back_to_an_earlier_state_is_followed_anew(ward: Ward) -> None:
    from django.db import transaction

    session = ward.running()
    point = transaction.savepoint()
    write_note(session, "Before the backup was put back", by=ward.nurse, at=NOON + MINUTE)
    live_view(session.pk, NOON + MINUTE)
    transaction.savepoint_rollback(point)
    assert live_view(session.pk, NOON + MINUTE).state.last_seq == LogLine.objects.filter(session=session).count()
    write_note(session, "Another note with the same number", by=ward.nurse, at=NOON + 2 * MINUTE)
    live_view(session.pk, NOON + 2 * MINUTE)
    texts = [event.what.text for event in log_now(session.pk).events.values() if event.what.kind == "note"]
    assert texts == ["Another note with the same number"]


def test_a_page_draws_in_peace_while_messages_arrive(ward: Ward) -> None:
    session = ward.running()
    state, log = live_view(session.pk, NOON)
    seen = [event.seq for event in log.events.values()]
    measured = len(log.series[Parameter.SYSTOLIC])
    drawn = iter(log.events.values())
    next(drawn)
    pressures(ward, 3, 171)
    write_note(session, "Feels warm", by=ward.nurse, at=NOON + 4 * MINUTE)
    later = live_view(session.pk, NOON + 5 * MINUTE)
    assert [event.seq for event in drawn] == seen[1:]
    assert len(log.series[Parameter.SYSTOLIC]) == measured
    assert log.last(NoteWritten) is None
    assert len(later.log.series[Parameter.SYSTOLIC]) == measured + 3
    assert later.log.origin is log.origin
    assert (max(seen), max(later.log.events)) == (state.last_seq, later.state.last_seq)


def test_database_that_is_away_costs_nothing_that_is_known(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ward.running()
    before = live_view(session.pk, NOON)
    monitor = live._SESSIONS.follow(session.pk).monitor
    write_note(session, "Heard", by=ward.nurse, at=NOON + MINUTE)
    write_note(session, "Heard of before the one that it follows", by=ward.nurse, at=NOON + 2 * MINUTE)

    def away(*_: object) -> None:
        raise OperationalError("terminating connection due to unexpected postmaster exit")

    with monkeypatch.context() as broken:
        broken.setattr(live, "events_of", away)
        with pytest.raises(OperationalError):
            live.announce(session.pk, events_of(session.pk)[-1:])
    assert live._SESSIONS.follow(session.pk).monitor is monitor
    assert live_view(session.pk, NOON + 3 * MINUTE).state.last_seq == before.state.last_seq + 2


def test_what_memory_gives_for_one_moment_is_copied_once(ward: Ward) -> None:
    session = ward.running()
    live_view(session.pk, NOON)
    assert view_now(session.pk, NOON).log is view_now(session.pk, NOON + MINUTE).log
    pressures(ward, 1, 131)
    first = live_view(session.pk, NOON + MINUTE).log
    assert first is log_now(session.pk)


def test_a_page_that_was_away_gets_what_it_missed(ward: Ward) -> None:
    session = ward.running()
    seen = live_view(session.pk, NOON).state.last_seq
    pressures(ward, 3, 130)
    live_view(session.pk, NOON + 4 * MINUTE)
    assert [event.seq for event in events_since(session.pk, seen)] == [seen + 1, seen + 2, seen + 3]
    assert events_since(session.pk, seen + 3) == []


def test_what_is_announced_is_in_memory_without_asking_the_database(
    ward: Ward, django_capture_on_commit_callbacks, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    session = ward.running()
    seq = live_view(session.pk, NOON).state.last_seq
    with django_capture_on_commit_callbacks(execute=True):
        pressures(ward, 1, 133)
    with django_assert_num_queries(0):
        state = view_now(session.pk, NOON + MINUTE).state
        missed = events_since(session.pk, seq)
    value = state.value(Parameter.SYSTOLIC)
    assert value is not None
    assert len(missed) == 1


def test_the_board_shows_each_session_until_it_ends(ward: Ward) -> None:
    other = a_ward()
    sessions = {ward.running().pk, other.open().pk}
    assert set(board_states(NOON)) == sessions
    from glimmer.actions.session import cancel_session
    from glimmer.records.models import TreatmentSession

    waiting = TreatmentSession.objects.get(episode=other.episode)
    cancel_session(waiting, "Not today", by=other.nurse, at=NOON)
    assert set(board_states(NOON)) == sessions - {waiting.pk}


def test_a_warm_board_asks_the_database_once(ward: Ward, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    ward.running()
    for _ in range(4):
        a_ward().open()
    board_states(NOON)
    with django_assert_num_queries(1):
        assert len(board_states(NOON)) == 5


# The watcher


def test_the_watcher_writes_an_alarm_down_once(ward: Ward) -> None:
    session = ward.running()
    pressures(ward, 3, 172)
    now = NOON + 3 * MINUTE
    assert watch(now) > 0
    written = raised(session.pk)
    assert any("172" in alarm.says for alarm in written)
    assert all(alarm.action for alarm in written)
    assert watch(now) == 0
    forget_all()
    assert watch(now) == 0
    assert raised(session.pk) == written


def test_an_alarm_that_nobody_takes_is_shown_to_each_next_rung_once(ward: Ward) -> None:
    session = ward.running()
    pressures(ward, 3, 210)
    shown = NOON + 3 * MINUTE
    watch(shown)
    key = next(alarm.key for alarm in raised(session.pk) if alarm.rule == "hypertension-extreme")
    for number in (1, 1, 2, 2):
        watch(shown + number * MINUTE)
        forget_all()
    called = [event.what for event in events_of(session.pk) if isinstance(event.what, AlarmEscalated)]
    assert [(one.rung, one.to) for one in called if one.key == key] == [
        (1, "the nurse in charge"),
        (2, "the psychiatrist on duty"),
    ]
    acknowledge_alarm(session, key, "On it", by=ward.nurse, at=shown + 2.5 * MINUTE)
    watch(shown + 9 * MINUTE)
    again = [event.what for event in events_of(session.pk) if isinstance(event.what, AlarmEscalated)]
    assert [one.rung for one in again if one.key == key] == [1, 2]


def test_an_overdue_observation_raises_an_alarm_though_nothing_was_sent(ward: Ward) -> None:
    session = ward.running()
    watch(NOON + MINUTE)
    before = {alarm.rule for alarm in raised(session.pk)}
    watch(NOON + 25 * MINUTE)
    assert {alarm.rule for alarm in raised(session.pk)} - before


def test_an_alarm_is_taken_in_charge_by_name_and_only_once(ward: Ward) -> None:
    session = ward.running()
    pressures(ward, 3, 172)
    watch(NOON + 3 * MINUTE)
    key = raised(session.pk)[0].key
    acknowledge_alarm(session, key, "Doctor told", by=ward.nurse, at=NOON + 4 * MINUTE)
    with pytest.raises(ChangedMeanwhile, match="Maya Okafor, nurse took charge of this alarm at 12:04"):
        acknowledge_alarm(session, key, "Me too", by=ward.second_nurse, at=NOON + 5 * MINUTE)
    alarm = next(alarm for alarm in live_view(session.pk, NOON + 6 * MINUTE).state.all_alarms if alarm.key == key)
    assert alarm.acknowledged_by == "Maya Okafor, nurse"
    assert AuditLine.objects.last().action == "acknowledge_alarm"


def test_an_alarm_seen_before_the_watcher_wrote_it_down_can_be_taken_in_charge(ward: Ward) -> None:
    session = ward.running()
    pressures(ward, 3, 172)
    now = NOON + 3 * MINUTE
    shown = next(alarm for alarm in live_view(session.pk, now).state.alarms)
    events = acknowledge_alarm(session, shown.key, "On it", by=ward.nurse, at=now)
    assert [type(event.what) for event in events] == [AlarmRaised, AlarmAcknowledged]
    watch(now)
    assert [alarm.key for alarm in raised(session.pk)].count(shown.key) == 1


def test_an_alarm_that_never_was_cannot_be_taken_in_charge(ward: Ward) -> None:
    session = ward.running()
    with pytest.raises(BadInput, match="no such alarm"):
        acknowledge_alarm(session, "made-up@never", by=ward.nurse, at=NOON)


def test_trouble_in_one_session_does_not_blind_the_watch_over_another(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, session = a_ward().running(), ward.running()
    pressures(ward, 3, 172)
    from glimmer.actions import watch as watching

    whole = watching._look

    def look(session_id: int, *rest: object) -> object:
        if session_id == broken.pk:
            raise ValueError("a fault")
        return whole(session_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(watching, "_look", look)
    watch(NOON + 3 * MINUTE)
    assert raised(session.pk)
    assert any("Alarms are not being worked out for one session" in one.says for one in live.trouble())
    monkeypatch.undo()
    watch(NOON + 4 * MINUTE)
    assert live.trouble() == ()


def unheard_of(session: TreatmentSession) -> LogLine:
    """Put a line into a log as another version of Glimmer may have left it: of a kind that this one does not know."""
    seq = session.log.count() + 1
    TreatmentSession.objects.filter(pk=session.pk).update(last_seq=seq)
    body = {"seconds": 30}
    return LogLine.objects.create(
        session=session, seq=seq, kind="unheard_of", happened_at=NOON, received_at=NOON, by="Glimmer", body=body
    )


def test_a_log_that_cannot_be_read_does_not_blind_the_watch_over_another(ward: Ward) -> None:
    broken, session = a_ward().running(), ward.running()
    pressures(ward, 3, 172)
    unheard_of(broken)
    watch(NOON + 3 * MINUTE)
    assert raised(session.pk)
    assert any("Alarms are not being worked out for one session" in one.says for one in live.trouble())
    assert set(board_states(NOON + 3 * MINUTE)) == {session.pk}


def test_a_monitor_that_failed_on_a_reading_judges_it_once_it_can(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ward.running()
    watch(NOON)
    from glimmer.monitoring.watch import Watch

    def fails(*_: object) -> None:
        raise ValueError("a fault")

    with monkeypatch.context() as fault:
        fault.setattr(Watch, "take_readings", fails)
        pressures(ward, 1, 172)
        watch(NOON + MINUTE)
    assert live.trouble()
    pressures(ward, 2, 172, from_minute=2)
    watch(NOON + 3 * MINUTE)
    assert live.trouble() == ()
    state = session_state(events_of(session.pk), NOON + 3 * MINUTE)
    assert live_view(session.pk, NOON + 3 * MINUTE).state == state
    assert raised(session.pk)


def test_what_a_fault_in_one_session_quotes_stays_out_of_the_log(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = ward.running()
    live_view(session.pk, NOON)

    def fails(*_: object) -> None:
        raise ValueError(f"Failing row contains ({ward.patient.family_name})")

    monkeypatch.setattr("glimmer.actions.watch.write_alarms", fails)
    pressures(ward, 3, 172)
    watch(NOON + 3 * MINUTE)
    assert "ValueError in fails" in caplog.text
    assert ward.patient.family_name not in caplog.text


def test_an_ended_session_raises_nothing_more(ward: Ward) -> None:
    from tests.actions.test_leaving import everything_met

    session = ward.recovering()
    everything_met(ward, session, NOON + 110 * MINUTE)
    discharge_patient(session, "Her sister", by=ward.nurse, at=NOON + 110 * MINUTE)
    written = raised(session.pk)
    assert watch(NOON + 300 * MINUTE) == 0
    assert raised(session.pk) == written


def test_trouble_is_dated_from_its_first_report(ward: Ward) -> None:
    live.report_trouble("gateway", "It is down.", NOON)
    live.report_trouble("gateway", "It is down.", NOON + MINUTE)
    assert [(one.part, one.since) for one in live.trouble()] == [("gateway", NOON)]
    live.trouble_over("gateway")
    assert live.trouble() == ()


def test_a_deep_sedation_that_a_person_wrote_down_raises_an_alarm(ward: Ward) -> None:
    session = ward.running()
    record_observation(session, Observation(sedation=1), by=ward.nurse, at=NOON + MINUTE)
    watch(NOON + MINUTE)
    assert {alarm.rule for alarm in raised(session.pk)} >= {"sedation-very-deep"}
