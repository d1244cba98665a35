"""One simulated session before both monitors, and the judgement on each: what was alarmed in time, and what was true.

The session is fed to `SessionMonitor` in order of arrival. Every few seconds the state is asked for, what is new is
written to the log as the app's watcher does, and a nurse takes charge of each alarm some time after it was shown.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from glimmer.care.session.events import (
    AlarmAcknowledged,
    DeviceAlarm,
    DeviceReadings,
    Discharged,
    InfusionChecked,
    InfusionCompleted,
    InfusionPaused,
    InfusionPrepared,
    InfusionResumed,
    InfusionStarted,
    ObservationRecorded,
    SessionEvent,
    SessionOpened,
    What,
)
from glimmer.guidance.protocol import AlarmRule, Protocol
from glimmer.monitoring.state import Alarm, SessionMonitor, new_alarms
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from soak.alarm_bedside import Bedside, Planted, looks_every
from soak.alarm_body import MINUTE, SPO2
from soak.alarm_pump import RATE, STRENGTH, VOLUME, Delivery, Value
from soak.alarm_threshold import ARMED_AGAIN_AFTER, DISPLAYS, Beep, ThresholdMonitor
from soak.alarm_truth import CUFF_EVERY, rules_of

OPENED_AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LOOKS_EVERY = 30.0
# An alarm is about what was true around the reading that raised it; a value is held this long by averaging monitors.
AROUND = 15.0
MOST_SATURATION = 100
_PARAMETERS = {parameter.value: parameter for parameter in Parameter}


@dataclass
class Outcome:
    """What one session showed. Alarms are tallied as (scope, priority or "beep") -> [true, all]."""

    seed: int
    hours: float
    answered: list[tuple[str, str, float | None, bool]] = field(default_factory=list)
    tally: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    by_rule: dict[str, list[int]] = field(default_factory=dict)

    def count(self, scope: str, priority: str, was_true: bool) -> None:
        """Count one alarm."""
        held = self.tally.setdefault((scope, priority), [0, 0])
        held[0] += was_true
        held[1] += 1


@dataclass(frozen=True, slots=True)
class Shown:
    """An alarm as the team met it: `at` is when it was first shown."""

    alarm: Alarm
    at: float


class Run:
    """One session in front of Glimmer's monitor."""

    def __init__(self, bed: Bedside) -> None:
        self.bed = bed
        self.rng = Random(f"nurse {bed.seed}")
        self.monitor = SessionMonitor()
        self.seq = 0
        self.shown: dict[str, Shown] = {}
        self.standing: dict[str, list[tuple[float, frozenset[str]]]] = {}
        self._to_acknowledge: list[tuple[float, str]] = []
        self._prepare()

    def _prepare(self) -> None:
        version = self.bed.protocol
        self._tell(0, SessionOpened(version.id, version.version, 1, 35.0, 40.0, 70.0, "Bay 1"))
        syringe = InfusionPrepared("Ketamine (racemic)", "B1", "2027-06-30", 10.0, 35.0, 3.5, VOLUME, STRENGTH, RATE)
        self._tell(15 * MINUTE, syringe, by_id=1)
        self._tell(16 * MINUTE, InfusionChecked(self.seq), by_id=2)

    def _tell(self, at: float, what: What, measured: float | None = None, by_id: int | None = None) -> None:
        self.seq += 1
        happened = at if measured is None else min(measured, at)
        self.monitor.add(SessionEvent(self.seq, _moment(happened), _moment(at), "simulated", what, by_id))

    def go(self) -> None:
        """Play the session from its first message to its last."""
        deliveries, index = self.bed.deliveries, 0
        for now in self._moments():
            while index < len(deliveries) and deliveries[index].at <= now:
                self._hear(deliveries[index])
                index += 1
            self._acknowledge(now)
            self._look(now)

    def _moments(self) -> list[float]:
        """When the watcher looks: every 30 seconds, and as `looks_every` says while a danger is there."""
        until = self.bed.over_at - 1
        moments = {step * LOOKS_EVERY for step in range(1, int(until / LOOKS_EVERY))}
        for one in self.bed.planted:
            every = looks_every(one.danger)
            last = min(one.by + every, until)
            first = int(one.starts / every)
            moments |= {step * every for step in range(first, int(last / every) + 1)}
        return sorted(moments)

    def _hear(self, one: Delivery) -> None:
        if one.device and one.act:
            about, phase = one.act
            says = DeviceAlarm(one.device, "probe-off", "Probe off", phase, about=about, parameter="spo2")
            self._tell(one.at, says, one.measured)
        elif one.device:
            measured = _moment(one.measured)
            readings = tuple(_reading(value, measured) for value in one.values)
            self._tell(one.at, DeviceReadings(one.device, readings, drug=one.drug), one.measured)
        else:
            self._tell(one.at, _act(one), by_id=1)

    def _look(self, now: float) -> None:
        state = self.monitor.state(_moment(now))
        for raised in new_alarms(state, self.monitor.log):
            self._tell(now, raised)
            alarm = next(one for one in state.all_alarms if one.key == raised.key)
            self.shown[raised.key] = Shown(alarm, now)
            self._to_acknowledge.append((now + self.rng.uniform(20, 120), raised.key))
        self._note_standing(now, state.alarms)

    def _note_standing(self, now: float, alarms: tuple[Alarm, ...]) -> None:
        rules = frozenset(alarm.rule.partition(":")[0] for alarm in alarms)
        for one in self.bed.planted:
            if one.starts <= now <= one.by:
                self.standing.setdefault(_name(one), []).append((now, rules))

    def _acknowledge(self, now: float) -> None:
        due = [one for one in self._to_acknowledge if one[0] <= now]
        for one in due:
            self._to_acknowledge.remove(one)
            self._tell(now, AlarmAcknowledged(one[1], "Looked"), by_id=1)


def outcome_of(seed: int, protocol: Protocol) -> Outcome:
    """Play one session before both monitors and judge both."""
    bed = Bedside(seed, protocol)
    run = Run(bed)
    run.go()
    plain = ThresholdMonitor(protocol)
    for message in bed.deliveries:
        if message.device == "bay-1-monitor":
            plain.take(message)
    outcome = Outcome(seed, bed.over_at / 3600)
    for one in bed.planted:
        standing = run.standing.get(_name(one), ())
        at = next((now for now, rules in standing if set(one.danger.rules) & rules), None)
        taken = None if at is None else at - one.since
        outcome.answered.append((one.danger.kind, one.beside, taken, _beeped(one, plain.beeps)))
    judge = Judge(bed)
    for shown in run.shown.values():
        scope, was_true = judge.of_alarm(shown)
        if scope:
            outcome.count(scope, shown.alarm.priority, was_true)
            rule = outcome.by_rule.setdefault(shown.alarm.rule.partition(":")[0], [0, 0])
            rule[0] += was_true
            rule[1] += 1
    for beep in plain.beeps:
        outcome.count("threshold", beep.rule.priority, judge.was_beyond(beep.rule, beep.at - AROUND, beep.at))
    return outcome


def _beeped(one: Planted, beeps: list[Beep]) -> bool:
    """Say whether the threshold monitor called; a call so shortly before that it is not armed again counts for it."""
    since = one.starts - ARMED_AGAIN_AFTER
    return any(beep.rule.id in one.danger.rules and beep.at <= one.by and since <= beep.until for beep in beeps)


class Judge:
    """Was an alarm true? Asked of the body and of the planted troubles, never of what was measured."""

    def __init__(self, bed: Bedside) -> None:
        self.bed = bed
        self.rules = rules_of(bed.protocol)
        self._gaps = _gaps(bed.deliveries)

    def was_beyond(self, rule: AlarmRule, since: float, until: float) -> bool:
        """True where the body itself was beyond the rule's limit for the rule's persistence, around those times."""
        stretches = self.bed.truth.beyond(rule, self.bed.baseline)
        return any(first <= until and since <= last + AROUND for first, last in stretches)

    def of_alarm(self, shown: Shown) -> tuple[str, bool]:
        """Return the scope of an alarm ("vital", "other", or "" where a person wrote the finding) and its truth."""
        rule_id, onset = shown.alarm.rule, (shown.alarm.onset - OPENED_AT).total_seconds()
        since = min(onset, onset - self.bed.offset) - AROUND
        rule = self.rules.get(rule_id)
        if rule is not None:
            if not any(condition.parameter in self.bed.truth.values for condition in rule.conditions):
                return "", True
            return "vital", self.was_beyond(rule, since, shown.at)
        name = rule_id.partition(":")[0]
        if name == "observation_overdue":
            return "", True
        if name.startswith("signal"):
            return "other", any(first <= shown.at and since <= last for first, last in self._gaps)
        if name.startswith("pump"):
            troubles = self.bed.pump.dangers
            return "other", any(first - AROUND <= shown.at and since <= last + AROUND for _, first, last in troubles)
        spoilt = [(one.since, one.until) for one in self.bed.artefacts]
        return "other", any(first - AROUND <= shown.at and since <= last + CUFF_EVERY for first, last in spoilt)


def _gaps(deliveries: list[Delivery], longest: float = 55.0) -> list[tuple[float, float]]:
    """Return the silences of each continuous parameter that were really there, by order of arrival."""
    last: dict[str, float] = {}
    gaps = []
    for message in deliveries:
        for name, value, _ in message.values if message.device else ():
            if not DISPLAYS[0] <= value <= (MOST_SATURATION if name == SPO2 else DISPLAYS[1]):
                continue  # What no body has is not heard.
            since = last.get(name)
            if since is not None and message.at - since > longest:
                gaps.append((since, message.at))
            last[name] = message.at
    return [*gaps, *((at, at + 3600) for at in last.values())]


def _name(one: Planted) -> str:
    return f"{one.danger.kind}@{one.since}"


def _moment(at: float) -> datetime:
    return OPENED_AT + timedelta(seconds=at)


def _reading(value: Value, measured: datetime) -> Reading:
    return Reading(_PARAMETERS[value[0]], value[1], measured, value[2])


def _act(one: Delivery) -> What:
    kind, *facts = one.act
    if kind == "round":
        due, sedation, values = facts
        readings = tuple(_reading(value, _moment(one.at)) for value in values)
        return ObservationRecorded(readings, due, consciousness="A", sedation=sedation, dissociation=0)
    told: dict[str, What] = {
        "start": InfusionStarted(),
        "pause": InfusionPaused("Asked for it"),
        "resume": InfusionResumed(),
        "complete": InfusionCompleted(VOLUME),
        "leave": Discharged("Sister"),
    }
    return told[kind]
