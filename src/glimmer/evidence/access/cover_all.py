"""Can some clinics serve everybody within some minutes? Set cover, made small before it is solved.

Whoever reaches all the sites that somebody else reaches is served with them, so that only the pickiest areas count; a
site that serves no more of these than another one does is not needed. What is left is mostly a few dozen of either.
"""

import numpy as np
from scipy import sparse

from glimmer.evidence.access.exact import Program
from glimmer.evidence.access.heuristic_kernel import Rules
from glimmer.evidence.access.problem_ways import Array

# Areas or sites that are compared with the rest at once, how many may be left to decide, and pairs for the solver.
AT_ONCE, MOST_LEFT, MOST_PAIRS = 400, 1_200, 400_000
# Any plan will do: the solver need not look for fewer clinics than are there.
ANY = 1e9


def cover_all(reaches: Array, rules: Rules, clinics: int, *, seconds: float) -> tuple[Array | None, bool]:
    """Return sites that together reach every area under the rules (None: none found), and whether that is settled.

    `reaches` (areas, sites): whether an area reaches a site in time. None and settled: no such sites exist. None and
    not settled: the time was over, or it is too large to be told.
    """
    reaches = reaches & rules.may_open
    if not reaches.any(axis=1).all():
        return None, True
    kept = np.flatnonzero(rules.is_kept)
    lacks = np.maximum(rules.floor - np.bincount(rules.body[kept], minlength=len(rules.floor)), 0)
    rows = reaches[~reaches[:, kept].any(axis=1)]
    left, sites = _reduced(rows, lacks[rules.body] > 0, rules.may_open & ~rules.is_kept)
    if not len(sites) or np.count_nonzero(left) > MOST_PAIRS:
        return None, False
    bodies = np.flatnonzero(lacks)
    floors = sparse.csr_matrix([(rules.body[sites] == body).astype(float) for body in bodies] or [[0.0] * len(sites)])
    count = sparse.csr_matrix(np.ones((1, len(sites))))
    low = np.concatenate([np.ones(left.shape[0]), lacks[bodies] if len(bodies) else [0.0], [0.0]])
    high = np.full(len(low), np.inf)
    high[-1] = clinics - len(kept)
    program = Program(
        cost=np.ones(len(sites)),
        upper=np.ones(len(sites)),
        whole=len(sites),
        matrix=sparse.vstack([sparse.csr_matrix(left), floors, count], format="csr").astype(np.float64),
        low=low,
        high=high,
        base=0.0,
        gap=ANY,
    )
    values, bound = program.solved(seconds, None)
    if values is None:
        return None, bool(bound == np.inf)
    return _filled(np.concatenate([kept, sites[values > 1 / 2]]), reaches, rules, clinics), True


def _reduced(rows: Array, is_due: Array, may_open: Array) -> tuple[Array, Array]:
    """Return the areas that decide and the sites that are needed for them; sites that a floor is due for all stay.

    No sites: too many areas are left to decide.
    """
    sites, before = np.flatnonzero(may_open), (-1, -1)
    rows = rows[:, sites]
    while rows.shape != before:
        before = rows.shape
        pickiest = _smallest(rows)
        if pickiest is None:
            return rows, sites[:0]
        rows = rows[pickiest]
        # What a site does not serve is small where what it serves is large.
        largest = _smallest(~rows.T)
        needed = np.zeros(len(sites), bool)
        needed[np.arange(len(sites)) if largest is None else largest] = True
        needed = (needed & rows.any(axis=0)) | is_due[sites]
        rows, sites = rows[:, needed], sites[needed]
    return rows, sites


def _smallest(rows: Array) -> Array | None:
    """Return the rows that hold no other row, in order; of equal ones the first. None: more than MOST_LEFT are left."""
    size, kept = rows.sum(axis=1), 0
    left, found = np.argsort(size, kind="stable"), []
    # Numbers of sites are whole and small, so that sums of 32-bit floats are exact.
    full = rows.astype(np.float32)
    while len(left) and kept <= MOST_LEFT:
        some, left = left[:AT_ONCE], left[AT_ONCE:]
        common = full[some] @ full[some].T
        # Of two alike the earlier one stays; the smaller one always comes before.
        some = some[~np.triu(common == size[some][:, None], 1).any(axis=0)]
        left = left[~(full[left] @ full[some].T == size[some]).any(axis=1)]
        found.append(some)
        kept += len(some)
    return np.sort(np.concatenate([*found, left[:0]])) if kept <= MOST_LEFT else None


def _filled(chosen: Array, reaches: Array, rules: Rules, clinics: int) -> Array:
    """Return the sites with so many more that all clinics are open, those that reach most areas first."""
    is_open = np.zeros(len(rules.may_open), bool)
    is_open[chosen] = True
    order = np.argsort(-reaches.sum(axis=0), kind="stable")
    more = order[(rules.may_open & ~is_open)[order]][: clinics - int(is_open.sum())]
    is_open[more] = True
    return np.flatnonzero(is_open)
