"""The log of a session in words: one sentence for each event that a person should see."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from glimmer.care.session.conduct import may_correct
from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmEscalated,
    AlarmRaised,
    CheckOverridden,
    CheckRecorded,
    ConfusionAttributed,
    Corrected,
    DeviceAlarm,
    DeviceConnected,
    DeviceDisconnected,
    DeviceReadings,
    Discharged,
    DrugAccounted,
    DrugPutBack,
    DrugTaken,
    FunctionsSwitched,
    IdentityContradicted,
    InfusionChecked,
    InfusionCompleted,
    InfusionPaused,
    InfusionPrepared,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    LeavingChecked,
    LeavingOverridden,
    NoteWritten,
    ObservationRecorded,
    SessionCancelled,
    SessionEvent,
    SessionOpened,
    SideEffectRecorded,
    SoundPaused,
    SoundResumed,
    StepGiven,
)
from glimmer.care.session.log import SessionLog
from glimmer.care.session.manner import manner_of
from glimmer.guidance.administration import Administration
from glimmer.guidance.protocol import Check, Protocol
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.readings import Reading

# An entry made this much later than it happened says so.
LATE = timedelta(minutes=1)
YES_NO = {"yes": "yes", "no": "no", "not_applicable": "does not apply"}
ELICITED = {"reported": "patient said so", "asked": "patient was asked", "observed": "seen by staff"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log as the page shows it. `late` is when it was entered, where that was later."""

    seq: int
    at: datetime
    kind: str
    says: str
    by: str
    late: datetime | None = None
    can_correct: bool = False
    corrected: str = ""
    corrected_by: str = ""


def lines_of(log: SessionLog, protocol: Protocol) -> tuple[Line, ...]:
    """Return the log newest first. What monitors and pumps measured stands in the chart, not here."""
    words = Words(protocol, log)
    events = [event for event in log.events.values() if not isinstance(event.what, DeviceReadings | Corrected)]
    events.sort(key=lambda event: (event.happened_at, event.seq), reverse=True)
    return tuple(_line(event, log, words) for event in events)


def line_of(event: SessionEvent, log: SessionLog, protocol: Protocol) -> Line:
    """Return one event as a line."""
    return _line(event, log, Words(protocol, log))


def _line(event: SessionEvent, log: SessionLog, words: "Words") -> Line:
    correction = log.corrected.get(event.seq)
    return Line(
        seq=event.seq,
        at=event.happened_at,
        kind=event.what.kind,
        says=words.says(event),
        by=event.by,
        late=event.received_at if event.received_at - event.happened_at > LATE else None,
        can_correct=correction is None and may_correct(log, event.seq).allowed,
        corrected=correction.what.reason if correction else "",  # type: ignore[attr-defined]
        corrected_by=correction.by if correction else "",
    )


class Words:
    """Says each kind of event in a sentence; the questions' own words come from the session's protocol."""

    def __init__(self, protocol: Protocol, log: SessionLog) -> None:
        self._checks: dict[str, Check] = {check.id: check for check in protocol.checks_before}
        self._criteria: dict[str, Check] = {check.id: check for check in protocol.leaving}
        self._manner = manner_of(log)
        self._alarms = {key: event.what for key, event in log.raised_alarms().items()}

    def says(self, event: SessionEvent) -> str:
        """Return the sentence of an event; one of an unknown kind is named, never left out."""
        what: Any = event.what
        if isinstance(what, CheckRecorded | LeavingChecked):
            return self._answer(what)
        if isinstance(what, CheckOverridden):
            return f"Overrode the check “{self._asks(self._checks, what.check)}”: {what.reason}"
        if isinstance(what, LeavingOverridden):
            return f"Overrode the criterion “{self._asks(self._criteria, what.criterion)}”: {what.reason}"
        if isinstance(what, AlarmAcknowledged):
            return f"Took charge of the alarm “{self._alarm(what.key)}”" + (f": {what.did}" if what.did else "")
        if isinstance(what, AlarmEscalated):
            return f"Nobody took charge of “{self._alarm(what.key)}”: escalated to {what.to}"
        if type(what) in GIVING:
            return GIVING[type(what)](what, self._manner)
        known = SAYS.get(type(what))
        return known(what) if known else what.kind.replace("_", " ")

    def _alarm(self, key: str) -> str:
        raised: Any = self._alarms.get(key)
        return raised.says if raised else "an alarm"

    def _answer(self, what: CheckRecorded | LeavingChecked) -> str:
        if isinstance(what, CheckRecorded):
            asks = self._asks(self._checks, what.check)
        else:
            asks = self._asks(self._criteria, what.criterion)
        return f"{asks}: {YES_NO.get(what.answer, what.answer)}" + (f" ({what.note})" if what.note else "")

    @staticmethod
    def _asks(among: dict[str, Check], check_id: str) -> str:
        return among[check_id].asks if check_id in among else check_id


def _prepared(what: InfusionPrepared, manner: Administration) -> str:
    if not manner.pump:
        return (
            f"Prepared {what.dose_mg:g} mg {what.drug}: {what.drug_volume_ml:g} mL of "
            f"{what.vial_concentration_mg_per_ml:g} mg/mL, batch {what.batch}, expires {what.expires_on}"
        )
    return (
        f"Prepared {what.dose_mg:g} mg {what.drug}: "
        f"{what.drug_volume_ml:g} mL of {what.vial_concentration_mg_per_ml:g} mg/mL "
        f"made up to {what.total_volume_ml:g} mL ({what.final_concentration_mg_per_ml:g} mg/mL), "
        f"rate {what.rate_ml_per_hour:g} mL/h, batch {what.batch}, expires {what.expires_on}"
    )


def _taken(what: DrugTaken) -> str:
    return (
        f"Took {what.containers} x {what.container_ml:g} mL {what.drug} {what.strength_mg_per_ml:g} mg/mL from the "
        f"controlled drugs register (entry {what.entry}), batch {what.batch}, expires {what.expires_on}; "
        f"witness {what.witness}"
    )


def _accounted(what: DrugAccounted) -> str:
    missing = f"; {what.missing_ml:g} mL not accounted for: {what.explanation}" if what.missing_ml else ""
    return (
        f"Accounted for {what.taken_ml:g} mL of the drug: {what.given_ml:g} mL given, "
        f"{what.discarded_ml:g} mL discarded{missing}; witness {what.witness}"
    )


def _observed(what: ObservationRecorded) -> str:
    parts = []
    pressure = pressure_in_words(what.readings)
    if pressure:
        parts.append(pressure)
    others = (r for r in what.readings if r.parameter not in (Parameter.SYSTOLIC, Parameter.DIASTOLIC))
    parts += [f"{FORMS[reading.parameter].short} {reading.shown}" for reading in others]
    if what.consciousness:
        by_drug = ", attributed to the drug" if what.attributed_to_drug else ""
        parts.append(f"consciousness {what.consciousness}{by_drug}")
    if what.sedation is not None:
        parts.append(f"MOAA/S {what.sedation}")
    if what.dissociation is not None:
        parts.append(f"dissociation {what.dissociation}")
    if what.on_oxygen:
        parts.append("on oxygen")
    if what.note:
        parts.append(what.note)
    which = "Extra observations" if what.due_minute is None else f"Observations for minute {what.due_minute}"
    return f"{which}: {', '.join(parts)}"


def pressure_in_words(readings: tuple[Reading, ...]) -> str:
    """Return `BP 118/74 mmHg` where a round holds both pressures, else ""."""
    values = {reading.parameter: reading.value for reading in readings}
    if Parameter.SYSTOLIC not in values or Parameter.DIASTOLIC not in values:
        return ""
    return f"BP {values[Parameter.SYSTOLIC]:.0f}/{values[Parameter.DIASTOLIC]:.0f} mmHg"


def _completed(what: InfusionCompleted, manner: Administration) -> str:
    by_pump = f", {what.volume_ml:g} mL by the pump" if what.volume_ml is not None else ""
    return f"{manner.treatment.capitalize()} completed{by_pump}"


def _step(what: StepGiven, manner: Administration) -> str:
    which = f" {what.number} of {what.of}" if what.of > 1 else ""
    return f"Given: {manner.step}{which}, {what.ml:g} mL"


def _device_alarm(what: DeviceAlarm) -> str:
    state = ", ".join(part for part in (what.phase, what.state, what.priority) if part)
    return f"{what.device} reports: {what.text or what.code}" + (f" ({state})" if state else "")


def _alarm_raised(what: AlarmRaised) -> str:
    says = what.says.rstrip(".")
    return f"Alarm, {what.priority}: {says}. {what.action}"


def _connected(what: DeviceConnected) -> str:
    unnamed = ", which sends no patient number" if what.may_be_unnamed else ""
    return f"Connected {what.device}{unnamed}"


def _disconnected(what: DeviceDisconnected) -> str:
    return f"Disconnected {what.device}" + (f": {what.reason}" if what.reason else "")


def _functions(what: FunctionsSwitched) -> str:
    named = (("alarms", what.alarms), ("dose arithmetic", what.dose_arithmetic), ("prediction", what.prediction))
    switched = ", ".join(f"{name} {'on' if is_on else 'OFF'}" for name, is_on in named)
    return f"Functions: {switched}" + (f", signed by {what.signed_by}" if what.signed_by else "")


def _side_effect(what: SideEffectRecorded) -> str:
    note = f": {what.note}" if what.note else ""
    return f"Side effect: {what.symptom}, {what.severity}, {ELICITED.get(what.elicited, what.elicited)}{note}"


SAYS: dict[type, Callable[[Any], str]] = {
    SessionOpened: lambda what: (
        f"Session {what.session_number} opened in {what.bay}: {what.dose_mg:g} mg"
        + (f" over {what.infusion_minutes:g} min" if what.infusion_minutes else "")
    ),
    DrugTaken: _taken,
    DrugPutBack: lambda what: (
        f"Put {what.containers} of entry {what.taken} back unopened (entry {what.entry}); witness {what.witness}"
    ),
    DrugAccounted: _accounted,
    DeviceAlarm: _device_alarm,
    DeviceConnected: _connected,
    DeviceDisconnected: _disconnected,
    IdentityContradicted: lambda what: f"{what.device} named another patient; what it sent waits in quarantine",
    FunctionsSwitched: _functions,
    SoundPaused: lambda what: f"Tones paused for {what.seconds} s" + (f": {what.reason}" if what.reason else ""),
    SoundResumed: lambda what: "Tones switched on again",
    ObservationRecorded: _observed,
    SideEffectRecorded: _side_effect,
    AlarmRaised: _alarm_raised,
    NoteWritten: lambda what: what.text,
    ConfusionAttributed: lambda what: f"Attributed the new confusion to the expected effect of the drug: {what.reason}",
    Discharged: lambda what: f"Left with: {what.escorted_by}" + (", written advice given" if what.advice_given else ""),
    SessionCancelled: lambda what: f"Session cancelled: {what.reason}",
}

# What is said in the words of the way of giving.
GIVING: dict[type, Callable[[Any, Administration], str]] = {
    InfusionPrepared: _prepared,
    InfusionChecked: lambda what, manner: manner.checked,
    InfusionStarted: lambda what, manner: f"{manner.treatment.capitalize()} started",
    StepGiven: _step,
    InfusionPaused: lambda what, manner: f"{manner.treatment.capitalize()} paused: {what.reason}",
    InfusionResumed: lambda what, manner: (
        f"{manner.treatment.capitalize()} resumed" + (f": {what.reason}" if what.reason else "")
    ),
    InfusionStopped: lambda what, manner: f"{manner.treatment.capitalize()} stopped for good: {what.reason}",
    InfusionCompleted: _completed,
}
