"""A question about a patient's infusion and its answer, both plain enough for JSON: what pages ask of the engine.

Forward only: doses in, levels out. Nothing here takes a level and looks for a dose.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glimmer.guidance import figure
from glimmer.guidance.kinetics import KineticModel, default_model, second_model
from glimmer.pharmacology.body import Floats
from glimmer.pharmacology.doses import SECONDS_IN_A_MINUTE, Infusion
from glimmer.pharmacology.exposure import Exposure, exposure_of
from glimmer.pharmacology.predict import OutsideRange, predict
from glimmer.pharmacology.self_test import self_test


def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to one question: {"refused": why} where nothing may be drawn.

    `asked` holds kind ("levels" or "exposure"), drug, weight_kg, age_years, doses [[from s, until s, mg], ...]; levels
    also until_min. Raises KeyError, ValueError or TypeError for a question that is none.
    """
    kind = {"levels": _levels, "exposure": _exposure}[asked["kind"]]
    model, second = default_model(asked["drug"]), second_model()
    faults = self_test()
    fault = faults.get(model.id) or faults.get(second.id) or _untested(model, faults)
    if fault:
        return {"refused": fault}
    doses = [Infusion(int(since), int(until), float(mg)) for since, until, mg in asked["doses"]]
    try:
        found = kind(asked, model, doses)
    except (OutsideRange, ArithmeticError) as refusal:
        return {"refused": str(refusal), "model": _named(model)}
    return {"refused": "", "model": _named(model), "second": _named(second), **found}


def _untested(model: KineticModel, faults: Mapping[str, str]) -> str:
    """Return the fault of the model that this one was made from: it has no reference values of its own."""
    return "" if model.references else next((fault for name, fault in faults.items() if model.id.startswith(name)), "")


def _levels(asked: Mapping[str, Any], model: KineticModel, doses: Sequence[Infusion]) -> dict[str, Any]:
    minutes = range(int(asked["until_min"]) + 1)
    moments = [minute * SECONDS_IN_A_MINUTE for minute in minutes]
    weight, age = float(asked["weight_kg"]), asked["age_years"]
    found = predict(model, weight, doses, moments, age_years=age)
    other = predict(second_model(), weight, doses, moments, age_years=age, draws=0)
    band = found.band if found.band is not None else np.stack([found.typical] * len(found.percentiles))
    return {
        "minutes": list(minutes),
        "typical": _short(found.typical),
        "low": _short(band[0]),
        "high": _short(band[-1]),
        "other": _short(other.typical),
        "percentiles": list(found.percentiles),
        "output": found.output,
        "warnings": list(found.warnings),
    }


def _exposure(asked: Mapping[str, Any], model: KineticModel, doses: Sequence[Infusion]) -> dict[str, Any]:
    weight, age = float(asked["weight_kg"]), asked["age_years"]
    mine = exposure_of(model, weight, doses, age_years=age)
    other = exposure_of(second_model(), weight, doses, age_years=age, draws=0)
    same = []
    for others_weight in figure("kinetics", "weights_compared").value:
        share = float(others_weight) / weight
        scaled = [Infusion(one.start_s, one.end_s, one.mg * share) for one in doses]
        same.append({"weight_kg": others_weight, **_told(exposure_of(model, float(others_weight), scaled))})
    return {"mine": _told(mine), "other": _told(other), "same_mg_per_kg": same, "warnings": list(mine.warnings)}


def _told(found: Exposure) -> dict[str, Any]:
    return {
        "peak": round(found.peak, 1),
        "peak_band": [round(one, 1) for one in found.peak_band],
        "area": round(found.area, 1),
        "area_band": [round(one, 1) for one in found.area_band],
    }


def _named(model: KineticModel) -> dict[str, str]:
    names = ("id", "title", "version", "source", "edition", "evidence", "sampling", "note")
    return {name: getattr(model, name) for name in names} | {"who": model.people.who}


def _short(levels: Floats) -> list[float]:
    return [round(float(one), 2) for one in levels]
