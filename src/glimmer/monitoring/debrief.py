"""What a trainee noticed and did in a scripted session, and when: the log beside the model answer of the case.

It judges a training session alone; what a clinic's nurse did is judged by people.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmRaised,
    Corrected,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    NoteWritten,
    ObservationRecorded,
    SessionEvent,
    SideEffectRecorded,
)
from glimmer.guidance.training_cases import Answer, TrainingCase


class Verdict(StrEnum):
    """How one part of the model answer was met."""

    IN_TIME = "in time"
    LATE = "late"
    MISSED = "not done"
    WAITING = "not due yet"


@dataclass(frozen=True, slots=True)
class Row:
    """One part of the model answer: from when it could be seen, by when it was due, when it was done (None: not)."""

    answer: Answer
    begins: datetime
    due: datetime
    done: datetime | None
    verdict: Verdict

    @property
    def minutes(self) -> float | None:
        """How many minutes after it could be seen it was done; below 0 for what was done as it was only beginning."""
        return None if self.done is None else (self.done - self.begins) / timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Debrief:
    """All rows in the order of the model answer. `script_from` is None for an infusion that never began."""

    script_from: datetime | None
    rows: tuple[Row, ...]

    @property
    def in_time(self) -> int:
        """How many parts were done in time."""
        return sum(row.verdict is Verdict.IN_TIME for row in self.rows)

    @property
    def waiting(self) -> int:
        """How many parts were not done, and are not due yet."""
        return sum(row.verdict is Verdict.WAITING for row in self.rows)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done or noticed: then it gives nothing away to say what the case was."""
        return bool(self.rows) and not self.waiting

    @property
    def says(self) -> str:
        """The result in a sentence."""
        if self.script_from is None:
            return "The infusion has not begun, so there is nothing to look back on yet."
        more = f", and {self.waiting} not due yet" if self.waiting else ""
        return f"{self.in_time} of {len(self.rows)} in time{more}."


def debrief(case: TrainingCase, events: Sequence[SessionEvent], now: datetime) -> Debrief:
    """Return what of a case's model answer a session's log shows, as of `now`. What was corrected does not count."""
    wrong = {event.what.seq for event in events if isinstance(event.what, Corrected)}
    log = sorted((one for one in events if one.seq not in wrong), key=lambda one: (one.happened_at, one.seq))
    started = next((one.happened_at for one in log if isinstance(one.what, InfusionStarted)), None)
    if started is None:
        return Debrief(None, ())
    script_from = started + timedelta(minutes=case.begins_at)
    return Debrief(script_from, tuple(_row(answer, log, script_from, now) for answer in case.answers))


def _row(answer: Answer, log: Sequence[SessionEvent], script_from: datetime, now: datetime) -> Row:
    begins = script_from + timedelta(minutes=answer.begins)
    due = begins + timedelta(minutes=answer.within)
    counts_from = script_from + timedelta(minutes=answer.counts_from)
    rules = {one.what.key: one.what.rule for one in log if isinstance(one.what, AlarmRaised)}
    fits = _FITS[answer.kind]
    found = (one.happened_at for one in _still_held(log, begins) if fits(answer, one, rules))
    done = next((at for at in found if at >= counts_from), None)
    if answer.kind == "no_pause":
        unwanted = done is not None and done <= due
        verdict = Verdict.MISSED if unwanted else Verdict.IN_TIME if now >= due else Verdict.WAITING
        return Row(answer, begins, due, done if unwanted else None, verdict)
    if done is None:
        return Row(answer, begins, due, None, Verdict.WAITING if now < due else Verdict.MISSED)
    return Row(answer, begins, due, done, Verdict.IN_TIME if done <= due else Verdict.LATE)


def _still_held(log: Sequence[SessionEvent], begins: datetime) -> list[SessionEvent]:
    """Leave out the pauses that were over before a part of the model answer began: they held nothing back."""
    resumed = max(
        (one.happened_at for one in log if isinstance(one.what, InfusionResumed) and one.happened_at <= begins),
        default=None,
    )
    if resumed is None:
        return list(log)
    return [one for one in log if not (isinstance(one.what, InfusionPaused) and one.happened_at <= resumed)]


def _took_charge(answer: Answer, event: SessionEvent, rules: dict[str, str]) -> bool:
    return isinstance(event.what, AlarmAcknowledged) and rules.get(event.what.key) in answer.rules


def _observed(answer: Answer, event: SessionEvent, rules: dict[str, str]) -> bool:
    if not isinstance(event.what, ObservationRecorded):
        return False
    held = {one.parameter.value for one in event.what.readings}
    held |= {name for name in ("sedation", "dissociation") if getattr(event.what, name) is not None}
    return set(answer.measured) <= held


def _paused(answer: Answer, event: SessionEvent, rules: dict[str, str]) -> bool:
    return isinstance(event.what, InfusionPaused | InfusionStopped)


def _wrote(answer: Answer, event: SessionEvent, rules: dict[str, str]) -> bool:
    what = event.what
    if isinstance(what, NoteWritten):
        written = what.text
    elif isinstance(what, AlarmAcknowledged):
        written = what.did
    elif isinstance(what, InfusionPaused | InfusionStopped):
        written = what.reason
    elif isinstance(what, ObservationRecorded | SideEffectRecorded):
        written = what.note
    else:
        return False
    # From the start of a word on: "line" is in "lines", and neither in "saline" nor in "baseline".
    return any(re.search(rf"\b{re.escape(word)}", f"{written.casefold()} ") for word in answer.words)


def _had_effect(answer: Answer, event: SessionEvent, rules: dict[str, str]) -> bool:
    return isinstance(event.what, SideEffectRecorded)


_FITS: dict[str, Callable[[Answer, SessionEvent, dict[str, str]], bool]] = {
    "alarm": _took_charge,
    "observation": _observed,
    "words": _wrote,
    "pause": _paused,
    "no_pause": _paused,
    "side_effect": _had_effect,
}
