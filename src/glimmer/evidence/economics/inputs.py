"""Uncertain inputs: what is known of a parameter as a distribution, drawn so that a seed gives the same draws for ever.

Each parameter has a random stream of its own, keyed by the seed and its name (Philox, a counter-based generator): a new
parameter changes no other's draws, and the first thousand of ten thousand draws are the thousand of a shorter run.
Correlated parameters share a Gaussian copula: their ranks are correlated, each keeps its own distribution.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Protocol

import numpy as np
from scipy.special import betaincinv, expit, gammaincinv, logit, ndtr, ndtri

from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.outcomes import Numbers


class Distribution(Protocol):
    """What is believed of one parameter."""

    @property
    def mean(self) -> float:
        """The expected value: what a deterministic run takes."""

    def quantile(self, share: Numbers) -> Numbers:
        """Return the values below which these shares of the belief lie."""


def _check(holds: bool, says: str) -> None:
    if not holds:
        raise BadModel(says)


def _check_numbers(kind: str, **numbers: float) -> None:
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, Real) or not math.isfinite(number):
            raise BadModel(f"{kind}: {name} is {number!r}, but must be a number.")


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that is taken as known."""

    value: float

    def __post_init__(self) -> None:
        _check_numbers("Fixed", value=self.value)

    @property
    def mean(self) -> float:
        """The value."""
        return self.value

    def quantile(self, share: Numbers) -> Numbers:
        """Return the value, for each share."""
        return np.full(np.shape(share), self.value)


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal distribution by its mean and standard deviation."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        _check_numbers("Normal", mean=self.mean, sd=self.sd)
        _check(self.sd >= 0, f"Normal: the standard deviation is {self.sd}, but must not be negative.")

    def quantile(self, share: Numbers) -> Numbers:
        """Return quantiles."""
        return self.mean + self.sd * ndtri(share)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A log-normal distribution; `mu` and `sigma` are the mean and standard deviation of the logarithm."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _check_numbers("LogNormal", mu=self.mu, sigma=self.sigma)
        _check(self.sigma >= 0, f"LogNormal: sigma is {self.sigma}, but must not be negative.")

    @classmethod
    def from_interval(cls, low: float, high: float, level: float = 0.95) -> "LogNormal":
        """Return the distribution with this central interval, as ratios are published: median sqrt(low * high)."""
        _check_numbers("LogNormal", low=low, high=high, level=level)
        _check(0 < level < 1, f"LogNormal: an interval that holds {level} is none. Say 0.95 for 95 %.")
        _check(0 < low < high, f"LogNormal: an interval of {low} to {high} is none. Two rising values above 0 are.")
        sigma = float(np.log(high / low) / (2 * ndtri((1 + level) / 2)))
        return cls(float(np.log(low * high) / 2), sigma)

    @classmethod
    def from_mean(cls, mean: float, sd: float) -> "LogNormal":
        """Return the distribution with this mean and standard deviation of the value itself."""
        _check_numbers("LogNormal", mean=mean, sd=sd)
        _check(mean > 0, f"LogNormal: the mean is {mean}, but must be above 0.")
        _check(sd >= 0, f"LogNormal: the standard deviation is {sd}, but must not be negative.")
        sigma = float(np.sqrt(np.log1p((sd / mean) ** 2)))
        return cls(float(np.log(mean) - sigma**2 / 2), sigma)

    @property
    def mean(self) -> float:
        """The mean of the value, exp(mu + sigma^2 / 2)."""
        return float(np.exp(self.mu + self.sigma**2 / 2))

    def quantile(self, share: Numbers) -> Numbers:
        """Return quantiles."""
        return np.exp(self.mu + self.sigma * ndtri(share))


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta distribution: of `alpha` who had the event and `beta` who had not."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        _check_numbers("Beta", alpha=self.alpha, beta=self.beta)
        _check(self.alpha > 0 and self.beta > 0, f"Beta: {self.alpha} and {self.beta} must both be above 0.")

    @classmethod
    def from_mean(cls, mean: float, sd: float) -> "Beta":
        """Return the distribution with this mean and standard deviation; raise BadModel where no beta has them."""
        _check_numbers("Beta", mean=mean, sd=sd)
        _check(0 < mean < 1, f"Beta: the mean is {mean}, but must lie between 0 and 1.")
        _check(
            sd > 0 and sd**2 < mean * (1 - mean),
            f"Beta: no share with the mean {mean} has a standard deviation of {sd}.",
        )
        size = mean * (1 - mean) / sd**2 - 1
        return cls(mean * size, (1 - mean) * size)

    @property
    def mean(self) -> float:
        """alpha / (alpha + beta)."""
        return self.alpha / (self.alpha + self.beta)

    def quantile(self, share: Numbers) -> Numbers:
        """Return quantiles."""
        return betaincinv(self.alpha, self.beta, share)


@dataclass(frozen=True, slots=True)
class Gamma:
    """A gamma distribution with mean `shape * scale`: costs, durations, disutilities."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        _check_numbers("Gamma", shape=self.shape, scale=self.scale)
        _check(self.shape > 0 and self.scale > 0, f"Gamma: {self.shape} and {self.scale} must both be above 0.")

    @classmethod
    def from_mean(cls, mean: float, sd: float) -> "Gamma":
        """Return the distribution with this mean and standard deviation."""
        _check_numbers("Gamma", mean=mean, sd=sd)
        _check(mean > 0 and sd > 0, f"Gamma: the mean {mean} and standard deviation {sd} must both be above 0.")
        return cls((mean / sd) ** 2, sd**2 / mean)

    @property
    def mean(self) -> float:
        """shape * scale."""
        return self.shape * self.scale

    def quantile(self, share: Numbers) -> Numbers:
        """Return quantiles."""
        return self.scale * gammaincinv(self.shape, share)


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything between `low` and `high`, all alike."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_numbers("Uniform", low=self.low, high=self.high)
        _check(self.low <= self.high, f"Uniform: {self.low} to {self.high} is no range.")

    @property
    def mean(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    def quantile(self, share: Numbers) -> Numbers:
        """Return quantiles."""
        return self.low + (self.high - self.low) * np.asarray(share)


@dataclass(frozen=True, slots=True)
class Triangular:
    """From `low` over the likeliest, `mode`, to `high`."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        _check_numbers("Triangular", low=self.low, mode=self.mode, high=self.high)
        rising = self.low <= self.mode <= self.high and self.low < self.high
        _check(rising, f"Triangular: {self.low}, {self.mode}, {self.high} must rise.")

    @property
    def mean(self) -> float:
        """The mean of the three."""
        return (self.low + self.mode + self.high) / 3

    def quantile(self, share: Numbers) -> Numbers:
        """Return quantiles."""
        share = np.asarray(share)
        width = self.high - self.low
        rising = self.low + np.sqrt(share * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - share) * width * (self.high - self.mode))
        return np.where(share * width < self.mode - self.low, rising, falling)


@dataclass(frozen=True, slots=True)
class LogitNormal:
    """A share whose logit is normal: a log-odds of an analysis with its standard error."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _check_numbers("LogitNormal", mu=self.mu, sigma=self.sigma)
        _check(self.sigma >= 0, f"LogitNormal: sigma is {self.sigma}, but must not be negative.")

    @property
    def mean(self) -> float:
        """The mean of the share, by Gauss-Hermite quadrature of 64 points."""
        points, weights = np.polynomial.hermite_e.hermegauss(64)
        return float(weights @ expit(self.mu + self.sigma * points) / weights.sum())

    def quantile(self, share: Numbers) -> Numbers:
        """Return quantiles."""
        return expit(self.mu + self.sigma * ndtri(share))

    @classmethod
    def from_share(cls, median: float, sigma: float) -> "LogitNormal":
        """Return the distribution with this median."""
        _check_numbers("LogitNormal", median=median, sigma=sigma)
        _check(0 < median < 1, f"LogitNormal: the median is {median}, but must lie between 0 and 1.")
        return cls(float(logit(median)), sigma)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws that came from elsewhere: a posterior, a network meta-analysis, a bootstrap. Used in their own order."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        _check(len(self.values) > 0, "Drawn: there are no draws.")
        finite = np.isfinite(np.asarray(self.values, float))
        _check(bool(finite.all()), f"Drawn: draw {int(np.argmin(finite))} is no number.")

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(np.mean(self.values))

    def quantile(self, share: Numbers) -> Numbers:
        """Return empirical quantiles."""
        return np.quantile(self.values, share)

    def first(self, count: int) -> Numbers:
        """Return the first draws, from the beginning again where there are too few. Joint draws stay together."""
        return np.resize(np.asarray(self.values, float), count)


@dataclass(frozen=True, slots=True)
class Dirichlet:
    """Shares that add up to 1, of `counts` by name: each name is a parameter."""

    counts: Mapping[str, float]

    def __post_init__(self) -> None:
        _check(len(self.counts) > 1, "Dirichlet: two shares at least are needed.")
        _check_numbers("Dirichlet", **self.counts)
        wrong = [name for name, count in self.counts.items() if not count > 0]
        _check(not wrong, f"Dirichlet: the counts of {', '.join(wrong)} must be above 0.")

    @property
    def means(self) -> dict[str, float]:
        """The expected share of each."""
        total = sum(self.counts.values())
        return {name: count / total for name, count in self.counts.items()}


@dataclass(frozen=True, slots=True)
class Correlation:
    """Correlated inputs: `matrix` are the correlations of the normal scores of `names` (a Gaussian copula)."""

    names: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        size = len(self.names)
        is_table = all(len(row) == size for row in self.matrix)
        matrix = np.asarray(self.matrix if is_table else [], float)
        _check(
            matrix.shape == (size, size), f"Correlation of {', '.join(self.names)}: a {size} x {size} table is needed."
        )
        _check(np.allclose(matrix, matrix.T) and np.allclose(np.diag(matrix), 1), "Correlation: not symmetric with 1s.")
        _check(np.linalg.eigvalsh(matrix).min() > -1e-9, f"Correlation of {', '.join(self.names)} contradicts itself.")

    def scores(self, seed: int, count: int) -> Numbers:
        """Return correlated standard normal scores of the shape (count, names)."""
        values, vectors = np.linalg.eigh(np.asarray(self.matrix, float))
        # The symmetric root: there is one only, so neither the order of the names nor the signs that a machine gives
        # to eigenvectors change a draw.
        root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
        # Summed name by name, as a product of matrices may round a draw otherwise where there are more of them.
        found = np.zeros((count, len(self.names)))
        for name, column in sorted(zip(self.names, root.T, strict=True)):
            found += stream(seed, name).standard_normal(count)[:, None] * column
        return found


@dataclass(frozen=True, slots=True)
class Inputs:
    """All parameters of a model: single ones by name, groups of shares, correlations."""

    single: Mapping[str, Distribution] = field(default_factory=dict)
    shares: tuple[Dirichlet, ...] = ()
    correlations: tuple[Correlation, ...] = ()

    def __post_init__(self) -> None:
        seen = [*self.single, *(name for group in self.shares for name in group.counts)]
        twice = sorted({name for name in seen if seen.count(name) > 1})
        _check(not twice, f"Declared more than once: {', '.join(twice)}.")
        joined = [name for one in self.correlations for name in one.names]
        unknown = sorted(set(joined) - set(self.single))
        _check(not unknown, f"Correlated, but not declared as single parameters: {', '.join(unknown)}.")
        _check(len(joined) == len(set(joined)), "A parameter may stand in one correlation only: join the tables.")
        drawn = sorted(name for name, one in self.single.items() if isinstance(one, Drawn))
        torn = [name for name in drawn if name in joined]
        _check(
            not torn or len(drawn) == 1,
            f"{', '.join(torn)}: draws that came from elsewhere may belong together ({', '.join(drawn)}), and a "
            "correlation would put them into another order. Leave it out, or draw what is correlated yourself.",
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters."""
        return (*self.single, *(name for group in self.shares for name in group.counts))

    def means(self) -> dict[str, float]:
        """Return the expected value of each parameter."""
        shares = {name: mean for group in self.shares for name, mean in group.means.items()}
        return {name: float(one.mean) for name, one in self.single.items()} | shares

    def draw(self, count: int, seed: int) -> dict[str, Numbers]:
        """Return `count` joint draws of each parameter, the same for the same seed whatever else is declared."""
        _check(count > 0, f"{count} draws were asked for, but at least 1 is needed.")
        scores: dict[str, Numbers] = {}
        for one in self.correlations:
            scores |= dict(zip(one.names, one.scores(seed, count).T, strict=True))
        drawn = {name: _drawn(one, name, count, seed, scores.get(name)) for name, one in self.single.items()}
        for group in self.shares:
            drawn |= _shares(group, count, seed)
        return drawn


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the random stream of one purpose: the same for the same seed and names on every machine."""
    key = hashlib.sha256("\x1f".join(map(str, (seed, *purpose))).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key[:16], "big")))


def _drawn(one: Distribution, name: str, count: int, seed: int, scores: Numbers | None) -> Numbers:
    if scores is not None:
        return one.quantile(ndtr(scores))
    match one:
        case Drawn():
            return one.first(count)
        case Normal():
            return one.mean + one.sd * stream(seed, name).standard_normal(count)
        case LogNormal():
            return np.exp(one.mu + one.sigma * stream(seed, name).standard_normal(count))
        case Gamma():
            return stream(seed, name).gamma(one.shape, one.scale, count)
        case Beta():
            return stream(seed, name).beta(one.alpha, one.beta, count)
        case _:
            return one.quantile(stream(seed, name).random(count))


def _shares(group: Dirichlet, count: int, seed: int) -> dict[str, Numbers]:
    parts = {name: stream(seed, name).standard_gamma(size, count) for name, size in group.counts.items()}
    total = sum(parts.values(), np.zeros(count))
    return {name: part / total for name, part in parts.items()}


def interval(one: Distribution, level: float = 0.95) -> tuple[float, float]:
    """Return the central interval that holds `level` of a belief."""
    low, high = one.quantile(np.array([(1 - level) / 2, (1 + level) / 2]))
    return float(low), float(high)


def as_columns(draws: Mapping[str, Numbers], names: Iterable[str] | None = None) -> tuple[Sequence[str], Numbers]:
    """Return the names and the draws as one table of the shape (draws, names)."""
    chosen = list(draws if names is None else names)
    return chosen, np.stack([draws[name] for name in chosen], axis=1) if chosen else np.empty((0, 0))
