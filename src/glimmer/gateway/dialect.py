"""What a device's codes, units and marks mean: the tables in `dialects/*.toml`, read once."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from glimmer.vocabulary.parameters import FORMS, Parameter


@dataclass(frozen=True, slots=True)
class Code:
    """A device's code for something Glimmer charts. `unless` names a code that, when present, is charted instead."""

    code: str
    name: str
    parameter: Parameter
    site: str
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """How a unit becomes one of ours: `value * factor + offset` is in `unit`."""

    unit: str
    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """All tables together.

    `about` maps a code to what it tells of an alarm or a pump, such as `alarm.phase`; `second_best` maps a
    code to the one that is charted instead where a message has both.
    """

    codes: dict[str, Code]
    about: dict[str, str]
    units: dict[str, Unit]
    sentinels: frozenset[float]
    quality: dict[str, str]
    second_best: dict[str, str]


@lru_cache(maxsize=1)
def dialect() -> Dialect:
    """Return the tables of every file in `dialects/`; raise ValueError naming the file where two disagree."""
    codes: dict[str, Code] = {}
    about: dict[str, str] = {}
    units: dict[str, Unit] = {}
    sentinels: set[float] = set()
    quality: dict[str, str] = {}
    for path in sorted(files("glimmer.gateway").joinpath("dialects").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".toml"):
            continue
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for key, row in table.get("codes", {}).items():
            _add(codes, key, _code(key, row), path.name)
        for key, meaning in table.get("about", {}).items():
            _add(about, key, meaning, path.name)
        for row in table.get("units", []):
            for name in row["names"]:
                _add(units, name, _unit(row, path.name), path.name)
        sentinels.update(float(v) for v in table.get("sentinels", {}).get("values", []))
        quality.update({mark: row["says"] for mark, row in table.get("quality", {}).items()})
    second_best = {key: code.unless for key, code in codes.items() if code.unless}
    return Dialect(codes, about, units, frozenset(sentinels), quality, second_best)


def _code(key: str, row: dict[str, str]) -> Code:
    return Code(key, row["name"], Parameter(row["parameter"]), row["site"], row.get("unless", ""))


def _unit(row: dict, file_name: str) -> Unit:
    if row["unit"] not in {form.unit for form in FORMS.values()}:
        raise ValueError(f"{file_name}: the unit {row['unit']!r} is not the unit of any parameter.")
    return Unit(row["unit"], row.get("factor", 1.0), row.get("offset", 0.0))


def _add(table: dict, key: str, value: object, file_name: str) -> None:
    if table.setdefault(key, value) != value:
        raise ValueError(f"{file_name}: {key!r} already means something else in another dialect file.")
