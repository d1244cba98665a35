"""The watch over one session: every rule of its protocol, kept up to date event by event.

`Watch` is told of new readings and of what people wrote down; `episodes(now)` says what has come of it.
It can always be built anew from a log, and then holds the same: that is what a restart does.
"""

from collections.abc import Iterable
from datetime import datetime
from math import inf

from glimmer.care.session.course import Course
from glimmer.care.session.log import SessionLog
from glimmer.care.session.series import Sample
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.alarms import Setting, Track, groups_of
from glimmer.monitoring.artefacts import is_fit
from glimmer.monitoring.devices import device_episodes
from glimmer.monitoring.episodes import Episode
from glimmer.monitoring.pump import Plan, PumpTrack, changed_from, pump_rules
from glimmer.monitoring.rounds import ScoredRound, round_points, scored_rounds
from glimmer.monitoring.schedule import overdue_episodes
from glimmer.monitoring.signal import SignalState, SignalWatch
from glimmer.monitoring.stream import Stream, group_of, point_of
from glimmer.vocabulary.parameters import FORMS, Parameter

FROM_ROUNDS = frozenset({"moaas", "news2_total", "news2_single"})


class Watch:
    """All rules over all readings of one session, under one protocol."""

    def __init__(self, protocol: Protocol, log: SessionLog) -> None:
        self.protocol = protocol
        self.log = log
        self.setting = Setting(baseline=self._baseline)
        self.rounds: tuple[ScoredRound, ...] = ()
        self.streams: dict[str, Stream] = {}
        self.tracks: dict[str, list[Track]] = {}
        self._baselines: dict[str, float | None] = {}
        self._plan = Plan()
        self._last_round_at = -inf
        self._rounds_are_old = True
        self._signals = {
            Parameter(name): SignalWatch(Parameter(name), seconds)
            for name, seconds in protocol.signal_lost_seconds.items()
            if name in FORMS
        }
        self._lay_tracks()
        self.take_course(log.course)
        self.take_readings(sample for series in log.series.values() for sample in series)

    def _lay_tracks(self) -> None:
        disagreement = figure("monitoring", "disagreeing_probe_for").value
        for rule in self.protocol.alarms:
            for group in groups_of(rule):
                track = Track(rule, group, self._stream(group), self.setting, disagreement)
                self.tracks.setdefault(group, []).append(track)
        for rule in pump_rules():
            group = group_of(rule.conditions[0].parameter)
            track = PumpTrack(rule, self._stream(group), self.setting, self._plan)
            self.tracks.setdefault(group, []).append(track)

    def _stream(self, group: str) -> Stream:
        return self.streams.setdefault(group, Stream())

    # Taking what is new

    def take_readings(self, samples: Iterable[Sample]) -> None:
        """Take new readings, in any order."""
        earliest: dict[str, float] = {}
        for sample in samples:
            if not is_fit(sample.reading):
                continue
            point = point_of(sample)
            group = group_of(point.key)
            self._stream(group).insert(point)
            if point.at < earliest.get(group, inf):
                earliest[group] = point.at
            signal = self._signals.get(sample.reading.parameter)
            if signal is not None:
                signal.hear(sample)
        for group, at in earliest.items():
            if at <= self.setting.started:
                self._baselines.clear()
            if at <= self._last_round_at:
                self._rounds_are_old = True
            for track in self.tracks.get(group, ()):
                track.rewind(at)
                track.advance()

    def take_course(self, course: Course) -> None:
        """Take what people wrote down: a start, a pause, an end, a round. Late news is judged from where it belongs."""
        self._rounds_are_old = True
        setting = self.setting
        moments = (_seconds(course.started_at), _seconds(course.ended_at), _seconds(course.over_at))
        known = (setting.started, setting.ended, setting.over)
        plan_from = changed_from(self._plan.course, course)
        self._plan.course = course
        setting.started, setting.ended, setting.over = moments
        if known[0] != moments[0]:
            self._baselines.clear()
        milestones = min([inf, *(min(old, new) for old, new in zip(known, moments, strict=True) if old != new)])
        for tracks in self.tracks.values():
            for track in tracks:
                since = min(milestones, plan_from) if isinstance(track, PumpTrack) else milestones
                if since < inf:
                    track.rewind(since)
                    track.advance()

    def _baseline(self, key: str) -> float | None:
        if self.setting.started == inf:
            return None
        if key not in self._baselines:
            point = self._stream(group_of(key)).latest(key, self.setting.started)
            self._baselines[key] = point.value if point else None
        return self._baselines[key]

    def baseline(self, parameter: Parameter) -> float | None:
        """Return this patient's own value before the start, None where there is none (yet)."""
        return self._baseline(parameter.value)

    def _score_rounds(self) -> None:
        """Score all rounds again; there are few, and a late reading may change what one was filled with."""
        self.rounds = scored_rounds(self.log)
        observations = self.log.observations
        self._last_round_at = observations[-1].happened_at.timestamp() if observations else -inf
        points = round_points(self.log, self.rounds)
        for key in FROM_ROUNDS & self.tracks.keys():
            self._stream(key).points = [point for point in points if point.key == key]
            for track in self.tracks[key]:
                track.rewind(-inf)
                track.advance()
        self._rounds_are_old = False

    # What has come of it

    def scored(self) -> tuple[ScoredRound, ...]:
        """Return the rounds of observations with their NEWS2, oldest first."""
        if self._rounds_are_old:
            self._score_rounds()
        return self.rounds

    def episodes(self, now: datetime) -> list[Episode]:
        """Return every episode of every rule up to `now`."""
        self.scored()
        at = now.timestamp()
        found: list[Episode] = []
        for tracks in self.tracks.values():
            for track in tracks:
                found += track.episodes_at(at)
        for signal in self._signals.values():
            found += signal.episodes(self.setting, at)
        found += overdue_episodes(self.log, self.protocol, now)
        found += device_episodes(self.log, now)
        return found

    def signals(self, now: datetime) -> tuple[SignalState, ...]:
        """Return how each parameter is being heard."""
        return tuple(signal.state(self.setting, now.timestamp()) for signal in self._signals.values())


def _seconds(moment: datetime | None) -> float:
    return inf if moment is None else moment.timestamp()
