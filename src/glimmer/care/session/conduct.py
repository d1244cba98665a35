"""Which acts fit the phase of a session: answering checks, preparing, observing, correcting, cancelling."""

from datetime import datetime

from glimmer.care.session.checks import MET, UNKNOWN, check_states
from glimmer.care.session.course import SECONDS_PER_MINUTE, Phase
from glimmer.care.session.events import (
    CheckOverridden,
    CheckRecorded,
    DeviceReadings,
    InfusionCompleted,
    InfusionPaused,
    InfusionPrepared,
    InfusionResumed,
    InfusionStopped,
    LeavingChecked,
    LeavingOverridden,
    NoteWritten,
    ObservationRecorded,
    SideEffectRecorded,
    StepGiven,
)
from glimmer.care.session.leaving import leaving_states
from glimmer.care.session.log import SessionLog
from glimmer.care.session.manner import manner_of
from glimmer.guidance.protocol import Protocol
from glimmer.vocabulary.verdict import Verdict

BEFORE_START = (Phase.CHECKS, Phase.READY)

# What a person or a probe can get wrong. An opening, a start, a discharge and the alarms that were shown stay:
# they are what others have acted on.
_ALWAYS = (ObservationRecorded, SideEffectRecorded, NoteWritten, DeviceReadings)
_WHILE_OPEN = (
    CheckRecorded,
    CheckOverridden,
    InfusionPrepared,
    InfusionPaused,
    InfusionResumed,
    InfusionStopped,
    InfusionCompleted,
    StepGiven,
    LeavingChecked,
    LeavingOverridden,
)


def must_be_open(log: SessionLog) -> Verdict:
    """Say no once the session is over."""
    phase = log.phase()
    if phase is Phase.LEFT:
        return Verdict(("The patient has left, so this session is closed. A note can still be added.",))
    if phase is Phase.CANCELLED:
        return Verdict(("The session was cancelled. A note can still be added.",))
    return Verdict()


def may_answer_checks(log: SessionLog) -> Verdict:
    """Checks before are answered before: once the pump runs, they stand as they are."""
    return _before_start(log, "The checks before the start stand as they were.")


def may_prepare(log: SessionLog) -> Verdict:
    """A syringe is prepared before the start; a new one replaces the last and needs its own second check."""
    return _before_start(log, "The preparation stands as it was.")


def may_answer_round(log: SessionLog, protocol: Protocol, minute: int, when: datetime) -> Verdict:
    """Say whether observations taken at `when` can stand for the round planned for `minute` after the start.

    Late is late, and said so. Early is only what lies nearer to this round than to the planned one before it:
    a round ticked off too soon would never be missed.
    """
    started_at = log.course.started_at
    earlier = [other for other in protocol.observation_minutes if other < minute]
    if started_at is None:
        return (
            Verdict()
            if minute <= 0
            else Verdict((f"The {manner_of(log).treatment} has not started, so it cannot be that round.",))
        )
    taken = (when - started_at).total_seconds() / SECONDS_PER_MINUTE
    if minute <= 0 or not earlier or minute - taken <= taken - max(earlier):
        return Verdict()
    return Verdict((f"This is minute {max(taken, 0):.0f}, too early for the round of minute {minute}.",))


def may_cancel(log: SessionLog) -> Verdict:
    """Only a session in which nothing was given is cancelled; afterwards the infusion is stopped instead."""
    ending = f"Some of the drug has been given: stop the {manner_of(log).treatment} and record the recovery instead."
    return _before_start(log, ending)


def may_override_check(log: SessionLog, protocol: Protocol, check_id: str, now: datetime) -> Verdict:
    """An override answers a check that failed and that the protocol lets a person override."""
    before = may_answer_checks(log)
    if not before.allowed:
        return before
    stands = next((state for state in check_states(log, protocol, now) if state.check.id == check_id), None)
    if stands is None:
        return Verdict(("It is not part of the checks of this session.",))
    if not stands.check.overridable:
        return Verdict(("The protocol lets nobody go on without it. Resolve it, or cancel the session.",))
    if stands.state == UNKNOWN:
        return Verdict((f"Nobody can override what is not known yet. {stands.why}",))
    if stands.state == MET:
        return Verdict(("It is met, so there is nothing to override.",))
    return Verdict()


def may_override_leaving(log: SessionLog, protocol: Protocol, criterion_id: str, now: datetime) -> Verdict:
    """An override answers a criterion for leaving that is not met and that the protocol lets a person override."""
    stands = next((state for state in leaving_states(log, protocol, now) if state.check.id == criterion_id), None)
    if stands is None:
        return Verdict(("It is not part of the criteria of this session.",))
    if not stands.check.overridable:
        return Verdict(("The protocol lets nobody leave without it. Wait until it is met.",))
    if stands.state == UNKNOWN:
        return Verdict((f"Nobody can override what is not known yet. {stands.why}",))
    if stands.state == MET:
        return Verdict(("It is met, so there is nothing to override.",))
    return Verdict()


def may_correct(log: SessionLog, seq: int) -> Verdict:
    """Say whether the entry numbered `seq` can be marked as wrong."""
    event = log.events.get(seq)
    if event is None:
        return Verdict(("There is no such entry in this session.",))
    if isinstance(event.what, _ALWAYS):
        return Verdict()
    if not isinstance(event.what, _WHILE_OPEN):
        return Verdict(("Others have acted on it, so it stays. Write a note that says what was wrong.",))
    if isinstance(event.what, InfusionPrepared) and log.course.started is not None:
        return Verdict((f"This {manner_of(log).prepared} was started. Write a note that says what was wrong.",))
    return must_be_open(log)


def _before_start(log: SessionLog, otherwise: str) -> Verdict:
    is_open = must_be_open(log)
    if not is_open.allowed:
        return is_open
    if log.phase() in BEFORE_START:
        return Verdict()
    start = log.course.started
    by = f" by {start.by}" if start else ""
    return Verdict((f"The {manner_of(log).treatment} was started{by}. {otherwise}",))
