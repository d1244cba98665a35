"""What differs between two protocols, in words: for the people who approve the newer one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from glimmer.guidance.figures import Figure
from glimmer.guidance.protocol import Protocol

TEXTS = ("title", "summary", "drug", "route", "administration")
LISTS = {
    "checks_before": "check before",
    "leaving": "criterion for leaving",
    "alarms": "alarm",
    "built_in": "built-in rule",
    "escalation": "rung of the ladder",
    "artefacts": "artefact",
}


def differences(old: Protocol, new: Protocol) -> tuple[str, ...]:
    """Return what `new` states otherwise than `old`, one sentence each; empty where they state the same."""
    return tuple(_differences(old, new))


def _differences(old: Protocol, new: Protocol) -> Iterator[str]:
    for name in TEXTS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"{_said(name)} was “{before}”, is “{after}”."
    yield from _figures(old.figures, new.figures)
    yield from _bands(old, new)
    for name, word in LISTS.items():
        yield from _rows(word, getattr(old, name), getattr(new, name))


def _figures(old: Mapping[str, Figure], new: Mapping[str, Figure]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before is None and after is not None:
            yield f"New figure: {_said(name)} is {_figure(after)} ({after.source})."
        elif before is not None and after is None:
            yield f"No longer stated: {_said(name)}, {_figure(before)}."
        elif before is not None and after is not None and before != after:
            yield from _figure_changed(name, before, after)


def _figure_changed(name: str, before: Figure, after: Figure) -> Iterator[str]:
    if _figure(before) != _figure(after):
        yield f"{_said(name)} was {_figure(before)}, is {_figure(after)} ({after.source})."
    elif (before.source, before.evidence) != (after.source, after.evidence):
        yield f"{_said(name)} stays {_figure(after)}, but its source is now: {after.source} ({after.evidence})."


def _figure(one: Figure) -> str:
    return f"{_value(one.value)} {one.unit}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(part)}" for key, part in value.items())
    if isinstance(value, tuple):
        return ", ".join(_value(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _bands(old: Protocol, new: Protocol) -> Iterator[str]:
    before, after = (
        {(band.effect, band.above, band.first_session_only, band.from_age): band.says for band in one.dose_bands}
        for one in (old, new)
    )
    for key in dict.fromkeys((*before, *after)):
        if key not in after:
            yield f"A guard rail on the dose is gone: {before[key]}"
        elif key not in before:
            yield f"A new guard rail on the dose ({key[0].replace('_', ' ')}): {after[key]}"


def _rows(word: str, old: Iterable[Any], new: Iterable[Any]) -> Iterator[str]:
    before, after = ({row.id: row for row in rows} for rows in (old, new))
    for row_id in dict.fromkeys((*before, *after)):
        if row_id not in after:
            yield f"The {word} {row_id} is gone: {_says(before[row_id])}"
        elif row_id not in before:
            yield f"A new {word}, {row_id}: {_says(after[row_id])}"
        elif before[row_id] != after[row_id]:
            yield f"The {word} {row_id} changed: {'; '.join(_parts(before[row_id], after[row_id]))}."


def _parts(before: Any, after: Any) -> Iterator[str]:
    for part in fields(before):
        old, new = getattr(before, part.name), getattr(after, part.name)
        if old != new:
            yield f"{part.name.replace('_', ' ')} was {_part(old)}, is {_part(new)}"


def _part(value: Any) -> str:
    if isinstance(value, tuple):
        return " or ".join(_part(one) for one in value) or "none"
    if hasattr(value, "parameter"):
        limits = (("above", ">"), ("at_least", "≥"), ("below", "<"), ("at_most", "≤"))
        limit = next(f"{sign} {getattr(value, name):g}" for name, sign in limits if getattr(value, name) is not None)
        return f"{value.parameter} {limit}"
    return f"“{value}”" if isinstance(value, str) else str(value)


def _says(row: Any) -> str:
    return next(getattr(row, name) for name in ("asks", "says", "to") if hasattr(row, name))


def _said(name: str) -> str:
    return name.replace("_", " ").replace(" mg per kg", "").capitalize()
