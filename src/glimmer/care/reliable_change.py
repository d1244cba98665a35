"""Whether a change of a score is more than the noise of its measurement, by what the instrument's file knows."""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from glimmer.guidance.figures import Figure, figure
from glimmer.guidance.instrument import Instrument
from glimmer.guidance.trajectory import FIRST


class Change(StrEnum):
    """What a change amounts to."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"


IN_WORDS = {
    Change.BETTER: "better, beyond measurement error",
    Change.WORSE: "worse, beyond measurement error",
    Change.UNCLEAR: "no more than measurement error",
    Change.UNKNOWN: "no figure for measurement error known",
}


@dataclass(frozen=True, slots=True)
class Yardstick:
    """By how many points a score has to change; `called` says what kind of figure it is, `figure` where it is from."""

    points: float
    called: str
    figure: Figure

    @property
    def says(self) -> str:
        """The figure in a sentence, with its source and mark."""
        mark = {"source": "", "memory": ", from memory", "proposal": ", a proposal"}[self.figure.evidence]
        mark = "" if "as remembered" in self.figure.edition else mark
        return f"{self.called}: {self.points:g} points ({self.figure.source}, {self.figure.edition}{mark})."


def yardstick(of: Instrument) -> Yardstick | None:
    """Return what a change is measured by, the best that is known; None where no figure is known.

    Reliable change comes first, else it is worked out from spread and reliability, else the smallest change that
    matters to patients stands for it and is called so.
    """
    known = of.readings
    if "reliable_change" in known:
        found = known["reliable_change"]
        return Yardstick(found.value, "Reliable change", found)
    if {"reliability", "spread"} <= set(known):
        points = reliable_difference(known["spread"].value, known["reliability"].value)
        return Yardstick(points, "Reliable change, worked out from spread and reliability", known["spread"])
    if "clear_change" in known:
        found = known["clear_change"]
        return Yardstick(found.value, "Smallest change that matters, for want of a figure for reliable change", found)
    return None


def reliable_difference(spread: float, reliability: float) -> float:
    """Return the smallest reliable difference of two scores, in points, by Jacobson and Truax.

    `spread` is the standard deviation of a comparable group before treatment, `reliability` from 0 to 1.
    """
    if spread <= 0 or not 0 <= reliability <= 1:
        raise ValueError(f"A spread above 0 and a reliability of 0 to 1 are needed, not {spread} and {reliability}.")
    times: float = figure(FIRST, "reliable_at").value
    return times * spread * sqrt(2 * (1 - reliability))


def change_of(before: int, after: int, of: Instrument) -> Change:
    """Return what the step from one total to another amounts to."""
    by = yardstick(of)
    if by is None or of.direction == "none":
        return Change.UNKNOWN
    risen = after - before
    if abs(risen) < by.points:
        return Change.UNCLEAR
    is_worse = (risen > 0) == (of.direction == "higher_is_worse")
    return Change.WORSE if is_worse else Change.BETTER


def in_words(before: int, after: int, of: Instrument) -> str:
    """Return a change with what it amounts to: never a bare number."""
    points = abs(after - before)
    if points == 0:
        return "no change"
    moved = f"{points} point{'' if points == 1 else 's'} {'lower' if after < before else 'higher'}"
    return f"{moved}: {IN_WORDS[change_of(before, after, of)]}"
