"""One number that somebody may move, where it stands by itself, and what it can be."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing that can be moved. `value` None: nobody has a figure, and it is asked for.

    `stands_as` says what `value` is; `is_whole`: only whole numbers are taken.
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    step: float
    value: float | None
    source: str
    reach: float
    stands_as: str = "the published one"
    is_whole: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether nobody's figure could be found."""
        return self.value is None


def within(lever: Lever, typed: float) -> bool:
    """Return whether a number that somebody typed is one that a lever can take."""
    return math.isfinite(typed) and lever.low <= typed <= lever.high and (not lever.is_whole or typed == int(typed))
