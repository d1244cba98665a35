"""Alarms as rows of the page."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from glimmer.monitoring.episodes import Alarm
from glimmer.monitoring.state import SessionState


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm. `id` is its key made fit for an HTML id; `since` is when it was raised."""

    id: str
    key: str
    priority: str
    says: str
    action: str
    since: datetime
    is_active: bool
    acknowledged_by: str
    acknowledged_at: datetime | None
    did: str


def alarm_rows(state: SessionState) -> tuple[AlarmRow, ...]:
    """Return the alarms that are not done with, most urgent first."""
    return tuple(alarm_row(alarm) for alarm in state.alarms)


def alarm_row(alarm: Alarm) -> AlarmRow:
    """Return one alarm as a row."""
    return AlarmRow(
        id=f"alarm-{hashlib.sha256(alarm.key.encode()).hexdigest()[:12]}",
        key=alarm.key,
        priority=alarm.priority if alarm.priority in ("high", "medium", "low") else "high",
        says=alarm.says,
        action=alarm.action,
        since=alarm.raised_at,
        is_active=alarm.is_holding,
        acknowledged_by=alarm.acknowledged_by,
        acknowledged_at=alarm.acknowledged_at,
        did=alarm.did,
    )
