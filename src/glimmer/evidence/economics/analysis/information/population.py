"""How many people a decision is for: what turns a value per person into a value of the decision."""

from collections.abc import Sequence

import numpy as np

from glimmer.evidence.economics.analysis.spread import BadAnalysis


def effective_population(
    incidence: float | Sequence[float], years: int, annual_discount: float, *, prevalent: float = 0, from_year: int = 0
) -> float:
    """Return the discounted number of people whose treatment the decision settles.

    `incidence`: new people a year, one number or one per year; `years`: how long the decision stays relevant;
    `annual_discount`: such as 0.035, each year's people counted at its start, so that the first year is not discounted;
    `prevalent`: people already waiting on day one; `from_year`: the decision comes so many years late, and those before
    it, the prevalent ones among them, are not reached (such as while a study runs).
    Raise BadAnalysis for fewer yearly numbers than years, or a number below 0.
    """
    yearly = np.broadcast_to(np.asarray(incidence, dtype=float), (years,)) if np.ndim(incidence) == 0 else None
    if yearly is None:
        yearly = np.asarray(incidence, dtype=float)
        if len(yearly) != years:
            raise BadAnalysis(f"Incidence is given for {len(yearly)} years, but the horizon is {years} years.")
    if years < 1 or from_year < 0 or annual_discount < 0 or prevalent < 0 or (yearly < 0).any():
        raise BadAnalysis(
            f"A population needs at least one year and no number below 0, but has years={years}, "
            f"from_year={from_year}, annual_discount={annual_discount}, prevalent={prevalent}."
        )
    people = yearly / (1 + annual_discount) ** np.arange(years)
    return float(people[from_year:].sum() + (prevalent if from_year == 0 else 0))
