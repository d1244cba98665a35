"""May this be done now? The questions asked before a syringe is checked and a pump is started, paused or stopped.

Every answer is a Verdict with its reasons in words, in the order in which a nurse should deal with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from glimmer.care.session.conditions import limit_in_words, meets
from glimmer.care.session.course import Phase
from glimmer.care.session.functions import functions_of, is_measured
from glimmer.care.session.log import SessionLog
from glimmer.care.session.manner import manner_of, phase_in_words
from glimmer.care.session.series import Sample
from glimmer.guidance.alarm_rules import AlarmRule
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Check, Protocol
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.verdict import Verdict

PRESSURES = (Parameter.SYSTOLIC, Parameter.DIASTOLIC)
MET, NOT_MET, UNKNOWN = "met", "not met", "unknown"
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class CheckState:
    """How one check stands. `state` is met, not met or unknown; `why` says it in words.

    `answer` is what was answered ("" if nothing), `overridden_by` the name that stands for an override;
    `measured` says that readings answer it, and not a person.
    """

    check: Check
    state: str
    why: str = ""
    answer: str = ""
    overridden_by: str = ""
    measured: bool = False

    @property
    def lets_pass(self) -> bool:
        """True when nothing about this check stops the session."""
        return self.state == MET or bool(self.overridden_by)


def applies(check: Check, log: SessionLog) -> bool:
    """Say whether a check belongs to this patient: some are asked only where a pregnancy is possible."""
    if check.only_if == "pregnancy_possible":
        return log.opened is not None and log.opened.pregnancy_possible
    return True


def check_states(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[CheckState, ...]:
    """Return how every check before the start stands at `now`, in the order of the protocol."""
    return tuple(_check_state(check, log, protocol, now) for check in protocol.checks_before if applies(check, log))


def _check_state(check: Check, log: SessionLog, protocol: Protocol, now: datetime) -> CheckState:
    said = log.check(check.id)
    by = said.override.by if said.override and check.overridable else ""
    if is_measured(check, log):
        state, why = _measured(check.measured, log, protocol, now)
        return CheckState(check, state, why, overridden_by=by, measured=True)
    if said.answer is None:
        return CheckState(check, UNKNOWN, f"Not answered yet: {check.asks}", overridden_by=by)
    answer = said.answer.what.answer  # type: ignore[attr-defined]
    if answer == check.wanted:
        return CheckState(check, MET, answer=answer)
    return CheckState(check, NOT_MET, check.if_not, answer, by)


def _measured(name: str, log: SessionLog, protocol: Protocol, now: datetime) -> tuple[str, str]:
    rule = MEASURED.get(name)
    if rule is None:
        # Fails closed: a protocol that asks for a rule we do not have cannot be started by accident.
        return UNKNOWN, f"Glimmer has no rule named {name!r}; tell the person who looks after the protocol."
    return rule(log, protocol, now)


def may_start(log: SessionLog, protocol: Protocol, consent: Verdict, now: datetime) -> Verdict:
    """Say whether the pump may be started at `now`, with every reason against it.

    `consent` is the verdict on the patient's consent today; its reasons come first.
    """
    course = log.course
    if course.phase not in (Phase.CHECKS, Phase.READY):
        return Verdict((f"The session is past its start: {phase_in_words(log).lower()}.",))
    reasons = list(consent.reasons)
    cautions = list(consent.cautions)
    for state in check_states(log, protocol, now):
        if not state.lets_pass:
            reasons.append(state.why)
        elif state.overridden_by:
            cautions.append(f"{state.check.asks} Overridden by {state.overridden_by}.")
    if functions_of(log).alarms:
        stop, warn = _pressure_before(log, protocol, now)
        reasons += [words for words in stop if words not in reasons]
        cautions += [words for words in warn if words not in reasons]
    else:
        cautions.append("Alarms are off in Glimmer: nothing here was judged from the readings. Judge them yourself.")
    reasons += _preparation_reasons(log, now)
    return Verdict(tuple(reasons), tuple(cautions))


# Blood pressure and observations before the start


def fresh(log: SessionLog, parameter: Parameter, now: datetime) -> Sample | None:
    """Return the latest reading of `parameter` if it is young enough to start on, else None."""
    sample = log.latest(parameter, now)
    oldest = now - timedelta(minutes=figure("session", "observations_before_fresh_for").value)
    return sample if sample is not None and sample.at >= oldest.timestamp() else None


def _pressure_before(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[list[str], list[str]]:
    """Return what stops the start and what is a caution: a rule of high priority before the start stops it."""
    missing = [parameter for parameter in PRESSURES if fresh(log, parameter, now) is None]
    if missing:
        minutes = figure("session", "observations_before_fresh_for").value
        return [f"There is no blood pressure from the last {minutes} minutes. Measure it now."], []
    stop: list[str] = []
    warn: list[str] = []
    for rule in protocol.alarms:
        if rule.phase != "before":
            continue
        words = _broken(rule, log, now)
        if words:
            (stop if rule.priority == "high" else warn).append(words)
    return stop, warn


def _broken(rule: AlarmRule, log: SessionLog, now: datetime) -> str:
    for condition in rule.conditions:
        if condition.measure != "value" or condition.parameter not in FORMS:
            continue
        sample = fresh(log, Parameter(condition.parameter), now)
        if sample is not None and meets(condition, sample.reading.value):
            name = FORMS[sample.reading.parameter].name
            return f"{name} is {sample.reading.shown} ({limit_in_words(condition)}). {rule.action}"
    return ""


def _pressure_in_limits(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[str, str]:
    if any(fresh(log, parameter, now) is None for parameter in PRESSURES):
        return UNKNOWN, _pressure_before(log, protocol, now)[0][0]
    stop, warn = _pressure_before(log, protocol, now)
    return (NOT_MET, (stop + warn)[0]) if stop or warn else (MET, "")


def _observations_taken(log: SessionLog, protocol: Protocol, now: datetime) -> tuple[str, str]:
    wanted = [Parameter(name) for name in protocol.observation_parameters if name in FORMS]
    missing = [FORMS[parameter].name.lower() for parameter in wanted if fresh(log, parameter, now) is None]
    if not missing:
        return MET, ""
    minutes = figure("session", "observations_before_fresh_for").value
    return UNKNOWN, f"Not measured in the last {minutes} minutes: {', '.join(missing)}. Take the observations before."


MEASURED: dict[str, Callable[[SessionLog, Protocol, datetime], tuple[str, str]]] = {
    "blood_pressure_before": _pressure_in_limits,
    "observations_before": _observations_taken,
}


# The syringe


def _preparation_reasons(log: SessionLog, now: datetime) -> list[str]:
    prepared, manner = log.course.prepared, manner_of(log)
    if prepared is None:
        return [f"The {manner.treatment} has not been prepared yet. {manner.prepare}"]
    if log.course.second_check is None:
        return [f"The {manner.prepared} that {prepared.by} prepared still needs its check by a second person."]
    hours = figure("session", "preparation_fresh_for").value
    if now - prepared.happened_at > timedelta(minutes=hours):
        return [f"The {manner.prepared} was prepared more than {hours} minutes ago. {manner.again}"]
    return []


def may_check_preparation(log: SessionLog, by_id: int) -> Verdict:
    """Say whether this person may be the second checker: there is a syringe, unchecked, prepared by somebody else."""
    course = log.course
    if course.phase not in (Phase.CHECKS, Phase.READY):
        return Verdict((f"The preparation is checked before the start; now: {phase_in_words(log).lower()}.",))
    if course.prepared is None:
        return Verdict(("Nothing has been prepared yet, so there is nothing to check.",))
    if course.second_check is not None:
        return Verdict((f"{course.second_check.by} has already checked this {manner_of(log).prepared}.",))
    if course.prepared.by_id == by_id:
        return Verdict((f"You prepared this {manner_of(log).prepared} yourself. Ask a colleague to check it.",))
    return Verdict()


# The pump


def may_pause(log: SessionLog, now: datetime) -> Verdict:
    """Say whether the infusion can be paused: it must be running, and a pump must give it."""
    if not manner_of(log).pump:
        return Verdict(("Only what a pump gives can be paused. Wait with the next step, or give no more.",))
    return _only_in(log, (Phase.RUNNING,), "Only a running infusion can be paused")


def may_resume(log: SessionLog, now: datetime) -> Verdict:
    """Say whether the infusion can be resumed: it must be paused. A stopped one stays stopped."""
    return _only_in(log, (Phase.PAUSED,), "Only a paused infusion can be resumed")


def may_stop(log: SessionLog, now: datetime) -> Verdict:
    """Say whether the infusion can be stopped before its end: whenever it was started and has not ended."""
    rule = f"Only {manner_of(log).a_treatment} that has begun and not ended can be stopped"
    return _only_in(log, (Phase.RUNNING, Phase.PAUSED), rule)


def may_complete(log: SessionLog, now: datetime) -> Verdict:
    """Say whether the infusion can be completed; finishing well before the planned time is a caution to look twice."""
    manner = manner_of(log)
    if not manner.pump:
        return Verdict((f"It ends with its last {manner.step}, or when no more is given.",))
    verdict = _only_in(log, (Phase.RUNNING,), "Only a running infusion can be completed")
    left = log.course.minutes_left(now)
    if verdict.allowed and left >= 1:
        return Verdict((), (f"By the plan it would run {left:.0f} more minutes. Check the volume on the pump.",))
    return verdict


# Step by step


def next_step(log: SessionLog, protocol: Protocol) -> tuple[int, int]:
    """Return the number of the step that is to be given next, and how many there are; (0, n) when all were given."""
    course, prepared = log.course, log.course.preparation
    steps = protocol.steps_for(prepared.dose_mg) if prepared is not None else 1
    given = {event.what.number for event in course.steps}  # type: ignore[attr-defined]
    return next((number for number in range(1, steps + 1) if number not in given), 0), steps


def may_give_step(log: SessionLog, protocol: Protocol, now: datetime) -> Verdict:
    """Say whether the next step of a started dose may be given at `now`: not before the protocol's minutes passed."""
    manner = protocol.given_by
    if not manner.steps:
        return Verdict((f"{manner.a_treatment.capitalize()} is run by a pump, and is not given in steps.",))
    verdict = _only_in(log, (Phase.RUNNING,), f"The next {manner.step} is given once the first was, and before the end")
    if not verdict.allowed or not log.course.steps or protocol.minutes_between_steps is None:
        return verdict
    wait = protocol.minutes_between_steps.value
    passed = (now - max(step.happened_at for step in log.course.steps)).total_seconds() / SECONDS_PER_MINUTE
    if passed >= wait:
        return Verdict()
    return Verdict(
        (f"The next {manner.step} is given {wait} minutes after the last; it has been {int(passed)}. Wait.",)
    )


def _only_in(log: SessionLog, phases: tuple[Phase, ...], rule: str) -> Verdict:
    phase = log.phase()
    if phase in phases:
        return Verdict()
    return Verdict((f"{rule}. It stands at: {phase_in_words(log).lower()}.",))
