"""Smooth functions of parameters, from plain to wiggly: what a conditional mean is looked for among.

One parameter becomes a natural cubic spline, rotated so that its columns come in order of roughness: a straight line
first, then ever more turns. It is straight beyond its outer knots, so that a few extreme draws of a skewed parameter
cannot swing it. Several parameters become products of such columns, as many as the draws can bear, the plain ones first
(a hyperbolic cross): main effects with several turns, products of two and more parameters with fewer.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from glimmer.evidence.economics.analysis.spread import BadAnalysis
from glimmer.evidence.economics.outcomes import Numbers

KNOTS = 10
OUTER_KNOT = 0.01
"""The share of draws beyond each outer knot, where the spline goes straight."""
MOST_COLUMNS = 250
MOST_NUMBERS = 8_000_000
"""How many numbers all columns together may have (64 MB), however many draws there are."""
DRAWS_PER_COLUMN = 10
WIDEST_CROSS = 24


def basis(parameters: Sequence[Numbers], names: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return columns (draws, k) without a constant, and the complexity (k,) of each: 2 a straight line, then more.

    `parameters` are arrays (draws,). A parameter that never varies adds nothing. Raise BadAnalysis, naming how many
    there are, where the draws are too few for the parameters.
    """
    splines = [columns for values in parameters if (columns := natural_spline(values)).shape[1]]
    draws = len(parameters[0])
    if len(splines) * 2 > draws:
        raise BadAnalysis(
            f"{draws} draws cannot tell {len(splines)} parameters apart ({', '.join(names[:3])}, ...). "
            "Run more draws, or ask for fewer parameters at a time."
        )
    most = max(min(MOST_COLUMNS, draws // DRAWS_PER_COLUMN, MOST_NUMBERS // draws), 1)
    indices = hyperbolic_cross([columns.shape[1] for columns in splines], most)
    if not indices:
        return np.empty((draws, 0)), np.empty(0)
    products = [np.prod([splines[at][:, turn - 1] for at, turn in index], axis=0) for index in indices]
    complexity = [float(np.prod([1 + turn for _, turn in index])) for index in indices]
    return np.column_stack(products), np.array(complexity)


def natural_spline(values: Numbers) -> Numbers:
    """Return the columns of one parameter, (draws, up to KNOTS - 1), each with mean 0 and variance 1, smoothest first.

    A parameter with two values becomes one column, one with none but itself no column at all.
    """
    spread = values.std()
    if not spread > 1e-12 * max(abs(float(values.mean())), 1e-300):
        return np.empty((len(values), 0))
    z = (values - values.mean()) / spread
    knots = _knots(z)
    if len(knots) < 3:
        return z[:, None]
    raw = _truncated_powers(z, knots)
    raw -= raw.mean(axis=0)
    q, r = np.linalg.qr(raw)
    kept = np.abs(np.diag(r)) > 1e-9 * np.abs(np.diag(r)).max()
    if not kept.all():
        return z[:, None]
    back = np.linalg.inv(r)
    _, turns = np.linalg.eigh(back.T @ _roughness(knots) @ back)
    return np.asarray(q @ turns) * np.sqrt(len(values))


def _knots(z: Numbers) -> Numbers:
    """Return the knots: quantiles, or the values themselves where there are few; each once."""
    distinct = np.unique(z)
    if len(distinct) <= KNOTS:
        return distinct
    return np.unique(np.quantile(z, np.linspace(OUTER_KNOT, 1 - OUTER_KNOT, KNOTS)))


def _truncated_powers(z: Numbers, knots: Numbers) -> Numbers:
    last = np.clip(z - knots[-1], 0, None) ** 3
    powers = (np.clip(z[:, None] - knots[:-1], 0, None) ** 3 - last[:, None]) / (knots[-1] - knots[:-1])
    return np.column_stack([z, powers[:, :-1] - powers[:, -1:]])


def _roughness(knots: Numbers) -> Numbers:
    """Return the integrals of the products of second derivatives of the columns, exactly.

    Second derivatives are straight between knots, so Simpson's rule on each piece has no error.
    """
    pieces = np.diff(knots)
    points = np.concatenate([knots[:-1], (knots[:-1] + knots[1:]) / 2, knots[1:]])
    weights = np.concatenate([pieces, 4 * pieces, pieces]) / 6
    last = np.clip(points - knots[-1], 0, None)[:, None]
    bends = 6 * (np.clip(points[:, None] - knots[:-1], 0, None) - last) / (knots[-1] - knots[:-1])
    second = np.column_stack([np.zeros(len(points)), bends[:, :-1] - bends[:, -1:]])
    return np.asarray((second * weights[:, None]).T @ second)


def hyperbolic_cross(turns: Sequence[int], most: int) -> list[tuple[tuple[int, int], ...]]:
    """Return at most `most` products as ((parameter, turn), ...), plainest first; the straight lines are always there.

    `turns` is how many columns each parameter has. A product's complexity is that of its parts, (1 + turn), multiplied.
    """
    found: list[tuple[tuple[int, int], ...]] = []
    for widest in range(2, WIDEST_CROSS + 1):
        wider = list(_products(turns, 0, widest))
        if found and len(wider) > most:
            break
        found = wider
    return sorted(found, key=lambda index: (np.prod([1 + turn for _, turn in index]), index))


def _products(turns: Sequence[int], start: int, widest: int) -> Iterator[tuple[tuple[int, int], ...]]:
    for at in range(start, len(turns)):
        for turn in range(1, min(turns[at], widest - 1) + 1):
            yield ((at, turn),)
            for rest in _products(turns, at + 1, widest // (1 + turn)):
                yield ((at, turn), *rest)
