"""An axis of a picture that the server draws: where a value stands in pixels, and round numbers to write beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` at pixel `start` to `high` at pixel `end`; `end` may lie before `start`, as upwards in SVG."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the pixel of a value, to a tenth."""
        return round(self.start + (value - self.low) * (self.end - self.start) / ((self.high - self.low) or 1.0), 1)

    def ticks(self, most: int = 6) -> tuple[tuple[float, str], ...]:
        """Return (pixel, words) of at most so many round numbers within the axis."""
        return tuple((self.at(value), shown(value)) for value in round_numbers(self.low, self.high, most))


def axis_over(values: Iterable[float], start: float, end: float, *, from_zero: bool = True) -> Axis:
    """Return an axis that holds all values (what is not finite aside) and ends at a round number."""
    known = [value for value in values if isfinite(value)] or [0.0, 1.0]
    low, high = (min(0.0, *known, 0.0) if from_zero else min(known)), max(known)
    high = high if high > low else low + 1.0
    step = _step(low, high, 5)
    return Axis(floor(low / step) * step, ceil(high / step) * step, start, end)


def round_numbers(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers between two values, both included where they are round."""
    if not high > low:
        return [low]
    step = _step(low, high, most - 1)
    first = ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, floor(high / step + 1e-9) + 1)]


def shown(value: float) -> str:
    """Return a tick in words: thousands apart, no needless zeros, a true minus."""
    return f"{value:,.6g}".replace("-", "−") if abs(value) < 1e5 else f"{value:,.0f}".replace("-", "−")


def points(pairs: Iterable[tuple[float, float]]) -> str:
    """Return pixels as the `points` of an SVG line."""
    return " ".join(f"{x:g},{y:g}" for x, y in pairs)


def _step(low: float, high: float, parts: int) -> float:
    rough = (high - low) / parts
    power = 10.0 ** floor(log10(rough))
    return next(step * power for step in STEPS if step * power >= rough * (1 - 1e-9))
