"""What was written on paper while Glimmer was away, and whether it can become part of the log.

What happened, happened: no check before the start holds back its entry. Refused is only what cannot be true, such
as an end before the start, a time that is still to come, or a second, different answer for one row of the sheet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from glimmer.care.session.events import (
    Discharged,
    InfusionChecked,
    InfusionCompleted,
    InfusionPaused,
    InfusionPrepared,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    ObservationRecorded,
    SessionEvent,
    What,
    to_body,
)
from glimmer.care.session.log import SessionLog
from glimmer.vocabulary.verdict import Verdict

ONCE: dict[type[What], str] = {
    InfusionStarted: "the start of the infusion",
    InfusionStopped: "the end of the infusion",
    InfusionCompleted: "the end of the infusion",
    Discharged: "the leaving",
}
DURING = (InfusionPaused, InfusionResumed)


ON_THIS_SHEET = 0
"""Stands in an InfusionChecked of a sheet for the number of the syringe's own entry, which it gets only when stored."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One row of a sheet: `row` is its printed name (such as "O3"), `happened_at` the time that was written on it."""

    row: str
    happened_at: datetime
    what: What


def may_enter(rows: Sequence[PaperRow], log: SessionLog, now: datetime) -> Verdict:
    """Say whether these rows can all be true together with what the log already holds."""
    wrong = [*_about_times(rows, log, now), *_said_twice(rows, log), *_out_of_order(rows, log)]
    return Verdict(tuple(dict.fromkeys(wrong)))


def same_observation(row: PaperRow, log: SessionLog) -> SessionEvent | None:
    """Return the round that a person has already entered with these very values at this minute, or None."""
    if not isinstance(row.what, ObservationRecorded):
        return None
    wanted = _values(row.what), row.happened_at.replace(second=0, microsecond=0)
    for event in log.observations:
        what = event.what
        assert isinstance(what, ObservationRecorded)
        if (_values(what), event.happened_at.replace(second=0, microsecond=0)) == wanted:
            return event
    return None


def is_same_entry(kind: str, body: dict[str, object], happened_at: datetime, row: PaperRow) -> bool:
    """Say whether a row that is stored already says what this one says."""
    if kind != row.what.kind or happened_at != row.happened_at:
        return False
    return isinstance(row.what, InfusionChecked) or body == to_body(row.what)


def _values(what: ObservationRecorded) -> frozenset[tuple[str, float]]:
    return frozenset((reading.parameter.value, reading.value) for reading in what.readings)


def _about_times(rows: Iterable[PaperRow], log: SessionLog, now: datetime) -> list[str]:
    opened_at = log.opened_at
    wrong = []
    for row in rows:
        if row.happened_at > now:
            wrong.append(f"Row {row.row}: its time lies in the future. Check the time and the day.")
        elif opened_at is not None and row.happened_at < opened_at:
            wrong.append(f"Row {row.row}: its time lies before the session was opened. Check the time and the day.")
    return wrong


def _said_twice(rows: Iterable[PaperRow], log: SessionLog) -> list[str]:
    """Return what can happen only once in a session and would now stand in it twice."""
    course = log.course
    known = {
        ONCE[InfusionStarted]: course.started,
        ONCE[InfusionStopped]: course.ended,
        ONCE[Discharged]: course.discharged,
    }
    told: set[str] = set()
    wrong = []
    for row in rows:
        once = ONCE.get(type(row.what))
        if once is None:
            continue
        if event := known[once]:
            wrong.append(
                f"Row {row.row}: {once} is in the log already, by {event.by}. "
                "If that entry is wrong, say so on the session's page first."
            )
        elif once in told:
            wrong.append(f"Row {row.row}: {once} stands twice on this sheet.")
        told.add(once)
    return wrong


def _out_of_order(rows: Sequence[PaperRow], log: SessionLog) -> list[str]:
    course = log.course
    moments: dict[str, datetime | None] = {
        ONCE[InfusionStarted]: course.started_at,
        ONCE[InfusionStopped]: course.ended_at,
        ONCE[Discharged]: course.over_at,
    }
    for row in rows:
        if once := ONCE.get(type(row.what)):
            moments[once] = moments[once] or row.happened_at
    started, ended, left = moments.values()
    wrong = []
    if ended and not started:
        wrong.append("The end of the infusion was given without its start. Enter the start as well.")
    if started and ended and ended < started:
        wrong.append("The infusion would end before it starts. Check the two times.")
    if left and ended and left < ended:
        wrong.append("The patient would leave before the infusion ends. Check the two times.")
    drawn_up = course.prepared or any(isinstance(row.what, InfusionPrepared) for row in rows)
    for row in rows:
        if isinstance(row.what, InfusionChecked) and not drawn_up:
            wrong.append("There is no syringe to have been checked. Enter the syringe as well.")
        if isinstance(row.what, DURING) and (not started or row.happened_at < started):
            wrong.append(f"Row {row.row}: a pause or its end needs a start before it.")
        if isinstance(row.what, InfusionPrepared) and started and row.happened_at > started:
            wrong.append(f"Row {row.row}: the syringe would be prepared after the start. Check the two times.")
    return wrong
