"""Chance that is an argument: a generator of its own for each seed, purpose and number, whoever else draws."""

from zlib import crc32

import numpy as np


def generator(seed: int, purpose: str, number: int = 0) -> np.random.Generator:
    """Return the generator of a seed (not negative), a purpose in words, and a number such as that of a course."""
    return np.random.Generator(np.random.Philox(key=[seed, crc32(purpose.encode())], counter=[0, number, 0, 0]))
