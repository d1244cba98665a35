"""Expected value of perfect information: what it is worth, at most, to learn more before deciding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glimmer.evidence.economics.analysis.frames import tidy
from glimmer.evidence.economics.analysis.information.policy import perfect_gain
from glimmer.evidence.economics.analysis.spread import asked_thresholds, needs_draws
from glimmer.evidence.economics.outcomes import Numbers, Outcomes

if TYPE_CHECKING:
    from polars import DataFrame


@dataclass(frozen=True, slots=True)
class PerfectInformation:
    """EVPI by threshold, per person (currency); times `people` for the population, where one was given."""

    thresholds: tuple[float, ...]
    values: Numbers
    errors: Numbers
    people: float | None

    def frame(self) -> "DataFrame":
        """Return one row per threshold."""
        columns = {"threshold": self.thresholds, "evpi": self.values, "evpi_se": self.errors}
        if self.people is not None:
            columns |= {"population_evpi": self.values * self.people, "population_evpi_se": self.errors * self.people}
        return tidy(columns)


def evpi(
    outcomes: Outcomes, thresholds: Sequence[float] | None = None, people: float | None = None
) -> PerfectInformation:
    """Return the EVPI at each threshold; `people` is how many the decision is for (see `effective_population`)."""
    needs_draws(outcomes, "The value of information")
    asked = asked_thresholds(thresholds)
    gains = [perfect_gain(outcomes, threshold) for threshold in asked]
    values, errors = np.array([gain.value for gain in gains]), np.array([gain.standard_error for gain in gains])
    return PerfectInformation(asked, values, errors, people)
