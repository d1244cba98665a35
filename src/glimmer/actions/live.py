"""The live sessions in memory: each a fold that grows event by event, always backed by the stored log.

Nothing here is remembered that the log does not hold. A monitor is built from the log the first time it is
asked for (after a restart as well), fed with what is stored from then on, and proves before each page that it
still continues this very log: where a database was restored or reset under it, it is built anew.

    live_view(session_id, now)     the state and the log for a page: looks into the database for anything newer
    view_now(session_id, now)      the same from memory, for the event stream: no database when it is warm
    events_since(session_id, seq)  what a page has missed
    board_states(now)              the state of every session that has not ended
    subscribe(session_id | BOARD)  news, as soon as they are on disk
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import DatabaseError

from glimmer.actions import heard
from glimmer.actions.bus import BOARD, Bus, Notice, Subscription
from glimmer.care.session.events import SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.monitoring.state import SessionMonitor, SessionState, in_order
from glimmer.records.logbook import events_of
from glimmer.records.sessions import TreatmentSession

__all__ = [
    "BOARD",
    "Notice",
    "Subscription",
    "announce",
    "board_states",
    "events_since",
    "forget",
    "forget_all",
    "live_view",
    "log_now",
    "publish",
    "report_trouble",
    "sessions_followed",
    "subscribe",
    "trouble",
    "trouble_over",
    "view_now",
]

BUS = Bus()
LOG = logging.getLogger("glimmer.live")


class LiveView(NamedTuple):
    """One session at one moment: its state, and the log that the state follows from."""

    state: SessionState
    log: SessionLog


@dataclass(eq=False)
class Followed:
    """One session's monitor with the number of the newest event it holds. `lock` guards all of it.

    What leaves this object is never touched again: pages draw in threads of their own, while messages arrive.
    """

    session_id: int
    monitor: SessionMonitor = field(default_factory=SessionMonitor)
    seq: int = 0
    newest: SessionEvent | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    _shown: SessionLog | None = None

    def take(self, events: Sequence[SessionEvent]) -> None:
        """Add events that were just stored; where some in between are unknown, read those from the log."""
        with self.lock:
            for event in events:
                if event.seq == self.seq + 1:
                    with self._all_or_nothing():
                        self._add(event)
                elif event.seq > self.seq:
                    # A database that is away costs nothing that is known: folding a long log anew takes seconds.
                    self.catch_up()

    def catch_up(self) -> int:
        """Read from the log what is newer than known; return the number of the newest event."""
        with self.lock:
            fresh = events_of(self.session_id, max(self.seq - 1, 0))
            if self.newest is not None and (not fresh or fresh[0] != self.newest):
                # Not the log that was followed so far: the database was restored or reset.
                self._begin_anew()
                fresh = events_of(self.session_id)
            newer = [event for event in fresh if event.seq > self.seq]
            with self._all_or_nothing():
                for event in in_order(newer):
                    self.monitor.add(event)
            if newer:
                self.seq, self.newest, self._shown = newer[-1].seq, newer[-1], None
            return self.seq

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Forget a monitor that failed on an event: with half of it taken, the rules would pass over the other half."""
        try:
            yield
        except Exception:
            self._begin_anew()
            raise

    def _begin_anew(self) -> None:
        self.monitor, self.seq, self.newest, self._shown = SessionMonitor(), 0, None, None

    def state(self, now: datetime) -> SessionState:
        """Return the state at `now`, from memory."""
        with self.lock:
            return self.monitor.state(now)

    def log(self) -> SessionLog:
        """Return the fold as it stands, as a snapshot that nothing changes any more."""
        with self.lock:
            if self._shown is None:
                self._shown = self.monitor.log.snapshot()
            return self._shown

    def view(self, now: datetime) -> LiveView:
        """Return the state at `now` and the log that it follows from: both hold the same events."""
        with self.lock:
            return LiveView(self.state(now), self.log())

    def since(self, seq: int) -> list[SessionEvent]:
        """Return the events numbered above `seq`, from memory."""
        with self.lock:
            known = self.monitor.log.events
            return [known[number] for number in range(max(seq, 0) + 1, self.seq + 1) if number in known]

    def _add(self, event: SessionEvent) -> None:
        self.monitor.add(event)
        self.seq, self.newest, self._shown = event.seq, event, None


class _Sessions:
    def __init__(self) -> None:
        self._followed: dict[int, Followed] = {}
        self._lock = threading.Lock()

    def find(self, session_id: int) -> Followed | None:
        return self._followed.get(session_id)

    def follow(self, session_id: int) -> Followed:
        """Return the followed session, new and empty where it was not followed yet."""
        with self._lock:
            return self._followed.setdefault(session_id, Followed(session_id))

    def keep_only(self, session_ids: set[int]) -> None:
        with self._lock:
            for gone in self._followed.keys() - session_ids:
                del self._followed[gone]

    def __len__(self) -> int:
        return len(self._followed)

    def drop(self, session_id: int) -> None:
        with self._lock:
            self._followed.pop(session_id, None)

    def clear(self) -> None:
        with self._lock:
            self._followed.clear()


_SESSIONS = _Sessions()


def live_view(session_id: int, now: datetime) -> LiveView:
    """Return a session at `now`, with everything that is stored (one short query when warm)."""
    followed = _SESSIONS.follow(session_id)
    with followed.lock:
        followed.catch_up()
        return followed.view(now)


def view_now(session_id: int, now: datetime) -> LiveView:
    """Return a session at `now` from memory; the database is asked only when the session is not followed yet."""
    return _warm(session_id).view(now)


def log_now(session_id: int) -> SessionLog:
    """Return the fold of a session as followed in memory, as it stands now."""
    return _warm(session_id).log()


def events_since(session_id: int, seq: int) -> list[SessionEvent]:
    """Return the events numbered above `seq`, from memory when the session is followed."""
    return _warm(session_id).since(seq)


def _warm(session_id: int) -> Followed:
    followed = _SESSIONS.follow(session_id)
    if not followed.seq:
        followed.catch_up()
    return followed


def board_states(now: datetime) -> dict[int, SessionState]:
    """Return, by session id, the state at `now` of every session that has not ended.

    A session that cannot be followed is left out: one bay that fails must not take the others off the wall.
    """
    states: dict[int, SessionState] = {}
    for session_id, followed in refresh()[0].items():
        try:
            states[session_id] = followed.state(now)
        except Exception as problem:
            LOG.error("The state of session %d cannot be worked out (%s).", session_id, type(problem).__name__)
    return states


def refresh() -> tuple[dict[int, Followed], tuple[int, ...]]:
    """Follow the sessions that have not ended, each up to its newest stored event (one query when warm).

    Returned beside them are the numbers of those whose log cannot be taken in; the others do not wait for them.
    """
    live = dict(TreatmentSession.objects.filter(ended_at__isnull=True).values_list("pk", "last_seq"))
    followed = {session_id: _SESSIONS.follow(session_id) for session_id in live}
    lost = []
    for session_id, one in followed.items():
        try:
            if one.seq != live[session_id]:
                one.catch_up()
        except DatabaseError:
            raise  # the database is away for all of them
        except Exception as problem:
            LOG.error("The log of session %d cannot be taken in (%s).", session_id, type(problem).__name__)
            lost.append(session_id)
    return {number: one for number, one in followed.items() if number not in lost}, tuple(lost)


def sessions_followed() -> int:
    """Return how many sessions are followed in memory now."""
    return len(_SESSIONS)


def drop_ended() -> None:
    """Forget the sessions that have ended and that nobody listens to."""
    live = set(TreatmentSession.objects.filter(ended_at__isnull=True).values_list("pk", flat=True))
    _SESSIONS.keep_only(live | BUS.topics())


def announce(session_id: int, events: Sequence[SessionEvent]) -> None:
    """Take what was just stored into memory and tell the open pages. Call it after the commit, never before."""
    if not events:
        return
    followed = _SESSIONS.find(session_id)
    if followed is not None and followed.seq:
        followed.take(events)
    BUS.publish(session_id, events[-1].seq, events)


def publish(session_id: int) -> None:
    """Tell the open pages of a session to look again."""
    followed = _SESSIONS.find(session_id)
    BUS.publish(session_id, followed.seq if followed else 0)


def forget(session_id: int) -> None:
    """Forget one followed session: whoever asks next reads its whole log anew."""
    _SESSIONS.drop(session_id)


def subscribe(topic: int | str) -> Subscription:
    """Listen to one session by id, or to all of them (`BOARD`). See `bus.Subscription`."""
    return BUS.subscribe(topic)


def forget_all() -> None:
    """Forget every followed session: tests and a reset of the demo clinic start clean."""
    _SESSIONS.clear()
    heard.forget()


# Trouble: what is wrong with the live feed itself, in words for the board.


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with the live feed: which part, in words, since when (UTC)."""

    part: str
    says: str
    since: datetime


_TROUBLES: dict[str, Trouble] = {}


def report_trouble(part: str, says: str, at: datetime | None = None) -> None:
    """Show on every board that a part of the live feed is in trouble. The first report of a trouble dates it."""
    known = _TROUBLES.get(part)
    if known is None or known.says != says:
        _TROUBLES[part] = Trouble(part, says, at or datetime.now(UTC))
        BUS.publish(0, 0)


def trouble_over(part: str) -> None:
    """Take a part's trouble off the boards."""
    if _TROUBLES.pop(part, None) is not None:
        BUS.publish(0, 0)


def trouble() -> tuple[Trouble, ...]:
    """Return what is wrong with the live feed now, oldest first; empty when all is well."""
    return tuple(sorted(_TROUBLES.values(), key=lambda one: one.since))
