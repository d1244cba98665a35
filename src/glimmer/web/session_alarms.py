"""Alarms as rows of the page."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from glimmer.monitoring import schedule, signal
from glimmer.monitoring.episodes import PRIORITIES, Alarm
from glimmer.monitoring.escalation import Manners
from glimmer.monitoring.state import SessionState
from glimmer.vocabulary.parameters import FORMS, Parameter

ABOUT_EQUIPMENT = (signal.RULE, schedule.RULE)


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm. `id` is its key made fit for an HTML id; `since` is when it was raised.

    `says` holds the value that raised it; `now` is the newest one while the cause lasts, "" where it is no value.
    """

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
    escalated_to: str = ""
    escalates_at: datetime | None = None
    calls_next: str = ""
    now: str = ""


def alarm_rows(state: SessionState) -> tuple[AlarmRow, ...]:
    """Return the alarms that are not done with, most urgent first.

    Of two that are equally urgent the one about the patient's body comes before the one about a cable or a
    missed round: where room is short, as on the board, it is the one that stays in sight.
    """
    manners = Manners(state.protocol)
    return tuple(
        replace(alarm_row(alarm, manners), now=_value_now(alarm, state)) for alarm in sorted(state.alarms, key=_order)
    )


def _value_now(alarm: Alarm, state: SessionState) -> str:
    """Return the newest value of what an alarm is about: what raised it may have grown worse since."""
    rules = state.protocol.alarms if state.protocol and alarm.is_holding else ()
    rule = next((rule for rule in rules if rule.id == alarm.rule), None)
    asked = {condition.parameter for condition in rule.conditions} if rule else set()
    readings = [value.reading for value in state.values if value.parameter.value in asked and value.reading]
    if {Parameter.SYSTOLIC, Parameter.DIASTOLIC} == {reading.parameter for reading in readings}:
        return f"{readings[0].value:.0f}/{readings[1].value:.0f} {FORMS[Parameter.SYSTOLIC].shown_unit}"
    return ", ".join(reading.shown for reading in readings)


def _order(alarm: Alarm) -> tuple[int, bool, bool]:
    rank = PRIORITIES.index(alarm.priority) if alarm.priority in PRIORITIES else 0
    return (rank, alarm.is_acknowledged, alarm.rule.partition(":")[0] in ABOUT_EQUIPMENT)


def _calls_next(alarm: Alarm, manners: Manners) -> str:
    """Return who is called next when nobody takes charge, "" where nobody is."""
    above = max(alarm.rung, manners.of(alarm.rule).first_rung - 1)
    return manners.ladder[above].to if alarm.escalates_at and above < len(manners.ladder) else ""


def alarm_row(alarm: Alarm, manners: Manners) -> AlarmRow:
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
        escalated_to=alarm.escalated_to,
        escalates_at=None if alarm.is_acknowledged else alarm.escalates_at,
        calls_next=_calls_next(alarm, manners),
    )
