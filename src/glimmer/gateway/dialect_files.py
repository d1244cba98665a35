"""Dialect files, read and checked: those that Glimmer brings (`dialects/*.toml`) and a clinic's own.

A file that cannot be read or says something impossible is left out whole, and the words name file, line and what
was expected; all other files keep working. Format: docs/gateway.md, "A new monitor is a file".
"""

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from glimmer.gateway.dialect import (
    TIMES,
    Code,
    Dialect,
    DialectBook,
    DialectFile,
    Event,
    Senders,
    Unit,
)
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.problems import BadInput

TABLES = frozenset(
    "name source coding_systems for codes about units events sentinels quality time".split()  # noqa: SIM905
)
EVIDENCE = ("source", "memory")
OWN_EVIDENCE = (*EVIDENCE, "site")
"""A clinic may also say "site": seen in a message of its own device."""

ABOUT = ("probe_off", "physiological", "technical", "advisory", "pump")
PRIORITIES = ("none", "low", "medium", "high")
UNITS = sorted({form.unit for form in FORMS.values()})
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
MOST_BYTES = 1_000_000


class DialectProblem(BadInput):
    """A dialect file cannot be used. `str(problem)` names file, line, what is wrong and what was expected."""


class _Draft:
    """One file while it is being checked: knows where in its text a thing stands."""

    def __init__(self, name: str, text: str, own: bool) -> None:
        self.name, self.own = name, own
        self._lines = text.splitlines()
        try:
            self.table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as wrong:
            raise DialectProblem(f"{name}: this is not TOML: {wrong}") from None

    def wrong(self, near: str, says: str) -> DialectProblem:
        """Return the problem, with the line where `near` stands first as a key, a table or a value."""
        quoted = re.escape(near)
        for pattern in (rf'\s*"?{quoted}"?\s*=', rf".*\[{quoted}\]", rf'.*"{quoted}"', rf".*{quoted}"):
            for number, line in enumerate(self._lines, start=1):
                if near and re.match(pattern, line):
                    return DialectProblem(f"{self.name}, line {number}: {says}")
        return DialectProblem(f"{self.name}: {says}")

    def keys(self, near: str, row: Any, needed: Iterable[str], allowed: Iterable[str]) -> None:
        """Refuse a row that is no table, lacks something, has something unknown, or does not say how it is known."""
        needed = (*needed, "evidence")
        if not isinstance(row, dict):
            raise self.wrong(near, f"{near!r} must be a table such as {{ {needed[0]} = ..., evidence = ... }}.")
        for key in needed:
            if key not in row:
                raise self.wrong(near, f"{near!r} lacks {key!r}.")
        for key in row:
            if key not in {*needed, *allowed}:
                may = ", ".join([*needed, *allowed])
                raise self.wrong(near, f"{near!r} has {key!r}, which means nothing here; it may have: {may}.")
        self.one_of(near, "evidence", row["evidence"], OWN_EVIDENCE if self.own else EVIDENCE)

    def one_of(self, near: str, what: str, value: Any, allowed: Iterable[str]) -> Any:
        """Return the value; refuse it when it is none of those allowed."""
        if value not in (choices := list(allowed)):
            raise self.wrong(near, f"{near!r} has the {what} {value!r}, but must have one of: {', '.join(choices)}.")
        return value

    def texts(self, near: str, value: Any) -> tuple[str, ...]:
        """Return a list of texts as a tuple; refuse anything else."""
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(near, f'{near!r} must be a list of texts, such as ["..."].')
        return tuple(value)


def read_text(name: str, text: str, own: bool = True) -> DialectFile:
    """Return one file, checked; raise DialectProblem. `own` is a clinic's own file."""
    draft = _Draft(name, text, own)
    table = draft.table
    for key in table:
        if key not in TABLES:
            raise draft.wrong(key, f"{key!r} means nothing here; a file may have: {', '.join(sorted(TABLES))}.")
    if not isinstance(table.get("source"), str) or not table["source"]:
        raise draft.wrong("source", "the file must say in `source` where it comes from.")
    events = {name: _event(draft, name, row) for name, row in table.get("events", {}).items()}
    numbers = {row["code"]: events[name] for name, row in table.get("events", {}).items() if "code" in row}
    sentinels, sentinel_words = _sentinels(draft, table.get("sentinels", {}))
    return DialectFile(
        name=name,
        own=own,
        senders=_senders(draft, table.get("for", {})),
        coding_systems=draft.texts("coding_systems", table.get("coding_systems", ["MDC", ""])),
        codes={key: _code(draft, key, row) for key, row in table.get("codes", {}).items()},
        about={key: _about(draft, key, meaning) for key, meaning in table.get("about", {}).items()},
        units=_units(draft, table.get("units", [])),
        events={**events, **numbers},
        sentinels=sentinels,
        sentinel_words=sentinel_words,
        quality={mark.upper(): _says(draft, mark, row) for mark, row in table.get("quality", {}).items()},
        times=_times(draft, table.get("time", {})),
    )


def _senders(draft: _Draft, row: dict[str, Any]) -> Senders:
    for key in row:
        draft.one_of("for", "key", key, Senders.__slots__)
    return Senders(**{key: draft.texts(key, value) for key, value in row.items()})


def _code(draft: _Draft, key: str, row: Any) -> Code:
    draft.keys(key, row, ("name",), ("parameter", "site", "unless", "unit", "form"))
    form = draft.one_of(key, "form", row.get("form", ""), ("", "pressure"))
    if not form and "parameter" not in row:
        raise draft.wrong(key, f"{key!r} lacks 'parameter'.")
    parameter = draft.one_of(key, "parameter", row.get("parameter", "systolic"), [p.value for p in Parameter])
    if unit := row.get("unit", ""):
        draft.one_of(key, "unit", unit, [FORMS[Parameter(parameter)].unit])
    site, unless = row.get("site", ""), row.get("unless", "")
    return Code(key, row["name"], Parameter(parameter), site, unless, unit, form, row["evidence"])


def _units(draft: _Draft, rows: Any) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for name, unit in [pair for row in rows for pair in _named_unit(draft, row)]:
        if found.setdefault(name, unit) != unit:
            raise draft.wrong(name, f"the unit {name!r} is listed twice with different meanings.")
    return found


def _named_unit(draft: _Draft, row: Any) -> list[tuple[str, Unit]]:
    near = str(row.get("names", ["units"])[0]) if isinstance(row, dict) and row.get("names") else "units"
    draft.keys(near, row, ("unit", "names"), ("factor", "offset"))
    draft.one_of(near, "unit", row["unit"], UNITS)
    unit = Unit(row["unit"], _number(draft, near, row, "factor", 1.0), _number(draft, near, row, "offset", 0.0))
    return [(name, unit) for name in draft.texts(near, row["names"])]


def _number(draft: _Draft, near: str, row: dict[str, Any], key: str, usual: float) -> float:
    value = row.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise draft.wrong(near, f"{near!r} has the {key} {value!r}, but must have a number.")
    return float(value)


def _about(draft: _Draft, key: str, meaning: Any) -> str:
    if not re.fullmatch(r"(alarm|pump|signal)\.[a-z_]+", str(meaning)):
        raise draft.wrong(key, f'{key!r} must be a text such as "alarm.phase", "pump.drug" or "signal.quality".')
    return str(meaning)


def _event(draft: _Draft, name: str, row: Any) -> Event:
    draft.keys(name, row, ("about",), ("code", "says", "priority", "parameter"))
    about = draft.one_of(name, "about", row["about"], ABOUT)
    priority = draft.one_of(name, "priority", row.get("priority", ""), ("", *PRIORITIES))
    parameter = draft.one_of(name, "parameter", row.get("parameter", ""), ["", *(p.value for p in Parameter)])
    return Event(name, about, row.get("says", ""), priority, parameter)


def _sentinels(draft: _Draft, row: dict[str, Any]) -> tuple[frozenset[float], frozenset[str]]:
    """Return the numbers and the other texts that mean "no value"."""
    if not row:
        return frozenset(), frozenset()
    draft.keys("sentinels", row, ("values",), ())
    texts = draft.texts("values", row["values"])
    numbers = frozenset(text for text in texts if NUMBER.fullmatch(text))
    return frozenset(map(float, numbers)), frozenset(texts) - numbers


def _says(draft: _Draft, mark: str, row: Any) -> str:
    draft.keys(mark, row, ("says",), ())
    return str(row["says"])


def _times(draft: _Draft, row: dict[str, Any]) -> tuple[str, ...]:
    if not row:
        return ()
    draft.keys("from", row, ("from",), ())
    return tuple(draft.one_of("from", "place", place, TIMES) for place in draft.texts("from", row["from"]))


@lru_cache(maxsize=1)
def shipped() -> tuple[DialectFile, ...]:
    """Return the files that Glimmer brings; raise DialectProblem where one is wrong, which its tests would show."""
    folder = files("glimmer.gateway").joinpath("dialects")
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)
    return tuple(read_text(path.name, path.read_text(encoding="utf-8"), own=False) for path in found)


def read_book(folder: Path | None = None, more: Iterable[Path] = ()) -> DialectBook:
    """Return what Glimmer brings with a clinic's own files: `*.toml` in `folder`, which need not exist, and `more`.

    Never raises for a file of the clinic: what is wrong with one stands in `problems`, and it is left out.
    """
    own, problems = [], []
    for path in [*(sorted(folder.glob("*.toml")) if folder else ()), *more]:
        try:
            own.append(read_text(path.name, _text(path)))
        except DialectProblem as wrong:
            problems.append(str(wrong))
    return DialectBook([*shipped(), *own], problems)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DialectProblem(f"{path.name}: the file is larger than {MOST_BYTES} bytes, so it is no dialect.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise DialectProblem(f"{path.name}: the file cannot be read as UTF-8 text: {wrong}") from None


_IN_USE: list[DialectBook] = []


def use(book: DialectBook) -> None:
    """Let every message from now on be read by `book`. Called once, when the process starts."""
    _IN_USE[:] = [book]


def in_use() -> DialectBook:
    """Return the book in use: what Glimmer brings, unless `use` was called."""
    if not _IN_USE:
        _IN_USE.append(DialectBook(shipped()))
    return _IN_USE[0]


def common() -> Dialect:
    """Return the words that hold for a sender of whom no file knows anything."""
    return in_use().of(("", "", "", ""))
