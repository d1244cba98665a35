"""The state of one session at one moment: what a page shows, as a pure function of the log and a time.

    session_state(events, now)             from a whole log, in any order
    monitor.add(event); monitor.state(now) the same, event by event, for a live session
    new_alarms(state, log)                 what the app must append to the log as AlarmRaised
    new_escalations(state, log)            and as AlarmEscalated

Both ways give the same state for the same events, however they were chunked or ordered. A replay gives
`as_received(events, moment)`: only what had arrived by then, so that an inquiry sees what the nurse saw.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from glimmer.care.session.checks import CheckState, check_states
from glimmer.care.session.course import Phase
from glimmer.care.session.events import (
    AlarmEscalated,
    AlarmRaised,
    DeviceAlarm,
    DeviceReadings,
    SessionEvent,
    SessionOpened,
)
from glimmer.care.session.functions import functions_of
from glimmer.care.session.leaving import CriterionState, leaving_states
from glimmer.care.session.log import SessionLog
from glimmer.guidance.protocol import Protocol, protocol
from glimmer.monitoring.current import Clock, CurrentValue, clock_of, current_values
from glimmer.monitoring.episodes import Alarm, latched
from glimmer.monitoring.escalation import Manners, rungs_to_call, with_rungs
from glimmer.monitoring.functions import alarms_allowed, episodes_allowed, plain_values, values_allowed
from glimmer.monitoring.needs import needed_next
from glimmer.monitoring.rounds import ScoredRound
from glimmer.monitoring.schedule import DueObservation, observations_due
from glimmer.monitoring.signal import SignalState
from glimmer.monitoring.sound import SILENCE, Sound, sound_of
from glimmer.monitoring.watch import Watch
from glimmer.vocabulary.functions import ALL_ON, Functions

__all__ = [
    "Alarm",
    "Clock",
    "CurrentValue",
    "SessionMonitor",
    "SessionState",
    "Sound",
    "as_received",
    "in_order",
    "new_alarms",
    "new_escalations",
    "session_state",
]

UNKNOWN = Manners(None)


@dataclass(frozen=True, slots=True)
class SessionState:
    """Everything a page shows of a session at `at`. Built by `session_state` or a `SessionMonitor`.

    `alarms` are the active ones, most urgent first; `all_alarms` holds those that are over, too.
    `values` has one entry per parameter; `rounds` the scored rounds, oldest first; `checks` the checks
    before the start; `leaving` the criteria for leaving (empty until the infusion has ended).
    `needs_next` says in words what the session waits for, first things first.
    `last_seq` is the number of the newest event, 0 for an empty log. `functions` says what is on: with alarms off
    there are no active alarms but what a person told, no rounds or signals, and values carry their age only.
    """

    at: datetime
    phase: Phase
    opened: SessionOpened | None
    protocol: Protocol | None
    clock: Clock
    values: tuple[CurrentValue, ...]
    alarms: tuple[Alarm, ...]
    all_alarms: tuple[Alarm, ...]
    rounds: tuple[ScoredRound, ...]
    observations: tuple[DueObservation, ...]
    signals: tuple[SignalState, ...]
    checks: tuple[CheckState, ...]
    leaving: tuple[CriterionState, ...]
    needs_next: tuple[str, ...]
    last_seq: int
    sound: Sound = SILENCE
    functions: Functions = ALL_ON

    @property
    def latest_round(self) -> ScoredRound | None:
        """The last scored round of observations, with its NEWS2."""
        return self.rounds[-1] if self.rounds else None

    @property
    def next_observation(self) -> DueObservation | None:
        """The first planned round that is still to be done."""
        return next((planned for planned in self.observations if planned.is_open), None)

    @property
    def no_monitor_yet(self) -> bool:
        """True while no monitor has sent anything in this session."""
        return bool(self.signals) and all(signal.never_heard for signal in self.signals)

    def value(self, parameter: str) -> CurrentValue | None:
        """Return the current value of one parameter, None where it is neither planned nor measured."""
        return next((value for value in self.values if value.parameter == parameter), None)


class SessionMonitor:
    """A live session: add events as they arrive, ask for the state at any time. Not safe for two threads at once."""

    def __init__(self) -> None:
        self.log = SessionLog()
        self._watch: Watch | None = None
        self._generation = 0
        self._watched: tuple[str, str] | None = None
        self._last_seq = 0

    def add(self, event: SessionEvent) -> None:
        """Take one event; one that is already known changes nothing."""
        if event.seq in self.log.events:
            return
        samples = self.log.add(event)
        self._last_seq = max(self._last_seq, event.seq)
        known, self._watch = self._watch, self._current_watch()
        watch = self._watch
        if watch is None or watch is not known:
            # There is no protocol yet, or the watch was built from the log just now with this event in it.
            return
        if not isinstance(event.what, (DeviceReadings, DeviceAlarm)):
            watch.take_course(self.log.course)
        if samples:
            watch.take_readings(samples)
        watch.take_drug(event)
        watch.take_device_alarm(event)

    def _current_watch(self) -> Watch | None:
        """Return the watch to go on with; a new one where the protocol became known or readings were withdrawn."""
        opened = self.log.opened
        pinned = (opened.protocol_id, opened.protocol_version) if opened else None
        if pinned == self._watched and self.log.generation == self._generation:
            return self._watch
        self._watched, self._generation = pinned, self.log.generation
        return Watch(protocol(*pinned), self.log) if pinned else None

    def _alarms(self, now: datetime) -> list[Alarm]:
        log, watch = self.log, self._watch
        manners = watch.manners if watch else UNKNOWN
        episodes = episodes_allowed(watch.episodes(now), log) if watch and functions_of(log).alarms else ()
        alarms = latched(episodes, log.raised_alarms(), log.acknowledgements(), manners.latches)
        return with_rungs(alarms, log, manners, now)

    def state(self, now: datetime) -> SessionState:
        """Return the state at `now`. An event that is in the log counts even where its time is after `now`."""
        log, watch = self.log, self._watch
        phase = log.phase(now)
        pinned = watch.protocol if watch else None
        functions = functions_of(log)
        judging = watch if functions.alarms else None
        alarms = self._alarms(now)
        before_start = phase in (Phase.CHECKS, Phase.READY)
        checks = check_states(log, pinned, now) if pinned and before_start else ()
        if phase is Phase.READY and not all(check.lets_pass for check in checks):
            phase = Phase.CHECKS
        leaving = leaving_states(log, pinned, now) if pinned and log.course.ended is not None else ()
        observations = observations_due(log, pinned, now) if pinned else ()
        clock = clock_of(log, now)
        active = alarms_allowed(alarms, log)
        return SessionState(
            at=now,
            phase=phase,
            opened=log.opened,
            protocol=pinned,
            clock=clock if functions.dose_arithmetic else replace(clock, expected_volume_ml=None),
            values=self._values(now, functions),
            alarms=active,
            all_alarms=tuple(alarms),
            rounds=judging.scored() if judging else (),
            observations=observations,
            signals=judging.signals(now) if judging else (),
            checks=checks,
            leaving=leaving,
            needs_next=needed_next(log, phase, checks, leaving, observations, active, now),
            last_seq=self._last_seq,
            sound=SILENCE if phase.is_over or not functions.alarms else sound_of(log, active, now),
            functions=functions,
        )

    def _values(self, now: datetime, functions: Functions) -> tuple[CurrentValue, ...]:
        watch = self._watch
        if watch is None:
            return ()
        if not functions.alarms:
            return plain_values(self.log, watch.protocol, now)
        return values_allowed(current_values(self.log, watch, now), self.log)


def session_state(events: Iterable[SessionEvent], now: datetime) -> SessionState:
    """Return the state of a session at `now`. The order of `events` does not matter."""
    monitor = SessionMonitor()
    for event in in_order(events):
        monitor.add(event)
    return monitor.state(now)


def in_order(events: Iterable[SessionEvent]) -> list[SessionEvent]:
    """Return events in the order in which they happened: the answer is the same, but no rule has to look back.

    Thousands of readings that were attributed long after they were measured would each set the rules back in time.
    """
    return sorted(events, key=lambda event: (event.happened_at, event.seq))


def as_received(events: Iterable[SessionEvent], moment: datetime) -> list[SessionEvent]:
    """Return the events that had arrived by `moment`: what was known then, for a replay."""
    return [event for event in events if event.received_at <= moment]


def new_alarms(state: SessionState, log: SessionLog) -> tuple[AlarmRaised, ...]:
    """Return the alarms that the log does not hold as shown yet, as the events to append to it."""
    known = log.raised_alarms()
    return tuple(
        AlarmRaised(alarm.key, alarm.rule, alarm.priority, alarm.says, alarm.action)
        for alarm in state.all_alarms
        if not alarm.in_log and alarm.key not in known and not state.phase.is_over
    )


def new_escalations(state: SessionState, log: SessionLog) -> tuple[AlarmEscalated, ...]:
    """Return the rungs of the ladder that alarms have come to and that the log does not hold as called yet."""
    if state.phase.is_over or not state.functions.alarms:
        return ()
    return rungs_to_call(state.all_alarms, log, Manners(state.protocol))
