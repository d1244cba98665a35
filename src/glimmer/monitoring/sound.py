"""What a room should hear: the tones of the most urgent alarm that nobody has taken charge of, unless paused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from glimmer.care.session.events import SessionEvent, SoundPaused, SoundResumed
from glimmer.care.session.log import SessionLog
from glimmer.guidance.figures import figure
from glimmer.monitoring.episodes import PRIORITIES, Alarm


@dataclass(frozen=True, slots=True)
class Sound:
    """`priority` is high, medium, low, or "" for silence: what to sound now, a pause taken into account.

    `held_back` is the priority that would sound were it not paused. `paused_until` and `paused_by` are None and ""
    while nothing is paused.
    """

    priority: str
    held_back: str = ""
    paused_until: datetime | None = None
    paused_by: str = ""


SILENCE = Sound("")


def sound_of(log: SessionLog, alarms: Iterable[Alarm], now: datetime) -> Sound:
    """Return what to sound at `now`.

    An alarm raised after a pause began breaks through it, and no pause lasts longer than its priority allows.
    """
    untaken = [alarm for alarm in alarms if alarm.is_active and not alarm.is_acknowledged]
    pause = _pause(log)
    if pause is None or now < pause.happened_at:
        return Sound(_most_urgent(untaken))
    since = pause.happened_at
    held = [one for one in untaken if one.raised_at <= since and now < pause_ends(pause, one.priority)]
    until = pause_ends(pause, _most_urgent(held))
    if now >= until:
        return Sound(_most_urgent(untaken))
    return Sound(_most_urgent(one for one in untaken if one not in held), _most_urgent(untaken), until, pause.by)


def pause_ends(pause: SessionEvent, priority: str) -> datetime:
    """Return when a pause is over for alarms of a priority ("" for none): as asked for, within the allowed time."""
    at_most = figure("monitoring", "sound_pause_at_most").value
    allowed = at_most.get(priority, max(at_most.values()))
    return pause.happened_at + timedelta(seconds=min(pause.what.seconds, allowed))  # type: ignore[attr-defined]


def _pause(log: SessionLog) -> SessionEvent | None:
    """Return the pause that was asked for last, None where the tones were switched on again since."""
    events = [*log.of(SoundPaused), *log.of(SoundResumed)]
    newest = max(events, key=lambda event: (event.happened_at, event.seq), default=None)
    return newest if newest is not None and isinstance(newest.what, SoundPaused) else None


def _most_urgent(alarms: Iterable[Alarm]) -> str:
    found = {alarm.priority for alarm in alarms}
    return next((priority for priority in PRIORITIES if priority in found), "")
