"""The course of one session: prepared, checked, started, paused, ended, left; and the clock of its infusion."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from glimmer.care.session.events import (
    Discharged,
    InfusionChecked,
    InfusionCompleted,
    InfusionPaused,
    InfusionPrepared,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    SessionCancelled,
    SessionEvent,
    StepGiven,
)

if TYPE_CHECKING:
    from glimmer.care.session.log import SessionLog

SECONDS_PER_MINUTE = 60
MINUTES_PER_HOUR = 60


class Phase(StrEnum):
    """Where a session stands. READY: the syringe is prepared and was checked by a second person."""

    CHECKS = "checks"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    RECOVERING = "recovering"
    LEFT = "left"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The phase in words for a page."""
        return _LABELS[self]

    @property
    def is_over(self) -> bool:
        """True when nothing more can happen in the session."""
        return self in (Phase.LEFT, Phase.CANCELLED)


_LABELS = {
    Phase.CHECKS: "Checks before",
    Phase.READY: "Ready to start",
    Phase.RUNNING: "Infusion running",
    Phase.PAUSED: "Infusion paused",
    Phase.RECOVERING: "Recovering",
    Phase.LEFT: "Left",
    Phase.CANCELLED: "Cancelled",
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the pump stood still; `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """The milestones of a session, each with the event that set it. What has not happened is None.

    `ended` is the event that stopped or completed the infusion, or gave the last of its `steps`; `second_check` is
    the check of the preparation that counts (an older syringe's check is worth nothing).
    """

    phase: Phase
    prepared: SessionEvent | None = None
    second_check: SessionEvent | None = None
    started: SessionEvent | None = None
    pauses: tuple[Pause, ...] = ()
    ended: SessionEvent | None = None
    discharged: SessionEvent | None = None
    cancelled: SessionEvent | None = None
    planned_minutes: float = 0
    steps: tuple[SessionEvent, ...] = ()

    @property
    def preparation(self) -> InfusionPrepared | None:
        """The syringe that counts: the one prepared last."""
        return self.prepared.what if self.prepared else None  # type: ignore[return-value]

    @property
    def started_at(self) -> datetime | None:
        """When the pump was first started."""
        return self.started.happened_at if self.started else None

    @property
    def ended_at(self) -> datetime | None:
        """When the infusion was stopped or completed."""
        return self.ended.happened_at if self.ended else None

    @property
    def over_at(self) -> datetime | None:
        """When the patient left or the session was cancelled."""
        last = self.discharged or self.cancelled
        return last.happened_at if last else None

    @property
    def was_stopped_early(self) -> bool:
        """True when the infusion was stopped before its planned volume."""
        return self.ended is not None and isinstance(self.ended.what, InfusionStopped)

    def paused_minutes(self, now: datetime) -> float:
        """Return the minutes of pause between the start and `now` (or the end of the infusion)."""
        until = self._clock_stops(now)
        seconds = sum(max((min(pause.until or until, until) - pause.since).total_seconds(), 0) for pause in self.pauses)
        return seconds / SECONDS_PER_MINUTE

    def infusion_minutes(self, now: datetime) -> float:
        """Return the minutes for which the pump has run, pauses left out; 0 before the start."""
        if self.started_at is None:
            return 0
        whole = (self._clock_stops(now) - self.started_at).total_seconds() / SECONDS_PER_MINUTE
        return max(whole - self.paused_minutes(now), 0)

    def minutes_left(self, now: datetime) -> float:
        """Return the minutes that the pump still has to run; 0 once the infusion has ended."""
        if self.ended is not None:
            return 0
        return max(self.planned_minutes - self.infusion_minutes(now), 0)

    def planned_end(self, now: datetime) -> datetime | None:
        """Return when the planned volume will be in, were the pump to run on from `now`; None before the start."""
        if self.started_at is None:
            return None
        if self.ended_at is not None:
            return self.ended_at
        return self.started_at + timedelta(minutes=self.planned_minutes + self.paused_minutes(now))

    def expected_volume_ml(self, now: datetime) -> float:
        """Return the volume in mL that the prepared rate, or the steps, have given by `now`, at most the whole."""
        if self.preparation is None:
            return 0
        if self.steps:
            return sum(step.what.ml for step in self.steps if step.happened_at <= now)  # type: ignore[attr-defined]
        volume = self.preparation.rate_ml_per_hour * self.infusion_minutes(now) / MINUTES_PER_HOUR
        return min(volume, self.preparation.total_volume_ml)

    def minutes_since_end(self, now: datetime) -> float | None:
        """Return the minutes since the infusion ended, or None while it has not."""
        if self.ended_at is None:
            return None
        return max((now - self.ended_at).total_seconds(), 0) / SECONDS_PER_MINUTE

    def _clock_stops(self, now: datetime) -> datetime:
        until = min(now, self.ended_at) if self.ended_at else now
        return max(until, self.started_at) if self.started_at else until


def course_of(log: "SessionLog") -> Course:
    """Return the milestones of a log."""
    prepared = log.last(InfusionPrepared)
    started = _first(log.of(InfusionStarted))
    steps = _steps(log, started)
    ends = [*log.of(InfusionStopped), *log.of(InfusionCompleted), *_last_step(steps)]
    ended = _first_after(sorted(ends, key=_when), started)
    discharged, cancelled = _first(log.of(Discharged)), _first(log.of(SessionCancelled))
    second_check = _second_check(log, prepared)
    pauses = _pauses(log, started, ended)
    return Course(
        phase=_phase(second_check, started, pauses, ended, discharged, cancelled),
        prepared=prepared,
        second_check=second_check,
        started=started,
        pauses=pauses,
        ended=ended,
        discharged=discharged,
        cancelled=cancelled,
        planned_minutes=log.opened.infusion_minutes if log.opened else 0,
        steps=steps,
    )


def _phase(second_check, started, pauses, ended, discharged, cancelled) -> Phase:  # type: ignore[no-untyped-def]
    if discharged is not None:
        return Phase.LEFT
    if cancelled is not None:
        return Phase.CANCELLED
    if ended is not None:
        return Phase.RECOVERING
    if started is not None:
        return Phase.PAUSED if pauses and pauses[-1].until is None else Phase.RUNNING
    return Phase.READY if second_check is not None else Phase.CHECKS


def _second_check(log: "SessionLog", prepared: SessionEvent | None) -> SessionEvent | None:
    """Return the check of this very syringe by somebody else; one's own second look is not a second check."""
    if prepared is None:
        return None
    for event in log.of(InfusionChecked):
        other_person = event.by_id is not None and event.by_id != prepared.by_id
        if event.what.prepared_seq == prepared.seq and other_person:  # type: ignore[attr-defined]
            return event
    return None


def _pauses(log: "SessionLog", started: SessionEvent | None, ended: SessionEvent | None) -> tuple[Pause, ...]:
    """Pair pauses with what ended them; a second pause within a pause and a lone resume change nothing."""
    if started is None:
        return ()
    pauses: list[Pause] = []
    for event in sorted([*log.of(InfusionPaused), *log.of(InfusionResumed)], key=_when):
        if event.happened_at < started.happened_at or (ended and event.happened_at >= ended.happened_at):
            continue
        is_paused = bool(pauses) and pauses[-1].until is None
        if isinstance(event.what, InfusionPaused) and not is_paused:
            pauses.append(Pause(event.happened_at, None, event.what.reason))
        elif isinstance(event.what, InfusionResumed) and is_paused:
            pauses[-1] = Pause(pauses[-1].since, event.happened_at, pauses[-1].reason)
    if pauses and pauses[-1].until is None and ended is not None:
        pauses[-1] = Pause(pauses[-1].since, ended.happened_at, pauses[-1].reason)
    return tuple(pauses)


def _steps(log: "SessionLog", started: SessionEvent | None) -> tuple[SessionEvent, ...]:
    """Return the steps that were given since the start, each number once: the same step told twice is one step."""
    found: dict[int, SessionEvent] = {}
    for event in log.of(StepGiven):
        if started is not None and event.happened_at >= started.happened_at:
            found.setdefault(event.what.number, event)  # type: ignore[attr-defined]
    return tuple(found.values())


def _last_step(steps: tuple[SessionEvent, ...]) -> tuple[SessionEvent, ...]:
    """Return the event by which all steps were given; none while one is open, or was marked as wrong."""
    wanted = steps[0].what.of if steps else 0  # type: ignore[attr-defined]
    return steps[wanted - 1 : wanted] if steps else ()


def _first(events) -> SessionEvent | None:  # type: ignore[no-untyped-def]
    return events[0] if events else None


def _first_after(events: list[SessionEvent], started: SessionEvent | None) -> SessionEvent | None:
    """Return the first of `events` at or after the start: what never started cannot have ended."""
    if started is None:
        return None
    return next((event for event in events if event.happened_at >= started.happened_at), None)


def _when(event: SessionEvent) -> tuple[datetime, int]:
    return (event.happened_at, event.seq)
