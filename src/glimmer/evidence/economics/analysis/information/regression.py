"""The conditional mean of costs and effects given some parameters, fitted to the draws of a run that is already there.

Ridge regression on a smooth basis. How smooth is chosen by what predicts draws that the fit has not seen, and "not at
all" is among the choices, so that a parameter that tells nothing is given no say. Predictions of each draw come from
folds that do not hold it: a decision rule learned on other draws is judged fairly on this one.

The draws are gone through once, for the sums of squares and products of each fold; every strength is then fitted and
judged from those sums, which are as small as the basis.
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
    columns /= complexity**2
    # Sums of squares keep their digits around the mean, and on a scale of one.
    mean, scale = targets.mean(axis=0), targets.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    standard = (targets - mean) / scale
    folds = [slice(first, None, FOLDS) for first in range(FOLDS)]
    parts = [Sums.of(columns[fold], standard[fold]) for fold in folds]
    everything = Sums.total(parts)
    lines = [everything.less(part).lines() for part in parts]
    errors = np.sum([part.squared_errors(line) for part, line in zip(parts, lines, strict=True)], axis=0)
    chosen = errors.argmin(axis=0)
    unseen = np.empty_like(targets)
    for fold, line in zip(folds, lines, strict=True):
        unseen[fold] = line.chosen(chosen).at(columns[fold])
    fitted = everything.lines().chosen(chosen).at(columns)
    explained = np.clip(1 - errors.min(axis=0) / len(targets), 0, 1) * (targets.std(axis=0) > 0)
    return Fit(mean + scale * unseen, mean + scale * fitted, explained)


@dataclass(frozen=True, slots=True)
class Lines:
    """Fitted lines: `slopes` (strengths, columns, targets) and `levels` (strengths, targets), or without strengths."""

    slopes: Numbers
    levels: Numbers

    def chosen(self, strengths: np.ndarray) -> "Lines":
        """Return for each target the line of its own strength, a place in STRENGTHS."""
        targets = np.arange(len(strengths))
        return Lines(self.slopes[strengths, :, targets].T, self.levels[strengths, targets])

    def at(self, columns: Numbers) -> Numbers:
        """Return predictions (draws, targets) of lines that have been chosen."""
        return columns @ self.slopes + self.levels


@dataclass(frozen=True, slots=True)
class Sums:
    """What a regression needs to know of its draws: their number, and sums of columns x, targets y and products."""

    many: int
    x: Numbers
    y: Numbers
    xx: Numbers
    xy: Numbers
    yy: Numbers

    @classmethod
    def of(cls, x: Numbers, y: Numbers) -> "Sums":
        """Return the sums over draws of columns (draws, columns) and targets (draws, targets)."""
        return cls(len(x), x.sum(axis=0), y.sum(axis=0), x.T @ x, x.T @ y, (y**2).sum(axis=0))

    @classmethod
    def total(cls, parts: Sequence["Sums"]) -> "Sums":
        """Return the sums over all parts."""
        first, *rest = parts
        for part in rest:
            first = first._combined(part, 1)
        return first

    def less(self, part: "Sums") -> "Sums":
        """Return the sums without those of a part."""
        return self._combined(part, -1)

    def _combined(self, other: "Sums", sign: int) -> "Sums":
        return Sums(
            self.many + sign * other.many,
            self.x + sign * other.x,
            self.y + sign * other.y,
            self.xx + sign * other.xx,
            self.xy + sign * other.xy,
            self.yy + sign * other.yy,
        )

    def lines(self) -> Lines:
        """Return the ridge regressions of every strength, each with a free constant."""
        centre, level = self.x / self.many, self.y / self.many
        values, axes = np.linalg.eigh(self.xx - np.outer(centre, self.x))
        along = axes.T @ (self.xy - np.outer(centre, self.y))
        # A direction that the draws do not span has no say, however weakly it is held down.
        spanned = np.where(values > 1e-12 * values.max(initial=0.0), values, np.inf)
        held = spanned + STRENGTHS[:, None] * self.many
        slopes = axes @ (along / held[:, :, None])
        return Lines(slopes, level - centre @ slopes)

    def squared_errors(self, lines: Lines) -> Numbers:
        """Return the sum of squared errors (strengths, targets) that lines make on these draws."""
        level, slopes = lines.levels, lines.slopes
        lengths = ((self.xx @ slopes) * slopes).sum(axis=1)
        crossed = (self.xy * slopes).sum(axis=1)
        shift = self.x @ slopes
        return self.yy + lengths - 2 * crossed + level * (2 * shift - 2 * self.y + self.many * level)
