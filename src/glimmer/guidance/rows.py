"""Reading lists of sourced rows from guidance files: checks, alarms, selection rules, points of information."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

from glimmer.guidance.figures import GuidanceError, check_sourced, frozen, read_toml

Row = TypeVar("Row")

_SHARED = ("source", "edition", "evidence")


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Row]):
    """A file of rows: its version, the digest of what it states, and the rows in their order."""

    version: str
    digest: str
    rows: tuple[Row, ...]


def read_sheet(path: Path, name: str, kind: type[Row]) -> Sheet[Row]:
    """Return the rows `[[name]]` of a file as `kind`; raise GuidanceError saying which row is wrong, and how.

    A `source`, `edition` or `evidence` at the top of the file holds for each row that has none of its own.
    """
    tables = read_toml(path)
    version = tables.get("version")
    if not (isinstance(version, str) and version):
        raise GuidanceError(f"{path.name}: version must be a text that is not empty, but is {version!r}.")
    return Sheet(version, digest_of(tables), parse_rows(tables, name, kind, path.name))


def parse_rows(tables: Mapping[str, Any], name: str, kind: type[Row], where: str) -> tuple[Row, ...]:
    """Return the rows `[[name]]` of a parsed file as `kind`; `where` names the file in errors (GuidanceError)."""
    listed = tables.get(name)
    if not (isinstance(listed, list) and listed and all(isinstance(table, dict) for table in listed)):
        raise GuidanceError(f"{where}: {name} must be a list of tables such as [[{name}]], with at least one.")
    shared = {key: tables[key] for key in _SHARED if key in tables}
    rows = tuple(
        as_row(kind, {**shared, **table}, f"{where} [[{name}]] {table.get('id', number)}")
        for number, table in enumerate(listed, 1)
    )
    refuse_twins(rows, f"{where} [[{name}]]")
    return rows


def as_row(kind: type[Row], table: Mapping[str, Any], where: str, *, sourced: bool = True) -> Row:
    """Return one row as a dataclass `kind`; raise GuidanceError for a part that is missing, unknown or unsourced.

    `sourced` False: the source stands once for the whole file, and the row has none of its own.
    """
    parts = fields(kind)  # type: ignore[arg-type]
    names = {part.name for part in parts}
    required = {part.name for part in parts if part.default is MISSING and part.default_factory is MISSING}
    if wrong := sorted((required - set(table)) | (set(table) - names)):
        raise GuidanceError(
            f"{where}: missing or unknown {', '.join(wrong)}. It needs {', '.join(sorted(required))}, "
            f"and may hold {', '.join(sorted(names - required)) or 'nothing else'}."
        )
    if sourced:
        check_sourced(table, where=where)
    return kind(**{name: frozen(value) for name, value in table.items()})


def refuse_twins(rows: Iterable[Any], where: str) -> None:
    """Raise GuidanceError when two rows carry the same id: the log could not tell them apart."""
    ids = [row.id for row in rows if hasattr(row, "id")]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise GuidanceError(f"{where}: {', '.join(twice)} stands there twice. Each id may be used once.")


def one_of(value: str, allowed: Iterable[str], where: str) -> None:
    """Raise GuidanceError unless `value` is among those allowed."""
    if value not in allowed:
        raise GuidanceError(f"{where} is {value!r}, but must be one of {', '.join(map(repr, allowed))}.")


def digest_of(tables: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a file states, whatever its order and layout."""
    canonical = json.dumps(tables, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
