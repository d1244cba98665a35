"""The typed loader of clinical figures.

    figure("news2", "emergency_total").value      -> 7
    figure("consent", "valid_for").value          -> 180

Each `figures/NAME.toml` is one subject; each table in it is one figure with `value`, `unit`,
`source`, `edition` and `evidence` ("source", "memory" or "proposal"). A plain `source`, `edition`,
`evidence` or `unit` at the top of a file is the default for its figures, so that nothing is written
twice. What is loaded is frozen: lists arrive as tuples, tables as read-only dicts.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

EVIDENCE = frozenset({"source", "memory", "proposal"})
FOLDER = Path(__file__).parent / "figures"

_REQUIRED = ("value", "unit", "source", "edition", "evidence")
_DEFAULTS = ("unit", "source", "edition", "evidence")
_KNOWN = frozenset(_REQUIRED) | {"note"}


class GuidanceError(ValueError):
    """A guidance file is not as it must be. The message says which file, where, and what was expected."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One sourced figure. `evidence` is "source" (seen there), "memory" or "proposal" (ours, to be signed off)."""

    value: Any
    unit: str
    source: str
    edition: str
    evidence: str
    note: str = ""


def figure(subject: str, name: str) -> Figure:
    """Return one figure; raise KeyError naming the subject, the figure and what there is instead."""
    figures_there = figures(subject)
    if name not in figures_there:
        raise KeyError(f"There is no figure {name!r} in guidance {subject!r}. There is: {', '.join(figures_there)}.")
    return figures_there[name]


@lru_cache
def figures(subject: str) -> Mapping[str, Figure]:
    """Return all the figures of one subject by name, in the order of its file; raise KeyError for no such subject."""
    if subject not in subjects():
        raise KeyError(f"There is no guidance subject {subject!r}. There is: {', '.join(subjects())}.")
    return parse_figures(read_toml(FOLDER / f"{subject}.toml"), where=f"figures/{subject}.toml")


@lru_cache
def subjects() -> tuple[str, ...]:
    """Return the names of all subjects, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def parse_figures(tables: Mapping[str, Any], *, where: str) -> Mapping[str, Figure]:
    """Return the figures of one parsed TOML file; `where` names the file in errors (GuidanceError)."""
    defaults = {key: tables[key] for key in _DEFAULTS if key in tables}
    found: dict[str, Figure] = {}
    for name, table in tables.items():
        if name in _DEFAULTS:
            continue
        if not isinstance(table, dict):
            raise GuidanceError(f"{where}: {name} must be a table such as [{name}] with a value and its source.")
        found[name] = as_figure({**defaults, **table}, where=f"{where} [{name}]")
    return Table(found)


def as_figure(table: Mapping[str, Any], *, where: str) -> Figure:
    """Return the figure that a TOML table states; raise GuidanceError when a part is missing, empty or unknown."""
    missing = [key for key in _REQUIRED if key not in table]
    if missing:
        raise GuidanceError(f"{where}: missing {', '.join(missing)}. A figure needs {', '.join(_REQUIRED)}.")
    unknown = sorted(set(table) - _KNOWN)
    if unknown:
        raise GuidanceError(f"{where}: unknown {', '.join(unknown)}. A figure may hold {', '.join(sorted(_KNOWN))}.")
    check_sourced(table, where=where)
    return Figure(
        value=frozen(table["value"]),
        unit=table["unit"],
        source=table["source"],
        edition=table["edition"],
        evidence=table["evidence"],
        note=table.get("note", ""),
    )


def check_sourced(table: Mapping[str, Any], *, where: str) -> None:
    """Raise GuidanceError unless the texts of a sourced table are non-empty and its evidence is a known mark."""
    for key in ("unit", "source", "edition"):
        if key in table and not (isinstance(table[key], str) and table[key].strip()):
            raise GuidanceError(f"{where}: {key} must be a text that is not empty, but is {table[key]!r}.")
    if not str(table.get("source", "")).strip():
        raise GuidanceError(f"{where}: a source is missing. Name the document, or this project's proposal.")
    if table.get("evidence") not in EVIDENCE:
        raise GuidanceError(
            f"{where}: evidence is {table.get('evidence')!r}, but must be one of {', '.join(sorted(EVIDENCE))}."
        )


def read_toml(path: Path) -> dict[str, Any]:
    """Return a parsed TOML file; raise GuidanceError naming the file and line when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as problem:
        raise GuidanceError(f"{path.name} is not valid TOML: {problem}.") from problem


class Table(dict[str, Any]):
    """A table of a guidance file, read-only: cached guidance is shared by every caller.

    It stays a dict, so that it can be written as JSON, copied and passed between processes.
    """

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Guidance is read-only. Make a dict of it first: dict(figure.value).")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> "Table":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (Table, (dict(self),))


def frozen(value: Any) -> Any:
    """Return TOML data made read-only all the way down."""
    if isinstance(value, dict):
        return Table({key: frozen(inner) for key, inner in value.items()})
    if isinstance(value, list):
        return tuple(frozen(inner) for inner in value)
    return value
