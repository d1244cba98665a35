"""The conditional mean of costs and effects given some parameters, fitted to the draws of a run that is already there.

Ridge regression on a smooth basis. How smooth is chosen by what predicts draws that the fit has not seen, and "not at
all" is among the choices, so that a parameter that tells nothing is given no say. Predictions of each draw come from
folds that do not hold it: a decision rule learned on other draws is judged fairly on this one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glimmer.evidence.economics.analysis.information.basis import basis
from glimmer.evidence.economics.outcomes import Numbers

FOLDS = 5
STRENGTHS = np.concatenate([10.0 ** np.arange(-9, 3), [np.inf]])
"""How strongly roughness is held down, per draw; the last leaves the mean alone."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Conditional means (draws, targets): `unseen` by folds that do not hold the draw, `fitted` by all draws.

    `explained` (targets,) is the share of the variance of each target that `unseen` accounts for, at least 0.
    """

    unseen: Numbers
    fitted: Numbers
    explained: Numbers


def conditional_means(parameters: Sequence[Numbers], names: Sequence[str], targets: Numbers) -> Fit:
    """Fit the mean of each target (draws, targets) given parameters, each (draws,)."""
    columns, complexity = basis(parameters, names)
    # A smooth function's coefficients fall with complexity; those of a rough one are held down most.
    columns = columns / complexity**2
    folds = np.arange(len(targets)) % FOLDS
    unseen = np.empty((len(STRENGTHS), *targets.shape))
    for fold in range(FOLDS):
        held = folds == fold
        unseen[:, held] = _predictions(columns[~held], targets[~held], columns[held], STRENGTHS)
    errors = np.mean((unseen - targets) ** 2, axis=1)
    chosen = errors.argmin(axis=0)
    each = np.arange(targets.shape[1])
    fitted = _fitted(columns, targets, chosen)
    return Fit(unseen[chosen, :, each].T, fitted, _explained(errors[chosen, each], targets))


def _predictions(columns: Numbers, targets: Numbers, new: Numbers, strengths: Numbers) -> Numbers:
    """Return predictions (strengths, new draws, targets) of ridge regressions with a free constant."""
    centre, level = columns.mean(axis=0), targets.mean(axis=0)
    values, axes = np.linalg.eigh((columns - centre).T @ (columns - centre))
    along = axes.T @ ((columns - centre).T @ (targets - level))
    # A direction that the draws do not span has no say, however weakly it is held down.
    floor = 1e-12 * values.max(initial=0.0)
    shrunk = np.where(values > floor, values, np.inf)[None, :] + strengths[:, None] * len(columns)
    turned = (new - centre) @ axes
    return np.stack([turned @ (along / strength[:, None]) for strength in shrunk]) + level


def _fitted(columns: Numbers, targets: Numbers, chosen: np.ndarray) -> Numbers:
    fitted = np.empty_like(targets)
    for strength in np.unique(chosen):
        those = chosen == strength
        fitted[:, those] = _predictions(columns, targets[:, those], columns, STRENGTHS[[strength]])[0]
    return fitted


def _explained(errors: Numbers, targets: Numbers) -> Numbers:
    variance = targets.var(axis=0)
    return np.clip(1 - errors / np.where(variance > 0, variance, np.inf), 0, 1) * (variance > 0)
