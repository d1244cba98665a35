"""The same session at another time: every moment in an event moved alike, those in the names of alarms too."""

from dataclasses import replace
from datetime import datetime, timedelta

from glimmer.care.session.events import SessionEvent, What


def moved_event(event: SessionEvent, by: timedelta) -> SessionEvent:
    """Return the event as it would be, had everything happened `by` later."""
    what = _moved_what(event.what, by)
    return replace(event, happened_at=event.happened_at + by, received_at=event.received_at + by, what=what)


def moved_key(key: str, by: timedelta) -> str:
    """Return an alarm's key, `rule@onset`, with its onset moved."""
    rule, at, onset = key.rpartition("@")
    return f"{rule}{at}{(datetime.fromisoformat(onset) + by).isoformat()}"


def _moved_what(what: What, by: timedelta) -> What:
    readings = getattr(what, "readings", None)
    if readings is not None:
        return replace(what, readings=tuple(replace(one, measured_at=one.measured_at + by) for one in readings))  # type: ignore[type-var]
    if hasattr(what, "key"):
        return replace(what, key=moved_key(what.key, by))  # type: ignore[type-var]
    return what
