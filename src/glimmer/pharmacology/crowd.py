"""Levels of many people at once, compiled: for virtual patients and for planning, which need many.

The same walk as `walk.py`, which a test holds it to. Moments that follow each other at one distance under one rate are
a run: within it each exponential is a power of its decay over that distance, so that a table of powers, made once for a
person, serves every run, and the run is filled by multiplying and adding alone. `percentiles_of_many` never holds the
whole matrix.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from glimmer.pharmacology.doses import SECONDS_IN_A_MINUTE, Dose, Floats, Ints, Stretches, stretches, uptake_speeds
from glimmer.pharmacology.modes import LARGEST_CLOSED, Modes
from glimmer.pharmacology.percentiles import percentiles_over

MOMENTS_AT_ONCE = 64
_PEOPLE_A_BLOCK = 64
_WIDE = 8


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs of moments. `minutes` are the different distances and `longest` the longest run of each; for each run its
    distance by index, rate, bolus at its start, how many moments, and where the first is written (-1: nowhere).
    """

    minutes: Floats
    longest: Ints
    distance: Ints
    rate: Floats
    bolus: Floats
    count: Ints
    first: Ints


def levels_of_many(
    modes: Modes,
    doses: Sequence[Dose],
    moments_s: Sequence[int],
    scale: Floats | float = 1.0,
    out: Floats | None = None,
) -> Floats:
    """Return levels (people, moments) in ng/mL; `scale` multiplies every dose, for each person their own.

    `out` is written into where it is given: memory that was used before is much cheaper than memory that is new.
    Raises ValueError for doses that are taken up slowly, which this walk does not know, and for `out` of another shape.
    """
    along, people = _along(doses, moments_s), len(modes.rates)
    found = np.empty((people, len(moments_s))) if out is None else out
    if found.shape != (people, len(moments_s)):
        raise ValueError(f"The memory given is for {found.shape}, and {(people, len(moments_s))} is needed.")
    _fill(modes, _runs(along, 0), np.zeros_like(modes.rates), _scales(scale, people), found)
    return found


def percentiles_of_many(
    modes: Modes,
    doses: Sequence[Dose],
    moments_s: Sequence[int],
    percentiles: Sequence[float],
    scale: Floats | float = 1.0,
    moments_at_once: int = MOMENTS_AT_ONCE,
) -> Floats:
    """Return percentiles (percentiles, moments) over the people, holding `moments_at_once` moments at a time."""
    along, people = _along(doses, moments_s), len(modes.rates)
    held, scales = np.zeros_like(modes.rates), _scales(scale, people)
    found = np.empty((len(percentiles), len(moments_s)))
    space = np.empty((people, moments_at_once))
    for first, part in _parts(along, moments_at_once):
        some = space[:, : int((part.out >= 0).sum())]
        _fill(modes, _runs(part, first), held, scales, some)
        found[:, first : first + some.shape[1]] = percentiles_over(some, percentiles)
    return found


def _along(doses: Sequence[Dose], moments_s: Sequence[int]) -> Stretches:
    if uptake_speeds(doses):
        raise ValueError("What is taken up slowly is worked out one by one, by `levels`.")
    return stretches(doses, moments_s)


def _parts(along: Stretches, most: int) -> Iterator[tuple[int, Stretches]]:
    """Yield the stretches in parts of at most `most` moments, each with the number of its first moment."""
    ends = np.flatnonzero(along.out >= 0)
    begin = 0
    for first in range(0, len(ends), most):
        end = int(ends[min(first + most, len(ends)) - 1]) + 1
        rows = slice(begin, end)
        yield (
            first,
            Stretches(
                along.seconds[rows], along.mg_per_min[rows], along.bolus[rows], along.uptake[rows], along.out[rows]
            ),
        )
        begin = end


def _runs(along: Stretches, first_moment: int) -> _Runs:
    alike = np.zeros(len(along), dtype=bool)
    alike[1:] = (
        (np.diff(along.seconds) == 0)
        & (np.diff(along.mg_per_min) == 0)
        & (along.bolus[1:] == 0)
        & (along.out[:-1] >= 0)
        & (np.diff(along.out) == 1)
    )
    starts = np.flatnonzero(~alike)
    count = np.diff(starts, append=len(along))
    lengths, distance = np.unique(along.seconds[starts], return_inverse=True)
    longest = np.zeros(len(lengths), dtype=np.int64)
    np.maximum.at(longest, distance, count)
    first = along.out[starts]
    return _Runs(
        lengths / SECONDS_IN_A_MINUTE,
        longest,
        distance.astype(np.int64),
        along.mg_per_min[starts],
        along.bolus[starts],
        count.astype(np.int64),
        np.where(first >= 0, first - first_moment, -1),
    )


def _scales(scale: Floats | float, people: int) -> Floats:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(scale, dtype=float), (people,)))


def _fill(modes: Modes, runs: _Runs, held: Floats, scale: Floats, out: Floats) -> None:
    timing = (runs.minutes, runs.longest, runs.distance, runs.rate, runs.bolus, runs.count, runs.first)
    _compiled(modes.rates, modes.weights, *timing, scale, held, out)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _powers(decay, table):  # type: ignore[no-untyped-def]
    """Fill a table with decay, decay squared and so on, eight abreast once there are eight."""
    now = decay
    for step in range(min(_WIDE, len(table))):
        table[step] = now
        now *= decay
    wide = now / decay
    for step in range(_WIDE, len(table)):
        table[step] = table[step - _WIDE] * wide


@njit(parallel=True, cache=True, error_model="numpy", fastmath={"contract"})
def _compiled(  # type: ignore[no-untyped-def]
    rates, weights, minutes, longest, distance, rate, bolus, count, first, scale, held, out
):
    people, modes = rates.shape
    begins = np.cumsum(longest) - longest
    for block in prange((people + _PEOPLE_A_BLOCK - 1) // _PEOPLE_A_BLOCK):
        powers = np.empty((modes, longest.sum()))
        # Made once for many people: to ask for memory in the innermost loop costs as much as all the sums.
        share, full, above = np.empty(modes), np.empty(modes), np.empty(modes)
        for one in range(block * _PEOPLE_A_BLOCK, min(people, (block + 1) * _PEOPLE_A_BLOCK)):
            for mode in range(modes):
                share[mode] = weights[one, mode] * scale[one]
                full[mode] = share[mode] / rates[one, mode]
                for index in range(len(minutes)):
                    table = powers[mode, begins[index] : begins[index] + longest[index]]
                    _powers(np.exp(-rates[one, mode] * minutes[index]), table)
            row = out[one]
            for run in range(len(distance)):
                begin, many, at = begins[distance[run]], count[run], first[run]
                level = 0.0
                for mode in range(modes):
                    steady = rate[run] * full[mode]
                    above[mode] = held[one, mode] + bolus[run] * share[mode] - steady
                    held[one, mode] = steady + above[mode] * powers[mode, begin + many - 1]
                    level += steady
                if at >= 0:
                    _written(row[at : at + many], level, above, powers, begin)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _written(piece, steady, above, powers, begin):  # type: ignore[no-untyped-def]
    """Write the sum of all exponentials of a run: three at once, as most models have, so that each is written once."""
    many = len(piece)
    if len(above) == LARGEST_CLOSED:
        one, two, three = above[0], above[1], above[2]
        # Each a row of its own: only numbers that lie together are worked out eight abreast.
        fast, slow = powers[0, begin : begin + many], powers[1, begin : begin + many]
        slowest = powers[2, begin : begin + many]
        for step in range(many):
            piece[step] = steady + one * fast[step] + two * slow[step] + three * slowest[step]
        return
    piece[:] = steady
    for mode in range(len(above)):
        table = powers[mode, begin : begin + many]
        for step in range(many):
            piece[step] += above[mode] * table[step]
