"""Can some clinics serve everybody within some minutes? Set cover, made small before it is solved.

Whoever reaches all the sites that somebody else reaches is served with them, so that only the pickiest areas count; a
site that serves no more of these than another one does is not needed. What is left is mostly a few dozen of either.
"""

import numpy as np
from scipy import sparse

from glimmer.evidence.access.exact import Program
from glimmer.evidence.access.heuristic_kernel import Rules
from glimmer.evidence.access.problem_ways import Array

# Pairs of areas that reach a common site, counted once a site: more are not compared with each other.
MOST_COMPARED, MOST_PAIRS = 40_000_000, 400_000
# Up to so many rows a full table of what two have in common is quicker.
MOST_DENSE = 2_000
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
    rows = sparse.csr_matrix(reaches[~reaches[:, kept].any(axis=1)], dtype=np.int32)
    lacks = np.maximum(rules.floor - np.bincount(rules.body[kept], minlength=len(rules.floor)), 0)
    if rows.shape[0] and float((np.asarray(rows.sum(axis=0), np.float64) ** 2).sum()) > MOST_COMPARED:
        return None, False
    left, sites = _reduced(rows, lacks[rules.body] > 0, rules.may_open & ~rules.is_kept)
    if left.shape[0] * len(sites) > MOST_PAIRS:
        return None, False
    bodies = np.flatnonzero(lacks)
    floors = sparse.csr_matrix([(rules.body[sites] == body).astype(np.int32) for body in bodies] or [[0] * len(sites)])
    count = sparse.csr_matrix(np.ones((1, len(sites)), np.int32))
    low = np.concatenate([np.ones(left.shape[0]), lacks[bodies] if len(bodies) else [0.0], [0.0]])
    high = np.full(len(low), np.inf)
    high[-1] = clinics - len(kept)
    program = Program(
        cost=np.ones(len(sites)),
        upper=np.ones(len(sites)),
        whole=len(sites),
        matrix=sparse.vstack([left, floors, count], format="csr").astype(np.float64),
        low=low,
        high=high,
        base=0.0,
        gap=ANY,
    )
    values, bound = program.solved(seconds, None)
    if values is None:
        return None, bool(bound == np.inf)
    return _filled(np.concatenate([kept, sites[values > 1 / 2]]), reaches, rules, clinics), True


def _reduced(rows: sparse.csr_matrix, is_due: Array, may_open: Array) -> tuple[sparse.csr_matrix, Array]:
    """Return the areas that decide and the sites that are needed for them; sites that a floor is due for all stay."""
    sites, before = np.flatnonzero(may_open), (-1, -1)
    rows = rows[:, sites]
    while rows.shape != before:
        before = rows.shape
        rows = rows[~_holding(rows)]
        needed = ~_held(rows.T.tocsr()) | is_due[sites]
        rows, sites = rows[:, np.flatnonzero(needed)], sites[needed]
    return rows, sites


def _inclusions(rows: sparse.csr_matrix) -> tuple[Array, Array, Array]:
    """Return pairs (larger, smaller) of rows of which the second lies within the first, and whether they are equal."""
    size = np.asarray(rows.sum(axis=1)).ravel()
    if len(size) <= MOST_DENSE:
        # Numbers of sites are whole and small, so that sums of 32-bit floats are exact.
        full = rows.toarray().astype(np.float32)
        common = full @ full.T
        np.fill_diagonal(common, -1)
        larger, smaller = np.nonzero(common == size)
    else:
        some = (rows @ rows.T).tocoo()
        inside = (some.data == size[some.col]) & (some.row != some.col)
        larger, smaller = some.row[inside], some.col[inside]
    return larger, smaller, size[larger] == size[smaller]


def _holding(rows: sparse.csr_matrix) -> Array:
    """Return which rows hold another row; of equal ones all but the first do."""
    larger, smaller, is_equal = _inclusions(rows)
    found = np.zeros(rows.shape[0], bool)
    found[larger[~is_equal | (smaller < larger)]] = True
    return found


def _held(rows: sparse.csr_matrix) -> Array:
    """Return which rows lie within another row or are empty; of equal ones all but the first do."""
    larger, smaller, is_equal = _inclusions(rows)
    found = np.asarray(rows.sum(axis=1)).ravel() == 0
    found[smaller[~is_equal | (larger < smaller)]] = True
    return found


def _filled(chosen: Array, reaches: Array, rules: Rules, clinics: int) -> Array:
    """Return the sites with so many more that all clinics are open, those that reach most areas first."""
    is_open = np.zeros(len(rules.may_open), bool)
    is_open[chosen] = True
    order = np.argsort(-reaches.sum(axis=0), kind="stable")
    more = order[(rules.may_open & ~is_open)[order]][: clinics - int(is_open.sum())]
    is_open[more] = True
    return np.flatnonzero(is_open)
