"""Chance that is counted, not carried on: the same seed, stream and number give the same draw, in any order."""

from functools import lru_cache
from zlib import crc32

import numpy as np
from scipy.special import ndtri

from glimmer.pharmacology.doses import Floats

_DRAWS_A_COUNT = 4
_BITS_OF_A_FLOAT = 53
_BLOCK = 256


def uniforms(seed: int, stream: str, first: int, count: int, width: int = 1) -> Floats:
    """Return draws between 0 and 1, both left out: rows `first` to `first + count`, each of `width`.

    A row is the same whichever rows are asked for with it. `seed` is not negative; a stream is any name.
    """
    blocks = -(-width // _DRAWS_A_COUNT)
    bits = np.random.Philox(key=[seed, crc32(stream.encode())], counter=first * blocks)
    raw = bits.random_raw(count * blocks * _DRAWS_A_COUNT).reshape(count, blocks * _DRAWS_A_COUNT)[:, :width]
    whole = (raw >> np.uint64(64 - _BITS_OF_A_FLOAT)).astype(np.float64)
    found: Floats = (whole + 0.5) * 2.0**-_BITS_OF_A_FLOAT
    return found


def normals(seed: int, stream: str, first: int, count: int, width: int = 1) -> Floats:
    """Return draws of mean 0 and spread 1, as `uniforms` counts them."""
    found: Floats = ndtri(uniforms(seed, stream, first, count, width))
    return found


def uniform_at(seed: int, stream: str, number: int) -> float:
    """Return the draw of one number of a stream."""
    return float(_uniform_block(seed, stream, number // _BLOCK)[number % _BLOCK])


def normal_at(seed: int, stream: str, number: int) -> float:
    """Return the normal draw of one number of a stream."""
    return float(_normal_block(seed, stream, number // _BLOCK)[number % _BLOCK])


def smooth_at(seed: int, stream: str, seconds: float, knots: float) -> float:
    """Return noise of spread about one that moves in straight lines between a draw every `knots` seconds."""
    knot, part = divmod(seconds, knots)
    share = part / knots
    number = int(knot)
    return normal_at(seed, stream, number) * (1 - share) + normal_at(seed, stream, number + 1) * share


@lru_cache(maxsize=4096)
def _uniform_block(seed: int, stream: str, block: int) -> Floats:
    return uniforms(seed, stream, block * _BLOCK, _BLOCK)[:, 0]


@lru_cache(maxsize=4096)
def _normal_block(seed: int, stream: str, block: int) -> Floats:
    return normals(seed, stream, block * _BLOCK, _BLOCK)[:, 0]
