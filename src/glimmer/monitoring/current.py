"""What is true right now: the latest value of each parameter with its age and its limits, and the infusion's clock."""

from dataclasses import dataclass
from datetime import datetime

from glimmer.care.session.conditions import limit_of
from glimmer.care.session.log import SessionLog
from glimmer.care.session.series import Sample
from glimmer.guidance.figures import figure
from glimmer.monitoring.alarms import Hit, Track, shown_measure
from glimmer.monitoring.artefacts import is_fit, why_unfit
from glimmer.monitoring.episodes import PRIORITIES
from glimmer.monitoring.stream import PRESSURE, group_of, point_of
from glimmer.monitoring.watch import Watch
from glimmer.vocabulary.parameters import VITAL_SIGNS, Parameter
from glimmer.vocabulary.readings import Reading


@dataclass(frozen=True, slots=True)
class CurrentValue:
    """The latest value of one parameter. `reading` is None where nothing was measured yet.

    `age_seconds` since it was measured; `is_stale` when that is more than its kind of measurement allows;
    `beyond` is the priority of the worst limit that the value breaks ("" for none), said in `beyond_says`:
    it is set by the value alone, whether or not the alarm's waiting time has passed. `rise` is the difference
    to this patient's own `baseline` before the start. `why_unfit` says why alarms do not use the value.
    """

    parameter: Parameter
    reading: Reading | None
    age_seconds: float | None
    is_stale: bool
    source: str
    is_manual: bool
    beyond: str
    beyond_says: str
    baseline: float | None
    rise: float | None
    why_unfit: str = ""

    @property
    def is_beyond(self) -> bool:
        """True when the value breaks a limit, however briefly."""
        return bool(self.beyond)


@dataclass(frozen=True, slots=True)
class Clock:
    """The infusion's clock. Minutes are of running pump, pauses left out; volumes in mL, rates in mL/h.

    `expected_volume_ml` is what the prepared rate has given, None with dose arithmetic off; `pump_volume_ml` and
    `pump_rate_ml_per_hour` are what the pump itself last said, None where it said nothing. `share` is the part
    given, 0 to 1.
    """

    started_at: datetime | None
    ended_at: datetime | None
    planned_end: datetime | None
    planned_minutes: float
    infusion_minutes: float
    minutes_left: float
    is_paused: bool
    paused_since: datetime | None
    stopped_early: bool
    minutes_since_end: float | None
    rate_ml_per_hour: float | None
    total_volume_ml: float | None
    expected_volume_ml: float | None
    pump_volume_ml: float | None
    pump_rate_ml_per_hour: float | None

    @property
    def share(self) -> float:
        """The part of the planned minutes that has run, 0 to 1."""
        return min(self.infusion_minutes / self.planned_minutes, 1) if self.planned_minutes else 0


def clock_of(log: SessionLog, now: datetime) -> Clock:
    """Return the infusion's clock at `now`."""
    course = log.course
    prepared = course.preparation
    pause = course.pauses[-1] if course.pauses and course.pauses[-1].until is None else None
    return Clock(
        started_at=course.started_at,
        ended_at=course.ended_at,
        planned_end=course.planned_end(now),
        planned_minutes=course.planned_minutes,
        infusion_minutes=course.infusion_minutes(now),
        minutes_left=course.minutes_left(now),
        is_paused=pause is not None,
        paused_since=pause.since if pause else None,
        stopped_early=course.was_stopped_early,
        minutes_since_end=course.minutes_since_end(now),
        rate_ml_per_hour=prepared.rate_ml_per_hour if prepared else None,
        total_volume_ml=prepared.total_volume_ml if prepared else None,
        expected_volume_ml=course.expected_volume_ml(now),
        pump_volume_ml=_shown_by_pump(log, Parameter.VOLUME_INFUSED),
        pump_rate_ml_per_hour=_shown_by_pump(log, Parameter.INFUSION_RATE),
    )


def _shown_by_pump(log: SessionLog, parameter: Parameter) -> float | None:
    sample = log.latest(parameter)
    return sample.reading.value if sample else None


def current_values(log: SessionLog, watch: Watch, now: datetime) -> tuple[CurrentValue, ...]:
    """Return the latest value of every parameter that is planned, watched or was ever measured."""
    watched = {name for name in watch.protocol.signal_lost_seconds if name in VITAL_SIGNS}
    planned = {*watch.protocol.observation_parameters, *watched}
    shown = [parameter for parameter in Parameter if parameter in planned or parameter in log.series]
    return tuple(_current(parameter, log, watch, now) for parameter in shown)


def _current(parameter: Parameter, log: SessionLog, watch: Watch, now: datetime) -> CurrentValue:
    baseline = watch.baseline(parameter) if parameter in VITAL_SIGNS else None
    at = now.timestamp()
    sample, beyond, says = _most_telling(parameter, log, watch, at)
    if sample is None:
        return CurrentValue(parameter, None, None, False, "", False, "", "", baseline, None)
    age = max(at - _measured_at(sample, watch), 0)
    stale_after = watch.protocol.signal_lost_seconds.get(parameter, figure("monitoring", "value_stale_after").value)
    value = sample.reading.value
    unfit = why_unfit(sample.reading) or _why_left_out(sample, watch)
    return CurrentValue(
        parameter=parameter,
        reading=sample.reading,
        age_seconds=age,
        is_stale=age > stale_after,
        source=sample.source,
        is_manual=sample.manual,
        beyond=beyond,
        beyond_says=says,
        baseline=baseline,
        rise=None if baseline is None or unfit or sample.at < watch.setting.started else value - baseline,
        why_unfit=unfit,
    )


def _measured_at(sample: Sample, watch: Watch) -> float:
    """Return when a value was really measured: what a cuff sends again keeps the age of its measurement."""
    if sample.manual or group_of(sample.reading.parameter) != PRESSURE:
        return sample.at
    return watch.sieve.measured_since(point_of(sample))


def _why_left_out(sample: Sample, watch: Watch) -> str:
    """Return why alarms leave a value out; a doubtful one is not left out, and is said beside its limit."""
    point = point_of(sample)
    group = group_of(point.key)
    return watch.sieve.why_not(point, group) if watch.sieve.is_left_out(point, group) else ""


def _most_telling(parameter: Parameter, log: SessionLog, watch: Watch, at: float) -> tuple[Sample | None, str, str]:
    """Return the value to show: the latest, or a worse one that another probe measured moments before.

    Two probes that disagree must not take turns on the screen: the dangerous one stays.
    """
    series = log.series.get(parameter)
    if series is None or series.latest is None:
        return None, "", ""
    latest = series.latest
    shown = (latest, *_beyond(latest, watch, at))
    oldest = latest.at - figure("monitoring", "disagreeing_probe_for").value
    seen = {latest.reading.site}
    for index in range(len(series) - 2, -1, -1):
        sample = series[index]
        if sample.at < oldest:
            break
        if sample.reading.site in seen and sample.at != latest.at:
            continue
        seen.add(sample.reading.site)
        found = _beyond(sample, watch, at)
        if _rank(found[0]) < _rank(shown[1]):
            shown = (sample, *found)
    return shown


def _rank(priority: str) -> int:
    return PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES)


def _beyond(sample: Sample, watch: Watch, at: float) -> tuple[str, str]:
    """Return the priority and the words of the worst limit that a value breaks in the phase that is now."""
    if not is_fit(sample.reading):
        return "", ""
    point = point_of(sample)
    if watch.sieve.is_left_out(point, group_of(point.key)):
        return "", ""
    worst, gravest = ("", ""), (_rank(""), False)
    for track in watch.tracks.get(group_of(point.key), ()):
        # Of two rules that weigh the same, the one that a single reading can break speaks for it.
        grave = (_rank(track.rule.priority), track.rule.repeats > 1)
        if grave >= gravest or not _is_judged(track, sample.at, at):
            continue
        hit = track.broken(point)
        if hit is not None:
            worst, gravest = (track.rule.priority, _words(track, hit)), grave
    return worst


def _words(track: Track, hit: Hit) -> str:
    """Return why a value is beyond a limit; a rule that wants several readings does not speak of a single one."""
    if track.rule.repeats > 1:
        return f"Beyond the limit: {shown_measure(hit)} (limit {limit_of(hit.condition):g})"
    return track.said(hit)


def _is_judged(track: Track, measured_at: float, now: float) -> bool:
    first, last = track.setting.window(track.rule.phase)
    return first <= max(measured_at, now) < last
