"""Figures in words: money, QALYs, chances and intervals, said the same way wherever a person reads them."""

from collections.abc import Callable
from functools import partial

from glimmer.evidence.economics.analysis import Spread

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
# Below this a probability from draws is not told from never, above its complement not from always.
NEVER = 0.005


def money(amount: float, currency: str = "GBP") -> str:
    """Return a sum to the pound, its sign before the symbol."""
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    rounded = round(amount)
    return f"{'−' if rounded < 0 else ''}{symbol}{abs(rounded):,}"


def effect(amount: float) -> str:
    """Return QALYs to the third digit, a third of a day of full health."""
    text = f"{abs(amount):.3f}"
    return f"−{text}" if amount < 0 and float(text) else text


def of_effect(spread: Spread) -> str:
    """Return QALYs as "0.031 (0.002 to 0.071)": the mean and its 95 % interval."""
    return _with_interval(spread, effect)


def of_money(spread: Spread, currency: str = "GBP") -> str:
    """Return a sum as "£120 (£80 to £170)": the mean and its 95 % interval."""
    return _with_interval(spread, partial(money, currency=currency))


def range_of_effect(spread: Spread) -> str:
    """Return only the interval of QALYs, for a line of its own."""
    return "" if spread.low is None or spread.high is None else f"{effect(spread.low)} to {effect(spread.high)}"


def _with_interval(spread: Spread, tell: Callable[[float], str]) -> str:
    if spread.low is None or spread.high is None:
        return tell(spread.mean)
    return f"{tell(spread.mean)} ({tell(spread.low)} to {tell(spread.high)})"


def chance(share: float) -> str:
    """Return a probability in per cent, never as certainty that draws cannot give."""
    if share < NEVER:
        return "<1 %"
    if share > 1 - NEVER:
        return ">99 %"
    return f"{share:.0%}".replace("%", " %")
