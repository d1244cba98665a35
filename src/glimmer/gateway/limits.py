"""Which values cannot be: the physically possible range of each parameter, from guidance."""

from functools import lru_cache

from glimmer.guidance.figures import figure
from glimmer.vocabulary.parameters import Parameter


@lru_cache(maxsize=64)
def possible_range(parameter: Parameter) -> tuple[float, float] | None:
    """Return the lowest and highest possible value in the parameter's unit, or None where guidance sets none."""
    try:
        low, high = figure("plausibility", parameter.value).value
    except (KeyError, NotImplementedError):
        return None
    return float(low), float(high)
