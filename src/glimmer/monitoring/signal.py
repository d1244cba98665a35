"""Is the monitor still speaking? Lost signal per parameter while the infusion lasts, and never heard at all.

Silence counts from when a new value was last heard, not from its time on the device: a device whose clock is
slow by an allowed amount is not lost. A cuff value sent again with its old time is not heard again, and values
that were stored on the way and arrive much later do not fill the silence they fell into.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass
from datetime import datetime
from math import inf

from glimmer.care.session.series import Sample
from glimmer.guidance.figures import figure
from glimmer.monitoring.alarms import Setting
from glimmer.monitoring.episodes import Episode, moment
from glimmer.vocabulary.parameters import FORMS, Parameter

RULE = "signal_lost"


@dataclass(frozen=True, slots=True)
class SignalState:
    """How one parameter is being heard. `last_heard_at` None: no monitor has sent it in this session.

    `silent_seconds` since it was last heard; `is_lost` once that is beyond what the protocol tolerates
    while the infusion lasts.
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

    def __init__(self, parameter: Parameter, tolerated_seconds: int) -> None:
        self.parameter = parameter
        self.tolerated_seconds = tolerated_seconds
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
        if until - since > self.tolerated_seconds:
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
        """Return the silences, within the infusion, that were longer than tolerated, up to `now`."""
        start, end = setting.started, min(setting.ended, setting.over)
        if start == inf:
            return []
        found = [self._episode(since, until, start, end) for since, until in self._silences]
        heard = self._heard
        if not heard:
            allowed = max(self.tolerated_seconds, figure("monitoring", "first_signal_within").value)
            found.append(self._never(start, min(end, inf), allowed, now))
        else:
            if heard[0] > start:
                # Heard for the first time only well after the start: until then it was not connected.
                allowed = max(self.tolerated_seconds, figure("monitoring", "first_signal_within").value)
                found.insert(0, self._never(start, min(end, heard[0]), allowed, now))
            found.append(self._episode(heard[-1], inf, start, end))
        return [episode for episode in found if episode is not None and episode.raised_at <= now]

    def _episode(self, since: float, until: float, start: float, end: float) -> Episode | None:
        silent_from = max(since, start)
        raised_at = silent_from + self.tolerated_seconds
        over_at = min(until, end)
        if raised_at >= over_at:
            return None
        name = FORMS[self.parameter].name
        return Episode(
            rule=f"{RULE}:{self.parameter.value}",
            onset=silent_from,
            raised_at=raised_at,
            over_at=None if over_at == inf else over_at,
            priority="medium",
            says=f"{name}: nothing new from the monitor for more than {self.tolerated_seconds} seconds.",
            action="Look at the patient first, then at the probe, the cuff and the cable.",
        )

    def _never(self, start: float, until: float, allowed: float, now: float) -> Episode | None:
        if start + allowed >= until:
            return None
        name = FORMS[self.parameter].name
        return Episode(
            rule=f"{RULE}:{self.parameter.value}",
            onset=start,
            raised_at=start + allowed,
            over_at=None if until == inf else until,
            priority="medium",
            says=f"{name}: no monitor has sent it since the start.",
            action="Connect the monitor of this bay, or measure by hand and write it down.",
        )
