"""Rates in a cohort model: what a cycle does to people who may move several times within it.

The probabilities of a cycle are the exponential of the matrix of rates, so that who falls ill and recovers within a
cycle is counted as both. With them, the shares at the ends of all cycles are those of continuous time, whatever the
length of a cycle; only the counting within it is approximate.
"""

import hashlib
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from glimmer.evidence.economics.declared import Said
from glimmer.evidence.economics.expressions import BadModel, expression
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Numbers

# The probabilities of one matrix are asked for one after the other: the last few are kept.
MOST_KEPT = 8
_kept: dict[bytes, Numbers] = {}
_lock = threading.Lock()


def transitions_by_rates(model: Model, rates: Mapping[tuple[str, str], Said]) -> None:
    """Declare all transitions between states by their rates per year: {("Well", "Ill"): "r_ill", ...}.

    Rates may depend on `cycle`, `time` and `age` (as at the start of a cycle), and not on the time in a state. Where
    nobody can get to within a cycle, there is no transition. Raises BadModel for a state that is not declared.
    """
    names = list(model.states)
    for source, target in rates:
        for name in (source, target):
            if name not in names:
                raise BadModel(f"Rate {source} -> {target}: there is no state {name!r}. There is: {', '.join(names)}.")
        if source == target:
            raise BadModel(f"Rate {source} -> {target}: a rate is of leaving a state.")
        if model.states[source].tunnel > 1 or model.states[source].in_lines:
            raise BadModel(f"Rate {source} -> {target}: a state with a tunnel or in lines cannot be left by rates.")
    said = [
        f"({expression(rates[source, target]).text})" if (source, target) in rates else "0"
        for source in names
        for target in names
        if source != target
    ]
    for row, name in enumerate(names):
        for column in _reached(row, names, rates):
            text = f"probability_by_rates({row}, {column}, length, {', '.join(said)})"
            model.transition(name, names[column], text)


def _reached(source: int, names: list[str], rates: Mapping[tuple[str, str], Said]) -> list[int]:
    """Return the other states that can be reached from a state by any way."""
    found, front = {names[source]}, {names[source]}
    while front:
        front = {target for at, target in rates if at in front} - found
        found |= front
    return [place for place, name in enumerate(names) if name in found and place != source]


def probability_by_rates(source: Any, target: Any, length: Any, *rates: Any) -> Any:
    """Return the probability of being in state `target` after `length` years of who is in `source`.

    `rates` are all rates between different states, per year, row by row without the diagonal.
    """
    from glimmer.evidence.economics.intensities import matrix_exponential

    states = round((1 + np.sqrt(1 + 4 * len(rates))) / 2)
    if states * (states - 1) != len(rates):
        raise ValueError(f"{len(rates)} rates are not those between any number of states")
    spread = np.stack(np.broadcast_arrays(length, *(np.asarray(rate, float) for rate in rates)))
    if not (np.isfinite(spread).all() and spread.min() >= 0):
        raise ValueError(f"a rate is {spread[1:].min():.6g}, but must be 0 or above")
    key = hashlib.sha256(np.ascontiguousarray(spread).tobytes() + str(spread.shape).encode()).digest()
    with _lock:
        found = _kept.get(key)
    if found is None:
        found = matrix_exponential(_matrix(spread[1:], states) * spread[0][..., None, None])
        with _lock:
            while len(_kept) >= MOST_KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = found
    return np.clip(found[..., int(source), int(target)], 0.0, 1.0)


def _matrix(rates: Numbers, states: int) -> Numbers:
    matrix = np.zeros((*rates.shape[1:], states, states))
    between = ((row, column) for row in range(states) for column in range(states) if row != column)
    for (row, column), rate in zip(between, rates, strict=True):
        matrix[..., row, column] = rate
        matrix[..., row, row] -= rate
    return matrix
