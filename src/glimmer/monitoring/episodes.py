"""Alarms as people meet them: raised once, kept until somebody took charge of them and the cause is over.

A rule yields episodes: stretches in which its condition held. The latch joins them into alarms. While an alarm
is unacknowledged or its cause lasts, a further episode of the same rule is the same alarm; after that, a new one.
What was once shown (`AlarmRaised` in the log) stays an alarm until acknowledged, even where later data would
no longer raise it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any

from glimmer.care.session.events import SessionEvent
from glimmer.guidance.figures import figure

PRIORITIES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch in which a rule's condition held long enough. Times in seconds since 1970, UTC.

    `onset` is when the condition began, `raised_at` when it had lasted long enough, `over_at` when it
    ended (None while it lasts).
    """

    rule: str
    onset: float
    raised_at: float
    over_at: float | None
    priority: str
    says: str
    action: str

    @property
    def key(self) -> str:
        """The deterministic name of the alarm that this episode starts."""
        return key_of(self.rule, self.onset)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. `is_holding` says that its cause still lasts; `in_log` that it was shown to the team.

    `keys` are all the names under which it stands in the log; acknowledge `key`. `latches`: it stays until somebody
    took charge of it, even when its cause is over. `shown_at`: when it was first shown, None while the log does not
    hold it. `rung` is how far up the protocol's ladder it has come, 0 while
    nobody beyond the bay was called; `escalated_to` says who that is; `escalates_at` when the next rung is due, None
    when there is none.
    """

    key: str
    rule: str
    priority: str
    says: str
    action: str
    onset: datetime
    raised_at: datetime
    over_at: datetime | None
    in_log: bool
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    did: str = ""
    keys: tuple[str, ...] = ()
    latches: bool = True
    shown_at: datetime | None = None
    rung: int = 0
    escalated_to: str = ""
    escalates_at: datetime | None = None

    @property
    def is_holding(self) -> bool:
        """True while the cause lasts."""
        return self.over_at is None

    @property
    def is_acknowledged(self) -> bool:
        """True once a named person took charge of it."""
        return self.acknowledged_at is not None

    @property
    def is_active(self) -> bool:
        """True while its cause lasts, and for one that latches until somebody took charge of it too."""
        return self.is_holding or (self.latches and not self.is_acknowledged)


def key_of(rule: str, onset: float) -> str:
    """Return `rule@onset`, the onset as ISO time in UTC."""
    return f"{rule}@{moment(onset).isoformat()}"


def moment(at: float) -> datetime:
    """Return seconds since 1970 as an aware time in UTC."""
    return datetime.fromtimestamp(at, UTC)


def latched(
    episodes: Iterable[Episode],
    raised: Mapping[str, SessionEvent],
    acknowledged: Mapping[str, SessionEvent],
    latches: Callable[[str], bool] = lambda rule: True,
) -> list[Alarm]:
    """Return all alarms of a session, past and present, most urgent first.

    `raised` and `acknowledged` are the log's AlarmRaised and AlarmAcknowledged events by key; `latches` says of a
    rule whether its alarms stay until somebody took charge.
    """
    by_rule: dict[str, list[tuple[float, int, Episode | SessionEvent]]] = defaultdict(list)
    for episode in episodes:
        by_rule[episode.rule].append((episode.onset, 0, episode))
    for number, event in enumerate(raised.values(), start=1):
        by_rule[event.what.rule].append((_logged_onset(event), number, event))  # type: ignore[attr-defined]
    alarms = []
    for rule, items in by_rule.items():
        items.sort(key=lambda item: item[:2])
        alarms += _join([item[2] for item in items], acknowledged, latches(rule))
    return sorted(alarms, key=urgency)


def urgency(alarm: Alarm) -> tuple[int, bool, float, str]:
    """Sort key: by priority, the unacknowledged first, then the newest."""
    rank = PRIORITIES.index(alarm.priority) if alarm.priority in PRIORITIES else 0
    return (rank, alarm.is_acknowledged, -alarm.raised_at.timestamp(), alarm.key)


def _logged_onset(event: SessionEvent) -> float:
    _, _, iso = event.what.key.rpartition("@")  # type: ignore[attr-defined]
    try:
        return datetime.fromisoformat(iso).timestamp()
    except ValueError:
        return event.happened_at.timestamp()


def _began(item: Episode | SessionEvent) -> tuple[float, float]:
    """Return when the cause of an episode, or of an alarm that was shown, began, and when it was raised."""
    if isinstance(item, Episode):
        return item.onset, item.raised_at
    return _logged_onset(item), item.happened_at.timestamp()


class _Latch:
    """One alarm in the making: everything that belongs to it so far."""

    def __init__(self, stays: bool) -> None:
        self.stays = stays
        self.episode: Episode | None = None
        self.events: list[SessionEvent] = []
        self.keys: list[str] = []
        self.names: list[str] = []
        self.onset, self.raised_at, self.over_at = inf, inf, -inf

    def take(self, item: Episode | SessionEvent) -> None:
        if isinstance(item, Episode):
            if self.episode is None:
                self.episode, self.names = item, [*self.names, item.key]
            self._stretch(item.onset, item.raised_at, inf if item.over_at is None else item.over_at)
        else:
            onset = _logged_onset(item)
            self.events.append(item)
            self.keys.append(item.what.key)  # type: ignore[attr-defined]
            self.names = [*self.names, self.keys[-1]]
            self._stretch(onset, item.happened_at.timestamp(), onset)

    def _stretch(self, onset: float, raised_at: float, over_at: float) -> None:
        self.onset, self.raised_at = min(self.onset, onset), min(self.raised_at, raised_at)
        self.over_at = max(self.over_at, over_at)

    def acknowledgement(self, acknowledged: Mapping[str, SessionEvent]) -> SessionEvent | None:
        events = [acknowledged[name] for name in self.names if name in acknowledged]
        return min(events, key=lambda event: (event.happened_at, event.seq), default=None)

    def is_done_with(self, item: Episode | SessionEvent, acknowledged: Mapping[str, SessionEvent]) -> bool:
        """Say whether an item is a new alarm: this one was over when its cause began, and taken charge of before.

        Nobody takes charge of what nobody was shown: what had begun but was not raised yet when a person took charge
        is new. One that does not latch is done with a while after it is over: a value that wavers about its limit is
        one alarm, not a new one at each crossing.
        """
        onset, raised_at = _began(item)
        event = self.acknowledgement(acknowledged)
        if event is not None:
            return onset > self.over_at and raised_at > event.happened_at.timestamp()
        return not self.stays and onset > self.over_at + figure("monitoring", "cleared_alarm_rejoins_within").value

    def alarm(self, acknowledged: Mapping[str, SessionEvent]) -> Alarm:
        event = self.acknowledgement(acknowledged)
        # What was shown is what counts; the computed words are for what has not been shown yet.
        shown: Any = self.events[0].what if self.events else self.episode
        return Alarm(
            key=self.keys[0] if self.keys else shown.key,
            rule=shown.rule,
            priority=shown.priority,
            says=shown.says,
            action=shown.action,
            onset=moment(self.onset),
            raised_at=moment(self.raised_at),
            over_at=None if self.over_at == inf else moment(self.over_at),
            in_log=bool(self.events),
            acknowledged_by=event.by if event else "",
            acknowledged_at=event.happened_at if event else None,
            did=event.what.did if event else "",  # type: ignore[attr-defined]
            keys=tuple(self.keys),
            latches=self.stays,
            shown_at=min((one.happened_at for one in self.events), default=None),
        )


def _join(items: list[Episode | SessionEvent], acknowledged: Mapping[str, SessionEvent], stays: bool) -> list[Alarm]:
    alarms: list[Alarm] = []
    latch: _Latch | None = None
    for item in items:
        if latch is None or latch.is_done_with(item, acknowledged):
            if latch is not None:
                alarms.append(latch.alarm(acknowledged))
            latch = _Latch(stays)
        latch.take(item)
    if latch is not None:
        alarms.append(latch.alarm(acknowledged))
    return alarms
