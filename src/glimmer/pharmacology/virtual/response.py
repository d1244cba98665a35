"""What a level of the drug does to a virtual patient: how far vital signs rise, and how deep they go."""

from typing import Any

import numpy as np

from glimmer.guidance import figure
from glimmer.pharmacology.doses import Floats


def effect_of(level: Floats | float) -> Floats:
    """Return the share of the rises that a level (ng/mL) brings: 1 at the reference level."""
    reference, power = _value("reference_level"), _value("level_exponent")
    found: Floats = (np.maximum(level, 0.0) / reference) ** power
    return found


def dissociation_of(level: Floats | float, at: Floats | float) -> Floats:
    """Return the CADSS total at a level for somebody whose first point shows at `at` ng/mL."""
    most, steep = _value("dissociation_scale")["most"], _value("dissociates_at")["steep"]
    found: Floats = np.clip(np.floor(1 + steep * (np.asarray(level) - at)), 0, most)
    return found


def sedation_of(level: Floats | float, at: Floats | float) -> Floats:
    """Return MOAA/S at a level for somebody whose speech is lethargic from `at` ng/mL."""
    scale, deeper = _value("sedation_scale"), _value("sedated_at")["deeper"]
    level = np.asarray(level)
    return np.where(level < at, scale["awake"], np.where(level < at * deeper, scale["lethargic"], scale["loud"]))


def _value(name: str) -> Any:
    return figure("virtual_patients", name).value
