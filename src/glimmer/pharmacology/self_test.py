"""Before any curve is drawn: does each model still give its reference values? If one does not, nothing is drawn."""

from collections.abc import Mapping
from functools import lru_cache

from glimmer.guidance import figure
from glimmer.guidance.kinetics import KineticModel, kinetic_models
from glimmer.pharmacology.doses import SECONDS_IN_A_MINUTE, Infusion
from glimmer.pharmacology.levels import levels


@lru_cache(maxsize=1)
def self_test() -> Mapping[str, str]:
    """Return what is wrong, by model id, in a sentence; empty when every reference value comes out."""
    found = {one.id: fault_of(one) for one in kinetic_models().values()}
    return {model_id: fault for model_id, fault in found.items() if fault}


def fault_of(model: KineticModel) -> str:
    """Return the first reference value that a model misses, in a sentence, or ""."""
    dose, within = figure("kinetics", "reference_dose").value, figure("kinetics", "self_test_within").value
    infusion = [Infusion(0, int(dose["minutes"] * SECONDS_IN_A_MINUTE), float(dose["mg"]))]
    for one in model.references:
        moment = int(one.minutes * SECONDS_IN_A_MINUTE)
        found = float(levels(model, model.reference_weight_kg, infusion, [moment], output=one.output)[0, 0])
        if abs(found - one.ng_per_ml) > within * one.ng_per_ml:
            return (
                f"{model.title} gives {found!r} ng/mL of {one.output} after {one.minutes:g} minutes, "
                f"and must give {one.ng_per_ml!r}. No curve of it is drawn."
            )
    return ""
