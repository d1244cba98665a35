"""How a cohort is counted within a cycle and how later years are discounted. Named, because the answer depends on it.

A cohort is known at the n + 1 ends of n cycles only. Every convention says with what weight each point counts:

    half_cycle     the trapezoid: half of the first and of the last point
    simpson        Simpson's 1/3, with 3/8 on the last three cycles where their number is odd
    darth_simpson  the weights that DARTH published as Simpson's (4/3 and 2/3 exchanged; they add up to a third of a
                   cycle too little where the number of cycles is odd). For comparison with published results only.
    life_table     the mean of both ends of a cycle, discounted and valued as at its start (heemod, pyheor)
    start, end     all of a cycle is spent where it starts, or where it ends
    all_points     every point counts for a whole cycle, n + 1 of them: old tutorials

    annual         (1 + r) ** -t, t in years that have really passed
    continuous     exp(-r t)
    whole_years    (1 + r) ** -floor(t): as in spreadsheets that discount year by year
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glimmer.evidence.economics.expressions import BadModel, closest
from glimmer.evidence.economics.outcomes import Numbers

COUNTING = ("half_cycle", "simpson", "darth_simpson", "life_table", "start", "end", "all_points")
DISCOUNTING = ("annual", "continuous", "whole_years")
# A point between two cycles stands for half of each.
BETWEEN = ("half_cycle", "simpson")
FLOWS = ("middle", "start", "end", "counted")


@dataclass(frozen=True, slots=True)
class Counted:
    """Weights in years of the points and flows of a grid of n cycles, discount included.

    What lasts as long as a state does is worth `at_point[k] * x[k] * r[k]`, summed over n + 1 points, and
    `at_end[k] * x[k + 1] * r[k]` over n cycles, where x is the share in the state and r its value per year as in cycle
    k. What happens once as people move in cycle k is worth `flow[k]` each.
    """

    at_point: Numbers
    at_end: Numbers
    flow: Numbers

    @property
    def folded(self) -> Numbers:
        """The weight of each point where r is the same in all cycles."""
        return self.at_point + np.concatenate(([0.0], self.at_end))


def discount(times: Numbers, rate: float, discounting: str) -> Numbers:
    """Return what one pound (or QALY) at these times, in years from now, is worth now."""
    if discounting == "annual":
        return (1.0 + rate) ** -times
    if discounting == "continuous":
        return np.exp(-rate * times)
    if discounting == "whole_years":
        # Half a minute: so many years of 28-day cycles do not fall just short of a whole one.
        return (1.0 + rate) ** -np.floor(times + 1e-6)
    raise BadModel(f"There is no discounting {discounting!r}.{closest(discounting, DISCOUNTING)} {there(DISCOUNTING)}")


def counted(times: Numbers, counting: str, rate: float, discounting: str, flows: str = "middle") -> Counted:
    """Return the weights of a grid of rising `times` in years (n + 1 of them, the first 0)."""
    lengths = np.diff(times)
    worth = discount(times, rate, discounting)
    point, end = _weights(lengths, worth, counting)
    if flows == "middle":
        flow = discount((times[:-1] + times[1:]) / 2, rate, discounting)
    elif flows in ("start", "end"):
        flow = worth[:-1] if flows == "start" else worth[1:]
    elif flows == "counted":
        flow = (point / _widths(lengths, counting))[1:] + end / lengths
    else:
        raise BadModel(f"There is no way {flows!r} to count flows.{closest(flows, FLOWS)} {there(FLOWS)}")
    return Counted(point, end, flow)


def _weights(lengths: Numbers, worth: Numbers, counting: str) -> tuple[Numbers, Numbers]:
    nothing = np.zeros(len(lengths))
    if counting == "life_table":
        half = lengths * worth[:-1] / 2
        return np.append(half, 0.0), half
    if counting == "end":
        return np.zeros(len(worth)), lengths * worth[1:]
    if counting == "start":
        return np.append(lengths * worth[:-1], 0.0), nothing
    if counting == "all_points":
        return np.append(lengths, lengths[-1]) * worth, nothing
    if counting == "half_cycle":
        return (np.append(lengths, 0.0) + np.append(0.0, lengths)) / 2 * worth, nothing
    if counting == "simpson":
        return _simpson(lengths) * worth, nothing
    if counting == "darth_simpson":
        return _darth_simpson(lengths) * worth, nothing
    raise BadModel(f"There is no counting {counting!r}.{closest(counting, COUNTING)} {there(COUNTING)}")


def _widths(lengths: Numbers, counting: str) -> Numbers:
    """Return the years that each point of a grid stands for, so that who moves once is counted once."""
    following = np.append(lengths, lengths[-1])
    if counting in BETWEEN:
        return (following + np.append(lengths[0], lengths)) / 2
    return following


def _simpson(lengths: Numbers) -> Numbers:
    """Return composite Simpson weights on each run of equal cycles; a run of one cycle is a trapezoid."""
    weights = np.zeros(len(lengths) + 1)
    for first, last in _runs(lengths):
        weights[first : last + 2] += _simpson_of(last - first + 1) * lengths[first]
    return weights


def _runs(lengths: Numbers) -> list[tuple[int, int]]:
    """Return the first and last cycle of each run of equal length."""
    breaks = np.flatnonzero(~np.isclose(lengths[1:], lengths[:-1], rtol=1e-9, atol=0)) + 1
    bounds = [0, *breaks.tolist(), len(lengths)]
    return [(start, stop - 1) for start, stop in itertools.pairwise(bounds)]


def _simpson_of(cycles: int) -> Numbers:
    if cycles == 1:
        return np.array([0.5, 0.5])
    even = cycles if cycles % 2 == 0 else cycles - 3
    weights = np.zeros(cycles + 1)
    for start in range(0, even, 2):
        weights[start : start + 3] += np.array([1.0, 4.0, 1.0]) / 3
    if even != cycles:
        weights[even:] += np.array([3.0, 9.0, 9.0, 3.0]) / 8
    return weights


def _darth_simpson(lengths: Numbers) -> Numbers:
    cycles = len(lengths)
    if not np.allclose(lengths, lengths[0]):
        raise BadModel("darth_simpson is for cycles of one length. Take simpson or half_cycle.")
    index = np.arange(1, cycles + 2)
    weights = np.where(index % 2 == 0, 2 / 3, 4 / 3)
    weights[[0, -1]] = 1 / 3
    return weights * lengths[0]


def there(names: Sequence[str]) -> str:
    return f"There is: {', '.join(names)}."
