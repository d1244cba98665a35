"""The functions that make software a medical device, each behind a switch that a clinic's safety officer signs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Function(StrEnum):
    """What stands behind one switch. `docs/safety/intended-purpose.md` says what each covers."""

    DOSE_ARITHMETIC = "dose_arithmetic"
    ALARMS = "alarms"
    PREDICTION = "prediction"

    @property
    def label(self) -> str:
        """The function as a page names it."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Functions:
    """Which functions are on."""

    dose_arithmetic: bool
    alarms: bool
    prediction: bool

    @classmethod
    def of(cls, on: Iterable[str]) -> "Functions":
        """Return the functions named in `on` as on, and all others as off."""
        named = set(on)
        return cls(**{function.value: function.value in named for function in Function})

    def is_on(self, function: Function) -> bool:
        """Say whether one function is on."""
        return bool(getattr(self, function.value))

    @property
    def says(self) -> str:
        """Return the line that every page carries: `Functions on: alarms. Off: dose arithmetic, prediction.`"""
        on = ", ".join(function.label for function in Function if self.is_on(function))
        off = ", ".join(function.label for function in Function if not self.is_on(function))
        return f"Functions on: {on or 'none'}." + (f" Off: {off}." if off else "")


ALL_ON = Functions(dose_arithmetic=True, alarms=True, prediction=True)
ALL_OFF = Functions(dose_arithmetic=False, alarms=False, prediction=False)
