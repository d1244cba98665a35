"""The bedside of one simulated session: what monitor, cuff, pump and nurse say of the body, and what is planted.

`Bedside(seed, protocol)` draws a whole session: the patient, zero to three dangers with the artefacts that overlap
them, artefacts that are no danger, and how each message travels. `deliveries` are its events in order of arrival;
`planted` is the truth about its dangers. One seed gives one session, always.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random

from glimmer.guidance.protocol import Protocol
from soak.alarm_artefacts import SPOILT_IN_THE_MIDST, Artefact, common_artefacts, overlapping
from soak.alarm_body import (
    BREATHING,
    DIASTOLIC,
    ENDS_AT,
    MINUTE,
    PULSE,
    SPO2,
    STARTS_AT,
    SYSTOLIC,
    VITALS,
    Body,
    Push,
    body_of,
)
from soak.alarm_pump import Delivery, PumpStory, Value
from soak.alarm_truth import (
    CUFF_EVERY,
    DENSE_EVERY,
    SPARSE_EVERY,
    Danger,
    TrueCourse,
    promised,
    spoilt_seconds,
    time_allowed,
)

WATCHER_LOOKS_EVERY, WATCHER_LOOKS_EVERY_AT_CUFF = 5.0, 10.0
# A message in order takes less than this; what is later counts as late.
LATEST = 1.0
# Breaths in a minute under which saturation falls as without any.
BARELY = 2.0
_NOISE = {SYSTOLIC: 2.5, DIASTOLIC: 2.0, PULSE: 1.0, SPO2: 0.5, BREATHING: 0.5}
_SITES = {PULSE: "oximeter", SPO2: "oximeter", BREATHING: "impedance"}
# Room on either side of a danger, so that what is planted next is a case of its own.
_APART = 4 * MINUTE


@dataclass
class Planted:
    """One danger: fully there from `since`, to be alarmed by `by`. `beside` names the artefact that overlaps it."""

    danger: Danger
    since: float
    by: float
    starts: float
    over_at: float
    beside: str = ""


def looks_every(danger: Danger) -> float:
    """Return how often the simulated watcher looks while this danger is there (the app's: every second)."""
    return WATCHER_LOOKS_EVERY_AT_CUFF if danger.every == CUFF_EVERY else WATCHER_LOOKS_EVERY


@dataclass
class Bedside:
    """One simulated session; times in seconds after its opening."""

    seed: int
    protocol: Protocol
    planted: list[Planted] = field(default_factory=list)
    artefacts: list[Artefact] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng = Random(self.seed)
        self.body: Body = body_of(rng)
        self.over_at = ENDS_AT + rng.uniform(63, 75) * MINUTE
        self.offset = self._clock_offset()
        self.cuff_mode = rng.choice(("once", "once", "old time", "new time"))
        self.has_ecg = rng.random() < 0.5
        self.pump = PumpStory(rng, self.protocol)
        self._plant()
        self.artefacts += common_artefacts(rng, self.over_at, [(one.starts, one.over_at) for one in self.planted])
        self.times = self._message_times()
        self._measure()
        self._cuff()
        self.deliveries += self.pump.deliveries(rng)
        self._nurse()
        self._travel()
        self.truth = TrueCourse(self.times, {name: [self.body.true(name, at) for at in self.times] for name in VITALS})
        self.baseline = {name: self.body.true(name, STARTS_AT) for name in VITALS}

    def _clock_offset(self) -> float:
        """The monitor's clock against ours, in seconds: mostly right, sometimes off by as much as is allowed."""
        draw = self.rng.random()
        if draw < 0.8:
            return self.rng.uniform(-1, 1)
        return self.rng.uniform(-90, 90) if draw < 0.95 else self.rng.uniform(-900, -90)

    # What is planted

    def _plant(self) -> None:
        rng = self.rng
        kinds = [one for one in promised(self.protocol) if not one.kind.startswith(("pump", "wrong"))]
        at = STARTS_AT + rng.uniform(2, 10) * MINUTE
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
            danger = rng.choice(kinds)
            last = self._plant_one(danger, at)
            at = last + _APART + rng.uniform(0, 12) * MINUTE
            if at > self.over_at - 20 * MINUTE:
                break
        for danger, since, over_at in self.pump.dangers:
            allowed = time_allowed(danger, self.protocol)
            self.planted.append(Planted(danger, since, since + allowed + WATCHER_LOOKS_EVERY, since, over_at))

    def _plant_one(self, danger: Danger, at: float) -> float:
        if danger.parameter == "moaas":
            self.planted.append(Planted(danger, at, at + 2 * WATCHER_LOOKS_EVERY, at, at))
            return at
        if danger.kind == "lost signal":
            return self._lose_signal(danger, at)
        rng = self.rng
        allowed = time_allowed(danger, self.protocol)
        slow = danger.every == CUFF_EVERY
        ramp = rng.uniform(60, 240) if slow else rng.uniform(4, 40)
        hold = allowed + (rng.uniform(30, 200) if slow else rng.uniform(25, 150))
        push = Push(danger.parameter, rng.uniform(danger.low, danger.high), at, ramp, hold, rng.uniform(5, 60))
        artefact = overlapping(rng, danger, push) if rng.random() < 0.5 else None
        if artefact and artefact.kind == SPOILT_IN_THE_MIDST:
            # A spoilt cycle was not measured, and "twice in a row" begins anew after it.
            spoilt = spoilt_seconds(danger, self.protocol)
            push, allowed = replace(push, hold=push.hold + spoilt), allowed + spoilt
        self.body.push(push)
        self._follows(push)
        planted = Planted(
            danger, push.full_from, push.full_from + allowed + looks_every(danger), push.start, push.over_at
        )
        if artefact:
            planted.beside = artefact.kind
            self.artefacts.append(artefact)
        self.planted.append(planted)
        return push.over_at

    def _follows(self, push: Push) -> None:
        """What else happens in a body of which one thing changes."""
        body = self.body
        if push.parameter == SYSTOLIC:
            lower = body.rest[DIASTOLIC] + 0.5 * (push.target - body.rest[SYSTOLIC])
            body.push(Push(DIASTOLIC, lower, push.start, push.ramp, push.hold, push.out))
        if push.parameter == BREATHING and push.hold > 40:
            falls_to = 84 if push.target <= BARELY else 92.5
            body.push(Push(SPO2, falls_to, push.full_from + 25, 45, max(push.hold - 50, 5), 40))

    def _lose_signal(self, danger: Danger, at: float) -> float:
        """Fall silent for a while in the infusion; which probe, and whether it says so, is drawn."""
        if at > ENDS_AT - 5 * MINUTE:
            return at
        lasts = self.rng.uniform(100, 240)
        self.artefacts.append(Artefact("silence", at, at + lasts, _silent(self.rng.choice(((SPO2, PULSE), (SPO2,))))))
        by = at + time_allowed(danger, self.protocol) + WATCHER_LOOKS_EVERY
        self.planted.append(Planted(danger, at, by, at, at + lasts))
        return at + lasts

    # What the monitor measures

    def _message_times(self) -> list[float]:
        """Every ten seconds; every two around what comes and goes faster."""
        dense = [
            (one.starts - 20, one.over_at + 20)
            for one in self.planted
            if one.danger.every == DENSE_EVERY and one.danger.parameter
        ]
        dense += [(one.since - 6, one.until + 6) for one in self.artefacts if one.is_short]
        times = {step * SPARSE_EVERY for step in range(6, int(self.over_at / SPARSE_EVERY))}
        for since, until in dense:
            until = min(until, since + 10 * MINUTE, self.over_at)
            steps = range(int(max(since, MINUTE) / DENSE_EVERY), int(until / DENSE_EVERY))
            times |= {step * DENSE_EVERY for step in steps}
        return sorted(times)

    def measured(self, name: str, at: float) -> float:
        """Return one measurement: the truth, the instrument's error within twice its spread, rounded as displayed."""
        true = self.body.true(name, at)
        if true <= 0:
            return 0.0
        spread = _NOISE[name]
        error = min(max(self.rng.gauss(0, spread), -2 * spread), 2 * spread)
        value = round(true + error)
        return float(min(value, 100) if name == SPO2 else max(value, 0))

    def _measure(self) -> None:
        rng, artefacts = self.rng, sorted(self.artefacts, key=lambda one: one.since)
        for at in self.times:
            values = [(name, self.measured(name, at), site) for name, site in _SITES.items()]
            if self.has_ecg:
                values.append((PULSE, self.measured(PULSE, at), "ecg"))
            for artefact in artefacts:
                if artefact.since <= at < artefact.until and artefact.change is not None:
                    values = artefact.change(rng, at, values)
            if values:
                self._say(at, tuple(values))
        self._probe_says_it_is_off()

    def _probe_says_it_is_off(self) -> None:
        """Some monitors report a loose probe as what it is."""
        for artefact in self.artefacts:
            if artefact.kind == "probe off" and self.rng.random() < 0.4:
                for at, phase in ((artefact.since + 1, "start"), (artefact.until, "end")):
                    self.deliveries.append(Delivery(at, at + self.offset, "bay-1-monitor", act=("probe_off", phase)))

    def _say(self, at: float, values: tuple[Value, ...], measured: float | None = None) -> None:
        stamped = (at if measured is None else measured) + self.offset
        self.deliveries.append(Delivery(at, stamped, "bay-1-monitor", values))

    def _cuff(self) -> None:
        rng = self.rng
        spoilt = [one for one in self.artefacts if one.cuff is not None]
        at = 3 * MINUTE + rng.uniform(0, 60)
        last: tuple[float, tuple[Value, ...]] | None = None
        while at < self.over_at:
            sys, dia = self.measured(SYSTOLIC, at), self.measured(DIASTOLIC, at)
            for artefact in spoilt:
                if artefact.since <= at < artefact.until and artefact.cuff:
                    sys, dia = artefact.cuff(rng, sys, dia)
            mean = round(dia + (sys - dia) / 3)
            values = ((SYSTOLIC, sys, "cuff"), (DIASTOLIC, dia, "cuff"), ("mean_pressure", float(mean), "cuff"))
            self._say(at, values)
            last = (at, values)
            following = at + CUFF_EVERY + rng.uniform(-4, 4)
            self._send_again(last, following)
            at = following

    def _send_again(self, last: tuple[float, tuple[Value, ...]], until: float) -> None:
        """Some monitors say their last cuff value again and again, with its own time or with a new one."""
        if self.cuff_mode == "once":
            return
        at = last[0] + SPARSE_EVERY
        while at < min(until - 5, self.over_at):
            self._say(at, last[1], measured=last[0] if self.cuff_mode == "old time" else at)
            at += SPARSE_EVERY

    # What the nurse does

    def _nurse(self) -> None:
        rng = self.rng
        for at, act in self.pump.acts:
            self._tell(at, act)
        sedated = [one for one in self.planted if one.danger.parameter == "moaas"]
        for one in sedated:
            level = rng.randint(int(one.danger.low), int(one.danger.high))
            self._tell(one.since, ("round", None, level, self._by_hand(one.since)))
        for due in self.protocol.observation_minutes:
            late = rng.uniform(0, 2.5) if rng.random() < 0.94 else rng.uniform(3.5, 8)
            at = 10 * MINUTE if due < 0 else STARTS_AT + (due + late) * MINUTE
            if at < self.over_at - 30:
                self._tell(at, ("round", due, 5, self._by_hand(at)))
        self._tell(self.over_at, ("leave",))

    def _tell(self, at: float, act: tuple) -> None:
        self.deliveries.append(Delivery(at, at, "", act=act))

    def _by_hand(self, at: float) -> tuple[Value, ...]:
        return tuple((name, self.measured(name, at), "manual") for name in VITALS)

    # How it travels

    def _travel(self) -> None:
        """Give every message its delay: most come at once, some late and out of order, some twice."""
        rng, arriving = self.rng, []
        slowest: list[tuple[float, float]] = []
        for one in self.deliveries:
            if not one.device:
                arriving.append(one)
                continue
            delay = rng.uniform(0.1, 0.6) if rng.random() < 0.97 else rng.uniform(2, 20)
            arriving.append(_arriving(one, one.at + delay))
            slowest.append((one.at, delay))
            if rng.random() < 0.02:
                arriving.append(_arriving(one, one.at + delay + rng.uniform(0.5, 30)))
        self.deliveries = sorted(arriving, key=lambda one: one.at)
        for planted in self.planted:
            # Nobody can alarm on what has not arrived, or was not measured.
            late = [delay for at, delay in slowest if planted.since - planted.danger.every <= at <= planted.by]
            planted.by += max(late, default=0) + self._not_measured(planted)

    def _not_measured(self, planted: Planted) -> float:
        """Return by how much the longest time between two values that show the danger exceeded the measuring interval.

        The time that began before the alarm was due counts to its end: what shows the danger may come only then.
        """
        danger = planted.danger
        if not danger.every or danger.parameter not in VITALS:
            return 0.0
        first = planted.since - danger.every
        said = [one.at for one in self.deliveries if one.at >= first and _shows(danger, one.values)]
        ends = [max(first, 0), *said]
        longest = max((after - before for before, after in pairwise(ends) if before <= planted.by), default=0)
        return max(longest - danger.every - LATEST, 0)


def _shows(danger: Danger, values: tuple[Value, ...]) -> bool:
    """Say whether a message measures what is planted. A cuff cycle that was spoilt has its time in `spoilt_seconds`."""
    error = 2 * _NOISE[danger.parameter] + 0.5
    low, high = danger.low - error, danger.high + error
    measured = [value for name, value, _ in values if name == danger.parameter]
    return any(danger.every == CUFF_EVERY or low <= value <= high for value in measured)


def _arriving(one: Delivery, at: float) -> Delivery:
    return replace(one, at=at)


def _silent(names: tuple[str, ...]) -> Callable[[Random, float, list[Value]], list[Value]]:
    return lambda rng, at, values: [one for one in values if one[0] not in names]
