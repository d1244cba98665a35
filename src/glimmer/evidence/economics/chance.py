"""Random numbers by counter, for compiled code: a person meets the same chances whoever works them out, and when.

A number is an element of a SplitMix64 sequence (Steele, Lea and Flood 2014) whose seed is the person's key. Its place
is the purpose (which transition, which attribute) and how often the purpose has come up. So strategies share the
chances of what they have in common, and neither the number of workers nor the order of work changes a figure.
"""

import math
from typing import Any

import numpy as np
from numba import njit

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BY_30, BY_27, BY_31, BY_11, BY_32 = (np.uint64(shift) for shift in (30, 27, 31, 11, 32))
ONE = np.uint64(1)
STEP = 2.0**-53


@njit(inline="always")
def mixed(bits: Any) -> Any:
    """Return 64 bits, well mixed: the finaliser of SplitMix64."""
    bits = (bits ^ (bits >> BY_30)) * FIRST
    bits = (bits ^ (bits >> BY_27)) * SECOND
    return bits ^ (bits >> BY_31)


@njit(inline="always")
def element(key: Any, place: Any) -> Any:
    """Return an element (from 0) of the sequence of a key, 64 bits."""
    return mixed(key + GOLDEN * (np.uint64(place) + ONE))


@njit(inline="always")
def uniform(key: Any, purpose: Any, index: Any) -> float:
    """Return a number above 0 and below 1, for the `index`-th time (below 2 ** 32) that `purpose` comes up."""
    bits = element(key, (np.uint64(purpose) << BY_32) | np.uint64(index))
    # Never 0 and never 1: both ends would be waits without end or none at all.
    return (float(bits >> BY_11) + 0.5) * STEP


def _layers() -> tuple[Any, Any, Any]:
    """Return widths, bounds and heights of 256 layers of one area under exp(-x): Marsaglia and Tsang's ziggurat."""
    edges = np.zeros(LAYERS + 1)
    edges[0], edges[1] = AREA * np.exp(TAIL), TAIL
    for layer in range(2, LAYERS):
        edges[layer] = -np.log(AREA / edges[layer - 1] + np.exp(-edges[layer - 1]))
    bounds = edges[1:] / edges[:-1] * 2.0**53
    return edges[:-1] * STEP, bounds.astype(np.uint64), np.exp(-edges)


LAYERS, TAIL, AREA = 256, 7.69711747013104972, 0.0039496598225815571993
WIDTH, BOUND, HEIGHT = _layers()
LAST_8 = np.uint64(LAYERS - 1)


@njit(inline="always", error_model="numpy")
def exponential(key: Any, purpose: Any, index: Any) -> float:
    """Return an exponential time of mean 1, for the `index`-th time that `purpose` comes up."""
    return unit_exponential(element(key, (np.uint64(purpose) << BY_32) | np.uint64(index)))


@njit(inline="always", error_model="numpy")
def unit_exponential(bits: Any) -> float:
    """Return the exponential time of mean 1 that an element of a sequence stands for."""
    layer, high = bits & LAST_8, bits >> BY_11
    return float(high) * WIDTH[layer] if high < BOUND[layer] else _beside_the_layers(bits)


@njit(cache=True, error_model="numpy")
def _beside_the_layers(bits: Any) -> float:
    """Return an exponential time where the first 64 bits fell outside their layer: one in a hundred does."""
    before = 0.0
    while True:
        layer, high = bits & LAST_8, bits >> BY_11
        time = float(high) * WIDTH[layer]
        if high < BOUND[layer]:
            return before + time
        bits = mixed(bits + GOLDEN)
        if layer == 0:
            # Beyond the last edge it is the same law again, from there.
            before += TAIL
        else:
            below, above = HEIGHT[layer], HEIGHT[layer + ONE]
            if below + (float(bits >> BY_11) + 0.5) * STEP * (above - below) < math.exp(-time):
                return before + time
            bits = mixed(bits + GOLDEN)


def key_of(seed: int) -> np.uint64:
    """Return the key of a seed; any whole number is one."""
    return np.uint64(np.random.SeedSequence(seed % 2**128).generate_state(1, np.uint64)[0])
