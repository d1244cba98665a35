"""What is asked of the model: over how long, whose costs, which discount, under which scenario, with which inputs."""

from dataclasses import dataclass, field

from glimmer.evidence.economics.clinic.inputs import Inputs
from glimmer.evidence.economics.clinic.relapse import DAYS_A_YEAR
from glimmer.guidance.economics import life_table, parameter

NHS, SOCIETY = "NHS and PSS", "society"
PERSPECTIVES = (NHS, SOCIETY)
# The horizons that are always shown, in years; None is a lifetime.
HORIZONS: tuple[float | None, ...] = (1.0, 5.0, 10.0, None)


class BadQuestion(ValueError):
    """The question makes no sense. The message says what may be asked."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `horizon_years` None: a lifetime. `scenario` is the id of one of `scenarios.SCENARIOS`."""

    horizon_years: float | None = field(default_factory=lambda: parameter("horizon_years").value)
    perspective: str = NHS
    discount: float = field(default_factory=lambda: parameter("discount_rate").value)
    scenario: str = "base"
    inputs: Inputs = field(default_factory=Inputs)

    def __post_init__(self) -> None:
        if self.perspective not in PERSPECTIVES:
            raise BadQuestion(f"There is no perspective {self.perspective!r}. There is: {', '.join(PERSPECTIVES)}.")
        age = self.inputs.figure("start_age")
        if age != int(age) or not life_table().first_age <= age <= life_table().last_age:
            raise BadQuestion(
                f"The age at the start is {age:g}, but must be a whole year from {life_table().first_age} to "
                f"{life_table().last_age}: the life table goes by these."
            )
        if self.horizon_years is not None and not 0 < self.horizon_years <= lifetime_years(self.inputs):
            raise BadQuestion(
                f"The horizon is {self.horizon_years:g} years, but must be above 0 and at most "
                f"{lifetime_years(self.inputs):g}: the life table ends then. Leave it out for a lifetime."
            )
        if not 0 <= self.discount < 1:
            raise BadQuestion(f"The discount rate is {self.discount:g}, but must be from 0 to below 1, such as 0.035.")


def lifetime_years(inputs: Inputs | None = None) -> float:
    """Return the years from the start to the end of the life table."""
    return life_table().last_age - int((inputs or Inputs()).figure("start_age")) + 1


def cycles(horizon_years: float | None, inputs: Inputs | None = None) -> list[tuple[int, float]]:
    """Return the grid as pairs of a number of cycles and their length in years: weeks, then 28 days, then 84 days.

    A shorter cycle fills what is left before a step or the horizon ends, so that a horizon is as long as it says.
    """
    whole = lifetime_years(inputs)
    horizon = whole if horizon_years is None else horizon_years
    week = 7 / DAYS_A_YEAR
    # Half a week first: everybody begins on one day, so the first course ends on one day too, the 28th. A cycle around
    # that day counts it on that day; a cycle that ends with it would count it half a week early.
    steps = (
        (week / 2, week / 2),
        (parameter("weeks_of_weekly_cycles").value * week, week),
        (parameter("years_of_28_day_cycles").value, parameter("days_of_a_cycle").value / DAYS_A_YEAR),
        (whole, parameter("days_of_a_late_cycle").value / DAYS_A_YEAR),
    )
    grid: list[tuple[int, float]] = []
    begun = 0.0
    for until, length in steps:
        grid += _filled(min(until, horizon) - begun, length)
        begun = max(begun, min(until, horizon))
    return grid


def _filled(years: float, length: float) -> list[tuple[int, float]]:
    slack = 1e-9
    if years <= slack:
        return []
    whole = int((years + slack) // length)
    left = years - whole * length
    return [*([(whole, length)] if whole else []), *([(1, left)] if left > slack else [])]
