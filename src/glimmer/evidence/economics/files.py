"""A model in a file of its own: TOML that says the same as the calls of `Model`, or Python that makes one.

    title = "Sick-Sicker"
    cycles = 75                                  # or [[12, "7 days"], [61, "28 days"], [5, "1 year"]]
    discount = 0.03
    [settings]
    counting = "half_cycle"
    [parameters]
    r_die = { gamma = { mean = 0.002, sd = 0.0002 } }
    c_healthy = 2000
    [values]
    p_die = "rate_to_probability(r_die)"
    [states.Healthy]
    cost = "c_healthy"
    effect = 1
    [states.Dead]
    [[transitions]]
    from = "Healthy"
    to = "Dead"
    probability = "p_die"
    [strategies."Usual care"]

A Python file leaves the model in a variable `model`. A TOML file is only read, and cannot do harm.
"""

import csv
import runpy
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from glimmer.evidence.economics.declared import check_truth
from glimmer.evidence.economics.expressions import BadModel, closest
from glimmer.evidence.economics.inputs import (
    Beta,
    Distribution,
    Drawn,
    Fixed,
    Gamma,
    LogitNormal,
    LogNormal,
    Normal,
    Triangular,
    Uniform,
)
from glimmer.evidence.economics.model import Model

# Far more than a model says, far less than would stop a machine.
MOST_BYTES = 5_000_000
YEARS = {"day": 1 / 365.25, "week": 7 / 365.25, "month": 1 / 12, "year": 1.0}
TOP = (
    "title",
    "cycles",
    "years",
    "discount",
    "settings",
    "parameters",
    "shares",
    "correlations",
    "tables",
    "values",
    "states",
    "start",
    "transitions",
    "rewards",
    "events",
    "outcomes",
    "treatments",
    "strategies",
    "subgroups",
)
BELIEFS: Mapping[str, Mapping[frozenset[str], Callable[..., Distribution]]] = {
    "fixed": {frozenset({"value"}): Fixed},
    "normal": {frozenset({"mean", "sd"}): Normal},
    "lognormal": {
        frozenset({"mu", "sigma"}): LogNormal,
        frozenset({"mean", "sd"}): LogNormal.from_mean,
        frozenset({"low", "high"}): LogNormal.from_interval,
        frozenset({"low", "high", "level"}): LogNormal.from_interval,
    },
    "beta": {frozenset({"alpha", "beta"}): Beta, frozenset({"mean", "sd"}): Beta.from_mean},
    "gamma": {frozenset({"shape", "scale"}): Gamma, frozenset({"mean", "sd"}): Gamma.from_mean},
    "uniform": {frozenset({"low", "high"}): Uniform},
    "triangular": {frozenset({"low", "mode", "high"}): Triangular},
    "logitnormal": {
        frozenset({"mu", "sigma"}): LogitNormal,
        frozenset({"median", "sigma"}): LogitNormal.from_share,
    },
    "drawn": {frozenset({"values"}): lambda values: Drawn(tuple(map(float, values)))},
}


def read_model(path: Path) -> Model:
    """Return the model of a `.toml` or `.py` file, checked; raise BadModel naming the file and what is wrong."""
    if not path.is_file():
        raise BadModel(f"There is no file {path}.")
    if path.suffix == ".py":
        model = _from_python(path)
    elif path.suffix == ".toml":
        model = _from_toml(path)
    else:
        raise BadModel(f"{path.name}: a model is a .toml or a .py file.")
    try:
        model.check()
    except BadModel as problem:
        raise BadModel(f"{path.name}: {problem}") from problem
    return model


def _from_python(path: Path) -> Model:
    try:
        made = runpy.run_path(str(path)).get("model")
    except BadModel as problem:
        raise BadModel(f"{path.name}: {problem}") from problem
    except Exception as problem:
        raise BadModel(f"{path.name} could not be run: {type(problem).__name__}: {problem}.") from problem
    if not isinstance(made, Model):
        raise BadModel(
            f"{path.name} must leave a Model in a variable called model, but it holds {type(made).__name__}."
        )
    return made


def _from_toml(path: Path) -> Model:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadModel(f"this file holds more than {MOST_BYTES:,} bytes. Is it the right one?")
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return model_of(tables, path.parent)
    except tomllib.TOMLDecodeError as problem:
        raise BadModel(f"{path.name} is not valid TOML: {problem}.") from problem
    except UnicodeDecodeError as problem:
        raise BadModel(f"{path.name} is no text in UTF-8.") from problem
    except OSError as problem:
        raise BadModel(f"{path.name} cannot be read: {problem.strerror}.") from problem
    except RecursionError as problem:
        raise BadModel(f"{path.name} is nested too deeply to be a model.") from problem
    except BadModel as problem:
        raise BadModel(f"{path.name}: {problem}") from problem


def model_of(tables: Mapping[str, Any], folder: Path) -> Model:
    """Return the model that TOML tables state; files that they name lie in `folder`."""
    _only(tables, TOP, "A model")
    if not isinstance(tables.get("title"), str) or "cycles" not in tables:
        raise BadModel("A model needs a title and cycles.")
    settings = _table(tables, "settings")
    model = _made(Model, "settings", tables["title"], _cycles(tables), discount=tables.get("discount"), **settings)
    for name, said in _table(tables, "parameters").items():
        _made(lambda name=name, said=said: model.parameter(name, *_belief(said, name)), f"parameter {name!r}")
    for counts in _list(tables, "shares"):
        _made(model.parameters_that_add_up, "shares", **counts)
    for one in _list(tables, "correlations"):
        _made(model.correlate, "correlations", **one)
    for name, said in _table(tables, "tables").items():
        _only(said, ("at", "values", "csv", "linear"), f"Table {name!r}")
        check_truth(said.get("linear", False), f"linear of table {name!r}")
        rows = _made(_rows, f"table {name!r}", said, name, folder)
        _made(model.table, f"table {name!r}", name, *rows, linear=said.get("linear", False))
    for name, said in _table(tables, "values").items():
        _made(model.value, f"value {name!r}", name, said)
    _happens(model, tables)
    _can_be_done(model, tables)
    return model


def _happens(model: Model, tables: Mapping[str, Any]) -> None:
    for name, said in _table(tables, "states").items():
        _made(model.state, f"state {name!r}", name, **_held(said, f"State {name!r}"))
    if "start" in tables:
        _made(model.start_in, "start", _table(tables, "start"))
    for one in _list(tables, "transitions"):
        _need(one, ("from", "to", "probability"), "A transition")
        others = {key: value for key, value in one.items() if key not in ("from", "to", "probability")}
        where = f"transition {one['from']} -> {one['to']}"
        _made(model.transition, where, one["from"], one["to"], one["probability"], **others)
    for one in _list(tables, "rewards"):
        _need(one, ("outcome", "amount"), "A reward")
        names = {"from": "source", "to": "target", "entry": "target"}
        others = {names.get(key, key): value for key, value in one.items() if key not in ("outcome", "amount")}
        _made(model.reward, f"reward of {one['outcome']!r}", one["outcome"], one["amount"], **others)
    for one in _list(tables, "events"):
        _made(model.event, f"event {one.get('name')!r}", **one)


def _can_be_done(model: Model, tables: Mapping[str, Any]) -> None:
    for name, said in _table(tables, "outcomes").items():
        _made(model.outcome, f"outcome {name!r}", name, **_held(said, f"Outcome {name!r}"))
    for name, said in _table(tables, "treatments").items():
        _made(model.treatment, f"treatment {name!r}", name, **_held(said, f"Treatment {name!r}"))
    for name, said in _table(tables, "strategies").items():
        _only(said, ("sequence", "set"), f"Strategy {name!r}")
        _made(model.strategy, f"strategy {name!r}", name, said.get("sequence", ()), **_set_of(said, name))
    for name, said in _table(tables, "subgroups").items():
        _only(said, ("share", "start_age", "set"), f"Subgroup {name!r}")
        _need(said, ("share",), f"Subgroup {name!r}")
        where = f"subgroup {name!r}"
        _made(model.subgroup, where, name, said["share"], said.get("start_age"), **_set_of(said, name))


def _cycles(tables: Mapping[str, Any]) -> list[tuple[int, float]]:
    said, years = tables["cycles"], tables.get("years", 1.0)
    if isinstance(said, int):
        return [(said, _length(years))]
    if not isinstance(said, list) or not all(isinstance(one, list) and len(one) == 2 for one in said):
        raise BadModel('cycles is a number, or a list such as [[12, "7 days"], [5, "1 year"]].')
    return [(count, _length(length)) for count, length in said]


def _length(said: Any) -> float:
    if isinstance(said, int | float) and not isinstance(said, bool):
        return float(said)
    parts = str(said).split()
    unit = parts[1].removesuffix("s") if len(parts) == 2 else ""
    if unit not in YEARS:
        raise BadModel(f'{said!r} is no length. Say years as a number, or "7 days", "1 week", "1 month", "1 year".')
    try:
        return float(parts[0]) * YEARS[unit]
    except ValueError as problem:
        raise BadModel(f'{said!r} is no length: {parts[0]!r} is no number. Say "7 days", "1.5 years".') from problem


def _belief(said: Any, name: str) -> tuple[Distribution | float, str]:
    if isinstance(said, int | float) and not isinstance(said, bool):
        return float(said), ""
    kinds = [key for key in said if key in BELIEFS] if isinstance(said, dict) else []
    if len(kinds) != 1:
        raise BadModel(f"Parameter {name!r} is a number or one of {', '.join(BELIEFS)}, such as {{ beta = ... }}.")
    _only(said, (kinds[0], "note", "source"), f"Parameter {name!r}")
    given, ways = said[kinds[0]], BELIEFS[kinds[0]]
    if not isinstance(given, dict) or frozenset(given) not in ways:
        there = " or ".join(", ".join(sorted(way)) for way in ways)
        raise BadModel(f"Parameter {name!r}: {kinds[0]} needs {there}.")
    note = " ".join(str(said[key]) for key in ("note", "source") if key in said)
    return ways[frozenset(given)](**given), note


def _rows(said: Mapping[str, Any], name: str, folder: Path) -> tuple[Iterable[float], Iterable[float]]:
    _need(said, ("at", "values"), f"Table {name!r}")
    if "csv" not in said:
        return said["at"], said["values"]
    path = folder / str(said["csv"])
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return [float(row[said["at"]]) for row in rows], [float(row[said["values"]]) for row in rows]
    except OSError as problem:
        raise BadModel(f"Table {name!r}: {path.name} cannot be read.") from problem
    except csv.Error as problem:
        raise BadModel(f"Table {name!r}: {path.name} is no CSV file ({problem}). Save it as one.") from problem
    except (KeyError, TypeError, ValueError) as problem:
        raise BadModel(
            f"Table {name!r}: {path.name} needs columns of numbers {said['at']!r} and {said['values']!r}."
        ) from problem


def _made(call: Callable[..., Any], where: str, *arguments: Any, **named: Any) -> Any:
    """Call what the file asks for; say in which part of it something is missing or too much."""
    try:
        return call(*arguments, **named)
    except (TypeError, ValueError, AttributeError) as problem:
        said = str(problem)
        if isinstance(problem, BadModel) and where.split()[-1] in said:
            raise
        raise BadModel(f"{where}: {said.replace('Model.', '').replace('()', '')}") from problem


def _table(tables: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = tables.get(name, {})
    if not isinstance(found, dict):
        raise BadModel(f"{name} must be a table such as [{name}].")
    return found


def _list(tables: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = tables.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadModel(f"{name} must be tables such as [[{name}]].")
    return found


def _held(said: Any, who: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise BadModel(f"{who} must be a table, and not {said!r}.")
    return said


def _set_of(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    return _held(said.get("set", {}), f"What {name!r} sets")


def _only(said: Mapping[str, Any], known: tuple[str, ...], who: str) -> None:
    if not isinstance(said, dict):
        raise BadModel(f"{who} must be a table.")
    for key in said:
        if key not in known:
            raise BadModel(f"{who} has no {key!r}.{closest(key, known)} It may hold {', '.join(known)}.")


def _need(said: Mapping[str, Any], needed: tuple[str, ...], who: str) -> None:
    missing = [key for key in needed if key not in said]
    if missing:
        raise BadModel(f"{who} needs {', '.join(missing)}.")
