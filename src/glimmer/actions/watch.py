"""The watcher: looks at every live session once a second and writes down each alarm and each call that is new.

An alarm counts from the moment it is in the log: then every page shows it, it can be taken in charge by name,
and an inquiry sees when it was shown. What raises alarms without any message (a lost signal, an overdue
observation) is found here too, for time passes also when nothing is said.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from traceback import extract_tb

from django.db import transaction

from glimmer.actions import heard
from glimmer.actions.live import Followed, announce, drop_ended, refresh, report_trouble, trouble_over
from glimmer.actions.log import append, lock_session
from glimmer.care.session.events import AlarmEscalated, AlarmRaised, SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.monitoring.state import SessionMonitor, in_order, new_alarms, new_escalations
from glimmer.records.sessions import TreatmentSession

LOG = logging.getLogger("glimmer.watch")
WATCHER = "Glimmer"


def watch(now: datetime, rest: Callable[[int], datetime] | None = None) -> int:
    """Look at every live session at `now`, write down what alarms are new, and return how many there were.

    `rest` is called after each session with the number of sessions: it may wait, so that fifty sessions are not
    looked at in one go while pages wait, and returns the time for the next one. What goes wrong in one session
    is reported on the board and does not stop the watch over the others.
    """
    live, lost = refresh()
    written, failed = 0, len(lost)
    for session_id, followed in live.items():
        try:
            written += len(_look(session_id, followed, now))
        except Exception as problem:
            failed += 1
            # Without the fault's own words: a database quotes the row that it refuses.
            LOG.error(
                "The watch over session %d failed (%s); it is tried again in a second.",
                session_id,
                " in ".join((type(problem).__name__, *_where(problem))),
            )
        if rest is not None:
            now = rest(len(live))
    drop_ended()
    _listen_to_devices()
    if failed:
        sessions = "one session" if failed == 1 else f"{failed} sessions"
        report_trouble("watcher", f"Alarms are not being worked out for {sessions}. Watch the monitor itself.", now)
    else:
        trouble_over("watcher")
    return written


def _where(problem: Exception) -> list[str]:
    """Return the line that failed, for an engineer."""
    return [f"{frame.name}, {frame.filename}:{frame.lineno}" for frame in extract_tb(problem.__traceback__)[-1:]]


def _listen_to_devices() -> None:
    try:
        heard.look()
    except Exception as problem:
        LOG.error("Which devices speak could not be read (%s); it is tried again.", type(problem).__name__)


def _look(session_id: int, followed: Followed, now: datetime) -> list[SessionEvent]:
    with followed.lock:
        state, log = followed.state(now), followed.monitor.log
        fresh: Sequence[AlarmRaised | AlarmEscalated] = (*new_alarms(state, log), *new_escalations(state, log))
    return write_alarms(session_id, fresh, now) if fresh else []


def write_alarms(session_id: int, alarms: Sequence[AlarmRaised | AlarmEscalated], now: datetime) -> list[SessionEvent]:
    """Append the alarms and calls that the stored log does not hold yet, and tell the pages once they are on disk."""
    with transaction.atomic():
        session = lock_session(TreatmentSession(pk=session_id))
        if session.ended_at is not None:
            return []
        stored = _stored(session_id)
        entries = [alarm for alarm in alarms if _name(alarm) not in stored]
        events = append(session, entries, by=WATCHER, at=now)
        session.save(update_fields=["last_seq"])
        transaction.on_commit(lambda: announce(session_id, events))
    return events


def _stored(session_id: int) -> set[tuple[str, int]]:
    """Return the names of the alarms and calls that the stored log holds."""
    kinds = (AlarmRaised.kind, AlarmEscalated.kind)
    lines = TreatmentSession(pk=session_id).log.filter(kind__in=kinds)
    return {(body["key"], body.get("rung", 0)) for body in lines.values_list("body", flat=True)}


def _name(alarm: AlarmRaised | AlarmEscalated) -> tuple[str, int]:
    return (alarm.key, alarm.rung if isinstance(alarm, AlarmEscalated) else 0)


def alarms_to_raise(log: SessionLog, now: datetime) -> list[AlarmRaised]:
    """Return the alarms of a log at `now` that it does not hold as raised yet."""
    monitor = SessionMonitor()
    for event in in_order(log.events.values()):
        monitor.add(event)
    return list(new_alarms(monitor.state(now), monitor.log))
