"""Expected value of sample information: what a study of a given size is worth, and which size pays for itself.

For each draw the study is simulated as if that draw were the truth; costs and effects are then regressed on what the
study would show. That is the same regression as for parameters, so it takes any study that can be simulated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy, tidy_rows
from glimmer.evidence.economics.analysis.information.partial import as_groups, gains_of
from glimmer.evidence.economics.analysis.information.policy import Gain, perfect_gain
from glimmer.evidence.economics.analysis.information.study import Study
from glimmer.evidence.economics.analysis.spread import BadAnalysis, asked_thresholds, needs_draws
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame

PURPOSE = 0xE751
"""Sets the chance of simulated studies apart from every other use of the same seed."""


@dataclass(frozen=True, slots=True)
class SampleValue:
    """A study of one size at one threshold, per person the decision is for (currency).

    `raw` is the estimate alone. `value` is at least 0, at least that of each smaller study in the same call, and never
    above `evppi`, which is that of the parameters the study informs. `standard_error` is that of the estimate it is of.
    """

    size: int
    threshold: float
    value: float
    raw: float
    standard_error: float
    evppi: float


@dataclass(frozen=True, slots=True)
class SampleInformation:
    """Rows by threshold, then by size."""

    rows: tuple[SampleValue, ...]
    informs: tuple[str, ...]

    def frame(self) -> "DataFrame":
        """Return one row per threshold and size."""
        return tidy_rows(
            [
                {
                    "threshold": row.threshold,
                    "size": row.size,
                    "evsi": row.value,
                    "evsi_se": row.standard_error,
                    "evsi_raw": row.raw,
                    "evppi": row.evppi,
                }
                for row in self.rows
            ]
        )

    def at(self, threshold: float) -> tuple[SampleValue, ...]:
        """Return the rows of one threshold by size; raise KeyError naming the thresholds there are."""
        found = tuple(row for row in self.rows if row.threshold == threshold)
        if not found:
            raise KeyError(
                f"There is no threshold {threshold:g}. There is: {sorted({r.threshold for r in self.rows})}."
            )
        return found


def evsi(
    outcomes: Outcomes,
    study: Study,
    sizes: Sequence[int],
    informs: Sequence[str],
    seed: int,
    thresholds: Sequence[float] | None = None,
) -> SampleInformation:
    """Return the EVSI of a study of each size at each threshold.

    `informs`: the parameters that the study's results depend on; the value is held below that of knowing them.
    `seed`: the same seed gives the same studies, whatever else runs. Raise BadAnalysis for a size below 1, or a study
    whose result is not one row of finite numbers per draw.
    """
    needs_draws(outcomes, "The value of information")
    if not sizes or min(sizes) < 1:
        raise BadAnalysis(f"Sizes of the study are {list(sizes)}. Give at least one, each of 1 or more.")
    asked = asked_thresholds(thresholds)
    parameters = as_groups(outcomes, {"informs": informs})["informs"]
    known, _ = gains_of(outcomes, [outcomes.draws[name] for name in parameters], parameters, asked)
    gains = {size: _gains_of_size(outcomes, study, size, seed, asked) for size in sorted(set(sizes))}
    rows: list[SampleValue] = []
    for at, threshold in enumerate(asked):
        most = min(known[at].value, perfect_gain(outcomes, threshold).value)
        rows += _coherent({size: gains[size][at] for size in gains}, threshold, known[at], most)
    return SampleInformation(tuple(rows), parameters)


def _gains_of_size(outcomes: Outcomes, study: Study, size: int, seed: int, thresholds: Sequence[float]) -> list[Gain]:
    chance = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, PURPOSE, size]))
    shown = np.asarray(study(outcomes.draws, size, chance), dtype=float)
    statistics = shown[:, None] if shown.ndim == 1 else shown
    if statistics.ndim != 2 or len(statistics) != len(outcomes.costs) or not np.isfinite(statistics).all():
        raise BadAnalysis(
            f"The study of size {size} returned the shape {shown.shape}, or numbers that are not finite. "
            f"It must return one row of finite numbers for each of the {len(outcomes.costs)} draws."
        )
    names = [f"statistic {at + 1}" for at in range(statistics.shape[1])]
    return gains_of(outcomes, list(statistics.T), names, thresholds)[0]


def _coherent(gains: dict[int, Gain], threshold: float, known: Gain, most: float) -> list[SampleValue]:
    rows: list[SampleValue] = []
    source = Gain(0.0, 0.0, 0.0, 0.0)
    for size, gain in gains.items():
        source = gain if gain.value >= source.value else source
        limiting = source if source.value <= most else known
        rows.append(
            SampleValue(
                size, threshold, min(source.value, most), gain.raw, limiting.standard_error or gain.standard_error, most
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class NetBenefitOfSampling:
    """What a study brings to everybody the decision is for, less its cost (currency), by size, at one threshold."""

    threshold: float
    sizes: tuple[int, ...]
    benefit: Numbers
    cost: Numbers
    net: Numbers
    error: Numbers

    @property
    def best_size(self) -> int:
        """The size with the highest net benefit, or 0 where no study of those asked for pays."""
        at = int(self.net.argmax())
        return self.sizes[at] if self.net[at] > 0 else 0

    def frame(self) -> "DataFrame":
        """Return one row per size."""
        return tidy(
            {
                "threshold": [self.threshold] * len(self.sizes),
                "size": self.sizes,
                "population_evsi": self.benefit,
                "cost": self.cost,
                "net_benefit_of_sampling": self.net,
                "net_benefit_of_sampling_se": self.error,
            }
        )


def net_benefit_of_sampling(
    information: SampleInformation,
    threshold: float,
    people: float | Callable[[int], float],
    cost: Callable[[int], float],
) -> NetBenefitOfSampling:
    """Return the net benefit of each size of the study at one threshold.

    `people`: how many the later decision is for (`effective_population`, `from_year` the year of the result), or a
    function of the size, since a larger study ends later. `cost`: what a study of a size costs in all.
    """
    rows = information.at(threshold)
    reached = np.array([people(row.size) if callable(people) else people for row in rows])
    benefit = reached * np.array([row.value for row in rows])
    spent = np.array([cost(row.size) for row in rows], dtype=float)
    error = reached * np.array([row.standard_error for row in rows])
    return NetBenefitOfSampling(threshold, tuple(row.size for row in rows), benefit, spent, benefit - spent, error)
