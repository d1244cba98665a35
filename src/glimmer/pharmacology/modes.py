"""The closed form: a level of drug as a sum of exponentials, for one to three compartments and an effect site.

The rates of decay are the roots of a polynomial, by the quadratic or by cosines; where two of them lie so close that
the sums lose their digits, the patient is marked, and the matrix exponential takes over (`chain.py`).
"""

from dataclasses import dataclass

import numpy as np

from glimmer.guidance import figure
from glimmer.pharmacology.body import Bodies, Floats

NG_PER_ML_IN_MG_PER_L = 1000.0
LARGEST_CLOSED = 3


@dataclass(frozen=True, slots=True)
class Modes:
    """A level as a sum: after 1 mg at once it is the sum of `weights` x exp(-`rates` t) in ng/mL, t in minutes.

    Both (patients, modes). `is_exact` (patients,) is false where the closed form cannot be trusted.
    """

    rates: Floats
    weights: Floats
    is_exact: np.ndarray

    def with_effect_site(self, per_min: float) -> "Modes":
        """Return the level at a site that follows with `per_min`: it has no volume and takes nothing away."""
        difference = per_min - self.rates
        apart = np.abs(difference) > _apart() * per_min
        shared = self.weights * per_min / np.where(apart, difference, np.inf)
        rates = np.concatenate([self.rates, np.full((len(self.rates), 1), per_min)], axis=1)
        weights = np.concatenate([shared, -shared.sum(axis=1, keepdims=True)], axis=1)
        return Modes(rates, weights, self.is_exact & apart.all(axis=1))

    def taken_up(self, per_min: float) -> "Modes":
        """Return the level after 1 mg that is taken up at `per_min` instead of given at once."""
        return self.with_effect_site(per_min)


def parent_compartments(of: Bodies) -> list[int]:
    """Return the compartments that the drug itself spreads into: the central one, then those that exchange with it."""
    places = {one.id: index for index, one in enumerate(of.model.compartments)}
    first = of.model.compartments[0].id
    pairs = [flow.between for flow in of.model.flows if first in flow.between]
    return [0, *sorted(places[one] for pair in pairs for one in pair if one != first)]


def modes_of(of: Bodies) -> Modes | None:
    """Return the closed form of the drug's own level, or None for a model with more than three compartments for it."""
    parts = parent_compartments(of)
    if len(parts) > LARGEST_CLOSED:
        return None
    out = -of.matrix[:, 0, 0]
    back = np.stack([of.matrix[:, 0, one] for one in parts[1:]], axis=-1) if len(parts) > 1 else np.empty((of.count, 0))
    into = np.stack([of.matrix[:, one, 0] for one in parts[1:]], axis=-1) if len(parts) > 1 else np.empty((of.count, 0))
    rates = _roots(out, into, back)
    weights = np.empty_like(rates)
    for one in range(rates.shape[1]):
        others = np.delete(rates, one, axis=1)
        mine = rates[:, one : one + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            weights[:, one] = np.prod(back - mine, axis=1) / np.prod(others - mine, axis=1)
    weights *= NG_PER_ML_IN_MG_PER_L / of.volumes[:, :1]
    return Modes(rates, weights, _are_apart(rates) & np.isfinite(weights).all(axis=1))


def _roots(out: Floats, into: Floats, back: Floats) -> Floats:
    """Return the rates of decay, the fastest first, from the rates out of the centre, into the others and back."""
    if back.shape[1] == 0:
        return out[:, None]
    if back.shape[1] == 1:
        total, product = out + back[:, 0], (out - into[:, 0]) * back[:, 0]
        # The smaller root from the product: the difference of two close numbers would lose its digits.
        larger = (total + np.sqrt(np.maximum(total**2 - 4 * product, 0))) / 2
        return np.stack([larger, product / larger], axis=-1)
    return _three_roots(out, into, back)


def _three_roots(out: Floats, into: Floats, back: Floats) -> Floats:
    lost = out - into.sum(axis=1)
    product = back[:, 0] * back[:, 1]
    two = out + back.sum(axis=1)
    one = product + out * back.sum(axis=1) - (into * back).sum(axis=1)
    none = lost * product
    size = np.maximum(two**2 - 3 * one, 0) / 9
    shift = (2 * two**3 - 9 * two * one + 27 * none) / 54
    with np.errstate(divide="ignore", invalid="ignore"):
        # Rounding may carry it past 1, where there is no angle.
        angle = np.arccos(np.clip(np.where(size > 0, shift / size**1.5, 1.0), -1, 1))
    turns = np.array([0.0, 4.0, 2.0]) * np.pi / 3
    found = np.sort(two[:, None] / 3 + 2 * np.sqrt(size)[:, None] * np.cos(angle[:, None] / 3 + turns), axis=1)[:, ::-1]
    return _polished(found, two, one, none)


def _polished(roots: Floats, two: Floats, one: Floats, none: Floats) -> Floats:
    """Return the roots after two steps of Newton's: the cosine leaves the smallest one a few digits short."""
    for _ in range(2):
        value = ((roots - two[:, None]) * roots + one[:, None]) * roots - none[:, None]
        slope = (3 * roots - 2 * two[:, None]) * roots + one[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(slope != 0, value / slope, 0.0)
        roots = roots - step
    return roots


def _are_apart(rates: Floats) -> np.ndarray:
    if rates.shape[1] == 1:
        return np.isfinite(rates[:, 0])
    ordered = np.sort(rates, axis=1)
    return (np.diff(ordered, axis=1) > _apart() * ordered[:, 1:]).all(axis=1) & (ordered[:, 0] > 0)


def _apart() -> float:
    found: float = figure("kinetics", "roots_apart").value
    return found
