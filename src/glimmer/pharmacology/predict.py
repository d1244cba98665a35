"""A forward prediction with honest uncertainty: a band of people like this one, and what another model says.

It is made of what is planned or was given and never goes the other way: no dose is sought for a level.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glimmer.guidance import figure
from glimmer.guidance.kinetics import KineticModel, second_model
from glimmer.pharmacology.body import Floats, drawn
from glimmer.pharmacology.doses import Absorbed, Dose
from glimmer.pharmacology.levels import levels
from glimmer.pharmacology.percentiles import percentiles_over

SEED = 20260101
"""So that the same plan is drawn the same twice."""


class OutsideRange(ValueError):
    """The model was not made for this patient or this way of giving; the message says why, and nothing is drawn."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Levels in ng/mL at `moments_s`. `typical` is the patient whom the model calls typical; `band` holds the rows of
    `percentiles` with residual error, or None for a model that does not say how people differ.
    """

    model: KineticModel
    output: str
    moments_s: tuple[int, ...]
    typical: Floats
    percentiles: tuple[float, ...]
    band: Floats | None
    warnings: tuple[str, ...]


def predict(
    model: KineticModel,
    weight_kg: float,
    doses: Sequence[Dose],
    moments_s: Sequence[int],
    *,
    age_years: float | None = None,
    output: str = "",
    draws: int | None = None,
    seed: int = SEED,
) -> Prediction:
    """Return what the model says of this patient; raise OutsideRange for one it was not made for.

    `draws` people are drawn (the guidance says how many; 0 for no band), reproducibly from `seed`.
    """
    warnings = within_range(model, weight_kg, age_years, doses)
    typical = levels(model, weight_kg, doses, moments_s, output=output)[0]
    count = figure("kinetics", "draws").value if draws is None else draws
    percentiles = tuple(figure("kinetics", "band").value)
    band = None
    if count and model.variability.of:
        people = people_like(model, weight_kg, doses, moments_s, count, seed, output=output)
        band = percentiles_over(people, percentiles)
    return Prediction(model, output or model.parent.id, tuple(moments_s), typical, percentiles, band, warnings)


def second_line(weight_kg: float, doses: Sequence[Dose], moments_s: Sequence[int]) -> Prediction:
    """Return the second model as one line: what models disagree about is as large as what people differ in."""
    return predict(second_model(), weight_kg, doses, moments_s, draws=0)


def people_like(
    model: KineticModel,
    weight_kg: float,
    doses: Sequence[Dose],
    moments_s: Sequence[int],
    count: int,
    seed: int,
    *,
    output: str = "",
    residual: bool = True,
) -> Floats:
    """Return the levels (count, moments) that blood samples of people of this weight would show.

    `residual` False leaves out what differs from sample to sample. Each person's error is the same at all moments: at
    any one of them the percentiles over people are those of samples, and from one to the next they do not jump.
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    chance = drawn(model, count, generator)
    found = levels(model, weight_kg, doses, moments_s, output=output, chance=chance)
    spread = next(one.residual_sd for one in model.outputs if one.id == (output or model.parent.id))
    if not residual or not spread:
        return found
    error = np.maximum(1 + spread * generator.standard_normal(count), 0.0)
    return found * error[:, None]


def within_range(
    model: KineticModel, weight_kg: float, age_years: float | None, doses: Sequence[Dose]
) -> tuple[str, ...]:
    """Return what is to be borne in mind of this patient; raise OutsideRange for one the model was not made for."""
    lightest, heaviest = model.people.weight_kg
    youngest, oldest = model.people.age_years
    if not lightest <= weight_kg <= heaviest:
        raise OutsideRange(
            f"{model.title} is used for people of {lightest:g} to {heaviest:g} kg, and this patient weighs "
            f"{weight_kg:g} kg. No curve is drawn."
        )
    if age_years is not None and not youngest <= age_years <= oldest:
        raise OutsideRange(
            f"{model.title} is used for people of {youngest:g} to {oldest:g} years, and this patient is "
            f"{age_years:g}. No curve is drawn."
        )
    warnings = []
    older: float = figure("kinetics", "asks_a_second_look_above_age").value
    if age_years is not None and age_years > older:
        warnings.append(f"Above {older:g} years ketamine may be cleared more slowly than this model knows.")
    if any(isinstance(one, Absorbed) for one in doses):
        warnings.append("This model was made on infusions: what is taken up slowly is a guess by the figures given.")
    return tuple(warnings)
