"""The typed loader of what may happen to a virtual patient. Minutes count from when the script begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.figures import GuidanceError, check_sourced, figure, read_toml

FILE = Path(__file__).parent / "virtual_scripts.toml"
Windows = tuple[tuple[float, float], ...]
_WINDOWS = ("probe_off", "cuff_fails", "not_delivered", "pump_stands")
_KNOWN = {"id", "title", "spread", "pulls", "instruments_err", *_WINDOWS}


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull on one parameter: towards `target`, from one minute to another, held, then let go."""

    parameter: str
    target: float
    begins: float
    reached: float
    held_until: float
    over: float

    def strength(self, minute: float) -> float:
        """Return how far the pull has the value at `minute` of the script: 0 not at all, 1 at the target."""
        if minute <= self.begins or minute >= self.over:
            return 0.0
        if minute < self.reached:
            return (minute - self.begins) / (self.reached - self.begins)
        if minute <= self.held_until:
            return 1.0
        return (self.over - minute) / (self.over - self.held_until)


@dataclass(frozen=True, slots=True)
class Script:
    """What happens to one virtual patient. `spread` says how much such patients differ (1: as people do).

    Windows are (from, until) in minutes: the probe is off, the cuff finds no value, the drug does not reach the
    patient, the pump stands. `instruments_err` adds the chance faults that monitors have.
    """

    id: str
    title: str
    spread: float
    pulls: tuple[Pull, ...]
    probe_off: Windows
    cuff_fails: Windows
    not_delivered: Windows
    pump_stands: Windows
    instruments_err: bool


def is_within(windows: Windows, minute: float) -> bool:
    """Say whether a minute lies in one of the windows; their ends are outside."""
    return any(begins <= minute < ends for begins, ends in windows)


@lru_cache
def scripts() -> Mapping[str, Script]:
    """Return all scripts by id, in the order of the file; raise GuidanceError where it is not as it must be."""
    tables = read_toml(FILE)
    check_sourced(tables, where=FILE.name)
    found = [read_script(one, where=f"{FILE.name} [[scripts]] {one.get('id', '?')}") for one in tables["scripts"]]
    return {one.id: one for one in found}


def read_script(table: Mapping[str, Any], *, where: str) -> Script:
    """Return the script that a table states; raise GuidanceError naming what is unknown, missing or out of order."""
    if unknown := sorted(set(table) - _KNOWN):
        raise GuidanceError(f"{where}: unknown {', '.join(unknown)}. A script may hold {', '.join(sorted(_KNOWN))}.")
    try:
        return Script(
            id=table["id"],
            title=table["title"],
            spread=float(table["spread"]),
            pulls=tuple(_pull(one, where) for one in table.get("pulls", ())),
            instruments_err=bool(table.get("instruments_err", False)),
            **{name: _windows(table.get(name, ()), f"{where} {name}") for name in _WINDOWS},
        )
    except KeyError as missing:
        raise GuidanceError(f"{where}: {missing.args[0]} is missing.") from missing


def _pull(table: Mapping[str, Any], where: str) -> Pull:
    known = figure("virtual_patients", "at_rest").value
    if table["parameter"] not in known:
        raise GuidanceError(f"{where}: {table['parameter']!r} is none of {', '.join(known)}.")
    pull = Pull(**table)
    if not pull.begins < pull.reached <= pull.held_until < pull.over:
        raise GuidanceError(f"{where}: a pull begins, is reached, is held and is over, in this order.")
    return pull


def _windows(found: Any, where: str) -> Windows:
    windows = tuple((float(begins), float(ends)) for begins, ends in found)
    if any(begins >= ends for begins, ends in windows):
        raise GuidanceError(f"{where}: a window ends after it begins.")
    return windows
