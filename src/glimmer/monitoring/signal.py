"""Is the monitor still speaking? Lost signal per parameter while the protocol watches it, and never heard at all.

Silence counts from when a new value was last heard, not from its time on the device: a device whose clock is
slow by an allowed amount is not lost. A cuff value sent again with its old time is not heard again, and values
that were stored on the way and arrive much later do not fill the silence they fell into.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass
from datetime import datetime
from math import inf

from glimmer.care.session.series import Sample
from glimmer.guidance.alarm_rules import BuiltInRule
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.alarms import Setting
from glimmer.monitoring.episodes import Episode, moment
from glimmer.vocabulary.parameters import FORMS, VITAL_SIGNS, Parameter

RULE = "signal_lost"
NEVER_HEARD = "signal_never_heard"
NO_PUMP = "pump_never_heard"


@dataclass(frozen=True, slots=True)
class SignalState:
    """How one parameter is being heard. `last_heard_at` None: no monitor has sent it in this session.

    `silent_seconds` since it was last heard; `is_lost` once that is beyond what the protocol tolerates in this
    phase of the session.
    """

    parameter: Parameter
    last_heard_at: datetime | None
    silent_seconds: float | None
    tolerated_seconds: int
    is_lost: bool

    @property
    def never_heard(self) -> bool:
        """True while no monitor has sent this parameter at all."""
        return self.last_heard_at is None


class SignalWatch:
    """Follows one parameter: when it was heard, and which silences were longer than tolerated."""

    def __init__(self, parameter: Parameter, protocol: Protocol) -> None:
        self.parameter = parameter
        self.tolerated_seconds = protocol.signal_lost_seconds[parameter]
        self.tolerated_after_end = protocol.signal_lost_after_end_seconds.get(parameter, 0)
        self.lost = protocol.rule(RULE)
        self.never = None if parameter in VITAL_SIGNS else protocol.rule(NO_PUMP)
        self.never = self.never or protocol.rule(NEVER_HEARD)
        self._heard: list[float] = []
        self._silences: list[tuple[float, float]] = []
        self._behind_allowed = figure("gateway", "clock_ahead_allowed").value

    def hear(self, sample: Sample) -> None:
        """Take note of a new reading; what a person measured says nothing about the monitor."""
        if sample.manual:
            return
        at = min(sample.received_at, sample.at + self._behind_allowed)
        heard = self._heard
        if not heard or at >= heard[-1]:
            if heard:
                self._note_silence(heard[-1], at)
            heard.append(at)
            return
        index = bisect_left(heard, at)
        if index:
            broken_silence = (heard[index - 1], heard[index])
            if broken_silence in self._silences:
                self._silences.remove(broken_silence)
            self._note_silence(heard[index - 1], at)
        self._note_silence(at, heard[index])
        heard.insert(index, at)

    def _note_silence(self, since: float, until: float) -> None:
        if until - since > min(self.tolerated_seconds, self.tolerated_after_end or inf):
            insort(self._silences, (since, until))

    def state(self, setting: Setting, now: float) -> SignalState:
        """Return how the parameter is heard at `now`."""
        last = self._heard[-1] if self._heard else None
        silent = None if last is None else max(now - last, 0)
        lasting = any(episode.over_at is None for episode in self.episodes(setting, now))
        return SignalState(
            self.parameter, None if last is None else moment(last), silent, self.tolerated_seconds, lasting
        )

    def episodes(self, setting: Setting, now: float) -> list[Episode]:
        """Return the silences in which the protocol watches this parameter that were longer than tolerated."""
        start, end = setting.started, min(setting.ended, setting.over)
        if start == inf:
            return []
        found = self._never_heard(start, end)
        if self.tolerated_after_end and end < inf and self._heard:
            found += self._never_heard(end, setting.over)
        for since, until in [*self._silences, (self._heard[-1], inf)] if self._heard else []:
            found += self._silence(since, until, setting)
        return [episode for episode in found if episode.raised_at <= now]

    def silent_between(self, since: float, until: float, setting: Setting, now: float) -> list[Episode]:
        """Return the alarms for a stretch in which something was sent that was no measurement."""
        return [one for one in self._silence(since, until, setting) if one.raised_at <= now]

    def _never_heard(self, start: float, end: float) -> list[Episode]:
        """Return the alarm of a parameter that was heard for the first time only well after the start."""
        first_heard = self._heard[0] if self._heard else inf
        never = self._never(start, min(end, first_heard)) if first_heard > start else None
        return [never] if never else []

    def _silence(self, since: float, until: float, setting: Setting) -> list[Episode]:
        """Return the alarms of one silence. One that was called in the infusion goes on after it."""
        start, end = setting.started, min(setting.ended, setting.over)
        watched_after = self.tolerated_after_end and end < inf
        called = max(since, start) + self.tolerated_seconds < min(until, end)
        found = [self._lost(since, until, start, setting.over if watched_after and called else end)]
        if watched_after and not called:
            found.append(self._lost(since, until, end, setting.over, self.tolerated_after_end))
        return [one for one in found if one is not None]

    def _lost(self, since: float, until: float, start: float, end: float, tolerated: float = 0) -> Episode | None:
        onset, over_at, tolerated = max(since, start), min(until, end), tolerated or self.tolerated_seconds
        return self._episode(self.lost, onset, onset + tolerated, over_at, f"{tolerated:g}")

    def _never(self, start: float, until: float) -> Episode | None:
        allowed = max(self.tolerated_seconds, figure("monitoring", "first_signal_within").value)
        return self._episode(self.never, start, start + allowed, until, f"{allowed:g}")

    def _episode(
        self, rule: BuiltInRule | None, onset: float, raised_at: float, over_at: float, limit: str
    ) -> Episode | None:
        if rule is None or raised_at >= over_at:
            return None
        says = rule.says.replace("{value}", FORMS[self.parameter].name).replace("{limit}", limit)
        # A pump that never spoke and one that fell silent are two alarms; one of a monitor is one.
        name = f"{NO_PUMP if rule.id == NO_PUMP else RULE}:{self.parameter.value}"
        return Episode(name, onset, raised_at, None if over_at == inf else over_at, rule.priority, says, rule.action)
