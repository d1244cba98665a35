"""Which devices are connected to a session by its log, and the alarm when one of them names another patient."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from glimmer.care.session.events import DeviceConnected, DeviceDisconnected, IdentityContradicted, SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.guidance.figures import figure
from glimmer.monitoring.episodes import Episode

RULE = "identity"


def connected_devices(log: SessionLog) -> dict[str, SessionEvent]:
    """Return the devices that are connected, by name, each with the event that connected it."""
    events = sorted(
        (*log.of(DeviceConnected), *log.of(DeviceDisconnected)), key=lambda event: (event.happened_at, event.seq)
    )
    held: dict[str, SessionEvent] = {}
    for event in events:
        name = event.what.device  # type: ignore[attr-defined]
        if isinstance(event.what, DeviceConnected):
            held[name] = event
        else:
            held.pop(name, None)
    return held


def may_tell_again(last_told_at: datetime | None, now: datetime) -> bool:
    """Say whether a contradiction goes into the log once more: a monitor that speaks every second must not fill it."""
    every = figure("gateway", "contradiction_told_every").value
    return last_told_at is None or abs((now - last_told_at).total_seconds()) >= every


def identity_episodes(log: SessionLog, now: datetime) -> list[Episode]:
    """Return the stretches in which a connected device named another patient, one alarm rule for each device.

    It is over when the device was disconnected, or has not contradicted for a while. Whom it named stays unsaid.
    """
    by_device: dict[str, list[SessionEvent]] = defaultdict(list)
    for event in log.of(IdentityContradicted):
        by_device[event.what.device].append(event)  # type: ignore[attr-defined]
    found: list[Episode] = []
    for device, events in by_device.items():
        ends = [
            event.happened_at.timestamp()
            for event in log.of(DeviceDisconnected)
            if event.what.device == device  # type: ignore[attr-defined]
        ]
        found += _episodes(device, events, ends, now.timestamp())
    return found


def _episodes(device: str, events: Sequence[SessionEvent], ends: Sequence[float], now: float) -> list[Episode]:
    stands_for = figure("gateway", "contradiction_stands_for").value
    found: list[Episode] = []
    onset, over_at = 0.0, 0.0
    for event in events:
        at = event.happened_at.timestamp()
        if not found or at > over_at:
            onset = at
        elif found:
            found.pop()
        over_at = min([at + stands_for, *(end for end in ends if end >= at)])
        found.append(_episode(device, onset, over_at if over_at <= now else None))
    return found


def _episode(device: str, onset: float, over_at: float | None) -> Episode:
    return Episode(
        rule=f"{RULE}:{device}",
        onset=onset,
        raised_at=onset,
        over_at=over_at,
        priority="medium",
        says=f"{device} is connected to this session but names another patient. What it sends is not charted.",
        action="Look at the name on the monitor and at the patient. Correct the name there, or disconnect the device.",
    )
