"""Which rounds of observations are planned, done, due, overdue: the protocol's minutes against the log."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from glimmer.care.session.events import SessionEvent
from glimmer.care.session.log import SessionLog
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.episodes import Episode

RULE = "observation_overdue"


class Due(StrEnum):
    """How one planned round stands. LATE: done, but late; MISSED: its time is past and the patient has left."""

    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class DueObservation:
    """One planned round. `minute` counts from the start (negative: before it); `due_at` is None before the start."""

    minute: int
    due_at: datetime | None
    state: Due
    done_at: datetime | None = None
    done_by: str = ""

    @property
    def is_open(self) -> bool:
        """True when the round is still to be done."""
        return self.state in (Due.UPCOMING, Due.DUE, Due.OVERDUE)


def observations_due(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[DueObservation, ...]:
    """Return every planned round in order. Minutes run from the start on; pauses do not move them.

    Rounds planned for before the start are due as soon as the session is open, and are never late: nobody
    knows the minute of the start in advance.
    """
    answered = log.observations_by_minute()
    return tuple(
        _planned(minute, answered.get(minute), log, protocol, now) for minute in sorted(protocol.observation_minutes)
    )


def _planned(
    minute: int, event: SessionEvent | None, log: SessionLog, protocol: Protocol, now: datetime
) -> DueObservation:
    course = log.course
    due_at = course.started_at + timedelta(minutes=minute) if course.started_at else None
    late_after = timedelta(minutes=protocol.observation_late_after_minutes)
    if event is not None:
        is_late = due_at is not None and minute >= 0 and event.happened_at > due_at + late_after
        return DueObservation(minute, due_at, Due.LATE if is_late else Due.DONE, event.happened_at, event.by)
    if course.over_at is not None:
        return DueObservation(minute, due_at, Due.MISSED)
    if due_at is None:
        return DueObservation(minute, None, Due.DUE if minute < 0 else Due.UPCOMING)
    if minute < 0:
        return DueObservation(minute, due_at, Due.MISSED)
    if now < due_at:
        return DueObservation(minute, due_at, Due.UPCOMING)
    return DueObservation(minute, due_at, Due.DUE if now <= due_at + late_after else Due.OVERDUE)


def overdue_episodes(log: SessionLog, protocol: Protocol, now: datetime) -> list[Episode]:
    """Return one alarm episode for every round that became overdue, over as soon as the round was done."""
    late_after = timedelta(minutes=protocol.observation_late_after_minutes)
    rule = protocol.rule(RULE)
    found: list[Episode] = []
    if rule is None:
        return found
    for planned in observations_due(log, protocol, now):
        if planned.due_at is None or planned.state not in (Due.OVERDUE, Due.LATE):
            continue
        raised_at = (planned.due_at + late_after).timestamp()
        found.append(
            Episode(
                rule=f"{RULE}:{planned.minute}",
                onset=planned.due_at.timestamp(),
                raised_at=raised_at,
                over_at=planned.done_at.timestamp() if planned.done_at else None,
                priority=rule.priority,
                says=rule.says.replace("{value}", str(planned.minute)),
                action=rule.action,
            )
        )
    return found
