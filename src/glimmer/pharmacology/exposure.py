"""How much a plan exposes a patient to: the peak and the area under the curve, with how people differ in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glimmer.guidance import figure
from glimmer.guidance.kinetics import KineticModel
from glimmer.pharmacology.body import Floats, bodies, drawn
from glimmer.pharmacology.doses import Infusion
from glimmer.pharmacology.levels import levels, shares
from glimmer.pharmacology.modes import modes_of
from glimmer.pharmacology.percentiles import percentiles_over
from glimmer.pharmacology.predict import SEED, within_range

MINUTES_IN_AN_HOUR = 60.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """`peak` in ng/mL and `area` in ng·h/mL of the typical patient; the bands hold the percentiles of the guidance over
    people, without the error of a single sample, and are empty for a model that does not say how people differ.
    """

    peak: float
    area: float
    peak_band: tuple[float, ...]
    area_band: tuple[float, ...]
    warnings: tuple[str, ...]


def exposure_of(
    model: KineticModel,
    weight_kg: float,
    doses: Sequence[Infusion],
    *,
    age_years: float | None = None,
    draws: int | None = None,
    seed: int = SEED,
) -> Exposure:
    """Return the exposure to infusions, until nothing is left; raise OutsideRange for a patient not in the model."""
    warnings = within_range(model, weight_kg, age_years, doses)
    # Of one infusion the peak is its end; of several it is the end of one of them.
    ends = sorted({one.end_s for one in doses})
    count = figure("kinetics", "draws").value if draws is None else draws
    chance = drawn(model, count, np.random.Generator(np.random.Philox(key=seed))) if count else {}
    percentiles = figure("kinetics", "band").value

    def band(of: Floats) -> tuple[float, ...]:
        return tuple(float(one) for one in percentiles_over(of[:, None], percentiles)[:, 0]) if chance else ()

    peaks = levels(model, weight_kg, doses, ends, chance=chance).max(axis=1) if chance else np.empty(0)
    areas = area_under(model, weight_kg, doses, chance) if chance else np.empty(0)
    return Exposure(
        peak=float(levels(model, weight_kg, doses, ends).max()),
        area=float(area_under(model, weight_kg, doses)[0]),
        peak_band=band(peaks),
        area_band=band(areas),
        warnings=warnings,
    )


def area_under(
    model: KineticModel, weight_kg: float, doses: Sequence[Infusion], chance: Mapping[str, Floats] | None = None
) -> Floats:
    """Return the whole area under the level of the drug, in ng·h/mL, one for each person: exact, by the modes.

    Raises ValueError for a model whose drug spreads into more compartments than the closed form knows.
    """
    found: Floats = np.zeros(1)
    for share, times in shares(model, chance):
        modes = modes_of(bodies(model, weight_kg, times))
        if modes is None:
            raise ValueError(f"{model.title} has no closed form, so that no area is worked out.")
        mg = sum(one.mg for one in doses) * share
        found = found + mg * (modes.weights / modes.rates).sum(axis=1) / MINUTES_IN_AN_HOUR
    return found
