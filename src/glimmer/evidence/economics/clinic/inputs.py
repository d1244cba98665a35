"""What a commissioner fills in: values or ranges for what nobody could find, and own values for what somebody did.

    # inputs.toml
    price_year = "2023/24"
    session = "from the protocol"       # or "charged": Oxford's price, which is the default
    [ect_session]
    value = 450
    [remission_care]
    low = 100
    high = 300

A range is drawn evenly between its ends; where nothing is drawn its middle counts.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glimmer.guidance.economics import Blank, blanks, parameter, parameters, price_years
from glimmer.guidance.figures import Table

CHARGED, FROM_PROTOCOL = "charged", "from the protocol"
_PLAIN = ("price_year", "session")
# What the question says, or how time is cut: not for a file of inputs.
_OF_THE_QUESTION = (
    "discount_rate",
    "discount_rate_sensitivity",
    "horizon_years",
    "weeks_of_weekly_cycles",
    "days_of_a_cycle",
    "years_of_28_day_cycles",
    "days_of_a_late_cycle",
    "course_days",
)
# What stands in guidance for reference, and moves nothing in the model: to fill it in would only look like an answer.
_FOR_REFERENCE = (
    "utility_mild",
    "utility_moderate",
    "external_causes_ratio",
    "suicide_ratio_first_year",
    "bed_day",
    "mental_health_contact",
    "ect_days_between",
    "rtms_days_between",
)


class BadInputs(ValueError):
    """The inputs of a commissioner are not as they must be. The message names the input and says what to write."""


class Unfilled(ValueError):
    """A result was asked for that needs inputs which nobody has filled in. The message names them and where to look."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One input as it was filled in: a value (`low` equals `high`) or a range."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The value, or the middle of the range."""
        return (self.low + self.high) / 2

    @property
    def is_range(self) -> bool:
        """True where both ends differ."""
        return self.high > self.low


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is filled in by name, in whose prices the result is, and where the cost of a session comes from."""

    entries: Mapping[str, Entry] = field(default_factory=Table)
    price_year: str = field(default_factory=lambda: price_years()[-1])
    session: str = CHARGED

    def value(self, name: str) -> float | None:
        """Return the value of a blank: as filled in, else its stand-in, else None."""
        return self.entries[name].middle if name in self.entries else blanks()[name].stand_in

    def figure(self, name: str) -> float:
        """Return the value of a parameter that is taken as known: as filled in, else as in guidance."""
        return self.entries[name].middle if name in self.entries else parameter(name).value

    def missing(self) -> Mapping[str, Blank]:
        """Return every blank that is not filled in, stand-in or none: what the result has to say of itself."""
        return {name: blank for name, blank in blanks().items() if name not in self.entries}

    def needed(self, name: str) -> float:
        """Return the value of a blank; raise Unfilled saying what to fill in and where to look."""
        found = self.value(name)
        if found is None:
            raise Unfilled(unfilled_message([name]))
        return found


def unfilled_message(names: list[str]) -> str:
    """Return in words which inputs are to be filled, in which unit, and where to look."""
    asked = [f"{name} ({blanks()[name].title.lower()}, {blanks()[name].unit}): {blanks()[name].look}" for name in names]
    return (
        f"Not known, and nobody's figure could be found: {'; '.join(asked)}. Fill it in with a value or a range, "
        "or ask for the price at which the decision turns."
    )


def template() -> str:
    """Return a file of inputs to be filled in: each blank with its unit, where to look, its bounds and its stand-in."""
    parts = [
        "# Inputs that nobody could find. Take the # off where you know one: a value, or low and high.\n"
        f'price_year = "{price_years()[-1]}"\n'
    ]
    for name, one in blanks().items():
        bounds = f"at least {one.at_least:g}" + ("" if one.at_most is None else f", at most {one.at_most:g}")
        stand_in = "none" if one.stand_in is None else f"{one.stand_in:g} ({one.stand_in_source})"
        parts.append(
            f"# {one.title}, {one.unit}: {bounds}.\n# Look: {one.look}.\n# Until then: {stand_in}.\n"
            f"# [{name}]\n# value = \n"
        )
    return "\n".join(parts)


def read_inputs(path: Path) -> Inputs:
    """Return the inputs of a TOML file; raise BadInputs saying what is wrong and what to write."""
    try:
        return parse_inputs(tomllib.loads(path.read_text(encoding="utf-8")), where=path.name)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadInputs(f"{path.name} cannot be read as TOML: {problem}.") from problem


def parse_inputs(tables: Mapping[str, Any], *, where: str = "inputs") -> Inputs:
    """Return the inputs that parsed tables state; raise BadInputs."""
    known = {*blanks(), *open_parameters()}
    entries: dict[str, Entry] = {}
    for name, table in tables.items():
        if name in _PLAIN:
            continue
        if name not in known:
            raise BadInputs(
                f"{where}: there is no input {name!r}. To be filled: {', '.join(blanks())}. "
                f"Also open to own values: {', '.join(open_parameters())}."
            )
        entries[name] = _entry(table, f"{where} [{name}]")
        _check_bounds(name, entries[name], f"{where} [{name}]")
    session = tables.get("session", CHARGED)
    if session not in (CHARGED, FROM_PROTOCOL):
        raise BadInputs(f"{where}: session is {session!r}, but must be {CHARGED!r} or {FROM_PROTOCOL!r}.")
    year = tables.get("price_year", price_years()[-1])
    if year not in price_years():
        raise BadInputs(f"{where}: price_year is {year!r}, but must be one of {', '.join(price_years())}.")
    return Inputs(Table(entries), year, session)


def open_parameters() -> tuple[str, ...]:
    """Return the parameters of guidance that a commissioner may replace: each of them moves some result."""
    return tuple(name for name in parameters() if name not in (*_OF_THE_QUESTION, *_FOR_REFERENCE))


def _entry(table: Any, where: str) -> Entry:
    keys = set(table) if isinstance(table, Mapping) else set()
    if keys not in ({"value"}, {"low", "high"}):
        raise BadInputs(f"{where}: write either value = ..., or low = ... and high = ....")
    ends = [table["value"]] * 2 if keys == {"value"} else [table["low"], table["high"]]
    if not all(isinstance(end, int | float) and not isinstance(end, bool) and math.isfinite(end) for end in ends):
        raise BadInputs(f"{where}: {', '.join(map(repr, ends))} must be numbers.")
    if ends[0] > ends[1]:
        raise BadInputs(f"{where}: low is {ends[0]} and high is {ends[1]}: write the smaller one as low.")
    return Entry(float(ends[0]), float(ends[1]))


def _check_bounds(name: str, entry: Entry, where: str) -> None:
    """Raise BadInputs for what reason excludes: below a bound, or a probability or share outside 0 to 1."""
    if name in blanks():
        low, high, unit = blanks()[name].at_least, blanks()[name].at_most, blanks()[name].unit
    else:
        unit = parameters()[name].unit
        is_share = unit.split()[0] in ("probability", "share")
        low, high = (-math.inf if unit == "log odds ratio" else 0.0), (1.0 if is_share else None)
    if entry.low < low or (high is not None and entry.high > high):
        between = f"at least {low:g}" + ("" if high is None else f" and at most {high:g}")
        raise BadInputs(f"{where}: {entry.low:g} to {entry.high:g} {unit} must be {between}.")
