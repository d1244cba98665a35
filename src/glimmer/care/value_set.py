"""What a health state of the EQ-5D-5L is worth, by a value set that the clinic imports: none is built in.

A value set is a TOML file. Its head says what it is; the values come as what each level takes away, or one by one:

    title = "..."               country = "England"     method = "valued directly" or "mapped to 3L"
    in_force_from = 2026-05-01  source = "..."          permission = "..."

    [decrements]                                        [values]
    mobility = [0, 0.1, 0.2, 0.3, 0.4]         or       11111 = 1.0
    self_care = ...                                     11112 = 0.9        (all 3,125 states)

Full health is 1, and death is 0, so a state that is valued as worse than death lies below 0.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from glimmer.guidance.instrument import instrument
from glimmer.vocabulary.problems import BadInput

DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")
LEVELS = instrument("eq5d5l").items[0].answers
LONGEST_TEXT = 500
STATES = tuple("".join(map(str, levels)) for levels in product(LEVELS, repeat=len(DIMENSIONS)))
FULL_HEALTH = STATES[0]
HEAD = ("title", "country", "method", "source", "permission")


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A value set as read: `values` by state, such as "21111"; `reversals` counts worse states with a higher value."""

    title: str
    country: str
    method: str
    source: str
    permission: str
    in_force_from: date
    values: Mapping[str, Decimal]
    reversals: int


def state_of(levels: Sequence[int | None]) -> str | None:
    """Return the state of five answered levels as five digits, or None where an answer is open."""
    if len(levels) != len(DIMENSIONS) or any(level not in LEVELS for level in levels):
        return None
    return "".join(str(level) for level in levels)


def read_value_set(raw: bytes) -> ValueSet:
    """Return the value set that a file holds; raise BadInput, naming what is wrong, for one that cannot be right."""
    try:
        table = tomllib.loads(raw.decode("utf-8"), parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadInput(f"This file is no TOML text: {problem}. Nothing was stored.", field="file") from None
    head = {name: _text(table, name) for name in HEAD}
    in_force_from = _day(table)
    values = _values(table)
    if values[FULL_HEALTH] != 1 or max(values.values()) > 1:
        raise BadInput("Full health (11111) is worth 1, and no state is worth more. Check the file.", field="file")
    return ValueSet(**head, in_force_from=in_force_from, values=values, reversals=_reversals(values))


def _text(table: Mapping[str, Any], name: str) -> str:
    found = table.get(name)
    if not isinstance(found, str) or not found.strip() or len(found) > LONGEST_TEXT:
        raise BadInput(f"The file has to say its {name} in words, {LONGEST_TEXT} characters at most.", field="file")
    return found.strip()


def _day(table: Mapping[str, Any]) -> date:
    found = table.get("in_force_from")
    if type(found) is not date:
        raise BadInput("The file has to say in_force_from as a date, such as 2026-05-01.", field="file")
    return found


def _values(table: Mapping[str, Any]) -> dict[str, Decimal]:
    taken, listed = table.get("decrements"), table.get("values")
    if (taken is None) == (listed is None):
        raise BadInput("The file holds either [decrements] or [values], one of the two.", field="file")
    return _by_decrements(taken) if taken is not None else _one_by_one(listed)


def _by_decrements(taken: Any) -> dict[str, Decimal]:
    if not isinstance(taken, dict) or set(taken) != set(DIMENSIONS):
        raise BadInput(f"[decrements] names these five: {', '.join(DIMENSIONS)}.", field="file")
    rows = []
    for name in DIMENSIONS:
        row = [_number(one, name) for one in taken[name]] if isinstance(taken[name], list) else []
        if len(row) != len(LEVELS) or row[0] != 0:
            raise BadInput(f"{name}: give five numbers, for levels 1 to 5; the first is 0.", field="file")
        rows.append(row)
    return {
        state: Decimal(1) - sum((row[int(level) - 1] for row, level in zip(rows, state, strict=True)), Decimal(0))
        for state in STATES
    }


def _one_by_one(listed: Any) -> dict[str, Decimal]:
    if not isinstance(listed, dict) or set(listed) != set(STATES):
        held = len(listed) if isinstance(listed, dict) else 0
        raise BadInput(f"[values] holds each of the {len(STATES)} states once; this has {held}.", field="file")
    return {state: _number(listed[state], state) for state in STATES}


def _number(found: Any, where: str) -> Decimal:
    number = found if isinstance(found, Decimal) else Decimal(found) if type(found) is int else None
    if number is None or not number.is_finite():
        raise BadInput(f"{where}: a plain number is wanted.", field="file")
    return number


def _reversals(values: Mapping[str, Decimal]) -> int:
    """Count the pairs of states that differ by one level in one dimension where the worse one is worth more."""
    worse = (
        (state, state[:at] + str(int(state[at]) + 1) + state[at + 1 :])
        for state in STATES
        for at in range(len(DIMENSIONS))
    )
    return sum(1 for better, next_ in worse if next_ in values and values[next_] > values[better])
