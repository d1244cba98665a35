"""May the patient leave? Each criterion of the protocol is met, not met or unknown, and unknown is not met.

What can be measured is worked out from the log; the rest is answered by a person. A psychiatrist may
override a criterion that the protocol lets them override, by name and with a reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from glimmer.care.session.checks import MET, NOT_MET, UNKNOWN, applies
from glimmer.care.session.course import Phase
from glimmer.care.session.events import SessionEvent
from glimmer.care.session.functions import is_measured
from glimmer.care.session.log import Said, SessionLog
from glimmer.care.session.manner import manner_of, phase_in_words
from glimmer.care.session.series import Sample
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Check, Protocol
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.verdict import Verdict

# The criterion whose answer decides how long the patient stays; either answer lets them go in the end.
ESCORTED = "escorted"
EITHER = "either"


@dataclass(frozen=True, slots=True)
class CriterionState:
    """How one criterion for leaving stands. `state` is met, not met or unknown; `why` says it in words.

    `measured` says that readings or the clock answer it, and not a person.
    """

    check: Check
    state: str
    why: str = ""
    answer: str = ""
    overridden_by: str = ""
    measured: bool = False

    @property
    def lets_pass(self) -> bool:
        """True when this criterion does not keep the patient here."""
        return self.state == MET or bool(self.overridden_by)


def leaving_states(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[CriterionState, ...]:
    """Return how every criterion for leaving stands at `now`, in the order of the protocol."""
    return tuple(_state(check, log, protocol, now) for check in protocol.leaving if applies(check, log))


def may_leave(log: SessionLog, protocol: Protocol, now: datetime) -> Verdict:
    """Say whether the patient may be discharged at `now`, with every criterion that speaks against it."""
    if log.phase() is not Phase.RECOVERING:
        return Verdict((f"A patient leaves after recovery. The session stands at: {phase_in_words(log).lower()}.",))
    states = leaving_states(log, protocol, now)
    reasons = [state.why for state in states if not state.lets_pass]
    stay = _stayed(log, protocol, now)
    if not any(state.check.measured == "minimum_stay" for state in states) and stay[0] != MET:
        reasons.insert(0, stay[1])
    cautions = [f"{state.check.asks} Overridden by {state.overridden_by}." for state in states if state.overridden_by]
    return Verdict(tuple(reasons), tuple(cautions))


def _state(check: Check, log: SessionLog, protocol: Protocol, now: datetime) -> CriterionState:
    said = said_since_the_end(log, check.id)
    by = said.override.by if said.override and check.overridable else ""
    if is_measured(check, log):
        rule = MEASURED.get(check.measured)
        if rule is None:
            why = f"Glimmer has no rule named {check.measured!r}; tell the person who looks after the protocol."
            return CriterionState(check, UNKNOWN, why, overridden_by=by, measured=True)
        state, why = rule(log, protocol, now)
        return CriterionState(check, state, why, overridden_by=by, measured=True)
    if said.answer is None:
        return CriterionState(check, UNKNOWN, f"Not answered yet: {check.asks}", overridden_by=by)
    answer = said.answer.what.answer  # type: ignore[attr-defined]
    if check.wanted in (answer, EITHER):
        return CriterionState(check, MET, answer=answer)
    return CriterionState(check, NOT_MET, check.if_not, answer, by)


def said_since_the_end(log: SessionLog, criterion: str) -> Said:
    """Return what was said since the infusion ended.

    Where an end was marked as wrong and the pump ran on, what was answered about the patient before is no answer.
    """
    said, ended_at = log.criterion(criterion), log.course.ended_at
    answer, override = (
        event if event is not None and ended_at is not None and event.happened_at >= ended_at else None
        for event in (said.answer, said.override)
    )
    return Said(answer, override)


# Measured criteria


def is_escorted(log: SessionLog) -> bool:
    """Say whether somebody takes the patient home: until a person has answered so, the patient counts as alone."""
    said = said_since_the_end(log, ESCORTED).answer
    return said is not None and said.what.answer == "yes"  # type: ignore[attr-defined]


def _stayed(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[str, str]:
    minutes_since_end = log.course.minutes_since_end(now)
    if minutes_since_end is None:
        return UNKNOWN, f"The {manner_of(log).treatment} has not ended yet."
    escorted = is_escorted(log)
    stay = (protocol.stay_minutes_escorted if escorted else protocol.stay_minutes_alone).value
    if minutes_since_end >= stay:
        return MET, ""
    how = "with an escort" if escorted else "alone"
    since = int(minutes_since_end)
    after = f"at least {stay} minutes after the {manner_of(log).treatment}"
    return NOT_MET, f"A patient who leaves {how} stays {after}; it has been {since}."


def _recent(log: SessionLog, parameter: Parameter, now: datetime) -> Sample | None:
    """Return the latest reading if it was taken after the infusion and is young enough to decide on."""
    sample = log.latest(parameter, now)
    ended_at = log.course.ended_at
    if sample is None or ended_at is None:
        return None
    oldest = now - timedelta(minutes=figure("session", "leaving_observations_fresh_for").value)
    return sample if sample.at >= max(oldest, ended_at).timestamp() else None


def baseline(log: SessionLog, parameter: Parameter) -> Sample | None:
    """Return this patient's own value before the start: the last reading up to then."""
    started_at = log.course.started_at
    return log.latest(parameter, started_at) if started_at is not None else None


def _vitals_near(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[str, str]:
    problems, unknown = [], []
    ahead = f"before the {manner_of(log).treatment}"
    pressure_near = figure("session", "leaving_blood_pressure_near").value
    allowed = {
        Parameter.SYSTOLIC: pressure_near,
        Parameter.DIASTOLIC: pressure_near,
        Parameter.PULSE: figure("session", "leaving_pulse_near").value,
    }
    for parameter, near in allowed.items():
        sample, before = _recent(log, parameter, now), baseline(log, parameter)
        name = FORMS[parameter].name
        if sample is None or before is None:
            unknown.append(name.lower())
        elif abs(sample.reading.value - before.reading.value) > near:
            problems.append(f"{name} is {sample.reading.shown}; {ahead} it was {before.reading.shown}.")
    spo2 = _recent(log, Parameter.SPO2, now)
    least = figure("session", "leaving_spo2_at_least").value
    if spo2 is None:
        unknown.append(FORMS[Parameter.SPO2].name.lower())
    elif spo2.reading.value < least:
        problems.append(f"Oxygen saturation is {spo2.reading.shown}; it must be {least} % or more.")
    if problems:
        return NOT_MET, " ".join(problems)
    if unknown:
        return UNKNOWN, f"Measure again, there is no recent value to compare: {', '.join(unknown)}."
    return MET, ""


def _last_round_with(log: SessionLog, field: str, now: datetime) -> SessionEvent | None:
    """Return the last round after the infusion, young enough to decide on, in which `field` was filled in."""
    ended_at = log.course.ended_at
    if ended_at is None:
        return None
    oldest = max(now - timedelta(minutes=figure("session", "leaving_observations_fresh_for").value), ended_at)
    for event in reversed(log.observations):
        if oldest <= event.happened_at <= now and getattr(event.what, field) is not None:
            return event
    return None


def _awake(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[str, str]:
    event = _last_round_with(log, "sedation", now)
    least = figure("session", "leaving_moaas_at_least").value
    if event is None:
        after = f"after the {manner_of(log).treatment}"
        return UNKNOWN, f"Sedation (MOAA/S) has not been recorded recently enough {after}. Record it now."
    scored = event.what.sedation  # type: ignore[attr-defined]
    return (MET, "") if scored >= least else (NOT_MET, f"MOAA/S is {scored}; the patient leaves at {least}.")


def _dissociation_gone(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[str, str]:
    event = _last_round_with(log, "dissociation", now)
    if event is None:
        after = f"after the {manner_of(log).treatment}"
        return UNKNOWN, f"Dissociation has not been scored recently enough {after}. Score it now."
    before = _dissociation_before(log)
    scored = event.what.dissociation  # type: ignore[attr-defined]
    most = before + figure("session", "leaving_dissociation_above_baseline_at_most").value
    if scored <= most:
        return MET, ""
    return NOT_MET, f"Dissociation scores {scored}; the patient leaves at {most} or less."


def _dissociation_before(log: SessionLog) -> int:
    started_at = log.course.started_at
    for event in reversed(log.observations):
        scored = event.what.dissociation  # type: ignore[attr-defined]
        if scored is not None and started_at is not None and event.happened_at <= started_at:
            return scored
    return 0


MEASURED: dict[str, Callable[[SessionLog, Protocol, datetime], tuple[str, str]]] = {
    "minimum_stay": _stayed,
    "vitals_near_baseline": _vitals_near,
    "awake": _awake,
    "dissociation_near_baseline": _dissociation_gone,
}
