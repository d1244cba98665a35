"""Alarms that devices report about themselves or the patient (IHE PCD-04, PCD-10), as episodes."""

from datetime import datetime

from glimmer.care.session.events import DeviceAlarm, SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.guidance.alarm_rules import BuiltInRule
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.episodes import PRIORITIES, Episode

RULE = "device"
_PRIORITIES = {
    "PH": "high",
    "HIGH": "high",
    "PM": "medium",
    "MEDIUM": "medium",
    "PL": "low",
    "LOW": "low",
    "PN": "",
    "NONE": "",
}
_ENDING_PHASES = frozenset({"end", "inactivation", "reset"})
_POINT_PHASES = frozenset({"tpoint"})


def device_episodes(log: SessionLog, protocol: Protocol, now: datetime) -> list[Episode]:
    """Return one episode for each alarm that a device started, over when it said so.

    A device that falls silent never says so: then the alarm counts as over a while after its last repeat.
    Events that a device marks as no alarm at all (priority none) are left to the log.
    """
    built_in = protocol.rule(RULE)
    if built_in is None:
        return []
    by_source: dict[str, list[SessionEvent]] = {}
    for event in log.of(DeviceAlarm):
        by_source.setdefault(_source(event.what), []).append(event)  # type: ignore[arg-type]
    found: list[Episode] = []
    for rule, events in by_source.items():
        found += _episodes(rule, events, now.timestamp(), built_in)
    return found


def _source(alarm: DeviceAlarm) -> str:
    """Return what an alarm is of. One code may stand for many ("low"), so what it measures belongs to the name."""
    source = f"{RULE}:{alarm.device}:{alarm.code}"
    return f"{source}:{alarm.parameter}" if alarm.parameter else source


def _episodes(rule: str, events: list[SessionEvent], now: float, built_in: BuiltInRule) -> list[Episode]:
    stands_for = figure("monitoring", "device_alarm_stands_for").value
    found: list[Episode] = []
    first: SessionEvent | None = None
    repeated_at, source = 0.0, rule
    for event in events:
        at = event.happened_at.timestamp()
        if first is not None and at > repeated_at + stands_for:
            found.append(_episode(rule, first, repeated_at + stands_for, built_in))
            first = None
        if is_end(event.what):  # type: ignore[arg-type]
            if first is not None:
                found.append(_episode(rule, first, at, built_in))
            first = None
        elif priority := _priority(event, built_in):
            if first is not None and _graver(priority, _priority(first, built_in)):
                # The same alarm, but graver now: one of its own, so that the first does not hide it.
                found.append(_episode(rule, first, at, built_in))
                first, rule = None, f"{source}:{priority}"
            elif first is None:
                rule = source
            first, repeated_at = first or event, at
            if event.what.phase.lower() in _POINT_PHASES:  # type: ignore[attr-defined]
                found.append(_episode(rule, first, at, built_in))
                first = None
    if first is not None:
        over_at = repeated_at + stands_for
        found.append(_episode(rule, first, over_at if over_at <= now else None, built_in))
    return found


def is_end(what: DeviceAlarm) -> bool:
    """Say whether a device says that its alarm is over."""
    return what.phase.lower() in _ENDING_PHASES or what.state.lower() == "inactive"


def _graver(priority: str, than: str) -> bool:
    return PRIORITIES.index(priority) < PRIORITIES.index(than)


def _priority(event: SessionEvent, built_in: BuiltInRule) -> str:
    """Return the device's own priority; the protocol's where it gives none, "" where it is no alarm at all."""
    return _PRIORITIES.get(event.what.priority.upper(), built_in.priority)  # type: ignore[attr-defined]


def _episode(rule: str, first: SessionEvent, over_at: float | None, built_in: BuiltInRule) -> Episode:
    what = first.what
    at = first.happened_at.timestamp()
    return Episode(
        rule=rule,
        onset=at,
        raised_at=at,
        over_at=over_at,
        priority=_priority(first, built_in),
        says=built_in.says.replace("{value}", f"{what.device} reports: {what.text or what.code}"),  # type: ignore[attr-defined]
        action=built_in.action,
    )
