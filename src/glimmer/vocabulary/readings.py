"""One measured value: the smallest thing that travels from a device to a chart."""

from dataclasses import dataclass
from datetime import datetime

from glimmer.vocabulary.parameters import FORMS, Parameter


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in the parameter's own unit (`FORMS[parameter].unit`), and when the device measured it.

    `measured_at` is aware and in UTC. `site` says how it was measured where that matters
    ("cuff", "oximeter", "ecg", "manual"): a pulse from an oximeter is not an ECG heart rate.
    """

    parameter: Parameter
    value: float
    measured_at: datetime
    site: str = ""

    @property
    def unit(self) -> str:
        """The UCUM unit of `value`."""
        return FORMS[self.parameter].unit

    @property
    def shown(self) -> str:
        """The value with its unit as a page shows it, such as `118 mmHg`."""
        form = FORMS[self.parameter]
        return f"{self.value:.{form.decimals}f} {form.shown_unit}"
