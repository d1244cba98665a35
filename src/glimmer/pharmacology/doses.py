"""What was given, or will be: infusions, boluses and what is taken up slowly, in whole seconds."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

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
class Step:
    """A stretch of time in which nothing changes: how long, at which rate, what is given at its start.

    `out` is the index of the asked moment at its end, -1 for none. `bolus` and `uptake` are mg at the start; `uptake`
    has one entry for each speed of uptake.
    """

    seconds: int
    mg_per_min: float
    bolus: float
    uptake: tuple[float, ...]
    out: int


def uptake_speeds(doses: Sequence[Dose]) -> tuple[float, ...]:
    """Return the different speeds of uptake, a minute, in ascending order."""
    return tuple(sorted({one.per_min for one in doses if isinstance(one, Absorbed)}))


def steps_of(doses: Sequence[Dose], moments_s: Sequence[int]) -> list[Step]:
    """Return the stretches from the first dose or moment on, each ending where something changes or is asked for.

    `moments_s` ascend strictly. What is asked for at the moment of a bolus is the level just before it.
    """
    if any(later <= earlier for earlier, later in itertools.pairwise(moments_s)):
        raise ValueError("The moments asked for must ascend, each once.")
    speeds = uptake_speeds(doses)
    asked = {moment: index for index, moment in enumerate(moments_s)}
    edges = sorted({*asked, *(edge for one in doses for edge in _edges(one))})
    before = [edges[0], *edges[:-1]]
    return [
        Step(
            end - start,
            sum(one.mg_per_min for one in doses if isinstance(one, Infusion) and one.start_s <= start < one.end_s),
            sum(one.mg for one in doses if isinstance(one, Bolus) and one.at_s == start) if end > start else 0.0,
            tuple(_taken_up(doses, speed, start) for speed in speeds) if end > start else (0.0,) * len(speeds),
            asked.get(end, -1),
        )
        for start, end in zip(before, edges, strict=True)
    ]


def _taken_up(doses: Sequence[Dose], speed: float, at_s: int) -> float:
    return sum(
        one.mg * one.share for one in doses if isinstance(one, Absorbed) and one.at_s == at_s and one.per_min == speed
    )


def _edges(dose: Dose) -> tuple[int, ...]:
    return (dose.start_s, dose.end_s) if isinstance(dose, Infusion) else (dose.at_s,)


def _usual(mg: float) -> None:
    if not 0 <= mg < float("inf"):
        raise ValueError(f"A dose is a number of mg that is not below 0, not {mg!r}.")
