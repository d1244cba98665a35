"""Expected value of partial perfect information: which parameters are worth learning, alone and in groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy_rows
from glimmer.evidence.economics.analysis.information.policy import Gain, informed_gain, perfect_gain
from glimmer.evidence.economics.analysis.information.regression import conditional_means
from glimmer.evidence.economics.analysis.spread import BadAnalysis, asked_thresholds, needs_draws, needs_parameters
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame


@dataclass(frozen=True, slots=True)
class PartialValue:
    """One group of parameters at one threshold, per person (currency).

    `raw` is the estimate alone. `value` is the coherent one: at least 0, at least that of each group asked for with it
    that this group contains, and never above `evpi`. `standard_error` belongs to the estimate that `value` came from.
    `explained` is the largest share of the variance of an increment of effect or cost that the parameters account for.
    """

    group: str
    parameters: tuple[str, ...]
    threshold: float
    value: float
    raw: float
    standard_error: float
    evpi: float
    explained: float


@dataclass(frozen=True, slots=True)
class PartialInformation:
    """Rows by threshold, then by falling value."""

    rows: tuple[PartialValue, ...]
    people: float | None

    def frame(self) -> "DataFrame":
        """Return one row per threshold and group, with its share of the EVPI, and the total where people were given."""
        return tidy_rows([self._columns(row) for row in self.rows])

    def of(self, group: str, threshold: float | None = None) -> PartialValue:
        """Return one row, at the first threshold where none is named; raise KeyError naming the groups there are."""
        for row in self.rows:
            if row.group == group and threshold in (None, row.threshold):
                return row
        raise KeyError(
            f"There is no group {group!r} at {threshold}. There is: {', '.join({r.group for r in self.rows})}."
        )

    def _columns(self, row: PartialValue) -> dict[str, object]:
        total = {} if self.people is None else {"population_evppi": row.value * self.people}
        return {
            "threshold": row.threshold,
            "group": row.group,
            "parameters": ", ".join(row.parameters),
            "evppi": row.value,
            "evppi_se": row.standard_error,
            "evppi_raw": row.raw,
            "share_of_evpi": row.value / row.evpi if row.evpi > 0 else 0.0,
            "explained": row.explained,
            **total,
        }


def evppi(
    outcomes: Outcomes,
    groups: Mapping[str, Sequence[str]] | Sequence[str] | None = None,
    thresholds: Sequence[float] | None = None,
    people: float | None = None,
) -> PartialInformation:
    """Return the EVPPI of groups of parameters at each threshold, each group by one regression for all thresholds.

    `groups` are parameters by a group's name, or a list of parameters that each stand alone (all of them where nothing
    is given). Ask for groups that contain each other in one call: only then can they be held coherent.
    """
    needs_draws(outcomes, "The value of information")
    named = as_groups(outcomes, groups)
    asked = asked_thresholds(thresholds)
    gains: dict[str, list[Gain]] = {}
    explained: dict[str, float] = {}
    for group, parameters in named.items():
        gains[group], explained[group] = gains_of(
            outcomes, [outcomes.draws[name] for name in parameters], parameters, asked
        )
    rows: list[PartialValue] = []
    for at, threshold in enumerate(asked):
        rows += _coherent(outcomes, threshold, named, {group: gains[group][at] for group in named}, explained)
    return PartialInformation(tuple(rows), people)


def as_groups(
    outcomes: Outcomes, groups: Mapping[str, Sequence[str]] | Sequence[str] | None
) -> dict[str, tuple[str, ...]]:
    """Return parameters by group; raise BadOutcomes for one without draws, BadAnalysis for an empty group."""
    if groups is None:
        groups = tuple(outcomes.draws)
    if not isinstance(groups, Mapping):
        groups = {name: (name,) for name in groups}
    if not groups or not all(groups.values()):
        raise BadAnalysis("There is no parameter to learn about. Name parameters that the outcomes carry draws of.")
    needs_parameters(outcomes.draws, [name for names in groups.values() for name in names])
    return {group: tuple(dict.fromkeys(names)) for group, names in groups.items()}


def gains_of(
    outcomes: Outcomes, learned: Sequence[Numbers], names: Sequence[str], thresholds: Sequence[float]
) -> tuple[list[Gain], float]:
    """Return the gain at each threshold of choosing by what was learned, arrays (draws,), and the share explained.

    Effects and costs are fitted once, each against the reference; net benefit at any threshold is a sum of them.
    """
    base = outcomes.position(outcomes.reference)
    increments = np.hstack([values - values[:, [base]] for values in (outcomes.effects, outcomes.costs)])
    fit = conditional_means(learned, names, increments)
    effects, costs = slice(None, len(outcomes.strategies)), slice(len(outcomes.strategies), None)
    gains = [
        informed_gain(
            outcomes,
            threshold,
            threshold * fit.unseen[:, effects] - fit.unseen[:, costs],
            threshold * fit.fitted[:, effects] - fit.fitted[:, costs],
        )
        for threshold in thresholds
    ]
    return gains, float(fit.explained.max())


def _coherent(
    outcomes: Outcomes,
    threshold: float,
    groups: Mapping[str, tuple[str, ...]],
    gains: Mapping[str, Gain],
    explained: Mapping[str, float],
) -> list[PartialValue]:
    most = perfect_gain(outcomes, threshold).value
    rows = []
    for group, parameters in groups.items():
        inside = [gains[name] for name, others in groups.items() if set(others) <= set(parameters)]
        # Where several are equal, the group's own estimate speaks for itself.
        source = max(inside, key=lambda gain: (gain.value, gain is gains[group]))
        rows.append(
            PartialValue(
                group,
                parameters,
                threshold,
                min(source.value, most),
                gains[group].raw,
                source.standard_error,
                most,
                explained[group],
            )
        )
    return sorted(rows, key=lambda row: -row.value)
