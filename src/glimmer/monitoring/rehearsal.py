"""Play a protocol through a session, from the checks to the way home, with a virtual patient and the real rules.

    rehearse(protocol, start)                 a patient whom nothing is wrong with, to the moment of leaving
    dangers_missed(protocol, start)           the same, with one dangerous value at a time: which raise no alarm?

What an act at the bedside asks of the rules is asked here as well, and what it would write is folded by the same
log. Only the database is not there. A draft need not be in the library.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from glimmer.care.plan import Preparation, prepared_dose
from glimmer.care.session.checks import (
    applies,
    may_check_preparation,
    may_complete,
    may_give_step,
    may_start,
    next_step,
)
from glimmer.care.session.conduct import may_answer_checks, may_answer_round, may_prepare
from glimmer.care.session.course import SECONDS_PER_MINUTE, Phase
from glimmer.care.session.events import (
    CheckRecorded,
    DeviceReadings,
    Discharged,
    FunctionsSwitched,
    InfusionChecked,
    InfusionCompleted,
    InfusionPrepared,
    InfusionStarted,
    LeavingChecked,
    ObservationRecorded,
    SessionEvent,
    SessionOpened,
    StepGiven,
    What,
)
from glimmer.care.session.functions import is_measured
from glimmer.care.session.leaving import ESCORTED, may_leave
from glimmer.care.session.words import Words
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol, on_trial
from glimmer.monitoring.state import SessionMonitor
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import BadInput
from glimmer.vocabulary.readings import Reading
from glimmer.vocabulary.verdict import Verdict

NURSE, SECOND_NURSE = 1, 2
MONITOR, PUMP = "virtual monitor", "virtual pump"
MINUTE = timedelta(minutes=1)
ANSWER_TO_ALL = "yes"


@dataclass
class Rehearsal:
    """What came of a played session. `told` is its log in words with the minute of each line; `wrong` in words.

    `left_after` is the minutes from the first moment of giving to the leaving, None where nobody could leave.
    """

    told: list[tuple[float, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    left_after: float | None = None


def rehearse(protocol: Protocol, start: datetime, *, escorted: bool = True) -> Rehearsal:
    """Play one session of a patient at rest whose pressure rises as expected, and tell what came of it."""
    with on_trial(protocol):
        play = _Play(protocol, start)
        return play.whole(escorted)


def dangers_missed(protocol: Protocol, start: datetime) -> list[str]:
    """Return, in words, the dangerous values that raise no alarm: while the drug is given, and afterwards."""
    missed = []
    with on_trial(protocol):
        for name in ("dangers", "low_dangers"):
            for parameter, value in figure("protocol", name).value.items():
                for afterwards in (False, True):
                    play = _Play(protocol, start)
                    if not play.to_the_start() or (afterwards and not play.give()):
                        return [f"It could not be played, so no alarm was tried: {' '.join(play.told.wrong[:1])}"]
                    if not play.alarms_on(parameter, value):
                        when = "after the last was given" if afterwards else "after the start"
                        missed.append(f"{parameter} of {value:g} for minutes {when} raises no alarm.")
    return missed


class _Play:
    """One played session. Time goes on only by `wait`, a minute at a time, in which the monitor speaks."""

    def __init__(self, protocol: Protocol, start: datetime) -> None:
        self.protocol, self.now, self.opened_at = protocol, start, start
        self.monitor = SessionMonitor()
        self.told = Rehearsal()
        self.seq = 0
        self.danger: dict[str, float] = {}
        self.prepared: Preparation | None = None

    @property
    def log(self):  # type: ignore[no-untyped-def]
        """The log so far."""
        return self.monitor.log

    def whole(self, escorted: bool) -> Rehearsal:
        """Play it to the end, and return what came of it."""
        if self.to_the_start() and self.give():
            self._stay(escorted)
        state = self.monitor.state(self.now)
        self.told.alarms = [alarm.says for alarm in state.all_alarms]
        self.told.wrong += [f"An alarm came although nothing was wrong: {says}" for says in self.told.alarms]
        if not self.told.wrong:
            self.told.wrong += [
                f"The round of minute {one.minute} was not done in time."
                for one in state.observations
                if (one.minute >= 0 and one.state.value in ("late", "overdue")) or (one.is_open and one.minute < 0)
            ]
        return self.told

    # What is written

    def _write(self, what: What, by_id: int | None = NURSE, by: str = "virtual nurse") -> None:
        self.seq += 1
        event = SessionEvent(self.seq, self.now, self.now, by, what, by_id)
        self.monitor.add(event)
        if not isinstance(what, DeviceReadings):
            minutes = (self.now - (self.log.course.started_at or self.opened_at)).total_seconds() / SECONDS_PER_MINUTE
            self.told.told.append((minutes, Words(self.protocol, self.log).says(event)))

    def _ask(self, verdict: Verdict, otherwise: str) -> bool:
        if not verdict.allowed:
            self.told.wrong.append(f"{otherwise} {' '.join(verdict.reasons)}")
        return verdict.allowed

    def wait(self, minutes: int = 1) -> None:
        """Let minutes pass, in each of which the monitor (and the pump) speak and due rounds are taken."""
        for _ in range(minutes):
            self.now += MINUTE
            self._devices_speak()
            self._rounds()

    def _devices_speak(self) -> None:
        readings = tuple(Reading(Parameter(name), value, self.now, "cuff") for name, value in self._values().items())
        self._write(DeviceReadings(MONITOR, readings), None, MONITOR)
        prepared = self.log.course.preparation
        if prepared is not None and self.protocol.given_by.pump and self.log.course.started_at is not None:
            runs = self.log.phase() is Phase.RUNNING and self.log.course.minutes_left(self.now) > 0
            values = {
                Parameter.INFUSION_RATE: prepared.rate_ml_per_hour if runs else 0.0,
                Parameter.VOLUME_INFUSED: round(self.log.course.expected_volume_ml(self.now), 1),
            }
            pump = tuple(Reading(name, value, self.now, "") for name, value in values.items())
            self._write(DeviceReadings(PUMP, pump, drug=self.protocol.drug), None, PUMP)

    def _values(self) -> dict[str, float]:
        values = {name: float(value) for name, value in figure("protocol", "calm").value.items()}
        share = self._effect()
        for name, rise in figure("protocol", "expected_rise").value.items():
            values[name] = round(values[name] + share * rise)
        return values | self.danger

    def _effect(self) -> float:
        """Return how much of its expected effect the drug has now, 0 to 1: up to the early minutes' end, and down."""
        started_at = self.log.course.started_at
        if started_at is None:
            return 0
        minutes = (self.now - started_at).total_seconds() / SECONDS_PER_MINUTE
        top = max(float(figure("protocol", "observation_early_until").value), self.log.course.planned_minutes)
        return minutes / top if minutes <= top else max(0.0, 2 - minutes / top)

    def _rounds(self) -> None:
        started_at = self.log.course.started_at
        for minute in sorted(self.protocol.observation_minutes):
            if minute in self.log.observations_by_minute():
                continue
            due = started_at is not None and self.now >= started_at + MINUTE * minute
            if (due and minute >= 0) or (started_at is None and minute < 0):
                self._round(minute)

    def _round(self, minute: int | None) -> None:
        if minute is not None:
            self._ask(may_answer_round(self.log, self.protocol, minute, self.now), f"Round {minute} is refused.")
        readings = tuple(
            Reading(Parameter(name), value, self.now, "manual")
            for name, value in self._values().items()
            if name in self.protocol.observation_parameters
        )
        awake = figure("session", "leaving_moaas_at_least").value
        self._write(ObservationRecorded(readings, minute, consciousness="A", sedation=awake, dissociation=0))

    # The course

    def to_the_start(self) -> bool:
        """Open, check, make ready, check by a second person, start. False when a rule said no."""
        dose = self._dose()
        self._write(self._opening(dose))
        self._write(FunctionsSwitched(True, True, False, "the rehearsal"), None, "Glimmer")
        self.wait()
        self._ask(may_answer_checks(self.log), "The checks are refused.")
        for check in self.protocol.checks_before:
            if applies(check, self.log) and not is_measured(check, self.log):
                self._write(CheckRecorded(check.id, check.wanted if check.wanted != "either" else ANSWER_TO_ALL))
        if not self._make_ready(dose):
            return False
        self.wait()
        if not self._ask(may_start(self.log, self.protocol, Verdict(), self.now), "The start is refused."):
            return False
        self._write(InfusionStarted())
        if self.protocol.given_by.steps:
            self._give_step()
        self._rounds()
        return True

    def _opening(self, dose: float) -> SessionOpened:
        return SessionOpened(
            protocol_id=self.protocol.id,
            protocol_version=self.protocol.version,
            session_number=1,
            dose_mg=dose,
            infusion_minutes=self.protocol.minutes_for(dose),
            weight_kg=float(figure("protocol", "weights_tried").value[1]),
            bay="Virtual bay",
            pregnancy_possible=True,
        )

    def _dose(self) -> float:
        own = float(self.protocol.dose.value)
        if self.protocol.dose_steps and not self.protocol.doses_by_weight:
            # The dose that takes the most steps shows the most of the protocol.
            return float(max(self.protocol.dose_steps.value))
        weight = figure("protocol", "weights_tried").value[1]
        return round(own * weight, 1) if self.protocol.doses_by_weight else own

    def _make_ready(self, dose: float) -> bool:
        self._ask(may_prepare(self.log), "Nothing can be prepared.")
        total = figure("protocol", "total_volume_tried").value if self.protocol.given_by.pump else None
        why = "no strength is offered"
        for strength in self.protocol.vial_concentrations_mg_per_ml:
            try:
                found = prepared_dose(self.protocol, dose, strength, total, self.protocol.minutes_for(dose))
            except BadInput as problem:
                why = str(problem)
                continue
            self._write(_as_event(self.protocol, found, self.now))
            self._ask(may_check_preparation(self.log, SECOND_NURSE), "The second check is refused.")
            self._write(InfusionChecked(self.seq), SECOND_NURSE, "second virtual nurse")
            return True
        self.told.wrong.append(f"{dose:g} mg cannot be made up: {why}")
        return False

    def give(self) -> bool:
        """Give all of it, to its end. False when a rule said no."""
        if self.protocol.given_by.pump:
            self.wait(int(self.protocol.minutes_for(0)))
            if not self._ask(may_complete(self.log, self.now), "The end is refused."):
                return False
            self._write(InfusionCompleted())
            return True
        while self.log.phase() is Phase.RUNNING:
            between = self.protocol.minutes_between_steps.value if self.protocol.minutes_between_steps else 0
            if between and may_give_step(self.log, self.protocol, self.now).allowed:
                self.told.wrong.append("The next step could be given at once, without the minutes between two steps.")
            self.wait(int(between))
            if not self._ask(may_give_step(self.log, self.protocol, self.now), "The next step is refused."):
                return False
            self._give_step()
        return True

    def _give_step(self) -> None:
        prepared, each = self.log.course.preparation, self.protocol.container_ml
        number, of = next_step(self.log, self.protocol)
        self._write(StepGiven(number, of, each.value if each else prepared.drug_volume_ml))

    def _stay(self, escorted: bool) -> None:
        longest = int(figure("protocol", "longest_played").value)
        stay = (self.protocol.stay_minutes_escorted if escorted else self.protocol.stay_minutes_alone).value
        if may_leave(self.log, self.protocol, self.now).allowed:
            self.told.wrong.append("The patient could leave at once.")
        self.wait(int(stay))
        self._round(None)
        for check in self.protocol.leaving:
            if applies(check, self.log) and not is_measured(check, self.log):
                answer = check.wanted if check.wanted != "either" else ANSWER_TO_ALL
                self._write(LeavingChecked(check.id, "no" if check.id == ESCORTED and not escorted else answer))
        verdict = may_leave(self.log, self.protocol, self.now)
        while not verdict.allowed and self.now - self.opened_at < MINUTE * longest:
            self.wait()
            if not self._minutes_since_start() % stay:
                self._round(None)
            verdict = may_leave(self.log, self.protocol, self.now)
        if self._ask(verdict, "The patient cannot leave."):
            self.told.left_after = self._minutes_since_start()
            self._write(Discharged("A virtual adult" if escorted else "On foot and by bus"))

    def _minutes_since_start(self) -> float:
        return (self.now - self.log.course.started_at).total_seconds() // SECONDS_PER_MINUTE

    # Dangers

    def alarms_on(self, parameter: str, value: float) -> bool:
        """Say whether a dangerous value that lasts raises an alarm, by the time that guidance allows."""
        known = {alarm.rule for alarm in self.monitor.state(self.now).all_alarms}
        self.danger = {parameter: float(value)}
        self.wait(int(figure("protocol", "danger_lasts").value))
        return any(alarm.rule not in known for alarm in self.monitor.state(self.now).all_alarms)


def _as_event(protocol: Protocol, found: Preparation, now: datetime) -> InfusionPrepared:
    return InfusionPrepared(
        drug=protocol.drug,
        batch="VIRTUAL",
        expires_on=(now + timedelta(weeks=1)).date().isoformat(),
        vial_concentration_mg_per_ml=found.vial_concentration_mg_per_ml,
        dose_mg=found.dose_mg,
        drug_volume_ml=found.drug_volume_ml,
        total_volume_ml=found.total_volume_ml,
        final_concentration_mg_per_ml=found.final_concentration_mg_per_ml,
        rate_ml_per_hour=found.rate_ml_per_hour,
    )
