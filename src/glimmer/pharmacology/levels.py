"""Levels in the blood after doses: the one door to the engine. Closed form where it holds, matrix exponential else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from glimmer.guidance.kinetics import KineticModel
from glimmer.pharmacology.body import Bodies, Floats, bodies
from glimmer.pharmacology.chain import amounts
from glimmer.pharmacology.doses import Absorbed, Bolus, Dose, Infusion
from glimmer.pharmacology.modes import NG_PER_ML_IN_MG_PER_L, modes_of
from glimmer.pharmacology.walk import levels_by_modes

R_CLEARANCE = "clearance"
"""The flow whose speed differs between the two mirror forms of ketamine, in a model that says so."""


def levels(
    model: KineticModel,
    weight_kg: Floats | float,
    doses: Sequence[Dose],
    moments_s: Sequence[int],
    *,
    output: str = "",
    chance: Mapping[str, Floats] | None = None,
) -> Floats:
    """Return levels in ng/mL, (patients, moments), of an output of the model, by default the drug itself.

    `chance` is what the people differ by, as `body.drawn` returns it. Raises ValueError for weights and times that make
    no sense, KeyError for an output that the model does not have, and ArithmeticError where no finite number comes out.
    """
    found: Floats = np.zeros((1, len(moments_s)))
    for share, times in shares(model, chance):
        part = [_share(one, share) for one in doses]
        found = found + _levels_of(model, bodies(model, weight_kg, times), part, moments_s, output)
    if not np.isfinite(found).all():
        raise ArithmeticError(f"{model.title} gave no number for these doses. Nothing is drawn.")
    return found


def shares(
    model: KineticModel, chance: Mapping[str, Floats] | None = None
) -> tuple[tuple[float, Mapping[str, Floats]], ...]:
    """Return what a dose consists of: of each part its share, and what the people differ by in it.

    One part, or two halves for a racemic model that was made of one of esketamine.
    """
    times = dict(chance or {})
    if not model.clearance_factor_r:
        return ((1.0, times),)
    slower = {**times, R_CLEARANCE: times.get(R_CLEARANCE, np.ones(1)) * model.clearance_factor_r}
    return ((0.5, times), (0.5, slower))


def _levels_of(model: KineticModel, of: Bodies, doses: Sequence[Dose], moments_s: Sequence[int], output: str) -> Floats:
    asked = {one.id: one for one in model.outputs}[output or model.parent.id]
    place = of.index_of(asked.compartment)
    modes = modes_of(of) if place == 0 else None
    if modes is None:
        return _by_chain(of, doses, moments_s, place)
    found = levels_by_modes(modes, doses, moments_s)
    unsure = ~modes.is_exact | ~np.isfinite(found).all(axis=1) | _is_near_uptake(modes.rates, doses)
    if unsure.any():
        some = replace(of, matrix=of.matrix[unsure], volumes=of.volumes[unsure])
        found[unsure] = _by_chain(some, doses, moments_s, place)
    return found


def _is_near_uptake(rates: Floats, doses: Sequence[Dose]) -> np.ndarray:
    """Say of which patients an exponential decays nearly as fast as a dose is taken up: the sum loses its digits."""
    speeds = {one.per_min for one in doses if isinstance(one, Absorbed)}
    near = np.zeros(len(rates), dtype=bool)
    for speed in speeds:
        near |= (np.abs(rates - speed) < NEAR_UPTAKE * speed).any(axis=1)
    return near


NEAR_UPTAKE = 1e-4


def _by_chain(of: Bodies, doses: Sequence[Dose], moments_s: Sequence[int], place: int) -> Floats:
    found: Floats = amounts(of, doses, moments_s)[:, :, place] / of.volumes[:, place, None] * NG_PER_ML_IN_MG_PER_L
    return found


def _share(dose: Dose, share: float) -> Dose:
    if isinstance(dose, Infusion | Bolus | Absorbed):
        return replace(dose, mg=dose.mg * share)
    raise TypeError(f"This is no dose: {dose!r}.")
