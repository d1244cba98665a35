"""How the drawn vital signs move: functions of the time, so that a restart continues the same curve.

All numbers are proposals for a demo (see the package). Times are aware; minutes are counted from the start of
the infusion or of the script. Same seed and same time give the same value, always.
"""

import math
import random
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from glimmer.vocabulary.parameters import Parameter

RISE_PEAKS_AT_MINUTE = 35.0
NOISE_KNOT_SECONDS = 20

# Highest rise above the patient's own baseline in an ordinary session.
ORDINARY_RISE = {
    Parameter.SYSTOLIC: 16.0,
    Parameter.DIASTOLIC: 10.0,
    Parameter.PULSE: 9.0,
    Parameter.SPO2: -0.8,
    Parameter.RESPIRATORY_RATE: 1.0,
}
NOISE = {
    Parameter.SYSTOLIC: 2.0,
    Parameter.DIASTOLIC: 1.5,
    Parameter.PULSE: 1.8,
    Parameter.SPO2: 0.4,
    Parameter.RESPIRATORY_RATE: 0.8,
    Parameter.TEMPERATURE: 0.05,
}
BASELINES = {
    Parameter.SYSTOLIC: (112.0, 130.0),
    Parameter.DIASTOLIC: (68.0, 80.0),
    Parameter.PULSE: (62.0, 78.0),
    Parameter.SPO2: (97.0, 98.5),
    Parameter.RESPIRATORY_RATE: (13.0, 16.0),
    Parameter.TEMPERATURE: (36.4, 36.9),
}


@dataclass(frozen=True, slots=True)
class Course:
    """A script's pull on one parameter: towards `target`, from one minute to another, held, then let go."""

    parameter: Parameter
    target: float
    begins: float
    reached: float
    held_until: float
    over: float

    def strength(self, minute: float) -> float:
        """Return how far the pull has the value at `minute` of the script: 0 not at all, 1 at the target."""
        if minute <= self.begins or minute >= self.over:
            return 0.0
        if minute < self.reached:
            return (minute - self.begins) / (self.reached - self.begins)
        if minute <= self.held_until:
            return 1.0
        return (self.over - minute) / (self.over - self.held_until)


COURSES: dict[str, tuple[Course, ...]] = {
    "calm": (),
    "hypertensive": (
        Course(Parameter.SYSTOLIC, 192.0, 0.0, 3.0, 22.0, 50.0),
        Course(Parameter.DIASTOLIC, 117.0, 0.0, 3.0, 22.0, 50.0),
        Course(Parameter.PULSE, 112.0, 0.0, 3.0, 22.0, 45.0),
    ),
    "desaturation": (
        Course(Parameter.SPO2, 88.0, 2.0, 4.0, 7.0, 9.0),
        Course(Parameter.RESPIRATORY_RATE, 9.0, 1.5, 3.5, 7.0, 9.0),
    ),
    "probe off": (),
}
PROBE_OFF_MINUTES = (2.0, 5.0)


def drawn(parameter: Parameter, seed: int, script: str, at: datetime, minute: float, script_minute: float) -> float:
    """Return the value of `parameter` at time `at`.

    `minute` counts from the start of the infusion (negative before it), `script_minute` from when the script acts.
    """
    value = baseline(parameter, seed) + ORDINARY_RISE.get(parameter, 0.0) * ketamine_shape(minute)
    for course in COURSES[script]:
        if course.parameter is parameter:
            value += (course.target - value) * course.strength(script_minute)
    return value + NOISE[parameter] * _noise(f"{seed}:{parameter.value}", at.timestamp())


@lru_cache(maxsize=2048)
def baseline(parameter: Parameter, seed: int) -> float:
    """Return this virtual patient's resting value."""
    low, high = BASELINES[parameter]
    return random.Random(f"{seed}:{parameter.value}:baseline").uniform(low, high)


def ketamine_shape(minute: float) -> float:
    """Return the usual rise during an infusion as a share of its peak: 0 at the start, 1 at its peak, then fading."""
    if minute <= 0:
        return 0.0
    share = minute / RISE_PEAKS_AT_MINUTE
    return share * math.exp(1 - share)


def _noise(key: str, seconds: float) -> float:
    """Return smooth noise of spread about one: straight lines between knots that depend on the key and the time."""
    knot, part = divmod(seconds, NOISE_KNOT_SECONDS)
    share = part / NOISE_KNOT_SECONDS
    return _knot(key, int(knot)) * (1 - share) + _knot(key, int(knot) + 1) * share


@lru_cache(maxsize=4096)
def _knot(key: str, number: int) -> float:
    return max(-2.0, min(2.0, random.Random(f"{key}:{number}").gauss(0, 1)))
