"""The session as its log tells it: a fold of events that gives the same answer in any order of arrival.

`fold(events)` and repeated `.add(event)` reach the same state for the same set of events, however they
were chunked or ordered: events are ordered by when they happened, then by number, and an event seen
twice counts once. A corrected event stays visible in `corrected` but no longer counts.

The log knows nothing of limits or of the time of day: what depends on now takes `now`.

A live log grows under its readers, so pages are given a `snapshot()`: what it holds at one moment, for good.
"""

from bisect import insort_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from glimmer.care.session.clocks import DeviceClocks
from glimmer.care.session.course import Course, Phase, course_of
from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmRaised,
    CheckOverridden,
    CheckRecorded,
    ConfusionAttributed,
    Corrected,
    DeviceAlarm,
    DeviceReadings,
    FunctionsSwitched,
    LeavingChecked,
    LeavingOverridden,
    ObservationRecorded,
    SessionEvent,
    SessionOpened,
    SideEffectRecorded,
    What,
)
from glimmer.care.session.series import Sample, Series
from glimmer.vocabulary.parameters import Parameter

Kind = TypeVar("Kind", bound=What)


@dataclass(frozen=True, slots=True)
class Said:
    """The latest answer to a check or to a criterion for leaving, and the override that stands on it, if any."""

    answer: SessionEvent | None = None
    override: SessionEvent | None = None


def _when(event: SessionEvent) -> tuple[datetime, int]:
    return (event.happened_at, event.seq)


class SessionLog:
    """One session's log and what follows from it. Add events with `add`; everything else only reads."""

    def __init__(self) -> None:
        self.events: dict[int, SessionEvent] = {}
        self.corrected: dict[int, SessionEvent] = {}
        self.series: dict[Parameter, Series] = {}
        self.clocks = DeviceClocks()
        # Grows when readings were withdrawn or renumbered, so that whoever derived something from the
        # series knows to start again; everything else only ever adds.
        self.generation = 0
        # The same for a log and its snapshots, and for no other: tells a log from one that was restored in its place.
        self.origin = object()
        self._by_kind: dict[type[What], list[SessionEvent]] = {}
        self._course: Course | None = None

    # Folding

    def add(self, event: SessionEvent) -> list[Sample]:
        """Take one event; return the readings it added. An event whose number is already known is ignored."""
        if event.seq in self.events:
            return []
        self.events[event.seq] = event
        if self._clock_changed(event):
            self._recount()
            return []
        if isinstance(event.what, Corrected) and self._takes_away(event.what.seq, event):
            self._recount()
            return []
        return self._count(event) if self._stands(event) else []

    def _clock_changed(self, event: SessionEvent) -> bool:
        """Hear a message for what it tells of its device's clock; True where readings must be placed anew."""
        what = event.what
        if not isinstance(what, DeviceReadings) or not what.readings or what.attributed:
            return False
        if self.clocks.is_right(what.device):
            return False
        newest = max(reading.measured_at for reading in what.readings)
        return self.clocks.hear(what.device, newest.timestamp(), event.received_at.timestamp())

    def _stands(self, event: SessionEvent) -> bool:
        """Say whether an event counts. An opening always does: without its pinned facts there is no session.

        A switch always does, too: taken back, it would leave alarms on or off that nobody signed for.
        """
        return event.seq not in self.corrected or isinstance(event.what, (SessionOpened, FunctionsSwitched))

    def _takes_away(self, seq: int, correction: SessionEvent) -> bool:
        """Note the first correction of an event; True where that event was counted so far."""
        known = self.corrected.get(seq)
        if known is not None and _when(known) <= _when(correction):
            return False
        self.corrected[seq] = correction
        return known is None and seq in self.events

    def _recount(self) -> None:
        """Count everything again without the corrected events; corrections are rare, so simple beats fast."""
        # In the order of their numbers, so that a reading counts under the first message that brought it.
        self.events = dict(sorted(self.events.items()))
        self.series = {}
        self._by_kind = {}
        self._course = None
        self.generation += 1
        for event in list(self.events.values()):
            if self._stands(event):
                self._count(event)

    def _count(self, event: SessionEvent) -> list[Sample]:
        what = event.what
        if not isinstance(what, (DeviceReadings, DeviceAlarm)):
            self._course = None
        held = self._by_kind.setdefault(type(what), [])
        if not held or _when(held[-1]) <= _when(event):
            held.append(event)
        else:
            insort_right(held, event, key=_when)
        if isinstance(what, DeviceReadings):
            return self._chart(event, what.readings, what.device)
        if isinstance(what, ObservationRecorded):
            return self._chart(event, what.readings, "")
        return []

    def _chart(self, event: SessionEvent, readings: Iterable, device: str) -> list[Sample]:
        received_at = event.received_at.timestamp()
        slow_by = 0.0 if getattr(event.what, "attributed", False) else self.clocks.error(device)
        added = []
        for reading in readings:
            manual = not device
            source = device or event.by
            # What a clock that runs ahead dates to the future would stand before, and hide, all that follows.
            at = min(reading.measured_at.timestamp() + slow_by, received_at)
            sample = Sample(at, event.seq, reading, received_at, source, manual)
            series = self.series.get(reading.parameter)
            if series is None:
                series = self.series[reading.parameter] = Series()
            known_seq = series.knows(sample)
            if known_seq is None:
                series.insert(sample)
                added.append(sample)
            elif known_seq > event.seq:
                # The first message that brought this reading arrived after its repeat: start again in order.
                self._recount()
                return []
        return added

    def snapshot(self) -> "SessionLog":
        """Return what the log holds now, as a log that is only read: it stays as it is while this one grows."""
        copy = _Snapshot()
        copy.events, copy.corrected = dict(self.events), dict(self.corrected)
        copy.series = {parameter: series.snapshot() for parameter, series in self.series.items()}
        copy.clocks, copy.generation, copy.origin = self.clocks.snapshot(), self.generation, self.origin
        copy._by_kind = {kind: list(events) for kind, events in self._by_kind.items()}
        copy._course = self._course
        return copy

    # Reading

    def of(self, kind: type[Kind]) -> Sequence[SessionEvent]:
        """Return the events of one kind that count, in the order in which they happened."""
        return self._by_kind.get(kind, ())

    def last(self, kind: type[Kind]) -> SessionEvent | None:
        """Return the last event of one kind that counts, or None."""
        held = self._by_kind.get(kind)
        return held[-1] if held else None

    @property
    def opened(self) -> SessionOpened | None:
        """The session's pinned facts, or None for a log that does not hold its first event yet."""
        events = self.of(SessionOpened)
        return events[0].what if events else None  # type: ignore[return-value]

    @property
    def opened_at(self) -> datetime | None:
        """When the session was opened."""
        events = self.of(SessionOpened)
        return events[0].happened_at if events else None

    @property
    def course(self) -> Course:
        """Preparation, start, pauses, end, leaving: the milestones of the session."""
        if self._course is None:
            self._course = course_of(self)
        return self._course

    def phase(self, now: datetime | None = None) -> Phase:
        """Return the phase that the log itself knows; `now` is only there so that all readers ask alike."""
        return self.course.phase

    def check(self, check_id: str) -> Said:
        """Return what was last answered to a check before the start, and the override that stands on it."""
        return _said(self.of(CheckRecorded), self.of(CheckOverridden), "check", check_id)

    def criterion(self, criterion_id: str) -> Said:
        """Return what was last answered to a criterion for leaving, and the override that stands on it."""
        return _said(self.of(LeavingChecked), self.of(LeavingOverridden), "criterion", criterion_id)

    @property
    def side_effects(self) -> Sequence[SessionEvent]:
        """The side effects that count, oldest first (`event.what` is a SideEffectRecorded)."""
        return self.of(SideEffectRecorded)

    @property
    def observations(self) -> Sequence[SessionEvent]:
        """The rounds of observations that count, oldest first (`event.what` is an ObservationRecorded)."""
        return self.of(ObservationRecorded)

    def observations_by_minute(self) -> dict[int, SessionEvent]:
        """Return, for each planned minute that was answered, the first round that answered it."""
        answered: dict[int, SessionEvent] = {}
        for event in self.observations:
            minute = event.what.due_minute  # type: ignore[attr-defined]
            if minute is not None:
                answered.setdefault(minute, event)
        return answered

    def raised_alarms(self) -> dict[str, SessionEvent]:
        """Return the alarms that were shown, by key; the first showing counts."""
        raised: dict[str, SessionEvent] = {}
        for event in self.of(AlarmRaised):
            raised.setdefault(event.what.key, event)  # type: ignore[attr-defined]
        return raised

    def acknowledgements(self) -> dict[str, SessionEvent]:
        """Return, by alarm key, the first acknowledgement by a named person."""
        answered: dict[str, SessionEvent] = {}
        for event in self.of(AlarmAcknowledged):
            answered.setdefault(event.what.key, event)  # type: ignore[attr-defined]
        return answered

    def attributions(self) -> dict[int, SessionEvent]:
        """Return, by the number of a round, by which event its confusion was first attributed to the drug."""
        found: dict[int, SessionEvent] = {}
        for event in self.of(ConfusionAttributed):
            found.setdefault(event.what.seq, event)  # type: ignore[attr-defined]
        return found

    def latest(self, parameter: Parameter, at: datetime | None = None) -> Sample | None:
        """Return the sample of `parameter` measured last (at or before `at`, where given), or None."""
        series = self.series.get(parameter)
        if series is None:
            return None
        return series.latest if at is None else series.until(at.timestamp())

    def history(self) -> list[SessionEvent]:
        """Return every event, corrected ones too, in the order in which they happened: for records, not for rules."""
        return sorted(self.events.values(), key=_when)


class _Snapshot(SessionLog):
    def add(self, event: SessionEvent) -> list[Sample]:
        raise TypeError("A snapshot of a session's log is only read; add to the log itself.")


def _said(answers: Sequence[SessionEvent], overrides: Sequence[SessionEvent], field: str, wanted_id: str) -> Said:
    """An override stands on the answer it followed: a later answer to the same question takes it away."""
    answer = _latest(answers, field, wanted_id)
    override = _latest(overrides, field, wanted_id)
    if answer is not None and override is not None and _when(override) < _when(answer):
        override = None
    return Said(answer, override)


def _latest(events: Sequence[SessionEvent], field: str, wanted_id: str) -> SessionEvent | None:
    for event in reversed(events):
        if getattr(event.what, field) == wanted_id:
            return event
    return None


def fold(events: Iterable[SessionEvent]) -> SessionLog:
    """Return the log of these events; their order does not matter."""
    log = SessionLog()
    for event in events:
        log.add(event)
    return log
