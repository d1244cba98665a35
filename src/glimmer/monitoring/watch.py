"""The watch over one session: every rule of its protocol, kept up to date event by event.

`Watch` is told of new readings and of what people wrote down; `episodes(now)` says what has come of it.
It can always be built anew from a log, and then holds the same: that is what a restart does.
"""

from collections.abc import Iterable
from datetime import datetime
from math import inf

from glimmer.care.session.course import Course
from glimmer.care.session.events import DeviceAlarm, DeviceReadings, SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.care.session.series import Sample
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.alarms import ArtefactTrack, Setting, Track, groups_of
from glimmer.monitoring.artefact_rules import artefact_rules
from glimmer.monitoring.artefacts import is_fit
from glimmer.monitoring.devices import device_episodes, is_end
from glimmer.monitoring.episodes import Episode
from glimmer.monitoring.escalation import Manners
from glimmer.monitoring.identity import identity_episodes
from glimmer.monitoring.pump import DRUG, Plan, PumpTrack, changed_from, pump_rules
from glimmer.monitoring.rounds import ScoredRound, round_points, scored_rounds
from glimmer.monitoring.schedule import overdue_episodes
from glimmer.monitoring.sieve import JUDGED, Sieve
from glimmer.monitoring.signal import SignalState, SignalWatch
from glimmer.monitoring.stream import PRESSURE, Point, Stream, group_of, point_of
from glimmer.vocabulary.parameters import FORMS, Parameter

FROM_ROUNDS = frozenset({"moaas", "news2_total", "news2_single"})


class Watch:
    """All rules over all readings of one session, under one protocol."""

    def __init__(self, protocol: Protocol, log: SessionLog) -> None:
        self.protocol = protocol
        self.log = log
        self.manners = Manners(protocol)
        self.setting = Setting(baseline=self._baseline)
        self.rounds: tuple[ScoredRound, ...] = ()
        self.streams: dict[str, Stream] = {}
        self.tracks: dict[str, list[Track]] = {}
        self.sieve = Sieve(protocol, self._stream)
        self._baselines: dict[str, float | None] = {}
        self._plan = Plan()
        self._last_round_at = -inf
        self._rounds_are_old = True
        self._signals = {
            Parameter(name): SignalWatch(Parameter(name), protocol)
            for name in protocol.signal_lost_seconds
            if name in FORMS
        }
        self._lay_tracks()
        self.take_course(log.course)
        self.take_readings(sample for series in log.series.values() for sample in series)
        for event in log.of(DeviceReadings):
            self.take_drug(event)
        for event in log.of(DeviceAlarm):
            self.take_device_alarm(event)

    def _lay_tracks(self) -> None:
        disagreement = figure("monitoring", "disagreeing_probe_for").value
        for rule in self.protocol.alarms:
            for group in groups_of(rule):
                track = Track(rule, group, self._stream(group), self.setting, disagreement, self.sieve)
                self.tracks.setdefault(group, []).append(track)
        for rule in pump_rules(self.protocol):
            group = group_of(rule.conditions[0].parameter)
            track = PumpTrack(rule, self._stream(group), self.setting, self._plan)
            self.tracks.setdefault(group, []).append(track)

        for rule, group in artefact_rules(self.protocol):
            artefacts = ArtefactTrack(rule, group, self._stream(group), self.setting, self.sieve)
            self.tracks.setdefault(group, []).append(artefacts)

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
            self.sieve.note(point)
            if point.at < earliest.get(group, inf):
                earliest[group] = point.at
            if point.key == Parameter.INFUSION_RATE and point.value > 0:
                self._plan.note_delivery(point.at)
            signal = self._signals.get(sample.reading.parameter)
            if signal is not None:
                signal.hear(sample)
        for group, at in tuple(earliest.items()):
            for other in self.sieve.touched(group, at) if self.sieve.says else ():
                earliest[other] = min(at, earliest.get(other, at))
        for group, at in earliest.items():
            if at <= self.setting.started:
                self._baselines.clear()
            if at <= self._last_round_at:
                self._rounds_are_old = True
            self._judge_again(group, at)

    def _judge_again(self, group: str, since: float) -> None:
        for track in self.tracks.get(group, ()):
            track.rewind(since)
            track.advance()

    def take_device_alarm(self, event: SessionEvent) -> None:
        """Take what a device says of its own probe."""
        what = event.what
        if not isinstance(what, DeviceAlarm) or what.about != "probe_off" or "probe_off" not in self.sieve.says:
            return
        at = min(event.happened_at, event.received_at).timestamp()
        self.sieve.note_said(what.device, what.parameter, at, not is_end(what))
        self._baselines.clear()
        self._rounds_are_old = True
        for group in JUDGED:
            self._judge_again(group, at)

    def take_drug(self, event: SessionEvent) -> None:
        """Take what a pump calls the drug it gives, where its message says so."""
        what = event.what
        if not isinstance(what, DeviceReadings) or not what.drug or DRUG not in self.tracks:
            return
        at = min(event.happened_at, event.received_at).timestamp()
        self._stream(DRUG).insert(Point(at, event.seq, DRUG, self._plan.number_of(what.drug), "", False))
        self._judge_again(DRUG, at)

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
            group = group_of(key)
            point = next(
                (one for one in self._stream(group).before(key, self.setting.started) if self._counts(one, group)), None
            )
            self._baselines[key] = point.value if point else None
        return self._baselines[key]

    def _counts(self, point: Point, group: str) -> bool:
        return not self.sieve.leaves_out(point, group)

    def baseline(self, parameter: Parameter) -> float | None:
        """Return this patient's own value before the start, None where there is none (yet)."""
        return self._baseline(parameter.value)

    def _fills_a_round(self, sample: Sample) -> bool:
        point = point_of(sample)
        return not self.sieve.is_left_out(point, group_of(point.key))

    def _score_rounds(self) -> None:
        """Score all rounds again; there are few, and a late reading may change what one was filled with."""
        self.rounds = scored_rounds(self.log, self._fills_a_round)
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
        found += self._lost_behind_artefacts(at)
        found += overdue_episodes(self.log, self.protocol, now)
        found += device_episodes(self.log, self.protocol, now)
        found += identity_episodes(self.log, now)
        return found

    def _lost_behind_artefacts(self, now: float) -> list[Episode]:
        """A probe that is off for long, or a cuff that only repeats itself, is a lost signal though it sends."""
        found: list[Episode] = []
        spo2, cuff = self._signals.get(Parameter.SPO2), self._signals.get(Parameter.SYSTOLIC)
        for track in self.tracks.get(Parameter.SPO2, ()) if spo2 else ():
            if isinstance(track, ArtefactTrack) and spo2:
                for one in track.episodes_at(now):
                    found += spo2.silent_between(one.onset, one.over_at or inf, self.setting, now)
        newest = self._stream(PRESSURE).points[-1:]
        if cuff and newest:
            since = self.sieve.measured_since(newest[0])
            if since < newest[0].at:
                found += cuff.silent_between(since, inf, self.setting, now)
        return found

    def signals(self, now: datetime) -> tuple[SignalState, ...]:
        """Return how each parameter is being heard."""
        return tuple(signal.state(self.setting, now.timestamp()) for signal in self._signals.values())


def _seconds(moment: datetime | None) -> float:
    return inf if moment is None else moment.timestamp()
