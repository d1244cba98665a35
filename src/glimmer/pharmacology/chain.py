"""Any linear model by the matrix exponential: metabolites, delays, and whatever the closed form does not reach."""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import expm

from glimmer.pharmacology.body import Bodies, Floats
from glimmer.pharmacology.doses import SECONDS_IN_A_MINUTE, Dose, stretches, uptake_speeds


def amounts(of: Bodies, doses: Sequence[Dose], moments_s: Sequence[int]) -> Floats:
    """Return the mg in each row of the matrix, (patients, moments, n): compartments first, then steps of delays.

    What is not yet taken up is not in the body and not in here.
    """
    speeds = uptake_speeds(doses)
    rates = _with_depots(of.matrix, speeds)
    inside, size = of.matrix.shape[-1], rates.shape[-1]
    held = np.zeros((of.count, size + 1))
    # The last row is the constant 1 that an infusion multiplies: so one exponential holds decay and inflow.
    held[:, -1] = 1.0
    found = np.empty((of.count, len(moments_s), inside))
    moves: dict[tuple[int, float], Floats] = {}
    along = stretches(doses, moments_s)
    for row in range(len(along)):
        held[:, 0] += along.bolus[row]
        held[:, inside:size] += along.uptake[row]
        key = (int(along.seconds[row]), float(along.mg_per_min[row]))
        if key not in moves:
            moves[key] = _move(rates, *key)
        held = np.einsum("pij,pj->pi", moves[key], held)
        if along.out[row] >= 0:
            found[:, along.out[row]] = held[:, :inside]
    return found


def _move(rates: Floats, seconds: int, mg_per_min: float) -> Floats:
    count, size, _ = rates.shape
    whole = np.zeros((count, size + 1, size + 1))
    whole[:, :size, :size] = rates
    whole[:, 0, size] = mg_per_min
    found: Floats = expm(whole * (seconds / SECONDS_IN_A_MINUTE))
    return found


def _with_depots(matrix: Floats, speeds: Sequence[float]) -> Floats:
    """Return the matrix with a place for each speed of uptake, from which the drug goes into the first compartment."""
    count, inside, _ = matrix.shape
    whole = np.zeros((count, inside + len(speeds), inside + len(speeds)))
    whole[:, :inside, :inside] = matrix
    for index, speed in enumerate(speeds, inside):
        whole[:, index, index], whole[:, 0, index] = -speed, speed
    return whole
