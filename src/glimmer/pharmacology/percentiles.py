"""Percentiles over many people, for moment after moment: by sorting, which a processor does many at a time."""

from collections.abc import Sequence

import numpy as np

from glimmer.pharmacology.body import Floats

PER_CENT = 100


def percentiles_over(levels: Floats, percentiles: Sequence[float]) -> Floats:
    """Return percentiles (percentiles, moments) of levels (people, moments), between two people in proportion.

    The same as numpy's own, which chooses instead of sorting and takes ten times as long.
    """
    # Copied first, so that each moment's people lie together: sorting them where they lie apart takes twice as long.
    ordered = np.array(levels.T, order="C")
    ordered.sort(axis=1)
    places = np.asarray(percentiles, dtype=float) / PER_CENT * (ordered.shape[1] - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    share = (places - below)[:, None]
    found: Floats = ordered[:, below].T * (1 - share) + ordered[:, above].T * share
    return found
