"""What the session waits for, in words, first things first."""

from collections.abc import Iterable
from datetime import datetime

from glimmer.care.session.checks import CheckState
from glimmer.care.session.course import Phase
from glimmer.care.session.leaving import CriterionState
from glimmer.care.session.log import SessionLog
from glimmer.care.session.manner import manner_of
from glimmer.monitoring.episodes import Alarm
from glimmer.monitoring.schedule import Due, DueObservation


def needed_next(
    log: SessionLog,
    phase: Phase,
    checks: Iterable[CheckState],
    leaving: Iterable[CriterionState],
    observations: Iterable[DueObservation],
    alarms: Iterable[Alarm],
    now: datetime,
) -> tuple[str, ...]:
    """Return short sentences on what to do next; empty when the session is over."""
    if phase.is_over:
        return ()
    needs = [f"Take charge of the alarm: {alarm.says}" for alarm in alarms if not alarm.is_acknowledged]
    if phase in (Phase.CHECKS, Phase.READY):
        return (*needs, *_before_start(log, checks))
    for planned in observations:
        if planned.state in (Due.DUE, Due.OVERDUE):
            needs.append(f"Observations of minute {planned.minute} are {planned.state.value}.")
    if phase is Phase.PAUSED:
        needs.append("Resume or stop the infusion.")
    elif phase is Phase.RUNNING and not manner_of(log).pump:
        needs.append(_next_step(log))
    elif phase is Phase.RUNNING and log.course.minutes_left(now) <= 0:
        needs.append("The planned time is over: check the pump and complete the infusion.")
    elif phase is Phase.RECOVERING:
        open_criteria = [state for state in leaving if not state.lets_pass]
        needs += [state.why for state in open_criteria] or ["All criteria for leaving are met: discharge the patient."]
    return tuple(needs)


def _next_step(log: SessionLog) -> str:
    manner, steps = manner_of(log), log.course.steps
    if not steps:
        return f"Give the {manner.step}."
    return f"Give {manner.step} {len(steps) + 1} of {steps[0].what.of}, or give no more."  # type: ignore[attr-defined]


def _before_start(log: SessionLog, checks: Iterable[CheckState]) -> list[str]:
    checks = list(checks)
    unanswered = sum(1 for state in checks if not state.lets_pass and not state.answer and not state.measured)
    needs = [state.why for state in checks if not state.lets_pass and (state.answer or state.measured)]
    if unanswered:
        needs.insert(0, f"Answer the checks before the start: {unanswered} still open.")
    course, manner = log.course, manner_of(log)
    if course.prepared is None:
        needs.append(f"Prepare the {manner.treatment}.")
    elif course.second_check is None:
        needs.append(f"A second person checks the {manner.prepared}.")
    elif not needs:
        needs.append("Start the infusion." if manner.pump else f"Give the {manner.treatment}.")
    return needs
