"""What is wrong with a measurement and not with the patient: probes, movement, cuffs. None of it is a danger.

How often each occurs is this project's assumption, chosen from what any ward sees; it moves the informativeness of
both monitors that are compared, and proves nothing about patients.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from soak.alarm_body import BREATHING, PULSE, SPO2, SYSTOLIC, Push
from soak.alarm_pump import Value
from soak.alarm_truth import DENSE_EVERY, Danger

Change = Callable[[Random, float, list[Value]], list[Value]]
CuffChange = Callable[[Random, float, float], tuple[float, float]]
SHORT = 60.0
SPOILT_IN_THE_MIDST = "cuff artefact in the midst"
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Artefact:
    """One disturbance from `since` to `until` (seconds): what it does to continuous values, and to a cuff cycle."""

    kind: str
    since: float
    until: float
    change: Change | None = None
    cuff: CuffChange | None = None

    @property
    def is_short(self) -> bool:
        """True for what comes and goes between two ordinary messages."""
        return self.change is not None and self.until - self.since <= SHORT


# What it does to the values


def _set(name: str, low: float, high: float, site: str = "") -> Change:
    """Every value of a parameter (of one probe, where named) becomes one between `low` and `high`."""

    def change(rng: Random, at: float, values: list[Value]) -> list[Value]:
        return [
            (one[0], float(rng.randint(int(low), int(high))), one[2])
            if one[0] == name and site in ("", one[2])
            else one
            for one in values
        ]

    return change


def _gone(site: str) -> Change:
    return lambda rng, at, values: [one for one in values if one[2] != site]


def _sometimes(chance: float, change: Change) -> Change:
    return lambda rng, at, values: change(rng, at, values) if rng.random() < chance else values


def _single(chance: float, change: Change) -> Change:
    """Now and then one message is changed, and never the next one too."""
    last = [-SHORT]

    def now_and_then(rng: Random, at: float, values: list[Value]) -> list[Value]:
        if rng.random() >= chance or at - last[0] <= 2 * DENSE_EVERY:
            return values
        last[0] = at
        return change(rng, at, values)

    return now_and_then


def _both(first: Change, second: Change) -> Change:
    return lambda rng, at, values: second(rng, at, first(rng, at, values))


def _probe_off(rng: Random) -> Change:
    """An oximeter off the finger: says nothing, or zero, or a number that no body has."""
    draw = rng.random()
    if draw < 0.5:
        return _gone("oximeter")
    if draw < 0.8:
        return _both(_set(SPO2, 0, 0), _set(PULSE, 0, 0, "oximeter"))
    return _both(_set(SPO2, 127, 127), _set(PULSE, 511, 511, "oximeter"))


# The common ones


def _kinds(rng: Random) -> tuple[tuple[str, float, float, float, Change], ...]:
    """Return each kind: its name, how many there are in an hour, shortest and longest (seconds), what it does."""
    return (
        ("short dip of saturation", 5, 2, 8, _set(SPO2, 80, 92)),
        ("pulse jumps with movement", 4, 2, 8, _set(PULSE, 135, 180)),
        ("pulse missed with movement", 2, 2, 8, _set(PULSE, 28, 39, "oximeter")),
        ("breathing missed with movement", 4, 2, 8, _set(BREATHING, 2, 6)),
        ("breathing counted double", 2, 4, 20, _set(BREATHING, 26, 38)),
        ("long poor contact", 0.25, 12, 30, _set(SPO2, 84, 93)),
        ("probe off", 0.7, 12, 50, _probe_off(rng)),
        ("probes disagree", 0.15, 20, 60, _set(PULSE, 125, 150, "oximeter")),
    )


_CUFF_SPOILT_SHARE = 0.05


def common_artefacts(rng: Random, until: float, dangers: Sequence[tuple[float, float]]) -> list[Artefact]:
    """Draw the artefacts of a session, outside the dangers; what overlaps those is drawn with them."""
    found = []
    for name, per_hour, shortest, longest, change in _kinds(rng):
        at = rng.expovariate(per_hour / HOUR)
        while at < until - 2 * SHORT:
            lasts = rng.uniform(shortest, longest)
            if not any(since - SHORT <= at + lasts and at <= over + SHORT for since, over in dangers):
                found.append(Artefact(name, at, at + lasts, change))
            at += lasts + rng.expovariate(per_hour / HOUR)
    for start in range(180, int(until), 300):
        clear = not any(since - 600 <= start + 300 and start <= over + 600 for since, over in dangers)
        if clear and rng.random() < _CUFF_SPOILT_SHARE:
            found.append(Artefact("cuff artefact", start, start + 299, cuff=_spoil))
    return found


def _spoil(rng: Random, sys: float, dia: float) -> tuple[float, float]:
    """An arm that moved, or a kinked tube: far too high, or squeezed together."""
    if rng.random() < 0.6:
        return float(rng.randint(186, 240)), float(rng.randint(100, 150))
    return float(rng.randint(150, 250)), float(rng.randint(145, 149))


def _too_low(rng: Random, sys: float, dia: float) -> tuple[float, float]:
    return float(rng.randint(96, 130)), float(rng.randint(60, 80))


# Those that overlap a danger


def overlapping(rng: Random, danger: Danger, push: Push) -> Artefact | None:
    """Draw an artefact that makes this very danger harder to tell."""
    if push.parameter == SYSTOLIC:
        if rng.random() < 0.5:
            return Artefact("cuff artefact just before", push.start - 299, push.start, cuff=_spoil)
        # One cycle in the midst of it finds an ordinary pressure.
        middle = push.full_from + 310
        return Artefact(SPOILT_IN_THE_MIDST, middle, middle + 280, cuff=_too_low)
    site = "oximeter" if push.parameter in (SPO2, PULSE) else "impedance"
    draw = rng.random()
    if draw < 0.34:
        return Artefact("values missing", push.start, push.over_at, _sometimes(0.35, _gone(site)))
    if draw < 0.67:
        return Artefact("short artefact just before", push.start - 12, push.start - 4, _before(push.parameter))
    normal = _single(0.1, _normal(push.parameter))
    return Artefact("single normal values", push.full_from, push.full_until, normal)


def _before(name: str) -> Change:
    return {SPO2: _set(SPO2, 80, 92), PULSE: _set(PULSE, 135, 180), BREATHING: _set(BREATHING, 2, 6)}[name]


def _normal(name: str) -> Change:
    return {SPO2: _set(SPO2, 95, 98), PULSE: _set(PULSE, 66, 84), BREATHING: _set(BREATHING, 11, 16)}[name]
