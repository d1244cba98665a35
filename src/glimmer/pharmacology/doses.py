"""What was given, or will be: infusions, boluses and what is taken up slowly, in whole seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SECONDS_IN_A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Infusion:
    """`mg` at a constant rate from `start_s` until `end_s`."""

    start_s: int
    end_s: int
    mg: float

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s:
            raise ValueError(f"An infusion ends after it starts: from {self.start_s} s to {self.end_s} s it does not.")
        _usual(self.mg)

    @property
    def mg_per_min(self) -> float:
        """The rate."""
        return self.mg * SECONDS_IN_A_MINUTE / (self.end_s - self.start_s)


@dataclass(frozen=True, slots=True)
class Bolus:
    """`mg` at once."""

    at_s: int
    mg: float

    def __post_init__(self) -> None:
        _usual(self.mg)


@dataclass(frozen=True, slots=True)
class Absorbed:
    """`mg` of which a `share` reaches the blood, at `per_min` of what is left: im, sc, oral, nasal, sublingual.

    A dose that goes two ways, such as a spray that is partly swallowed, is two of these.
    """

    at_s: int
    mg: float
    share: float
    per_min: float

    def __post_init__(self) -> None:
        _usual(self.mg)
        if not 0 < self.share <= 1 or not 0 < self.per_min < float("inf"):
            raise ValueError(
                f"The share lies above 0 and up to 1, the uptake above 0 a minute; given {self.share}, {self.per_min}."
            )


Dose = Infusion | Bolus | Absorbed


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of time in each of which nothing changes, one row for each: how long in `seconds`, at which rate, what
    is given at its start in mg (`uptake` with a column for each speed), and in `out` which asked moment its end is, or
    -1.
    """

    seconds: Ints
    mg_per_min: Floats
    bolus: Floats
    uptake: Floats
    out: Ints

    def __len__(self) -> int:
        return len(self.seconds)


def uptake_speeds(doses: Sequence[Dose]) -> tuple[float, ...]:
    """Return the different speeds of uptake, a minute, in ascending order."""
    return tuple(sorted({one.per_min for one in doses if isinstance(one, Absorbed)}))


def stretches(doses: Sequence[Dose], moments_s: Sequence[int]) -> Stretches:
    """Return the stretches from the first dose or moment on, each ending where something changes or is asked for.

    `moments_s` ascend strictly. What is asked for at the moment of a bolus is the level just before it.
    """
    moments = np.asarray(moments_s, dtype=np.int64)
    if (np.diff(moments) <= 0).any():
        raise ValueError("The moments asked for must ascend, each once.")
    ends = np.unique(np.concatenate([moments, *(np.array(_edges(one), dtype=np.int64) for one in doses)]))
    speeds = uptake_speeds(doses)
    rate, bolus, uptake = np.zeros(len(ends)), np.zeros(len(ends)), np.zeros((len(ends), len(speeds)))
    for dose in doses:
        # What starts at one end flows in the stretch after it.
        first, *rest = (int(place) + 1 for place in np.searchsorted(ends, _edges(dose)))
        if isinstance(dose, Infusion):
            rate[first : rest[0]] += dose.mg_per_min
        elif first < len(ends) and isinstance(dose, Bolus):
            bolus[first] += dose.mg
        elif first < len(ends) and isinstance(dose, Absorbed):
            uptake[first, speeds.index(dose.per_min)] += dose.mg * dose.share
    out = np.full(len(ends), -1, dtype=np.int64)
    out[np.searchsorted(ends, moments)] = np.arange(len(moments))
    return Stretches(np.diff(ends, prepend=ends[:1]), rate, bolus, uptake, out)


def _edges(dose: Dose) -> tuple[int, ...]:
    return (dose.start_s, dose.end_s) if isinstance(dose, Infusion) else (dose.at_s,)


def _usual(mg: float) -> None:
    if not 0 <= mg < float("inf"):
        raise ValueError(f"A dose is a number of mg that is not below 0, not {mg!r}.")
