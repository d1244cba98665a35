"""The body under the probes: what is true of a made-up patient at each second, before anything is measured.

Every course is drawn from one seed. Pressure and pulse rise under ketamine so that 41 % of sessions truly reach
165/100; by Rodrigues 2022, the clinic that reported most, 44 % of patients did. How far and how fast they wander is
this project's own assumption; it is not evidence about patients.
"""

from dataclasses import dataclass, field
from math import exp, pi, sin
from random import Random

SYSTOLIC, DIASTOLIC, PULSE, SPO2, BREATHING = "systolic", "diastolic", "pulse", "spo2", "respiratory_rate"
VITALS = (SYSTOLIC, DIASTOLIC, PULSE, SPO2, BREATHING)

MINUTE = 60.0
STARTS_AT = 25 * MINUTE
INFUSION = 40 * MINUTE
ENDS_AT = STARTS_AT + INFUSION

# Mean, spread, lowest and highest value at rest of the patients drawn; then how much each wanders by itself.
_AT_REST = {
    SYSTOLIC: (124, 10, 105, 138),
    DIASTOLIC: (77, 6, 62, 87),
    PULSE: (72, 9, 57, 90),
    SPO2: (97.6, 0.7, 96.2, 99.2),
    BREATHING: (14.5, 1.4, 12, 18),
}
_WANDERS = {SYSTOLIC: 4.0, DIASTOLIC: 2.5, PULSE: 3.5, SPO2: 0.4, BREATHING: 0.9}
# The most that ketamine raises each by the end of the infusion: mean and spread over patients.
_RISES = {SYSTOLIC: (30, 13), DIASTOLIC: (17, 8), PULSE: (10, 7), SPO2: (-0.5, 0.4), BREATHING: (0.5, 0.8)}
_RISES_WITHIN, _FALLS_WITHIN = 14 * MINUTE, 25 * MINUTE


@dataclass(frozen=True, slots=True)
class Push:
    """Something that takes one vital sign to `target`: from `start` over `ramp`, held for `hold`, back over `out`."""

    parameter: str
    target: float
    start: float
    ramp: float
    hold: float
    out: float

    @property
    def full_from(self) -> float:
        """When the target is reached."""
        return self.start + self.ramp

    @property
    def full_until(self) -> float:
        """Until when it is held."""
        return self.full_from + self.hold

    @property
    def over_at(self) -> float:
        """When nothing of it is left."""
        return self.full_until + self.out

    def weight(self, at: float) -> float:
        """Return how much of the way to the target has been gone, 0 to 1."""
        if at <= self.start or at >= self.over_at:
            return 0.0
        if at < self.full_from:
            return (at - self.start) / self.ramp
        if at <= self.full_until:
            return 1.0
        return (self.over_at - at) / self.out


@dataclass
class Body:
    """One patient. `true(parameter, at)` is what a perfect instrument would show, `at` in seconds of the session."""

    rest: dict[str, float]
    waves: dict[str, tuple[tuple[float, float, float], ...]]
    rise: dict[str, float]
    pushes: dict[str, list[Push]] = field(default_factory=dict)

    def push(self, push: Push) -> None:
        """Let something happen to the patient."""
        self.pushes.setdefault(push.parameter, []).append(push)

    def true(self, parameter: str, at: float) -> float:
        """Return the true value of a vital sign."""
        wave = sum(height * sin(at * speed + phase) for height, speed, phase in self.waves[parameter])
        value = self.rest[parameter] + wave + self.rise[parameter] * drug_effect(at)
        if parameter == SPO2:
            value = min(value, 100.0)
        for push in self.pushes.get(parameter, ()):
            weight = push.weight(at)
            if weight:
                # Held values tremble a little, so that nothing is a flat line; but what is not there cannot tremble.
                tremble = 0.15 * wave if push.target else 0.0
                value += weight * (push.target + tremble - value)
        return max(value, 0.0)


def drug_effect(at: float) -> float:
    """Return the share of ketamine's full effect on pressure and pulse: up through the infusion, down after it."""
    if at <= STARTS_AT:
        return 0.0
    if at <= ENDS_AT:
        return 1 - exp(-(at - STARTS_AT) / _RISES_WITHIN)
    return (1 - exp(-INFUSION / _RISES_WITHIN)) * exp(-(at - ENDS_AT) / _FALLS_WITHIN)


def body_of(rng: Random) -> Body:
    """Draw a patient."""
    # One draw tilts all of a patient's pressures and pulse alike: who rises much in one rises in the others.
    responds = rng.gauss(0, 1)
    rest, waves, rise = {}, {}, {}
    for name in VITALS:
        mean, spread, low, high = _AT_REST[name]
        rest[name] = min(max(rng.gauss(mean, spread), low), high)
        height = _WANDERS[name]
        waves[name] = tuple(
            (height * share * rng.uniform(0.5, 1), 2 * pi / (rng.uniform(*period) * MINUTE), rng.uniform(0, 2 * pi))
            for share, period in ((0.6, (9, 20)), (0.4, (1.5, 4)))
        )
        mean, spread = _RISES[name]
        rise[name] = mean + spread * (0.7 * responds + 0.7 * rng.gauss(0, 1))
    return Body(rest, waves, rise)
