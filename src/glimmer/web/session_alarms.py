"""Alarms as rows of the page."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from glimmer.monitoring import schedule, signal
from glimmer.monitoring.episodes import PRIORITIES, Alarm
from glimmer.monitoring.state import SessionState

ABOUT_EQUIPMENT = (signal.RULE, schedule.RULE)


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
    """Return the alarms that are not done with, most urgent first.

    Of two that are equally urgent the one about the patient's body comes before the one about a cable or a
    missed round: where room is short, as on the board, it is the one that stays in sight.
    """
    return tuple(alarm_row(alarm) for alarm in sorted(state.alarms, key=_order))


def _order(alarm: Alarm) -> tuple[int, bool, bool]:
    rank = PRIORITIES.index(alarm.priority) if alarm.priority in PRIORITIES else 0
    return (rank, alarm.is_acknowledged, alarm.rule.partition(":")[0] in ABOUT_EQUIPMENT)


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
