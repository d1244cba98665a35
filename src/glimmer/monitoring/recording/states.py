"""What was known at chosen moments of a recording, as rows that can be worked out again and compared."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from glimmer.care.session.events import SessionEvent
from glimmer.monitoring.recording.chain import moment_text
from glimmer.monitoring.state import SessionMonitor, SessionState


def states_at(events: Sequence[SessionEvent], moments: Iterable[datetime]) -> list[SessionState]:
    """Return the states as they were seen at `moments`, which must not go back; the order of events is free."""
    waiting = sorted(events, key=lambda event: (event.received_at, event.seq))
    monitor, passed, states = SessionMonitor(), 0, []
    for moment in moments:
        while passed < len(waiting) and waiting[passed].received_at <= moment:
            monitor.add(waiting[passed])
            passed += 1
        states.append(monitor.state(moment))
    return states


def state_row(state: SessionState) -> dict[str, Any]:
    """Return a state as a row: phase, newest values with their times, alarms, NEWS2, and how far the log had come."""
    latest = state.latest_round
    return {
        "at": moment_text(state.at),
        "last_seq": state.last_seq,
        "phase": state.phase.value,
        "values": {
            str(value.parameter): [value.reading.value, moment_text(value.reading.measured_at)]
            for value in state.values
            if value.reading is not None
        },
        "alarms": [[alarm.priority, alarm.says, alarm.acknowledged_by] for alarm in state.alarms],
        "news2": latest.score.total if latest is not None else None,
    }
