"""A session played again: what was known at a moment, folded from the stored log and nothing else.

    player = Player(session_id)
    shown = player.at(moment)      going forward costs only what arrived in between
    first, last = player.span(now)

The state is the one that `session_state(as_received(events, moment), moment)` gives.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from glimmer.actions.act import acting, even_when_full
from glimmer.care.session.events import DeviceReadings, SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.monitoring.state import SessionMonitor, SessionState, in_order
from glimmer.records.logbook import events_of
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import Problem

# Moments are asked for in whole milliseconds; an event counts from the first one that has reached it.
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """What was known at `state.at`. `log` grows with the player: read it, do not keep it.

    `arrived` are the events that came since the moment asked for before. `anew` says that there was none such, or
    that something which had been drawn no longer counts: whoever shows this starts from an empty page.
    """

    state: SessionState
    log: SessionLog
    arrived: tuple[SessionEvent, ...]
    anew: bool


class Player:
    """One session, played for one viewer. Going back folds from the beginning. Not safe for two threads at once."""

    def __init__(self, session_id: int) -> None:
        self.session_id = session_id
        self.events: list[SessionEvent] = []
        self._newest: SessionEvent | None = None
        self._whole = SessionLog()
        self._monitor, self._passed = SessionMonitor(), 0
        self._moment: datetime | None = None
        self.look()
        if not self.events:
            raise Problem("This session's log is empty, so nothing can be replayed. Tell the person who runs Glimmer.")

    @property
    def whole(self) -> SessionLog:
        """The fold of everything that is stored, for the list of what can be jumped to."""
        return self._whole

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Return the first and the last moment that can be shown: to the last entry, or to `now` while it runs."""
        last = self.events[-1].received_at
        over = self._whole.course.phase.is_over
        return up_to_tick(self.events[0].received_at), up_to_tick(last if over else max(now, last))

    def at(self, moment: datetime) -> Shown:
        """Return what was known at `moment`."""
        self.look()
        until = bisect_right(self.events, moment, key=_arrival)
        anew = self._moment is None or moment < self._moment or _hold_history(self.events[self._passed : until])
        if anew:
            self._rewind()
        log = self._monitor.log
        generation = log.generation
        arrived = tuple(self.events[self._passed : until])
        for event in in_order(arrived):
            self._monitor.add(event)
        self._passed, self._moment = until, moment
        return Shown(self._monitor.state(moment), log, arrived, anew or log.generation != generation)

    def look(self) -> None:
        """Take what was stored since the last look: a session that still runs grows while it is replayed."""
        newest = self._newest
        fresh = events_of(self.session_id, newest.seq - 1 if newest else 0)
        if newest is not None and (not fresh or fresh.pop(0) != newest):
            # Not the log that was read so far: the database was restored or reset.
            self._forget()
            fresh = events_of(self.session_id)
        if not fresh:
            return
        self._newest = fresh[-1]
        self.events = sorted([*self.events, *fresh], key=lambda event: (event.received_at, event.seq))
        for event in fresh:
            self._whole.add(event)
        if self._moment is not None and min(map(_arrival, fresh)) <= self._moment:
            self._rewind()

    def _forget(self) -> None:
        self.events, self._newest, self._whole = [], None, SessionLog()
        self._rewind()

    def _rewind(self) -> None:
        self._monitor, self._passed, self._moment = SessionMonitor(), 0, None


def open_replay(session: TreatmentSession, *, by: Staff, at: datetime | None = None) -> None:
    """Enter into the audit that a person opened the replay of a session."""
    with even_when_full("open_replay"), acting(by, "session.view", verb="open_replay", at=at) as act:
        act.about(session)
        act.patient_id = session.episode.patient_id


def up_to_tick(moment: datetime) -> datetime:
    """Return the first whole millisecond at or after `moment`."""
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return whole if whole == moment else whole + TICK


def _hold_history(events: Sequence[SessionEvent]) -> bool:
    """Say whether readings from quarantine are among these: each would set every rule back, so all is folded anew."""
    return any(isinstance(event.what, DeviceReadings) and event.what.attributed for event in events)


def _arrival(event: SessionEvent) -> datetime:
    return event.received_at
