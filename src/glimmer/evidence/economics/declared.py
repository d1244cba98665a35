"""The parts of a declared model: settings, states, transitions, rewards, strategies, subgroups, tables."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from glimmer.evidence.economics.counting import COUNTING, DISCOUNTING, FLOWS, there
from glimmer.evidence.economics.expressions import BadModel, Expression, closest

Said = str | float | int | Expression


def check_number(said: Any, what: str) -> None:
    """Raise BadModel unless something is a finite number."""
    if isinstance(said, bool) or not isinstance(said, Real) or not math.isfinite(said):
        raise BadModel(f"{what} is {said!r}, but must be a number.")


def check_text(what: str, *said: Any) -> None:
    """Raise BadModel unless names are texts; `what` says whose they are."""
    for one in said:
        if not isinstance(one, str):
            raise BadModel(f"{what}: {one!r} is no name. Say it in quotation marks.")


def check_truth(said: Any, what: str) -> None:
    """Raise BadModel unless something is true or false."""
    if not isinstance(said, bool):
        raise BadModel(f"{what} is {said!r}, but must be true or false.")


def check_rate(said: Any, what: str) -> None:
    """Raise BadModel unless something is a discount rate, a share per year."""
    check_number(said, what)
    if not -1 < said < 1:
        raise BadModel(f"{what} is {said:g}. It is a share per year: 0.035 for 3.5 %.")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is counted. Printed with every result: the same model has at least eight answers."""

    counting: str = "half_cycle"
    flows: str = "middle"
    discounting: str = "annual"
    discount_costs: float = 0.035
    discount_effects: float = 0.035
    start_age: float = 0.0

    def __post_init__(self) -> None:
        for what, said, known in (
            ("counting", self.counting, COUNTING),
            ("discounting", self.discounting, DISCOUNTING),
            ("flows", self.flows, FLOWS),
        ):
            if said not in known:
                raise BadModel(f"There is no {what} {said!r}.{closest(str(said), known)} {there(known)}")
        for what in ("discount_costs", "discount_effects", "start_age"):
            check_number(getattr(self, what), what)
        for what in ("discount_costs", "discount_effects"):
            check_rate(getattr(self, what), what)


@dataclass(frozen=True, slots=True)
class State:
    """A state. `tunnel` is for how many cycles it is known how long somebody is in it (1: not at all).

    Whoever is in it for longer stays in the last place of the tunnel. `in_lines`: there is one for each line of
    treatment.
    """

    name: str
    tunnel: int = 1
    in_lines: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """From `source` to `target` with a probability per cycle (None: all the rest who go nowhere else).

    `next_line`: into the target of the next line of treatment; where there is none, to `last` instead.
    """

    source: str
    target: str
    probability: Expression | None
    next_line: bool = False
    last: str = ""


@dataclass(frozen=True, slots=True)
class Reward:
    """A cost, an effect or a use of something. `outcome` is "cost", "cost.drug", "effect", or any other name.

    With a `state`, for being in it, per year; with `source` and `target`, for each who goes from one to the other; with
    `target` alone, for each who enters that state, those who start in it too. `transition` is the number of the
    transition that it was declared with: it is then for that one only. `per` is how it was said; `amount` is per year.
    """

    outcome: str
    amount: Expression
    state: str = ""
    source: str = ""
    target: str = ""
    transition: int = -1
    per: str = "year"


@dataclass(frozen=True, slots=True)
class Strategy:
    """One of the things that can be done: values that differ in it, and the treatments it gives one after the other."""

    name: str
    values: Mapping[str, Expression] = field(default_factory=dict)
    sequence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table over a number, called by its name in expressions: `mortality(age)`.

    A step table gives the value of the last row at or below the number, a linear one lies between rows. Above the last
    row the last value holds; below the first there is none.
    """

    at: tuple[float, ...]
    values: tuple[float, ...]
    linear: bool = False

    def __post_init__(self) -> None:
        if len(self.at) != len(self.values) or not self.at or list(self.at) != sorted(set(self.at)):
            raise BadModel("A table needs as many values as rows, and rows that rise.")
        if not (np.isfinite(self.at).all() and np.isfinite(self.values).all()):
            raise BadModel("A table is made of numbers, and not of infinite ones or of none.")

    def __call__(self, where: Any) -> Any:
        """Return the values at `where`; raise BadModel below the first row."""
        where = np.asarray(where, float)
        if (where < self.at[0] - 1e-9).any():
            raise BadModel(f"A table that begins at {self.at[0]:g} was asked for {np.nanmin(where):g}.")
        if self.linear:
            return np.interp(where, self.at, self.values)
        rows = np.searchsorted(np.asarray(self.at) - 1e-9, where, side="right") - 1
        return np.where(np.isnan(where), np.nan, np.asarray(self.values)[rows])


@dataclass(frozen=True, slots=True)
class Subgroup:
    """People who differ from the others: their share of all, the values that hold for them, their age at the start."""

    name: str
    share: float
    values: Mapping[str, Expression] = field(default_factory=dict)
    start_age: float | None = None
