"""Is a reading fit to alarm on? What a body cannot have is a loose probe or a code for "no value", not a finding.

The gateway keeps such values off the chart already; this is the second fence, for values that reach the log by
another way. A stale cuff value that is sent again is no new reading: `care.session.series` counts it once.
A low but possible value, even zero, is never an artefact here: a dying patient must not be filtered away.
"""

from functools import lru_cache
from math import isfinite

from glimmer.guidance.figures import figure
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.readings import Reading


@lru_cache
def possible_range(parameter: Parameter) -> tuple[float, float]:
    """Return the lowest and highest value that `parameter` can physically have, both allowed."""
    low, high = figure("plausibility", parameter.value).value
    return float(low), float(high)


def why_unfit(reading: Reading) -> str:
    """Return "" for a reading that alarms may use, else why not, in words."""
    low, high = possible_range(reading.parameter)
    if not isfinite(reading.value):
        return f"Not used: {FORMS[reading.parameter].name} is not a number."
    if low <= reading.value <= high:
        return ""
    form = FORMS[reading.parameter]
    return f"Not used: {form.name} of {reading.shown} is impossible (it can be {low:g} to {high:g} {form.shown_unit})."


def is_fit(reading: Reading) -> bool:
    """Say whether alarms may use a reading."""
    low, high = possible_range(reading.parameter)
    return low <= reading.value <= high
