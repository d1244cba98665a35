"""What has flowed into the patient, and what will if nothing changes: for a picture, never for a limit.

By the rates that the pump told; by the presses of the session where no pump is connected. Times are whole seconds from
the start of the infusion, so that the same course is the same numbers however often it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from glimmer.care.session.course import Course, Phase
from glimmer.care.session.events import DeviceDisconnected, InfusionPrepared
from glimmer.care.session.log import SessionLog
from glimmer.care.session.series import Sample
from glimmer.guidance.figures import figure
from glimmer.vocabulary.parameters import Parameter

SECONDS_PER_HOUR, SECONDS_PER_MINUTE = 3600, 60
BY_PLAN, BY_PUMP, BY_PRESSES = "plan", "pump", "presses"
TWO_PUMPS = (
    "Two pumps told that they ran at the same time, and Glimmer cannot tell which of them held the drug. "
    "No level is drawn: watch the patient, the monitor and the pumps."
)


@dataclass(frozen=True, slots=True)
class Flow:
    """`mg` at one rate from `since` until `until`, in seconds from the start."""

    since: int
    until: int
    mg: float


@dataclass(frozen=True, slots=True)
class Given:
    """The course of one infusion. `began_at` is its start in seconds since 1970, None before it.

    `planned` is the plan without pauses; `flows` what flowed and, at the rate of now, what will. `known_by` is plan,
    pump or presses; `heard_at` when the pump last told its rate; `gaps` the stretches in which it told nothing.
    `doubt` says why nobody can tell what flowed; then nothing is to be drawn.
    """

    began_at: float | None
    planned: tuple[Flow, ...]
    flows: tuple[Flow, ...]
    known_by: str
    heard_at: float | None = None
    gaps: tuple[tuple[int, int], ...] = ()
    doubt: str = ""

    def is_stale(self, now: datetime, course: Course) -> bool:
        """Say whether the pump has been silent too long while it should run: then nobody knows what flows."""
        if self.heard_at is None or course.phase not in (Phase.RUNNING, Phase.PAUSED):
            return False
        return now.timestamp() - self.heard_at > figure("kinetics", "feed_is_stale_after").value


def given_of(log: SessionLog, now: datetime) -> Given | None:
    """Return what a session's log knows of the infusion at `now`; None where there is no plan of one."""
    opened, course = log.opened, log.course
    if opened is None or not opened.infusion_minutes:
        return None
    syringe = course.preparation
    if syringe is not None and not (syringe.rate_ml_per_hour > 0 and syringe.final_concentration_mg_per_ml > 0):
        return None
    if syringe is None:
        whole = round(opened.infusion_minutes * SECONDS_PER_MINUTE)
        dose = opened.dose_mg
    else:
        whole = round(syringe.total_volume_ml / syringe.rate_ml_per_hour * SECONDS_PER_HOUR)
        dose = syringe.total_volume_ml * syringe.final_concentration_mg_per_ml
    planned = (Flow(0, whole, dose),)
    if course.started_at is None or syringe is None:
        return Given(None, planned, planned, BY_PLAN)
    began = course.started_at.timestamp()
    told = _told_by_pump(log, now)
    samples = _of_the_pump_that_ran(told)
    if samples is None:
        return Given(began, planned, (), BY_PUMP, told[-1].at, doubt=TWO_PUMPS)
    if not any(sample.at >= began for sample in samples):
        # A pump that told its rate before and is silent since the start is no pump that was never there.
        heard_at = samples[-1].at if samples and not _was_taken_away(samples[-1], log) else None
        return Given(began, planned, _by_presses(course, syringe), BY_PRESSES, heard_at)
    return _by_pump(samples, course, syringe, planned)


def _told_by_pump(log: SessionLog, now: datetime) -> list[Sample]:
    told = log.series.get(Parameter.INFUSION_RATE, ())
    return [sample for sample in told if not sample.manual and sample.at <= now.timestamp()]


def _of_the_pump_that_ran(told: Sequence[Sample]) -> list[Sample] | None:
    """Leave out what pumps say that stand beside the one that runs; None where two ran at once.

    One pump that took over from another counts with it: of each, what it told from when it first ran until it stood.
    """
    by_pump: dict[str, list[Sample]] = {}
    for sample in told:
        by_pump.setdefault(sample.source, []).append(sample)
    running = [samples for samples in by_pump.values() if any(one.reading.value > 0 for one in samples)]
    if len(by_pump) == 1 or not running:
        return list(told)
    if len(running) == 1:
        return running[0]
    whole = sorted((_while_it_ran(samples) for samples in running), key=lambda samples: samples[0].at)
    if any(later[0].at < _last_that_ran(earlier).at for earlier, later in pairwise(whole)):
        return None
    return sorted((sample for samples in whole for sample in samples), key=lambda sample: (sample.at, sample.seq))


def _was_taken_away(last: Sample, log: SessionLog) -> bool:
    """Say whether somebody disconnected the pump in Glimmer after it was heard: then it is not missed."""
    gone = [one for one in log.of(DeviceDisconnected) if one.happened_at.timestamp() >= last.at]
    return any(one.what.device == last.source for one in gone)  # type: ignore[attr-defined]


def _while_it_ran(samples: Sequence[Sample]) -> list[Sample]:
    ran = [index for index, one in enumerate(samples) if one.reading.value > 0]
    return list(samples[ran[0] : ran[-1] + 2])


def _last_that_ran(samples: Sequence[Sample]) -> Sample:
    return next(one for one in reversed(samples) if one.reading.value > 0)


def _by_presses(course: Course, syringe: InfusionPrepared) -> tuple[Flow, ...]:
    """Return the prepared rate between start, pauses and end; the last stretch until the syringe is empty."""
    assert course.started_at is not None
    began, per_second = course.started_at.timestamp(), _mg_per_second(syringe.rate_ml_per_hour, syringe)
    edges = [began]
    for pause in course.pauses:
        edges += [pause.since.timestamp(), pause.until.timestamp() if pause.until else float("inf")]
    edges.append(course.ended_at.timestamp() if course.ended_at else float("inf"))
    runs = [(edges[index], edges[index + 1]) for index in range(0, len(edges) - 1, 2)]
    left = syringe.total_volume_ml * syringe.final_concentration_mg_per_ml
    flows = []
    for since, until in runs:
        if since == float("inf"):
            break
        end = min(until, since + left / per_second)
        flows += _flow(since - began, end - began, per_second)
        left = max(left - max(end - since, 0) * per_second, 0)
    return tuple(flows)


def _by_pump(samples: Sequence[Sample], course: Course, syringe: InfusionPrepared, planned: tuple[Flow, ...]) -> Given:
    assert course.started_at is not None
    started, changes = course.started_at.timestamp(), _changes(samples)
    # The pump may have run before somebody pressed start: that flowed as well.
    before = [index for index, (at, _) in enumerate(changes) if at <= started]
    first = before[-1] if before else 0
    while first > 0 and changes[first - 1][1] > 0 and changes[first][1] > 0:
        first -= 1
    began = min(changes[first][0], started) if changes[first][1] > 0 else started
    flows: list[Flow] = []
    if changes[first][0] > started:
        # Until the pump told something for the first time, the press is all there is to go by.
        flows += _flow(0, changes[first][0] - began, _mg_per_second(syringe.rate_ml_per_hour, syringe))
    whole = syringe.total_volume_ml * syringe.final_concentration_mg_per_ml
    for (at, rate), (until, _) in pairwise([*changes[first:], (float("inf"), 0.0)]):
        per_second = _mg_per_second(rate, syringe)
        if per_second > 0:
            left = max(whole - sum(one.mg for one in flows), 0)
            end = until if until < float("inf") else _last_until(at + left / per_second, samples[-1].at, course)
            flows += _flow(max(at, began) - began, end - began, per_second)
    silent = figure("kinetics", "feed_is_stale_after").value
    gaps = tuple(
        (round(one.at - began), round(other.at - began))
        for one, other in pairwise(samples)
        if other.at - one.at > silent and other.at > began
    )
    return Given(began, planned, tuple(flows), BY_PUMP, samples[-1].at, gaps)


def _changes(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Return (when, mL/h) of the first sample and of each that tells another rate than the one before."""
    found: list[tuple[float, float]] = []
    for sample in samples:
        if not found or found[-1][1] != sample.reading.value:
            found.append((sample.at, sample.reading.value))
    return found


def _last_until(empty_at: float, heard_at: float, course: Course) -> float:
    """Return until when the last rate that the pump told goes on: until the syringe is empty, or it was stopped."""
    if course.ended_at is not None:
        return max(min(course.ended_at.timestamp(), empty_at), heard_at)
    if course.phase is Phase.PAUSED:
        return max(min(course.pauses[-1].since.timestamp(), empty_at), heard_at)
    return max(empty_at, heard_at)


def _mg_per_second(ml_per_hour: float, syringe: InfusionPrepared) -> float:
    return ml_per_hour * syringe.final_concentration_mg_per_ml / SECONDS_PER_HOUR


def _flow(since: float, until: float, mg_per_second: float) -> list[Flow]:
    first, last = round(since), round(until)
    return [Flow(first, last, round((last - first) * mg_per_second, 6))] if last > first else []
