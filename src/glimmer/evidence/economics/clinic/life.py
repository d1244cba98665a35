"""Who dies, and what a year of life is worth without the condition: life table and norms as the model needs them.

A cohort of both sexes dies at a rate between the two, which moves towards that of the sex that lives longer.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from glimmer.guidance.economics import SEXES, life_table, norms


@dataclass(frozen=True, slots=True)
class MixedYear:
    """One year of age of a cohort: rate of dying per year, share of women at its start, and who is still alive."""

    age: int
    rate: float
    share_female: float
    alive: float


def cohort_years(start_age: int, share_female: float) -> Iterator[MixedYear]:
    """Yield the years of a cohort of the general population from an age (whole years) to the end of the life table."""
    table = life_table()
    alive = {"female": share_female, "male": 1 - share_female}
    for age in range(start_age, table.last_age + 1):
        total = sum(alive.values())
        after = {sex: alive[sex] * (1 - table.probability(sex, age)) for sex in SEXES}
        rate = -math.log(sum(after.values()) / total)
        yield MixedYear(age, rate, alive["female"] / total, total)
        alive = after


def mortality_table(start_age: int, share_female: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return ages and the rate of dying per year in each: a step table for the model."""
    years = tuple(cohort_years(start_age, share_female))
    return tuple(float(one.age) for one in years), tuple(one.rate for one in years)


def expected_qalys_without_condition(
    start_age: int, share_female: float, discount: float, value_set: str = "crosswalk"
) -> float:
    """Return the discounted QALYs that the general population of an age and mix of sexes still expects.

    By Sullivan's method as in McNamara 2022: years lived in each year of age, valued by the norms of that age,
    discounted by whole years. `value_set` as in `guidance.economics.norms`.
    """
    found = norms(value_set)
    total = 0.0
    for sex, share in (("female", share_female), ("male", 1 - share_female)):
        alive = share
        for number, age in enumerate(range(start_age, life_table().last_age)):
            dying = life_table().probability(sex, age)
            total += alive * (1 - dying / 2) * found.of(sex, age) / (1 + discount) ** number
            alive *= 1 - dying
    return total
