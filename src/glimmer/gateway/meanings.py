"""What the code and the unit of a line mean in its sender's dialect: asked for every line, answered from memory."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from glimmer.gateway.dialect import Code, Dialect, Unit
from glimmer.gateway.hl7 import Separators, split_components
from glimmer.gateway.limits import possible_range
from glimmer.vocabulary.parameters import FORMS, Parameter

PRESSURES = (Parameter.SYSTOLIC, Parameter.DIASTOLIC, Parameter.MEAN_PRESSURE)
LONGEST_REMEMBERED = 300
"""Characters of OBX-3 and OBX-6 together. Longer ones are worked out anew: memory must not grow with what is sent."""


class Part(NamedTuple):
    """One parameter that a value tells: its unit, and the lowest and highest value that can be, None if unknown."""

    parameter: Parameter
    unit: str
    possible: tuple[float, float] | None


class Meaning(NamedTuple):
    """What OBX-3 and OBX-6 say together.

    `number` and `name` are the code as sent; `code` is what it means here, or None and `why_not`. `sent_unit` is the
    unit as sent; `unit` turns it into that of the code's parameter, or is None and `unit_why_not`. `parts` are the
    parameters that the value tells: one, or those of a pressure.
    """

    number: str
    name: str
    code: Code | None
    why_not: str
    sent_unit: str
    unit: Unit | None
    unit_why_not: str
    parts: tuple[Part, ...]


def meaning_of(identifier: str, unit: str, separators: Separators, words: Dialect) -> Meaning:
    """Return what OBX-3 (`identifier`) and OBX-6 (`unit`) mean, as sent."""
    if len(identifier) + len(unit) > LONGEST_REMEMBERED:
        return _worked_out(identifier, unit, separators, words)
    return _remembered(identifier, unit, separators, words)


@lru_cache(maxsize=8192)
def _remembered(identifier: str, unit: str, separators: Separators, words: Dialect) -> Meaning:
    return _worked_out(identifier, unit, separators, words)


def _worked_out(identifier: str, unit: str, separators: Separators, words: Dialect) -> Meaning:
    parts = split_components(identifier, separators)
    number, name = part(parts, 1), part(parts, 2)
    code, why_not = _code(parts, words)
    sent, believed, unit_why_not = _unit(unit, separators, code, words)
    told = () if code is None else PRESSURES if code.form == "pressure" else (code.parameter,)
    found = tuple(Part(parameter, FORMS[parameter].unit, possible_range(parameter)) for parameter in told)
    return Meaning(number, name, code, why_not, sent, believed, unit_why_not, found)


def part(parts: Sequence[str], position: int) -> str:
    """Return a component by its position from 1, "" where it is absent."""
    return parts[position - 1].strip() if position <= len(parts) else ""


def _code(parts: Sequence[str], words: Dialect) -> tuple[Code | None, str]:
    """Return what the code means, by the first or the alternate coding of OBX-3, or why that is not known."""
    number, name = part(parts, 1), part(parts, 2)
    codings = [(part(parts, 3), number, name), (part(parts, 6), part(parts, 4), part(parts, 5))]
    found = [(code, called) for system, sent, called in codings if sent and (code := words.code(sent, system))]
    if len({(code.parameter, code.form) for code, _ in found}) > 1:
        return None, f"its two codes contradict each other: {found[0][0].name} and {found[1][0].name}"
    if found:
        code, called = found[0]
        if called != code.name and called in words.names:
            return None, f"the code {code.code} means {code.name}, but the row calls itself {called}"
        return code, ""
    return None, _why_unknown(parts, words)


def _why_unknown(parts: Sequence[str], words: Dialect) -> str:
    number, name, system = part(parts, 1), part(parts, 2), part(parts, 3)
    in_words = f" ({name})" if name else ""
    if dispute := words.disputed.get((system.upper(), number)):
        return f"disputed code {number}{in_words}: {dispute}"
    if about := words.about.get(number):
        subject, detail = about.split(".")
        if subject == "signal":
            return f"says how good the signal is ({detail.replace('_', ' ')}); Glimmer charts no such value"
        return f"read as part of the {subject}: its {detail.replace('_', ' ')}"
    return f"unknown code {number or 'none'}{in_words}: Glimmer charts no such value"


def _unit(raw: str, separators: Separators, code: Code | None, words: Dialect) -> tuple[str, Unit | None, str]:
    """Return the unit as sent, and what it is in ours, or why that is not known."""
    parts = [one.strip() for one in split_components(raw, separators)]
    sent = part(parts, 2) or part(parts, 1)
    known = {words.units[one] for one in parts if one in words.units}
    if code is None:
        return sent, None, ""
    if len(known) > 1:
        return sent, None, "two different units were sent in one row"
    if not known and not any(parts) and code.unit:
        return sent, Unit(code.unit), ""
    if not known:
        dispute = next((words.disputed[one] for one in parts if one in words.disputed), "")
        return sent, None, _unknown_unit(sent, dispute)
    unit = known.pop()
    form = FORMS[code.parameter]
    if unit.unit != form.unit:
        return sent, None, f"the unit {unit.unit} does not fit {form.name.lower()}, which is in {form.unit}"
    return sent, unit, ""


def _unknown_unit(sent: str, dispute: str) -> str:
    if not sent:
        return "no unit was sent"
    return f"disputed unit {sent}: {dispute}" if dispute else f"unknown unit {sent}"
