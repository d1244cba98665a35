"""Alarms that devices report about themselves or the patient (IHE PCD-04, PCD-10), as episodes."""

from datetime import datetime

from glimmer.care.session.events import DeviceAlarm, SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.guidance.figures import figure
from glimmer.monitoring.episodes import Episode

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


def device_episodes(log: SessionLog, now: datetime) -> list[Episode]:
    """Return one episode for each alarm that a device started, over when it said so.

    A device that falls silent never says so: then the alarm counts as over a while after its last repeat.
    Events that a device marks as no alarm at all (priority none) are left to the log.
    """
    by_source: dict[str, list[SessionEvent]] = {}
    for event in log.of(DeviceAlarm):
        alarm = event.what
        by_source.setdefault(f"{RULE}:{alarm.device}:{alarm.code}", []).append(event)  # type: ignore[attr-defined]
    found: list[Episode] = []
    for rule, events in by_source.items():
        found += _episodes(rule, events, now.timestamp())
    return found


def _episodes(rule: str, events: list[SessionEvent], now: float) -> list[Episode]:
    stands_for = figure("monitoring", "device_alarm_stands_for").value
    found: list[Episode] = []
    first: SessionEvent | None = None
    repeated_at = 0.0
    for event in events:
        at = event.happened_at.timestamp()
        if first is not None and at > repeated_at + stands_for:
            found.append(_episode(rule, first, repeated_at + stands_for))
            first = None
        if _ends(event):
            if first is not None:
                found.append(_episode(rule, first, at))
            first = None
        elif _priority(event):
            first, repeated_at = first or event, at
            if event.what.phase.lower() in _POINT_PHASES:  # type: ignore[attr-defined]
                found.append(_episode(rule, first, at))
                first = None
    if first is not None:
        over_at = repeated_at + stands_for
        found.append(_episode(rule, first, over_at if over_at <= now else None))
    return found


def _ends(event: SessionEvent) -> bool:
    what = event.what
    return what.phase.lower() in _ENDING_PHASES or what.state.lower() == "inactive"  # type: ignore[attr-defined]


def _priority(event: SessionEvent) -> str:
    # A device that gives no priority is taken at medium: heard, but below what Glimmer itself is sure of.
    return _PRIORITIES.get(event.what.priority.upper(), "medium")  # type: ignore[attr-defined]


def _episode(rule: str, first: SessionEvent, over_at: float | None) -> Episode:
    what = first.what
    at = first.happened_at.timestamp()
    return Episode(
        rule=rule,
        onset=at,
        raised_at=at,
        over_at=over_at,
        priority=_priority(first),
        says=f"{what.device} reports: {what.text or what.code}.",  # type: ignore[attr-defined]
        action="Look at the patient, then at the device.",
    )
